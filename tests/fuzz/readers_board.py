"""Readers of what ST's tools print and write, and of applications' trees. Heavy imports stay inside the readers."""

import atexit
import contextlib
import functools
import io
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fuzz.reader import Reader, placed

DISCOVERY = "stm32n6570-dk"


# --- what the compiler leaves ----------------------------------------------------------------------------------------


@functools.cache
def _compiled(release: str) -> dict[str, bytes]:
    """Return name -> contents of what a compilation leaves, as the stand-in writes it."""
    from standins import stedgeai
    from standins.small_tflite import write_pose_tflite

    from n6studio.board.compiler.mpool import pools_for, write_configuration
    from n6studio.board.compiler.pairs import PAIRS
    from n6studio.board.compiler.stedgeai import CompileRequest, command_line
    from n6studio.board.registry import board

    pair = next(pair for pair in PAIRS if ".".join(map(str, pair.compiler.release)) == release)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, target = write_pose_tflite(folder / "pose.tflite", 32), board(DISCOVERY)
        write_configuration(folder, pair, target, pools_for(pair, target))
        asked = CompileRequest(model, pair, target, folder / "stedgeai", pair.compiler.release, folder)
        words = command_line(asked, str(model), str(folder / "n6studio_neuralart.json"))
        given = stedgeai.parsed(words, release)
        given.output, given.workspace = folder / "out", folder / "work"
        version, runtime, suffix = stedgeai.RELEASES[release]
        run = stedgeai.Generation(given, stedgeai.Manner(release), version, runtime, suffix)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.chdir(folder):
            run.run()
        return {path.name: path.read_bytes() for path in given.output.iterdir()}


REPORT, C_INFO, BLOBS = "network_generate_report.txt", "network_c_info.json", "network_ecblobs.h"
_KINDS = {b"R": REPORT, b"I": C_INFO, b"B": BLOBS, b"C": "network.c"}


def _compilations(_folder: Path) -> list[bytes]:
    """Return each file of a compilation, behind a letter that says which, and the release's."""
    return [
        letter + number + _compiled(release)[name]
        for number, release in ((b"0", "2.1"), (b"1", "4.0"))
        for letter, name in _KINDS.items()
    ]


def _read_compilation(data: bytes, folder: Path) -> None:
    from n6studio.board.compiler.report import read_compile_report
    from n6studio.board.compiler.stedgeai import runtime_of, weights_address_of
    from n6studio.domain.charts.speed import memory_life, time_by_part
    from n6studio.domain.model.speed_text import compiled_lines

    files = _compiled("4.0" if data[1:2] == b"1" else "2.1") | {_KINDS.get(data[:1], REPORT): data[2:]}
    places = {name: placed(folder, name, files[name]) for name in _KINDS.values()}
    report = read_compile_report(places[REPORT], places[C_INFO], places[BLOBS])
    runtime_of(places["network.c"])
    weights_address_of(places["network.c"], report.weights_pool)
    compiled_lines(report.summary)
    memory_life(report.life)
    time_by_part(report.steps)


# --- what tools print ------------------------------------------------------------------------------------------------

PRINTED = """\
      -------------------------------------------------------------------
                        STM32CubeProgrammer v2.22.0
ST Edge AI Core v2.1.0-20194 329b0e98d
arm-none-eabi-gcc (GNU Tools for STM32 13.3.rel1.20240926-1715) 13.3.1 20240614
GNU Make 4.4.1
STM32 Signing Tool v2.22.0
===== STLink Interface =====
ST-Link Probe 0 :
   ST-LINK SN  : 003A00243234510233353533
   ST-LINK FW  : V3J15M7
   Access Port Number  : 2
   Board Name  : STM32N6570-DK
-----------------------------------------------
ST-LINK SN  : 003A00243234510233353533
ST-LINK FW  : V3J15M7
Board       : STM32N6570-DK
Voltage     : 3.29V
SWD freq    : 8000 KHz
Connect mode: Hot Plug
Device ID   : 0x486
Revision ID : Rev Z
OTP REGISTERS:
  HCONF1 | Data124: 0x00018000 | Status124: 0x00000000
██████████████ 28%
Error: Data mismatch found at address 0x70000000 (byte = 0x00 instead of 0x01)
PASS:  57%|#####     | 57/100
E700(UnfeasibleAllocation): total bytes left unallocated=1048576
INTERNAL ERROR: E010(InvalidModelError): Unsupported layer types: Loop
Memory region         Used Size  Region Size  %age Used
       AXISRAM1_S:      300000 B      1023 KB     28.64%
Src/main.c:12:3: fatal error: string.h: No such file or directory
region `AXISRAM1_S' overflowed by 123456 bytes
make: *** No rule to make target 'Src/none.c', needed by 'all'.  Stop.
STM32N6-GettingStarted-PoseEstimation v2.3.0 (built Nov 26)
NN model: yolov8n_pose_256

+-o Device@01  <class IOUSBHostDevice>
    "idVendor" = 1155
    "idProduct" = 14164
USB\\VID_0483&PID_3754\\003A00243234510233353533
"""


def _printed(_folder: Path) -> list[bytes]:
    lines = PRINTED.splitlines()
    return [PRINTED.encode(), *("\n".join(lines[first : first + 9]).encode() for first in range(0, len(lines), 5))]


@functools.cache
def _place() -> Path:
    """Return a folder that goes with this process."""
    folder = Path(tempfile.mkdtemp(prefix="n6studio-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def _application() -> Any:
    from standins.small_application import write_application

    from n6studio.board.application.recognise import identify

    return identify(write_application(_place() / "application", "getting-started-2.0"))


def _read_printed(data: bytes, folder: Path) -> None:
    """Give a tool's output to whatever looks at one."""
    from n6studio.board.application.build_messages import explain_build, memory_table
    from n6studio.board.compiler.messages import (
        Circumstances,
        explain_failure,
        printed_error,
        progress_of,
        warnings_of,
    )
    from n6studio.board.cube import output, signing_tool
    from n6studio.board.cube.failures import Situation, failure, probe_failure
    from n6studio.board.programmer import ConnectMode
    from n6studio.board.registry import board
    from n6studio.board.running.banner import banner_in
    from n6studio.board.running.usb import ids_of_ioreg, ids_of_windows
    from n6studio.board.tools import versions
    from n6studio.board.vendor.process import LONGEST_LINE, ToolRun

    target, text = board(DISCOVERY), data.decode("utf-8", "replace")
    lines = [line[:LONGEST_LINE] for line in re.split(r"[\r\n]+", text)]
    for read in (output.parse_version, output.parse_probes, output.first_error, output.symptom, output.last_words):
        read(lines)
    for line in lines:
        output.percent(line)
        progress_of(line)
    output.parse_fuses(lines, 124)
    output.parse_connection(lines, ConnectMode.HOT_PLUG)
    for tool in versions._PATTERNS:
        versions.read_version(tool, text)
    signing_tool.version_in(lines)
    printed_error(lines)
    warnings_of(lines)
    memory_table(lines)
    banner_in(data)
    ids_of_ioreg(text)
    ids_of_windows(text)
    errors = [
        explain_failure(lines, 1, Circumstances(folder / "a.tflite", target.name, 1, "2.1", folder, folder / "log")),
        explain_build(lines, 2, _application(), target, folder, folder / "log"),
    ]
    run = ToolRun(1, tuple(lines), 0.0, None)
    errors += [one for one in (failure(run, Situation(target, "writing", "log")), probe_failure(run)) if one]
    for error in errors:
        error.to_message()


# --- an application's tree -------------------------------------------------------------------------------------------


@functools.cache
def _trees() -> tuple[Path, ...]:
    from standins.small_application import write_application

    place = _place()
    keys = ("getting-started-2.0", "getting-started-2.3", "multi-pose-1.0")
    return tuple(write_application(place / key, key, live=True) for key in keys)


_TOLD = (
    "Makefile", "*.mk", "*.ld", "*.mpool", "user_neuralart*.json", "generate-n6-model*", "app_config.h",
    "postprocess_conf.h", "ll_aton_version.h", "README.md", "Release_Notes.md", "main.c", "app_postprocess.h",
)  # fmt: skip


@functools.cache
def _told() -> tuple[tuple[Path, Path], ...]:
    """Return (tree, file of it) for every file that something is read from."""
    found = [(root, path) for root in _trees() for name in _TOLD for path in sorted(root.rglob(name))]
    return tuple(found[:250])


def _tree_files(_folder: Path) -> list[bytes]:
    """Return every such file behind a byte that says which it is."""
    return [bytes([index]) + path.read_bytes() for index, (_, path) in enumerate(_told())]


def _read_tree(data: bytes, _folder: Path) -> None:
    """Read a tree with one file changed: recognise it, look at its memories, its changes, and for the stream."""
    root, path = _told()[data[0] % len(_told()) if data else 0]
    sound = path.read_bytes()
    path.write_bytes(data[1:])
    try:
        _look_at(root)
    finally:
        path.write_bytes(sound)


def _look_at(root: Path) -> None:
    from n6studio.board.application.gates import tree_problems
    from n6studio.board.application.header_check import check_header
    from n6studio.board.application.live.tree import live_tree
    from n6studio.board.application.recognise import identify
    from n6studio.board.compiler.fit import Demand, candidates_of, fit
    from n6studio.board.running.banner import announces
    from n6studio.domain.errors.application import LiveStreamUnsupported
    from n6studio.domain.errors.tree import TablesDisagree
    from n6studio.engine.deploy.swap import installs_relocatable

    found = identify(root)
    installs_relocatable(root)
    demand = Demand((256, 256), candidates_of((256, 256)), 17)
    for tree in found.trees:
        list(tree_problems(found, tree.board))
        announces(root, tree.board)
        fit(tree.pair, tree.board, demand)
        with contextlib.suppress(TablesDisagree):
            check_header(root, tree.layout, tree.pair, demand, 1)
        with contextlib.suppress(LiveStreamUnsupported):
            live_tree(found, tree.board, "usb", "codec", "")


def _headers(_folder: Path) -> list[bytes]:
    return [path.read_bytes() for _, path in _told() if path.name == "app_config.h"]


def _edit_header(data: bytes, _folder: Path) -> None:
    from n6studio.board.application.config import defines_in, edited

    text = data.decode("utf-8", "surrogateescape")
    defines_in(text)
    edited(text, {"NN_WIDTH": "(256)", "WELCOME_MSG_1": '"a"'}, "static const int **bindings = 0;\n")


def _indices(folder: Path) -> list[bytes]:
    """Return indices of clones, of versions 2 and 4."""
    import subprocess

    found = []
    for version in ("2", "4"):
        place = folder / f"clone{version}"
        placed(place, "Src/main.c", b"int main;\n")
        placed(place, "Src/more.c", b"int more;\n")
        for words in (("init", "-q"), ("add", "."), ("update-index", "--index-version", version)):
            subprocess.run(["git", *words], cwd=place, check=True, capture_output=True)
        found.append((place / ".git/index").read_bytes())
    return found


def _read_index(data: bytes, folder: Path) -> None:
    from n6studio.board.application.modified import _changed_in_clone

    placed(folder, "clone/Src/main.c", b"int main;\n")
    placed(folder, "clone/.git/index", data)
    _changed_in_clone(folder / "clone")


def _programs(_folder: Path) -> list[bytes]:
    """Return a program of 32 bits with one symbol."""
    import struct

    names = b"\0one\0"
    symbols = bytes(16) + struct.pack("<IIIBBH", 1, 0x34000400, 8, 0, 0, 1)
    at = 52 + len(names) + len(symbols)
    head = b"\x7fELF\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIIIIIHHHHHH", 2, 40, 1, 0, 0, at, 0, 52, 0, 0, 40, 3, 2
    )
    sections = struct.pack("<10I", *[0] * 10)
    sections += struct.pack("<10I", 0, 2, 0, 0, 52 + len(names), len(symbols), 2, 0, 0, 16)
    sections += struct.pack("<10I", 0, 3, 0, 0, 52, len(names), 0, 0, 0, 0)
    return [head + names + symbols + sections]


def _read_program(data: bytes, folder: Path) -> None:
    from n6studio.board.application.live.symbols import symbols

    symbols(placed(folder, "Project.elf", data))


BOARD_READERS: dict[str, Reader] = {
    "compilation": Reader(
        _read_compilation, _compilations, words=(b"1.2.3 kB", b"epoch 5 -SW-", b"0x7100", b"NODE_SW")
    ),
    "printed": Reader(_read_printed, _printed, words=(b"1.2.3", b"0x", b"error: ", b"STM32CubeProgrammer v")),
    "tree": Reader(
        _read_tree, _tree_files,
        words=(b"$(MODEL_DIR)", b"include ", b"ifeq (", b"else\n", b"endif\n", b"ORIGIN = ", b"0777", b"#define "),
    ),
    "header": Reader(_edit_header, _headers, words=(b"#define ", b"\\\n", b"#endif")),
    "git_index": Reader(_read_index, _indices, words=(b"DIRC",)),
    "program": Reader(_read_program, _programs, words=(b"\x7fELF",)),
}  # fmt: skip
