/* An application that stands in for ST's: the same calls in the same order. Usage:
 *     application FRAMES BYTES_PER_FRAME [NUMBER TEXT]...
 * The link takes so many bytes for each frame; before frame NUMBER the computer says TEXT, or closes and opens the port
 * where TEXT is "close" and "open". "evaluate" lets it evaluate on inputs.bin: records of length (32 bits) and bytes, one at each
 * look at the link. What was sent goes to sent.bin, what the screen would show to screen.txt.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_postprocess.h"
#include "cmw_camera.h"
#include "n6_config.h"
#include "n6_link.h"

#if defined(N6_RUN_LOOP) || defined(N6_RUN_THREADS)
#include "ll_aton_runtime.h"
static NN_Instance_TypeDef model;
#elif defined(N6_RUN_EPOCHS)
#include "ll_aton_rt_user_api.h"
static NN_Instance_TypeDef model;
#else
#include "stai_network.h"
#endif

uint8_t model_input[N6_INPUT_WIDTH * N6_INPUT_HEIGHT * 3];
float model_output[(5 + 3 * N6_KEYPOINTS) * N6_CANDIDATES];
#ifdef N6_SPLIT_LEVELS
#define OUTPUTS 9
int8_t split_outputs[OUTPUTS][SPLIT_BYTES];
#else
#define OUTPUTS 1
#endif
static uint8_t screen[SCREEN_WIDTH * SCREEN_HEIGHT * 2];
extern uint32_t mock_ticks, mock_invalidated;

/* --- the link --- */

static FILE *sent;
static size_t room;
static int open_now = 1, connected;
static void (*tell)(const uint8_t *data, size_t length);

bool n6_link_start(void (*received)(const uint8_t *data, size_t length))
{
    tell = received;
    return true;
}

static size_t take(void *context, const uint8_t *data, size_t length)
{
    size_t taken = length < room ? length : room;
    (void)context;
    room -= taken;
    (void)fwrite(data, 1, taken, sent);
    return taken;
}

n6_port n6_link_port(void)
{
    n6_port port = {NULL, take, NULL};
    return port;
}

static FILE *inputs;

/* What the computer says while the application waits for it. */
static void feed(void)
{
    static uint8_t record[1u << 16];
    uint8_t head[4];
    if (inputs != NULL && fread(head, 1, 4, inputs) == 4u) {
        size_t length = n6_u32(head);
        if (fread(record, 1, length, inputs) == length) {
            tell(record, length);
        }
    }
}

bool n6_link_open(void)
{
    feed();
    return open_now != 0;
}

const char *n6_link_name(void)
{
    return "a cable";
}

bool n6_link_connected(void)
{
    bool was = connected != 0;
    connected = 0;
    return was;
}

/* --- the application --- */

static void run_model(void)
{
#if defined(N6_RUN_LOOP)
    LL_ATON_RT_Main(&model);
#elif defined(N6_RUN_THREADS)
    (void)LL_ATON_Set_User_Input_Buffer_Default(0, model_input, sizeof model_input);
    (void)LL_ATON_Set_User_Output_Buffer_Default(0, model_output, sizeof model_output);
    LL_ATON_RT_Main(&model);
#elif defined(N6_RUN_EPOCHS)
    LL_ATON_RT_RetValues_t value;
    do {
        value = LL_ATON_RT_RunEpochBlock(&model);
    } while (value != LL_ATON_RT_DONE);
    LL_ATON_RT_Reset_Network(&model);
#else
    (void)stai_network_run(NULL, STAI_MODE_SYNC);
#endif
}

static void say(const char *text)
{
    if (strcmp(text, "close") == 0) {
        open_now = 0;
    } else if (strcmp(text, "evaluate") == 0) {
        inputs = fopen("inputs.bin", "rb");
    } else if (strcmp(text, "open") == 0) {
        open_now = 1;
        connected = 1;
    } else {
        tell((const uint8_t *)text, strlen(text));
    }
}

int main(int argc, char **argv)
{
    CMW_DCMIPP_Conf_t display = {SCREEN_WIDTH, SCREEN_HEIGHT, 0, 2, SCREEN_CROPPED};
    CMW_DCMIPP_Conf_t input = {N6_INPUT_WIDTH, N6_INPUT_HEIGHT, 0, 3, INPUT_CROPPED};
#ifdef N6_SPLIT_LEVELS
    void *outputs[OUTPUTS];
#else
    void *outputs[OUTPUTS] = {model_output};
#endif
    mpe_pp_out_t found;
    uint32_t pitch, number, frames = (uint32_t)atoi(argv[1]);
    FILE *shown = fopen("screen.txt", "w");
    int i;
#ifdef N6_SPLIT_LEVELS
    for (i = 0; i < OUTPUTS; i++) {
        outputs[i] = split_outputs[i];
    }
#endif
    sent = fopen("sent.bin", "wb");
    if (sent == NULL || shown == NULL) {
        return 2;
    }
#ifdef N6_RUN_LOOP_SHAPE
    (void)app_postprocess_init(&found);
#else
    (void)app_postprocess_init(&found, NULL);
#endif
    (void)CMW_CAMERA_SetPipeConfig(DCMIPP_PIPE1, &display, &pitch);
    (void)CMW_CAMERA_SetPipeConfig(DCMIPP_PIPE2, &input, &pitch);
    (void)CMW_CAMERA_Start(DCMIPP_PIPE1, screen, CMW_MODE_CONTINUOUS);
    for (number = 1; number <= frames; number++) {
        (void)CMW_CAMERA_Start(DCMIPP_PIPE2, model_input, CMW_MODE_SNAPSHOT);
        for (i = 3; i + 1 < argc; i += 2) {
            if ((uint32_t)atoi(argv[i]) == number) {
                say(argv[i + 1]);
            }
        }
        mock_camera_frame(number);
        room = (size_t)atoi(argv[2]);
        run_model();
        if (app_postprocess_run(outputs, OUTPUTS - 1, &found, NULL) == 0) {
            return 4;
        }
        if (app_postprocess_run(outputs, OUTPUTS, &found, NULL) != 0) {
            return 3;
        }
        for (i = 0; i < found.nb_detect; i++) {
            fprintf(shown, "%u %.6f %.6f %.6f\n", (unsigned)number, found.pOutBuff[i].x_center,
                    found.pOutBuff[i].conf, found.pOutBuff[i].pKeyPoints[0].x);
        }
        mock_ticks += 2u;
    }
    printf("%u\n", (unsigned)mock_invalidated);
    return fclose(sent) + fclose(shown);
}
