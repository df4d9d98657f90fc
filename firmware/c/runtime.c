/* The phases that all programs share: clock, frames, inbox. SPEC.md sections 4 to 7. */
#include "multiply_add.h"
#include "runtime.h"
#ifdef PLANARIA_CHECK_BY_TABLE
#include "targets/check_table.h"
#endif

/* Uniform from half to one and a half of the mean interval; or exponential, by von Neumann's falling
 * runs (1951): no table, no logarithm. SPEC.md section 5. */
PHASE(draw_wait)
{
    uint32_t mean = genome->mean_interval_us;
    uint32_t wait = genome->law ? 0 : mean >> 1;
    uint32_t word = me->prng;
    word += !word;
    for (;; wait += mean) {
        uint32_t part, last, falls = 0;
        part = word = next_word(word);
        do {
            last = word;
            word = next_word(word);
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

PHASE(start) { me->prng = board_entropy(); }

/* Fill in all of a frame that follows from its sequence number and its 16 bytes, and note whether
 * that made any difference: a received frame was valid if it did not. As little-endian words, a
 * frame is 93 SS c4 10, the 16 bytes, c4 02 and the check. */
PHASE(seal)
{
    uint32_t crc = 0xFFFF, byte = me->frame.byte[1] & 127;
    uint32_t head = 0x10c40093 | byte << 8;
#ifdef PLANARIA_CHECK_BY_TABLE
    crc = check_by_table(byte, &me->frame.byte[4]);
#else
    for (int i = 4; i <= 20; i++) { /* CRC-16/CCITT-FALSE */
        crc ^= byte << 8;
        for (int bit = 8; bit; bit--) {
            crc <<= 1;
            if (crc >> 16)
                crc ^= 0x11021;
        }
        byte = me->frame.byte[i];
    }
#endif
    uint32_t tail = 0x02c4 | crc << 16;
    me->frame.invalid = (me->frame.word[0] ^ head) | (me->frame.word[5] ^ tail);
    me->frame.word[0] = head;
    me->frame.word[5] = tail;
}

/* Stage the bytes that wait, and spoil the head if they are too few or too many. */
PHASE(stage)
{
    if (board_take(me->frame.byte, FRAME_BYTES) != FRAME_BYTES)
        me->frame.word[0] = 0;
}

/* Four words: the 16 bytes of a state. */
static __attribute__((noinline)) void copy(uint32_t *to, const uint32_t *from)
{
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = from[3];
}

#ifndef PLANARIA_PROGRAM
PHASE(keep)
{
    int port = accept(me);
    if (port >= 0)
        copy(me->inbox_words[port], &me->frame.word[1]);
}

/* A port silent through a whole listening period is forgotten. */
PHASE(forget_silent_neighbours)
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
#endif

PHASE(compose)
{
    me->frame.byte[1] = me->sequence;
    me->sequence = (me->sequence + 1) & 127;
    copy(&me->frame.word[1], me->state_words);
}

static inline void light(const struct ram *me)
{
    for (int c = 0; c <= ALPHA; c++)
        board_led(me->state[c]);
}

PHASE(broadcast)
{
    board_send(me->frame.byte, FRAME_BYTES);
    light(me);
}

PHASE(show) { light(me); }

PHASE(send) { board_send(me->frame.byte, FRAME_BYTES); }
