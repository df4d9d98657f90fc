/* kilolib on a cell: a program for Kilobots as it is. docs/kilolib.md, SPEC.md section 8.
 *
 * What a cell shows is its LED and the message that it has sent last. It has one timer, which is set to the
 * next tick of kilolib or to the end of a delay(), whichever comes first. A tick is what the interrupt of
 * kilolib's timer does, which may send a message, and then one loop().
 */
#include "runtime.c"

#include <stddef.h>

#include "kilolib/kilolib.h"
#include "kilolib/stdlib.h"

enum {
    TICK_US = 32640,      /* 255 of the 128 us that kilolib counts in */
    TICK_COUNTS = 255,
    TX_PERIOD = 3906,     /* half a second */
    NEAR_MM = 35,         /* between the middles of two robots in a lattice, by the port that bytes came in */
    DIAGONAL_MM = 49,
    LIGHT = 512,          /* of 1023, where the board measures none */
    MOTOR_ON = 255,
    VOLTAGE_NOW = 700,
    TEMPERATURE_NOW = 300,
};

/* What is to be done in an event of the timer. */
enum { ASKS = 1, SPEAKS = 2, LOOPS = 4, RESUMES = 8, IN_MAIN = 16 };

struct kilobot {
    int8_t led[ALPHA + 1];
    message_t said;
    void *suspended; /* in a delay(): the stack; else 0. targets/ look here */
    void (*loop)(void);
    uint32_t delay_left_us; /* 0: in none */
    uint16_t tick_left_us;
    uint16_t tx_clock;
    uint8_t motor[2];
    uint8_t soft_seed;
    uint8_t soft_count;
    uint8_t running; /* setup() has ended */
    uint8_t todo;
};

_Static_assert(offsetof(struct kilobot, suspended) == CHANNELS, "a cell shows 16 bytes");
_Static_assert(offsetof(struct kilobot, motor) == CHANNELS + 2 * sizeof(void *) + 8, "emulator/world/senses.py");

/* What is on the board outlives the robot. Distance and light are 0 where cells stand in a lattice. */
struct __attribute__((packed)) on_board {
    uint32_t id;
    uint8_t strap;
    uint8_t distance_mm; /* of whoever is heard */
    uint16_t light;
};

int kilolib_main(); /* of the program, whatever its arguments */
/* Until the timer fires. */
static inline uint32_t left_us(const struct kilobot *robot)
{
    uint32_t tick = robot->tick_left_us, delay = robot->delay_left_us;
    return delay && delay < tick ? delay : tick;
}

/* In a delay() the stack has little room for calls. */
static inline __attribute__((always_inline)) void end_event(struct kilobot *robot)
{
    robot->todo = 0;
    for (int i = 0; i <= ALPHA; i++)
        board_led(robot->led[i]);
    board_wait(left_us(robot));
}

/* CRC-16/MCRF4XX, bit by bit. */
static inline uint32_t check_of_bits(uint32_t crc)
{
    for (int bit = 8; bit; bit--)
        crc = crc >> 1 ^ (0x8408 & -(crc & 1));
    return crc;
}

#if !defined(PLANARIA_HOST) && !defined(__clang__) /* gcc calls them, and brings none along */
void *memcpy(void *to, const void *from, size_t count)
{
    volatile uint8_t *byte = to;
    for (size_t i = 0; i < count; i++)
        byte[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t count)
{
    volatile uint8_t *byte = to;
    for (size_t i = 0; i < count; i++)
        byte[i] = (uint8_t)value;
    return to;
}
#endif

#ifdef PLANARIA_HOST
#include "targets/kilolib_host.h"
#else
#include "targets/kilolib_chip.h"
#endif

volatile uint32_t kilo_ticks;
volatile uint16_t kilo_tx_period = TX_PERIOD;
uint16_t kilo_uid;
uint8_t kilo_turn_left, kilo_turn_right, kilo_straight_left, kilo_straight_right;
message_rx_t kilo_message_rx;
message_tx_t kilo_message_tx;
message_tx_success_t kilo_message_tx_success;

static void ignore(message_t *message, distance_measurement_t *distance) {}
static message_t *say_nothing(void) { return 0; }
static void do_nothing(void) {}

static inline __attribute__((always_inline)) uint32_t check_of(const message_t *message)
{
    const uint8_t *byte = (const uint8_t *)message;
    uint32_t crc = 0xFFFF;
    for (unsigned i = 0; i < offsetof(message_t, crc); i++)
        crc = check_of_byte(crc, byte[i]);
    return crc;
}

uint16_t message_crc(const message_t *message) { return (uint16_t)check_of(message); }

static uint32_t random_word(void)
{
    struct ram *me = (struct ram *)(void *)robot;
    return me->prng = next_word(me->prng + !me->prng);
}

uint8_t rand_hard(void) { return (uint8_t)(random_word() >> 24); }
int rand(void) { return (int)(random_word() >> 17); }
void srand(unsigned seed) {}

/* As kilolib's, which is a short one. */
uint8_t rand_soft(void)
{
    uint8_t seed = robot->soft_seed;
    seed ^= (uint8_t)(seed << 3);
    seed ^= seed >> 5;
    seed ^= robot->soft_count++ >> 2;
    return robot->soft_seed = seed;
}

void rand_seed(uint8_t seed) { robot->soft_seed = seed; }

uint8_t estimate_distance(const distance_measurement_t *distance) { return (uint8_t)distance->high_gain; }
int16_t get_ambientlight(void)
{
    const struct on_board *board = board_bytes();
    return board->light ? (int16_t)board->light : LIGHT;
}

int16_t get_voltage(void) { return VOLTAGE_NOW; }
int16_t get_temperature(void) { return TEMPERATURE_NOW; }

void set_motors(uint8_t left, uint8_t right)
{
    robot->motor[0] = left ? MOTOR_ON : 0;
    robot->motor[1] = right ? MOTOR_ON : 0;
}

void spinup_motors(void)
{
    set_motors(255, 255);
    delay(15);
}

void set_color(uint8_t color)
{
    for (int i = 0; i < ALPHA; i++)
        robot->led[i] = (int8_t)((color >> 2 * i & 3) * ONE / 3);
    robot->led[ALPHA] = ONE;
}

void kilo_init(void) {} /* nothing of a robot's hardware is here */

void kilo_start(void (*setup)(void), void (*loop)(void))
{
    robot->loop = loop;
    call_setup(setup);
}

PHASE(on_power)
{
    renew_variables(me);
    const struct on_board *board = board_bytes();
    kilo_uid = board->strap ? 0 : (uint16_t)(board->id + 1);
    kilo_turn_left = kilo_turn_right = 70;
    kilo_straight_left = kilo_straight_right = 65;
    robot->soft_seed = 0xAA;
    robot->tick_left_us = (uint16_t)(1 + ((me->prng >> 8 & 0xFFFF) * TICK_US >> 16));
    kilo_message_rx = ignore;
    kilo_message_tx = say_nothing;
    kilo_message_tx_success = do_nothing;
}

PHASE(begin)
{
    robot->todo = IN_MAIN;
    call_main((void (*)(int, char **))kilolib_main);
}

/* What the interrupt of kilolib's timer does; returns what is to be done. */
static uint32_t tick(void)
{
    kilo_ticks++;
    uint32_t clock = robot->tx_clock + TICK_COUNTS;
    robot->tx_clock = (uint16_t)(clock > 0xFFFF ? 0xFFFF : clock);
    return robot->running && robot->tx_clock > kilo_tx_period ? ASKS : 0;
}

PHASE(on_timer)
{
    uint32_t passed = left_us(robot), waits = robot->delay_left_us, todo = 0;
    if (waits) {
        robot->delay_left_us = waits - passed;
        todo = waits == passed ? RESUMES : 0;
    }
    robot->tick_left_us -= (uint16_t)passed;
    if (!robot->tick_left_us) {
        robot->tick_left_us = TICK_US;
        todo |= tick() | (waits ? 0 : LOOPS);
    }
    robot->todo = (uint8_t)todo;
}

/* Where the frame is composed later, the address of what the program says is until it is taken. */
static inline const message_t **told(struct ram *me) { return (const message_t **)(void *)me->frame.byte; }

PHASE(ask)
{
    if (robot->todo & ASKS)
        *told(me) = kilo_message_tx();
}

PHASE(take)
{
    if (!(robot->todo & ASKS) || !*told(me))
        return;
    robot->said = **told(me);
    robot->tx_clock = 0;
    robot->todo |= SPEAKS;
}

PHASE(speak)
{
    if (!(robot->todo & SPEAKS))
        return;
    compose(me, genome);
    seal(me, genome);
    send(me, genome);
}

PHASE(on_success)
{
    if (robot->todo & SPEAKS)
        kilo_message_tx_success();
}

PHASE(go_on)
{
    uint32_t todo = robot->todo;
    robot->todo = IN_MAIN;
    if (todo & RESUMES)
        resume();
    else if (todo & LOOPS && robot->loop)
        call_main((void (*)(int, char **))robot->loop);
}

PHASE(rest) { end_event(robot); }

static inline message_t *heard(struct ram *me)
{
    return (message_t *)(void *)&me->frame.byte[4 + offsetof(struct kilobot, said)];
}

/* Go no further unless this is a message for the program. */
PHASE(check_message)
{
    const message_t *message = heard(me);
    if (message->type >= SPECIAL || message->crc != check_of(message))
        board_sleep();
}

/* Where the frame's check was, the distance is, by either gain. */
PHASE(measure_distance)
{
    int port = accept(me);
    const struct on_board *board = board_bytes();
    uint32_t lattice_mm = port & 1 ? DIAGONAL_MM : NEAR_MM;
    if (port >= 0)
        me->frame.word[5] = (board->distance_mm ? board->distance_mm : lattice_mm) * 0x10001;
}

PHASE(on_message) { kilo_message_rx(heard(me), (distance_measurement_t *)(void *)&me->frame.word[5]); }

void delay(uint16_t ms)
{
    if (!ms || !(robot->todo & IN_MAIN))
        return;
    robot->delay_left_us = ms * 1000u;
    suspend();
}

cell_phase *const CELL_ON_BOOT[] = {start, on_power, begin, rest, KEEP_VARIABLES 0};
cell_phase *const CELL_ON_BYTES[] = {FETCH_VARIABLES stage, seal, measure_distance, check_message, on_message, KEEP_VARIABLES 0};
cell_phase *const CELL_ON_TIMER[] = {FETCH_VARIABLES on_timer, ask, take, speak, on_success, go_on, rest, KEEP_VARIABLES 0};
