/* SPDX-License-Identifier: MIT
 *
 * Reed-Solomon parity for protected frames; see n6_wire.h.
 *
 * The field is GF(256) with x^8 + x^4 + x^3 + x^2 + 1; the generator polynomial has the roots x^0 to x^15. The first call
 * fills 5 KiB of tables, so it must not come from two threads at once.
 */
#include "n6_wire.h"

#include <string.h>

#define SIDE_BY_SIDE 32u /* codewords: as many bytes as a line of the data cache */
#define MOST_ERRORS (N6_PARITY / 2)

static uint8_t powers[510], logs[256];
static uint32_t multiples[256][4]; /* of the generator polynomial without its first term; byte r is that of x^(15 - r) */

static uint8_t times(uint8_t a, uint8_t b)
{
    return a == 0 || b == 0 ? 0 : powers[logs[a] + logs[b]];
}

static uint8_t inverse(uint8_t a)
{
    return powers[255 - logs[a]];
}

static void fill_tables(void)
{
    uint8_t generator[N6_PARITY + 1] = {1};
    unsigned i, r, value = 1;
    if (powers[0] != 0)
        return;
    for (i = 0; i < 255; i++) {
        powers[i] = powers[i + 255] = (uint8_t)value;
        logs[value] = (uint8_t)i;
        value = value << 1 ^ (value & 0x80u ? 0x11Du : 0u);
    }
    for (i = 0; i < N6_PARITY; i++) /* times (x - root), highest power first */
        for (r = i + 1; r > 0; r--)
            generator[r] ^= times(generator[r - 1], powers[i]);
    for (i = 0; i < 256; i++)
        for (r = 0; r < N6_PARITY; r++)
            multiples[i][r / 4] |= (uint32_t)times((uint8_t)i, generator[r + 1]) << (8 * (r % 4));
}

/* Where the last byte was that was looked at: the next one is near. */
typedef struct {
    const n6_codewords *words;
    size_t piece, start; /* which piece, and what number its first byte has */
} place;

static const uint8_t *byte_at(place *p, size_t i)
{
    const n6_piece *pieces = p->words->pieces;
    while (i < p->start) {
        p->piece--;
        p->start -= pieces[p->piece].length;
    }
    while (i - p->start >= pieces[p->piece].length) {
        p->start += pieces[p->piece].length;
        p->piece++;
    }
    return pieces[p->piece].data + (i - p->start);
}

/* How many zeros, which are not sent, make the message fill whole rows; they stand before it. */
static size_t zeros_before(const n6_codewords *words)
{
    return (words->count - words->length % words->count) % words->count;
}

/* Divide `width` neighbouring codewords by the generator polynomial, row by row. */
static void divide(const n6_codewords *words, size_t column, size_t width, uint32_t remainder[][4])
{
    size_t zeros = zeros_before(words), row, c;
    place p = {words, 0, 0};
    for (row = column; row < words->length + zeros; row += words->count)
        for (c = row < zeros ? (zeros - row < width ? zeros - row : width) : 0; c < width; c++) {
            uint32_t *r = remainder[c];
            const uint32_t *m = multiples[(r[0] & 0xFFu) ^ *byte_at(&p, row + c - zeros)];
            r[0] = (r[0] >> 8 | r[1] << 24) ^ m[0];
            r[1] = (r[1] >> 8 | r[2] << 24) ^ m[1];
            r[2] = (r[2] >> 8 | r[3] << 24) ^ m[2];
            r[3] = r[3] >> 8 ^ m[3];
        }
}

void n6_compute_parity(const n6_codewords *words)
{
    size_t column, width, c, r;
    fill_tables();
    for (column = 0; column < words->count; column += width) {
        uint32_t remainder[SIDE_BY_SIDE][4] = {{0}};
        width = words->count - column < SIDE_BY_SIDE ? words->count - column : SIDE_BY_SIDE;
        divide(words, column, width, remainder);
        for (r = 0; r < N6_PARITY; r++)
            for (c = 0; c < width; c++)
                words->parity[r * words->count + column + c] = (uint8_t)(remainder[c][r / 4] >> (8 * (r % 4)));
    }
}

/* --- repairing --- */

/* The remainder of one codeword by x - x^i, for every root; returns whether any is not 0. */
static int syndromes(const n6_codewords *words, size_t column, uint8_t found[N6_PARITY])
{
    size_t zeros = zeros_before(words), at, i;
    place p = {words, 0, 0};
    int wrong = 0;
    memset(found, 0, N6_PARITY);
    for (at = column; at < words->length + zeros; at += words->count)
        for (i = 0; i < N6_PARITY && at >= zeros; i++)
            found[i] = times(found[i], powers[i]) ^ *byte_at(&p, at - zeros);
    for (at = 0; at < N6_PARITY; at++)
        for (i = 0; i < N6_PARITY; i++)
            found[i] = times(found[i], powers[i]) ^ words->parity[at * words->count + column];
    for (i = 0; i < N6_PARITY; i++)
        wrong |= found[i];
    return wrong;
}

/* Find the error locator polynomial, constant first (Berlekamp-Massey); returns the number of errors. */
static unsigned locate(const uint8_t found[N6_PARITY], uint8_t locator[N6_PARITY + 1])
{
    uint8_t before[N6_PARITY + 1] = {1}, kept[N6_PARITY + 1], last = 1;
    unsigned length = 0, step, i;
    memset(locator, 0, N6_PARITY + 1);
    locator[0] = 1;
    for (step = 0; step < N6_PARITY; step++) {
        uint8_t discrepancy = 0, factor;
        for (i = 0; i <= step; i++)
            discrepancy ^= times(locator[i], found[step - i]);
        memmove(before + 1, before, N6_PARITY);
        before[0] = 0;
        memcpy(kept, locator, sizeof kept);
        factor = times(discrepancy, inverse(last));
        for (i = 0; i <= N6_PARITY; i++)
            locator[i] ^= times(factor, before[i]);
        if (discrepancy != 0 && 2 * length <= step) {
            memcpy(before, kept, sizeof kept);
            last = discrepancy;
            length = step + 1 - length;
        }
    }
    return length;
}

static uint8_t value_at(const uint8_t *polynomial, unsigned terms, unsigned step, unsigned power)
{
    uint8_t sum = 0;
    unsigned i;
    for (i = 0; i < terms; i += step)
        sum ^= times(polynomial[i], powers[i * power % 255]);
    return sum;
}

/* What was added at this power of x (Forney); 0 where nothing can have been. */
static uint8_t error_at(const uint8_t found[N6_PARITY], const uint8_t *locator, unsigned power)
{
    uint8_t evaluator[MOST_ERRORS] = {0}, below;
    unsigned i, k;
    for (i = 0; i < MOST_ERRORS; i++)
        for (k = 0; k <= i; k++)
            evaluator[i] ^= times(locator[k], found[i - k]);
    below = value_at(locator + 1, MOST_ERRORS, 2, 255 - power);
    return below == 0 ? 0 : times(times(value_at(evaluator, MOST_ERRORS, 1, 255 - power), inverse(below)), powers[power]);
}

/* Repair one codeword; returns whether it is whole now. The bytes are the caller's own, and not constant. */
static int repair_one(n6_codewords *words, size_t column)
{
    uint8_t found[N6_PARITY], locator[N6_PARITY + 1];
    size_t zeros = zeros_before(words), rows = (words->length + zeros) / words->count, row;
    unsigned errors, roots = 0;
    place p = {words, 0, 0};
    if (!syndromes(words, column, found))
        return 1;
    errors = locate(found, locator);
    if (errors > MOST_ERRORS)
        return 0;
    for (row = 0; row < rows + N6_PARITY; row++) {
        unsigned power = (unsigned)(rows + N6_PARITY - 1 - row);
        size_t at = row * words->count + column;
        if (value_at(locator, MOST_ERRORS + 1, 1, 255 - power) != 0)
            continue;
        if (at < zeros)
            return 0;
        roots++;
        if (row < rows)
            *(uint8_t *)byte_at(&p, at - zeros) ^= error_at(found, locator, power);
        else
            words->parity[(row - rows) * words->count + column] ^= error_at(found, locator, power);
    }
    return roots == errors && !syndromes(words, column, found);
}

size_t n6_repair_head(uint8_t *frame)
{
    uint8_t head[N6_PROTECTED_HEAD];
    n6_piece pieces[2] = {{head, 12}, {head + 16, 44}};
    n6_codewords word = {pieces, 56, head + 60, 1};
    size_t length, count, parity_at;
    memcpy(head, frame, sizeof head);
    fill_tables();
    if (!repair_one(&word, 0))
        return 0;
    length = n6_u32(head + 16);
    parity_at = n6_u32(head + 52);
    if (memcmp(head, "\xFF\xD8\xFF\xE9", 4) != 0 || memcmp(head + 6, "N6LIVE", 6) != 0 ||
        head[23] != N6_PROTECTED_HEAD || head[56] != 1 || length <= N6_PROTECTED_HEAD)
        return 0;
    count = (length - N6_PROTECTED_HEAD + 254) / 255;
    if (count > 4095 || length < N6_PARITY * count || parity_at < N6_PROTECTED_HEAD + N6_MORE_HEAD ||
        parity_at > length - N6_PARITY * count)
        return 0;
    memcpy(frame, head, sizeof head);
    return length;
}

int n6_repair(uint8_t *frame, size_t length)
{
    n6_codewords words;
    n6_piece pieces[2];
    size_t column, behind_head = length - N6_PROTECTED_HEAD;
    uint32_t crc;
    words.pieces = pieces;
    words.count = (length - N6_PROTECTED_HEAD + 254) / 255;
    words.parity = frame + n6_u32(frame + 52);
    words.length = behind_head - N6_PARITY * words.count;
    pieces[0].data = frame + N6_PROTECTED_HEAD;
    pieces[0].length = (size_t)(words.parity - pieces[0].data);
    pieces[1].data = words.parity + N6_PARITY * words.count;
    pieces[1].length = words.length - pieces[0].length;
    if (n6_crc32(0, pieces[0].data, behind_head) != n6_u32(frame + 48)) {
        for (column = 0; column < words.count; column++)
            if (!repair_one(&words, column))
                return 0;
        if (n6_crc32(0, pieces[0].data, behind_head) != n6_u32(frame + 48))
            return 0;
    }
    crc = n6_crc32(n6_crc32(0, frame, 12), frame + 16, length - 16);
    for (column = 0; column < 4; column++)
        frame[12 + column] = (uint8_t)(crc >> (8 * column));
    return 1;
}
