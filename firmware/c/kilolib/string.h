/* Of the C library what programs for kilolib use. */
#ifndef KILOLIB_STRING_H
#define KILOLIB_STRING_H

#include <stddef.h>

#define memcpy __builtin_memcpy
#define memmove __builtin_memmove
#define memset __builtin_memset
#define memcmp __builtin_memcmp

#endif
