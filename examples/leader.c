/* Who leads? The program of leader.py in C, alike in every byte. */
#include "leader.h"

/* Believe a neighbour who knows of a larger number, or of a nearer way to it. */
static void follow(struct cell *me, const struct heard *neighbour)
{
    if (age(neighbour) > PATIENCE_WAKES || neighbour->distance >= LIMIT)
        return;
    int nearer = neighbour->leader == me->leader && neighbour->distance + 1 < me->distance;
    if (neighbour->leader > me->leader || nearer) {
        me->leader = neighbour->leader;
        me->distance = (uint8_t)(neighbour->distance + 1);
    }
}

static int wake(struct cell *me)
{
    me->leader = board()->id;
    me->distance = 0;
    for (int port = 0; port < 8; port++)
        follow(me, &me->inbox[port]);
    for (int channel = 0; channel < 3; channel++)
        me->colour[channel] = (int8_t)(me->leader >> 3 * channel & 63);
    me->colour[3] = 64;
    return 1;
}
