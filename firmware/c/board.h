/* The board under a cell: eight ports, an LED, a timer, a strap pin, and some randomness.
 *
 * A chip's port gives these operations, as functions or as macros (memory_mapped.h). The cell never
 * blocks: it runs to completion on one event and sleeps. docs/board.md says how to port it.
 */
#ifndef PLANARIA_BOARD_H
#define PLANARIA_BOARD_H

#include <stdint.h>

uint32_t board_entropy(void);           /* 32 random bits, new at every power-on */
uint8_t board_strap(void);              /* the strap pin, read at power-on */
const void *board_bytes(void);          /* 16 bytes that no fault reaches: number, strap code, inputs */
uint8_t board_port(void);               /* 0..7, whose bytes woke the cell */
/* Take all bytes that wait on that port, and keep the first of them; returns how many there were. */
unsigned board_take(uint8_t *first, unsigned room);
void board_send(const uint8_t *bytes, unsigned count); /* on all ports */
void board_led(int8_t level);           /* the next of red, green, blue, alpha */
void board_wait(uint32_t microseconds); /* when to wake */
void board_sleep(void);                 /* end the event here */

#endif
