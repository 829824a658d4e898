/* Stands in for the NPU's runtime in tests: its loop in one call. */
#ifndef LL_ATON_RUNTIME_H
#define LL_ATON_RUNTIME_H

typedef struct {
    int epochs;
} NN_Instance_TypeDef;

void LL_ATON_RT_Main(NN_Instance_TypeDef *model);

#endif
