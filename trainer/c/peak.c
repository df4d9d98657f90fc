/* The most that this core can do: multiply-adds from registers, with the instruction that the layers use. */
#include "lanes.h"

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

/* Multiply-adds of a turn. */
int peak_macs(void) { return CHAINS * CHANNELS * TERMS; }

/* So many turns; the result means nothing. */
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
