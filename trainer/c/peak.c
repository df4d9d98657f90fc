/* The most that this core can do: multiply-adds from registers, with the instruction that the layers use. */
#include "lanes.h"

/* Multiply-adds of a turn. */
int peak_macs(void);

/* So many turns; the result means nothing. */
float peak(int64_t turns, const float *start);

#ifdef PLANARIA_AMX
#include "tiles.h"

int peak_macs(void) { return SUMS * ROWS * ROWS * 2 * ROWS; }

float peak(int64_t turns, const float *start)
{
    lanes sum[ROWS];
    take_tiles();
    _tile_loadd(LEFT_TILE, start, 0);
    _tile_loadd(RIGHT_TILE, start, 0);
    FOR_SUMS(_tile_zero(j););
    for (int64_t turn = 0; turn < turns; turn++) FOR_SUMS(_tile_dpbf16ps(j, LEFT_TILE, RIGHT_TILE););
    _tile_stored(0, sum, sizeof *sum);
    _tile_release();
    return sum[0][0];
}
#else

#ifdef PLANARIA_BF16
#include <immintrin.h>
enum { TERMS = 2 };
#define STEP(sum) ((lanes)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)factor, (__m512bh)factor))
typedef __m512i factor_t;
#else
enum { TERMS = 1 };
#define STEP(sum) add_product(sum, factor, factor)
typedef lanes factor_t;
#endif

/* Sums that grow side by side: more than an instruction's latency needs, and no more than there are registers. */
#ifdef __AVX512F__
enum { CHAINS = 12 };
#else
enum { CHAINS = 4 };
#endif

int peak_macs(void) { return CHAINS * CHANNELS * TERMS; }

float peak(int64_t turns, const float *start)
{
    const factor_t factor = *(const factor_t *)start;
    lanes sum[CHAINS];
    UNROLL for (int chain = 0; chain < CHAINS; chain++) sum[chain] = splat(start[chain]);
    for (int64_t turn = 0; turn < turns; turn++)
        UNROLL for (int chain = 0; chain < CHAINS; chain++) sum[chain] = STEP(sum[chain]);
    lanes total = splat(0);
    UNROLL for (int chain = 0; chain < CHAINS; chain++) total += sum[chain];
    return total[0];
}
#endif
