"""What the operating system and libraries raise, as errors of ours; translated here once for all rooms."""

import contextlib
import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import InputError, StudioError
from n6studio.domain.errors.files import (
    DiskFull,
    FileMissing,
    FileTooLarge,
    FileUnreadable,
    LinkBroken,
    NameTaken,
    NameTooLong,
    NoPlaceForFiles,
    NotAFile,
    NotAFolder,
    NotWritable,
    TooLittleRoom,
    WriteFailed,
)
from n6studio.domain.texts import bytes_text

NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NO_PLACE = {
    errno.ENOENT,
    errno.EROFS,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENODEV,
    errno.ENXIO,
}  # no rights help
STEP_WRITES = 300e6  # bytes: exporting a nano model takes 60 MB, evaluating 5,000 images 100 MB
LEAST_FREE = 64 * 1024  # bytes; with less, whatever went wrong went wrong for lack of room
_NO_SPACE_WORDS = re.compile(r"No space left on device|not enough space on the disk|Disk quota exceeded", re.IGNORECASE)


class NotRegular(OSError):
    """What a path leads to is no file: a folder, a named pipe, a device.

    Args:
        path: of it.
        kind: what it is, with its article.
    """

    def __init__(self, path: Path | str, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}, not a file", str(path))
        self.kind = kind


class NotFolder(OSError):
    """What a path leads to is no folder.

    Args:
        path: of it.
        kind: what it is, with its article.
    """

    def __init__(self, path: Path | str, kind: str) -> None:
        super().__init__(errno.ENOTDIR, f"it is {kind}, not a folder", str(path))
        self.kind = kind


class TooLarge(OSError):
    """A file is larger than what is read of its kind.

    Args:
        path: of it.
        largest: how many bytes are read.
    """

    def __init__(self, path: Path | str, largest: int) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {bytes_text(largest)}", str(path))
        self.largest = largest


class Unparsable(ValueError):
    """A text that is not in the language it should be in.

    Args:
        language: 'YAML' or 'JSON'.
        line: where, from 1; 0 where that is not known.
        problem: what is wrong there, as 'column 5: Expecting value'.
    """

    def __init__(self, language: str, line: int, problem: str) -> None:
        self.language, self.line, self.problem = language, line, problem
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """What is wrong, as 'it cannot be read as YAML (line 3: mapping values are not allowed here)'."""
        return f"it cannot be read as {self.language} ({self.where})"

    @property
    def where(self) -> str:
        """What is wrong and in which line, as 'line 3: mapping values are not allowed here'."""
        return f"line {self.line}: {self.problem}" if self.line else self.problem


def reason_of(error: BaseException) -> str:
    """Return why something failed, without a full stop: an error of ours in words, or the operating system's own."""
    if isinstance(error, StudioError):
        shown = advice(error)
        return f"{shown.title}. {shown.why}".rstrip(". ")
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def reading_error(path: Path | str, error: OSError) -> InputError:
    """Translate an operating system's error while reading `path`, or a gate's."""
    if isinstance(error, NotRegular):
        return NotAFile(path=path, kind=error.kind)
    if isinstance(error, NotFolder):
        return NotAFolder(path=path, kind=error.kind)
    if isinstance(error, TooLarge):
        return FileTooLarge(path=path, largest=bytes_text(error.largest))
    absent = isinstance(error, FileNotFoundError | NotADirectoryError) and not os.path.lexists(path)
    if error.errno in (errno.ENOENT, errno.ELOOP) and Path(path).is_symlink():
        return LinkBroken(path=path, target=Path(path).readlink())
    if absent or isinstance(error, FileNotFoundError):
        return FileMissing(path=path)
    return FileUnreadable(path=path, reason=reason_of(error))


def writing_error(path: Path | str, error: OSError) -> DiskFull | NameTaken | WriteFailed:
    """Translate an operating system's error while writing `path`."""
    if error.errno in NO_SPACE:
        return DiskFull(path=path)
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return NameTaken(path=path)
    if error.errno == errno.ENAMETOOLONG:
        return NameTooLong(path=path, reason=reason_of(error))
    if error.errno in _NO_PLACE or (error.errno == errno.EPERM and sys.platform == "linux"):  # rights are EACCES there
        return NoPlaceForFiles(path=path, reason=reason_of(error))
    return NotWritable(path=path, reason=reason_of(error))


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Translate what goes wrong while `path` is read.

    Raises:
        FileMissing, FileUnreadable, NotAFile, NotAFolder, FileTooLarge, LinkBroken.
    """
    try:
        yield
    except OSError as error:
        raise reading_error(path, error) from error


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Translate what goes wrong while `path` is written.

    Raises:
        DiskFull, NameTaken, NotWritable, NameTooLong, NoPlaceForFiles.
    """
    try:
        yield
    except OSError as error:
        raise writing_error(path, error) from error


def is_full(folder: Path) -> bool:
    """Return whether the disk that `folder` lies on has practically no room left.

    Some libraries notice that they wrote too little, and lose the reason.
    """
    try:
        return shutil.disk_usage(folder).free < LEAST_FREE
    except OSError:
        return False


def require_room(folder: Path) -> None:
    """Refuse to begin a step where the disk that `folder` lies on has no room for what it may write.

    Raises:
        TooLittleRoom.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # whatever is wrong there is told where something is written
    if free < STEP_WRITES:
        raise TooLittleRoom(path=folder, free_megabytes=int(free / 1e6), needed_megabytes=int(STEP_WRITES / 1e6))


def disk_full(text: str, folder: Path) -> DiskFull | None:
    """Return the error where what a tool or library said, or the disk itself, tells that there is no room left."""
    return DiskFull(path=folder) if _NO_SPACE_WORDS.search(text) or is_full(folder) else None
