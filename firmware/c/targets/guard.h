/* A program that traps or hangs on this machine ends its event, and not the process that simulates it.
 *
 * Signals are taken in the thread that booted a cell last; what they interrupt outside of a program goes
 * where it would have gone, which may be the guard of another library. What a wild pointer has overwritten before it trapped stays overwritten: only
 * the simulated chips are safe from that. A module for wasm has its runtime to guard it. */
#ifndef PLANARIA_GUARD_H
#define PLANARIA_GUARD_H

#ifdef __wasm__

#define GUARDED(event) return (event, 0)
static inline void watch(void) {}

#else

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#if defined(__x86_64__) /* three registers instead of nine: this costs more than some programs */
static void *way_out[5];
#define LEAVE_HERE() __builtin_setjmp(way_out)
#define LEAVE() __builtin_longjmp(way_out, 1)
#else
static jmp_buf way_out;
#define LEAVE_HERE() _setjmp(way_out)
#define LEAVE() _longjmp(way_out, 1)
#endif

enum { TICK_S = 1, TRAPS = 5 }; /* an event of one to two seconds hangs */
enum { STUCK_MS = 500 };        /* between two ticks there is more, and less until one is sent on */

static const int TRAP[TRAPS] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction before[TRAPS], tick_before;
static pthread_t thread;
static uint32_t events;
static volatile uint32_t running, running_at_tick; /* number of the event, 0 outside of all */
static uint32_t tick_ms;
static volatile uint32_t failure;

/* What returns 0 when the event has ended, or the number of the signal that ended it. */
#define GUARDED(event)                                                                                   \
    do {                                                                                                 \
        if (LEAVE_HERE())                                                                                \
            return failure;                                                                              \
        running = ++events;                                                                              \
        event;                                                                                           \
        running = 0;                                                                                     \
        return 0;                                                                                        \
    } while (0)

static void fail(int number)
{
    running = 0;
    failure = (uint32_t)number;
    LEAVE();
}

static void on_trap(int number, siginfo_t *information, void *context)
{
    if (running && pthread_equal(thread, pthread_self()))
        fail(number);
    int i = 0;
    while (TRAP[i] != number)
        i++;
    if (before[i].sa_flags & SA_SIGINFO) {
        before[i].sa_sigaction(number, information, context);
    } else {
        sigaction(number, &before[i], 0);
        raise(number);
    }
}

/* Milliseconds of processor time, modulo 2^32. */
static uint32_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint32_t)now.tv_sec * 1000 + (uint32_t)(now.tv_nsec / 1000000);
}

/* One timer serves all libraries, so each passes its ticks on to the one before it. */
static void on_tick(int number, siginfo_t *information, void *context)
{
    uint32_t now_ms = clock_ms();
    if (running != running_at_tick) {
        running_at_tick = running;
        tick_ms = now_ms;
    } else if (running && now_ms - tick_ms > STUCK_MS) {
        if (pthread_equal(thread, pthread_self()))
            fail(number);
        pthread_kill(thread, number);
    }
    if (tick_before.sa_flags & SA_SIGINFO)
        tick_before.sa_sigaction(number, information, context);
    else if (tick_before.sa_handler != SIG_DFL && tick_before.sa_handler != SIG_IGN)
        tick_before.sa_handler(number);
}

/* On loading, and before a cell boots: a timer does not outlive a fork, and is set anew. */
static __attribute__((constructor)) void watch(void)
{
    static uint8_t stack[1 << 16]; /* for a program that has used up its own */
    static int watches;
    thread = pthread_self();
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){{TICK_S, 0}, {TICK_S, 0}}, 0);
    if (watches)
        return;
    watches = 1;
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, 0);
    struct sigaction trap = {.sa_sigaction = on_trap, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO};
    struct sigaction tick = {.sa_sigaction = on_tick,
                             .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART | SA_SIGINFO};
    for (int i = 0; i < TRAPS; i++)
        sigaction(TRAP[i], &trap, &before[i]);
    sigaction(SIGVTALRM, &tick, &tick_before);
}

#endif
#endif
