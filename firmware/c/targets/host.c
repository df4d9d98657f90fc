/* A board that is a few variables: the shared library for this machine, and the wasm module. */
#include "host.h"
#include "board.h"

static struct {
    uint32_t entropy, strap, port, asleep;
    const uint8_t *next, *end;
    struct output *output;
    uint8_t *frame;
    int8_t *led;
} board;

uint32_t board_entropy(void) { return board.entropy; }
uint8_t board_strap(void) { return (uint8_t)board.strap; }
uint8_t board_port(void) { return (uint8_t)board.port; }
uint8_t board_byte_waits(void) { return board.next < board.end; }
uint8_t board_byte(void) { return *board.next++; }
void board_send(uint8_t byte) { *board.frame++ = byte; }
void board_led(int8_t level) { *board.led++ = level; }
void board_wait(uint32_t microseconds) { board.output->wait_us = microseconds; }
void board_sleep(void) { board.asleep = 1; }

static void run(cell_phase *const *phase, struct cell *me, const struct genome *genome,
                struct output *output)
{
    board.asleep = 0;
    board.output = output;
    if (output) {
        output->wait_us = 0;
        board.frame = output->frame;
        board.led = output->led;
    }
    for (; *phase && !board.asleep; phase++)
        (*phase)(me, genome);
}

void cell_boot(struct cell *me, const struct genome *genome, uint32_t entropy, uint32_t strap,
               struct output *output)
{
    board.entropy = entropy;
    board.strap = strap;
    run(CELL_ON_BOOT, me, genome, output);
}

void cell_receive(struct cell *me, const struct genome *genome, uint32_t port, const uint8_t *bytes,
                  uint32_t count)
{
    board.port = port;
    board.next = bytes;
    board.end = bytes + count;
    run(CELL_ON_BYTES, me, genome, 0);
}

void cell_wake(struct cell *me, const struct genome *genome, struct output *output)
{
    run(CELL_ON_TIMER, me, genome, output);
}
