/* The cell as a library, for a machine that simulates it: a call an event. */
#ifndef PLANARIA_HOST_H
#define PLANARIA_HOST_H

#include "cell.h"

struct output {
    uint32_t wait_us; /* 0: the cell has not asked to be woken */
    uint8_t frame[FRAME_BYTES];
    int8_t led[ALPHA + 1];
};

void cell_boot(struct cell *me, const struct genome *genome, uint32_t entropy, uint32_t strap,
               struct output *output);
void cell_receive(struct cell *me, const struct genome *genome, uint32_t port, const uint8_t *bytes,
                  uint32_t count);
void cell_wake(struct cell *me, const struct genome *genome, struct output *output);

#endif
