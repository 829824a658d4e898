"""Adding the live stream to small applications in ST's shape, with a real cross compiler, and refusing others."""

import re
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from firmware_stlike import STLIKE
from standins.small_application import PAIR, tree_hash, write_application

from n6studio.board.application.build import BuildRequest, build
from n6studio.board.application.config import AppConfig
from n6studio.board.application.live.proof import require_stream
from n6studio.board.application.live.stream import (
    FOLDER,
    LiveStream,
    exact_memory,
    firmware_files,
    header,
    make_variables,
)
from n6studio.board.application.live.symbols import symbols
from n6studio.board.application.live.tree import LiveTree, live_tree
from n6studio.board.application.recognise import identify
from n6studio.board.compiler.fit import Demand, candidates_of
from n6studio.board.compiler.pairs import pairs_for, with_live_stream
from n6studio.board.registry import board as board_named
from n6studio.domain.errors.application import LiveStreamNotLinked, LiveStreamUnsupported, RegionOverflow
from n6studio.domain.pose.skeleton import COCO

DISCOVERY, NUCLEO = board_named("stm32n6570-dk"), board_named("nucleo-n657x0-q")
GCC, MAKE = shutil.which("arm-none-eabi-gcc"), shutil.which("make")
needs_gcc = pytest.mark.skipif(not (GCC and MAKE), reason="no cross compiler here")
SHA = "0123456789abcdef" * 4
KINDS = {"getting-started-1.0": "loop", "getting-started-2.0": "loop", "getting-started-2.1": "epochs",
         "getting-started-2.2": "stai", "getting-started-2.3": "stai", "multi-pose-2.0": "threads"}  # fmt: skip
TREE = LiveTree("loop", True, False)


def stream(**changes) -> LiveStream:
    given = LiveStream(
        link="usb", image="screen", jpeg="codec", quality=50, board="STM32N6570-DK", firmware="Getting Started v2.0.9",
        model="läufer 100%.tflite", model_sha256=SHA, size=(256, 256), candidates=1344, classes=1, keypoints=17,
        confidence=0.5, iou=0.45, most=10,
    )  # fmt: skip
    return replace(given, **changes)


def carried(root, board=DISCOVERY, link="usb", jpeg="codec", screen="UVCL"):
    return live_tree(identify(root), board, link, jpeg, screen)


# --- recognising -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KINDS)
def test_what_is_in_the_tree_tells_how_it_runs_its_model(tmp_path, key):
    root = write_application(tmp_path / "app", key, live=True)
    for board in identify(root).boards:
        small = board is NUCLEO
        assert carried(root, board) == LiveTree(KINDS[key], psram=not small, screen=small)


def test_a_later_release_that_nobody_has_seen_is_recognised_by_the_same(tmp_path):
    future = {"release": (5, 0), "runtime": "NetworkRuntime1300_CM55_GCC.a", "ll_aton": (1, 2, 0, 4)}
    root = write_application(tmp_path / "app", "getting-started-2.3", version="3.0.1", live=True, **future)
    assert carried(root).run == "stai"


def _edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _loop(root):
    return root / "Application/STM32N6570-DK/Src/app_loop.c"


SPOILT = {
    "a call of app_postprocess_run": lambda root: _edit(_loop(root), "app_postprocess_run(outputs", "own_run(outputs"),
    "a call of CMW_CAMERA_Start": lambda root: _edit(_loop(root), "CMW_CAMERA_Start", "CAMERA_Begin"),
    "a call that runs the model": lambda root: _edit(_loop(root), "LL_ATON_RT_Main", "own_main"),
    "Input_Buffer_Default in its threads": lambda root: _edit(_loop(root), "  run();", "  xTaskCreate(run, 0); run();"),
    "exactly one line OBJECTS =": lambda root: _edit(
        root / "Application/STM32N6570-DK/Makefile", "OBJECTS = $(add", "OBJECTS =\nOBJECTS = $(add"
    ),
    "stm32n6xx_hal_pcd.c": lambda root: next(root.glob("**/stm32n6xx_hal_pcd.c")).unlink(),
    "stm32n6xx_hal_jpeg.c": lambda root: next(root.glob("**/stm32n6xx_hal_jpeg.c")).unlink(),
    "the structure in which post-processing": lambda root: _edit(
        next(root.glob("**/mpe_pp_output_if.h")), "pKeyPoints", "points"
    ),
}


@pytest.mark.parametrize("missing", SPOILT)
def test_a_tree_that_lacks_something_is_refused_with_its_name_and_what_it_lacks(tmp_path, missing):
    root = write_application(tmp_path / "app", live=True)
    SPOILT[missing](root)
    with pytest.raises(LiveStreamUnsupported) as caught:
        carried(root)
    assert missing in caught.value.values["missing"]
    assert caught.value.values["application"] == "Getting Started Pose Estimation v2.0.9"


def test_drivers_are_asked_for_only_where_they_are_needed(tmp_path):
    root = write_application(tmp_path / "app", live=True)
    for name in ("pcd", "jpeg"):
        next(root.glob(f"**/stm32n6xx_hal_{name}.c")).unlink()
    assert carried(root, link="uart", jpeg="software").run == "loop"


def test_threads_that_keep_their_buffers_to_themselves_a_screen_on_spi_and_buffers_not_found_are_refused(tmp_path):
    multi = write_application(tmp_path / "multi", "multi-pose-2.0", live=True)
    _edit(multi / "Src/app_loop.c", "LL_ATON_Set_User_Output_Buffer_Default", "own_output")
    with pytest.raises(LiveStreamUnsupported, match="Output_Buffer_Default in its threads"):
        carried(multi)
    root = write_application(tmp_path / "app", live=True)
    with pytest.raises(LiveStreamUnsupported, match="SPI"):
        carried(root, NUCLEO, screen="SPI")
    _edit(root / "Application/NUCLEO-N657X0-Q/Src/app_loop.c", "screen_buffer[320", "screen_memory[320")
    with pytest.raises(LiveStreamUnsupported, match="buffers"):
        carried(root, NUCLEO)
    assert carried(root, DISCOVERY).run == "loop", "the other board has no such buffers"


def test_without_any_of_it_everything_is_named(tmp_path):
    root = write_application(tmp_path / "app")
    with pytest.raises(LiveStreamUnsupported) as caught:
        carried(root)
    assert caught.value.values["missing"].count("a call of") == 4


# --- what is written -------------------------------------------------------------------------------------------------


def test_the_header_says_what_the_model_is_and_defines_what_the_example_explains():
    text = header(stream(), TREE)
    defined = dict(re.findall(r"^#define (N6_\w+) ?(.*)$", text, re.MULTILINE))
    example = set(
        re.findall(
            r"^(?:/\* )?#define (N6_\w+)", (firmware_files()[-1].parent / "n6_config_example.h").read_text(), re.M
        )
    )
    assert set(defined) <= example | {"N6_CONFIG_H"}
    assert defined["N6_MODEL_ID"] == "{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}"
    assert defined["N6_MODEL_NAME"] == '"l_ufer 100%.tflite"'
    assert defined["N6_EXACT_BYTES"] == str(256 * 256 * 3)
    assert (defined["N6_PROTECT_AT_START"], "N6_IMAGE_OF_SCREEN" in defined) == ("0", True)
    assert int(defined["N6_HEAD_BYTES"].rstrip("u")) >= 10 * 4 * 56 + (131072 + 196608) / 15


def test_each_choice_is_in_the_header_or_in_the_makefile():
    text = header(
        stream(link="uart", image="input", jpeg="software", quality=70, most=3, exact=False, average=False),
        replace(TREE, psram=False),
    )
    for line in (
        "N6_PROTECT_AT_START 1",
        "N6_SOFTWARE_JPEG",
        "N6_QUALITY_AT_START 70u",
        "N6_AVERAGE_AT_START 0",
        "N6_EXACT_BYTES 0",
    ):
        assert f"#define {line}\n" in text
    assert "IMAGE_OF_SCREEN" not in text
    assert "N6_PSRAM" not in text
    assert make_variables(stream(link="uart", jpeg="software"), LiveTree("stai", False, True)) == (
        "N6_LINK := uart\nN6_RUN := stai\nN6_JPEG := software\nN6_SCREEN := none\n"
    )


def test_what_the_models_input_takes_of_a_small_boards_memory_is_what_the_header_has_more():
    small = replace(TREE, psram=False)

    def sizes(exact):
        text = header(replace(stream(), exact=exact), small)
        return {name: int(value) for name, value in re.findall(r"#define N6_(HEAD|EXACT)_BYTES (\d+)", text)}

    with_it, without = sizes(True), sizes(False)
    assert (with_it["EXACT"], without["EXACT"]) == (256 * 256 * 3, 0)
    assert exact_memory(stream()) == with_it["EXACT"] + 2 * (with_it["HEAD"] - without["HEAD"])
    assert with_it["HEAD"] >= 10 * 4 * 56 + (48 * 1024 + 256 * 256 * 3) / 15, "parity of a whole frame"


def test_a_model_with_the_stream_is_compiled_to_float_output():
    pair = with_live_stream(PAIR["getting-started-2.3"])
    assert (pair.output_type, pair.generate) == ("float", ("--input-data-type", "uint8"))
    assert with_live_stream(PAIR["getting-started-2.0"]).generate == PAIR["getting-started-2.0"].generate


# --- building --------------------------------------------------------------------------------------------------------


@pytest.fixture
def make_request(tmp_path):
    def make(key, board, live=True, **changes):
        root = write_application(tmp_path / "app", key, live=True)
        network = tmp_path / "network"
        network.mkdir()
        stai = (STLIKE / "stai_network.h").read_text()
        sizes = "#define STAI_NETWORK_IN_1_WIDTH (256)\n#define STAI_NETWORK_IN_1_HEIGHT (256)\n"
        for name, text in {
            "network.c": "const unsigned char *const network_weights = (void *)0x70380000;\n"
            "static const unsigned long long blob[] = {1};\nconst void *network_commands(void) { return blob; }\n",
            "stai_network.h": stai.replace("typedef int", f"{sizes}typedef int", 1),
            "stai_network.c": '#include "stai_network.h"\nstai_return_code stai_network_run(stai_network *model, '
            "const stai_run_mode mode) { return !model && mode; }\n",
        }.items():
            (network / name).write_text(text)
        application = identify(root)
        (tmp_path / "run").mkdir()
        demand = Demand((256, 256), candidates_of((256, 256)), 17)
        link = changes.pop("link", "usb")
        given = stream(link=link, board=board.name)
        return BuildRequest(
            application=application, board=board, sources=tuple(sorted(network.iterdir())),
            runtime=application.pair.compiler.ll_aton, config=AppConfig(demand, COCO, "m"),
            toolchain=Path(GCC or "/nowhere/gcc").parent, make=Path(MAKE or "make"), folder=tmp_path / "run",
            live=(given, live_tree(application, board, link, "codec", "UVCL")) if live else None, **changes,
        )  # fmt: skip

    return make


CASES = [(key, board) for key in KINDS for board in (DISCOVERY, NUCLEO) if PAIR[key] in pairs_for(board)]


@pytest.mark.slow
@needs_gcc
@pytest.mark.parametrize(("key", "board"), CASES)
@pytest.mark.usefixtures("shorter")
def test_every_shape_is_built_with_all_of_it_in_the_program_and_the_users_tree_untouched(make_request, key, board):
    request = make_request(key, board)
    before = tree_hash(request.application.root)
    made = build(request, lambda *_: None)
    assert tree_hash(request.application.root) == before
    found = symbols(made.elf)
    tree = request.live[1]
    assert all(f"__wrap_{name}" in found for name in tree.wrapped)
    assert {"HAL_PCD_Init", "n6_jpeg_hw_encoder", "n6_decode"} <= set(found)
    assert "app_postprocess_run" not in found, "the application's own post-processing is not linked"
    compiled = [line for line in made.log.read_text().splitlines() if f"{FOLDER}/n6_decode.c" in line]
    assert "-ffp-contract=off" in compiled[0]
    assert made.changes[0].startswith("Added the live stream")
    regions = {use.name: use for use in made.regions}
    assert ("PSRAM" in regions and regions["PSRAM"].need > 2 * 128 * 1024) == tree.psram
    if board is NUCLEO:
        assert (found["lcd_fg_buffer"], found["screen_buffer"], found["exact"]) == (64, 32, 256 * 256 * 3)
        assert "SCRL_Init" in found
        assert "scrl_usb.c" not in made.log.read_text()


@pytest.fixture
def shorter(monkeypatch):
    """Leave room beside what stands for the rest of an application: its own buffers are there here."""
    monkeypatch.setattr("standins.small_application._BASE_BYTES", {False: 300_000, True: 150_000})


@pytest.mark.slow
@needs_gcc
def test_over_the_st_links_port_no_usb_is_linked(make_request):
    made = build(make_request("getting-started-2.0", DISCOVERY, link="uart"), lambda *_: None)
    found = symbols(made.elf)
    assert "HAL_GPIO_Init" in found
    assert "HAL_PCD_Init" not in found


@pytest.mark.slow
@needs_gcc
def test_a_function_that_is_never_called_is_named_after_the_build(make_request, tmp_path):
    request = make_request("getting-started-2.0", DISCOVERY)
    _edit(request.application.root / "Application/STM32N6570-DK/Src/app_loop.c", "    run();", "    if (0) run();")
    with pytest.raises(LiveStreamNotLinked) as caught:
        build(request, lambda *_: None)
    assert caught.value.values["missing"] == "LL_ATON_RT_Main"
    assert caught.value.values["application"] == "Getting Started Pose Estimation v2.0.9"


@pytest.mark.slow
@needs_gcc
def test_a_region_that_does_not_hold_it_is_the_linkers_word(make_request, monkeypatch):
    monkeypatch.setattr("standins.small_application._BASE_BYTES", {False: 300_000, True: 1_000_000})
    with pytest.raises(RegionOverflow):
        build(make_request("getting-started-2.0", NUCLEO), lambda *_: None)


# --- the proof -------------------------------------------------------------------------------------------------------


def program(folder: Path, names: list[str]) -> Path:
    """Write an ELF file of two sections with symbols, by the standard's own figures."""
    texts = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    table, at = bytes(16), 1
    for index, name in enumerate(names):
        table += struct.pack("<IIIBBH", at, 0x34000000, 4 * index, 0x12, 0, 1)
        at += len(name) + 1
    table += struct.pack("<IIIBBH", 1, 0, 0, 0x10, 0, 0)  # wanted, not defined
    sections = bytes(40)
    sections += struct.pack("<10I", 0, 2, 0, 0, 52, len(table), 2, 1, 4, 16)
    sections += struct.pack("<10I", 0, 3, 0, 0, 52 + len(table), len(texts), 0, 0, 1, 0)
    start = 52 + len(table) + len(texts)
    head = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 40, 1, 0, 0, start, 0, 52, 32, 0, 40, 3, 2)
    path = folder / "Project.elf"
    path.write_bytes(head + table + texts + sections)
    return path


WHOLE = [*(f"__wrap_{name}" for name in TREE.wrapped), "n6_stream_image", "n6_stream_results", "n6_stream_received",
         "n6_decode"]  # fmt: skip


def test_symbols_are_read_and_what_is_only_wanted_is_none(tmp_path):
    assert symbols(program(tmp_path, ["main", "second"])) == {"main": 0, "second": 4}


def test_every_single_function_that_is_missing_is_named(tmp_path):
    require_stream(program(tmp_path, WHOLE), TREE, "app", tmp_path)
    for name in WHOLE:
        with pytest.raises(LiveStreamNotLinked) as caught:
            require_stream(program(tmp_path, [one for one in WHOLE if one != name]), TREE, "app", tmp_path)
        assert caught.value.values["missing"] == name.removeprefix("__wrap_")


@pytest.mark.parametrize("cut", [0, 10, 52, 60, 300])
def test_a_program_that_is_cut_short_proves_nothing(tmp_path, cut):
    path = program(tmp_path, WHOLE)
    path.write_bytes(path.read_bytes()[:cut])
    assert symbols(path) == {}
