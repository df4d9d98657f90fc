/* Who is near, in a table: what RAM is used up by. */
#include "kilolib.h"

#define ROOM 10

struct neighbor { uint16_t id, heard_at; uint8_t distance; };

struct neighbor known[ROOM];
unsigned char count;
message_t message = {.type = NORMAL};

void rx(message_t *m, distance_measurement_t *d)
{
    uint16_t id = m->data[0] | m->data[1] << 8;
    int i = 0;
    while (i < count && known[i].id != id)
        i++;
    if (i == ROOM)
        return;
    count += i == count;
    known[i] = (struct neighbor){id, kilo_ticks, estimate_distance(d)};
}

message_t *tx(void)
{
    message.data[0] = kilo_uid;
    message.data[1] = kilo_uid >> 8;
    message.data[2] = count;
    message.crc = message_crc(&message);
    return &message;
}

void setup(void) {}

void loop(void)
{
    int near = 0;
    for (int i = 0; i < count; i++) {
        if ((uint16_t)(kilo_ticks - known[i].heard_at) > 48)
            known[i--] = known[--count];
        else
            near += known[i].distance < 40;
    }
    set_color(RGB(near, near >> 2, count));
}

int main(void)
{
    kilo_init();
    kilo_message_rx = rx;
    kilo_message_tx = tx;
    kilo_start(setup, loop);
    return 0;
}
