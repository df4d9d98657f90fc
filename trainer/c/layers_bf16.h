/* Both layers and their gradients with dot products of bfloat16 pairs, summed in float32 (AVX512-BF16); the first
   layer of quantised rules with dot products of bytes (AVX512-VNNI). All whole numbers up to 256 are bfloat16. */
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

struct weights {
    pairs first[SEEN / 2][BLOCKS], second[HIDDEN / 2], back[CHANNELS / 2][BLOCKS], whole[HIDDEN / 2][3];
    pairs bytes[SEEN / 4][BLOCKS], bytes_bias[BLOCKS];
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

/* Sums over all updates; ``second`` lacks the factor unit2. */
struct sums {
    lanes first[HIDDEN][3], bias[BLOCKS], second[HIDDEN];
};

/* Of two cells' numbers a and b, pairs (a, b): a sum over cells is then a dot product, too. */
static inline pairs interleaved(pairs a, pairs b, bool upper)
{
    static const int16_t low[32] = {0,  32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                                    8,  40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
    pairs order = _mm512_loadu_si512(low);
    return _mm512_permutex2var_epi16(a, upper ? _mm512_add_epi16(order, _mm512_set1_epi16(16)) : order, b);
}

static inline pairs wide(const bf16 *place) { return _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)place)); }

/* From the gradient of some cells' changes to that of the weights, which is added to sums, and of what they saw. */
static void layers_backward(const struct weights *w, const seen_t *seen, const lanes *toward, lanes (*toward_seen)[3],
                            int cells, bool quantised, struct sums *sums)
{
    pairs hidden[TILE][4], inner[TILE][4];
    bf16 short_toward[TILE][CHANNELS] __attribute__((aligned(64)));
    hidden_layer(w, seen, hidden, cells, quantised);
    for (int c = 0; c < cells; c++) _mm256_store_si256((__m256i *)short_toward[c], half(toward[c]));
    const pairs none = _mm512_setzero_si512(), full = _mm512_set1_epi16(0x42fe); /* 127 */
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
                UNROLL for (int j = 0; j < 2; j++) {
                    pairs unit = hidden[c + i][b / 2 + j];
                    __mmask32 open = _mm512_cmpgt_epi16_mask(unit, none) & _mm512_cmplt_epi16_mask(unit, full);
                    inner[c + i][b / 2 + j] = _mm512_maskz_mov_epi16(open, both(sum[i][2 * j], sum[i][2 * j + 1]));
                }
        }
    pairs seen_pairs[TILE / 2][3], toward_pairs[TILE / 2], inner_pairs[TILE / 2][BLOCKS], hidden_pairs[TILE / 2][BLOCKS];
    const pairs ones = _mm512_set1_epi16(0x3f80);
    for (int c = 0; c < cells; c += 2) {
        pairs a = _mm512_loadu_si512(seen[c].numbers), b = _mm512_loadu_si512(seen[c + 1].numbers);
        seen_pairs[c / 2][0] = interleaved(a, b, false), seen_pairs[c / 2][1] = interleaved(a, b, true);
        a = wide(seen[c].numbers + 2 * CHANNELS), b = wide(seen[c + 1].numbers + 2 * CHANNELS);
        seen_pairs[c / 2][2] = interleaved(a, b, false);
        toward_pairs[c / 2] = interleaved(wide(short_toward[c]), wide(short_toward[c + 1]), false);
        UNROLL for (int j = 0; j < BLOCKS; j++) {
            inner_pairs[c / 2][j] = interleaved(inner[c][j / 2], inner[c + 1][j / 2], j % 2);
            hidden_pairs[c / 2][j] = interleaved(hidden[c][j / 2], hidden[c + 1][j / 2], j % 2);
            sums->bias[j] = dot(sums->bias[j], inner_pairs[c / 2][j], ones);
        }
    }
    for (int h = 0; h < HIDDEN; h += 8) {
        lanes sum[8][3];
        UNROLL for (int i = 0; i < 8; i++)
            UNROLL for (int j = 0; j < 3; j++) sum[i][j] = sums->first[h + i][j];
        for (int c = 0; c < cells / 2; c++)
            UNROLL for (int i = 0; i < 8; i++) {
                pairs unit = each((const int *)inner_pairs[c] + h + i);
                UNROLL for (int j = 0; j < 3; j++) sum[i][j] = dot(sum[i][j], unit, seen_pairs[c][j]);
            }
        UNROLL for (int i = 0; i < 8; i++)
            UNROLL for (int j = 0; j < 3; j++) sums->first[h + i][j] = sum[i][j];
    }
    for (int h = 0; h < HIDDEN; h += 16) {
        lanes sum[16];
        UNROLL for (int i = 0; i < 16; i++) sum[i] = sums->second[h + i];
        for (int c = 0; c < cells / 2; c++)
            UNROLL for (int i = 0; i < 16; i++)
                sum[i] = dot(sum[i], each((const int *)hidden_pairs[c] + h + i), toward_pairs[c]);
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
