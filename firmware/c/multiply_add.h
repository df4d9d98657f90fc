/* Multiplication for chips with and without a multiplier. */
#ifndef PLANARIA_MULTIPLY_ADD_H
#define PLANARIA_MULTIPLY_ADD_H

/* sum + a * b */
static inline int multiply_add(int sum, int a, int b)
{
#if defined(__riscv) && !defined(__riscv_mul)
    do { /* no multiplier: shift and add */
        sum += a & -(b & 1);
        a *= 2;
        b >>= 1;
    } while (b + 1u > 1);
    return sum - (a & b); /* what is left of b is 0 or -1 */
#else
    return sum + a * b;
#endif
}

#endif
