/* Flashes that pull each other; with divisions, negative ones too. */
#include <kilolib.h>

#define PERIOD 100

static int phase, pull, voices;
static message_t message;

static void rx(message_t *m, distance_measurement_t *d)
{
    int apart = m->data[0] - phase;
    pull += apart > PERIOD / 2 ? apart - PERIOD : apart < -PERIOD / 2 ? apart + PERIOD : apart;
    voices++;
}

static message_t *tx(void)
{
    message.type = NORMAL;
    message.data[0] = phase;
    message.crc = message_crc(&message);
    return &message;
}

static void setup(void)
{
    rand_seed(rand_hard());
    phase = rand_soft() % PERIOD;
}

static void loop(void)
{
    if (++phase >= PERIOD) {
        phase = voices ? (PERIOD + pull / (2 * voices)) % PERIOD : 0;
        pull = voices = 0;
    }
    set_color(phase < 5 ? RGB(3, 3, 0) : 0);
}

int main(void)
{
    kilo_init();
    kilo_message_rx = rx;
    kilo_message_tx = tx;
    kilo_tx_period = 1200;
    kilo_start(setup, loop);
    return 0;
}
