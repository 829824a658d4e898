"""Entry of a stage's process: ``python -m n6studio.stages REQUEST.json FOLDER``.

The request names the stage; results go into FOLDER. Messages leave through the process's original standard output;
what libraries print, from Python or from C++, goes to standard error, which the engine keeps as the log.
"""

import contextlib
import errno
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from n6studio.domain.errors import DiskFull, NotEnoughMemory, NotWritable, PackageMissing, StageBug, StudioError
from n6studio.domain.requests import StageRequest, request_from_json
from n6studio.domain.settings import from_mapping, settings_class
from n6studio.stages.reporter import Reporter, listen_for_cancel

STAGES = {
    "inspect": "n6studio.stages.inspect_model",
    "export": "n6studio.stages.export",
    "quantize": "n6studio.stages.quantize",
    "evaluate": "n6studio.stages.evaluate",
    "calibration_health": "n6studio.stages.calibration_health",
    "layer_errors": "n6studio.stages.layer_errors",
}

NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def main(arguments: list[str]) -> int:
    """Run one stage and return the process's exit code: 0, or 1 when an error was reported."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request_path, folder = Path(arguments[0]), Path(arguments[1])
    request = request_from_json(json.loads(request_path.read_text(encoding="utf-8")))
    reporter = Reporter(request.stage, messages)
    reporter.hello()
    listen_for_cancel(reporter, sys.stdin)
    try:
        module: Any = importlib.import_module(STAGES[request.stage])
        reporter.step_count = len(module.STEPS)
        settings = from_mapping(settings_class(request.stage), request.settings)
        outcome = module.run(settings, request.inputs, folder, reporter)
    except BaseException as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        reporter.error(translate(error, request, folder).to_message())
        _leave(1)
    reporter.result(outcome)
    _leave(0)
    return 0  # not reached


def _leave(code: int) -> None:
    """End at once: tearing down torch and TensorFlow takes seconds and can crash after the work is done."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a full disk may hold the log, too
            stream.flush()
    os._exit(code)


def translate(error: BaseException, request: StageRequest, folder: Path) -> StudioError:
    """Return the error that the user will be told of for any exception of a stage."""
    seen: BaseException | None = error
    while seen is not None:  # a library may have wrapped the cause
        if isinstance(seen, StudioError):
            return seen
        if isinstance(seen, OSError) and seen.errno in NO_SPACE:
            return DiskFull(path=folder)
        if isinstance(seen, OSError) and seen.errno in (errno.EACCES, errno.EROFS, errno.EPERM) and seen.filename:
            return NotWritable(path=seen.filename, reason=seen.strerror or "permission denied")
        if isinstance(seen, MemoryError):
            return NotEnoughMemory(stage=request.stage, log="")
        if isinstance(seen, ImportError):
            return PackageMissing(package=seen.name or "?", reason=str(seen))
        seen = seen.__cause__ or seen.__context__
    if "No space left on device" in str(error):  # C++ libraries raise their own types
        return DiskFull(path=folder)
    return StageBug(stage=request.stage, summary=f"{type(error).__name__}: {error}"[:400], log="")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
