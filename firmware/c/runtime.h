/* The phases that all programs share, and the board.
 *
 * neural.c makes its three lists of them and of its own; program.h makes those of any other program, of
 * three functions.
 */
#ifndef PLANARIA_RUNTIME_H
#define PLANARIA_RUNTIME_H

#include "cell.h"

#ifdef PLANARIA_HOST
#include "board.h"
#define RAM_OF(variables) _Static_assert(1, "")
#else
#include "memory_mapped.h"
/* The linker has to know how much RAM a program's own variables take, which begin at its first byte. */
#define RAM_OF(variables) __attribute__((section(".cell"), used)) static variables ram
#endif

/* xorshift32 (Marsaglia 2003). */
static inline uint32_t next_word(uint32_t word)
{
    word ^= word << 13;
    word ^= word >> 17;
    return word ^ word << 5;
}

/* On power: the cell's random numbers begin. */
PHASE(start);

/* On bytes: take them in, and see whether they are a frame. */
PHASE(stage);
PHASE(seal);

/* After these two: the port, if it was one. What else comes is counted, the event ends, and it is -1. */
static inline int accept(struct ram *me)
{
    if (me->frame.invalid) {
        if (me->frame_errors != 255)
            me->frame_errors++;
        board_sleep();
        return -1;
    }
    int port = board_port();
    me->heard |= (uint8_t)(1 << port);
    return port;
}

/* The neural cell keeps the 16 bytes of a frame in the port's inbox, and forgets who is silent. */
PHASE(keep);
PHASE(forget_silent_neighbours);

/* On a timer. compose, seal, broadcast send the cell's 16 bytes to all neighbours and show the first four
 * on the LED; show and send do one of both. A phase that calls board_sleep() before compose keeps the cell
 * silent this time; show and draw_wait must come before it, or the cell never wakes again. */
PHASE(compose);
PHASE(broadcast);
PHASE(show);
PHASE(send);

/* On power and on a timer: when to wake next. */
PHASE(draw_wait);

#endif
