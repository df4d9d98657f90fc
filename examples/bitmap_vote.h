/* What bitmap_vote.py declares, written by `planaria header bitmap_vote.py`. */

#include <stdint.h>

static const int32_t DOTS[16] = {0, 348160, 1397760, 5592320, 6908160, 6375680, 5940480, 1397760, 348160, 1397760, 6288640, 23065920, 90174800, 6288640, 1397760, 266240};

static const int8_t COLOURS[4][4] = {{0, 0, 0, 0}, {40, 12, 30, 64}, {62, 60, 50, 64}, {60, 36, 8, 64}};

static const int8_t DOWN[8] = {-1, -1, 0, 1, 1, 1, 0, -1};

static const int8_t RIGHT[8] = {0, 1, 1, 1, 0, -1, -1, -1};

#ifndef PLANARIA_SET_SIDE
#define PLANARIA_SET_SIDE 16
#endif
enum { SIDE = PLANARIA_SET_SIDE };
#undef PLANARIA_SET_SIDE

#ifndef PLANARIA_SET_MIDDLE
#define PLANARIA_SET_MIDDLE 128
#endif
enum { MIDDLE = PLANARIA_SET_MIDDLE };
#undef PLANARIA_SET_MIDDLE

#ifndef PLANARIA_SET_PATIENCE_WAKES
#define PLANARIA_SET_PATIENCE_WAKES 16
#endif
enum { PATIENCE_WAKES = PLANARIA_SET_PATIENCE_WAKES };
#undef PLANARIA_SET_PATIENCE_WAKES

/* What a cell shows, and hears of its neighbours. */
struct __attribute__((packed)) said {
    int8_t colour[4];
    uint8_t row;
    uint8_t column;
    uint8_t _rest[10];
};

/* What is on the board. */
struct __attribute__((packed)) inputs {
    uint32_t id;
    uint8_t strap;
};

/* The newest of a port. */
struct __attribute__((packed)) heard {
    uint8_t row;
    uint8_t column;
    uint8_t wakes_left;
};

/* A cell. */
struct __attribute__((packed, aligned(4))) cell {
    int8_t colour[4];
    uint8_t row;
    uint8_t column;
    uint8_t _rest[10];
    struct heard inbox[8];
};

#define HEARS

/* Of what was heard on a port: wakes since then, 255 if it was longer ago, or never. */
static inline int age(const struct heard *heard) { return 255 - heard->wakes_left; }

static inline void keep_heard(struct cell *me, uint32_t port, const struct said *said)
{
    struct heard *heard = &me->inbox[port];
    heard->row = said->row;
    heard->column = said->column;
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
