"""A small application of the same shape as ST's: the same files, settings and memories, and a few lines of C.

It builds with a real cross compiler into an image that starts like ST's: vector table first, at 0x34000400. Folders and
names are those of each generation of ST's releases, and can be given for one that does not exist yet.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from n6studio.board.compiler.pairs import PAIRS, pairs_for
from n6studio.board.registry import vendor_boards
from standins.small_loop import DRIVERS, files_of

_PATCH = 9  # one that ST never published: these are not its files
PAIR = {pair.key: pair for pair in PAIRS}
_BASE_BYTES = {
    False: 300_000,
    True: 1_000_000,
}  # with a choice of screens: what ST's applications take besides the post-processing, about

_MAKEFILE = """\
TARGET = Project
MODEL_DIR = {up}{model}
{version}BUILD_TOP = build
BUILD_DIR = $(BUILD_TOP){sub}
OPT = -Os -g3
{screen}
C_SOURCES += {src}main.c
C_SOURCES += {src}system.c
C_SOURCES += $(MODEL_DIR)/network.c
{stai}C_SOURCES += $(wildcard {up}{post}/*.c)
C_SOURCES += {up}{camera}/cmw_camera.c
C_SOURCES += {up}STM32Cube_FW_N6/Drivers/STM32N6xx_HAL_Driver/Src/stm32n6xx_hal.c
C_SOURCES += {up}STM32Cube_FW_N6/Drivers/BSP/{bsp}/board.c
CC = arm-none-eabi-gcc
CP = arm-none-eabi-objcopy
MCU = -mcpu=cortex-m55 -mcmse -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
C_DEFS += -DSTM32N657xx
C_DEFS += -DEXTRA_BYTES={bytes}
C_INCLUDES += -I{inc} -I{up}{runtime}/Npu/ll_aton -I{up}{wrapper}
CFLAGS = $(MCU) $(C_DEFS) $(C_INCLUDES) $(OPT) -Wall -ffunction-sections -fcyclomatic-complexity
CFLAGS += -std=gnu11
LDSCRIPT = {linker}
{libs}LDFLAGS = $(MCU) -nostartfiles -specs=nano.specs -T$(LDSCRIPT) -L{up}{runtime}/Lib/GCC/ARMCortexM55 $(LIBS)
LDFLAGS += -Wl,--gc-sections -Wl,--print-memory-usage
all: $(BUILD_DIR)/$(TARGET).elf $(BUILD_DIR)/$(TARGET).bin
{include}
OBJECTS = $(addprefix $(BUILD_DIR)/, $(C_SOURCES:.c=.o))
$(BUILD_DIR)/%.o: %.c Makefile | $(BUILD_DIR)
	@mkdir -p $(dir $@)
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
{more}}}
SECTIONS
{{
  .isr_vector : {{ KEEP(*(.isr_vector)) }} >{region}
  .text : {{ *(.text*) *(.rodata*) }} >{region}
  .data : {{ *(.data*) }} >{region}
  .bss (NOLOAD) : {{ *(.bss*) *(COMMON) }} >{region}
{outside}}}
"""
_MAIN = """\
#include <stdint.h>
#include "app_config.h"
#include "app_postprocess.h"
#include "ll_aton_version.h"
{declared}#if POSTPROCESS_TYPE != {post_processing}
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
  frames[0] = network_weights[0] + message[0] + (uint8_t)thresholds[0] + (uint8_t)clock_of({width} * {height});
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
{sizes}#define COLOR_RGB (1)
#define COLOR_MODE COLOR_RGB
{refusal}
#define AI_SPE_MOVENET_POSTPROC_HEATMAP_WIDTH ({width}/4)
#define AI_POSE_PP_POSE_KEYPOINTS_NB (13) /* of another model */
{table}
#define WELCOME_MSG_1 "another model"
#define WELCOME_MSG_2 {second}

#endif
"""
_MACROS = """\
#define USE_BINDINGS
#define BINDINGS_NB (1)
#define BINDINGS const int bindings[BINDINGS_NB][3] = {\\
    { 0, 1, UTIL_LCD_COLOR_RED },\\
}\\

extern const int bindings[BINDINGS_NB][3];"""
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

### {letter}{version} / July 2025

- Update STEdgeAI to v{core}.0

### {letter}1.0.0 / December 2024
"""
_CONDITION = """\
ifdef APP_VERSION_STRING
C_DEFS += -DAPP_VERSION_STRING=\\"$(APP_VERSION_STRING)\\"
endif
"""
_POOLS = (
    ("flexMEM", "AXIFLEXMEM", 0x34000000, 0, "ACC_WRITE"),
    ("cpuRAM2", "AXISRAM2", 0x34100000, 1024, "ACC_WRITE"),
    ("npuRAM3", "AXISRAM3", 0x34200000, 448, "ACC_WRITE"),
    ("npuRAM4", "AXISRAM4", 0x34270000, 448, "ACC_WRITE"),
    ("npuRAM5", "AXISRAM5", 0x342E0000, 448, "ACC_WRITE"),
    ("npuRAM6", "AXISRAM6", 0x34350000, 448, "ACC_WRITE"),
    ("hyperRAM", "xSPI1", 0x90000000, 16 * 1024, "ACC_WRITE"),
    ("octoFlash", "xSPI2", 0x70380000, 61 * 1024, "ACC_READ"),
)


@dataclass(frozen=True)
class Shape:
    """What a generation of ST's releases has in common.

    Attributes:
        flat: whether it has one board, and no folders by board.
        libraries, runtime, camera, post: folders of middleware, the last three below the first.
        fsbl: folder of the boot loader.
        letter: in front of the releases' numbers in the notes.
        newest: whether the region of the small board is larger, with the pools to match, and flash may hold commands.
    """

    flat: bool = False
    libraries: str = "Middlewares"
    runtime: str = "AI_Runtime"
    camera: str = "Camera_Middleware"
    post: str = "lib_vision_models_pp/lib_vision_models_pp/Src"
    fsbl: str = "Binary"
    letter: str = "V"
    newest: bool = False


_LATER = Shape(
    runtime="stedgeai-lib", camera="stm32-mw-camera",
    post="stm32-vision-models-postprocessing/lib_vision_models_pp/Src", fsbl="FSBL", letter="v", newest=True,
)  # fmt: skip


def shape_of(pair):
    """Return the shape of a release."""
    if pair.family == "multi-pose":
        return Shape(flat=True, libraries="Lib")
    if pair.versions[0] < (2, 0):
        return Shape(flat=True)
    return Shape() if pair.versions[0] < (2, 2) else _LATER


def write_application(
    root: Path,
    key: str = "getting-started-2.0",
    title: str = "",
    notes: bool = True,
    version: str = "",
    live: bool = False,
    **changes,
) -> Path:
    """Write an application in the shape of a release; return its folder.

    Args:
        root: folder to make.
        key: the release, a key of `PAIR`.
        title: what it calls itself; "" for its right name.
        notes: whether it has release notes.
        version: its release; "" for the pair's.
        live: whether it has a camera, a loop and post-processing, as the live stream needs them; takes longer to build.
        changes: fields of its compiler that differ: release, runtime, ll_aton.
    """
    pair = PAIR[key]
    pair = replace(pair, compiler=replace(pair.compiler, **changes))
    shape = shape_of(pair)
    name = "x-cube-n6-ai-multi-pose-estimation" if pair.family == "multi-pose" else (
        "STM32N6-GettingStarted-PoseEstimation"
    )  # fmt: skip
    core = ".".join(map(str, pair.compiler.release))
    _write(root / "README.md", f"# {title or name}\n\n- [STEdgeAI](https://www.st.com) (__v{core}.0__)\n")
    if notes:
        version = version or ".".join(map(str, (*pair.versions[1], _PATCH)))
        text = _NOTES.format(title=title or name, version=version, letter=shape.letter, core=core)
        _write(root / "Release_Notes.md", text)
    for board in [board for board in vendor_boards() if PAIR[key] in pairs_for(board)]:
        _write_board(root, pair, shape, board)
        if live:
            add_loop(root, pair, board)
    _write(root / "Doc/guide.md", "not copied\n")
    _write(root / shape.fsbl / "ai_fsbl.hex", ":00000001FF\n")
    return root


def _psram(board):
    return any(pool.address >= board.chip.outside and not pool.constant for pool in board.pools)


def make_folder(pair, board) -> Path:
    """Return the folder that make is started in, relative to the application."""
    return Path() if shape_of(pair).flat else Path("Application") / board.st.name


def _write_board(root, pair, shape, board):
    make, multi = make_folder(pair, board), pair.family == "multi-pose"
    up = "" if shape.flat else "../../"
    model = "Model" if shape.flat else f"Model/{board.st.name}"
    libraries = shape.libraries
    runtime, camera, post = (f"{libraries}/{name}" for name in (shape.runtime, shape.camera, shape.post))
    for name in (
        f"{camera}/cmw_camera.c",
        "STM32Cube_FW_N6/Drivers/STM32N6xx_HAL_Driver/Src/stm32n6xx_hal.c",
        f"STM32Cube_FW_N6/Drivers/BSP/{board.st.bsp}/board.c",
    ):
        _write(root / name, f"/* {Path(name).name} */\n")
    offset = "CLASSPROB + nb_classes" if pair.classes else "5"
    _write(root / post / "mpe_pp_yolov8.c", f"/* keypoints from {offset} on */\n")
    linked = pair.compiler.runtime
    _write_runtime(root / runtime, pair.compiler.ll_aton, linked)
    linker = "Gcc/STM32N657xx.ld" if multi else "STM32CubeIDE/STM32N657xx.ld"
    _write(root / make / linker, _linker_text(shape, board, multi))
    archive = f"LIBS += -l:{linked}\n"
    wrapper = f"{libraries}/wrapper"
    makefile = _MAKEFILE.format(
        sub="" if shape.flat else f"/{make.as_posix()}",
        screen="SCR_LIB_SCREEN_ITF := UVCL" if board.st.screens else "",
        stai="C_SOURCES += $(MODEL_DIR)/stai_network.c\n" if pair.stai else "",
        version=_CONDITION if shape.newest else "",
        src="Src/", up=up, model=model, bytes=_BASE_BYTES[bool(board.st.screens)], inc="Inc", bsp=board.st.bsp,
        camera=camera, post=post,
        runtime=runtime, wrapper=wrapper, linker=linker,
        libs="" if multi else archive, include="include mks/ai.mk" if multi else "",
    )  # fmt: skip
    if pair.stai:
        makefile = makefile.replace("C_INCLUDES += ", f"C_INCLUDES += -I{up}{model} ", 1)
    _write(root / make / "Makefile", makefile)
    if multi:
        _write(root / "mks/ai.mk", archive)
    kinds = [pair.post_processing, "POSTPROCESS_SPE_MOVENET_UF"]
    values = "".join(f"#define {kind} ({20 + index})\n" for index, kind in enumerate(kinds))
    _write(root / wrapper / "app_postprocess.h", values)
    _write(root / wrapper / "stm32_lcd.h", "#define UTIL_LCD_COLOR_RED 0xFFFF0000UL\n")
    _write_model(root, pair, shape, board, model)
    _write_sources(root, pair, board, make)


def add_loop(root, pair, board):
    """Add to a board's part what the live stream needs of an application: see `small_loop`."""
    make, shape = make_folder(pair, board), shape_of(pair)
    up = "" if shape.flat else "../../"
    names = {name: getattr(shape, name) for name in ("runtime", "camera", "post")}
    places = {name: f"{shape.libraries}/{folder}" for name, folder in {**names, "wrapper": "wrapper"}.items()}
    places["screen"] = f"{shape.libraries}/screenl"
    sources, folders = [], {}
    for name, text in files_of(pair, bool(board.st.screens), places).items():
        own = name.startswith("Src/")
        path = root / (make / name if own else name)
        earlier = path.read_text() if path.name in ("app_postprocess.h",) and path.is_file() else ""
        _write(path, text if earlier in text else f"{text}\n{earlier}")
        if path.suffix == ".c" and path.stem not in DRIVERS:
            sources.append(name if own else f"{up}{name}")
        elif path.suffix == ".h":
            folders[f"{up}{Path(name).parent.as_posix()}"] = None
    path = root / make / "Makefile"
    lines = [f"C_SOURCES += {name}\n" for name in sources if not name.endswith(("cmw_camera.c", "hal.c"))]
    lines += [f"C_INCLUDES += -I{folder}\n" for folder in folders]
    text = path.read_text().replace("CC = arm", "".join(lines) + "CC = arm", 1)
    _write(path, text)
    main = root / make / "Src/main.c"
    _write(main, main.read_text().replace("  for (;;)", "  extern void loop(void);\n  loop();\n  for (;;)", 1))


def _linker_text(shape, board, multi):
    psram = "  PSRAM (xrw)           : ORIGIN = 0x91000000, LENGTH =  16M\n" if _psram(board) else ""
    outside = "  .psram_section (NOLOAD) : { *(.psram_bss) } >PSRAM\n" if _psram(board) else ""
    if multi:
        return _LINKER.format(region="AXISRAM1_2_S", length="2047K", more=psram, outside=outside)
    length = "1647K" if shape.newest and not _psram(board) else "1023K"
    flash = "  FLASH (xrw)           : ORIGIN = 0x71380000, LENGTH =  2M\n" if shape.newest else ""
    return _LINKER.format(region="AXISRAM1_S", length=length, more=flash + psram, outside=outside)


def _write_model(root, pair, shape, board, model):
    """Write the compiler's profile and pools, the script that calls it, and the model that came with it."""
    name = "" if shape.flat else f"_{board.st.name}"
    pools = {pool[0]: list(pool) for pool in _POOLS}
    if not _psram(board):
        del pools["hyperRAM"]
    if pair.family == "multi-pose":
        del pools["cpuRAM2"], pools["flexMEM"]
    if shape.newest:
        pools["octoFlash"][3] = 16 * 1024
        if not _psram(board):
            pools["cpuRAM2"][2:4] = 0x3419C000, 400
    entries = [
        {
            "fname": file, "name": title, "fformat": "FORMAT_RAW",
            "prop": {"rights": rights, "throughput": "MID", "latency": "MID", "byteWidth": 8, "freqRatio": 2.5,
                     "read_power": 17.3, "write_power": 15.3},
            "offset": {"value": f"0x{address:08x}", "magnitude": "BYTES"},
            "size": {"value": str(size), "magnitude": "KBYTES"},
        }
        for title, file, address, size, rights in pools.values()
    ]  # fmt: skip
    document = {"params": {"param": []}, "memory": {"mem_file_prefix": "atonbuf", "mempools": entries}}
    _write(root / f"Model/my_mpools/pools{name}.mpool", json.dumps(document, indent=1))
    profile = {"memory_pool": f"./my_mpools/pools{name}.mpool", "options": pair.options}
    text = json.dumps({"Globals": {}, "Profiles": {"default": profile}}, indent=1)
    _write(root / f"Model/user_neuralart{name}.json", text)
    words = f"--model m.tflite --target stm32n6 --st-neural-art default@user_neuralart{name}.json"
    script = f"#!/bin/bash\nstedgeai generate {words} {' '.join(pair.generate)}\n"
    weights = "arm-none-eabi-objcopy -I binary w.bin --change-addresses 0x70380000 -O ihex network_data.hex\n"
    _write(root / f"Model/generate-n6-model{name}.sh", script + weights)
    _write(root / model / "network.c", '#error "the model that came with it"\n')


def _write_sources(root, pair, board, make):
    multi = pair.family == "multi-pose"
    width, height = (f"STAI_NETWORK_IN_1_{name}" if pair.stai else f"NN_{name}" for name in ("WIDTH", "HEIGHT"))
    skeleton = {
        "fixed": "",
        "table": "  frames[4] = (uint8_t)(bindings ? bindings[0][1] : 0);\n",
        "macros": "  frames[4] = (uint8_t)bindings[frames[5] % BINDINGS_NB][1];\n",
    }[pair.skeleton]
    main = _MAIN.format(
        post_processing=pair.post_processing, message='"people"' if multi else "WELCOME_MSG_1", skeleton=skeleton,
        declared="BINDINGS;\n" if pair.skeleton == "macros" else "", width=width, height=height,
    )  # fmt: skip
    _write(root / make / "Src/main.c", main)
    _write(root / make / "Src/system.c", _SYSTEM)
    stock = bool(board.st.screens) and (2, 0) <= pair.versions[0] < (2, 2)
    size = "" if stock else "(192)"
    config = _CONFIG.format(
        include='#include "postprocess_conf.h"' if multi else '#include "stai_network.h"' if pair.stai else "",
        other="" if stock else "POSTPROCESS_SPE_MOVENET_UF",
        sizes="" if pair.stai else f"#define NN_WIDTH      {size}\n#define NN_HEIGHT     {size}\n",
        width=width,
        refusal='#error "For now, no pose estimation model is supported on NUCLEO-N657X0-Q."' if stock else "",
        table={"fixed": "", "table": _TABLE, "macros": _MACROS}[pair.skeleton],
        second='((char *[2]) {"a", "b"})' if board.st.welcome_lines == 2 else '"b"',
    )
    if pair.skeleton != "fixed":
        config = config.replace("#define USE_DCACHE", '#include "stm32_lcd.h"\n#define USE_DCACHE')
    if multi:
        config = config.replace("#define AI_POSE_PP_POSE_KEYPOINTS_NB (13) /* of another model */\n", "")
        _write(root / make / "Inc/postprocess_conf.h", _POST_CONFIG)
    _write(root / make / "Inc/app_config.h", config)


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
