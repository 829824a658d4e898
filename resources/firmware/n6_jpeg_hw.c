/* SPDX-License-Identifier: MIT
 *
 * The JPEG codec of an STM32N6 behind n6_jpeg.h, by ST's HAL_JPEG.
 *
 * The core feeds the codec's FIFO row by row: each time it has taken a row of MCUs, the next one is made. DMA would leave
 * the core free, but the codec takes another transfer only where the last one ended on an even number of 64-byte blocks,
 * and making the rows takes most of the time anyway. Nothing here uses interrupts.
 *
 * The codec may write a few bytes behind the end of the image, and may leave out its last byte: the end is looked for in the
 * last bytes, and an image without one is dropped.
 */
#include "n6_jpeg.h"

#include <stdbool.h>

#include "stm32n6xx_hal.h"

#define LAST_BYTES 16u
#define SHORTEST 4u
#define MILLISECONDS 100u /* far more than the 16 MB/s of a codec that is starved need */

static struct {
    JPEG_HandleTypeDef handle;
    bool ready; /* the codec is initialised, and nothing went wrong since */
    const n6_image *image;
    uint8_t *mcus;
    size_t mcus_size;
    uint32_t row, rows, row_bytes;
    size_t written;
    bool full;
} codec;

#ifndef N6_OWN_JPEG_MSP
void HAL_JPEG_MspInit(JPEG_HandleTypeDef *hjpeg)
{
    (void)hjpeg;
    __HAL_RCC_JPEG_CLK_ENABLE();
    __HAL_RCC_JPEG_CLK_SLEEP_ENABLE();
    __HAL_RCC_JPEG_FORCE_RESET();
    __HAL_RCC_JPEG_RELEASE_RESET();
}
#endif

/* The codec has taken a row. */
void HAL_JPEG_GetDataCallback(JPEG_HandleTypeDef *hjpeg, uint32_t taken)
{
    (void)taken;
    codec.row++;
    if (codec.row < codec.rows) {
        n6_mcu_row(codec.image, codec.row, codec.mcus);
        HAL_JPEG_ConfigInputBuffer(hjpeg, codec.mcus, codec.row_bytes);
    } else {
        HAL_JPEG_ConfigInputBuffer(hjpeg, codec.mcus, 0);
    }
}

/* The codec has filled the buffer, or is at the end. A second call means that it began to overwrite the first bytes. */
void HAL_JPEG_DataReadyCallback(JPEG_HandleTypeDef *hjpeg, uint8_t *data, uint32_t length)
{
    (void)hjpeg;
    (void)data;
    codec.full = codec.full || codec.written > 0u;
    codec.written += length;
}

static bool prepare(const n6_image *image, unsigned quality)
{
    JPEG_ConfTypeDef settings = {0};
    settings.ColorSpace = JPEG_YCBCR_COLORSPACE;
    settings.ChromaSubsampling = JPEG_420_SUBSAMPLING;
    settings.ImageWidth = image->width;
    settings.ImageHeight = image->height;
    settings.ImageQuality = quality;
    if (!codec.ready) {
        codec.handle.Instance = JPEG;
        (void)HAL_JPEG_DeInit(&codec.handle);
        codec.ready = HAL_JPEG_Init(&codec.handle) == HAL_OK;
    }
    return codec.ready && HAL_JPEG_ConfigEncoding(&codec.handle, &settings) == HAL_OK;
}

/* Return the length up to the end of the image, 0 where there is none. */
static size_t up_to_end(const uint8_t *jpeg, size_t length)
{
    size_t at = length, least = length > LAST_BYTES + SHORTEST ? length - LAST_BYTES : SHORTEST;
    if (length < SHORTEST || jpeg[0] != 0xFFu || jpeg[1] != 0xD8u) {
        return 0;
    }
    for (; at >= least; at--) {
        if (jpeg[at - 2u] == 0xFFu && jpeg[at - 1u] == 0xD9u) {
            return at;
        }
    }
    return 0;
}

static size_t encode(void *context, const n6_image *image, unsigned quality, uint8_t *buffer, size_t capacity)
{
    uint32_t room = (uint32_t)(capacity & ~(size_t)3u);
    HAL_StatusTypeDef status;
    (void)context;
    codec.image = image;
    codec.row = 0;
    codec.rows = n6_mcus(image->height);
    codec.row_bytes = n6_mcus(image->width) * N6_MCU_BYTES;
    codec.written = 0;
    codec.full = false;
    if (codec.rows == 0u || codec.row_bytes == 0u || codec.row_bytes > codec.mcus_size || room == 0u) {
        return 0;
    }
    if (!prepare(image, quality)) {
        codec.ready = false;
        return 0;
    }
    n6_mcu_row(image, 0, codec.mcus);
    status = HAL_JPEG_Encode(&codec.handle, codec.mcus, codec.row_bytes, buffer, room, MILLISECONDS);
    if (status != HAL_OK) {
        (void)HAL_JPEG_Abort(&codec.handle);
        codec.ready = false;
        return 0;
    }
    if (codec.full || codec.written >= room) {
        return 0;
    }
    return up_to_end(buffer, codec.written);
}

n6_encoder n6_jpeg_hw_encoder(uint8_t *mcus, size_t mcus_size)
{
    n6_encoder found;
    codec.ready = false;
    codec.mcus = mcus;
    codec.mcus_size = mcus_size;
    found.encode = encode;
    found.context = NULL;
    return found;
}
