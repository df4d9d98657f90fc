/* A program in C: three functions, over variables of its own.
 *
 * `planaria header PROGRAM.py` writes the variables of a program in Python as C, and includes this. Whoever
 * writes a program in C alone declares struct said, the 16 bytes that neighbours hear, the colour first, and
 * struct cell, which begins with them; then includes this, and writes the functions. examples/hop_count.c.
 *
 * A cell has 208 bytes for its variables and the stack.
 */
#ifndef PLANARIA_PROGRAM_H
#define PLANARIA_PROGRAM_H

#include "runtime.h"

/* RAM is blank, or what a fault has left there; the strap is its code at first power-on, else 0. */
static void boot(struct cell *me, uint32_t strap);

/* A neighbour has said this. */
static void hear(struct cell *me, uint32_t port, const struct said *said);

/* An update; returns whether the cell says what it shows. */
static int wake(struct cell *me);

/* 32 random bits, others at each boot and each wake. */
static inline uint32_t entropy(const struct cell *me) { return ((const struct ram *)(const void *)me)->prng; }

/* As // of Python: down to the smaller number. Of 32 bits, and not for the smallest of them by -1. */
static inline int32_t floor_divide(int32_t number, int32_t divisor)
{
    int32_t quotient = number / divisor;
    return quotient - (number % divisor != 0 && (number < 0) != (divisor < 0));
}

_Static_assert(sizeof(struct said) == CHANNELS, "a cell shows 16 bytes");
_Static_assert(sizeof(struct cell) <= OWN_BYTES, "a cell has 208 bytes, of which the stack needs some");
RAM_OF(struct cell);

static PHASE(on_power) { boot((struct cell *)(void *)me->own, board_strap()); }

static PHASE(on_frame)
{
    struct cell *cell = (struct cell *)(void *)me->own;
    const struct said *said = (const struct said *)(const void *)&me->frame.byte[4];
    int port = accept(me);
    if (port < 0)
        return;
#ifdef HEARS
    keep_heard(cell, (uint32_t)port, said);
#endif
    hear(cell, (uint32_t)port, said);
}

static PHASE(on_timer)
{
    struct cell *cell = (struct cell *)(void *)me->own;
#ifdef HEARS
    grow_old(cell);
#endif
    me->frame.invalid = !wake(cell);
}

/* A cell that has nothing to say goes to sleep here. */
static PHASE(hush)
{
    if (me->frame.invalid)
        board_sleep();
}

cell_phase *const CELL_ON_BOOT[] = {start, on_power, draw_wait, 0};
cell_phase *const CELL_ON_BYTES[] = {stage, seal, on_frame, 0};
cell_phase *const CELL_ON_TIMER[] = {on_timer, show, draw_wait, hush, compose, seal, send, 0};

#endif
