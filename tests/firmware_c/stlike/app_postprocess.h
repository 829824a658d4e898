/* Stands in for ST's post-processing in tests. */
#ifndef APP_POSTPROCESS_H
#define APP_POSTPROCESS_H

#include <stdint.h>

typedef struct {
    float x, y, conf;
} mpe_pp_keyPoints_t;
typedef struct {
    float x_center, y_center, width, height, conf;
    int32_t class_index;
    mpe_pp_keyPoints_t *pKeyPoints;
} mpe_pp_outBuffer_t;
typedef struct {
    mpe_pp_outBuffer_t *pOutBuff;
    int32_t nb_detect;
} mpe_pp_out_t;

#ifdef N6_RUN_LOOP_SHAPE
int32_t app_postprocess_init(void *parameters);
#else
int32_t app_postprocess_init(void *parameters, void *model); /* later releases have one more */
#endif
int32_t app_postprocess_run(void *inputs[], int count, void *found, void *parameters);

#endif
