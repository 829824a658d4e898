"""Whether a copy of an application is as ST published it: by its clone's index, and by the digests of known releases.

Neither git nor anything of the clone is run: its settings may name programs. Line ends count as equal, for git changes
them on Windows.
"""

import hashlib
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.application.recognise import Application
from n6studio.gates.files import read_bytes, read_text
from n6studio.gates.json_texts import json_file
from n6studio.system.resources import resource

_PUBLISHED = "applications/published.json"
_LEVELS_UP = 6
_FIXED = struct.Struct(">10I20sH")  # times, device, inode, mode, owner, group, size; digest; flags
_EXTENDED, _SKIP_WORKTREE, _NAME_LENGTH = 0x4000, 0x4000, 0xFFF
_LINK, _SUBMODULE = 0o120000, 0o160000
_LARGEST_INDEX = 64 << 20
_MOST_NAMED = 5


@dataclass(frozen=True)
class Modifications:
    """How a copy differs.

    Attributes:
        files: files that differ or are gone, relative to the application, sorted.
        known: whether anything is known to compare with; where not, `files` is empty and means nothing.
    """

    files: tuple[str, ...]
    known: bool

    @property
    def text(self) -> str:
        """What to tell; "" for a copy that is as published, as far as is known."""
        if not self.files:
            return ""
        more = f" and {len(self.files) - _MOST_NAMED} more" if len(self.files) > _MOST_NAMED else ""
        return f"This copy of the application is modified: {', '.join(self.files[:_MOST_NAMED])}{more}."


def modifications(application: Application) -> Modifications:
    """Return how a copy differs from what its clone or its release had. Reads many files."""
    tracked = _changed_in_clone(application.root)
    published = _published(application)
    changed = {name for name, digest in published.items() if _digest(application.root / name) != digest}
    return Modifications(tuple(sorted({*(tracked or ()), *changed})), tracked is not None or bool(published))


def _published(application: Application) -> dict[str, str]:
    """Return the digests of the files that decide about a build, as the release has them; {} for one not known."""
    version = ".".join(map(str, application.version))
    found = json_file(resource(_PUBLISHED)).get(f"{application.family} {version}", {})
    return {str(name): str(digest) for name, digest in found.items()}


def _digest(path: Path) -> str:
    """Return the digest of a text file whatever its line ends, "" for one that is not there."""
    try:
        return hashlib.sha256(read_bytes(path).replace(b"\r\n", b"\n")).hexdigest()[:16]
    except OSError:
        return ""


# --- the clone's index -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    name: str
    mode: int
    size: int
    modified: tuple[int, int]  # seconds, nanoseconds
    digest: bytes
    skipped: bool


def _changed_in_clone(root: Path) -> tuple[str, ...] | None:
    """Return the tracked files below a folder that differ from the clone's index; None where it is not in a clone."""
    for place in (root, *list(root.parents)[:_LEVELS_UP]):
        index = _index_of(place)
        if index is None:
            continue
        prefix = "" if place == root else f"{root.relative_to(place).as_posix()}/"
        try:
            entries = [entry for entry in _entries(index) if entry.name.startswith(prefix)]
        except (struct.error, ValueError, IndexError):
            return None  # a form of the index that is not known
        if not entries:
            return None
        return tuple(entry.name[len(prefix) :] for entry in entries if _differs(place, entry))
    return None


def _index_of(place: Path) -> bytes | None:
    git = place / ".git"
    try:
        if git.is_file():  # of a submodule, or of a second working tree
            git = (place / read_text(git).partition("gitdir:")[2].strip()).resolve()
        return read_bytes(git / "index", _LARGEST_INDEX)
    except (OSError, ValueError):
        return None


def _entries(data: bytes) -> Iterator[_Entry]:
    """Yield the entries of an index of versions 2 to 4 with digests of 20 bytes.

    Source: gitformat-index(5).
    """
    sign, version, count = struct.unpack_from(">4sII", data)
    if sign != b"DIRC" or version not in (2, 3, 4):
        raise ValueError(f"index version {version}")
    at, before = 12, b""
    for _ in range(count):
        begin = at
        *numbers, digest, flags = _FIXED.unpack_from(data, at)
        at += _FIXED.size
        extended = 0
        if flags & _EXTENDED and version >= 3:
            (extended,) = struct.unpack_from(">H", data, at)
            at += 2
        if version == 4:
            kept, at = _varint(data, at)
            end = data.index(b"\0", at)
            name, at = before[: len(before) - kept] + data[at:end], end + 1
        else:
            end = data.index(b"\0", at)
            name, at = data[at:end], begin + (end - begin + 8) // 8 * 8
        before = name
        modified, mode, size = (numbers[2], numbers[3]), numbers[6], numbers[9]
        yield _Entry(os.fsdecode(name), mode, size, modified, digest, bool(extended & _SKIP_WORKTREE))


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1


def _differs(place: Path, entry: _Entry) -> bool:
    if entry.skipped or entry.mode == _SUBMODULE:
        return False
    path = place / entry.name
    try:
        status = path.lstat()
        if entry.mode == _LINK:
            return not stat.S_ISLNK(status.st_mode) or _blob(os.fsencode(path.readlink())) != entry.digest
        seconds, nanoseconds = divmod(status.st_mtime_ns, 10**9)
        if status.st_size % 2**32 == entry.size and (seconds % 2**32, nanoseconds) == entry.modified:
            return False
        content = read_bytes(path)
    except OSError:
        return True
    return entry.digest not in (_blob(content), _blob(content.replace(b"\r\n", b"\n")))


def _blob(content: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).digest()
