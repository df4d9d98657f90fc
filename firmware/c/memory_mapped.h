/* The imaginary board, memory-mapped at 0x40000000. docs/board.md. */
#ifndef PLANARIA_MEMORY_MAPPED_H
#define PLANARIA_MEMORY_MAPPED_H

#include <stdint.h>

struct board {
    volatile uint8_t event;     /* 0x00 R: what woke the chip, see below */
    volatile uint8_t waits;     /* 0x01 R: 1 while the event's port holds a byte */
    volatile uint8_t data;      /* 0x02 R: take that byte */
    volatile uint8_t send;      /* 0x03 W: broadcast a byte */
    volatile uint8_t led;       /* 0x04 W: next of red, green, blue, alpha */
    volatile uint8_t strap;     /* 0x05 R: the strap pin */
    volatile uint8_t sleep;     /* 0x06 W: the event is over; the next starts at reset, RAM is kept */
    uint8_t reserved;
    volatile uint32_t entropy;  /* 0x08 R: 32 random bits, new at every power-on */
    volatile uint32_t wait_us;  /* 0x0c W: sets the timer */
    const uint8_t board[16];    /* 0x10 R: number of the board, code of its strap, inputs */
};

#define BOARD (*(struct board *)0x40000000)

/* Events: 0 power came, 1 the timer, 8..15 bytes wait on port 0..7. The reset code of a target
 * (targets/) runs the phases of the event and goes to sleep. */

#define board_entropy() (BOARD.entropy)
#define board_strap() (BOARD.strap)
#define board_bytes() ((const void *)BOARD.board)
#define board_port() (BOARD.event & 7)
#define board_led(level) ((void)(BOARD.led = (uint8_t)(level)))
#define board_wait(microseconds) ((void)(BOARD.wait_us = (microseconds)))
#define board_sleep() ((void)(BOARD.sleep = 0))

static inline unsigned board_take(uint8_t *first, unsigned room)
{
    unsigned count = 0;
    while (BOARD.waits) {
        uint8_t byte = BOARD.data;
        if (count < room)
            first[count] = byte;
        count++;
    }
    return count;
}

static inline void board_send(const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        BOARD.send = bytes[i];
}

#endif
