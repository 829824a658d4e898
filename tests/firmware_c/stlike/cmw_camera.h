/* Stands in for ST's camera middleware in tests. */
#ifndef CMW_CAMERA_H
#define CMW_CAMERA_H

#include <stdint.h>

#include "stm32n6xx_hal.h"

typedef struct {
    uint32_t output_width, output_height;
    int output_format, output_bpp;
    int crop; /* whether the middle is cut out; else the whole sensor is squeezed in */
} CMW_DCMIPP_Conf_t;

#define CMW_MODE_CONTINUOUS 0u
#define CMW_MODE_SNAPSHOT 1u

int32_t CMW_CAMERA_SetPipeConfig(uint32_t pipe, CMW_DCMIPP_Conf_t *settings, uint32_t *pitch);
int32_t CMW_CAMERA_Start(uint32_t pipe, uint8_t *pixels, uint32_t mode);
void DCMIPP_IRQHandler(void);

/* For the application that stands in: wait for the next frame, and that its interrupt comes. */
void mock_camera_frame(uint32_t number);

#endif
