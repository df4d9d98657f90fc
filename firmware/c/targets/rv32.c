/* RISC-V: reset starts at address 0, and the stack pointer is ours to set. */

#ifdef PLANARIA_KILOLIB
/* A delay() has left its stack here (kilolib.c), unless power has just come: the event has what is below. */
#define BELOW_SUSPENDED                                                                                  \
    "   beqz a0, 3f\n"                                                                                   \
    "   lui a2, 0x20000\n"                                                                               \
    "   lw a1, 16(a2)\n"                                                                                 \
    "   beqz a1, 3f\n"                                                                                   \
    "   mv sp, a1\n"                                                                                     \
    "3:\n"
#else
#define BELOW_SUSPENDED
#endif

/* The lists are at the bottom of ROM, below 2 KB, so %lo alone is an address.
 *
 * Naked, so that no byte of stack is lost to it: choose the event's phases, run them, sleep. */
__attribute__((naked, section(".vectors"), used)) void reset(void)
{
    __asm__(
        "   lui a0, 0x20000\n"
        "   addi sp, a0, %lo(stack_top)\n"
        "   addi s0, zero, %lo(CELL_ON_BYTES)\n"
        "   lui s1, %hi(genome)\n" /* relaxed away below 2 KB */
        "   addi s1, s1, %lo(genome)\n"
        "   lui a1, 0x40000\n"
        "   lbu a0, 0(a1)\n" /* the event */
        BELOW_SUSPENDED
        "   addi a0, a0, -1\n"
        "   bgtz a0, 1f\n"
        "   addi s0, zero, %lo(CELL_ON_TIMER)\n"
        "   beqz a0, 1f\n"
        "   addi s0, zero, %lo(CELL_ON_BOOT)\n"
        "1: lw a2, 0(s0)\n"
        "   addi s0, s0, 4\n"
        "   lui a0, 0x20000\n" /* struct ram */
        "   mv a1, s1\n"
        "   beqz a2, 2f\n"
        "   jalr a2\n"
        "   j 1b\n"
        "2: lui a1, 0x40000\n"
        "   sb a0, 6(a1)\n" /* sleep */
        "   j 2b\n");
}
