/* How many messages were heard; with some of the C library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kilolib.h"

typedef struct { uint16_t heard; int8_t luck; } tally_t;

static tally_t tally;
static message_t message;

static void heard(message_t *m, distance_measurement_t *d)
{
    tally.heard++;
    printf("%d of them\n", tally.heard);
    tally.luck = (int8_t)abs(tally.luck - rand() % 5);
}

static message_t *say(void)
{
    memset(message.data, 0, sizeof message.data);
    memcpy(message.data, &tally, sizeof tally);
    message.type = NORMAL;
    message.crc = message_crc(&message);
    return &message;
}

static void said(void) { set_color(RGB(tally.heard & 3, 0, tally.luck & 3)); }
static void setup(void) { srand(7); }
static void loop(void) {}

int main(void)
{
    kilo_init();
    kilo_message_rx = heard;
    kilo_message_tx = say;
    kilo_message_tx_success = said;
    kilo_start(setup, loop);
    return 0;
}
