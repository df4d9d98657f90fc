/* Cortex-M0+: the vector table holds the stack's top and the reset handler. */
#include <stdint.h>

extern uint32_t stack_top[];
void reset(void);

__attribute__((section(".vectors"), used)) static const void *const VECTORS[2] = {
    stack_top,
    (const void *)reset,
};

#ifdef PLANARIA_KILOLIB
/* A delay() has left its stack here (kilolib.c), unless power has just come: the event has what is below. */
#define BELOW_SUSPENDED                                                                                  \
    "   cmp r0, #0\n"                                                                                    \
    "   beq 3f\n"                                                                                        \
    "   ldr r1, [r6, #16]\n"                                                                             \
    "   cmp r1, #0\n"                                                                                    \
    "   beq 3f\n"                                                                                        \
    "   mov sp, r1\n"                                                                                    \
    "3:\n"
#else
#define BELOW_SUSPENDED
#endif

/* Naked, so that no byte of stack is lost to it: choose the event's phases, run them, sleep. */
__attribute__((naked, used)) void reset(void)
{
    __asm__(
        "   ldr r5, =0x40000000\n"
        "   ldr r6, =0x20000000\n"
        "   ldrb r0, [r5]\n" /* the event */
        BELOW_SUSPENDED
        "   ldr r4, =CELL_ON_BYTES\n"
        "   cmp r0, #1\n"
        "   bhi 1f\n"
        "   ldr r4, =CELL_ON_TIMER\n"
        "   beq 1f\n"
        "   ldr r4, =CELL_ON_BOOT\n"
        "1: mov r0, r6\n"
        "   ldr r1, =genome\n"
        "   ldmia r4!, {r2}\n"
        "   cmp r2, #0\n"
        "   beq 2f\n"
        "   blx r2\n"
        "   b 1b\n"
        "2: strb r0, [r5, #6]\n" /* sleep */
        "   b 2b\n"
        "   .ltorg\n");
}
