/* Hops to the robot with ID 0: a program for Kilobots, as it is.
 *
 * A robot believes the nearest that it has heard of in the last two seconds, and forgets the rest: so the
 * count finds its way back when robots stop, start again, or lose messages. gradient.py judges it.
 */
#include <kilolib.h>

#define WINDOW_TICKS (2 * TICKS_PER_SEC)
#define UNKNOWN 255
#define LIMIT 60

uint8_t hops = UNKNOWN;
uint8_t nearest = UNKNOWN;
uint32_t window_end;
message_t message;

void message_rx(message_t *heard, distance_measurement_t *distance)
{
    if (heard->data[0] < nearest && estimate_distance(distance) < 60)
        nearest = heard->data[0];
}

message_t *message_tx(void)
{
    message.type = NORMAL;
    message.data[0] = hops;
    message.crc = message_crc(&message);
    return &message;
}

void show(void)
{
    static const uint8_t color[3] = {RGB(3, 0, 0), RGB(0, 3, 0), RGB(0, 0, 3)};
    set_color(hops == UNKNOWN ? RGB(1, 1, 1) : color[hops % 3]);
}

void setup(void)
{
    if (kilo_uid == 0)
        hops = 0;
    window_end = kilo_ticks + WINDOW_TICKS;
    show();
}

void loop(void)
{
    if (kilo_uid == 0 || kilo_ticks < window_end)
        return;
    hops = nearest < LIMIT ? nearest + 1 : UNKNOWN;
    nearest = UNKNOWN;
    window_end = kilo_ticks + WINDOW_TICKS;
    show();
}

int main(void)
{
    kilo_init();
    kilo_message_rx = message_rx;
    kilo_message_tx = message_tx;
    kilo_start(setup, loop);
    return 0;
}
