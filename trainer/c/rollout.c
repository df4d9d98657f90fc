/* A rollout of the update rule and its gradient, as trainer/rollout.py says it, for one grid at a time.

   Cells lie in rows with a border of one cell; ``own`` has what they are, ``inbox`` what they last heard on each of
   their ports. In a step some cells wake. They look into their inboxes, change, and tell their neighbours. Whatever a
   rollout needs of that on its way back is kept in order of the updates, and only of cells that live. */
#include <stdlib.h>
#include <string.h>

#include "lanes.h"

enum { ALPHA = 3, WORD_BITS = 64 };

/* Updates come in groups to the layers, and in slabs of some groups to their gradients. */
#ifdef PLANARIA_AMX
enum { GROUP = 32, SLAB = 64 };
#else
enum { GROUP = 8, SLAB = 32 };
#endif

#ifdef PLANARIA_AMX
#if !defined(__AMX_BF16__) || !defined(__AMX_INT8__) || !defined(__AVX512BF16__) || !defined(__AVX512BW__) || \
    !defined(__linux__)
#error PLANARIA_PROCESSOR
#endif
#include "layers_amx.h"
#elif defined(PLANARIA_BF16)
#if !defined(__AVX512BF16__) || !defined(__AVX512VNNI__) || !defined(__AVX512BW__)
#error PLANARIA_PROCESSOR
#endif
#include "layers_bf16.h"
#else
#if defined(PLANARIA_FMA) && !defined(__FMA__) && !defined(__aarch64__)
#error PLANARIA_PROCESSOR
#endif
#include "layers_f32.h"
#endif

static const float MATURE = 6.5f;

/* An output accumulator has 16 bits, of which shift2 go. */
static const float ACCUMULATORS = 65536, ACCUMULATOR_LIMIT = 3 << 13;

/* Ports go clockwise from north: how far down and right each leads. */
static const int DOWN[PORTS] = {-1, -1, 0, 1, 1, 1, 0, -1}, RIGHT[PORTS] = {0, 1, 1, 1, 0, -1, -1, -1};
enum { N, NE, E, SE, S, SW, W, NW };

typedef uint64_t word;

/* In place of a cell, where a group of updates is filled up: the corner of the border. */
enum { NOBODY = 0 };

/* What an update leaves for the way back. */
typedef struct {
    int32_t cell;
    uint8_t survives, ports; /* ports on which it was heard, a bit each */
    marks beyond, overflow;  /* 1, -1 where the state was clamped, and where the accumulator neared its range's end */
} update_t;

/* A message that says nothing about its sender: a blank of one without life, or what one babbles. */
typedef struct {
    int32_t cell;
    int32_t port;
} mute_t;

/* Cells that, in the first steps of a rollout, say something else than what they are: state [steps][count]. */
typedef struct {
    const int32_t *cell;
    const lanes *state;
    int count, steps;
} babble_t;

typedef struct {
    int updates, starved, mutes; /* where they begin */
} step_t;

struct rollout {
    int rows, cols, pitch, cells, words, steps;
    int offset[PORTS];
    word *bits;
    seen_t *seen;
    update_t *update;
    lanes *change, (*toward_seen)[3];
    int32_t *starved;
    mute_t *mute;
    step_t *step;
    int room_updates, room_starved, room_mutes, room_steps;
};

/* Sets of cells, a bit each. */
enum { INSIDE, MATURES, OCCUPIED, AROUND, FIRED, TELLS, HEARD, SPARE, RIPE, SAID = RIPE + PORTS, SETS = SAID + PORTS };

static word *set(const struct rollout *r, int which) { return r->bits + (size_t)which * r->words; }
static bool has(const word *bits, int cell) { return bits[cell / WORD_BITS] >> cell % WORD_BITS & 1; }
static int opposite(int port) { return (port + PORTS / 2) % PORTS; }

static void put(word *bits, int cell, bool value)
{
    word one = (word)1 << cell % WORD_BITS;
    bits[cell / WORD_BITS] = value ? bits[cell / WORD_BITS] | one : bits[cell / WORD_BITS] & ~one;
}

/* Room that begins where a cache line begins; what was in it moves. NULL if there is none. */
static void *grown(void *old, size_t old_bytes, size_t bytes)
{
    char *base = malloc(bytes + 128), *room;
    if (base == NULL)
        return NULL;
    room = base + 128 - (uintptr_t)base % 64;
    memcpy(room - sizeof base, &base, sizeof base);
    if (old != NULL) {
        memcpy(room, old, old_bytes);
        memcpy(&base, (char *)old - sizeof base, sizeof base);
        free(base);
    }
    return room;
}

static void gone(void *room)
{
    if (room == NULL)
        return;
    char *base;
    memcpy(&base, (char *)room - sizeof base, sizeof base);
    free(base);
}

/* Room for so many elements of an array, of which there was some; NULL if there is none. */
static void *widened(void *old, size_t size, int room, int wanted) { return grown(old, size * room, size * wanted); }

void rollout_free(struct rollout *r)
{
    if (r == NULL)
        return;
    void *all[] = {r->bits, r->seen, r->update, r->change, r->toward_seen, r->starved, r->mute, r->step, r};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) gone(all[i]);
}

/* A rollout of grids of this size, or NULL if there is no memory for it. */
struct rollout *rollout_new(int rows, int cols)
{
    struct rollout *r = grown(NULL, 0, sizeof *r);
    if (r == NULL)
        return NULL;
    memset(r, 0, sizeof *r);
    r->rows = rows, r->cols = cols, r->pitch = cols + 2, r->cells = (rows + 2) * (cols + 2);
    r->words = (r->cells + WORD_BITS - 1) / WORD_BITS;
    r->bits = grown(NULL, 0, sizeof(word) * SETS * r->words);
    r->change = grown(NULL, 0, sizeof *r->change * (r->cells + SLAB));
    r->toward_seen = grown(NULL, 0, sizeof *r->toward_seen * (r->cells + SLAB));
    if (r->bits == NULL || r->change == NULL || r->toward_seen == NULL) {
        rollout_free(r);
        return NULL;
    }
    memset(r->bits, 0, sizeof(word) * SETS * r->words);
    for (int port = 0; port < PORTS; port++) r->offset[port] = DOWN[port] * r->pitch + RIGHT[port];
    for (int row = 1; row <= rows; row++)
        for (int col = 1; col <= cols; col++) put(set(r, INSIDE), row * r->pitch + col, true);
    return r;
}

size_t weights_bytes(void) { return sizeof(struct weights); }
size_t sums_bytes(void) { return sizeof(struct sums); }

/* w1 [128][48], b1 [128], w2 [128][16] in the firmware's units; whole for a quantised rule. */
void weights_pack(struct weights *w, const float *w1, const float *b1, const float *w2, int shift1, int shift2)
{
    pack(w, w1, b1, w2, shift1, shift2);
}

/* The gradient of what was packed, from its sums. */
void sums_unpack(const struct weights *w, const struct sums *sums, float *w1, float *b1, float *w2)
{
    unpack(sums, w1, b1, w2);
    for (int i = 0; i < HIDDEN * CHANNELS; i++) w2[i] *= w->unit2;
}

/* Whether this process may compute so. */
int ready(void)
{
#ifdef PLANARIA_AMX
    return ask_for_tiles();
#else
    return true;
#endif
}

static bool is_blank(lanes state)
{
    whole_lanes differs = state != 0;
    return __builtin_reduce_or(differs) == 0;
}

/* Cells of a set restart: they are blank, and have heard nothing; their neighbours have not heard of it. */
void world_restart(const struct rollout *r, lanes *own, lanes *inbox, const word *hole)
{
    for (int cell = 0; cell < r->cells; cell++)
        if (has(hole, cell)) {
            own[cell] = splat(0);
            memset(inbox + (size_t)cell * PORTS, 0, sizeof *inbox * PORTS);
        }
}

/* Power comes on: nobody has heard anything. */
void world_begin(const struct rollout *r, lanes *inbox) { memset(inbox, 0, sizeof *inbox * PORTS * r->cells); }

/* All cells have just heard their neighbours. */
void world_hear(const struct rollout *r, const lanes *own, lanes *inbox)
{
    for (int cell = 0; cell < r->cells; cell++)
        for (int port = 0; has(set(r, INSIDE), cell) && port < PORTS; port++)
            inbox[cell * PORTS + port] = own[cell + r->offset[port]];
}

/* The sets that follow from what cells are and have heard. */
static void look(const struct rollout *r, const lanes *own, const lanes *inbox)
{
    memset(set(r, MATURES), 0, sizeof(word) * (SETS - MATURES) * r->words);
    for (int cell = 0; cell < r->cells; cell++) {
        if (!has(set(r, INSIDE), cell))
            continue;
        put(set(r, MATURES), cell, own[cell][ALPHA] >= MATURE);
        put(set(r, OCCUPIED), cell, !is_blank(own[cell]));
        for (int port = 0; port < PORTS; port++) {
            const lanes heard = inbox[cell * PORTS + port];
            put(set(r, RIPE + port), cell, heard[ALPHA] >= MATURE);
            put(set(r, SAID + opposite(port)), cell + r->offset[port], !is_blank(heard));
        }
    }
}

/* A set whose cells have all moved so far. */
static void shifted(const struct rollout *r, word *restrict to, const word *restrict from, int by)
{
    const int whole = abs(by) / WORD_BITS, part = abs(by) % WORD_BITS, words = r->words;
    if (by > 0) {
        for (int w = words - 1; w > whole; w--)
            to[w] = part ? from[w - whole] << part | from[w - whole - 1] >> (WORD_BITS - part) : from[w - whole];
        to[whole] = from[0] << part;
        memset(to, 0, sizeof(word) * whole);
    } else {
        for (int w = 0; w < words - whole - 1; w++)
            to[w] = part ? from[w + whole] >> part | from[w + whole + 1] << (WORD_BITS - part) : from[w + whole];
        to[words - whole - 1] = from[words - 1] >> part;
        memset(to + words - whole, 0, sizeof(word) * whole);
    }
}

/* Make room for one more step; false if there is no memory. */
static bool step_fits(struct rollout *r, step_t end)
{
    int wanted = end.updates + r->cells + GROUP, more = wanted + wanted / 4;
    if (wanted > r->room_updates) {
        seen_t *seen = widened(r->seen, sizeof *seen, r->room_updates, more);
        if (seen == NULL)
            return false;
        r->seen = seen;
        update_t *update = widened(r->update, sizeof *update, r->room_updates, more);
        if (update == NULL)
            return false;
        r->update = update, r->room_updates = more;
    }
    wanted = end.mutes + PORTS * r->cells, more = wanted + wanted / 4;
    if (wanted > r->room_mutes) {
        mute_t *mute = widened(r->mute, sizeof *mute, r->room_mutes, more);
        if (mute == NULL)
            return false;
        r->mute = mute, r->room_mutes = more;
    }
    wanted = end.starved + r->cells, more = wanted + wanted / 4;
    if (wanted > r->room_starved) {
        int32_t *starved = widened(r->starved, sizeof *starved, r->room_starved, more);
        if (starved == NULL)
            return false;
        r->starved = starved, r->room_starved = more;
    }
    return true;
}

/* Who wakes and lives is listed, and who wakes and does not but is not blank. */
static void wake(const struct rollout *r, const word *fire, step_t *end)
{
    const word *inside = set(r, INSIDE), *matures = set(r, MATURES);
    word *around = set(r, AROUND), *fired = set(r, FIRED), *occupied = set(r, OCCUPIED);
    memcpy(around, set(r, RIPE), sizeof(word) * r->words);
    for (int port = 1; port < PORTS; port++)
        for (int w = 0; w < r->words; w++) around[w] |= set(r, RIPE + port)[w];
    for (int w = 0; w < r->words; w++) {
        const word alive = around[w] | matures[w];
        fired[w] = fire[w] & inside[w];
        for (word left = fired[w] & alive; left; left &= left - 1)
            r->update[end->updates++].cell = w * WORD_BITS + __builtin_ctzll(left);
        for (word left = fired[w] & ~alive & occupied[w]; left; left &= left - 1)
            r->starved[end->starved++] = w * WORD_BITS + __builtin_ctzll(left);
        occupied[w] &= ~(fired[w] & ~alive);
    }
}

static void perceive(seen_t *seen, lanes own, const lanes *heard, bool quantised)
{
    lanes falling = heard[SE] - heard[NW], rising = heard[NE] - heard[SW];
    lanes across = falling + rising + 2 * (heard[E] - heard[W]), down = falling - rising + 2 * (heard[S] - heard[N]);
    across *= 0.25f, down *= 0.25f;
    if (quantised)
        across = rounded(across), down = rounded(down);
    see(seen, own, clamp(across, -128, 127), clamp(down, -128, 127), quantised);
}

static marks outside(lanes value, float low, float high)
{
    return __builtin_convertvector((value < low) - (value > high), marks);
}

/* A cell becomes what it has thought, if it or a neighbour is mature. */
static void settle(const struct rollout *r, lanes *own, update_t *update, lanes change, float unit2, bool quantised)
{
    const int cell = update->cell;
    update->overflow = outside(change, -ACCUMULATOR_LIMIT * unit2, ACCUMULATOR_LIMIT * unit2);
    if (quantised) {
        const float range = ACCUMULATORS * unit2; /* a power of two: to divide by it is exact */
        change = rounded(change - range * __builtin_elementwise_floor(change / range + 0.5f));
    }
    const lanes wanted = own[cell] + change, new = clamp(wanted, -128, 127);
    const bool ripe = new[ALPHA] >= MATURE;
    update->beyond = outside(wanted, -128, 127);
    update->survives = ripe || has(set(r, AROUND), cell);
    own[cell] = update->survives ? new : splat(0);
    put(set(r, MATURES), cell, ripe);
    put(set(r, OCCUPIED), cell, update->survives);
}

/* A message that its sender's gradient does not depend on arrives. */
static void hear(struct rollout *r, lanes *inbox, mute_t one, lanes state, step_t *end)
{
    const int receiver = one.cell + r->offset[one.port], from = opposite(one.port);
    inbox[receiver * PORTS + from] = state;
    put(set(r, RIPE + from), receiver, state[ALPHA] >= MATURE);
    put(set(r, SAID + one.port), one.cell, !is_blank(state));
    r->mute[end->mutes++] = one;
}

/* Those that woke are all that tell what they are, but for those that babble, who say what they say. */
static void babble(struct rollout *r, lanes *inbox, const word *lost, const babble_t *b, int step, step_t *end)
{
    const word *fired = set(r, FIRED);
    word *tells = set(r, TELLS);
    memcpy(tells, fired, sizeof(word) * r->words);
    for (int i = 0; step < b->steps && i < b->count; i++) {
        const int cell = b->cell[i];
        put(tells, cell, false);
        for (int port = 0; has(fired, cell) && port < PORTS; port++)
            if (lost == NULL || !has(lost + port * r->words, cell))
                hear(r, inbox, (mute_t){cell, port}, b->state[(size_t)step * b->count + i], end);
    }
}

/* All others that woke tell their neighbours what they are now. ``lost``: for each port a set of senders, or NULL. */
static void tell(struct rollout *r, const lanes *own, lanes *inbox, const word *lost, step_t from, step_t *end)
{
    for (int i = from.updates; i < end->updates; i++) {
        update_t *one = &r->update[i];
        one->ports = has(set(r, TELLS), one->cell) ? 255 : 0;
        for (int port = 0; lost != NULL && port < PORTS; port++)
            one->ports &= ~(has(lost + port * r->words, one->cell) << port);
        UNROLL for (int port = 0; port < PORTS; port++)
            if (one->ports >> port & 1)
                inbox[(one->cell + r->offset[port]) * PORTS + opposite(port)] = own[one->cell];
    }
    for (int port = 0; port < PORTS; port++) {
        word *said = set(r, SAID + port), *ripe = set(r, RIPE + opposite(port)), *heard = set(r, HEARD);
        const word *tells = set(r, TELLS), *occupied = set(r, OCCUPIED), *matures = set(r, MATURES);
        for (int w = 0; w < r->words; w++) {
            const word sent = lost == NULL ? tells[w] : tells[w] & ~lost[port * r->words + w];
            for (word left = sent & said[w] & ~occupied[w]; left; left &= left - 1) {
                const mute_t blank = {w * WORD_BITS + __builtin_ctzll(left), port};
                inbox[(blank.cell + r->offset[port]) * PORTS + opposite(port)] = splat(0);
                r->mute[end->mutes++] = blank;
            }
            said[w] = (said[w] & ~sent) | (sent & occupied[w]);
            heard[w] = sent;
        }
        word *moved = set(r, SPARE);
        shifted(r, moved, heard, r->offset[port]);
        for (int w = 0; w < r->words; w++) ripe[w] &= ~moved[w], heard[w] &= matures[w];
        shifted(r, moved, heard, r->offset[port]);
        for (int w = 0; w < r->words; w++) ripe[w] |= moved[w];
    }
}

/* Live for so many steps.

   own, inbox: what cells are and have heard; become what they are at the end.
   fire: for each step a set of cells; lost: for each step and port one of senders, or NULL.
   babbling, babblers, babble_steps, said: as ``babble_t``.
   keep: for the way back. Returns the number of updates, or -1 if there is no memory. */
int64_t rollout_forward(struct rollout *r, const struct weights *w, lanes *own, lanes *inbox, const word *fire,
                        const word *lost, const int32_t *babbling, int babblers, int babble_steps, const lanes *said,
                        int steps, int quantised, int keep)
{
    const babble_t babblings = {babbling, said, babblers, babble_steps};
    int64_t updates = 0;
    step_t end = {0, 0, 0};
    r->steps = 0;
    if (steps >= r->room_steps) {
        step_t *step = widened(NULL, sizeof *step, 0, steps + 1);
        if (step == NULL)
            return -1;
        gone(r->step);
        r->step = step, r->room_steps = steps + 1;
    }
    look(r, own, inbox);
    for (int s = 0; s < steps; s++) {
        if (!keep)
            end = (step_t){0, 0, 0};
        const step_t from = r->step[s] = end;
        if (!step_fits(r, end))
            return -1;
        wake(r, fire + (size_t)s * r->words, &end);
        const int count = end.updates - from.updates, padded = (count + GROUP - 1) / GROUP * GROUP;
        seen_t *seen = r->seen + from.updates;
        for (int i = 0; i < count; i++) {
            const int cell = r->update[from.updates + i].cell;
            perceive(&seen[i], own[cell], inbox + (size_t)cell * PORTS, quantised);
        }
        memset(seen + count, 0, sizeof *seen * (padded - count));
        for (int i = count; i < padded; i++) r->update[from.updates + i].cell = NOBODY;
        layers(w, seen, r->change, padded, quantised);
        for (int i = from.starved; i < end.starved; i++) own[r->starved[i]] = splat(0);
        for (int i = 0; i < count; i++) settle(r, own, &r->update[from.updates + i], r->change[i], w->unit2, quantised);
        const word *now_lost = lost == NULL ? NULL : lost + (size_t)s * PORTS * r->words;
        babble(r, inbox, now_lost, &babblings, s, &end);
        tell(r, own, inbox, now_lost, from, &end);
        updates += count;
        end.updates = from.updates + padded;
    }
    r->step[steps] = end, r->steps = keep ? steps : 0;
    return updates;
}

/* The gradient of what a cell has told goes to what it was, and no longer to what its neighbours had heard before. */
static lanes told(const struct rollout *r, lanes *toward_inbox, const update_t *one)
{
    lanes toward = splat(0);
    UNROLL for (int port = 0; port < PORTS; port++)
        if (one->ports >> port & 1) {
            lanes *heard = &toward_inbox[(one->cell + r->offset[port]) * PORTS + opposite(port)];
            toward += *heard;
            *heard = splat(0);
        }
    return toward;
}

/* Lanes where one may be changed in the direction in which descent would: away from a limit, but not beyond it. */
static lanes inward(lanes toward, marks beyond)
{
    const lanes side = __builtin_convertvector(beyond, lanes);
    return only(toward * side >= 0, toward);
}

/* Of what a cell saw to what it was and had heard. */
static void unperceive(const seen_t *seen, const lanes *toward, lanes *own, lanes *heard)
{
    whole_lanes open_across, open_down;
    open_gradients(seen, &open_across, &open_down);
    const lanes across = only(open_across, toward[1]) * 0.25f, down = only(open_down, toward[2]) * 0.25f;
    const lanes sum = across + down, difference = across - down;
    *own += toward[0];
    heard[N] -= 2 * down, heard[S] += 2 * down, heard[E] += 2 * across, heard[W] -= 2 * across;
    heard[NE] += difference, heard[SW] -= difference, heard[SE] += sum, heard[NW] -= sum;
}

/* Back through the last rollout that was kept.

   toward_own, toward_inbox: the gradient of its end; become that of its beginning.
   penalty: of each unit by which an accumulator is beyond its limit.
   sums: the weights' gradient is added to it. */
void rollout_backward(struct rollout *r, const struct weights *w, lanes *toward_own, lanes *toward_inbox,
                      float penalty, int quantised, struct sums *sums)
{
    lanes toward[SLAB];
    for (int s = r->steps - 1; s >= 0; s--) {
        const step_t from = r->step[s], end = r->step[s + 1];
        for (int i = from.mutes; i < end.mutes; i++) {
            const mute_t one = r->mute[i];
            toward_inbox[(one.cell + r->offset[one.port]) * PORTS + opposite(one.port)] = splat(0);
        }
        for (int i = from.starved; i < end.starved; i++) toward_own[r->starved[i]] = splat(0);
        for (int start = from.updates; start < end.updates; start += SLAB) {
            const int cells = end.updates - start < SLAB ? end.updates - start : SLAB;
            for (int i = 0; i < cells; i++) {
                const update_t *one = &r->update[start + i];
                if (one->cell == NOBODY) {
                    toward[i] = splat(0);
                    continue;
                }
                const lanes all = toward_own[one->cell] + told(r, toward_inbox, one);
                const lanes own = one->survives ? inward(all, one->beyond) : splat(0);
                toward_own[one->cell] = own;
                toward[i] = own + penalty * __builtin_convertvector(one->overflow, lanes);
            }
            layers_backward(w, r->seen + start, toward, r->toward_seen + (start - from.updates), cells, quantised, sums);
        }
        for (int i = from.updates; i < end.updates; i++) {
            const int cell = r->update[i].cell;
            if (cell != NOBODY)
                unperceive(&r->seen[i], r->toward_seen[i - from.updates], &toward_own[cell],
                           toward_inbox + (size_t)cell * PORTS);
        }
    }
}
