"""Recognising an application, and building a copy of it for a model with a real cross compiler."""

import contextlib
import os
import shutil
import struct
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from standins.small_application import PAIR, shape_of, tree_hash, write_application, write_installation

from n6studio.board.application.build import BuildRequest, build
from n6studio.board.application.build_messages import explain_build
from n6studio.board.application.config import AppConfig, bindings, edited, quoted, write_app_config
from n6studio.board.application.recognise import identify
from n6studio.board.compiler.fit import Demand, candidates_of
from n6studio.board.compiler.pairs import pairs_for
from n6studio.board.registry import board as board_named
from n6studio.domain.errors.application import (
    ApplicationConfigInvalid,
    ApplicationIncomplete,
    ApplicationReachesFsbl,
    ApplicationUnknown,
    ApplicationWrong,
    BuildFailed,
    BuildOutputMissing,
    BuildStopped,
    LinkFailed,
    PostProcessingUnsupported,
    RegionOverflow,
    ShellMissing,
)
from n6studio.domain.errors.files import DiskFull, FileMissing
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import (
    BoardUnsupported,
    RuntimeMismatch,
    ToolMissing,
    ToolTimeout,
)
from n6studio.domain.pose.skeleton import COCO, generic

DISCOVERY, NUCLEO = board_named("stm32n6570-dk"), board_named("nucleo-n657x0-q")
GCC = shutil.which("arm-none-eabi-gcc")
MAKE = shutil.which("make")
with_gcc = pytest.mark.skipif(not (GCC and MAKE), reason="no cross compiler here")


def silent(_part, _words):
    pass


@pytest.fixture
def make_request(tmp_path):
    """Return a function that makes a request for an application in the shape of a release."""

    def make(key="getting-started-2.0", board=DISCOVERY, size=256, folder=None, live=False, **changes):
        root = write_application((folder or tmp_path) / "app", key, live=live)
        model = tmp_path / "network"
        model.mkdir(exist_ok=True)
        (model / "network.c").write_text(
            '#include "network_ecblobs.h"\nconst unsigned char *const network_weights = (void *)0x70380000;\n'
            "const void *network_commands(void) { return _ec_blob_1; }\n"
        )
        (model / "network_ecblobs.h").write_text("static const unsigned long long _ec_blob_1 [] = { 0x1UL, 0x2UL };\n")
        (model / "stai_network.c").write_text('#include "stai_network.h"\n')
        (model / "stai_network.h").write_text(
            f"#define STAI_NETWORK_IN_1_WIDTH ({size})\n#define STAI_NETWORK_IN_1_HEIGHT ({size})\n"
        )
        run = (folder or tmp_path) / "run"
        run.mkdir(exist_ok=True)
        application = identify(root)
        values = {
            "application": application,
            "board": board,
            "sources": tuple(sorted(model.iterdir())),
            "runtime": application.pair.compiler.ll_aton,
            "config": AppConfig(Demand((size, size), candidates_of((size, size)), 17), COCO, "pöse 100%.tflite"),
            "toolchain": Path(GCC or "/nowhere/gcc").parent,
            "make": Path(MAKE or "make"),
            "folder": run,
        }
        return BuildRequest(**{**values, **changes})

    return make


# --- recognising -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notes", [True, False])
@pytest.mark.parametrize("key", PAIR)
def test_every_release_is_recognised_by_its_notes_or_by_its_runtime(tmp_path, key, notes):
    root = write_application(tmp_path / "app", key, notes=notes)
    found = identify(root)
    for tree in found.trees:
        assert replace(tree.pair, memories=None) == PAIR[key], "what the tree says is what is known of the release"
        assert tree.archive == PAIR[key].compiler.runtime
    assert found.boards == tuple(one for one in (DISCOVERY, NUCLEO) if PAIR[key] in pairs_for(one))
    assert found.runtime == PAIR[key].compiler.ll_aton
    assert found.fsbl == root / shape_of(PAIR[key]).fsbl / "ai_fsbl.hex"
    assert found.news == ()
    assert identify(root / "Model") == found, "from inside"
    assert identify(tmp_path) == found, "from the folder that an archive was unpacked to"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html><html>Not found</html>", "a web page"),
        (bytes(5000), "a file of zeros"),
    ],
)
def test_what_stands_for_a_file_that_was_not_downloaded_is_missing(tmp_path, content, words):
    root = write_application(tmp_path / "app", "getting-started-2.3")
    tree = identify(root).trees[0]
    name = next(name for name in tree.layout.needed if (root / name).is_file() and name.name != "Makefile")
    (root / name).write_bytes(content)
    with pytest.raises(ApplicationIncomplete) as caught:
        identify(root)
    assert f"{name.as_posix()} (there is {words}" in caught.value.missing


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there")
def test_what_is_no_file_is_missing(tmp_path):
    root = write_application(tmp_path / "app", "getting-started-2.3")
    needed = identify(root).trees[0].layout.needed
    name = next(name for name in needed if (root / name).is_file() and name.name != "Makefile")
    (root / name).unlink()
    os.mkfifo(root / name)
    with pytest.raises(ApplicationIncomplete) as caught:
        identify(root)
    assert "it is a named pipe" in caught.value.missing


@pytest.mark.parametrize(
    ("title", "error"),
    [
        ("STM32N6-GettingStarted-ObjectDetection", ApplicationWrong),
        ("x-cube-n6-ai-h264-usb-uvc", ApplicationWrong),
        ("STM32N6-GettingStarted-ImageClassification", ApplicationWrong),
    ],
)
def test_another_application_of_sts_is_named(tmp_path, title, error):
    root = write_application(tmp_path / "deep" / "app", title=title)
    with pytest.raises(error) as caught:
        identify(root)
    assert caught.value.values["found"].lower().replace(" ", "-") in title.lower()


def test_what_is_no_application(tmp_path):
    with pytest.raises(FileMissing):
        identify(tmp_path / "gone")
    place = tmp_path / "one" / "two" / "three" / "four"
    place.mkdir(parents=True)
    with pytest.raises(ApplicationUnknown, match="an empty folder"):
        identify(place)
    (place / "Makefile").write_text("all:\n")
    with pytest.raises(ApplicationUnknown, match="another project"):
        identify(place)


def test_a_release_of_the_same_shape_that_does_not_exist_yet_is_read_and_named_as_new(tmp_path):
    future = {"release": (5, 0), "runtime": "NetworkRuntime1300_CM55_GCC.a", "ll_aton": (1, 2, 0, 4)}
    found = identify(write_application(tmp_path / "app", "getting-started-2.3", version="3.0.1", **future))
    assert found.name == "Getting Started Pose Estimation v3.0.1"
    assert found.boards == (DISCOVERY, NUCLEO)
    assert found.pair.key == "getting-started-3.0"
    assert found.pair.compiler.release == (5, 0)
    assert (found.pair.output_type, found.pair.skeleton, found.pair.stai) == ("int8", "macros", True)
    assert found.news == ("release 3.0.1 (known: up to 2.3)", "NPU runtime 1.2.0.4 of ST Edge AI Core 5.0")
    assert found.on(NUCLEO).pair.memories.main.size == 1647 * 1024


def test_a_known_release_with_a_compiler_that_is_not_known_is_named_as_new(tmp_path):
    future = {"release": (4, 1), "runtime": "NetworkRuntime1210_CM55_GCC.a", "ll_aton": (1, 1, 4, 1)}
    found = identify(write_application(tmp_path / "app", "getting-started-2.3", **future))
    assert found.news == ("NPU runtime 1.1.4.1 of ST Edge AI Core 4.1",)


def test_the_runtime_in_the_tree_decides_which_compiler_it_wants(tmp_path):
    root = write_application(tmp_path / "app", "getting-started-2.2")
    version = root / "Middlewares/stedgeai-lib/Npu/ll_aton/ll_aton_version.h"
    version.write_text(version.read_text().replace("DEV (8)", "DEV (275)"))
    assert identify(root).pair.compiler.release == (4, 0), "4.0.1's runtime was put into it"


def test_neither_notes_nor_runtime_tell(tmp_path):
    root = write_application(tmp_path / "app", notes=False)
    (root / "README.md").write_text("# STM32N6-GettingStarted-PoseEstimation\n")
    (root / "Middlewares/AI_Runtime/Npu/ll_aton/ll_aton_version.h").write_text("")
    for makefile in root.glob("Application/*/Makefile"):
        makefile.write_text(makefile.read_text().replace("NetworkRuntime1010", "NetworkRuntime9990"))
        (root / "Middlewares/AI_Runtime/Lib/GCC/ARMCortexM55/NetworkRuntime9990_CM55_GCC.a").touch()
    with pytest.raises(ApplicationUnknown, match="without a release number"):
        identify(root)


def test_a_clone_without_submodules_is_told_what_it_lacks(tmp_path):
    root = write_application(tmp_path / "app")
    shutil.rmtree(root / "STM32Cube_FW_N6")
    shutil.rmtree(root / "Middlewares/Camera_Middleware")
    with pytest.raises(ApplicationIncomplete) as caught:
        identify(root)
    assert "cmw_camera.c" in caught.value.values["missing"]
    assert "stm32n6xx_hal.c" in caught.value.values["missing"]


# --- app_config.h ----------------------------------------------------------------------------------------------------


def test_a_header_is_edited_in_its_own_form():
    text = """\
#ifndef A
#define A
#define KEPT(x) (x)
#define SIZE 1 \\
  + 2
#define AI_SPE_X 3
#error "no"
#endif
"""
    made = edited(text, {"SIZE": "(5)", "NEW": "(6)"})
    assert (
        made
        == """\
#ifndef A
#define A
#define KEPT(x) (x)
#define SIZE (5)

/* Written by N6 Studio */
#define NEW (6)

#endif
"""
    )


def test_text_for_the_screen_is_what_its_font_and_printf_bear():
    assert quoted('a"b\\c%d é') == '"a_b_c_d _"'
    assert len(quoted("x" * 200)) == 50


def test_a_skeleton_draws_every_keypoint_also_those_without_a_edge():
    assert bindings(COCO).count("{ ") == len(COCO.edges)
    lonely = replace(generic(3), edges=((0, 1),))
    assert "{ 2, 2, " in bindings(lonely)
    assert bindings(generic(3)) == "static const int **bindings = 0;\n"


@pytest.mark.parametrize("key", PAIR)
def test_values_end_up_in_the_header_and_nothing_of_the_other_model_stays(make_request, key, tmp_path):
    request = make_request(key)
    copy = tmp_path / "copy"
    shutil.copytree(request.application.root, copy)
    config = replace(request.config, confidence=0.4, flip="mirror", aspect="fit", most=7)
    files = write_app_config(request.application, copy, DISCOVERY, config)
    text = "".join(path.read_text() for path in files)
    for line in (
        f"#define POSTPROCESS_TYPE {PAIR[key].post_processing}",
        *(() if PAIR[key].stai else ("#define NN_WIDTH (256)",)),
        "#define AI_MPE_YOLOV8_PP_TOTAL_BOXES (1344)",
        "#define AI_POSE_PP_POSE_KEYPOINTS_NB (17)",
        "#define AI_MPE_YOLOV8_PP_CONF_THRESHOLD (0.400000f)",
        "#define CAMERA_FLIP CMW_MIRRORFLIP_MIRROR",
    ):
        assert text.count(line + "\n") == 1
    if key.startswith("multi"):
        assert "#define NN_BUFFER_OUT_SIZE (301056)\n" in text
    else:
        assert "#define ASPECT_RATIO_MODE ASPECT_RATIO_FIT\n" in text
        assert "MOVENET" not in text
    assert ("bindings" in text) == (PAIR[key].skeleton != "fixed")
    assert "UTIL_LCD_COLOR_RED" not in text


@pytest.mark.parametrize("size", ["STAI_NETWORK_IN_1_WIDTH", None])
def test_later_releases_keep_the_size_that_the_compiler_gives(make_request, size):
    request = make_request("getting-started-2.3")
    path = request.application.root / request.application.on(DISCOVERY).layout.config
    text = path.read_text()
    if size:
        text = text.replace("#define USE_DCACHE", f"#define USE_DCACHE\n#define NN_WIDTH ({size})\n#define NN_HEIGHT 1")
    path.write_text(text)
    write_app_config(request.application, request.application.root, DISCOVERY, request.config)
    made = path.read_text()
    assert made.count("NN_WIDTH") - made.count("NN_WIDTH/4") == (1 if size else 0)
    assert "(256)" not in made
    assert "POSTPROCESS_MPE_YOLO_V8_UI" in made


def test_a_header_that_says_nothing_of_a_model_is_refused(make_request):
    request = make_request()
    path = request.application.root / request.application.on(DISCOVERY).layout.config
    path.write_text("#define NN_WIDTH 3\n")
    with pytest.raises(ApplicationConfigInvalid, match="POSTPROCESS_TYPE, NN_HEIGHT"):
        write_app_config(request.application, request.application.root, DISCOVERY, request.config)


# --- building --------------------------------------------------------------------------------------------------------


@with_gcc
@pytest.mark.parametrize("key", PAIR)
def test_every_release_builds_and_the_users_tree_stays_as_it_was(make_request, key):
    request = make_request(key)
    before = tree_hash(request.application.root)
    told = []
    made = build(request, lambda part, words: told.append((part, words)))
    image = made.image.read_bytes()
    stack, entry = struct.unpack_from("<II", image)
    assert made.size == len(image)
    assert made.entry == entry
    assert entry % 2 == 1
    assert 0x34000400 < entry < 0x34000400 + made.size
    region = made.regions[0]
    assert stack == 0x34000400 + region.have
    assert region.need > 300_000 + 1344 * 232
    assert b"p_se 100_.tflite" in image or key.startswith("multi")
    assert tree_hash(request.application.root) == before
    assert any("fcyclomatic" in change for change in made.changes)
    assert (1.0, "Building the application") in told
    assert made.place is None
    assert sorted(path.name for path in request.folder.iterdir()) == [
        "Project.bin", "Project.elf", "app_config.h", "build.log",
    ]  # fmt: skip


@with_gcc
def test_the_nucleo_overflows_as_it_comes_and_fits_enlarged(make_request):
    request = make_request(board=NUCLEO)
    with pytest.raises(RegionOverflow) as caught:
        build(request, silent)
    values = caught.value.values
    made = build(replace(request, enlarged=True), silent)
    assert (values["region"], values["size"]) == ("AXISRAM1_S", 1023 * 1024)
    assert made.regions[0].have == 2047 * 1024
    assert made.regions[0].need == 1023 * 1024 + values["overflow"]
    assert any("never run on hardware" in change for change in made.changes)


@with_gcc
def test_a_runtime_of_another_version_is_refused_and_can_be_replaced(make_request, tmp_path):
    request = replace(make_request(), runtime=(1, 1, 3, 262))
    with pytest.raises(RuntimeMismatch) as caught:
        build(request, silent)
    assert (caught.value.values["found"], caught.value.values["wanted"]) == ("1.1.0.31", "1.1.3.262")
    installed = write_installation(tmp_path / "4.0", (1, 1, 3, 262), "NetworkRuntime1200_CM55_GCC.a")
    made = build(replace(request, new_runtime=installed), silent)
    assert any("1.1.3.262" in change for change in made.changes)
    assert "-l:NetworkRuntime1200_CM55_GCC.a" in made.log.read_text()
    with pytest.raises(ApplicationConfigInvalid):
        build(replace(request, new_runtime=tmp_path / "nothing"), silent)


@with_gcc
def test_paths_with_spaces_and_umlauts_are_built_elsewhere_and_told(make_request, tmp_path):
    folder = tmp_path / "Meine Läufe"
    folder.mkdir()
    made = build(make_request(folder=folder), silent)
    assert made.image.parent == folder / "run"
    assert made.place is not None
    assert not made.place.exists()


def _spoiled(request, name, old, new):
    root = request.application.root
    path = root / request.application.on(request.board).layout.make / name
    path.write_text(path.read_text().replace(old, new))


@with_gcc
@pytest.mark.parametrize(
    ("file", "old", "new", "error", "words"),
    [
        ("Src/system.c", "(uint32_t)clock;", "(uint32_t)clok;", BuildStopped, "clok"),
        ("Src/main.c", "#include <stdint.h>", '#include "gone.h"', BuildStopped, "gone.h"),
        ("Src/main.c", "clock_of(NN", "clock_off(NN", LinkFailed, "clock_off"),
        ("Src/system.c", "uint32_t clock_of(", "uint32_t clock_from(", LinkFailed, "undefined reference"),
        ("Makefile", "Src/system.c", "Src/gone.c", ApplicationIncomplete, "gone"),
        ("Makefile", "mkdir -p $@", "mkdirr -p $@", ShellMissing, "mkdirr"),
        ("Makefile", "-fcyclomatic-complexity", "-fno-such-thing", BuildStopped, "no-such-thing"),
        ("Makefile", "-O binary $< $@", "-O nonsense $< $@", BuildFailed, "invalid bfd target"),
        ("Makefile", "$(BUILD_DIR)/$(TARGET).bin\n\n", "\n", BuildOutputMissing, "Project.bin"),
        ("Makefile", "NetworkRuntime1010", "NetworkRuntime1011", LinkFailed, "NetworkRuntime1011"),
        ("Src/main.c", "POSTPROCESS_MPE_YOLO_V8_UF", "POSTPROCESS_CUSTOM + 7", PostProcessingUnsupported, "_UF"),
    ],
)  # fmt: skip
def test_what_stops_a_build_is_named(make_request, file, old, new, error, words):
    request = make_request()
    _spoiled(request, file, old, new)
    with pytest.raises(error, match=words):
        build(request, silent)
    assert [path.name for path in request.folder.iterdir()] == ["build.log"]


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("process_begin: CreateProcess(NULL, mkdir -p build, ...) failed.", ShellMissing, "mkdir"),
        ("'which' is not recognized as an internal or external command,", ShellMissing, "which"),
        ("make: mkdir: No such file or directory", ShellMissing, "mkdir"),
        ("/bin/sh: 1: dirname: not found", ShellMissing, "dirname"),
        ("ld: Error : Application will erase fsbl", ApplicationReachesFsbl, "0x34180000"),
        ("fatal error: error writing to /tmp/x.s: No space left on device", DiskFull, ""),
        ("ld: main.o: in function `main': undefined reference to `LL_ATON_RT_Main'", LinkFailed, "LL_ATON_RT_Main"),
        ('network.c:52:4: error: #error "Possible mismatch in ll_aton library used"', RuntimeMismatch, ""),
        ("something else went wrong", BuildFailed, "something else"),
    ],
)
def test_words_of_other_systems_are_understood(tmp_path, line, error, words):
    application = identify(write_application(tmp_path / "app"))
    found = explain_build(["gcc -c x.c", line], 2, application, DISCOVERY, tmp_path, tmp_path / "log")
    assert type(found) is error
    assert words in str(found)


def test_cancelling_while_the_tree_is_copied(make_request):
    cancel = threading.Event()
    cancel.set()
    request = make_request()
    with pytest.raises(Cancelled):
        build(request, silent, cancel)
    assert list(request.folder.iterdir()) == []


@with_gcc
def test_a_source_that_refuses_the_board_is_believed(make_request):
    request = make_request()
    _spoiled(request, "Src/system.c", "#include <math.h>", '#error "no pose estimation model is supported"')
    with pytest.raises(BoardUnsupported):
        build(request, silent)


def test_a_board_that_the_application_does_not_know(make_request):
    with pytest.raises(BoardUnsupported):
        build(make_request("multi-pose-2.0", board=NUCLEO), silent)


@pytest.mark.slow
@with_gcc
def test_make_that_hangs_or_is_cancelled_leaves_nothing_behind(make_request):
    request = make_request()
    _spoiled(request, "Makefile", "mkdir -p $@", "sleep 60")
    with pytest.raises(ToolTimeout):
        build(replace(request, timeout=1.0), silent)
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    with pytest.raises(Cancelled):
        build(request, silent, cancel)
    assert [path.name for path in request.folder.iterdir()] == ["build.log"]


def test_a_compiler_that_is_not_there(make_request, tmp_path):
    with pytest.raises(ToolMissing):
        build(make_request(toolchain=tmp_path), silent)


@with_gcc
@pytest.mark.parametrize("room", [0, 24_000])
def test_a_disk_that_fills_up_is_said_to_be_full(make_request, tiny_disk, room):
    request = make_request()
    folder = tiny_disk / "run"
    folder.mkdir()
    with (tiny_disk / "others").open("wb") as others, contextlib.suppress(OSError):
        others.write(bytes(300_000 - room))
    with pytest.raises(DiskFull):
        build(replace(request, folder=folder), silent)
    assert not (folder / "application").exists()
    assert not (folder / "Project.elf").exists()
