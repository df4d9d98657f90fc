/* Of the C library what is the same on every machine, to the bit. */
#ifndef KILOLIB_MATH_H
#define KILOLIB_MATH_H

#define sqrt __builtin_sqrtf
#define fabs __builtin_fabsf

#endif
