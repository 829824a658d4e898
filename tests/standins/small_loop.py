"""What `small_application` gets where the live stream is to be added: a camera, a loop, post-processing, drivers.

The C is that of `tests/firmware_c/stlike`, in ST's places and under ST's names.
"""

from pathlib import Path

STLIKE = Path(__file__).resolve().parents[1] / "firmware_c" / "stlike"
DRIVERS = (
    "stm32n6xx_hal_rcc_ex", "stm32n6xx_hal_jpeg", "stm32n6xx_hal_dma", "stm32n6xx_hal_dma_ex", "stm32n6xx_hal_pcd",
    "stm32n6xx_hal_pcd_ex", "stm32n6xx_ll_usb",
)  # fmt: skip
_HAL = "STM32Cube_FW_N6/Drivers/STM32N6xx_HAL_Driver"
_HEADERS = {
    "mpe_pp_output_if.h": "{post}/../Inc",
    "app_postprocess.h": "{wrapper}",
    "cmw_camera.h": "{camera}",
    "stm32n6xx_hal.h": f"{_HAL}/Inc",
    "ll_aton_runtime.h": "{runtime}/Npu/ll_aton",
    "ll_aton_rt_user_api.h": "{runtime}/Npu/ll_aton",
    "scrl.h": "{screen}/Inc",
    "stm32_lcd.h": "{wrapper}",
}
_RUN = {
    "loop": '#include "ll_aton_runtime.h"\nstatic NN_Instance_TypeDef model;\n'
    "static void run(void) { LL_ATON_RT_Main(&model); }\n",
    "epochs": '#include "ll_aton_rt_user_api.h"\nstatic NN_Instance_TypeDef model;\nstatic void run(void)\n{\n'
    "  while (LL_ATON_RT_RunEpochBlock(&model) != LL_ATON_RT_DONE) {}\n  LL_ATON_RT_Reset_Network(&model);\n}\n",
    "stai": '#include "stai_network.h"\nstatic void run(void) { (void)stai_network_run(0, STAI_MODE_SYNC); }\n',
    "threads": "static void xTaskCreateStatic(void (*function)(void *)) { function(0); }\n"
    '#include "ll_aton_runtime.h"\nstatic NN_Instance_TypeDef model;\nstatic void in_thread(void *nothing)\n'
    "{\n  (void)LL_ATON_Set_User_Input_Buffer_Default(0, nothing, 1);\n"
    "  (void)LL_ATON_Set_User_Output_Buffer_Default(0, nothing, 1);\n  LL_ATON_RT_Main(&model);\n}\n"
    "static void run(void) { xTaskCreateStatic(in_thread); }\n",
}
_SCREEN = """\
#include "scrl.h"
uint8_t lcd_fg_buffer[2][320 * 240 * 2];
static uint8_t screen_buffer[320 * 240 * 2];
static void show(void)
{
  static SCRL_LayerConfig layer;
  static SCRL_ScreenConfig screen;
  screen.address = screen_buffer;
  (void)SCRL_Init((SCRL_LayerConfig *[2]){&layer, &layer}, &screen);
  (void)SCRL_SetAddress_NoReload(lcd_fg_buffer[0], SCRL_LAYER_1);
  (void)SCRL_ReloadLayer(SCRL_LAYER_1);
  (void)SRCL_Update();
}
"""
_LOOP = """\
#include <stdint.h>
#include "app_postprocess.h"
#include "cmw_camera.h"
ABOVE
static uint8_t lcd_bg_buffer[240 * 240 * 2] __attribute__((aligned(32)));
static uint8_t input[64 * 64 * 3] __attribute__((aligned(32)));
static float output[56];
static mpe_pp_out_t people;
volatile int shown;
void loop(void);
void loop(void)
{
  CMW_DCMIPP_Conf_t display = {240, 240, 0, 2, 0}, small = {64, 64, 0, 3, 0};
  void *outputs[1] = {output};
  uint32_t pitch;
  (void)app_postprocess_init(INIT);
  (void)CMW_CAMERA_SetPipeConfig(DCMIPP_PIPE1, &display, &pitch);
  (void)CMW_CAMERA_SetPipeConfig(DCMIPP_PIPE2, &small, &pitch);
  (void)CMW_CAMERA_Start(DCMIPP_PIPE1, lcd_bg_buffer, CMW_MODE_CONTINUOUS);
  show();
  for (;;) {
    (void)CMW_CAMERA_Start(DCMIPP_PIPE2, input, CMW_MODE_SNAPSHOT);
    DCMIPP_IRQHandler();
    run();
    (void)app_postprocess_run(outputs, 1, &people, 0);
    shown = people.nb_detect;
  }
}
"""
_CAMERA = """\
#include "cmw_camera.h"
static DCMIPP_TypeDef registers;
static DCMIPP_HandleTypeDef handle = {&registers};
int32_t CMW_CAMERA_SetPipeConfig(uint32_t pipe, CMW_DCMIPP_Conf_t *settings, uint32_t *pitch)
{
  DCMIPP_CropConfTypeDef crop = {0, 0, 1944, 1944, 0};
  *pitch = settings->output_width;
  return (int32_t)HAL_DCMIPP_PIPE_SetCropConfig(&handle, pipe, &crop);
}
int32_t CMW_CAMERA_Start(uint32_t pipe, uint8_t *pixels, uint32_t mode) { return pipe + mode > 9u || !pixels; }
void DCMIPP_IRQHandler(void) { HAL_DCMIPP_IRQHandler(&handle); }
"""
_POSTPROCESS = """\
#include "app_postprocess.h"
int32_t app_postprocess_init(INIT) { return 0; }
int32_t app_postprocess_run(void *inputs[], int count, void *found, void *parameters)
{
  return inputs && count && found && parameters ? 0 : -1;
}
"""
_RUNTIME = """\
#include "ll_aton_rt_user_api.h"
void LL_ATON_RT_Main(NN_Instance_TypeDef *model) { model->epochs++; }
LL_ATON_RT_RetValues_t LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *model)
{
  model->epochs++;
  return LL_ATON_RT_DONE;
}
void LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *model) { model->epochs = 0; }
LL_ATON_User_IO_Result_t LL_ATON_Set_User_Input_Buffer_Default(uint32_t number, void *buffer, uint32_t size)
{
  return number || !buffer || !size ? LL_ATON_User_IO_NOERROR : LL_ATON_User_IO_NOERROR;
}
LL_ATON_User_IO_Result_t LL_ATON_Set_User_Output_Buffer_Default(uint32_t number, void *buffer, uint32_t size)
{
  return number || !buffer || !size ? LL_ATON_User_IO_NOERROR : LL_ATON_User_IO_NOERROR;
}
"""
_NO_SCREEN = """\
#include "scrl.h"
int SCRL_Init(SCRL_LayerConfig *settings[SCRL_LAYER_NB], SCRL_ScreenConfig *screen) { return !settings || !screen; }
int SCRL_SetAddress_NoReload(void *address, SCRL_Layer layer) { return !address && layer; }
int SCRL_ReloadLayer(SCRL_Layer layer) { return layer > SCRL_LAYER_1; }
int SRCL_Update(void) { return 0; }
"""
_LCD = """\
#include "stm32_lcd.h"
static const LCD_UTILS_Drv_t *driver;
void UTIL_LCD_SetFuncDriver(const LCD_UTILS_Drv_t *wanted) { driver = wanted; (void)driver; }
"""


def kind_of(pair) -> str:
    """Return how a release runs its model."""
    if pair.family == "multi-pose":
        return "threads"
    return "loop" if pair.versions[0] < (2, 1) else "epochs" if pair.versions[0] < (2, 2) else "stai"


def files_of(pair, screens: bool, places: dict[str, str]) -> dict[str, str]:
    """Return path -> text of what is added; those that end with .c are to be compiled, but for the drivers.

    Args:
        pair: the release.
        screens: whether the board has its screen over USB.
        places: folders of the middleware: runtime, camera, post, wrapper, screen.
    """
    kind = kind_of(pair)
    later = kind in ("epochs", "stai")
    called, declared = ("&people, 0", "void *params, void *model") if later else ("&people", "void *params")
    screen = _SCREEN if screens else "static void show(void) {}\n"
    files = {f"{folder}/{name}": _text(name, later) for name, folder in _HEADERS.items()}
    files |= {
        "Src/app_loop.c": _LOOP.replace("INIT", called).replace("ABOVE\n", _RUN[kind] + screen),
        "{camera}/cmw_camera.c": _CAMERA,
        "{wrapper}/app_postprocess.c": _POSTPROCESS.replace("INIT", declared),
        "{runtime}/Npu/ll_aton/ll_aton_rt_main.c": _RUNTIME,
        f"{_HAL}/Src/stm32n6xx_hal.c": (STLIKE / "nothing_hal.c").read_text(),
        **{f"{_HAL}/Src/{name}.c": "/* a driver */\n" for name in DRIVERS},
    }
    if screens:
        files |= {"{screen}/Src/scrl_usb.c": _NO_SCREEN, "{wrapper}/stm32_lcd.c": _LCD}
    return {name.format(**places): text for name, text in files.items()}


def _text(name: str, later: bool) -> str:
    text = (STLIKE / name).read_text()
    if name == "stm32_lcd.h":
        return text.replace("#define LCD_", "#define UTIL_LCD_COLOR_RED 0xFFFF0000UL\n#define LCD_", 1)
    return text if later else text.replace("#ifdef N6_RUN_LOOP_SHAPE", "#if 1")
