/* The check of a message, without which nobody takes it. */
#ifndef KILOLIB_MESSAGE_CRC_H
#define KILOLIB_MESSAGE_CRC_H

#include "message.h"

uint16_t message_crc(const message_t *message);

#endif
