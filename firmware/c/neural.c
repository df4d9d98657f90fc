/* The neural program, phase by phase. SPEC.md sections 3 to 7. */
#include "multiply_add.h"
#include "runtime.h"

#define APART static __attribute__((noinline)) /* its registers are not on the stack of others */

#ifdef __riscv_mul /* has the registers for it, and the ROM */
#define UNROLL_2 _Pragma("GCC unroll 2")
#define UNROLL_4 _Pragma("GCC unroll 4")
#else
#define UNROLL_2
#define UNROLL_4
#endif

#ifdef PLANARIA_CHECK_GENOME
/* Whether the header is within the bounds of SPEC.md section 8. */
static int bounded(const struct genome *genome)
{
    static const uint8_t least[] = {'P', 'L', 1, 1, 1, 1, 0, 1}; /* up to the listening period */
    static const uint8_t above[] = {0, 0, 0, 127, 14, 14, 1, 254};
    const uint8_t *byte = (const uint8_t *)genome;
    for (unsigned i = 0; i < sizeof least; i++)
        if ((uint8_t)(byte[i] - least[i]) > above[i])
            return 0;
    return genome->mean_interval_us - 1 < MEAN_INTERVAL_MAX_US;
}

/* The header, and the CRC-32 of the image except for its own four bytes. A cell with a corrupt genome
 * never wakes. Where the image ends, its own H says, which may be what is corrupt: so the header is first. */
static PHASE(check_genome)
{
    if (bounded(genome)) {
        const uint8_t *byte = genome->magic;
        const uint8_t *end = (const uint8_t *)&genome->unit[genome->hidden];
        uint32_t crc = 0xFFFFFFFF;
        for (; byte < end; byte++) {
            if (byte == (const uint8_t *)&genome->crc32)
                byte += 4;
            crc ^= *byte;
            for (int bit = 8; bit; bit--)
                crc = crc >> 1 ^ (0xEDB88320 & -(crc & 1));
        }
        if (~crc == genome->crc32)
            return;
    }
    board_sleep();
}
#endif

/* As start, which would take more ROM beside it; and the seed of an organism: alpha and the hidden
 * channels 1.0, no colour. */
static PHASE(sow)
{
    me->prng = board_entropy();
    if (board_strap())
        for (int c = ALPHA; c < CHANNELS; c++)
            me->state[c] = ONE;
}

/* Whether the cell or a neighbour is mature. */
APART int alive(const struct ram *me)
{
    if (me->state[ALPHA] >= ALIVE_MIN)
        return 1;
    for (int p = 0; p < PORTS; p++)
        if (me->inbox[p * CHANNELS + ALPHA] >= ALIVE_MIN)
            return 1;
    return 0;
}

static inline int saturate(int value)
{
    int sign = value >> 31;
    return value >> 7 == sign ? value : sign ^ 127;
}

/* Sobel gradients as rounded quarter sums; ports clockwise from north. And nothing summed yet. */
static PHASE(perceive)
{
    for (int c = 0; c < CHANNELS; c++) {
        const int8_t *n = &me->inbox[c];
        int falling = n[1 * CHANNELS] - n[5 * CHANNELS];
        int rising = n[3 * CHANNELS] - n[7 * CHANNELS];
        int across = n[2 * CHANNELS] - n[6 * CHANNELS];
        int down = n[4 * CHANNELS] - n[0 * CHANNELS];
        me->gradients[c] = (int8_t)saturate((falling + rising + 2 * across + 2) >> 2);
        me->gradients[CHANNELS + c] = (int8_t)saturate((rising - falling + 2 * down + 2) >> 2);
        me->sum[c] = 0;
    }
}

static inline int round_shift(int value, int shift) { return ((value >> (shift - 1)) + 1) >> 1; }

/* First layer: what one hidden unit makes of the 48 inputs. */
APART int excite(const struct ram *me, const struct unit *unit, const struct genome *genome)
{
    int sum = unit->b1;
    UNROLL_4
    for (int i = 0; i < 3 * CHANNELS; i++)
        sum = multiply_add(sum, unit->w1[i], me->inputs[i]);
    sum = round_shift(sum, genome->shift1);
    return sum > 127 ? 127 : sum;
}

/* Second layer: what it adds to the accumulators, which are 16 bits wide and wrap. */
APART void spread(struct ram *me, const struct unit *unit, int hidden)
{
    UNROLL_2
    for (int c = 0; c < CHANNELS; c++)
        me->sum[c] = (int16_t)multiply_add(me->sum[c], unit->w2[c], hidden);
}

static PHASE(think)
{
    if (!alive(me))
        return;
    const struct unit *unit = genome->unit;
    int left = genome->hidden;
    do {
        int hidden = excite(me, unit, genome);
        if (hidden > 0)
            spread(me, unit, hidden);
        unit++;
    } while (--left);
}

/* A cell that did not think has sums of zero. */
static PHASE(change)
{
    for (int c = 0; c < CHANNELS; c++)
        me->state[c] = (int8_t)saturate(me->state[c] + round_shift(me->sum[c], genome->shift2));
}

/* What was dead, or died in this update, is blank. */
static PHASE(fade)
{
    if (alive(me))
        return;
    for (int c = 0; c < CHANNELS; c++)
        me->state[c] = 0;
}

cell_phase *const CELL_ON_BOOT[] = {
#ifdef PLANARIA_CHECK_GENOME
    check_genome,
#endif
    sow, draw_wait, 0,
};
cell_phase *const CELL_ON_BYTES[] = {stage, seal, keep, 0};
cell_phase *const CELL_ON_TIMER[] = {
    forget_silent_neighbours, perceive, think, change, fade, compose, seal, broadcast, draw_wait, 0,
};

RAM_OF(struct ram);
_Static_assert(sizeof(struct ram) == 216, "RAM map of SPEC.md section 2");
