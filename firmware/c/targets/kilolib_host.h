/* kilolib on this machine: a program's variables are one copy, and each robot's lie in its RAM.
 *
 * Whatever a program calls its variables, they are in two sections (kilolib_program.h), which are filled
 * from RAM before an event and emptied into it after. Its setup() and its loop() have a stack of their own,
 * of which a delay() leaves in RAM what is in use, in its place at the top, as on a chip.
 */
#ifndef PLANARIA_KILOLIB_HOST_H
#define PLANARIA_KILOLIB_HOST_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#pragma clang section bss = "" data = ""

extern char __start_robot_data[], __stop_robot_data[], __start_robot_bss[], __stop_robot_bss[];

enum { STACK_BYTES = 1 << 16, GUARD_PAGE_BYTES = 1 << 14, KEPT_WORDS_MAX = 62 };

static struct kilobot *robot;
static char at_start[OWN_BYTES], *stack_end;
static void *engines_stack, *programs_stack;

#define FETCH_VARIABLES fetch_variables,
#define KEEP_VARIABLES keep_variables,

static inline size_t data_bytes(void) { return (size_t)(__stop_robot_data - __start_robot_data); }
static inline size_t bss_bytes(void) { return (size_t)(__stop_robot_bss - __start_robot_bss); }
static inline char *kept(struct ram *me) { return (char *)me->own + sizeof(struct kilobot); }
static inline char *variables_end(void)
{
    return (char *)(robot + 1) + data_bytes() + bss_bytes();
}
static inline uint64_t *free_end(void) { return (uint64_t *)(void *)((char *)robot + OWN_BYTES); }

static uint16_t check[256]; /* there is room for a table */

static inline uint32_t check_of_byte(uint32_t crc, uint32_t byte)
{
    return crc >> 8 ^ check[(crc ^ byte) & 255];
}

static __attribute__((constructor)) void make_room(void)
{
    for (uint32_t byte = 0; byte < 256; byte++)
        check[byte] = (uint16_t)check_of_bits(byte);
    memcpy(at_start, __start_robot_data, data_bytes());
    char *stack = mmap(0, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return;
    mprotect(stack, GUARD_PAGE_BYTES, PROT_NONE);
    stack_end = stack + STACK_BYTES;
}

static inline void renew_variables(struct ram *me)
{
    robot = (struct kilobot *)(void *)me->own;
    programs_stack = 0;
    *robot = (struct kilobot){0};
    memcpy(__start_robot_data, at_start, data_bytes());
    memset(__start_robot_bss, 0, bss_bytes());
}

/* Save what a callee has to, and the stack there; go on where another one was saved. A main that begins there and asks
 * for arguments has none. */
static __attribute__((naked, noinline)) void change_stacks(void **from, void *to)
{
    __asm__(
        "   pushq %rbx\n"
        "   pushq %rbp\n"
        "   pushq %r12\n"
        "   pushq %r13\n"
        "   pushq %r14\n"
        "   pushq %r15\n"
        "   movq %rsp, (%rdi)\n"
        "   movq %rsi, %rsp\n"
        "   popq %r15\n"
        "   popq %r14\n"
        "   popq %r13\n"
        "   popq %r12\n"
        "   popq %rbp\n"
        "   popq %rbx\n"
        "   xorl %edi, %edi\n"
        "   xorl %esi, %esi\n"
        "   retq\n");
}

/* Back to the engine, for good. */
static void leave_main(void)
{
    programs_stack = 0;
    void *forgotten;
    change_stacks(&forgotten, engines_stack);
}

static void call_setup(void (*setup)(void))
{
    setup();
    robot->running = 1;
    leave_main();
}

static void suspend(void) { change_stacks(&programs_stack, engines_stack); }

/* A stack in RAM, at its top: words that are 0 are left out, of which there are many, and in the place of its
 * address stands a 1, and then for each word whether it is there, the last bit for the lowest address. */
static void keep_stack(const uint64_t *stack)
{
    uint64_t mask = 1, *to = free_end();
    for (const uint64_t *word = (uint64_t *)stack_end; word != stack;) {
        mask = mask << 1 | (*--word != 0);
        if (mask >> 63 || (*word && (char *)(to - 1) < variables_end()))
            __builtin_trap();
        if (*word)
            *--to = *word;
    }
    robot->suspended = (void *)mask;
}

static void *take_stack(void)
{
    uint64_t mask = (uint64_t)robot->suspended;
    uint64_t *stack = (uint64_t *)stack_end - (63 - __builtin_clzll(mask)), *word = stack;
    const uint64_t *from = free_end() - (__builtin_popcountll(mask) - 1);
    for (; mask > 1; mask >>= 1)
        *word++ = mask & 1 ? *from++ : 0;
    return stack;
}

PHASE(fetch_variables)
{
    robot = (struct kilobot *)(void *)me->own;
    memcpy(__start_robot_data, kept(me), data_bytes());
    memcpy(__start_robot_bss, kept(me) + data_bytes(), bss_bytes());
    /* In any event, for a handler may follow a pointer to it. */
    programs_stack = robot->suspended ? take_stack() : 0;
}

PHASE(keep_variables)
{
    memcpy(kept(me), __start_robot_data, data_bytes());
    memcpy(kept(me) + data_bytes(), __start_robot_bss, bss_bytes());
    robot->suspended = 0;
    if (programs_stack)
        keep_stack(programs_stack);
}

static void call_main(void (*function)(int, char **))
{
    /* What others have left there does not count as in use. */
    memset(stack_end - KEPT_WORDS_MAX * sizeof(uint64_t), 0, KEPT_WORDS_MAX * sizeof(uint64_t));
    void **first = (void **)(void *)stack_end - 8; /* six registers, and two returns */
    first[6] = (void *)function;
    first[7] = (void *)leave_main;
    change_stacks(&engines_stack, first);
}

static void resume(void) { change_stacks(&engines_stack, programs_stack); }

#pragma clang section bss = "robot_bss" data = "robot_data"

#endif
