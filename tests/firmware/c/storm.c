/* Events without end for the C cell, under AddressSanitizer and UndefinedBehaviorSanitizer.
 *
 *     storm SEED EVENTS
 *
 * Random genomes in heap blocks of exactly their size, RAM of any content, frames and noise. With
 * PLANARIA_CHECK_GENOME the images are spoiled as well, their CRC made right or not, and a cell that is
 * refused gets no further event. A sanitizer ends the program; so does a wait of zero, or a cell that takes
 * what is no image. Its last line says how many events there were. */
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 16, EVENTS_OF_A_GENOME = 400 };

static const uint8_t BOARD_BYTES[16] = {9, 0, 0, 0, 1};

static uint64_t state;

static uint32_t random_word(void) /* xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717u) >> 32);
}

static uint32_t below(uint32_t limit) { return random_word() % limit; }

static uint8_t extreme(void)
{
    static const uint8_t some[] = {0, 1, 6, 7, 8, 63, 64, 127, 128, 129, 254, 255};
    return below(3) ? some[below(sizeof some)] : (uint8_t)random_word();
}

/* Of one kind each time: noise, extremes, or all alike. */
static void fill(uint8_t *bytes, size_t count)
{
    uint32_t kind = below(3);
    uint8_t same = extreme();
    for (size_t i = 0; i < count; i++)
        bytes[i] = kind == 0 ? (uint8_t)random_word() : kind == 1 ? extreme() : same;
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t count)
{
    for (crc = ~crc; count--; bytes++) {
        crc ^= *bytes;
        for (int bit = 8; bit; bit--)
            crc = crc >> 1 ^ (0xEDB88320 & -(crc & 1));
    }
    return ~crc;
}

static void sign(uint8_t *image, size_t size)
{
    uint32_t crc = crc32(crc32(0, image, 12), image + HEADER_BYTES, size - HEADER_BYTES);
    memcpy(image + 12, &crc, 4);
}

/* A valid image in a block of exactly its size. */
static uint8_t *make_image(size_t *size)
{
    uint32_t hidden = below(4) ? 1 + below(8) : 1 + below(128);
    uint32_t mean = below(2) ? 1 + below(0xFFFFF) : below(2) ? 1 : 0xFFFFF;
    uint8_t head[8] = {'P', 'L', 1, (uint8_t)hidden, (uint8_t)(1 + below(15)), (uint8_t)(1 + below(15)),
                       (uint8_t)below(2), (uint8_t)(1 + below(255))};
    *size = HEADER_BYTES + hidden * sizeof(struct unit);
    uint8_t *image = malloc(*size);
    fill(image, *size);
    memcpy(image, head, 8);
    memcpy(image + 8, &mean, 4);
    sign(image, *size);
    return image;
}

#ifdef PLANARIA_CHECK_GENOME
/* By the letter of SPEC.md section 8. */
static int is_valid(const uint8_t *image, size_t size)
{
    uint32_t mean, crc;
    memcpy(&mean, image + 8, 4);
    memcpy(&crc, image + 12, 4);
    return image[0] == 'P' && image[1] == 'L' && image[2] == 1 && image[3] >= 1 && image[3] <= 128 &&
           image[4] >= 1 && image[4] <= 15 && image[5] >= 1 && image[5] <= 15 && image[6] <= 1 &&
           image[7] >= 1 && mean >= 1 && mean <= 0xFFFFF &&
           size >= HEADER_BYTES + image[3] * sizeof(struct unit) &&
           crc == crc32(crc32(0, image, 12), image + HEADER_BYTES, image[3] * sizeof(struct unit));
}

/* Flip bits or overwrite bytes, mostly of the header, and make its CRC right half of the time. A chip has
 * bytes behind its image; here there are as many as the largest valid H says, and no more. */
static uint8_t *spoil(uint8_t *image, size_t *size)
{
    for (uint32_t times = below(4); times; times--) {
        size_t place = below(4) ? below(12) : below((uint32_t)*size);
        image[place] = below(2) ? image[place] ^ (uint8_t)(1 << below(8)) : extreme();
    }
    size_t end = HEADER_BYTES + image[3] * sizeof(struct unit);
    if (image[3] >= 1 && image[3] <= 128 && end > *size) {
        image = realloc(image, end);
        fill(image + *size, end - *size);
        *size = end;
    }
    if (below(2))
        sign(image, image[3] >= 1 && image[3] <= 128 ? end : *size);
    return image;
}
#endif

static void fail(const char *what)
{
    printf("%s\n", what);
    exit(3);
}

static void check(uint32_t number)
{
    if (number)
        fail("a signal ended an event");
}

static void send_bytes(struct ram *me, const struct genome *genome)
{
    uint32_t count = below(3) ? FRAME_BYTES : below(40);
    uint8_t *bytes = malloc(count);
    struct output output;
    check(cell_wake(me, genome, BOARD_BYTES, &output)); /* what it sends is what it understands */
    fill(bytes, count);
    if (below(2))
        memcpy(bytes, output.frame, count < FRAME_BYTES ? count : FRAME_BYTES);
    if (count && !below(4))
        bytes[below(count)] ^= (uint8_t)(1 << below(8));
    check(cell_receive(me, genome, BOARD_BYTES, below(PORTS), bytes, count));
    free(bytes);
}

static uint64_t live(const struct genome *genome, int valid)
{
    struct ram *me = calloc(1, sizeof *me);
    struct output output;
    uint64_t events = 1;
    check(cell_boot(me, genome, BOARD_BYTES, below(8) ? random_word() : 0, below(2), &output));
    if (valid != (output.wait_us != 0))
        fail(valid ? "a valid image was refused" : "what is no image was not refused");
    for (; valid && events < EVENTS_OF_A_GENOME; events++) {
        if (below(3))
            fill((uint8_t *)me, sizeof *me);
        if (below(2)) {
            send_bytes(me, genome);
            continue;
        }
        check(cell_wake(me, genome, BOARD_BYTES, &output));
        if (!output.wait_us)
            fail("a wait of zero");
    }
    free(me);
    return events;
}

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    state = strtoull(words[1], 0, 10) * 2 + 1;
    uint64_t wanted = strtoull(words[2], 0, 10), events = 0, refused = 0;
    while (events < wanted) {
        size_t size;
        int valid = 1;
        uint8_t *image = make_image(&size);
#ifdef PLANARIA_CHECK_GENOME
        image = spoil(image, &size);
        valid = is_valid(image, size);
#endif
        events += live((const struct genome *)image, valid);
        refused += !valid;
        free(image);
    }
    printf("%llu events, %llu images refused\n", (unsigned long long)events, (unsigned long long)refused);
    return 0;
}
