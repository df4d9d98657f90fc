/* Calls what is its own as the runtime calls what is the runtime's; with rows of pointers. */
#include <kilolib.h>

message_t frame, *robot = &frame;
int start = 3, state, sequence, output;

void send(void) { set_color(RGB(1, 2, 3)); }
void show(void) { set_color(RGB(3, 2, 1)); }
void seal(void) { state++; }
void stage(void) { state += start; }
void broadcast(void) { state *= 3; }
void accept(void) { state ^= 5; }
void wake(void) { state -= 7; }
void compose(void) { state <<= 1; }

static void (*const ACTS[])(void) = {send, show, seal, stage, broadcast, accept, wake, compose};
void (*turn)(void) = seal;

void hear(message_t *m, distance_measurement_t *d) { turn = ACTS[m->data[0] % 8]; }

message_t *boot(void)
{
    robot->type = NORMAL;
    robot->data[0] = state;
    robot->data[1] = output;
    robot->crc = message_crc(robot);
    return robot;
}

void run(void)
{
    turn();
    turn = ACTS[++output & 7];
}

int main(void)
{
    kilo_init();
    kilo_message_rx = hear;
    kilo_message_tx = boot;
    kilo_start(seal, run);
    return 0;
}
