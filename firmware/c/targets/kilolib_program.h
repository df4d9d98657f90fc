/* Included before a program for kilolib: its main is called by kilolib.c, what it calls as the linker script calls
 * something has another name, double has the 32 bits that it has on a robot, and on this machine all of its
 * variables, whatever they are called, lie in two sections (kilolib_host.h). */
#include <stddef.h>

#ifdef PLANARIA_HOST
#pragma clang section bss = "robot_bss" data = "robot_data"
#endif

#define main kilolib_main
#define reset kilolib_reset
#define genome kilolib_genome
#define stack_top kilolib_stack_top
#define static_end kilolib_static_end
#define double float
