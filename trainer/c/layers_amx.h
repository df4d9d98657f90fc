/* Both layers and their gradients by products of tiles (AMX-BF16, AMX-INT8). */
#include "bf16.h"
#include "tiles.h"

static inline void hidden_layer(const struct weights *w, const seen_t *seen, pairs (*hidden)[4], int cells,
                                bool quantised)
{
    const __m128i shift = _mm_cvtsi32_si128(w->shift1);
    lanes sum[ROWS][BLOCKS];
    for (int c = 0; c < cells; c += ROWS) {
        _tile_loadd(LEFT_TILE, quantised ? (const void *)seen[c].bytes : seen[c].numbers, sizeof *seen);
        _tile_loadd(SHORT_LEFT, seen[c].numbers + 2 * CHANNELS, sizeof *seen);
        for (int b = 0; b < BLOCKS; b += SUMS) {
            if (quantised)
                FOR_SUMS(_tile_loadd(j, &w->bytes_bias[b + j], 0);
                         _tile_loadd(RIGHT_TILE, &w->bytes[0][b + j], sizeof *w->bytes);
                         _tile_dpbusd(j, LEFT_TILE, RIGHT_TILE););
            else
                FOR_SUMS(_tile_loadd(j, &w->bias[b + j], 0);
                         _tile_loadd(RIGHT_TILE, &w->first[0][b + j], sizeof *w->first);
                         _tile_dpbf16ps(j, LEFT_TILE, RIGHT_TILE);
                         _tile_loadd(SHORT_RIGHT, &w->first[CHANNELS][b + j], sizeof *w->first);
                         _tile_dpbf16ps(j, SHORT_LEFT, SHORT_RIGHT););
            FOR_SUMS(_tile_stored(j, &sum[0][b + j], sizeof *sum););
        }
        for (int i = 0; i < ROWS; i++)
            UNROLL for (int b = 0; b < BLOCKS; b += 2) {
                lanes unit[2] = {sum[i][b], sum[i][b + 1]};
                UNROLL for (int j = 0; quantised && j < 2; j++)
                    unit[j] = (lanes)_mm512_cvtepi32_ps(_mm512_sra_epi32((pairs)unit[j], shift));
                hidden[c + i][b / 2] = both(clamp(unit[0], 0, 127), clamp(unit[1], 0, 127));
            }
    }
}

/* What comes of what some cells saw, in units of 1/64; their number is a multiple of GROUP. */
static void layers(const struct weights *w, const seen_t *seen, lanes *change, int cells, bool quantised)
{
    pairs hidden[GROUP][4];
    take_tiles();
    for (int start = 0; start < cells; start += GROUP) {
        hidden_layer(w, seen + start, hidden, GROUP, quantised);
        for (int c = 0; c < GROUP; c += ROWS) {
            _tile_zero(0);
            FOR_SUMS(_tile_loadd(LEFT_TILE, &hidden[c][j], sizeof *hidden);
                     _tile_loadd(RIGHT_TILE, &w->second[ROWS * j], sizeof *w->second);
                     _tile_dpbf16ps(0, LEFT_TILE, RIGHT_TILE););
            _tile_stored(0, &change[start + c], sizeof *change);
        }
    }
    _tile_release();
}

/* Sums over all updates, by what is multiplied with a hidden unit; ``second`` lacks the factor unit2. */
struct sums {
    lanes first[SEEN][BLOCKS], bias[BLOCKS], second[CHANNELS][BLOCKS];
};

static void unpack(const struct sums *sums, float *w1, float *b1, float *w2)
{
    memcpy(b1, sums->bias, sizeof sums->bias);
    for (int h = 0; h < HIDDEN; h++) {
        for (int k = 0; k < SEEN; k++) w1[h * SEEN + k] = ((const float *)sums->first[k])[h];
        for (int o = 0; o < CHANNELS; o++) w2[h * CHANNELS + o] = ((const float *)sums->second[o])[h];
    }
}

/* Rows become columns: in four steps each quadrant off the diagonal changes places with the other. */
static inline void transpose(pairs rows[ROWS])
{
    const whole_lanes lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    UNROLL for (int by = 1; by < ROWS; by *= 2) {
        const whole_lanes odd = (lane & by) != 0;
        const pairs low = (pairs)(lane + (odd & (ROWS - by))), high = (pairs)(lane + by + (odd & (ROWS - by)));
        UNROLL for (int i = 0; i < ROWS; i++)
            if (!(i & by)) {
                const pairs one = rows[i], other = rows[i + by];
                rows[i] = _mm512_permutex2var_epi32(one, low, other);
                rows[i + by] = _mm512_permutex2var_epi32(one, high, other);
            }
    }
}

/* Sums [16][BLOCKS] grow by the products of numbers and hidden units, or their gradients, of cells. */
static inline void add_products(lanes (*sums)[BLOCKS], const pairs (*numbers)[ROWS], const pairs (*units)[BLOCKS],
                                int cells)
{
    for (int b = 0; b < BLOCKS; b += SUMS) {
        FOR_SUMS(_tile_loadd(j, &sums[0][b + j], sizeof *sums););
        for (int c = 0; c < cells / 2; c += ROWS) {
            _tile_loadd(LEFT_TILE, numbers[c / ROWS], sizeof **numbers);
            FOR_SUMS(_tile_loadd(RIGHT_TILE, &units[c][b + j], sizeof *units); _tile_dpbf16ps(j, LEFT_TILE, RIGHT_TILE););
        }
        FOR_SUMS(_tile_stored(j, &sums[0][b + j], sizeof *sums););
    }
}

/* The gradient of hidden units, where they were not clamped, from that of some cells' changes. */
static inline void unhide(const struct weights *w, const bf16 (*toward)[CHANNELS], pairs (*hidden)[4], pairs (*inner)[4],
                          int cells)
{
    lanes sum[ROWS][BLOCKS];
    for (int c = 0; c < cells; c += ROWS) {
        _tile_loadd(SHORT_LEFT, toward[c], sizeof *toward);
        for (int b = 0; b < BLOCKS; b += SUMS) {
            FOR_SUMS(_tile_zero(j); _tile_loadd(SHORT_RIGHT, &w->back[0][b + j], sizeof *w->back);
                     _tile_dpbf16ps(j, SHORT_LEFT, SHORT_RIGHT););
            FOR_SUMS(_tile_stored(j, &sum[0][b + j], sizeof *sum););
        }
        for (int i = 0; i < ROWS; i++)
            UNROLL for (int b = 0; b < BLOCKS; b += 2)
                inner[c + i][b / 2] = where_open(hidden[c + i][b / 2], sum[i][b], sum[i][b + 1]);
    }
}

/* The gradient of what cells saw, from that of their hidden units. */
static inline void unsee(const struct weights *w, pairs (*inner)[4], lanes (*toward_seen)[3], int cells)
{
    for (int c = 0; c < cells; c += ROWS) {
        FOR_SUMS(_tile_zero(j););
        for (int h = 0; h < HIDDEN / 2; h += ROWS) {
            _tile_loadd(LEFT_TILE, &inner[c][h / ROWS], sizeof *inner);
            FOR_SUMS(if (j < 3) {
                _tile_loadd(RIGHT_TILE, &w->whole[h][j], sizeof *w->whole);
                _tile_dpbf16ps(j, LEFT_TILE, RIGHT_TILE);
            });
        }
        FOR_SUMS(if (j < 3) _tile_stored(j, &toward_seen[c][j], sizeof *toward_seen););
    }
}

/* From the gradient of some cells' changes to that of the weights, which is added to sums, and of what they saw. */
static void layers_backward(const struct weights *w, const seen_t *seen, const lanes *toward, lanes (*toward_seen)[3],
                            int cells, bool quantised, struct sums *sums)
{
    pairs hidden[SLAB][4], inner[SLAB][4], numbers[4][SLAB / 2 / ROWS][ROWS];
    bf16 short_toward[SLAB][CHANNELS] __attribute__((aligned(64)));
    for (int c = 0; c < cells; c++) _mm256_store_si256((__m256i *)short_toward[c], half(toward[c]));
    take_tiles();
    hidden_layer(w, seen, hidden, cells, quantised);
    unhide(w, short_toward, hidden, inner, cells);
    unsee(w, inner, toward_seen, cells);
    couples_t couples;
    couple(&couples, seen, short_toward, inner, hidden, cells, sums->bias);
    for (int part = 0; part < 4; part++)
        for (int c = 0; c < cells / 2; c += ROWS) {
            pairs *rows = numbers[part][c / ROWS];
            for (int i = 0; i < ROWS; i++) rows[i] = part < 3 ? couples.seen[c + i][part] : couples.toward[c + i];
            transpose(rows);
        }
    for (int part = 0; part < 3; part++) add_products(sums->first + ROWS * part, numbers[part], couples.inner, cells);
    add_products(sums->second, numbers[3], couples.hidden, cells);
    _tile_release();
}
