/* A codec that takes MCUs until there are no more and then writes what the test wants, like ST's HAL by polling: a full
 * output buffer is reported and written over from its start.
 */
#include "stm32n6xx_hal.h"

#include <string.h>

int mock_jpeg_unit, mock_jpeg_clock;
struct mock_codec mock_codec;

static const uint8_t *next;
static uint32_t next_length;

HAL_StatusTypeDef HAL_JPEG_Init(JPEG_HandleTypeDef *hjpeg)
{
    HAL_JPEG_MspInit(hjpeg);
    hjpeg->initialised = hjpeg->Instance == JPEG && mock_jpeg_clock == 3;
    mock_codec.inits++;
    return hjpeg->initialised ? HAL_OK : HAL_ERROR;
}

HAL_StatusTypeDef HAL_JPEG_DeInit(JPEG_HandleTypeDef *hjpeg)
{
    hjpeg->initialised = 0;
    hjpeg->configured = 0;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_JPEG_ConfigEncoding(JPEG_HandleTypeDef *hjpeg, const JPEG_ConfTypeDef *settings)
{
    if (!hjpeg->initialised) {
        return HAL_ERROR;
    }
    hjpeg->configured = 1;
    mock_codec.settings = *settings;
    return HAL_OK;
}

void HAL_JPEG_ConfigInputBuffer(JPEG_HandleTypeDef *hjpeg, uint8_t *mcus, uint32_t length)
{
    (void)hjpeg;
    next = mcus;
    next_length = length;
}

HAL_StatusTypeDef HAL_JPEG_Abort(JPEG_HandleTypeDef *hjpeg)
{
    hjpeg->configured = 0;
    mock_codec.aborts++;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_JPEG_Encode(JPEG_HandleTypeDef *hjpeg, uint8_t *mcus, uint32_t length, uint8_t *out,
                                  uint32_t room, uint32_t milliseconds)
{
    uint32_t i, filled = 0;
    if (!hjpeg->configured || milliseconds == 0u) {
        return HAL_ERROR;
    }
    next = mcus;
    next_length = length;
    while (next_length > 0u) {
        if (next_length > mock_codec.taken_room - mock_codec.taken_length) {
            return HAL_ERROR;
        }
        memcpy(mock_codec.taken + mock_codec.taken_length, next, next_length);
        mock_codec.taken_length += next_length;
        HAL_JPEG_GetDataCallback(hjpeg, next_length);
    }
    for (i = 0; i < mock_codec.output_length; i++) {
        out[filled] = mock_codec.output[i];
        filled++;
        if (filled == room) {
            HAL_JPEG_DataReadyCallback(hjpeg, out, filled);
            filled = 0;
        }
    }
    if (mock_codec.stick) {
        return HAL_TIMEOUT;
    }
    if (filled > 0u) {
        HAL_JPEG_DataReadyCallback(hjpeg, out, filled);
    }
    return HAL_OK;
}
