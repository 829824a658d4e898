"""Asking a tool for its version: it is run with nothing to read, and given up after a while."""

import re
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.compiler.pairs import Version
from n6studio.board.tools.locations import TITLES, Tool
from n6studio.board.vendor.process import ask_tool

ASK_SECONDS = 20.0  # ST Edge AI Core unpacks itself at every start

_NUMBERS = r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?"
_WORDS = r"\s+(?:version\b:?\s*)?v?"  # between a name and its numbers, as releases so far or to come may have it
_PATTERNS: dict[str, re.Pattern[str]] = {
    "stedgeai": re.compile(rf"ST Edge AI Core\)?{_WORDS}{_NUMBERS}"),
    "programmer": re.compile(rf"STM32CubeProgrammer{_WORDS}{_NUMBERS}"),
    "signing": re.compile(rf"Signing Tool{_WORDS}{_NUMBERS}", re.IGNORECASE),
    "gcc": re.compile(rf"arm-none-eabi-gcc.*?\)\s+{_NUMBERS}"),
    "make": re.compile(rf"GNU Make {_NUMBERS}"),
}
_ST_BUILD = "GNU Tools for STM32"
_asked: dict[tuple[str, int, int], "ToolVersion"] = {}


@dataclass(frozen=True)
class ToolVersion:
    """What a tool says of itself: its version as numbers, and the line that it stands in."""

    version: Version
    line: str

    @property
    def text(self) -> str:
        """'2.22.0'."""
        return ".".join(map(str, self.version))

    @property
    def built_by_st(self) -> bool:
        """Whether it is ST's own build of GCC, which knows a flag more than others."""
        return _ST_BUILD in self.line


def ask_version(tool: Tool, path: Path) -> ToolVersion | None:
    """Return a tool's version; None where it does not start, does not answer in time, or does not say.

    The answer is remembered for as long as the file stays the same; that there was none is not, for some tools take
    long when they start for the first time.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    key = (str(path), status.st_size, status.st_mtime_ns)
    if key not in _asked:
        found = read_version(tool, ask_tool([path, "--version"], TITLES[tool], ASK_SECONDS) or "")
        if found is None:
            return None
        _asked[key] = found
    return _asked[key]


def read_version(tool: Tool, text: str) -> ToolVersion | None:
    """Return the version that a tool printed; None where it printed none."""
    found = _PATTERNS[tool].search(text)
    if found is None:
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
    return ToolVersion(tuple(int(part or 0) for part in found.groups()), line.strip())
