/* What stands below the application that stands in: the camera's HAL, the runtime, the model, and post-processing that must
 * not be linked. The model "finds" one person in the frame whose brightness it reads: x is the frame's number.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "app_postprocess.h"
#include "ll_aton_rt_user_api.h"
#include "n6_config.h"
#include "n6_decode.h"
#include "stai_network.h"
#include "stm32n6xx_hal.h"

extern uint8_t model_input[];
extern float model_output[];
extern uint32_t mock_ticks;

HAL_StatusTypeDef HAL_DCMIPP_PIPE_SetCropConfig(DCMIPP_HandleTypeDef *camera, uint32_t pipe,
                                                const DCMIPP_CropConfTypeDef *crop)
{
    return camera != NULL && pipe > 0u && crop->HSize > 0u ? HAL_OK : HAL_ERROR;
}

void HAL_DCMIPP_IRQHandler(DCMIPP_HandleTypeDef *camera)
{
    camera->Instance->CMSR2 = 0;
}

#ifdef N6_SPLIT_LEVELS
extern int8_t split_outputs[9][SPLIT_BYTES];

/* Write nine outputs full of a pattern, with confidence in two cells of the first level only; takes 20 ms. */
static void run_model(void)
{
    static const int8_t scores[] = SPLIT_SCORES; /* which of the outputs are confidences */
    uint32_t number = model_input[0] / 8u, place, i;
    for (place = 0; place < 9u; place++) {
        bool score = place == (uint32_t)scores[0] || place == (uint32_t)scores[1] || place == (uint32_t)scores[2];
        for (i = 0; i < SPLIT_BYTES; i++) {
            split_outputs[place][i] = score ? -128 : (int8_t)((int32_t)((i * 7u + number * 13u + place * 29u) % 251u) - 125);
        }
    }
    split_outputs[scores[0]][number] = 120;
    split_outputs[scores[0]][number + 30u] = 110;
    mock_ticks += 20u;
}
#else
/* A candidate for a person at x = number / 32 of the input's width, with its first keypoint. */
static void put_candidate(uint32_t at, uint32_t number, float confidence, float keypoint)
{
    model_output[0 * N6_CANDIDATES + at] = (float)number / 32.0f;
    model_output[1 * N6_CANDIDATES + at] = 0.5f;
    model_output[2 * N6_CANDIDATES + at] = 0.01f;
    model_output[3 * N6_CANDIDATES + at] = 0.5f;
    model_output[4 * N6_CANDIDATES + at] = confidence;
    model_output[5 * N6_CANDIDATES + at] = keypoint;
}

/* Write the output, channels first, for one person, whom a weaker candidate sees with another keypoint, and take 20 ms. */
static void run_model(void)
{
    uint32_t number = model_input[0] / 8u, k;
    for (k = 0; k < (5u + 3u * N6_KEYPOINTS) * N6_CANDIDATES; k++) {
        model_output[k] = 0.0f;
    }
    put_candidate(number, number, 0.9f, 0.25f);
    put_candidate(number + 40u, number, 0.6f, 0.75f);
    mock_ticks += 20u;
}
#endif

LL_ATON_User_IO_Result_t LL_ATON_Set_User_Input_Buffer_Default(uint32_t number, void *buffer, uint32_t size)
{
    if (number != 0u || buffer != (void *)model_input || size == 0u) {
        abort();
    }
    return LL_ATON_User_IO_NOERROR;
}

LL_ATON_User_IO_Result_t LL_ATON_Set_User_Output_Buffer_Default(uint32_t number, void *buffer, uint32_t size)
{
    if (number != 0u || buffer != (void *)model_output || size == 0u) {
        abort();
    }
    return LL_ATON_User_IO_NOERROR;
}

void LL_ATON_RT_Main(NN_Instance_TypeDef *model)
{
    (void)model;
    run_model();
}

LL_ATON_RT_RetValues_t LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *model)
{
    model->epochs++;
    if (model->epochs == 1) {
        run_model();
    }
    return model->epochs < 5 ? LL_ATON_RT_WFE : LL_ATON_RT_DONE;
}

void LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *model)
{
    model->epochs = 0;
}

stai_return_code stai_network_run(stai_network *model, const stai_run_mode mode)
{
    (void)model;
    (void)mode;
    run_model();
    return 0;
}

int32_t app_postprocess_run(void *inputs[], int count, void *found, void *parameters)
{
    (void)inputs;
    (void)count;
    (void)found;
    (void)parameters;
    abort();
}
