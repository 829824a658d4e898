/* Stands in for ST's screen over USB in tests. */
#ifndef SCRL_H
#define SCRL_H

#include <stdint.h>

typedef enum { SCRL_LAYER_0 = 0, SCRL_LAYER_1, SCRL_LAYER_NB } SCRL_Layer;
typedef enum { SCRL_RGB565 = 0, SCRL_ARGB4444 } SCRL_Format;
typedef struct {
    struct {
        uint16_t x, y;
    } origin;
    struct {
        uint16_t width, height;
    } size;
    SCRL_Format format;
    void *address;
} SCRL_LayerConfig;
typedef struct {
    struct {
        uint16_t width, height;
    } size;
    SCRL_Format format;
    void *address;
    uint16_t fps;
} SCRL_ScreenConfig;

int SCRL_Init(SCRL_LayerConfig *settings[SCRL_LAYER_NB], SCRL_ScreenConfig *screen);
int SCRL_SetAddress_NoReload(void *address, SCRL_Layer layer);
int SCRL_ReloadLayer(SCRL_Layer layer);
int SRCL_Update(void);

#endif
