/* SPDX-License-Identifier: MIT
 *
 * See n6_mcu.h.
 *
 * All is done in 16 bits, so that eight pixels fit into a Helium register. The factors are those of JFIF (ITU-R BT.601, full
 * range) times 256; for RGB565 they also stretch 5 and 6 bits to 8. The sums stay below 65 536 for every colour; 32767
 * instead of 32768 in the middle of Cb and Cr is what keeps pure blue and pure red there.
 */
#include "n6_mcu.h"

#include <stdbool.h>

#if defined(__ARM_FEATURE_MVE) && !defined(N6_PLAIN_C)
#define WITH_HELIUM 1
#include <arm_mve.h>
#endif

#define BLOCK 64u
#define CB (4u * BLOCK)
#define CR (5u * BLOCK)
#define MIDDLE 32767u
#define ROUND 128u

/* Factors of one format: luminance of one pixel, Cb and Cr of what is summed over 2 x 2 pixels. */
typedef struct {
    uint16_t y_red, y_green, y_blue;
    uint16_t cb_red, cb_green, cb_blue; /* red and green are subtracted */
    uint16_t cr_red, cr_green, cr_blue; /* green and blue are subtracted */
} factors;

static const factors FACTORS_565 = {633, 607, 239, 89, 86, 263, 263, 108, 43};
static const factors FACTORS_888 = {77, 150, 29, 43, 85, 128, 128, 107, 21}; /* chroma: of the mean, not of the sum */

uint32_t n6_mcus(uint32_t pixels)
{
    return (pixels + N6_MCU_SIDE - 1u) / N6_MCU_SIDE;
}

/* --- plain C: any place, edges too --- */

typedef struct {
    uint32_t red, green, blue;
} colour;

static colour colour_at(const n6_image *image, uint32_t x, uint32_t y)
{
    uint32_t column = x < image->width ? x : image->width - 1u;
    uint32_t line = y < image->height ? y : image->height - 1u;
    const uint8_t *row = image->pixels + (size_t)line * image->pitch;
    colour found;
    if (image->format == N6_RGB565) {
        const uint8_t *at = row + 2u * column;
        uint32_t value = (uint32_t)at[0] | ((uint32_t)at[1] << 8);
        found.red = value >> 11;
        found.green = (value >> 5) & 63u;
        found.blue = value & 31u;
    } else {
        const uint8_t *at = row + 3u * column;
        found.red = at[0];
        found.green = at[1];
        found.blue = at[2];
    }
    return found;
}

static uint8_t luminance(const factors *f, const colour *c)
{
    return (uint8_t)((f->y_red * c->red + f->y_green * c->green + f->y_blue * c->blue + ROUND) >> 8);
}

/* Write four luminance values and one of each chroma, of the 2 x 2 pixels at column 2 * x and line 2 * y of an MCU. */
static void square(const n6_image *image, const factors *f, uint32_t left, uint32_t top, uint32_t x, uint32_t y,
                   uint8_t *mcu)
{
    uint8_t *luma = mcu + ((x < 4u) ? 0u : BLOCK) + ((y < 4u) ? 0u : 2u * BLOCK) + 16u * (y & 3u) + 2u * (x & 3u);
    colour sum = {0, 0, 0};
    uint32_t i;
    for (i = 0; i < 4u; i++) {
        colour c = colour_at(image, left + 2u * x + (i & 1u), top + 2u * y + (i >> 1));
        luma[8u * (i >> 1) + (i & 1u)] = luminance(f, &c);
        sum.red += c.red;
        sum.green += c.green;
        sum.blue += c.blue;
    }
    if (image->format == N6_RGB888) {
        sum.red = (sum.red + 2u) >> 2;
        sum.green = (sum.green + 2u) >> 2;
        sum.blue = (sum.blue + 2u) >> 2;
    }
    mcu[CB + 8u * y + x] =
        (uint8_t)((MIDDLE + ROUND + f->cb_blue * sum.blue - f->cb_red * sum.red - f->cb_green * sum.green) >> 8);
    mcu[CR + 8u * y + x] =
        (uint8_t)((MIDDLE + ROUND + f->cr_red * sum.red - f->cr_green * sum.green - f->cr_blue * sum.blue) >> 8);
}

static void plain_mcu(const n6_image *image, const factors *f, uint32_t left, uint32_t top, uint8_t *mcu)
{
    uint32_t x, y;
    for (y = 0; y < 8u; y++) {
        for (x = 0; x < 8u; x++) {
            square(image, f, left, top, x, y, mcu);
        }
    }
}

/* --- Helium: whole MCUs --- */

#ifdef WITH_HELIUM
#define INLINED static inline __attribute__((always_inline)) /* so that factors become constants */

/* Eight colours. */
typedef struct {
    uint16x8_t red, green, blue;
} colours;

/* The colours in the even and in the odd columns of 16 pixels. */
typedef struct {
    colours even, odd;
} line;

INLINED colours split_565(uint16x8_t pixels)
{
    colours c;
    c.red = vshrq_n_u16(pixels, 11);
    c.green = vandq_u16(vshrq_n_u16(pixels, 5), vdupq_n_u16(63));
    c.blue = vandq_u16(pixels, vdupq_n_u16(31));
    return c;
}

INLINED line read_565(const uint8_t *pixels)
{
    const uint16_t *at = (const uint16_t *)(const void *)pixels;
    uint16x8x2_t both;
    line found;
    __asm__("" : "+r"(at)); /* GCC 12 else makes an address that its assembler refuses */
    both = vld2q_u16(at);
    found.even = split_565(both.val[0]);
    found.odd = split_565(both.val[1]);
    return found;
}

INLINED colours gather_888(const uint8_t *pixels, uint16x8_t offsets)
{
    colours c;
    c.red = vldrbq_gather_offset_u16(pixels, offsets);
    c.green = vldrbq_gather_offset_u16(pixels + 1, offsets);
    c.blue = vldrbq_gather_offset_u16(pixels + 2, offsets);
    return c;
}

INLINED line read_888(const uint8_t *pixels)
{
    uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0, 1), 6);
    line found;
    found.even = gather_888(pixels, offsets);
    found.odd = gather_888(pixels + 3, offsets);
    return found;
}

INLINED uint16x8_t luminances(const factors *f, const colours *c)
{
    uint16x8_t sum = vmulq_n_u16(c->red, f->y_red);
    sum = vmlaq_n_u16(sum, c->green, f->y_green);
    return vmlaq_n_u16(sum, c->blue, f->y_blue);
}

/* Write 16 luminance values: the left half into one block, the right half into the next. */
INLINED void write_line(const factors *f, const line *l, uint8_t *luma)
{
    static const uint32_t blocks[4] = {0, 0, BLOCK, 0}; /* two offsets of 64 bits */
    uint64x2_t places = vreinterpretq_u64_u32(vldrwq_u32(blocks));
    uint8x16_t values = vrshrnbq_n_u16(vdupq_n_u8(0), luminances(f, &l->even), 8);
    values = vrshrntq_n_u16(values, luminances(f, &l->odd), 8);
    vstrdq_scatter_offset_u64((uint64_t *)(void *)luma, places, vreinterpretq_u64_u8(values));
}

INLINED uint16x8_t sum_of_four(uint16x8_t a, uint16x8_t b, uint16x8_t c, uint16x8_t d, bool mean)
{
    uint16x8_t sum = vaddq_u16(vaddq_u16(a, b), vaddq_u16(c, d));
    return mean ? vrshrq_n_u16(sum, 2) : sum;
}

INLINED void write_chroma(uint16x8_t plus, uint16_t factor, uint16x8_t minus, uint16_t first, uint16x8_t minus_too,
                          uint16_t second, uint8_t *chroma)
{
    uint16x8_t sum = vmlaq_n_u16(vdupq_n_u16(MIDDLE), plus, factor);
    sum = vmlaq_n_u16(sum, minus, (uint16_t)(0u - first));
    sum = vmlaq_n_u16(sum, minus_too, (uint16_t)(0u - second));
    vstrbq_u16(chroma, vrshrq_n_u16(sum, 8));
}

/* Two lines of an MCU: 32 luminance values and eight of each chroma. */
INLINED void two_lines(const factors *f, const line *a, const line *b, bool mean, uint8_t *luma, uint8_t *chroma)
{
    uint16x8_t red, green, blue;
    write_line(f, a, luma);
    write_line(f, b, luma + 8);
    red = sum_of_four(a->even.red, a->odd.red, b->even.red, b->odd.red, mean);
    green = sum_of_four(a->even.green, a->odd.green, b->even.green, b->odd.green, mean);
    blue = sum_of_four(a->even.blue, a->odd.blue, b->even.blue, b->odd.blue, mean);
    write_chroma(blue, f->cb_blue, red, f->cb_red, green, f->cb_green, chroma);
    write_chroma(red, f->cr_red, green, f->cr_green, blue, f->cr_blue, chroma + (CR - CB));
}

INLINED void whole_mcu(const uint8_t *pixels, size_t pitch, n6_format format, uint8_t *mcu)
{
    uint32_t y;
    for (y = 0; y < 8u; y++, pixels += 2u * pitch) {
        uint8_t *luma = mcu + ((y < 4u) ? 0u : 2u * BLOCK) + 16u * (y & 3u), *chroma = mcu + CB + 8u * y;
        if (format == N6_RGB565) {
            line a = read_565(pixels), b = read_565(pixels + pitch);
            two_lines(&FACTORS_565, &a, &b, false, luma, chroma);
        } else {
            line a = read_888(pixels), b = read_888(pixels + pitch);
            two_lines(&FACTORS_888, &a, &b, true, luma, chroma);
        }
    }
}

/* Write the MCUs of a row that lie wholly in the image; return how many. */
static uint32_t whole_mcus(const n6_image *image, uint32_t row, uint8_t *mcus)
{
    uint32_t count = image->width / N6_MCU_SIDE, i;
    const uint8_t *pixels = image->pixels + (size_t)row * N6_MCU_SIDE * image->pitch;
    if ((row + 1u) * N6_MCU_SIDE > image->height) {
        return 0;
    }
    for (i = 0; i < count; i++, mcus += N6_MCU_BYTES) {
        if (image->format == N6_RGB565) {
            whole_mcu(pixels + 32u * i, image->pitch, N6_RGB565, mcus);
        } else {
            whole_mcu(pixels + 48u * i, image->pitch, N6_RGB888, mcus);
        }
    }
    return count;
}

#else

static uint32_t whole_mcus(const n6_image *image, uint32_t row, uint8_t *mcus)
{
    (void)image;
    (void)row;
    (void)mcus;
    return 0;
}
#endif

void n6_mcu_row(const n6_image *image, uint32_t row, uint8_t *mcus)
{
    const factors *f = image->format == N6_RGB565 ? &FACTORS_565 : &FACTORS_888;
    uint32_t count = n6_mcus(image->width), i;
    for (i = whole_mcus(image, row, mcus); i < count; i++) {
        plain_mcu(image, f, i * N6_MCU_SIDE, row * N6_MCU_SIDE, mcus + (size_t)i * N6_MCU_BYTES);
    }
}
