/* Stands in for ST's post-processing in tests. */
#ifndef APP_POSTPROCESS_H
#define APP_POSTPROCESS_H

#include "mpe_pp_output_if.h"

#ifdef N6_RUN_LOOP_SHAPE
int32_t app_postprocess_init(void *parameters);
#else
int32_t app_postprocess_init(void *parameters, void *model); /* later releases have one more */
#endif
int32_t app_postprocess_run(void *inputs[], int count, void *found, void *parameters);

#endif
