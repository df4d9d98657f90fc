/* What programs for Kilombo include: kilolib, and its macros for variables, which need none here. */
#ifndef KILOLIB_KILOMBO_H
#define KILOLIB_KILOMBO_H

#include "kilolib.h"

#define REGISTER_USERDATA(type)                                                                          \
    static type kilombo_userdata;                                                                        \
    type *mydata = &kilombo_userdata;
#define SET_CALLBACK(name, function)

#endif
