/* The smallest number leads. */
#include <kilolib.h>

uint16_t leader;
uint32_t last;
message_t message;

void heard(message_t *m, distance_measurement_t *d)
{
    uint16_t theirs;
    theirs = m->data[4] + 256 * m->data[5];
    if (theirs < leader)
        leader = theirs, last = kilo_ticks;
}

message_t *say() { return &message; }

void setup()
{
    leader = kilo_uid;
}

void loop()
{
    message.data[4] = leader % 256;
    message.data[5] = leader / 256;
    message.type = NORMAL;
    message.crc = message_crc(&message);
    if (kilo_ticks > last + 200)
        leader = kilo_uid;
    set_color(leader == kilo_uid ? RGB(0, 3, 0) : RGB(3, 0, 0));
}

int main()
{
    kilo_init();
    kilo_message_rx = heard;
    kilo_message_tx = say;
    kilo_start(setup, loop);
}
