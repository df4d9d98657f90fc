/* Goes away from who is nearer than 60 mm: left or right by chance. Says how far away it was, and how light. */
#include <kilolib.h>

message_t said;
uint32_t near_until;
uint8_t nearest;

message_t *talk(void)
{
    said.type = NORMAL;
    said.data[0] = nearest;
    said.data[1] = (uint8_t)(get_ambientlight() >> 2);
    said.crc = message_crc(&said);
    return &said;
}

void listen(message_t *message, distance_measurement_t *measured)
{
    nearest = estimate_distance(measured);
    if (nearest < 60)
        near_until = kilo_ticks + 20;
}

void setup(void) {}

void loop(void)
{
    if (kilo_ticks >= near_until) {
        set_color(RGB(0, 1, 0));
        set_motors(0, 0);
        return;
    }
    set_color(RGB(1, 0, 0));
    switch (rand_hard() & 31) {
    case 0:
        spinup_motors();
        set_motors(kilo_straight_left, kilo_straight_right);
        break;
    case 1:
        set_motors(kilo_turn_left, 0);
        break;
    case 2:
        set_motors(0, kilo_turn_right);
        break;
    }
}

int main(void)
{
    kilo_init();
    kilo_message_tx = talk;
    kilo_message_rx = listen;
    kilo_start(setup, loop);
    return 0;
}
