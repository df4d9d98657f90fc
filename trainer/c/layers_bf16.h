/* Both layers and their gradients with dot products of bfloat16 pairs, summed in float32 (AVX512-BF16); the first
   layer of quantised rules with dot products of bytes (AVX512-VNNI). */
#include "bf16.h"
#include "sums.h"

static inline void hidden_of_numbers(const struct weights *w, const seen_t *seen, pairs (*hidden)[4], int cells)
{
    for (int c = 0; c < cells; c += 4)
        for (int b = 0; b < BLOCKS; b += 4) {
            lanes sum[4][4];
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int j = 0; j < 4; j++) sum[i][j] = w->bias[b + j];
            for (int k = 0; k < SEEN / 2; k++)
                UNROLL for (int i = 0; i < 4; i++) {
                    pairs input = each(seen[c + i].numbers + 2 * k);
                    UNROLL for (int j = 0; j < 4; j++) sum[i][j] = dot(sum[i][j], input, w->first[k][b + j]);
                }
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int j = 0; j < 4; j += 2)
                    hidden[c + i][(b + j) / 2] = both(clamp(sum[i][j], 0, 127), clamp(sum[i][j + 1], 0, 127));
        }
}

static inline void hidden_of_bytes(const struct weights *w, const seen_t *seen, pairs (*hidden)[4], int cells)
{
    const __m128i shift = _mm_cvtsi32_si128(w->shift1);
    const pairs zero = _mm512_setzero_si512(), limit = _mm512_set1_epi32(127);
    for (int c = 0; c < cells; c += 4)
        for (int b = 0; b < BLOCKS; b += 4) {
            pairs sum[4][4];
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int j = 0; j < 4; j++) sum[i][j] = w->bytes_bias[b + j];
            for (int k = 0; k < SEEN / 4; k++)
                UNROLL for (int i = 0; i < 4; i++) {
                    pairs input = each(seen[c + i].bytes + 4 * k);
                    UNROLL for (int j = 0; j < 4; j++)
                        sum[i][j] = _mm512_dpbusd_epi32(sum[i][j], input, w->bytes[k][b + j]);
                }
            UNROLL for (int i = 0; i < 4; i++) {
                lanes unit[4];
                UNROLL for (int j = 0; j < 4; j++) {
                    pairs down = _mm512_sra_epi32(sum[i][j], shift);
                    unit[j] = (lanes)_mm512_cvtepi32_ps(_mm512_min_epi32(_mm512_max_epi32(down, zero), limit));
                }
                hidden[c + i][b / 2] = both(unit[0], unit[1]);
                hidden[c + i][b / 2 + 1] = both(unit[2], unit[3]);
            }
        }
}

static inline void hidden_layer(const struct weights *w, const seen_t *seen, pairs (*hidden)[4], int cells,
                                bool quantised)
{
    if (quantised)
        hidden_of_bytes(w, seen, hidden, cells);
    else
        hidden_of_numbers(w, seen, hidden, cells);
}

/* What comes of what some cells saw, in units of 1/64; their number is a multiple of GROUP. */
static void layers(const struct weights *w, const seen_t *seen, lanes *change, int cells, bool quantised)
{
    pairs hidden[GROUP][4];
    for (int start = 0; start < cells; start += GROUP) {
        hidden_layer(w, seen + start, hidden, GROUP, quantised);
        lanes sum[GROUP];
        UNROLL for (int i = 0; i < GROUP; i++) sum[i] = splat(0);
        for (int h = 0; h < HIDDEN / 2; h++)
            UNROLL for (int i = 0; i < GROUP; i++)
                sum[i] = dot(sum[i], each((const bf16 *)hidden[i] + 2 * h), w->second[h]);
        UNROLL for (int i = 0; i < GROUP; i++) change[start + i] = sum[i];
    }
}

/* From the gradient of some cells' changes to that of the weights, which is added to sums, and of what they saw. */
static void layers_backward(const struct weights *w, const seen_t *seen, const lanes *toward, lanes (*toward_seen)[3],
                            int cells, bool quantised, struct sums *sums)
{
    pairs hidden[SLAB][4], inner[SLAB][4];
    bf16 short_toward[SLAB][CHANNELS] __attribute__((aligned(64)));
    hidden_layer(w, seen, hidden, cells, quantised);
    for (int c = 0; c < cells; c++) _mm256_store_si256((__m256i *)short_toward[c], half(toward[c]));
    for (int c = 0; c < cells; c += 4)
        for (int b = 0; b < BLOCKS; b += 4) {
            lanes sum[4][4];
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int j = 0; j < 4; j++) sum[i][j] = splat(0);
            for (int o = 0; o < CHANNELS / 2; o++)
                UNROLL for (int i = 0; i < 4; i++) {
                    pairs input = each(short_toward[c + i] + 2 * o);
                    UNROLL for (int j = 0; j < 4; j++) sum[i][j] = dot(sum[i][j], input, w->back[o][b + j]);
                }
            UNROLL for (int i = 0; i < 4; i++)
                UNROLL for (int j = 0; j < 2; j++)
                    inner[c + i][b / 2 + j] = where_open(hidden[c + i][b / 2 + j], sum[i][2 * j], sum[i][2 * j + 1]);
        }
    couples_t couples;
    couple(&couples, seen, short_toward, inner, hidden, cells, sums->bias);
    for (int h = 0; h < HIDDEN; h += 8) {
        lanes sum[8][3];
        UNROLL for (int i = 0; i < 8; i++)
            UNROLL for (int j = 0; j < 3; j++) sum[i][j] = sums->first[h + i][j];
        for (int c = 0; c < cells / 2; c++)
            UNROLL for (int i = 0; i < 8; i++) {
                pairs unit = each((const int *)couples.inner[c] + h + i);
                UNROLL for (int j = 0; j < 3; j++) sum[i][j] = dot(sum[i][j], unit, couples.seen[c][j]);
            }
        UNROLL for (int i = 0; i < 8; i++)
            UNROLL for (int j = 0; j < 3; j++) sums->first[h + i][j] = sum[i][j];
    }
    for (int h = 0; h < HIDDEN; h += 16) {
        lanes sum[16];
        UNROLL for (int i = 0; i < 16; i++) sum[i] = sums->second[h + i];
        for (int c = 0; c < cells / 2; c++)
            UNROLL for (int i = 0; i < 16; i++)
                sum[i] = dot(sum[i], each((const int *)couples.hidden[c] + h + i), couples.toward[c]);
        UNROLL for (int i = 0; i < 16; i++) sums->second[h + i] = sum[i];
    }
    for (int c = 0; c < cells; c += 8) {
        lanes sum[8][3];
        UNROLL for (int i = 0; i < 8; i++)
            UNROLL for (int j = 0; j < 3; j++) sum[i][j] = splat(0);
        for (int h = 0; h < HIDDEN / 2; h++)
            UNROLL for (int i = 0; i < 8; i++) {
                pairs unit = each((const bf16 *)inner[c + i] + 2 * h);
                UNROLL for (int j = 0; j < 3; j++) sum[i][j] = dot(sum[i][j], unit, w->whole[h][j]);
            }
        UNROLL for (int i = 0; i < 8; i++)
            UNROLL for (int j = 0; j < 3; j++) toward_seen[c + i][j] = sum[i][j];
    }
}
