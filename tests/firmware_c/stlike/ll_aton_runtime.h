/* Stands in for the NPU's runtime in tests: its loop in one call. */
#ifndef LL_ATON_RUNTIME_H
#define LL_ATON_RUNTIME_H

#include <stdint.h>

typedef struct {
    int epochs;
} NN_Instance_TypeDef;

typedef enum { LL_ATON_User_IO_NOERROR = 0 } LL_ATON_User_IO_Result_t;

LL_ATON_User_IO_Result_t LL_ATON_Set_User_Input_Buffer_Default(uint32_t number, void *buffer, uint32_t size);
LL_ATON_User_IO_Result_t LL_ATON_Set_User_Output_Buffer_Default(uint32_t number, void *buffer, uint32_t size);
void LL_ATON_RT_Main(NN_Instance_TypeDef *model);

#endif
