/* Draws on the screen that stands in, and tells what the drawing functions learn of it. */
#include "scrl.h"

#include <stdio.h>

#include "stm32_lcd.h"

const LCD_UTILS_Drv_t *mock_driver;

void UTIL_LCD_SetFuncDriver(const LCD_UTILS_Drv_t *driver)
{
    mock_driver = driver;
}

int main(void)
{
    SCRL_LayerConfig background = {{0, 0}, {240, 200}, SCRL_RGB565, NULL};
    SCRL_LayerConfig foreground = {{40, 0}, {320, 240}, SCRL_ARGB4444, NULL};
    SCRL_LayerConfig *layers[SCRL_LAYER_NB] = {&background, &foreground};
    SCRL_ScreenConfig screen = {{320, 240}, SCRL_RGB565, NULL, 30};
    uint32_t number, values[3], pixel = 7;
    uint8_t nothing[4] = {0};
    if (SCRL_Init(layers, &screen) != 0 || mock_driver == NULL) {
        return 1;
    }
    for (number = 0; number < 3; number++) {
        (void)mock_driver->SetLayer(0, number);
        (void)mock_driver->GetXSize(0, &values[0]);
        (void)mock_driver->GetYSize(0, &values[1]);
        (void)mock_driver->GetFormat(0, &values[2]);
        printf("%u %u %u\n", (unsigned)values[0], (unsigned)values[1], (unsigned)values[2]);
    }
    (void)mock_driver->GetPixel(0, 500, 500, &pixel);
    return (int)pixel + mock_driver->SetPixel(0, 9999, 9999, 1) + mock_driver->FillRect(0, 0, 0, 9999, 9999, 1) +
           mock_driver->DrawHLine(0, 1, 2, 3, 4) + mock_driver->DrawVLine(0, 1, 2, 3, 4) +
           mock_driver->DrawBitmap(0, 1, 2, nothing) + mock_driver->FillRGBRect(0, 1, 2, nothing, 9999, 9999) +
           SCRL_SetAddress_NoReload(NULL, SCRL_LAYER_1) + SCRL_ReloadLayer(SCRL_LAYER_1) + SRCL_Update();
}
