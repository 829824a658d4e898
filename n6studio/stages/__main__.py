"""Entry of a stage's process: ``python -m n6studio.stages REQUEST.json FOLDER``.

``python -m n6studio.stages --walls`` tells which walls stand around such a process on this machine.

The request names the stage; results go into FOLDER. Messages leave through the process's original standard output;
what libraries print, from Python or from C++, goes to standard error, which the engine keeps as the log.
"""

import contextlib
import errno
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from n6studio.domain.encoding import decoded
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.foreign import NO_SPACE, disk_full, writing_error
from n6studio.domain.errors.stages import (
    Cancelled,
    ConversionFailed,
    ExportFailed,
    NotEnoughMemory,
    PackageMissing,
    StageBug,
)
from n6studio.domain.requests import StageRequest
from n6studio.domain.settings import from_recorded
from n6studio.gates.files import read_bytes
from n6studio.gates.stopping import stopped_by
from n6studio.stages.process import probe
from n6studio.stages.process.reach import readable_by
from n6studio.stages.process.reporter import Reporter, listen_for_cancel
from n6studio.stages.process.sandbox import Walls, close_reading, machine_memory, put_up_walls
from n6studio.stages.registry import STAGES

_REFUSALS = {errno.EACCES, errno.EROFS, errno.EPERM, errno.ENAMETOOLONG}
# torch, TensorFlow and their graphs are hundreds of thousands of objects that stay to the end. Looking through them
# again after every 700 new ones took a tenth of an export's seconds.
NEW_OBJECTS = 50_000
_NO_MEMORY_WORDS = ("bad_alloc", "OOM when allocating", "not enough memory", "can't allocate memory")


def main(arguments: list[str]) -> int:
    """Run one stage and return the process's exit code: 0, or 1 when an error was reported."""
    if arguments == ["--walls"]:
        return probe.main()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request_path, folder = Path(arguments[0]), Path(arguments[1])
    request = decoded(read_bytes(request_path), StageRequest)
    walls = _hold_back(request, folder)
    sys.stderr.write(f"held back: {walls}\n")
    reporter = Reporter(request.stage, messages)
    # MKL, inside torch, keeps memory of each thread under locks; two threads that ended at once waited there for ever.
    os.environ.setdefault("MKL_DISABLE_FAST_MM", "1")
    reporter.hello()
    listen_for_cancel(reporter, sys.stdin)
    try:
        stage = STAGES[request.stage]
        module: Any = importlib.import_module(stage.module)
        reporter.step_count = len(module.STEPS)
        settings = from_recorded(stage.settings, request.settings)
        with stopped_by(reporter.check_cancelled):
            reporter.result(module.run(settings, request.inputs, folder, reporter))
    except BaseException as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        reporter.error(translate(error, request, folder))
        _leave(1)
    _leave(0)
    return 0  # not reached


def _hold_back(request: StageRequest, folder: Path) -> Walls:
    """Put up the walls of this stage: what it writes, opens and takes is bounded before a foreign file is touched.

    Reading is closed last: finding out which files the inputs lead to takes a look into some of them.
    """
    limits = STAGES[request.stage].limits
    memory = machine_memory()
    walls = put_up_walls(
        [folder.absolute(), Path.cwd()],
        memory if limits is None else min(memory, limits.memory),
        None if limits is None else limits.processor_seconds,
    )
    return close_reading(walls, [folder.absolute(), Path.cwd(), *readable_by(request.inputs)])


def _leave(code: int) -> None:
    """End at once: tearing down torch and TensorFlow takes seconds and can crash after the work is done."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a full disk may hold the log, too
            stream.flush()
    os._exit(code)


def translate(error: BaseException, request: StageRequest, folder: Path) -> StudioError:
    """Return the error that the user will be told of for any exception of a stage.

    Full disks and full memory come first: a step that fails for want of them is not at fault, whatever it was told as.
    """
    causes = list(_causes(error))
    known = next((seen for seen in causes if isinstance(seen, StudioError)), None)
    if isinstance(known, Cancelled):
        return known
    if any(isinstance(seen, OSError) and seen.errno in NO_SPACE for seen in causes):
        return DiskFull(path=folder)
    if any(isinstance(seen, MemoryError) for seen in causes):
        return NotEnoughMemory(stage=request.stage, log="")
    if known is None or isinstance(known, ExportFailed | ConversionFailed):
        text = " ".join(map(str, causes))  # C++ libraries raise their own types
        if full := disk_full(text, folder):
            return full
        if any(sign in text for sign in _NO_MEMORY_WORDS):
            return NotEnoughMemory(stage=request.stage, log="")
    if known is not None:
        return known
    for seen in causes:
        if isinstance(seen, OSError) and seen.errno in _REFUSALS and seen.filename:
            return writing_error(seen.filename, seen)
        if isinstance(seen, ImportError):
            return PackageMissing(package=seen.name or "?", reason=str(seen))
    return StageBug(stage=request.stage, summary=f"{type(error).__name__}: {error}"[:400], log="")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and what led to it: a library may have wrapped the cause."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
