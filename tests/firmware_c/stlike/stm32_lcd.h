/* Stands in for ST's drawing in tests: keeps the driver that it is given. */
#ifndef STM32_LCD_H
#define STM32_LCD_H

#include <stdint.h>

#define LCD_PIXEL_FORMAT_RGB565 2u
#define LCD_PIXEL_FORMAT_ARGB4444 4u

typedef struct {
    int32_t (*DrawBitmap)(uint32_t, uint32_t, uint32_t, uint8_t *);
    int32_t (*FillRGBRect)(uint32_t, uint32_t, uint32_t, uint8_t *, uint32_t, uint32_t);
    int32_t (*DrawHLine)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int32_t (*DrawVLine)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int32_t (*FillRect)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
    int32_t (*GetPixel)(uint32_t, uint32_t, uint32_t, uint32_t *);
    int32_t (*SetPixel)(uint32_t, uint32_t, uint32_t, uint32_t);
    int32_t (*GetXSize)(uint32_t, uint32_t *);
    int32_t (*GetYSize)(uint32_t, uint32_t *);
    int32_t (*SetLayer)(uint32_t, uint32_t);
    int32_t (*GetFormat)(uint32_t, uint32_t *);
} LCD_UTILS_Drv_t;

extern const LCD_UTILS_Drv_t *mock_driver;
void UTIL_LCD_SetFuncDriver(const LCD_UTILS_Drv_t *driver);

#endif
