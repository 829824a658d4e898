/* A camera with two pipes and a sensor of 2592 x 1944: frame number n is grey, brighter from frame to frame, on both pipes
 * at once, and its interrupt comes at n * 33 ms and 500 microseconds.
 */
#include "cmw_camera.h"

#include <string.h>

#define SENSOR_WIDTH 2592u
#define SENSOR_HEIGHT 1944u
#define PERIOD 33u
#define HALF_MILLISECOND 16000u

SysTick_Type mock_systick = {31999u, 31999u};
SCB_Type mock_scb;
uint32_t mock_ticks, mock_invalidated, mock_cleaned;

static DCMIPP_TypeDef registers;
static DCMIPP_HandleTypeDef handle = {&registers};
static CMW_DCMIPP_Conf_t pipes[3];
static uint8_t *buffers[3];

uint32_t HAL_GetTick(void)
{
    return mock_ticks;
}

void SCB_InvalidateDCache_by_Addr(volatile void *address, int32_t size)
{
    mock_invalidated += address != NULL && size > 0 ? 1u : 0u;
}

void SCB_CleanDCache_by_Addr(volatile void *address, int32_t size)
{
    mock_cleaned += address != NULL && size > 0 ? 1u : 0u;
}

int32_t CMW_CAMERA_SetPipeConfig(uint32_t pipe, CMW_DCMIPP_Conf_t *settings, uint32_t *pitch)
{
    pipes[pipe] = *settings;
    *pitch = settings->output_width * (uint32_t)settings->output_bpp;
    if (settings->crop) {
        DCMIPP_CropConfTypeDef crop = {0};
        crop.VSize = SENSOR_HEIGHT;
        crop.HSize = settings->output_width * SENSOR_HEIGHT / settings->output_height;
        crop.HSize = crop.HSize < SENSOR_WIDTH ? crop.HSize : SENSOR_WIDTH;
        crop.HStart = (SENSOR_WIDTH - crop.HSize) / 2u;
        (void)HAL_DCMIPP_PIPE_SetCropConfig(&handle, pipe, &crop);
    }
    return 0;
}

int32_t CMW_CAMERA_Start(uint32_t pipe, uint8_t *pixels, uint32_t mode)
{
    (void)mode;
    buffers[pipe] = pixels;
    return 0;
}

void DCMIPP_IRQHandler(void)
{
    HAL_DCMIPP_IRQHandler(&handle);
}

static void fill(uint32_t pipe, uint32_t grey)
{
    const CMW_DCMIPP_Conf_t *p = &pipes[pipe];
    uint32_t i, count = p->output_width * p->output_height;
    uint8_t *at = buffers[pipe];
    if (at == NULL) {
        return;
    }
    if (p->output_bpp == 3) {
        memset(at, (int)grey, count * 3u);
        return;
    }
    for (i = 0; i < count; i++) {
        uint32_t pixel = (grey >> 3) << 11 | (grey >> 2) << 5 | grey >> 3;
        at[2u * i] = (uint8_t)pixel;
        at[2u * i + 1u] = (uint8_t)(pixel >> 8);
    }
}

void mock_camera_frame(uint32_t number)
{
    mock_ticks = number * PERIOD;
    mock_systick.VAL = HALF_MILLISECOND - 1u;
    fill(DCMIPP_PIPE1, 8u * (number % 32u));
    fill(DCMIPP_PIPE2, 8u * (number % 32u));
    registers.CMSR2 = 0;
    DCMIPP_IRQHandler(); /* of the other pipe */
    registers.CMSR2 = DCMIPP_CMSR2_P2FRAMEF;
    DCMIPP_IRQHandler();
    mock_ticks += 1u;
}
