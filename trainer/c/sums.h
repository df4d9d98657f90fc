/* Gradients of the weights, in their own order: sums over all updates; ``second`` lacks the factor unit2. */
#include <string.h>

struct sums {
    lanes first[HIDDEN][3], bias[BLOCKS], second[HIDDEN];
};

static void unpack(const struct sums *sums, float *w1, float *b1, float *w2)
{
    memcpy(w1, sums->first, sizeof sums->first);
    memcpy(b1, sums->bias, sizeof sums->bias);
    memcpy(w2, sums->second, sizeof sums->second);
}
