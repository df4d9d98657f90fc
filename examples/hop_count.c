/* How many hops is it to the source? The program of hop_count.py in C, alike in every byte.
 *
 *     planaria build examples/hop_count.c --target rv32imc -o build
 *
 * The cell with the strap is hop 0; every other one is a hop further than its nearest neighbour. A
 * neighbour that falls silent is forgotten, and a count above the limit means "unknown".
 */
#include <stdint.h>

enum {
    CHANNELS_SHOWN = 4,
    NEIGHBOURS = 8,
    FULL = 64,
    LIMIT = 30, /* the largest count that a cell believes, at most 126 */
    PATIENCE_WAKES = 16,
};

struct said {
    int8_t colour[CHANNELS_SHOWN];
    int8_t hops;    /* hops + 1; 0 is unknown */
    uint8_t source; /* whether this is the source */
    uint8_t nothing[9];
    int8_t age; /* in the inbox: for how many wakes the neighbour has been silent */
};

struct cell {
    struct said said;
    struct said inbox[NEIGHBOURS];
};

#include "program.h"

static void boot(struct cell *me, uint32_t strap) { me->said.source = (uint8_t)strap; }

static void hear(struct cell *me, uint32_t port, const struct said *said)
{
    me->inbox[port].hops = said->hops;
    me->inbox[port].age = 0;
}

static void forget_if_silent(struct said *neighbour)
{
    if (neighbour->hops > 0)
        neighbour->age++;
    if (neighbour->age > PATIENCE_WAKES)
        neighbour->hops = neighbour->age = 0;
}

static int count(const struct cell *me)
{
    int nearest = me->said.source ? 0 : LIMIT + 1;
    for (int port = 0; port < NEIGHBOURS; port++) {
        int hops = me->inbox[port].hops;
        if (hops > 0 && hops < nearest)
            nearest = hops;
    }
    return nearest <= LIMIT ? nearest + 1 : 0;
}

static int wake(struct cell *me)
{
    for (int port = 0; port < NEIGHBOURS; port++)
        forget_if_silent(&me->inbox[port]);
    int hops = count(me);
    me->said.hops = (int8_t)hops;
    /* Rings of red, green and blue; black is unknown. By 86 / 256, for a division needs 40 bytes of stack. */
    int ring = hops - 1 - 3 * ((hops - 1) * 86 >> 8);
    for (int c = 0; c < 3; c++)
        me->said.colour[c] = hops > 0 && ring == c ? FULL : 0;
    me->said.colour[3] = hops > 0 ? FULL : 0;
    return 1;
}
