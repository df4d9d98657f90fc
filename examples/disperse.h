/* What disperse.py declares, written by `planaria header disperse.py`. */

#include <stdint.h>

#ifndef PLANARIA_SET_APART_MM
#define PLANARIA_SET_APART_MM 80
#endif
enum { APART_MM = PLANARIA_SET_APART_MM };
#undef PLANARIA_SET_APART_MM

#ifndef PLANARIA_SET_MEMORY_WAKES
#define PLANARIA_SET_MEMORY_WAKES 8
#endif
enum { MEMORY_WAKES = PLANARIA_SET_MEMORY_WAKES };
#undef PLANARIA_SET_MEMORY_WAKES

#ifndef PLANARIA_SET_FULL
#define PLANARIA_SET_FULL 255
#endif
enum { FULL = PLANARIA_SET_FULL };
#undef PLANARIA_SET_FULL

/* What a cell shows, and hears of its neighbours. */
struct __attribute__((packed)) said {
    int8_t colour[4];
    uint8_t near;
    uint8_t _rest[11];
};

/* What is on the board. */
struct __attribute__((packed)) inputs {
    uint32_t id;
    uint8_t strap;
    uint8_t distance_mm;
};

/* A cell. */
struct __attribute__((packed, aligned(4))) cell {
    int8_t colour[4];
    uint8_t near;
    uint8_t _rest[11];
    uint8_t motors[2];
    uint8_t port;
    uint8_t nearest_mm;
    uint8_t wakes;
};

#include "program.h"

static inline const struct inputs *board(void) { return board_bytes(); }

static void boot(struct cell *me, uint32_t strap) {}
