/* SPDX-License-Identifier: MIT
 *
 * From a camera's image to what JPEG encoders take: rows of MCUs (minimum coded units) in YCbCr 4:2:0.
 *
 * An MCU is 16 x 16 pixels as 384 bytes: four blocks of 8 x 8 luminance values (top left, top right, bottom left, bottom
 * right), then one of Cb and one of Cr, each averaged over 2 x 2 pixels. Values are those of JFIF, 0..255. This is what
 * the JPEG codec of an STM32 takes, and what n6_jpeg_sw.c takes.
 *
 * With Helium (MVE, Cortex-M55 and M85) the inner part runs eight pixels at a time; the bytes are the same as in plain C.
 * Define N6_PLAIN_C to do without it.
 */
#ifndef N6_MCU_H
#define N6_MCU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define N6_MCU_SIDE 16u
#define N6_MCU_BYTES 384u
#define N6_MOST_SIDE 4096u

typedef enum {
    N6_RGB565 = 0, /* 16 bits, little endian, red in the upper five; the image and its rows start at even addresses */
    N6_RGB888      /* bytes R, G, B */
} n6_format;

typedef struct {
    const uint8_t *pixels;
    uint32_t pitch;         /* bytes from one row to the next */
    uint16_t width, height; /* 1..4096 pixels */
    n6_format format;
} n6_image;

/* Return how many MCUs lie beside, or above, each other in so many pixels. */
uint32_t n6_mcus(uint32_t pixels);

/* Write the MCUs of 16 rows, from row 16 * row of the image on, into n6_mcus(width) * N6_MCU_BYTES bytes. Beyond the edges
 * of the image its last column and row are repeated. `row` is less than n6_mcus(height). */
void n6_mcu_row(const n6_image *image, uint32_t row, uint8_t *mcus);

#ifdef __cplusplus
}
#endif
#endif
