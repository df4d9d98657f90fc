/* Robots that go away from each other: the program of disperse.py in C, alike in every byte. */
#include "disperse.h"

/* Remember whoever is nearest, for a while. */
static void hear(struct cell *me, uint32_t port, const struct said *said)
{
    uint8_t distance_mm = board()->distance_mm;
    if (me->wakes != 0 && distance_mm > me->nearest_mm)
        return;
    me->port = (uint8_t)port;
    me->nearest_mm = distance_mm;
    me->wakes = MEMORY_WAKES;
}

static int wake(struct cell *me)
{
    me->near = me->wakes > 0 && me->nearest_mm < APART_MM;
    me->wakes -= me->wakes > 0;
    /* Ahead if the other is behind; else a turn to the other side. */
    me->motors[0] = me->near && me->port < 6 ? FULL : 0;
    me->motors[1] = me->near && me->port > 2 ? FULL : 0;
    me->colour[0] = (int8_t)(64 * me->near);
    me->colour[1] = (int8_t)(48 * (1 - me->near));
    me->colour[2] = 0;
    me->colour[3] = 64;
    return 1;
}
