/* Walks while somebody is near; written for Kilombo, with all variables in one struct. */
#include <kilombo.h>

typedef struct {
    uint8_t motion, near;
    uint32_t until;
    message_t message;
} USERDATA;

REGISTER_USERDATA(USERDATA)

void rx(message_t *m, distance_measurement_t *d) { mydata->near = estimate_distance(d) < 40; }

message_t *tx(void)
{
    mydata->message.data[0] = mydata->motion;
    mydata->message.crc = message_crc(&mydata->message);
    return &mydata->message;
}

void setup(void) { mydata->until = get_ambientlight() / 100; }

void loop(void)
{
    if (kilo_ticks < mydata->until)
        return;
    mydata->until = kilo_ticks + 20 + rand_soft() % 16;
    mydata->motion = mydata->near ? 1 + rand_soft() % 3 : 0;
    if (mydata->motion) {
        spinup_motors();
        set_motors(mydata->motion & 1 ? kilo_straight_left : 0, mydata->motion & 2 ? kilo_straight_right : 0);
    } else {
        set_motors(0, 0);
    }
    set_color(RGB(mydata->motion, 0, !mydata->near));
    mydata->near = 0;
}

int main(void)
{
    kilo_init();
    kilo_message_rx = rx;
    kilo_message_tx = tx;
    SET_CALLBACK(botinfo, botinfo);
    kilo_start(setup, loop);
    return 0;
}
