"""What ST Edge AI Core prints, turned into our errors and warnings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.compiler import (
    CompilerFailed,
    CompilerInternalError,
    CompilerLayerUnsupported,
    CompilerOptionUnknown,
    CompilerOutOfMemory,
    CompilerRefusedModel,
)
from n6studio.domain.errors.foreign import disk_full
from n6studio.domain.errors.tools import ToolFailed
from n6studio.domain.texts import counted

NAME = "ST Edge AI Core"
_UNALLOCATED = re.compile(r"total bytes left unallocated=(\d{1,15})\b")
_LAYER = re.compile(r"NOT IMPLEMENTED: Unk\w+ layer format for layer (\S+)|Unsupported layer(?: types?)?:?\s*(\S+)")
_OPTION = re.compile(r"unrecognized arguments?: (\S+)|invalid choice: '?([^' ]+)|no such option:? (\S+)")
_MODEL = re.compile(r"E010\(InvalidModelError\):?\s*(.*)")
_ALLOCATION = re.compile(r"E700\(UnfeasibleAllocation\):?\s*(.*)")
_ERROR = re.compile(r"(?:TOOL ERROR|INTERNAL ERROR):\s*(.*)")
_NUMBERED = re.compile(r"E(\d{3})\((\w+)\):?\s*(.*)")
_PROGRESS = re.compile(r"PASS:\s+(\d{1,3})%")
_NOT_QUANTIZED = re.compile(r"WARNING: (\S+) is not quantized")
_IGNORED = re.compile(r"Ignore Quantization JSON file|invalid value \"BOOL\"")


@dataclass(frozen=True)
class Circumstances:
    """What is known of a run when its output is to be explained: the model, the board, its memory, version and log."""

    model: Path
    board: str
    have: int
    version: str
    folder: Path
    log: Path


def progress_of(line: str) -> float | None:
    """Return the part that is done, 0..1, where a line is a progress bar."""
    found = _PROGRESS.match(line.strip())
    return int(found[1]) / 100 if found else None


def explain_failure(lines: Sequence[str], code: int, around: Circumstances) -> StudioError:
    """Return what went wrong, from what the tool printed before it ended with `code`."""
    text = "\n".join(line for line in lines if progress_of(line) is None)
    if full := disk_full(text, around.folder):
        return full
    if found := _MODEL.search(text):
        return CompilerRefusedModel(path=around.model, reason=found[1] or "no reason given", log=around.log)
    if found := _LAYER.search(text):
        return CompilerLayerUnsupported(path=around.model, layer=found[1] or found[2], log=around.log)
    if (found := _UNALLOCATED.search(text)) or _ALLOCATION.search(text):
        left = int(found[1]) if found else None
        return CompilerOutOfMemory(unallocated=left, have=around.have, board=around.board, log=around.log)
    if found := _OPTION.search(text):
        option = next(word for word in found.groups() if word)
        return CompilerOptionUnknown(option=option, version=around.version, log=around.log)
    if found := _ERROR.search(text):
        if "ir_version" in found[1]:
            return CompilerRefusedModel(path=around.model, reason=found[1], log=around.log)
        return CompilerInternalError(reason=found[1], log=around.log)
    if found := _NUMBERED.search(text):
        return CompilerFailed(reason=f"E{found[1]} {found[3]}", log=around.log)
    return ToolFailed(tool=NAME, exit_code=code, last_lines="\n".join(text.splitlines()[-20:]), log=around.log)


def printed_error(lines: Sequence[str]) -> bool:
    """Return whether the output tells of a failure, whatever the exit code.

    A failing size computation prints 'Shell execution has FAILED' although the model was generated, so that line
    alone counts for nothing.
    """
    return any(_NUMBERED.search(line) or _ERROR.search(line) or _LAYER.search(line) for line in lines)


def warnings_of(lines: Sequence[str]) -> tuple[str, ...]:
    """Return what the user should hear although it went well, as sentences."""
    warnings = []
    floating = list(dict.fromkeys(found[1] for line in lines if (found := _NOT_QUANTIZED.search(line))))
    if floating:
        shown = ", ".join(floating[:3]) + (", ..." if len(floating) > 3 else "")
        warnings.append(f"{counted(len(floating), 'tensor')} not quantized, computed on the processor: {shown}.")
    if any(_IGNORED.search(line) for line in lines):
        warnings.append("ST Edge AI Core ignored quantization data: parts of the model run in float, which is slow.")
    warnings += [line.strip() for line in lines if "Unsupported keys in the current profile" in line]
    return tuple(dict.fromkeys(warnings))
