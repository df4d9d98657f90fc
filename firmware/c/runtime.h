/* What a program in C is written with: the phases that all programs share, and the board.
 *
 * A program is one file: phases of its own, and the three lists of cell.h, made of them and of these.
 * neural.c is one, examples/hop_count.c a shorter one to begin with.
 */
#ifndef PLANARIA_RUNTIME_H
#define PLANARIA_RUNTIME_H

#include "cell.h"

#ifdef PLANARIA_HOST
#include "board.h"
#else
#include "memory_mapped.h"
#endif

/* On power: the cell's random numbers begin. */
PHASE(start);

/* On bytes: take them in, check them, and keep the 16 bytes of a frame in the port's inbox. The phases
 * after accept run only if it was one: what else comes is counted, and the event ends. */
PHASE(stage);
PHASE(seal);
PHASE(accept);

/* On a timer. compose, seal, broadcast send the cell's 16 bytes to all neighbours, show puts the first
 * four on the LED. A phase that calls board_sleep() before compose keeps the cell silent this time; show
 * and draw_wait must come before it, or the cell never wakes again. */
PHASE(forget_silent_neighbours);
PHASE(compose);
PHASE(broadcast);
PHASE(show);

/* On power and on a timer: when to wake next. */
PHASE(draw_wait);

#endif
