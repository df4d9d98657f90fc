/* Numbers in pairs of bfloat16, and in quartets of bytes for what a quantised rule's first layer sees, as processors
   multiply them and sum the products. All whole numbers up to 256 are bfloat16. */
#ifndef BF16_H
#define BF16_H

#include <immintrin.h>
#include <math.h>
#include <string.h>

typedef uint16_t bf16;
typedef __m512i pairs; /* sixteen pairs of bfloat16, or quartets of bytes */

/* What a cell saw: its own state, and the two gradients, in units of 1/64; for quantised rules also as bytes + 128. */
typedef struct {
    bf16 numbers[SEEN];
    uint8_t bytes[SEEN + CHANNELS];
} seen_t;

/* Of ``bytes`` all rows beyond SEEN / 4 are 0, so that it does not matter what a cell has there. */
struct weights {
    pairs first[SEEN / 2][BLOCKS], second[HIDDEN / 2], back[CHANNELS / 2][BLOCKS], whole[HIDDEN / 2][3];
    pairs bytes[(SEEN + CHANNELS) / 4][BLOCKS], bytes_bias[BLOCKS];
    lanes bias[BLOCKS];
    int shift1;
    float unit2;
};

static inline bf16 nearest(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

static inline int byte_of(float value) { return (int)lrintf(fminf(127, fmaxf(-128, value))); }

static inline lanes dot(lanes sum, pairs a, pairs b)
{
    return (lanes)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

static inline pairs both(lanes low, lanes high) { return (pairs)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low); }
static inline __m256i half(lanes value) { return (__m256i)_mm512_cvtneps_pbh((__m512)value); }

/* The pair, or quartet, at a place, sixteen times. */
static inline pairs each(const void *place) { return _mm512_set1_epi32(*(const int *)place); }

static void pack(struct weights *w, const float *w1, const float *b1, const float *w2, int shift1, int shift2)
{
    const float unit1 = ldexpf(1, -shift1), unit2 = ldexpf(1, -shift2);
    w->shift1 = shift1, w->unit2 = unit2;
    for (int h = 0; h < HIDDEN; h++) {
        ((float *)w->bias)[h] = b1[h] * unit1;
        int total = 0;
        for (int k = 0; k < SEEN; k++) {
            float weight = w1[h * SEEN + k];
            ((bf16 *)w->first[k / 2])[2 * h + k % 2] = nearest(weight * unit1);
            ((bf16 *)w->whole[h / 2])[2 * k + h % 2] = nearest(weight);
            ((int8_t *)w->bytes[k / 4])[4 * h + k % 4] = byte_of(weight);
            total += byte_of(weight);
        }
        /* Inputs have 128 added; half of the unit is added, so that the shift rounds. */
        ((int *)w->bytes_bias)[h] = (int)lrintf(b1[h]) - 128 * total + (1 << (shift1 - 1));
        for (int o = 0; o < CHANNELS; o++) {
            float weight = w2[h * CHANNELS + o];
            ((bf16 *)&w->second[h / 2])[2 * o + h % 2] = nearest(weight * unit2);
            ((bf16 *)w->back[o / 2])[2 * h + o % 2] = nearest(weight * unit1 * unit2);
        }
    }
}

static inline void see(seen_t *seen, lanes own, lanes across, lanes down, bool quantised)
{
    _mm512_storeu_si512(seen->numbers, both(own, across));
    _mm256_storeu_si256((__m256i *)(seen->numbers + 2 * CHANNELS), half(down));
    if (!quantised)
        return;
    const lanes parts[3] = {own, across, down};
    for (int part = 0; part < 3; part++) {
        __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32((__m512)(parts[part] + 128)));
        _mm_storeu_si128((__m128i *)(seen->bytes + CHANNELS * part), bytes);
    }
}

/* Where the gradients that a cell saw were not clamped: what it saw of them can change. */
static inline void open_gradients(const seen_t *seen, whole_lanes *across, whole_lanes *down)
{
    const __m256i *kept = (const __m256i *)(seen->numbers + CHANNELS);
    lanes value[2];
    for (int part = 0; part < 2; part++)
        value[part] = (lanes)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(kept + part)), 16);
    *across = (value[0] > -128) & (value[0] < 127);
    *down = (value[1] > -128) & (value[1] < 127);
}

/* Of two cells' numbers a and b, pairs (a, b): a sum over cells is then a dot product, too. */
static inline pairs interleaved(pairs a, pairs b, bool upper)
{
    static const int16_t low[32] = {0,  32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                                    8,  40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
    pairs order = _mm512_loadu_si512(low);
    return _mm512_permutex2var_epi16(a, upper ? _mm512_add_epi16(order, _mm512_set1_epi16(16)) : order, b);
}

static inline pairs wide(const bf16 *place) { return _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)place)); }

/* A gradient of hidden units, where they were not clamped. */
static inline pairs where_open(pairs units, lanes low, lanes high)
{
    const pairs none = _mm512_setzero_si512(), full = _mm512_set1_epi16(0x42fe); /* 127 */
    const __mmask32 open = _mm512_cmpgt_epi16_mask(units, none) & _mm512_cmplt_epi16_mask(units, full);
    return _mm512_maskz_mov_epi16(open, both(low, high));
}

/* What cells saw and thought, and the gradients of both, each number beside that of the next cell. */
typedef struct {
    pairs seen[SLAB / 2][3], toward[SLAB / 2], inner[SLAB / 2][BLOCKS], hidden[SLAB / 2][BLOCKS];
} couples_t;

/* Couples of so many cells; the biases' gradient is added to a sum. */
static inline void couple(couples_t *of, const seen_t *seen, const bf16 (*toward)[CHANNELS], pairs (*inner)[4],
                          pairs (*hidden)[4], int cells, lanes *bias)
{
    const pairs ones = _mm512_set1_epi16(0x3f80);
    for (int c = 0; c < cells; c += 2) {
        const int i = c / 2;
        pairs a = _mm512_loadu_si512(seen[c].numbers), b = _mm512_loadu_si512(seen[c + 1].numbers);
        of->seen[i][0] = interleaved(a, b, false), of->seen[i][1] = interleaved(a, b, true);
        a = wide(seen[c].numbers + 2 * CHANNELS), b = wide(seen[c + 1].numbers + 2 * CHANNELS);
        of->seen[i][2] = interleaved(a, b, false);
        of->toward[i] = interleaved(wide(toward[c]), wide(toward[c + 1]), false);
        UNROLL for (int j = 0; j < BLOCKS; j++) {
            of->inner[i][j] = interleaved(inner[c][j / 2], inner[c + 1][j / 2], j % 2);
            of->hidden[i][j] = interleaved(hidden[c][j / 2], hidden[c + 1][j / 2], j % 2);
            bias[j] = dot(bias[j], of->inner[i][j], ones);
        }
    }
}

#endif
