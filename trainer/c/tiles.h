/* Tiles of AMX: sixteen rows by sixteen columns of sums at once, each of up to 32 products of bfloat16, or 64 of bytes. */
#ifndef TILES_H
#define TILES_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROWS = 16 };

/* Tiles: four of sums, the factors of a product over 32 numbers (or 64 bytes), and of one over 16 numbers. */
enum { SUMS = 4, LEFT_TILE = SUMS, RIGHT_TILE, SHORT_LEFT, SHORT_RIGHT, TILES };

/* A statement for each tile of sums: the number of a tile has to be a constant. */
#define FOR_SUMS(statement) \
    do { \
        { enum { j = 0 }; statement } \
        { enum { j = 1 }; statement } \
        { enum { j = 2 }; statement } \
        { enum { j = 3 }; statement } \
    } while (0)

/* Linux lends tiles to a process that asks for them, and to its threads. */
static inline bool ask_for_tiles(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

/* Tiles get their shapes, until they are released. */
static inline void take_tiles(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shapes = {.palette = 1};
    for (int tile = 0; tile < TILES; tile++) shapes.row_bytes[tile] = 64, shapes.rows[tile] = ROWS;
    shapes.row_bytes[SHORT_LEFT] = 32, shapes.rows[SHORT_RIGHT] = ROWS / 2;
    _tile_loadconfig(&shapes);
}

#endif
