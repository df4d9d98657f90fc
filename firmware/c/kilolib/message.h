/* The message of kilolib: 12 bytes, of which nine are the program's. */
#ifndef KILOLIB_MESSAGE_H
#define KILOLIB_MESSAGE_H

#include <stdint.h>

/* From SPECIAL on a message is for kilolib itself, and comes to no program. */
typedef enum {
    NORMAL = 0,
    GPS,
    SPECIAL = 0x80,
    BOOT = 0x80,
    BOOTPGM_PAGE,
    BOOTPGM_SIZE,
    RESET,
    SLEEP,
    WAKEUP,
    CHARGE,
    VOLTAGE,
    RUN,
    READUID,
    CALIB
} message_type_t;

typedef struct {
    uint8_t data[9];
    uint8_t type;
    uint16_t crc;
} message_t;

#endif
