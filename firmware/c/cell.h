/* One cell of planaria: what it remembers, and the three things that it does.
 *
 * docs/SPEC.md describes every byte. The Python reference of the same is firmware/cell.py, and
 * `planaria verify` compares the two.
 */
#ifndef PLANARIA_CELL_H
#define PLANARIA_CELL_H

#include <stdint.h>

enum {
    CHANNELS = 16,
    PORTS = 8,
    ALPHA = 3,      /* channels 0..2 are the colour, premultiplied by this one */
    ONE = 64,       /* the int8 that stands for 1.0 */
    ALIVE_MIN = 7,  /* alpha of a mature cell: 0.1, rounded up */
    FRAME_BYTES = 24,
    MEAN_INTERVAL_MAX_US = 0xFFFFF,
};

/* A frame, coming or going: scratch. */
struct frame {
    union {
        uint8_t byte[FRAME_BYTES];
        uint32_t word[6];
    };
    uint32_t invalid;
};

/* RAM, SPEC.md section 2: 216 bytes; the stack has the rest of the 256. */
#ifndef PLANARIA_PROGRAM
struct ram {
    union {
        int8_t inputs[3 * CHANNELS]; /* of the rule */
        struct {
            int8_t state[CHANNELS];
            int8_t gradients[2 * CHANNELS]; /* horizontal, vertical; scratch */
        };
        uint32_t state_words[4];
    };
    union {
        int16_t sum[CHANNELS]; /* accumulators of the output layer; scratch */
        struct frame frame;
    };
    union {
        int8_t inbox[PORTS * CHANNELS]; /* port by port, clockwise from north */
        uint32_t inbox_words[PORTS][4];
    };
    uint32_t prng;
    uint8_t sequence;
    uint8_t heard;
    uint8_t listened;
    uint8_t frame_errors;
};
#else
enum { OWN_BYTES = 208 };

/* Of a program that is not the neural rule, whose own bytes share theirs with the stack. */
struct ram {
    union {
        int8_t state[CHANNELS];
        uint32_t state_words[4];
        uint8_t own[OWN_BYTES]; /* the program's from below, the stack from above */
    };
    uint32_t prng;
    uint8_t sequence;
    uint8_t heard;
    uint8_t listened;
    uint8_t frame_errors;
    struct frame frame;
};
#endif

/* Flash image, SPEC.md section 8. */
struct unit {
    int16_t b1;
    int8_t w1[3 * CHANNELS];
    int8_t w2[CHANNELS];
};

struct genome {
    uint8_t magic[2];
    uint8_t version;
    uint8_t hidden;
    uint8_t shift1;
    uint8_t shift2;
    uint8_t law;
    uint8_t listening_wakes;
    uint32_t mean_interval_us;
    uint32_t crc32;
    struct unit unit[];
};

/* The program is data: on an event the chip runs the phases of its list, up to the null, with an
 * empty stack before each. One big function would need more stack than there is. */
#ifdef PLANARIA_KILOLIB /* whose programs call their functions as they like, such as send */
#define PHASE(name) static __attribute__((unused)) void name(struct ram *me, const struct genome *genome)
#else
#define PHASE(name) void name(struct ram *me, const struct genome *genome)
#endif

typedef void cell_phase(struct ram *me, const struct genome *genome);

extern cell_phase *const CELL_ON_BOOT[];  /* power came, RAM is blank */
extern cell_phase *const CELL_ON_BYTES[]; /* bytes wait on a port */
extern cell_phase *const CELL_ON_TIMER[]; /* time for an update */

#endif
