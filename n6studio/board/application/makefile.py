"""What a Makefile of ST's says: its variables, and with them the files that a build takes.

Only what these Makefiles use is understood: assignments, `include` of files beside them, `$(NAME)`, and conditions on
those. What is added under a condition is listed whether it holds or not, so a file may be listed that one configuration
alone compiles; what is set under one that does not hold is passed over, unless nothing else sets it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from n6studio.gates.files import read_text

_ASSIGNMENT = re.compile(r"^\s*([A-Za-z_]\w*)\s*(\+|:|\?|::)?=\s*(.*?)\s*$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_CONDITION = re.compile(r"^\s*(else\b)?\s*(?:(ifn?eq)\s*\(([^,]*),(.*)\)|(ifn?def)\s+(\S+))?\s*(endif\b)?")
_INCLUDE = re.compile(r"^\s*-?include\s+(\S+\.mk)\s*$")
_VARIABLE = re.compile(r"\$[({](\w+)[)}]")
_WILDCARD = re.compile(r"\$\(wildcard\s+([^)]+)\)")
_PATH = re.compile(r"(?:[\w.+-]+/)+(?:[\w.+-]+\.[csS])?|[\w.+-]+\.[csS]")
_DEEPEST = 8  # how far variables stand for variables
_LONGEST_PATH = 240  # characters, as every system has them
_LONGEST = 1 << 20  # characters that a variable may stand for


@dataclass(frozen=True)
class Makefile:
    """A Makefile with what it includes.

    Attributes:
        folder: of the Makefile, relative to the application.
        files: it and what it includes, relative to the application.
        variables: name -> value as it stands, several parts joined by blanks.
        text: all files, one after the other.
    """

    folder: PurePosixPath
    files: tuple[PurePosixPath, ...]
    variables: dict[str, str]
    text: str

    def value(self, name: str) -> str:
        """Return what a variable stands for, "" for one that is not set; what is not understood stays as it is."""
        return self.expanded(self.variables.get(name, ""))

    def expanded(self, text: str) -> str:
        """Return a text with variables replaced by what they stand for; what is not understood stays as it is."""
        for _ in range(_DEEPEST):
            expanded = _VARIABLE.sub(lambda found: self.variables.get(found[1], ""), text)
            if expanded == text or len(expanded) > _LONGEST:
                break
            text = expanded
        return text

    def path(self, name: str) -> PurePosixPath | None:
        """Return the path that a variable holds, relative to the application; None for one that is not set."""
        value = self.value(name)
        return inside(self.folder / value) if value and "$" not in value else None

    def sources(self) -> tuple[PurePosixPath, ...]:
        """Return the files to be compiled, relative to the application; a wildcard is its folder."""
        found: dict[PurePosixPath | None, None] = {}
        for name in self.variables:
            if name.startswith(("C_SOURCES", "ASM_SOURCES")) and "IAR" not in name:
                for word in _WILDCARD.sub(lambda match: f"{match[1].rpartition('/')[0]}/", self.value(name)).split():
                    if _PATH.fullmatch(word):  # what functions of make would make of others is left out
                        found[inside(self.folder / word)] = None
        return tuple(path for path in found if path is not None)


def read_makefile(root: Path, folder: PurePosixPath) -> Makefile | None:
    """Return the Makefile in a folder of an application; None where there is none.

    Args:
        root: the application.
        folder: relative to it.
    """
    if not (root / folder / "Makefile").is_file():
        return None
    files = list(_files(root, folder, PurePosixPath("Makefile"), set()))
    variables: dict[str, str] = {}
    texts = [_text(root / path) for path in files]
    for text in texts:
        _read(text, variables)
    return Makefile(folder, tuple(files), variables, "\n".join(texts))


def _read(text: str, variables: dict[str, str]) -> None:
    """Add what a file sets."""
    branches: list[_Branch] = []
    for line in text.replace("\\\n", " ").splitlines():
        if found := _ASSIGNMENT.match(line):
            name, kind, value = found[1], found[2], _COMMENT.sub("", found[3]).rstrip()
            earlier = variables.get(name, "")
            if kind == "+":
                variables[name] = f"{earlier} {value}".strip()
            elif name not in variables or all(branch.holds is not False for branch in branches):
                variables[name] = value
        else:
            _follow(_COMMENT.sub("", line), branches, variables)


@dataclass
class _Branch:
    """The branch of a condition that is being read.

    Attributes:
        holds: whether make takes it; None where that is not known.
        before: whether it took one before: True, None where that is not known.
    """

    holds: bool | None
    before: bool | None = False


def _follow(line: str, branches: list[_Branch], variables: dict[str, str]) -> None:
    """Go on with the conditions behind a line."""
    found = _CONDITION.match(line)
    if found is None or not any(found.groups()):
        return
    otherwise, comparison, first, second, defined, name, end = found.groups()
    if end:
        del branches[-1:]
        return
    holds: bool | None = True
    if comparison:
        left, right = (Makefile(PurePosixPath(), (), variables, "").expanded(side).strip() for side in (first, second))
        holds = None if "$" in left + right else (left == right) == (comparison == "ifeq")
    elif defined:
        holds = bool(variables.get(name)) == (defined == "ifdef")
    if not otherwise:
        branches.append(_Branch(holds))
    elif branches:
        last = branches[-1]
        last.before = (
            True if True in (last.before, last.holds) else None if None in (last.before, last.holds) else False
        )
        last.holds = False if last.before else None if last.before is None else holds


def _files(root: Path, folder: PurePosixPath, name: PurePosixPath, seen: set[PurePosixPath]) -> Iterator[PurePosixPath]:
    path = inside(folder / name)
    if path is None or path in seen or not (root / path).is_file():
        return
    seen.add(path)
    yield path
    for line in _text(root / path).splitlines():
        if found := _INCLUDE.match(line):
            yield from _files(root, folder, PurePosixPath(found[1]), seen)


def inside(path: PurePosixPath) -> PurePosixPath | None:
    """Return a path without '..'; None for one that leads out of the application, or that no file can have."""
    parts: list[str] = []
    if path.is_absolute() or len(path.as_posix()) > _LONGEST_PATH or "\0" in path.as_posix():
        return None
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return PurePosixPath(*parts)


def _text(path: Path) -> str:
    try:
        return read_text(path, errors="replace")
    except OSError:
        return ""
