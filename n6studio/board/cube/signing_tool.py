"""Signing with ST's STM32_SigningTool_CLI, for those who want it; what it makes is checked like anything else.

Exports: `sign_with_tool`, `signing_tool_version`, `signing_command`.

From version 2.21 on the tool pads the header to 0x400 only when told to, and without padding the board stays dark;
older versions always pad and do not know the option.
"""

import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from n6studio.board.cube.output import first_error, last_words
from n6studio.board.description import Board
from n6studio.board.images import header as image_header
from n6studio.board.programmer import Attendant
from n6studio.board.vendor.process import ToolRun, run_tool
from n6studio.domain.deploy import Role
from n6studio.domain.errors.foreign import reading, writing
from n6studio.domain.errors.programmer import SigningToolFailed
from n6studio.system.files import move_into_place

NAME = "STM32_SigningTool_CLI"
TIMEOUT_SECONDS = 120.0
ALIGN_SINCE = (2, 21)
_VERSION = re.compile(r"Signing ?Tool\s*v?(\d{1,6})\.(\d{1,6})", re.IGNORECASE)
_TYPES = {Role.FSBL: "fsbl", Role.APPLICATION: "ssbl"}


def signing_tool_version(tool: Sequence[str], attendant: Attendant) -> tuple[int, int]:
    """Return (major, minor) of the tool.

    Raises:
        ToolMissing, ToolTimeout, Cancelled.
        SigningToolFailed: it does not say.
    """
    run = _run([*tool, "--version"], attendant)
    version = version_in(run.lines)
    if version is None:
        raise _failed(Path(tool[-1]), run, attendant)
    return version


def version_in(lines: Iterable[str]) -> tuple[int, int] | None:
    """Return (major, minor) in what the tool printed; None where it does not say."""
    found = next((found for line in lines if (found := _VERSION.search(line))), None)
    return (int(found[1]), int(found[2])) if found else None


def signing_command(
    tool: Sequence[str], payload: Path, output: Path, role: Role, version: tuple[int, int]
) -> list[str]:
    """Return the command line that signs for unsigned boot with this version of the tool."""
    command = [*tool, "-s", "-bin", str(payload), "-nk"]
    if role == Role.FSBL:
        command += ["-of", "0x80000000"]
    command += ["-t", _TYPES[role], "-hv", "2.3", "-o", str(output)]
    return [*command, "-align"] if version >= ALIGN_SINCE else command


def sign_with_tool(
    tool: Path | Sequence[str], payload: Path, output: Path, role: Role, board: Board, attendant: Attendant
) -> None:
    """Put a header on a linked program and write it to `output`, once it has passed every check.

    Args:
        tool: STM32_SigningTool_CLI, or a command.
        payload: the program as linked, .bin.
        output: the image; replaced only by a good one.
        role: boot loader or application.
        board: where it will go.
        attendant: cancel and log.

    Raises:
        SigningToolFailed, ToolMissing, ToolTimeout, Cancelled: the tool.
        ImageError: what it made is not right.
        FileMissing, FileUnreadable, DiskFull, NotWritable.
    """
    command = [str(tool)] if isinstance(tool, Path) else list(tool)
    with reading(payload):
        program = payload.read_bytes()
    version = signing_tool_version(command, attendant)
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".n6studio-", dir=output.parent)
    with folder as name:
        made = Path(name) / output.name
        run = _run(signing_command(command, payload, made, role, version), attendant)
        if run.code or first_error(run.lines) or not made.is_file():
            raise _failed(payload, run, attendant)
        image_header.require(made.read_bytes(), role, output, board, payload=program)
        move_into_place(made, output)


def _run(command: Sequence[str], attendant: Attendant) -> ToolRun:
    return run_tool(command, tool=NAME, timeout=TIMEOUT_SECONDS, log=attendant.log, cancel=attendant.cancel)


def _failed(path: Path, run: ToolRun, attendant: Attendant) -> SigningToolFailed:
    line = first_error(run.lines) or last_words(run.lines)
    return SigningToolFailed(path=path, exit_code=run.code, line=line, log=attendant.log_name)
