/* SPDX-License-Identifier: MIT
 *
 * See n6_jpeg.h.
 */
#include "n6_jpeg.h"

#include <stdbool.h>
#include <string.h>

#define HEADER_BYTES 623u
#define MOST_BLOCK_BYTES 512u /* of a block: 64 times 27 bits, each byte perhaps stuffed, is less */
#define END_BYTES 8u
#define END_OF_BLOCK 0x00u
#define SIXTEEN_ZEROS 0xF0u

/* --- the standard's tables --- */

static const uint8_t ZIGZAG[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/* Quantization at quality 50, in zigzag order: luminance, chrominance. */
static const uint8_t QUANTIZATION[2][64] = {
    {16, 11, 12, 14, 12, 10,  16,  14,  13,  14, 18, 17, 16, 19,  24,  40,  26,  24, 22,  22, 24, 49,
     35, 37, 29, 40, 58, 51,  61,  60,  57,  51, 56, 55, 64, 72,  92,  78,  64,  68, 87,  69, 55, 56,
     80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99},
    {17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

/* Huffman: how many codes of 1 to 16 bits there are, for DC and AC of luminance, then of chrominance; and what they mean. */
static const uint8_t COUNTS[4][16] = {{0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0},
                                      {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
                                      {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
                                      {0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119}};
static const uint8_t DC[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const uint8_t AC_LUMINANCE[162] = {
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14,
    0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09,
    0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A,
    0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65,
    0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
    0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9,
    0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA,
    0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA,
    0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA};
static const uint8_t AC_CHROMINANCE[162] = {
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32,
    0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16,
    0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39,
    0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64,
    0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86,
    0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
    0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8,
    0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9,
    0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA};
static const uint8_t *const SYMBOLS[4] = {DC, AC_LUMINANCE, DC, AC_CHROMINANCE};
static const uint16_t SYMBOL_COUNTS[4] = {12, 162, 12, 162};

/* --- bits --- */

typedef struct {
    uint8_t *at;
    uint32_t bits; /* those that are not written yet, in the lowest `count` */
    uint32_t count;
} bit_writer;

static void put_byte(bit_writer *w, uint32_t byte)
{
    *w->at++ = (uint8_t)byte;
}

static void put_16(bit_writer *w, uint32_t value)
{
    put_byte(w, value >> 8);
    put_byte(w, value);
}

/* Append up to 16 bits; behind FF comes a 0. Nobody else may have more than 7 bits waiting. */
static void put_bits(bit_writer *w, uint32_t value, uint32_t length)
{
    w->bits = (w->bits << length) | value;
    w->count += length;
    while (w->count >= 8u) {
        uint32_t byte = (w->bits >> (w->count - 8u)) & 0xFFu;
        put_byte(w, byte);
        if (byte == 0xFFu) {
            put_byte(w, 0);
        }
        w->count -= 8u;
    }
}

/* --- tables --- */

static void set_quality(n6_jpeg_sw *e, unsigned quality)
{
    uint32_t scale = quality < 50u ? 5000u / quality : 200u - 2u * quality, table, i;
    for (table = 0; table < 2u; table++) {
        for (i = 0; i < 64u; i++) {
            uint32_t step = (QUANTIZATION[table][i] * scale + 50u) / 100u;
            step = step < 1u ? 1u : step;
            step = step > 255u ? 255u : step;
            e->quantization[table][i] = (uint8_t)step;
            e->reciprocals[table][i] = 0xFFFFFFFFu / (8u * step) + 1u; /* of what the transform below makes of it */
        }
    }
    e->quality = quality;
}

static void make_codes(n6_jpeg_sw *e, uint32_t table)
{
    uint32_t code = 0, length, i, next = 0;
    for (length = 1; length <= 16u; length++) {
        for (i = 0; i < COUNTS[table][length - 1u]; i++) {
            uint32_t symbol = SYMBOLS[table][next];
            e->codes[table][symbol] = (uint16_t)code;
            e->lengths[table][symbol] = (uint8_t)length;
            code++;
            next++;
        }
        code <<= 1;
    }
}

/* --- the transform --- */

/* Cosines of k * pi / 16, times the square root of 2, in 13 bits behind the point. */
#define POINT 13
#define C1 11363
#define C2 10703
#define C3 9633
#define C5 6437
#define C6 4433
#define C7 2260

/* Transform eight values that lie `step` apart, where they lie. The sums keep `up` bits more behind the point, the products
 * lose `down`; negative `up` takes bits away. The result is the cosine transform times the square root of 8. */
static inline void transform(int32_t *v, size_t step, int up, int down)
{
    int32_t s0 = v[0] + v[7u * step], s1 = v[step] + v[6u * step], s2 = v[2u * step] + v[5u * step],
            s3 = v[3u * step] + v[4u * step];
    int32_t d0 = v[0] - v[7u * step], d1 = v[step] - v[6u * step], d2 = v[2u * step] - v[5u * step],
            d3 = v[3u * step] - v[4u * step];
    int32_t e0 = s0 + s3, e1 = s1 + s2, e2 = s1 - s2, e3 = s0 - s3, half = (int32_t)1 << (down - 1);
    if (up >= 0) {
        v[0] = (e0 + e1) * ((int32_t)1 << up);
        v[4u * step] = (e0 - e1) * ((int32_t)1 << up);
    } else {
        int32_t rest = (int32_t)1 << (-up - 1);
        v[0] = (e0 + e1 + rest) >> -up;
        v[4u * step] = (e0 - e1 + rest) >> -up;
    }
    v[2u * step] = (e3 * C2 + e2 * C6 + half) >> down;
    v[6u * step] = (e3 * C6 - e2 * C2 + half) >> down;
    v[step] = (d0 * C1 + d1 * C3 + d2 * C5 + d3 * C7 + half) >> down;
    v[3u * step] = (d0 * C3 - d1 * C7 - d2 * C1 - d3 * C5 + half) >> down;
    v[5u * step] = (d0 * C5 - d1 * C1 + d2 * C7 + d3 * C3 + half) >> down;
    v[7u * step] = (d0 * C7 - d1 * C5 + d2 * C3 - d3 * C1 + half) >> down;
}

/* Transform a block; the coefficients are 8 times those of the standard. */
static void transform_block(const uint8_t *block, int32_t *coefficients)
{
    uint32_t i;
    for (i = 0; i < 64u; i++) {
        coefficients[i] = (int32_t)block[i] - 128;
    }
    for (i = 0; i < 8u; i++) {
        transform(coefficients + 8u * i, 1, 2, POINT - 2);
    }
    for (i = 0; i < 8u; i++) {
        transform(coefficients + i, 8, -2, POINT + 2);
    }
}

/* --- a block's code --- */

static int32_t quantized(const n6_jpeg_sw *e, uint32_t table, uint32_t place, int32_t coefficient)
{
    uint32_t size = (uint32_t)(coefficient < 0 ? -coefficient : coefficient);
    uint32_t half = 4u * (uint32_t)e->quantization[table][place];
    int32_t level;
    if (size < half) {
        return 0;
    }
    level = (int32_t)(((uint64_t)(size + half) * e->reciprocals[table][place]) >> 32);
    return coefficient < 0 ? -level : level;
}

static uint32_t bits_of(int32_t level)
{
    uint32_t size = (uint32_t)(level < 0 ? -level : level), bits = 0;
    while (size != 0u) {
        size >>= 1;
        bits++;
    }
    return bits;
}

/* Write the code of a symbol, which says how many bits follow, and those bits of the level. */
static void put_level(const n6_jpeg_sw *e, bit_writer *w, uint32_t codes, uint32_t zeros, int32_t level)
{
    uint32_t bits = bits_of(level), symbol = (zeros << 4) | bits;
    uint32_t value = (uint32_t)(level < 0 ? level - 1 : level) & (((uint32_t)1 << bits) - 1u);
    put_bits(w, e->codes[codes][symbol], e->lengths[codes][symbol]);
    put_bits(w, value, bits);
}

/* Encode a block; `table` is 0 for luminance and 1 for chrominance, `before` the mean of the last block of its kind. */
static void put_block(const n6_jpeg_sw *e, bit_writer *w, const uint8_t *block, uint32_t table, int32_t *before)
{
    int32_t coefficients[64], level;
    uint32_t place, zeros = 0, codes = 2u * table;
    transform_block(block, coefficients);
    level = quantized(e, table, 0, coefficients[0]);
    put_level(e, w, codes, 0, level - *before);
    *before = level;
    codes++;
    for (place = 1; place < 64u; place++) {
        level = quantized(e, table, place, coefficients[ZIGZAG[place]]);
        if (level == 0) {
            zeros++;
            continue;
        }
        while (zeros >= 16u) {
            put_bits(w, e->codes[codes][SIXTEEN_ZEROS], e->lengths[codes][SIXTEEN_ZEROS]);
            zeros -= 16u;
        }
        put_level(e, w, codes, zeros, level);
        zeros = 0;
    }
    if (zeros > 0u) {
        put_bits(w, e->codes[codes][END_OF_BLOCK], e->lengths[codes][END_OF_BLOCK]);
    }
}

/* --- the file --- */

static void put_bytes(bit_writer *w, const uint8_t *bytes, size_t count)
{
    memcpy(w->at, bytes, count);
    w->at += count;
}

static void put_header(const n6_jpeg_sw *e, bit_writer *w, const n6_image *image)
{
    static const uint8_t start[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    static const uint8_t components[] = {3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1};
    static const uint8_t scan[] = {0xFF, 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0};
    static const uint8_t kinds[4] = {0x00, 0x10, 0x01, 0x11};
    uint32_t table;
    put_bytes(w, start, sizeof start);
    for (table = 0; table < 2u; table++) {
        put_16(w, 0xFFDBu);
        put_16(w, 67u);
        put_byte(w, table);
        put_bytes(w, e->quantization[table], 64);
    }
    put_16(w, 0xFFC0u);
    put_16(w, 17u);
    put_byte(w, 8u);
    put_16(w, image->height);
    put_16(w, image->width);
    put_bytes(w, components, sizeof components);
    for (table = 0; table < 4u; table++) {
        put_16(w, 0xFFC4u);
        put_16(w, 19u + SYMBOL_COUNTS[table]);
        put_byte(w, kinds[table]);
        put_bytes(w, COUNTS[table], 16);
        put_bytes(w, SYMBOLS[table], SYMBOL_COUNTS[table]);
    }
    put_bytes(w, scan, sizeof scan);
}

/* Encode the MCUs of a row; return whether they fit. */
static bool put_row(const n6_jpeg_sw *e, bit_writer *w, const uint8_t *end, uint32_t count, int32_t before[3])
{
    const uint8_t *mcu = e->mcus;
    uint32_t i, block;
    for (i = 0; i < count; i++, mcu += N6_MCU_BYTES) {
        for (block = 0; block < 6u; block++) {
            uint32_t component = block < 4u ? 0u : block - 3u;
            if ((size_t)(end - w->at) < MOST_BLOCK_BYTES + END_BYTES) {
                return false;
            }
            put_block(e, w, mcu + 64u * block, component == 0u ? 0u : 1u, &before[component]);
        }
    }
    return true;
}

static size_t encode(void *context, const n6_image *image, unsigned quality, uint8_t *buffer, size_t capacity)
{
    n6_jpeg_sw *e = context;
    bit_writer w = {buffer, 0, 0};
    int32_t before[3] = {0, 0, 0};
    uint32_t row, beside = n6_mcus(image->width);
    if (quality < 1u || quality > 100u || image->width == 0u || image->height == 0u || capacity < HEADER_BYTES ||
        (size_t)beside * N6_MCU_BYTES > e->mcus_size) {
        return 0;
    }
    if (e->quality != quality) {
        set_quality(e, quality);
    }
    put_header(e, &w, image);
    for (row = 0; row < n6_mcus(image->height); row++) {
        n6_mcu_row(image, row, e->mcus);
        if (!put_row(e, &w, buffer + capacity, beside, before)) {
            return 0;
        }
    }
    put_bits(&w, 0x7Fu, 7); /* ones fill the last byte */
    put_16(&w, 0xFFD9u);
    return (size_t)(w.at - buffer);
}

n6_encoder n6_jpeg_sw_encoder(n6_jpeg_sw *encoder, uint8_t *mcus, size_t mcus_size)
{
    n6_encoder found;
    uint32_t table;
    memset(encoder, 0, sizeof *encoder);
    encoder->mcus = mcus;
    encoder->mcus_size = mcus_size;
    for (table = 0; table < 4u; table++) {
        make_codes(encoder, table);
    }
    found.encode = encode;
    found.context = encoder;
    return found;
}
