/* How many hops is it to the source? The program of hop_count.py in C, alike in every byte.
 *
 *     planaria build examples/hop_count.c --target rv32imc -o build
 *
 * The cell with the strap is hop 0; every other one is a hop further than its nearest neighbour. A
 * neighbour that falls silent is forgotten, and a count above the limit means "unknown".
 */
#include "runtime.h"

/* Of the 16 bytes of a state, after the colour. */
enum {
    HOPS = 4,   /* hops + 1; 0 is unknown */
    SOURCE = 5, /* whether this is the source */
    AGE = 15,   /* in the inbox: for how many wakes the neighbour has been silent */
};

enum {
    LIMIT = 30, /* the largest count that a cell believes, at most 126 */
    PATIENCE_WAKES = 16,
};

static PHASE(boot) { me->state[SOURCE] = (int8_t)board_strap(); }

static PHASE(hear) { me->inbox[board_port() * CHANNELS + AGE] = 0; }

static PHASE(forget)
{
    for (int port = 0; port < PORTS; port++) {
        int8_t *neighbour = &me->inbox[port * CHANNELS];
        if (neighbour[HOPS] > 0)
            neighbour[AGE]++;
        if (neighbour[AGE] > PATIENCE_WAKES)
            for (int i = 0; i < CHANNELS; i++)
                neighbour[i] = 0;
    }
}

static PHASE(count)
{
    int nearest = me->state[SOURCE] ? 0 : LIMIT + 1;
    for (int port = 0; port < PORTS; port++) {
        int hops = me->inbox[port * CHANNELS + HOPS];
        if (hops > 0 && hops < nearest)
            nearest = hops;
    }
    me->state[HOPS] = (int8_t)(nearest <= LIMIT ? nearest + 1 : 0);
}

/* Rings of red, green and blue; black is unknown. */
static PHASE(colour)
{
    int hops = me->state[HOPS];
    for (int c = 0; c < ALPHA; c++)
        me->state[c] = hops > 0 && (hops - 1) % 3 == c ? ONE : 0;
    me->state[ALPHA] = hops > 0 ? ONE : 0;
}

cell_phase *const CELL_ON_BOOT[] = {start, boot, draw_wait, 0};
cell_phase *const CELL_ON_BYTES[] = {stage, seal, accept, hear, 0};
cell_phase *const CELL_ON_TIMER[] = {forget, count, colour, compose, seal, broadcast, draw_wait, 0};
