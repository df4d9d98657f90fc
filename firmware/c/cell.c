/* The neural program, phase by phase. SPEC.md sections 3 to 7. */
#include "cell.h"

#ifdef PLANARIA_HOST
#include "board.h"
#else
#include "memory_mapped.h"
#endif

#define PHASE static void
#define APART static __attribute__((noinline)) /* its registers are not on the stack of others */

/* sum + a * b */
static inline int multiply_add(int sum, int a, int b)
{
#if defined(__riscv) && !defined(__riscv_mul)
    do { /* no multiplier: shift and add */
        sum += a & -(b & 1);
        a *= 2;
        b >>= 1;
    } while (b + 1u > 1);
    return sum - (a & b); /* what is left of b is 0 or -1 */
#else
    return sum + a * b;
#endif
}

#ifdef __riscv_mul /* has the registers for it, and the ROM */
#define UNROLL_2 _Pragma("GCC unroll 2")
#define UNROLL_4 _Pragma("GCC unroll 4")
#else
#define UNROLL_2
#define UNROLL_4
#endif

/* xorshift32 (Marsaglia 2003). */
static inline uint32_t next(uint32_t word)
{
    word ^= word << 13;
    word ^= word >> 17;
    return word ^ word << 5;
}

/* Uniform from half to one and a half of the mean interval; or exponential, by von Neumann's falling
 * runs (1951): no table, no logarithm. SPEC.md section 5. */
PHASE draw_wait(struct cell *me, const struct genome *genome)
{
    uint32_t mean = genome->mean_interval_us;
    uint32_t wait = genome->law ? 0 : mean >> 1;
    uint32_t word = me->prng;
    word += !word;
    for (;; wait += mean) {
        uint32_t part, last, falls = 0;
        part = word = next(word);
        do {
            last = word;
            word = next(word);
            falls++;
        } while (word < last);
        if (falls & 1 || !genome->law) {
            me->prng = word;
            wait += (uint32_t)multiply_add(0, (int)mean, (int)(part >> 22)) >> 10;
            board_wait(wait + !wait);
            return;
        }
    }
}

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
PHASE check_genome(struct cell *me, const struct genome *genome)
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

PHASE start(struct cell *me, const struct genome *genome)
{
    me->prng = board_entropy();
    if (board_strap())
        for (int c = ALPHA; c < CHANNELS; c++)
            me->state[c] = ONE;
}

/* Fill in all of a frame that follows from its sequence number and its 16 bytes, and note whether
 * that made any difference: a received frame was valid if it did not. As little-endian words, a
 * frame is 93 SS c4 10, the 16 bytes, c4 02 and the check. */
PHASE seal(struct cell *me, const struct genome *genome)
{
    uint32_t crc = 0xFFFF, byte = me->frame.byte[1] & 127;
    uint32_t head = 0x10c40093 | byte << 8;
    for (int i = 4; i <= 20; i++) { /* CRC-16/CCITT-FALSE */
        crc ^= byte << 8;
        for (int bit = 8; bit; bit--) {
            crc <<= 1;
            if (crc >> 16)
                crc ^= 0x11021;
        }
        byte = me->frame.byte[i];
    }
    uint32_t tail = 0x02c4 | crc << 16;
    me->frame.invalid = (me->frame.word[0] ^ head) | (me->frame.word[5] ^ tail);
    me->frame.word[0] = head;
    me->frame.word[5] = tail;
}

/* Stage the bytes that wait, and spoil the head if they are too few or too many. */
PHASE stage(struct cell *me, const struct genome *genome)
{
    unsigned length = 0;
    while (board_byte_waits()) {
        uint8_t byte = board_byte();
        if (length < FRAME_BYTES)
            me->frame.byte[length] = byte;
        length++;
    }
    if (length != FRAME_BYTES)
        me->frame.word[0] = 0;
}

/* Four words: the 16 bytes of a state. */
APART void copy(uint32_t *to, const uint32_t *from)
{
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = from[3];
}

PHASE accept(struct cell *me, const struct genome *genome)
{
    if (me->frame.invalid) {
        if (me->frame_errors != 255)
            me->frame_errors++;
        return;
    }
    unsigned port = board_port();
    me->heard |= (uint8_t)(1 << port);
    copy(me->inbox_words[port], &me->frame.word[1]);
}

/* A port silent through a whole listening period is forgotten. */
PHASE forget_silent_neighbours(struct cell *me, const struct genome *genome)
{
    if (++me->listened < genome->listening_wakes)
        return;
    me->listened = 0;
    unsigned heard = me->heard;
    me->heard = 0;
    for (int i = 0; i < PORTS * CHANNELS; i++)
        if (!(heard >> (i / CHANNELS) & 1))
            me->inbox[i] = 0;
}

/* Whether the cell or a neighbour is mature. */
APART int alive(const struct cell *me)
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
PHASE perceive(struct cell *me, const struct genome *genome)
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
APART int excite(const struct cell *me, const struct unit *unit, const struct genome *genome)
{
    int sum = unit->b1;
    UNROLL_4
    for (int i = 0; i < 3 * CHANNELS; i++)
        sum = multiply_add(sum, unit->w1[i], me->inputs[i]);
    sum = round_shift(sum, genome->shift1);
    return sum > 127 ? 127 : sum;
}

/* Second layer: what it adds to the accumulators, which are 16 bits wide and wrap. */
APART void spread(struct cell *me, const struct unit *unit, int hidden)
{
    UNROLL_2
    for (int c = 0; c < CHANNELS; c++)
        me->sum[c] = (int16_t)multiply_add(me->sum[c], unit->w2[c], hidden);
}

PHASE think(struct cell *me, const struct genome *genome)
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
PHASE change(struct cell *me, const struct genome *genome)
{
    for (int c = 0; c < CHANNELS; c++)
        me->state[c] = (int8_t)saturate(me->state[c] + round_shift(me->sum[c], genome->shift2));
}

/* What was dead, or died in this update, is blank. */
PHASE fade(struct cell *me, const struct genome *genome)
{
    if (alive(me))
        return;
    for (int c = 0; c < CHANNELS; c++)
        me->state[c] = 0;
}

PHASE compose(struct cell *me, const struct genome *genome)
{
    me->frame.byte[1] = me->sequence;
    me->sequence = (me->sequence + 1) & 127;
    copy(&me->frame.word[1], me->state_words);
}

PHASE broadcast(struct cell *me, const struct genome *genome)
{
    for (int i = 0; i < FRAME_BYTES; i++)
        board_send(me->frame.byte[i]);
    for (int c = 0; c <= ALPHA; c++)
        board_led(me->state[c]);
}

cell_phase *const CELL_ON_BOOT[] = {
#ifdef PLANARIA_CHECK_GENOME
    check_genome,
#endif
    start, draw_wait, 0,
};
cell_phase *const CELL_ON_BYTES[] = {stage, seal, accept, 0};
cell_phase *const CELL_ON_TIMER[] = {
    forget_silent_neighbours, perceive, think, change, fade, compose, seal, broadcast, draw_wait, 0,
};

_Static_assert(sizeof(struct cell) == 216, "RAM map of SPEC.md section 2");
