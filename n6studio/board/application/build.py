"""Configuring and building an application for a model, in a copy, with make and GNU Arm GCC."""

import os
import shutil
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.application.build_messages import explain_build, memory_table
from n6studio.board.application.config import AppConfig, write_app_config
from n6studio.board.application.copy import (
    Toolchain,
    adapt_to_toolchain,
    check_runtime,
    copy_application,
    enlarge_region,
    examine_toolchain,
    place_model,
    replace_runtime,
)
from n6studio.board.application.header_check import check_header
from n6studio.board.application.live.proof import require_stream
from n6studio.board.application.live.stream import LiveStream, write_stream
from n6studio.board.application.live.tree import LiveTree
from n6studio.board.application.recognise import Application
from n6studio.board.application.tree import Layout
from n6studio.board.compiler.fit import Use
from n6studio.board.compiler.pairs import Version
from n6studio.board.compiler.stedgeai import Progress
from n6studio.board.description import Board, hex_address
from n6studio.board.vendor.folders import copied, working_folder
from n6studio.board.vendor.process import ToolRun, clean_environment, run_tool
from n6studio.domain.errors.application import ApplicationReachesFsbl, BuildOutputMissing
from n6studio.gates.files import read_text

TIMEOUT_SECONDS = 1200.0
NAME = "make"


@dataclass(frozen=True)
class BuildRequest:
    """One build, complete.

    Attributes:
        application: the user's copy; only read.
        board: the board.
        sources: the network's code: network.c, network_ecblobs.h and what else the compiler wrote.
        runtime: version of the NPU runtime that this code expects; None where it does not say.
        config: how the application is to behave.
        toolchain: folder of arm-none-eabi-gcc.
        make: path of make.
        folder: where the results go.
        enlarged: enlarge the application's memory region; needs network code compiled so.
        new_runtime: version folder of ST Edge AI Core whose runtime is put into the copy; None to keep the copy's.
        live: the live stream, and how the application carries it; None to leave it out.
        jobs: compilers at once; 0 for one per processor.
        timeout: seconds after which it is given up.
    """

    application: Application
    board: Board
    sources: tuple[Path, ...]
    runtime: Version | None
    config: AppConfig
    toolchain: Path
    make: Path
    folder: Path
    enlarged: bool = False
    new_runtime: Path | None = None
    live: tuple[LiveStream, LiveTree] | None = None
    jobs: int = 0
    timeout: float = TIMEOUT_SECONDS


@dataclass(frozen=True)
class BuiltApplication:
    """What a build left.

    Attributes:
        image: the binary, without header: what is to be signed.
        elf: the same with symbols.
        config: the app_config.h that was built.
        log: all that make printed.
        size: bytes of the image.
        entry: address of the first instruction, as the image's vector table has it.
        regions: the linker's table of memories.
        changes: what was changed in the copy besides the model, as sentences.
        toolchain: what the compiler says of itself.
        place: folder that it was built in, when that was not below `BuildRequest.folder`; None otherwise.
    """

    image: Path
    elf: Path
    config: Path
    log: Path
    size: int
    entry: int
    regions: tuple[Use, ...]
    changes: tuple[str, ...]
    toolchain: str
    place: Path | None


def build(request: BuildRequest, progress: Progress, cancel: threading.Event | None = None) -> BuiltApplication:
    """Build an application for a model. Blocks for some seconds to a minute; call it from any one thread.

    Args:
        request: what is wanted.
        progress: told the part that is done and what is being done, in this thread.
        cancel: when set, make and what it started are ended.

    Raises:
        StudioError: what the steps raise; see `explain_build`. The user's tree is never changed, and of the copy
            nothing is left.
    """
    layout = request.application.on(request.board).layout
    wanted = request.folder / "application"
    work = working_folder(wanted, NAME)
    try:
        root = work / "app"
        progress(None, "Copying the application")
        copy_application(request.application, request.board, root, cancel)
        toolchain = examine_toolchain(request.toolchain, work)
        changes = _prepared(request, layout, root, toolchain)
        done = _made(request, layout, root, progress, cancel)
        return _collected(request, layout, root, done, changes, toolchain, None if work == wanted else work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prepared(request: BuildRequest, layout: Layout, root: Path, toolchain: Toolchain) -> tuple[str, ...]:
    changes: tuple[str, ...] = ()
    if request.new_runtime is not None:
        changes += replace_runtime(root, layout, request.new_runtime)
    check_runtime(request.application, request.runtime, root, layout)
    place_model(root, layout, request.sources)
    write_app_config(request.application, root, request.board, request.config)
    pair = request.application.on(request.board).pair
    check_header(root, layout, pair, request.config.demand, request.config.classes)
    if request.enlarged:
        changes += (enlarge_region(root, layout, request.board.chip.linker),)
    if request.live is not None:
        changes += write_stream(root, layout, *request.live)
    return changes + adapt_to_toolchain(root, layout, toolchain)


def _made(
    request: BuildRequest, layout: Layout, root: Path, progress: Progress, cancel: threading.Event | None
) -> ToolRun:
    """Run make. Options of the compiler are not given as variables: they would silence every line that adds to them."""
    total = _count_sources(root, layout)
    done = 0

    def tell(line: str) -> None:
        nonlocal done
        if " -c " in line or line.lstrip().startswith("CC "):
            done += 1
            progress(min(done / total, 1.0) if total else None, "Building the application")

    command: list[str | Path] = [request.make, f"-j{request.jobs or os.cpu_count() or 1}", "all"]
    if screen := request.board.screen(request.config.screen):
        command.append(f"SCR_LIB_SCREEN_ITF={screen}")
    log = request.folder / "build.log"
    # Beside ST's make for Windows lie the commands of a shell that the Makefile calls.
    path = os.pathsep.join([str(request.toolchain), str(request.make.parent), os.environ.get("PATH", "")])
    run = run_tool(
        command,
        tool=NAME,
        cwd=root / layout.make,
        log=log,
        timeout=request.timeout,
        environment=clean_environment({"PATH": path, "LC_ALL": "C"}),  # messages in English, to be understood
        on_line=tell,
        cancel=cancel,
    )
    if run.code != 0:
        raise explain_build(run.lines, run.code, request.application, request.board, root, log)
    return run


def _count_sources(root: Path, layout: Layout) -> int:
    """Return about how many files are compiled: one a line of a makefile, wildcards uncounted."""
    files = [root / layout.makefiles[0], *sorted((root / "mks").glob("*.mk"))]
    lines = (line for file in files for line in read_text(file, errors="replace").splitlines())
    return sum(line.startswith("C_SOURCES") and line.rstrip().endswith(".c") for line in lines)


def _collected(
    request: BuildRequest,
    layout: Layout,
    root: Path,
    done: ToolRun,
    changes: tuple[str, ...],
    toolchain: Toolchain,
    place: Path | None,
) -> BuiltApplication:
    image, elf = root / layout.image, (root / layout.image).with_suffix(".elf")
    log = request.folder / "build.log"
    missing = [path.name for path in (image, elf) if not path.is_file() or not path.stat().st_size]
    if missing:
        raise BuildOutputMissing(missing=", ".join(missing), log=log)
    if request.live is not None:
        live, tree = request.live
        require_stream(elf, tree, request.application.name, log, live.split is not None)
    size = image.stat().st_size
    chip = request.board.chip
    end = chip.linker.address + size
    if end > chip.boot.loader:
        raise ApplicationReachesFsbl(end=hex_address(end), limit=hex_address(chip.boot.loader), log=log)
    with image.open("rb") as stream:
        head = stream.read(8)
    return BuiltApplication(
        image=copied(image, request.folder / "Project.bin"),
        elf=copied(elf, request.folder / "Project.elf"),
        config=copied(root / layout.config, request.folder / "app_config.h"),
        log=log,
        size=size,
        entry=struct.unpack_from("<I", head, 4)[0],
        regions=memory_table(done.lines),
        changes=changes,
        toolchain=toolchain.version,
        place=place,
    )
