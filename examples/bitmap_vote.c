/* The picture in ROM, and a vote on where in it a cell is: the program of bitmap_vote.py in C, alike in every
 * byte. */
#include "bitmap_vote.h"

/* Whether the neighbour on a port was heard lately, and knows its place. */
static int is_heard(const struct heard *neighbour)
{
    return age(neighbour) <= PATIENCE_WAKES && neighbour->row;
}

/* Neighbours to whose places this one fits. */
static int votes(const struct cell *me, int row, int column)
{
    int count = 0;
    for (int port = 0; port < 8; port++) {
        const struct heard *neighbour = &me->inbox[port];
        count += is_heard(neighbour) && neighbour->row == row + DOWN[port] &&
                 neighbour->column == column + RIGHT[port];
    }
    return count;
}

/* Take the place that most neighbours say, or none if more of them say something else. */
static void vote(struct cell *me)
{
    int row = me->row, column = me->column, known = 0;
    int most = row ? votes(me, row, column) : 0;
    for (int port = 0; port < 8; port++) {
        const struct heard *neighbour = &me->inbox[port];
        if (!is_heard(neighbour))
            continue;
        known++;
        int there = neighbour->row - DOWN[port], beside = neighbour->column - RIGHT[port];
        int count = votes(me, there, beside);
        if (count > most) {
            most = count;
            row = there;
            column = beside;
        }
    }
    me->row = (uint8_t)(2 * most >= known ? row : 0);
    me->column = (uint8_t)column;
}

/* The dot at the cell's place; the strap is in the middle of the picture. */
static void paint(struct cell *me)
{
    int row = me->row - MIDDLE + SIDE / 2, column = me->column - MIDDLE + SIDE / 2, ink = 0;
    if (me->row && row >= 0 && row < SIDE && column >= 0 && column < SIDE)
        ink = DOTS[row] >> 2 * column & 3;
    for (int channel = 0; channel < 4; channel++)
        me->colour[channel] = COLOURS[ink][channel];
}

static int wake(struct cell *me)
{
    if (board()->strap)
        me->row = me->column = MIDDLE;
    else
        vote(me);
    paint(me);
    return 1;
}
