/* Programs for kilolib that are looked into print to a serial cable, which no cell has. */
#ifndef KILOLIB_DEBUG_H
#define KILOLIB_DEBUG_H

#include "stdio.h"

#define debug_init() ((void)0)

#endif
