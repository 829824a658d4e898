"""A small application of the same shape as ST's: the same files, settings and memories, and a few lines of C.

It builds with a real cross compiler into an image that starts like ST's: vector table first, at 0x34000400.
"""

import hashlib
from pathlib import Path

from n6studio.board.application.recognise import layout_of
from n6studio.board.compiler.pairs import PAIRS, pairs_for
from n6studio.board.registry import vendor_boards

PAIR = {pair.key: pair for pair in PAIRS}
_UNKNOWN = "NetworkRuntime1100_CM55_GCC.a"  # of releases whose archive is not known
_BASE_BYTES = {
    False: 300_000,
    True: 1_000_000,
}  # with a choice of screens: what ST's applications take besides the post-processing, about

_MAKEFILE = """\
TARGET = Project
BUILD_DIR = build{sub}
OPT = -Os -g3
{screen}
C_SOURCES += {src}main.c
C_SOURCES += {src}system.c
C_SOURCES += {up}{model}/network.c
CC = arm-none-eabi-gcc
CP = arm-none-eabi-objcopy
MCU = -mcpu=cortex-m55 -mcmse -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
C_DEFS += -DSTM32N657xx
C_DEFS += -DEXTRA_BYTES={bytes}
C_INCLUDES += -I{inc} -I{up}{runtime}/Npu/ll_aton -I{up}{wrapper}
CFLAGS = $(MCU) $(C_DEFS) $(C_INCLUDES) $(OPT) -Wall -ffunction-sections -fcyclomatic-complexity
CFLAGS += -std=gnu11
{libs}LDFLAGS = $(MCU) -nostartfiles -specs=nano.specs -T{linker} -L{up}{runtime}/Lib/GCC/ARMCortexM55 $(LIBS)
LDFLAGS += -Wl,--gc-sections -Wl,--print-memory-usage
all: $(BUILD_DIR)/$(TARGET).elf $(BUILD_DIR)/$(TARGET).bin
{include}
OBJECTS = $(addprefix $(BUILD_DIR)/, $(notdir $(C_SOURCES:.c=.o)))
vpath %.c {src} {up}{model}
$(BUILD_DIR)/%.o: %.c Makefile | $(BUILD_DIR)
	$(CC) -c $(CFLAGS) $< -o $@
$(BUILD_DIR)/$(TARGET).list: $(OBJECTS)
	$(file > $@, $(OBJECTS))
$(BUILD_DIR)/$(TARGET).elf: $(OBJECTS) $(BUILD_DIR)/$(TARGET).list
	$(CC) @$(BUILD_DIR)/$(TARGET).list $(LDFLAGS) -o $@
$(BUILD_DIR)/%.bin: $(BUILD_DIR)/%.elf
	$(CP) -O binary $< $@
$(BUILD_DIR):
	mkdir -p $@
"""
_LINKER = """\
ENTRY(Reset_Handler)
_estack = ORIGIN({region}) + LENGTH({region});
MEMORY
{{
  {region} (xrw)      : ORIGIN = 0x34000400, LENGTH =  {length}
}}
SECTIONS
{{
  .isr_vector : {{ KEEP(*(.isr_vector)) }} >{region}
  .text : {{ *(.text*) *(.rodata*) }} >{region}
  .data : {{ *(.data*) }} >{region}
  .bss (NOLOAD) : {{ *(.bss*) *(COMMON) }} >{region}
}}
"""
_MAIN = """\
#include <stdint.h>
#include "app_config.h"
#include "app_postprocess.h"
#include "ll_aton_version.h"
#if POSTPROCESS_TYPE != {post_processing}
  #error "PostProcessing type not supported"
#endif
typedef struct {{ float x, y, conf; }} point_t;
typedef struct {{ float box[4], conf; uint32_t index; point_t *points; }} person_t;
static person_t people[AI_MPE_YOLOV8_PP_TOTAL_BOXES];
static point_t points[AI_MPE_YOLOV8_PP_TOTAL_BOXES * AI_POSE_PP_POSE_KEYPOINTS_NB];
static volatile uint8_t frames[EXTRA_BYTES];
extern uint32_t _estack;
extern const unsigned char *const network_weights;
extern const void *network_commands(void);
extern uint32_t clock_of(uint32_t wanted);
const volatile char *const message = {message};
const volatile float thresholds[] = {{ AI_MPE_YOLOV8_PP_CONF_THRESHOLD, AI_MPE_YOLOV8_PP_IOU_THRESHOLD }};
void Reset_Handler(void);
__attribute__((section(".isr_vector"), used)) static void *const vectors[16] = {{ &_estack, (void *)Reset_Handler }};
__attribute__((used)) void Reset_Handler(void)
{{
  for (int i = 0; i < AI_MPE_YOLOV8_PP_TOTAL_BOXES; i++)
    people[i].points = &points[i * AI_POSE_PP_POSE_KEYPOINTS_NB];
  frames[0] = network_weights[0] + message[0] + (uint8_t)thresholds[0] + (uint8_t)clock_of(NN_WIDTH * NN_HEIGHT);
  frames[1] = *(const uint8_t *)network_commands();
{skeleton}  for (;;) frames[2] = (uint8_t)people[frames[3]].points->conf;
}}
"""
# As in ST's own sources: a type and formats that not every C library has for this processor.
_SYSTEM = """\
#include <math.h>
#include <inttypes.h>
const char *format(void);
const char *format(void) { return "0x%" PRIx64; }
uint32_t clock_of(uint32_t wanted);
uint32_t clock_of(uint32_t wanted) { float_t clock = (float_t)wanted; return (uint32_t)clock; }
"""
_CONFIG = """\
#ifndef APP_CONFIG
#define APP_CONFIG
{include}
#define USE_DCACHE

#define CAMERA_FLIP CMW_MIRRORFLIP_NONE
#define ASPECT_RATIO_CROP (1)
#define ASPECT_RATIO_FIT (2)
#define ASPECT_RATIO_FULLSCREEN (3)
#define ASPECT_RATIO_MODE ASPECT_RATIO_CROP
#define POSTPROCESS_TYPE    {other}
#define NN_WIDTH      {size}
#define NN_HEIGHT     {size}
#define COLOR_RGB (1)
#define COLOR_MODE COLOR_RGB
{refusal}
#define AI_SPE_MOVENET_POSTPROC_HEATMAP_WIDTH (NN_WIDTH/4)
#define AI_POSE_PP_POSE_KEYPOINTS_NB (13) /* of another model */
{table}
#define WELCOME_MSG_1 "another model"
#define WELCOME_MSG_2 {second}

#endif
"""
_TABLE = "static const int bindings[][3] = {\n    { 0, 1, UTIL_LCD_COLOR_RED },\n};"
_POST_CONFIG = """\
#ifndef PP
#define PP
#define AI_MPE_YOLOV8_PP_NB_CLASSES (1)
#define AI_MPE_YOLOV8_PP_TOTAL_BOXES (1)
#define AI_POSE_PP_POSE_KEYPOINTS_NB (17)
#endif
"""
_NOTES = """\
# Release Notes for {title} Application

## Update history

### V{version}.0 / July 2025

### V1.0.0 / December 2024
"""


def write_application(root: Path, key: str = "getting-started-2.0", title: str = "", notes: bool = True) -> Path:
    """Write an application in the shape of a release; return its folder.

    Args:
        root: folder to make.
        key: the release, a key of `PAIR`.
        title: what it calls itself; "" for its right name.
        notes: whether it has release notes.
    """
    pair = PAIR[key]
    multi = pair.family == "multi-pose"
    name = "x-cube-n6-ai-multi-pose-estimation" if multi else "STM32N6-GettingStarted-PoseEstimation"
    _write(root / "README.md", f"# {title or name}\n")
    if notes:
        version = ".".join(map(str, pair.versions[1]))
        _write(root / "Release_Notes.md", _NOTES.format(title=title or name, version=version))
    for board in [board for board in vendor_boards() if pair in pairs_for(board)]:
        _write_board(root, pair, board, multi)
    _write(root / "Doc/guide.md", "not copied\n")
    _write(root / "Binary/ai_fsbl.hex", ":00000001FF\n")
    return root


def _write_board(root, pair, board, multi):
    layout = layout_of(pair, board)
    up = "../../" if layout.make.parts else ""
    for needed in layout.needed:
        target = root / needed
        if target.suffix or target.name == "Makefile":
            _write(target, f"/* {target.name} */\n")
        else:
            target.mkdir(parents=True, exist_ok=True)
    _write_runtime(
        root / layout.runtime,
        pair.compiler.ll_aton or (1, 1, 2, 0),
        pair.compiler.runtime or _UNKNOWN,
    )
    linker = layout.linker.relative_to(layout.make).as_posix()
    length = "2047K" if multi else "1023K"
    _write(root / layout.linker, _LINKER.format(region=layout.region, length=length))
    archive = f"LIBS += -l:{pair.compiler.runtime or 'NetworkRuntime1100_CM55_GCC.a'}\n"
    wrapper = "Lib/wrapper" if multi else "Middlewares/wrapper"
    makefile = _MAKEFILE.format(
        sub=f"/{layout.make.as_posix()}" if layout.make.parts else "",
        screen="SCR_LIB_SCREEN_ITF := UVCL" if board.st.screens else "",
        src="Src/", up=up, model=layout.model.as_posix(), bytes=_BASE_BYTES[bool(board.st.screens)], inc="Inc",
        runtime=layout.runtime.as_posix(), wrapper=wrapper, linker=linker,
        libs="" if multi else archive, include="include mks/ai.mk" if multi else "",
    )  # fmt: skip
    _write(root / layout.make / "Makefile", makefile)
    if multi:
        _write(root / "mks/ai.mk", archive)
    kinds = [pair.post_processing, "POSTPROCESS_SPE_MOVENET_UF"]
    values = "".join(f"#define {kind} ({20 + index})\n" for index, kind in enumerate(kinds))
    _write(root / wrapper / "app_postprocess.h", values)
    _write(root / wrapper / "stm32_lcd.h", "#define UTIL_LCD_COLOR_RED 0xFFFF0000UL\n")
    _write_sources(root, pair, board, layout, multi)


def _write_sources(root, pair, board, layout, multi):
    skeleton = "  frames[4] = (uint8_t)(bindings ? bindings[0][1] : 0);\n" if pair.skeleton_in_config else ""
    message = '"people"' if multi else "WELCOME_MSG_1"
    main = _MAIN.format(post_processing=pair.post_processing, message=message, skeleton=skeleton)
    _write(root / layout.make / "Src/main.c", main)
    _write(root / layout.make / "Src/system.c", _SYSTEM)
    stock = bool(board.st.screens) and pair.versions[0] >= (2, 0)
    config = _CONFIG.format(
        include='#include "postprocess_conf.h"' if multi else "",
        other="" if stock else "POSTPROCESS_SPE_MOVENET_UF",
        size="" if stock else "(192)",
        refusal='#error "For now, no pose estimation model is supported on NUCLEO-N657X0-Q."' if stock else "",
        table=_TABLE if pair.skeleton_in_config else "",
        second='((char *[2]) {"a", "b"})' if board.st.welcome_lines == 2 else '"b"',
    )  # fmt: skip
    if pair.skeleton_in_config:
        config = config.replace("#define USE_DCACHE", '#include "stm32_lcd.h"\n#define USE_DCACHE')
    _write(root / layout.config, config)
    if multi:
        text = "".join(
            f"#define {name} (1)\n" for name in ("AI_MPE_YOLOV8_PP_NB_CLASSES", "AI_MPE_YOLOV8_PP_TOTAL_BOXES")
        )
        _write(
            root / layout.post_config,
            f"#ifndef PP\n#define PP\n{text}#define AI_POSE_PP_POSE_KEYPOINTS_NB (17)\n#endif\n",
        )
        _write(
            root / layout.config,
            config.replace("#define AI_POSE_PP_POSE_KEYPOINTS_NB (13) /* of another model */\n", ""),
        )
    _write(root / layout.model / "network.c", '#error "the model that came with it"\n')


def write_installation(root: Path, runtime: tuple[int, ...], archive: str) -> Path:
    """Write what an installed ST Edge AI Core carries for applications; return its version folder."""
    _write_runtime(root / "Middlewares/ST/AI", runtime, archive)
    _write(root / "Middlewares/ST/AI/Inc/ai_platform.h", "/* */\n")
    return root


def _write_runtime(folder, version, archive):
    names = ("MAJOR", "MINOR", "MICRO", "DEV")
    text = "".join(f"#define LL_ATON_VERSION_{name} ({value})\n" for name, value in zip(names, version, strict=True))
    _write(folder / "Npu/ll_aton/ll_aton_version.h", text)
    _write(folder / "Lib/GCC/ARMCortexM55" / archive, "!<arch>\n")


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def tree_hash(root: Path) -> str:
    """Return a digest over the names and contents of all files of a tree."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode("utf-8", "surrogateescape"))
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
