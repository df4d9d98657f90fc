/* What do most of us see? The program of majority.py in C, alike in every byte. */
#include "majority.h"

static int32_t seen(void) { return YES * board()->sees; }

static void boot(struct cell *me, uint32_t strap) { me->estimate = (uint16_t)seen(); }

/* The mean of the cell's own estimate and its neighbours'. */
static int32_t mean(const struct cell *me)
{
    uint32_t total = me->estimate, count = 1;
    for (int port = 0; port < 8; port++)
        if (age(&me->inbox[port]) <= PATIENCE_WAKES) {
            total += me->inbox[port].estimate;
            count++;
        }
    return (int32_t)(total / count);
}

static int wake(struct cell *me)
{
    int32_t estimate = mean(me);
    me->estimate = (uint16_t)(estimate + floor_divide(seen() - estimate, LEAK));
    me->opinion = 2 * me->estimate > YES;
    me->colour[0] = (int8_t)(me->estimate >> 10);
    me->colour[1] = 0;
    me->colour[2] = (int8_t)(63 - (me->estimate >> 10));
    me->colour[3] = 64;
    return 1;
}
