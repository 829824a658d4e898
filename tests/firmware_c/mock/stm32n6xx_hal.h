/* Stands in for ST's HAL in tests: as much of it as the firmware's C calls, with the same names and arguments. */
#ifndef STM32N6XX_HAL_H
#define STM32N6XX_HAL_H

#include <stdint.h>

typedef enum { HAL_OK = 0, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;

typedef struct {
    void *Instance;
    int initialised, configured;
} JPEG_HandleTypeDef;

typedef struct {
    uint32_t ColorSpace, ChromaSubsampling, ImageHeight, ImageWidth, ImageQuality;
} JPEG_ConfTypeDef;

extern int mock_jpeg_unit, mock_jpeg_clock;

#define JPEG ((void *)&mock_jpeg_unit)
#define JPEG_YCBCR_COLORSPACE 7u
#define JPEG_420_SUBSAMPLING 9u
#define __HAL_RCC_JPEG_CLK_ENABLE() (mock_jpeg_clock |= 1)
#define __HAL_RCC_JPEG_CLK_SLEEP_ENABLE() (mock_jpeg_clock |= 2)
#define __HAL_RCC_JPEG_FORCE_RESET() (mock_jpeg_clock |= 4)
#define __HAL_RCC_JPEG_RELEASE_RESET() (mock_jpeg_clock &= ~4)

HAL_StatusTypeDef HAL_JPEG_Init(JPEG_HandleTypeDef *hjpeg);
HAL_StatusTypeDef HAL_JPEG_DeInit(JPEG_HandleTypeDef *hjpeg);
HAL_StatusTypeDef HAL_JPEG_ConfigEncoding(JPEG_HandleTypeDef *hjpeg, const JPEG_ConfTypeDef *settings);
HAL_StatusTypeDef HAL_JPEG_Encode(JPEG_HandleTypeDef *hjpeg, uint8_t *mcus, uint32_t length, uint8_t *out,
                                  uint32_t room, uint32_t milliseconds);
HAL_StatusTypeDef HAL_JPEG_Abort(JPEG_HandleTypeDef *hjpeg);
void HAL_JPEG_ConfigInputBuffer(JPEG_HandleTypeDef *hjpeg, uint8_t *mcus, uint32_t length);

/* Given by the firmware. */
void HAL_JPEG_MspInit(JPEG_HandleTypeDef *hjpeg);
void HAL_JPEG_GetDataCallback(JPEG_HandleTypeDef *hjpeg, uint32_t taken);
void HAL_JPEG_DataReadyCallback(JPEG_HandleTypeDef *hjpeg, uint8_t *data, uint32_t length);

/* For the harness: what the codec is to write, whether it is to stick, and what it was given. */
extern struct mock_codec {
    const uint8_t *output;
    uint32_t output_length;
    int stick;
    uint8_t *taken; /* the MCUs it was given */
    uint32_t taken_length, taken_room;
    JPEG_ConfTypeDef settings;
    uint32_t inits, aborts;
} mock_codec;

#endif
