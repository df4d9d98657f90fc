/* The cell as a library, for a machine that simulates it: a call an event. */
#ifndef PLANARIA_HOST_H
#define PLANARIA_HOST_H

#include "cell.h"

struct output {             /* 36 bytes */
    uint32_t wait_us;       /* 0: the cell has not asked to be woken */
    uint32_t sent_bytes;    /* 0: it was silent; of more than a frame's the rest is not kept */
    uint8_t frame[FRAME_BYTES];
    int8_t led[ALPHA + 1];  /* the newest levels, of those that it has set */
};

/* Of a board each gets its 16 bytes. Each returns 0, or the number of the signal that ended the program (guard.h); then its RAM is no longer
 * what it was, and its output means nothing. */
#define EXPORTED __attribute__((visibility("default")))

EXPORTED uint32_t cell_boot(struct ram *me, const struct genome *genome, const void *on_board,
                            uint32_t entropy, uint32_t strap, struct output *output);
EXPORTED uint32_t cell_receive(struct ram *me, const struct genome *genome, const void *on_board,
                               uint32_t port, const uint8_t *bytes, uint32_t count);
EXPORTED uint32_t cell_wake(struct ram *me, const struct genome *genome, const void *on_board,
                            struct output *output);

#endif
