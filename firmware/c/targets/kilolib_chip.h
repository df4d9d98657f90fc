/* kilolib on a chip: variables lie where they are, and a delay() leaves its stack in RAM.
 *
 * The events that come meanwhile have the stack below it (the reset code of the target sees to that). What a
 * callee has to save goes on the stack, that of the reset code included: so a delay() that is over goes on
 * with its program, and the reset code then with the phases of the event that began it.
 */
#ifndef PLANARIA_KILOLIB_CHIP_H
#define PLANARIA_KILOLIB_CHIP_H

RAM_OF(struct kilobot);
#define robot (&ram)

#define FETCH_VARIABLES
#define KEEP_VARIABLES

#ifdef __clang__
#define IN_ASSEMBLY __attribute__((naked, noinline))
#else /* or gcc gives no arguments to what does not name them */
#define IN_ASSEMBLY __attribute__((naked, noipa))
#endif

extern uint8_t planaria_data_start[], planaria_data_end[], planaria_data[], planaria_variables_end[];

/* As they are when a program starts. */
static inline void renew_variables(struct ram *me)
{
    ram = (struct kilobot){0};
    const uint8_t *from = planaria_data;
    volatile uint8_t *to = planaria_data_start; /* or it becomes a call of memcpy */
    while (to < planaria_data_end)
        *to++ = *from++;
    while (to < planaria_variables_end)
        *to++ = 0;
}

static inline uint32_t check_of_byte(uint32_t crc, uint32_t byte) { return check_of_bits(crc ^ byte); }

/* A main may ask for arguments, of which there are none. */
static inline void call_main(void (*function)(int, char **)) { function(0, 0); }

/* End the event from within the program. */
static inline __attribute__((always_inline, noreturn)) void leave_main(void)
{
    end_event(robot);
    __asm__ volatile("" ::: "memory"); /* the next event reads what is written here, though nothing returns */
    for (;;)
        board_sleep();
}

/* Where suspend() goes when it has saved what must be. */
static __attribute__((used, noreturn)) void keep_stack(void *stack)
{
    robot->suspended = stack;
    leave_main();
}

static inline void *take_stack(void)
{
    void *stack = robot->suspended;
    robot->suspended = 0;
    return stack;
}

static __attribute__((used, noreturn)) void after_setup(void)
{
    robot->running = 1;
    leave_main();
}

#ifndef __riscv

/* On an empty stack: nobody goes back to main. */
static IN_ASSEMBLY void call_setup(void (*setup)(void))
{
    __asm__(
        "   ldr r1, =stack_top\n"
        "   mov sp, r1\n"
        "   blx r0\n"
        "   bl after_setup\n"
        "   .ltorg\n");
}

static IN_ASSEMBLY void suspend(void)
{
    __asm__(
        "   push {r4-r7, lr}\n"
        "   mov r4, r8\n"
        "   mov r5, r9\n"
        "   mov r6, r10\n"
        "   mov r7, r11\n"
        "   push {r3-r7}\n" /* r3 for a multiple of 8, at which stacks begin */
        "   mov r0, sp\n"
        "   bl keep_stack\n");
}

static IN_ASSEMBLY __attribute__((noreturn)) void go_on_from(void *stack)
{
    __asm__(
        "   mov sp, r0\n"
        "   pop {r3-r7}\n"
        "   mov r8, r4\n"
        "   mov r9, r5\n"
        "   mov r10, r6\n"
        "   mov r11, r7\n"
        "   pop {r4-r7, pc}\n");
}

#else

/* On an empty stack: nobody goes back to main. */
static IN_ASSEMBLY void call_setup(void (*setup)(void))
{
    __asm__(
        "   lui a1, 0x20000\n"
        "   addi sp, a1, %lo(stack_top)\n"
        "   jalr a0\n"
        "   j after_setup\n");
}

static IN_ASSEMBLY void suspend(void)
{
    __asm__(
        "   addi sp, sp, -12\n"
        "   sw ra, 0(sp)\n"
        "   sw s0, 4(sp)\n"
        "   sw s1, 8(sp)\n"
        "   mv a0, sp\n"
        "   j keep_stack\n");
}

static IN_ASSEMBLY __attribute__((noreturn)) void go_on_from(void *stack)
{
    __asm__(
        "   mv sp, a0\n"
        "   lw ra, 0(sp)\n"
        "   lw s0, 4(sp)\n"
        "   lw s1, 8(sp)\n"
        "   addi sp, sp, 12\n"
        "   ret\n");
}

#endif

static inline void resume(void) { go_on_from(take_stack()); }

#endif
