/* Stands in for the NPU's runtime in tests: its loop epoch by epoch. */
#ifndef LL_ATON_RT_USER_API_H
#define LL_ATON_RT_USER_API_H

#include "ll_aton_runtime.h"

typedef enum { LL_ATON_RT_NO_WFE = 0, LL_ATON_RT_WFE, LL_ATON_RT_DONE } LL_ATON_RT_RetValues_t;

LL_ATON_RT_RetValues_t LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *model);
void LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *model);

#endif
