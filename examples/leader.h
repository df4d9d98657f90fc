/* What leader.py declares, written by `planaria header leader.py`. */

#include <stdint.h>

#ifndef PLANARIA_SET_LIMIT
#define PLANARIA_SET_LIMIT 60
#endif
enum { LIMIT = PLANARIA_SET_LIMIT };
#undef PLANARIA_SET_LIMIT

#ifndef PLANARIA_SET_PATIENCE_WAKES
#define PLANARIA_SET_PATIENCE_WAKES 16
#endif
enum { PATIENCE_WAKES = PLANARIA_SET_PATIENCE_WAKES };
#undef PLANARIA_SET_PATIENCE_WAKES

/* What a cell shows, and hears of its neighbours. */
struct __attribute__((packed)) said {
    int8_t colour[4];
    uint32_t leader;
    uint8_t distance;
    uint8_t _rest[7];
};

/* What is on the board. */
struct __attribute__((packed)) inputs {
    uint32_t id;
    uint8_t strap;
};

/* The newest of a port. */
struct __attribute__((packed)) heard {
    uint32_t leader;
    uint8_t distance;
    uint8_t wakes_left;
};

/* A cell. */
struct __attribute__((packed, aligned(4))) cell {
    int8_t colour[4];
    uint32_t leader;
    uint8_t distance;
    uint8_t _rest[7];
    struct heard inbox[8];
};

#define HEARS

/* Of what was heard on a port: wakes since then, 255 if it was longer ago, or never. */
static inline int age(const struct heard *heard) { return 255 - heard->wakes_left; }

static inline void keep_heard(struct cell *me, uint32_t port, const struct said *said)
{
    struct heard *heard = &me->inbox[port];
    heard->leader = said->leader;
    heard->distance = said->distance;
    heard->wakes_left = 255;
}

static inline void grow_old(struct cell *me)
{
    for (int port = 0; port < 8; port++)
        me->inbox[port].wakes_left -= me->inbox[port].wakes_left != 0;
}

#include "program.h"

static inline const struct inputs *board(void) { return board_bytes(); }

static void boot(struct cell *me, uint32_t strap) {}

static void hear(struct cell *me, uint32_t port, const struct said *said) {}
