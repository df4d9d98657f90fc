/* Waits wherever one can: in setup(), in a function that loop() calls, for nothing, and in a handler. */
#include <kilolib.h>

uint8_t stage, rounds;
message_t message;

void heard(message_t *m, distance_measurement_t *d)
{
    rounds += m->data[0];
    delay(1000); /* returns at once */
}

message_t *say(void)
{
    message.data[0] = stage;
    message.data[1] = rounds;
    message.crc = message_crc(&message);
    return &message;
}

void setup(void)
{
    stage = 1;
    delay(777);
    stage = 2;
}

uint8_t wait_and_count(uint8_t from)
{
    for (uint8_t i = from; i < 4; i++) {
        set_color(RGB(i & 3, from & 3, 0));
        delay(40 * i);
    }
    return from;
}

void loop(void)
{
    stage += wait_and_count(rand_hard() % 3);
    delay(0);
    stage++;
}

int main(void)
{
    kilo_init();
    kilo_message_rx = heard;
    kilo_message_tx = say;
    kilo_start(setup, loop);
    return 1; /* never */
}
