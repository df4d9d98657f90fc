/* The interface of kilolib, as programs for Kilobots include it. docs/kilolib.md says what is different here. */
#ifndef KILOLIB_H
#define KILOLIB_H

#include <stdint.h>

#include "message.h"
#include "message_crc.h"

#define RGB(r, g, b) (((r) & 3) | (((g) & 3) << 2) | (((b) & 3) << 4))
#define TICKS_PER_SEC 31

typedef struct {
    int16_t low_gain;
    int16_t high_gain;
} distance_measurement_t;

typedef void (*message_rx_t)(message_t *message, distance_measurement_t *distance);
typedef message_t *(*message_tx_t)(void);
typedef void (*message_tx_success_t)(void);

extern volatile uint32_t kilo_ticks;     /* since power came, 31 a second */
extern volatile uint16_t kilo_tx_period; /* 128 us each */
extern uint16_t kilo_uid;
extern uint8_t kilo_turn_left, kilo_turn_right, kilo_straight_left, kilo_straight_right;
extern message_rx_t kilo_message_rx;
extern message_tx_t kilo_message_tx;
extern message_tx_success_t kilo_message_tx_success;

void kilo_init(void);
void kilo_start(void (*setup)(void), void (*loop)(void));
void delay(uint16_t ms);
uint8_t estimate_distance(const distance_measurement_t *distance); /* in mm */
uint8_t rand_hard(void);
uint8_t rand_soft(void);
void rand_seed(uint8_t seed);
int16_t get_ambientlight(void);
int16_t get_voltage(void);
int16_t get_temperature(void);
void set_motors(uint8_t left, uint8_t right);
void spinup_motors(void);
void set_color(uint8_t color);

#endif
