/* Both layers and their gradients in float32, for any processor. All sums have one order: that of their terms. */
#include <math.h>

#include "sums.h"

/* What a cell saw: its own state, and the two gradients, in units of 1/64. */
typedef struct {
    lanes own, across, down;
} seen_t;

struct weights {
    lanes bias[BLOCKS];
    lanes first[SEEN][BLOCKS];   /* input by hidden unit, over 2^shift1 */
    lanes second[HIDDEN];        /* hidden unit by channel, over 2^shift2 */
    lanes back[CHANNELS][BLOCKS]; /* channel by hidden unit, over both */
    lanes whole[HIDDEN][3];      /* hidden unit by input, as it is */
    float unit2;
};

/* So many sums at once fill the registers. */
#ifdef __AVX512F__
enum { CELLS1 = 4, BLOCKS1 = 4, CELLS2 = 8, UNITS_W1 = 8, UNITS_W2 = 16, CELLS_SEEN = 8 };
#else
enum { CELLS1 = 2, BLOCKS1 = 2, CELLS2 = 4, UNITS_W1 = 2, UNITS_W2 = 4, CELLS_SEEN = 2 };
#endif

static void pack(struct weights *w, const float *w1, const float *b1, const float *w2, int shift1, int shift2)
{
    const float unit1 = ldexpf(1, -shift1), unit2 = ldexpf(1, -shift2);
    w->unit2 = unit2;
    for (int h = 0; h < HIDDEN; h++) {
        ((float *)w->bias)[h] = b1[h] * unit1;
        for (int k = 0; k < SEEN; k++) {
            ((float *)w->first[k])[h] = w1[h * SEEN + k] * unit1;
            ((float *)w->whole[h])[k] = w1[h * SEEN + k];
        }
        for (int o = 0; o < CHANNELS; o++) {
            w->second[h][o] = w2[h * CHANNELS + o] * unit2;
            ((float *)w->back[o])[h] = w2[h * CHANNELS + o] * unit1 * unit2;
        }
    }
}

static inline void see(seen_t *seen, lanes own, lanes across, lanes down, bool quantised)
{
    (void)quantised;
    *seen = (seen_t){own, across, down};
}

/* Where the gradients that a cell saw were not clamped: what it saw of them can change. */
static inline void open_gradients(const seen_t *seen, whole_lanes *across, whole_lanes *down)
{
    *across = (seen->across > -128) & (seen->across < 127);
    *down = (seen->down > -128) & (seen->down < 127);
}

static inline void hidden_layer(const struct weights *w, const seen_t *seen, lanes (*hidden)[BLOCKS], int cells,
                                bool quantised)
{
    for (int c = 0; c < cells; c += CELLS1)
        for (int b = 0; b < BLOCKS; b += BLOCKS1) {
            lanes sum[CELLS1][BLOCKS1];
            UNROLL for (int i = 0; i < CELLS1; i++)
                UNROLL for (int j = 0; j < BLOCKS1; j++) sum[i][j] = w->bias[b + j];
            for (int k = 0; k < SEEN; k++)
                UNROLL for (int i = 0; i < CELLS1; i++) {
                    lanes input = splat(((const float *)&seen[c + i])[k]);
                    UNROLL for (int j = 0; j < BLOCKS1; j++)
                        sum[i][j] = add_product(sum[i][j], input, w->first[k][b + j]);
                }
            UNROLL for (int i = 0; i < CELLS1; i++)
                UNROLL for (int j = 0; j < BLOCKS1; j++)
                    hidden[c + i][b + j] = clamp(quantised ? rounded(sum[i][j]) : sum[i][j], 0, 127);
        }
}

/* What comes of what some cells saw, in units of 1/64; their number is a multiple of GROUP. */
static void layers(const struct weights *w, const seen_t *seen, lanes *change, int cells, bool quantised)
{
    lanes hidden[GROUP][BLOCKS];
    for (int start = 0; start < cells; start += GROUP) {
        hidden_layer(w, seen + start, hidden, GROUP, quantised);
        for (int c = 0; c < GROUP; c += CELLS2) {
            lanes sum[CELLS2];
            UNROLL for (int i = 0; i < CELLS2; i++) sum[i] = splat(0);
            for (int h = 0; h < HIDDEN; h++)
                UNROLL for (int i = 0; i < CELLS2; i++)
                    sum[i] = add_product(sum[i], splat(((const float *)hidden[c + i])[h]), w->second[h]);
            UNROLL for (int i = 0; i < CELLS2; i++) change[start + c + i] = sum[i];
        }
    }
}

/* From the gradient of some cells' changes to that of the weights, which is added to sums, and of what they saw. */
static void layers_backward(const struct weights *w, const seen_t *seen, const lanes *toward, lanes (*toward_seen)[3],
                            int cells, bool quantised, struct sums *sums)
{
    lanes hidden[SLAB][BLOCKS], inner[SLAB][BLOCKS];
    hidden_layer(w, seen, hidden, cells, quantised);
    for (int c = 0; c < cells; c += CELLS1)
        for (int b = 0; b < BLOCKS; b += BLOCKS1) {
            lanes sum[CELLS1][BLOCKS1];
            UNROLL for (int i = 0; i < CELLS1; i++)
                UNROLL for (int j = 0; j < BLOCKS1; j++) sum[i][j] = splat(0);
            for (int o = 0; o < CHANNELS; o++)
                UNROLL for (int i = 0; i < CELLS1; i++) {
                    lanes input = splat(((const float *)&toward[c + i])[o]);
                    UNROLL for (int j = 0; j < BLOCKS1; j++)
                        sum[i][j] = add_product(sum[i][j], input, w->back[o][b + j]);
                }
            UNROLL for (int i = 0; i < CELLS1; i++)
                UNROLL for (int j = 0; j < BLOCKS1; j++) {
                    lanes unit = hidden[c + i][b + j];
                    inner[c + i][b + j] = only((unit > 0) & (unit < 127), sum[i][j]);
                    sums->bias[b + j] += inner[c + i][b + j];
                }
        }
    for (int h = 0; h < HIDDEN; h += UNITS_W1) {
        lanes sum[UNITS_W1][3];
        UNROLL for (int i = 0; i < UNITS_W1; i++)
            UNROLL for (int j = 0; j < 3; j++) sum[i][j] = sums->first[h + i][j];
        for (int c = 0; c < cells; c++)
            UNROLL for (int i = 0; i < UNITS_W1; i++) {
                lanes unit = splat(((const float *)inner[c])[h + i]);
                UNROLL for (int j = 0; j < 3; j++)
                    sum[i][j] = add_product(sum[i][j], unit, ((const lanes *)&seen[c])[j]);
            }
        UNROLL for (int i = 0; i < UNITS_W1; i++)
            UNROLL for (int j = 0; j < 3; j++) sums->first[h + i][j] = sum[i][j];
    }
    for (int h = 0; h < HIDDEN; h += UNITS_W2) {
        lanes sum[UNITS_W2];
        UNROLL for (int i = 0; i < UNITS_W2; i++) sum[i] = sums->second[h + i];
        for (int c = 0; c < cells; c++)
            UNROLL for (int i = 0; i < UNITS_W2; i++)
                sum[i] = add_product(sum[i], splat(((const float *)hidden[c])[h + i]), toward[c]);
        UNROLL for (int i = 0; i < UNITS_W2; i++) sums->second[h + i] = sum[i];
    }
    for (int c = 0; c < cells; c += CELLS_SEEN) {
        lanes sum[CELLS_SEEN][3];
        UNROLL for (int i = 0; i < CELLS_SEEN; i++)
            UNROLL for (int j = 0; j < 3; j++) sum[i][j] = splat(0);
        for (int h = 0; h < HIDDEN; h++)
            UNROLL for (int i = 0; i < CELLS_SEEN; i++) {
                lanes unit = splat(((const float *)inner[c + i])[h]);
                UNROLL for (int j = 0; j < 3; j++) sum[i][j] = add_product(sum[i][j], unit, w->whole[h][j]);
            }
        UNROLL for (int i = 0; i < CELLS_SEEN; i++)
            UNROLL for (int j = 0; j < 3; j++) toward_seen[c + i][j] = sum[i][j];
    }
}
