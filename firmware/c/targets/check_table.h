/* The check of a frame by table, where there is room for one: eight times as fast as bit by bit.
 *
 * It is the check of zeros, and what each byte adds to that in its place. */
#ifndef PLANARIA_CHECK_TABLE_H
#define PLANARIA_CHECK_TABLE_H

#include "../cell.h"

static uint16_t zeros, adds[1 + CHANNELS][256]; /* the sequence number's place is first */

/* A byte of zeros further. */
static uint16_t further(uint32_t crc)
{
    for (int bit = 8; bit; bit--)
        crc = crc << 1 ^ (crc >> 15 & 1 ? 0x1021 : 0);
    return (uint16_t)crc;
}

static void fill_table(void)
{
    uint16_t start = 0xFFFF;
    for (int place = CHANNELS; place >= 0; place--) {
        for (uint32_t byte = 0; byte < 256; byte++)
            adds[place][byte] = further(place == CHANNELS ? byte << 8 : adds[place + 1][byte]);
        start = further(start);
    }
    zeros = start; /* is not 0, and says that the table is full */
}

static inline uint32_t check_by_table(uint32_t sequence, const uint8_t *bytes)
{
    if (!zeros)
        fill_table();
    uint32_t crc = zeros ^ adds[0][sequence];
    for (int i = 0; i < CHANNELS; i++)
        crc ^= adds[1 + i][bytes[i]];
    return crc;
}

#endif
