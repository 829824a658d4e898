/* SPDX-License-Identifier: MIT
 *
 * Stands in for the screen over USB that ST's applications for the NUCLEO-N657X0-Q have: the stream needs its USB port and
 * its 600 KB. What the application draws goes nowhere; sizes and formats are told as before, so that it computes as before.
 */
#include "scrl.h"

#include "stm32_lcd.h"

static SCRL_LayerConfig layers[SCRL_LAYER_NB];
static uint32_t layer;

static int32_t draw_bitmap(uint32_t device, uint32_t x, uint32_t y, uint8_t *bitmap)
{
    (void)device;
    (void)x;
    (void)y;
    (void)bitmap;
    return 0;
}

static int32_t fill_rgb(uint32_t device, uint32_t x, uint32_t y, uint8_t *pixels, uint32_t width, uint32_t height)
{
    (void)device;
    (void)x;
    (void)y;
    (void)pixels;
    (void)width;
    (void)height;
    return 0;
}

static int32_t draw_line(uint32_t device, uint32_t x, uint32_t y, uint32_t length, uint32_t colour)
{
    (void)device;
    (void)x;
    (void)y;
    (void)length;
    (void)colour;
    return 0;
}

static int32_t fill(uint32_t device, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t colour)
{
    (void)device;
    (void)x;
    (void)y;
    (void)width;
    (void)height;
    (void)colour;
    return 0;
}

static int32_t get_pixel(uint32_t device, uint32_t x, uint32_t y, uint32_t *colour)
{
    (void)device;
    (void)x;
    (void)y;
    *colour = 0;
    return 0;
}

static int32_t set_pixel(uint32_t device, uint32_t x, uint32_t y, uint32_t colour)
{
    (void)device;
    (void)x;
    (void)y;
    (void)colour;
    return 0;
}

static int32_t get_width(uint32_t device, uint32_t *width)
{
    (void)device;
    *width = layers[layer].size.width;
    return 0;
}

static int32_t get_height(uint32_t device, uint32_t *height)
{
    (void)device;
    *height = layers[layer].size.height;
    return 0;
}

static int32_t set_layer(uint32_t device, uint32_t wanted)
{
    (void)device;
    layer = wanted < (uint32_t)SCRL_LAYER_NB ? wanted : 0u;
    return 0;
}

static int32_t get_format(uint32_t device, uint32_t *format)
{
    (void)device;
    *format = layers[layer].format == SCRL_RGB565 ? LCD_PIXEL_FORMAT_RGB565 : LCD_PIXEL_FORMAT_ARGB4444;
    return 0;
}

static const LCD_UTILS_Drv_t nothing = {draw_bitmap, fill_rgb,  draw_line, draw_line,  fill,      get_pixel,
                                        set_pixel,   get_width, get_height, set_layer, get_format};

int SCRL_Init(SCRL_LayerConfig *settings[SCRL_LAYER_NB], SCRL_ScreenConfig *screen)
{
    uint32_t i;
    (void)screen;
    for (i = 0; i < (uint32_t)SCRL_LAYER_NB; i++) {
        layers[i] = *settings[i];
    }
    UTIL_LCD_SetFuncDriver(&nothing);
    return 0;
}

int SCRL_SetAddress_NoReload(void *address, SCRL_Layer of)
{
    (void)address;
    (void)of;
    return 0;
}

int SCRL_ReloadLayer(SCRL_Layer of)
{
    (void)of;
    return 0;
}

int SRCL_Update(void)
{
    return 0;
}
