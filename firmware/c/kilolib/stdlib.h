/* Of the C library what programs for kilolib use, the same on every machine. */
#ifndef KILOLIB_STDLIB_H
#define KILOLIB_STDLIB_H

#include <stddef.h>

#define RAND_MAX 32767
#define rand kilolib_rand
#define srand kilolib_srand

int rand(void);
void srand(unsigned seed);

static inline int abs(int number) { return number < 0 ? -number : number; }

#endif
