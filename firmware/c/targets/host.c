/* A board that is a few variables: the shared library for this machine, and the wasm module. */
#define _XOPEN_SOURCE 700 /* signals, in C11 */
#include "host.h"
#include "board.h"
#include "guard.h"

static struct {
    uint32_t entropy, strap, port, asleep, levels;
    const void *board;
    const uint8_t *bytes; /* which wait on the port */
    uint32_t waiting;
    struct output *output;
} board;

static struct output unread; /* of receptions */

uint32_t board_entropy(void) { return board.entropy; }
uint8_t board_strap(void) { return (uint8_t)board.strap; }
const void *board_bytes(void) { return board.board; }
uint8_t board_port(void) { return (uint8_t)board.port; }
void board_led(int8_t level) { board.output->led[board.levels++ & ALPHA] = level; }
void board_wait(uint32_t microseconds) { board.output->wait_us = microseconds; }
void board_sleep(void) { board.asleep = 1; }

static void copy(uint8_t *restrict to, const uint8_t *restrict from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        to[i] = from[i];
}

unsigned board_take(uint8_t *first, unsigned room)
{
    unsigned count = board.waiting;
    copy(first, board.bytes, count < room ? count : room);
    board.waiting = 0;
    return count;
}

void board_send(const uint8_t *bytes, unsigned count)
{
    unsigned sent = board.output->sent_bytes, room = FRAME_BYTES - sent;
    if (sent < FRAME_BYTES)
        copy(board.output->frame + sent, bytes, count < room ? count : room);
    board.output->sent_bytes = sent + count;
}

enum { UNROLLED = 12 };

/* The first phases of a list that the compiler knows are calls that it knows, which it can take apart. */
static inline __attribute__((always_inline)) void run(cell_phase *const *phase, struct ram *me,
                                                      const struct genome *genome,
                                                      struct output *output)
{
    output->wait_us = output->sent_bytes = 0;
    board.output = output;
    board.asleep = board.levels = 0;
    int i = 0;
    _Pragma("GCC unroll 12") for (; i < UNROLLED; i++)
    {
        if (!phase[i] || board.asleep)
            return;
        phase[i](me, genome);
    }
    for (; phase[i] && !board.asleep; i++)
        phase[i](me, genome);
}

uint32_t cell_boot(struct ram *me, const struct genome *genome, const void *on_board, uint32_t entropy,
                   uint32_t strap, struct output *output)
{
    watch();
    board.board = on_board;
    board.entropy = entropy;
    board.strap = strap;
    GUARDED(run(CELL_ON_BOOT, me, genome, output));
}

uint32_t cell_receive(struct ram *me, const struct genome *genome, const void *on_board, uint32_t port,
                      const uint8_t *bytes, uint32_t count)
{
    board.board = on_board;
    board.port = port;
    board.bytes = bytes;
    board.waiting = count;
    GUARDED(run(CELL_ON_BYTES, me, genome, &unread));
}

uint32_t cell_wake(struct ram *me, const struct genome *genome, const void *on_board, struct output *output)
{
    board.board = on_board;
    GUARDED(run(CELL_ON_TIMER, me, genome, output));
}
