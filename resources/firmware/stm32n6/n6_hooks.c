/* SPDX-License-Identifier: MIT
 *
 * How ST's pose applications come to the live stream without a change in their sources: the linker is told to --wrap these
 * functions, so that calls of NAME reach __wrap_NAME, and __real_NAME is the application's own. n6studio.mk lists them.
 *
 * Post-processing is our own: app_postprocess_run finds people by n6_decode and hands them to the application's screen in
 * its own structure; the application's post-processing is not linked.
 */
#include "app_postprocess.h"
#include "cmw_camera.h"
#include "n6_config.h"
#include "n6_live.h"
#include "n6_stream.h"
#include "stm32n6xx_hal.h"

/* --- the camera --- */

int32_t __real_CMW_CAMERA_SetPipeConfig(uint32_t pipe, CMW_DCMIPP_Conf_t *settings, uint32_t *pitch);
int32_t __wrap_CMW_CAMERA_SetPipeConfig(uint32_t pipe, CMW_DCMIPP_Conf_t *settings, uint32_t *pitch);
int32_t __real_CMW_CAMERA_Start(uint32_t pipe, uint8_t *pixels, uint32_t mode);
int32_t __wrap_CMW_CAMERA_Start(uint32_t pipe, uint8_t *pixels, uint32_t mode);
HAL_StatusTypeDef __real_HAL_DCMIPP_PIPE_SetCropConfig(DCMIPP_HandleTypeDef *camera, uint32_t pipe,
                                                       const DCMIPP_CropConfTypeDef *crop);
HAL_StatusTypeDef __wrap_HAL_DCMIPP_PIPE_SetCropConfig(DCMIPP_HandleTypeDef *camera, uint32_t pipe,
                                                       const DCMIPP_CropConfTypeDef *crop);
void __real_HAL_DCMIPP_IRQHandler(DCMIPP_HandleTypeDef *camera);
void __wrap_HAL_DCMIPP_IRQHandler(DCMIPP_HandleTypeDef *camera);

static n6_pipe pipe_of(uint32_t pipe)
{
    return pipe == DCMIPP_PIPE1 ? N6_SCREEN_PIPE : pipe == DCMIPP_PIPE2 ? N6_MODEL_PIPE : N6_PIPES;
}

int32_t __wrap_CMW_CAMERA_SetPipeConfig(uint32_t pipe, CMW_DCMIPP_Conf_t *settings, uint32_t *pitch)
{
    int32_t status = __real_CMW_CAMERA_SetPipeConfig(pipe, settings, pitch);
    if (status == 0 && pipe_of(pipe) != N6_PIPES) {
        n6_live_geometry(pipe_of(pipe), settings->output_width, settings->output_height,
                         (uint32_t)settings->output_bpp, *pitch);
    }
    return status;
}

HAL_StatusTypeDef __wrap_HAL_DCMIPP_PIPE_SetCropConfig(DCMIPP_HandleTypeDef *camera, uint32_t pipe,
                                                       const DCMIPP_CropConfTypeDef *crop)
{
    if (pipe_of(pipe) != N6_PIPES) {
        n6_live_crop(pipe_of(pipe), crop->HStart, crop->VStart, crop->HSize, crop->VSize);
    }
    return __real_HAL_DCMIPP_PIPE_SetCropConfig(camera, pipe, crop);
}

int32_t __wrap_CMW_CAMERA_Start(uint32_t pipe, uint8_t *pixels, uint32_t mode)
{
    if (pipe_of(pipe) != N6_PIPES) {
        n6_live_buffer(pipe_of(pipe), pixels);
    }
    return __real_CMW_CAMERA_Start(pipe, pixels, mode);
}

void __wrap_HAL_DCMIPP_IRQHandler(DCMIPP_HandleTypeDef *camera)
{
    if ((camera->Instance->CMSR2 & DCMIPP_CMSR2_P2FRAMEF) != 0u) {
        n6_live_exposed();
    }
    __real_HAL_DCMIPP_IRQHandler(camera);
}

/* --- the model: one of three kinds of loop --- */

#if defined(N6_RUN_LOOP)

#include "ll_aton_runtime.h"

void __real_LL_ATON_RT_Main(NN_Instance_TypeDef *model);
void __wrap_LL_ATON_RT_Main(NN_Instance_TypeDef *model);

void __wrap_LL_ATON_RT_Main(NN_Instance_TypeDef *model)
{
    n6_live_before_model();
    __real_LL_ATON_RT_Main(model);
    n6_live_after_model();
}

#elif defined(N6_RUN_THREADS)

/* One thread runs the model, another finds people. All of the stream is the first one's: it knows which input belongs to
 * which output. The second one's people go to the screen alone. Images are the model's input, for the screen's are others. */
#include "ll_aton_runtime.h"

LL_ATON_User_IO_Result_t __real_LL_ATON_Set_User_Input_Buffer_Default(uint32_t number, void *buffer, uint32_t size);
LL_ATON_User_IO_Result_t __wrap_LL_ATON_Set_User_Input_Buffer_Default(uint32_t number, void *buffer, uint32_t size);
LL_ATON_User_IO_Result_t __real_LL_ATON_Set_User_Output_Buffer_Default(uint32_t number, void *buffer, uint32_t size);
LL_ATON_User_IO_Result_t __wrap_LL_ATON_Set_User_Output_Buffer_Default(uint32_t number, void *buffer, uint32_t size);
void __real_LL_ATON_RT_Main(NN_Instance_TypeDef *model);
void __wrap_LL_ATON_RT_Main(NN_Instance_TypeDef *model);

#ifdef N6_SPLIT_LEVELS
#error "with a thread of its own a model has one output here, and cannot have a split head"
#endif

static void *model_output;

LL_ATON_User_IO_Result_t __wrap_LL_ATON_Set_User_Input_Buffer_Default(uint32_t number, void *buffer, uint32_t size)
{
    n6_live_buffer(N6_MODEL_PIPE, (uint8_t *)buffer);
    return __real_LL_ATON_Set_User_Input_Buffer_Default(number, buffer, size);
}

LL_ATON_User_IO_Result_t __wrap_LL_ATON_Set_User_Output_Buffer_Default(uint32_t number, void *buffer, uint32_t size)
{
    model_output = buffer;
    return __real_LL_ATON_Set_User_Output_Buffer_Default(number, buffer, size);
}

void __wrap_LL_ATON_RT_Main(NN_Instance_TypeDef *model)
{
    n6_live_before_model();
    __real_LL_ATON_RT_Main(model);
    n6_live_after_model();
    (void)n6_live_results(&model_output);
}

#elif defined(N6_RUN_EPOCHS)

#include "ll_aton_rt_user_api.h"

LL_ATON_RT_RetValues_t __real_LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *model);
LL_ATON_RT_RetValues_t __wrap_LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *model);
void __real_LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *model);
void __wrap_LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *model);

static bool model_runs;

LL_ATON_RT_RetValues_t __wrap_LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *model)
{
    if (!model_runs) {
        n6_live_before_model();
        model_runs = true;
    }
    return __real_LL_ATON_RT_RunEpochBlock(model);
}

void __wrap_LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *model)
{
    if (model_runs) {
        n6_live_after_model();
        model_runs = false;
    }
    __real_LL_ATON_RT_Reset_Network(model);
}

#elif defined(N6_RUN_STAI)

#include "stai_network.h"

stai_return_code __real_stai_network_run(stai_network *model, const stai_run_mode mode);
stai_return_code __wrap_stai_network_run(stai_network *model, const stai_run_mode mode);

stai_return_code __wrap_stai_network_run(stai_network *model, const stai_run_mode mode)
{
    stai_return_code code;
    n6_live_before_model();
    code = __real_stai_network_run(model, mode);
    n6_live_after_model();
    return code;
}

#else
#error "n6_config.h does not say how the application runs its model"
#endif

/* --- post-processing --- */

int32_t __wrap_app_postprocess_init(void *parameters);
int32_t __wrap_app_postprocess_run(void *outputs[], int count, void *found, void *parameters);

static mpe_pp_outBuffer_t boxes[N6_MAX_DETECTIONS];
static mpe_pp_keyPoints_t points[N6_MAX_DETECTIONS][N6_KEYPOINTS];

/* Later releases give more arguments, which nobody needs. */
int32_t __wrap_app_postprocess_init(void *parameters)
{
    (void)parameters;
    return 0;
}

/* Fill the application's structure: fractions of the model's input. */
static void fill(const float *person, mpe_pp_outBuffer_t *box, mpe_pp_keyPoints_t *places)
{
    const float width = (float)N6_INPUT_WIDTH, height = (float)N6_INPUT_HEIGHT;
    const float *point = person + 5;
    uint32_t k;
    box->x_center = (person[0] + person[2]) / 2.0f / width;
    box->y_center = (person[1] + person[3]) / 2.0f / height;
    box->width = (person[2] - person[0]) / width;
    box->height = (person[3] - person[1]) / height;
    box->conf = person[4];
    box->class_index = 0;
    box->pKeyPoints = places;
    for (k = 0; k < N6_KEYPOINTS; k++, point += 3) {
        places[k].x = point[0] / width;
        places[k].y = point[1] / height;
        places[k].conf = point[2];
    }
}

#ifdef N6_RUN_THREADS
static uint32_t find(void *const *outputs, const float **first)
{
    static n6_candidate room[N6_LIVE_CANDIDATES];
    static float people[N6_MAX_DETECTIONS * N6_PERSON_FLOATS(N6_KEYPOINTS)];
    *first = people;
    return n6_live_find(outputs, room, people).count;
}
#else
static uint32_t find(void *const *outputs, const float **first)
{
    *first = n6_live_people();
    return n6_live_results(outputs);
}
#endif

int32_t __wrap_app_postprocess_run(void *outputs[], int count, void *found, void *parameters)
{
    mpe_pp_out_t *out = (mpe_pp_out_t *)found;
    const float *person;
    uint32_t i, people;
    (void)parameters;
    if (count < (int)N6_LIVE_OUTPUTS) {
        return -1;
    }
    people = find(outputs, &person);
    for (i = 0; i < people; i++, person += N6_PERSON_FLOATS(N6_KEYPOINTS)) {
        fill(person, &boxes[i], points[i]);
    }
    out->pOutBuff = boxes;
    out->nb_detect = (int32_t)people;
    return 0;
}
