/* Sixteen floats at once, whatever the processor's registers hold: one channel of a cell a lane. */
#ifndef LANES_H
#define LANES_H

#include <stdbool.h>
#include <stdint.h>

enum { CHANNELS = 16, PORTS = 8, SEEN = 48, HIDDEN = 128, BLOCKS = HIDDEN / CHANNELS };

typedef float lanes __attribute__((vector_size(64)));
typedef int32_t whole_lanes __attribute__((vector_size(64)));
typedef int8_t marks __attribute__((vector_size(16)));

#define UNROLL _Pragma("clang loop unroll(full)")

static inline lanes splat(float value) { return (lanes){0} + value; }
static inline lanes least(lanes a, lanes b) { return __builtin_elementwise_min(a, b); }
static inline lanes most(lanes a, lanes b) { return __builtin_elementwise_max(a, b); }
static inline lanes clamp(lanes value, float low, float high) { return least(most(value, splat(low)), splat(high)); }
static inline lanes rounded(lanes value) { return __builtin_elementwise_floor(value + 0.5f); }

/* Lanes of value where mask is -1, 0 where it is 0. */
static inline lanes only(whole_lanes mask, lanes value) { return (lanes)(mask & (whole_lanes)value); }

/* a * b + sum: rounded once where the processor can do that, for the compiler is told that it may. */
static inline lanes add_product(lanes sum, lanes a, lanes b) { return a * b + sum; }

#endif
