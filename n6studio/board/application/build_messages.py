"""What make, the compiler and the linker print, turned into our errors, and the linker's table of memories."""

import re
from collections.abc import Sequence
from pathlib import Path

from n6studio.board.application.recognise import Application
from n6studio.board.compiler.fit import Use
from n6studio.board.description import Board, hex_address
from n6studio.domain.errors.application import (
    ApplicationIncomplete,
    ApplicationReachesFsbl,
    BuildFailed,
    BuildStopped,
    LinkFailed,
    NewlibMissing,
    PathTooLong,
    PostProcessingUnsupported,
    RegionOverflow,
    ShellMissing,
)
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import disk_full
from n6studio.domain.errors.tools import BoardUnsupported, RuntimeMismatch

_ERROR = re.compile(r"^(.+?):(\d{1,9})(?::\d+)?: (?:fatal )?error: (.+)$")
SMALLER = "Export at a smaller input size: the post-processing arrays grow with it."
_OVERFLOW = re.compile(r"region `(\w+)' overflowed by (\d{1,15}) bytes")
_LINK = re.compile(r"(undefined reference to .+|cannot find .+|multiple definition of .+|No such file: .+)$")
_RULE = re.compile(r"No rule to make target [`'\"]([^'\"]+)['\"]")
_SHELL = re.compile(
    r"make(?:\[\d+\])?: (?:\[?[^\]]*\]?:? )?(\w+): (?:No such file or directory|Command not found)"
    r"|process_begin: CreateProcess\(NULL, (\w+)"
    r"|'(\w+)' is not recognized as an internal"
    r"|/bin/(?:ba)?sh: (?:line )?\d+: (\w+): not found"
)
# cmd.exe's own mkdir instead of the shell's, in English and German; it makes folders called -p.
_CMD_MKDIR = re.compile(
    r"The syntax of the command is incorrect|Die Syntax f.r diesen Befehl ist falsch"
    r"|^.*\s-p\b.*(?:already exists|existiert bereits).*$",
    re.MULTILINE,
)
_NEWLIB = re.compile(
    r"fatal error: ((?:string|std\w+|math|assert|errno|limits|ctype|inttypes|sys/\w+|_?newlib\w*)\.h)"
    r": No such file|cannot find (-lc|-lm|-lg|-lnosys|crt0\.o)\b|(nano\.specs|nosys\.specs): No such file"
    r"|cannot read spec file '(n\w+\.specs)'"
)
_LONG_PATH = re.compile(
    r"^.*(?:File ?name too long|filename or extension is too long|path too long).*$",
    re.MULTILINE | re.IGNORECASE,
)
_LONGEST = 255  # characters of a path in a message, from which on Windows is the reason that it cannot be opened
_UNOPENED = re.compile(r"(?:opening dependency file|cannot open output file|cannot open) (.+?): ?No such file")
_FLAG = re.compile(r"error: (unrecognized command[- ]line option .+)$")
_ANY = re.compile(r"error|\*\*\*", re.IGNORECASE)
# GNU ld's and lld's rows alike. Where compilers run side by side, another's words can stand in front of one.
_MEMORY = re.compile(
    r"([^\s:]{1,80}):\s{1,40}(\d{1,12}) (B|KB|MB|GB)\s{1,40}(\d{1,12}) (B|KB|MB|GB)\s{1,40}[\d.,]+\s?%"
)
_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


def memory_table(lines: Sequence[str]) -> tuple[Use, ...]:
    """Return the linker's table: each region, bytes used and bytes there; of several tables what the last one says."""
    rows = [row for line in lines if (row := _MEMORY.search(line))]
    found = {row[1]: Use(row[1], int(row[2]) * _UNITS[row[3]], int(row[4]) * _UNITS[row[5]]) for row in rows}
    return tuple(use for use in found.values() if use.have)


def explain_build(
    lines: Sequence[str], code: int, application: Application, board: Board, folder: Path, log: Path
) -> StudioError:
    """Return why a build failed, from what was printed: the cause, not its consequences."""
    text = "\n".join(lines)
    if full := disk_full(text, folder):
        return full
    if found := _OVERFLOW.search(text):
        size = next((use.have for use in memory_table(lines) if use.name == found[1]), None)
        return RegionOverflow(region=found[1], overflow=int(found[2]), size=size, smaller=SMALLER, log=log)
    if "will erase fsbl" in text:
        return ApplicationReachesFsbl(end="a higher address", limit=hex_address(board.chip.boot.loader), log=log)
    if other := _surroundings(text, log):
        return other
    for line in lines:
        if found := _ERROR.match(line):
            return _compile_error(found[1], int(found[2]), found[3], application, board, log)
        if found := _FLAG.search(line):
            return BuildStopped(file="Makefile", line=0, message=found[1], log=log)
    if found := _RULE.search(text):
        return ApplicationIncomplete(path=application.root, application=application.name, missing=found[1])
    if found := _SHELL.search(text):
        return ShellMissing(command=next(word for word in found.groups() if word), log=log)
    for line in lines:
        if found := _LINK.search(line):
            return LinkFailed(message=found[1], log=log)
    return BuildFailed(exit_code=code, first_error=_first_error(lines), log=log)


def _surroundings(text: str, log: Path) -> StudioError | None:
    """Return what this computer lacks for any build, None where it is not that."""
    if found := _NEWLIB.search(text):
        return NewlibMissing(missing=next(word for word in found.groups() if word), log=log)
    if _CMD_MKDIR.search(text):
        return ShellMissing(command="mkdir -p", log=log)
    long = [found[1] for found in _UNOPENED.finditer(text) if len(found[1]) > _LONGEST]
    if long or (found := _LONG_PATH.search(text)):
        return PathTooLong(line=long[0] if long else found[0].strip() if found else "", log=log)
    return None


def _first_error(lines: Sequence[str]) -> str:
    """Return the first line that tells of an error; where that is make's own, the one before it says more."""
    for index, line in enumerate(lines):
        if _ANY.search(line):
            return lines[index - 1] if index and line.startswith("make") else line
    return lines[-1] if lines else "no output"


def _compile_error(
    file: str, line: int, message: str, application: Application, board: Board, log: Path
) -> StudioError:
    if "PostProcessing type not supported" in message:
        return PostProcessingUnsupported(
            application=application.name, post_processing=application.pair.post_processing, log=log
        )
    if "ll_aton library" in message:
        return RuntimeMismatch(
            application=application.name,
            found=".".join(map(str, application.runtime or ())) or "another",
            wanted="another",
            runtime=application.pair.compiler.name,
        )
    if "no pose estimation model is supported" in message:
        return BoardUnsupported(application=application.name, board=board.name, reason=f"Its source says: {message}.")
    return BuildStopped(file=file, line=line, message=message, log=log)
