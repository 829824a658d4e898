"""Driver of ST Edge AI Core's `generate`: from a quantized .tflite to network code, weights and figures.

The compiler runs in a folder of its own, with a pool file and a profile that we wrote for the board. What it wrote is
believed only when it ended well, printed no error, left every file, and its files agree with each other and with the
pools that it was given.
"""

import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.compiler.messages import (
    NAME,
    Circumstances,
    explain_failure,
    printed_error,
    progress_of,
    warnings_of,
)
from n6studio.board.compiler.mpool import PROFILE, on_chip, pools_for, weights_pool, write_configuration
from n6studio.board.compiler.pairs import Pair, Version, check_pair
from n6studio.board.compiler.report import CompileReport, read_compile_report
from n6studio.board.compiler.report_text import reading_report
from n6studio.board.description import Board, Pool, hex_address
from n6studio.board.vendor.folders import copied, plain_name, working_folder
from n6studio.board.vendor.process import ToolRun, clean_environment, run_tool
from n6studio.domain.errors.compiler import CompilerFailed, CompilerOutputsMissing, ReportContradicts

Progress = Callable[[float | None, str], None]

TIMEOUT_SECONDS = 1800.0
SILENCE_SECONDS = 300.0
_LL_ATON = re.compile(
    r"LL_ATON_VERSION_MAJOR\s*!=\s*(\d{1,6})\s*\|\|\s*LL_ATON_VERSION_MINOR\s*!=\s*(\d{1,6})\s*\|\|\s*"
    r"LL_ATON_VERSION_MICRO\s*!=\s*(\d{1,6})(?:\s*\|\|\s*LL_ATON_VERSION_DEV\s*!=\s*(\d{1,6}))?"
)


@dataclass(frozen=True)
class CompileRequest:
    """One compilation, complete.

    Attributes:
        model: quantized .tflite.
        pair: the application that the result is for.
        board: the board.
        program: path of stedgeai.
        version: its version.
        folder: where the results go.
        enlarged: for an application whose memory region is enlarged (see `fit`).
        options: other options for the NPU compiler; "" for the pair's own.
        timeout, silence: seconds after which it is given up: in all, and without a word.
    """

    model: Path
    pair: Pair
    board: Board
    program: Path
    version: Version
    folder: Path
    enlarged: bool = False
    options: str = ""
    timeout: float = TIMEOUT_SECONDS
    silence: float = SILENCE_SECONDS


@dataclass(frozen=True)
class CompiledModel:
    """What a compilation left.

    Attributes:
        sources: files to be put into the application: network.c, network_ecblobs.h, and stai_network.* where made.
        weights: raw bytes to be programmed at `report.weights_address`.
        c_info, report_file, log: what the compiler said.
        report: its figures.
        runtime: version of the NPU runtime that the code expects.
        warnings: sentences for the user.
    """

    sources: tuple[Path, ...]
    weights: Path
    c_info: Path
    report_file: Path
    log: Path
    report: CompileReport
    runtime: Version | None
    warnings: tuple[str, ...]


def command_line(request: CompileRequest, model: str, profile: str) -> list[str]:
    """Return the words after the program's name.

    Args:
        request: what is wanted.
        model: the model, relative to the working folder.
        profile: file of the profile, likewise.
    """
    return [
        "generate",
        "--model", model,
        "--target", "stm32n6",
        "--st-neural-art", f"{PROFILE}@{profile}",
        "--output", "st_ai_output",
        "--workspace", "st_ai_ws",
        *request.pair.generate,
    ]  # fmt: skip


def generate(request: CompileRequest, progress: Progress, cancel: threading.Event | None = None) -> CompiledModel:
    """Compile a model. Blocks for about half a minute; call it from any one thread.

    Args:
        request: what is wanted.
        progress: told the part that is done (0..1, None for unknown) and what is being done, in this thread.
        cancel: when set, the compiler and what it started are ended.

    Raises:
        StudioError: `PairMismatch`, what `run_tool` and `explain_failure` raise, `CompilerOutputsMissing`,
            `ReportUnreadable`, `ReportContradicts`, `DiskFull`, `NotWritable`. Nothing is left in `request.folder` but
            the log.
    """
    check_pair(request.pair, request.version)
    work = working_folder(request.folder / "stedgeai", NAME)
    try:
        return _generated(request, work, progress, cancel)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _generated(
    request: CompileRequest, work: Path, progress: Progress, cancel: threading.Event | None
) -> CompiledModel:
    pools = pools_for(request.pair, request.board, request.enlarged)
    model = copied(request.model, work / f"{plain_name(request.model.stem)}.tflite")
    profile = write_configuration(work, request.pair, request.board, pools, request.options)
    log = request.folder / "stedgeai.log"
    version, have = ".".join(map(str, request.version)), on_chip(pools, request.board)
    around = Circumstances(request.model, request.board.name, have, version, work, log)
    started = time.time()
    done = run_tool(
        [request.program, *command_line(request, model.name, profile.name)],
        tool=NAME,
        cwd=work,
        log=log,
        timeout=request.timeout,
        silence=request.silence,
        environment=_environment(request.program),
        on_line=lambda line: _tell(line, progress),
        on_silence=lambda seconds: progress(None, f"{NAME} has been silent for {seconds:.0f} s"),
        cancel=cancel,
    )
    if done.code != 0 or printed_error(done.lines):
        raise explain_failure(done.lines, done.code, around)
    return _collected(request, work / "st_ai_output", pools, done, started)


def _environment(program: Path) -> dict[str, str]:
    """Return the child's environment; a variable that points at another release would mix two."""
    root = next((parent.parent for parent in program.resolve().parents if parent.name == "Utilities"), None)
    return clean_environment({"STEDGEAI_CORE_DIR": str(root)} if root else None)


def _tell(line: str, progress: Progress) -> None:
    part = progress_of(line)
    if part is not None:
        progress(part, "Reading the model")
    elif ">>>> EXECUTING" in line:
        progress(None, line.split("EXECUTING", 1)[1].strip().capitalize())


# --- what it left ----------------------------------------------------------------------------------------------------


def _collected(
    request: CompileRequest, output: Path, pools: tuple[Pool, ...], done: ToolRun, started: float
) -> CompiledModel:
    """Check what the compiler wrote and move it into the run's folder."""
    flash = weights_pool(pools)
    needed = ["network.c", "network_ecblobs.h", f"network_atonbuf.{flash.file}.raw", "network_c_info.json"]
    needed.append("network_generate_report.txt")
    if request.pair.stai:
        needed += ["stai_network.c", "stai_network.h"]
    missing = [name for name in needed if not _is_fresh(output / name, started)]
    log = request.folder / "stedgeai.log"
    if missing:
        raise CompilerOutputsMissing(missing=", ".join(missing), folder=output, log=log)
    report = read_compile_report(
        output / "network_generate_report.txt", output / "network_c_info.json", output / "network_ecblobs.h"
    )
    weights = output / f"network_atonbuf.{flash.file}.raw"
    _check_weights(report, weights, flash, output / "network.c", log)
    moved = {
        path.name: copied(path, request.folder / path.name)
        for path in sorted(output.iterdir())
        if path.is_file() and path.suffix in (".c", ".h", ".json", ".txt", ".raw")
    }
    sources = ("network.c", "network_ecblobs.h", "network.h", "stai_network.c", "stai_network.h")
    return CompiledModel(
        sources=tuple(moved[name] for name in sources if name in moved),
        weights=moved[weights.name],
        c_info=moved["network_c_info.json"],
        report_file=moved["network_generate_report.txt"],
        log=log,
        report=report,
        runtime=runtime_of(moved["network.c"]),
        warnings=(*warnings_of(done.lines), *_remarks(report, request.board)),
    )


def _is_fresh(path: Path, started: float) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_size > 0 and status.st_mtime >= started - 2.0  # file systems count in steps of up to two seconds


def _check_weights(report: CompileReport, weights: Path, flash: Pool, code: Path, log: Path) -> None:
    """Refuse weights that are not where, or not as many as, the network code expects."""
    elsewhere = [pool for pool in report.pools if pool.weights and pool.name != flash.name]
    if elsewhere:
        text = ", ".join(f"{pool.weights} bytes of weights in {pool.name}" for pool in elsewhere)
        raise CompilerFailed(reason=f"it placed {text}, which nothing on the board fills", log=log)
    if report.weights_address != flash.address:
        raise ReportContradicts(
            what="address of the weights",
            first="the memory pool",
            first_value=hex_address(flash.address),
            second="the report",
            second_value=hex_address(report.weights_address),
        )
    size, extent = weights.stat().st_size, report.weights_range[1] - report.weights_range[0]
    if not 0 <= extent - size < 4096:
        raise ReportContradicts(
            what="bytes of weights",
            first=weights.name,
            first_value=str(size),
            second="the report",
            second_value=str(extent),
        )
    address = weights_address_of(code, flash.name)
    if address is not None and address != flash.address:
        raise ReportContradicts(
            what="address of the weights",
            first=code.name,
            first_value=hex_address(address),
            second="the memory pool",
            second_value=hex_address(flash.address),
        )


def _remarks(report: CompileReport, board: Board) -> tuple[str, ...]:
    outside = sum(pool.activations for pool in report.pools if pool.start >= board.chip.outside)
    if not outside:
        return ()
    return (f"{outside} bytes of activations lie in the external memory, which is many times slower.",)


def runtime_of(code: Path) -> Version | None:
    """Return the version of the NPU runtime that a network.c expects, (major, minor, micro, dev); None if it is silent.

    Raises:
        ReportUnreadable: it cannot be read.
    """
    found = _LL_ATON.search(_head(code))
    return tuple(int(part) for part in found.groups() if part is not None) if found else None


def weights_address_of(code: Path, pool: str) -> int | None:
    """Return where a network.c expects its weights, from its own comment on their memory pool; None if it is silent.

    Raises:
        ReportUnreadable: it cannot be read.
    """
    found = re.search(rf"name={re.escape(pool)} offset=0x([0-9A-Fa-f]{1, 16})", _head(code))
    return int(found[1], 16) if found else None


def _head(code: Path) -> str:
    with reading_report(code), code.open(encoding="utf-8", errors="replace") as stream:
        return stream.read(64 * 1024)
