/* SPDX-License-Identifier: MIT
 *
 * Encoders of JPEG: by software, and by the codec of an STM32N6. Both write baseline JPEG with 4:2:0 chroma, the tables of
 * the standard's annex K, and the scaling by quality that everybody uses (that of the Independent JPEG Group).
 *
 * Both need room for one row of MCUs: n6_mcus(width) * N6_MCU_BYTES bytes.
 */
#ifndef N6_JPEG_H
#define N6_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "n6_mcu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the stream calls: encode `image` at `quality` (1..100) into `buffer`, from SOI to EOI, and return how many bytes these
 * are; 0 where they do not fit, or the encoder fails. */
typedef size_t (*n6_encode)(void *context, const n6_image *image, unsigned quality, uint8_t *buffer, size_t capacity);

typedef struct {
    n6_encode encode;
    void *context;
} n6_encoder;

/* --- by software, in n6_jpeg_sw.c --- */

typedef struct {
    uint8_t *mcus; /* room for a row of MCUs */
    size_t mcus_size;
    unsigned quality; /* that the tables are for; 0 for none */
    uint8_t quantization[2][64];  /* luminance and chrominance, in zigzag order */
    uint32_t reciprocals[2][64];
    uint16_t codes[4][256];       /* Huffman: DC and AC of luminance, then of chrominance */
    uint8_t lengths[4][256];
} n6_jpeg_sw;

/* Prepare, and return the encoder; `encoder` and `mcus` must stay. */
n6_encoder n6_jpeg_sw_encoder(n6_jpeg_sw *encoder, uint8_t *mcus, size_t mcus_size);

/* --- by the codec, in n6_jpeg_hw.c --- */

/* Prepare, and return the encoder; `mcus` must stay. There is one codec, so there is one encoder. Its clock, the one for
 * sleep too, is switched on by HAL_JPEG_MspInit here, unless N6_OWN_JPEG_MSP is defined. */
n6_encoder n6_jpeg_hw_encoder(uint8_t *mcus, size_t mcus_size);

#ifdef __cplusplus
}
#endif
#endif
