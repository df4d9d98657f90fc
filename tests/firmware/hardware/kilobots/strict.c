/* Of its messages some have no check, and some are for kilolib itself: nobody hears those. */
#include <kilolib.h>

uint8_t turn, good, bad;
message_t message;

void heard(message_t *m, distance_measurement_t *d)
{
    if (m->data[0] % 4 == 0)
        good++;
    else
        bad++;
}

message_t *say(void)
{
    turn++;
    if (turn % 4 == 3)
        return 0;
    message.data[0] = turn;
    message.data[1] = good;
    message.data[2] = bad;
    message.type = turn % 4 == 2 ? RESET : NORMAL;
    message.crc = message_crc(&message) + (turn % 4 == 1);
    return &message;
}

void setup(void) {}
void loop(void) { set_color(bad ? RGB(3, 0, 0) : RGB(0, good & 3, 0)); }

int main(void)
{
    kilo_init();
    kilo_message_rx = heard;
    kilo_message_tx = say;
    kilo_start(setup, loop);
    return 0;
}
