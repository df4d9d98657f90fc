/* Fireflies: the program of firefly.py in C, alike in every byte. */
#include "firefly.h"

static void boot(struct cell *me, uint32_t strap) { me->phase = (uint16_t)entropy(me); }

/* How far the neighbours' clocks are ahead of a phase, on average; the cell itself is not. */
static int32_t ahead(const struct cell *me, int32_t phase)
{
    int32_t sum = 0, count = 0;
    for (int port = 0; port < 8; port++) {
        const struct heard *neighbour = &me->inbox[port];
        if (age(neighbour) <= PATIENCE_WAKES) {
            sum += (int16_t)(neighbour->phase + STEP * age(neighbour) - phase);
            count++;
        }
    }
    return floor_divide(sum, count + 1);
}

static int wake(struct cell *me)
{
    int32_t phase = me->phase + STEP;
    me->phase = (uint16_t)(phase + ahead(me, phase));
    for (int channel = 0; channel < 2; channel++)
        me->colour[channel] = me->phase < FLASH ? 64 : 0;
    me->colour[2] = 8;
    me->colour[3] = 64;
    return 1;
}
