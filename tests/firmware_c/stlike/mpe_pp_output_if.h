/* Stands in for the structure in which ST's post-processing returns people. */
#ifndef MPE_PP_OUTPUT_IF_H
#define MPE_PP_OUTPUT_IF_H

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

#endif
