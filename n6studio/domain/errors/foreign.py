"""What the operating system and libraries raise, as errors of ours; translated here once for all rooms."""

import contextlib
import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from n6studio.domain.errors.files import DiskFull, FileMissing, FileUnreadable, NotWritable

NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
LEAST_FREE = 64 * 1024  # bytes; with less, whatever went wrong went wrong for lack of room
_NO_SPACE_WORDS = re.compile(r"No space left on device|not enough space on the disk|Disk quota exceeded", re.IGNORECASE)


def reason_of(error: BaseException) -> str:
    """Return why something failed: the operating system's own words where there are some."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def reading_error(path: Path | str, error: OSError) -> FileMissing | FileUnreadable:
    """Translate an operating system's error while reading `path`."""
    if isinstance(error, FileNotFoundError):
        return FileMissing(path=path)
    return FileUnreadable(path=path, reason=reason_of(error))


def writing_error(path: Path | str, error: OSError) -> DiskFull | NotWritable:
    """Translate an operating system's error while writing `path`."""
    if error.errno in NO_SPACE:
        return DiskFull(path=path)
    return NotWritable(path=path, reason=reason_of(error))


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Translate what goes wrong while `path` is read.

    Raises:
        FileMissing, FileUnreadable.
    """
    try:
        yield
    except OSError as error:
        raise reading_error(path, error) from error


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Translate what goes wrong while `path` is written.

    Raises:
        DiskFull, NotWritable.
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


def disk_full(text: str, folder: Path) -> DiskFull | None:
    """Return the error where what a tool or library said, or the disk itself, tells that there is no room left."""
    return DiskFull(path=folder) if _NO_SPACE_WORDS.search(text) or is_full(folder) else None


def yaml_fault(error: Exception) -> tuple[int, str]:
    """Return the line, from 1, where a YAML text cannot be parsed (0 where that is not known), and what is wrong."""
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 0, getattr(error, "problem", None) or "it cannot be parsed"


def yaml_reason(error: Exception) -> str:
    """Return why a text is not YAML, as 'it is not YAML (line 3: mapping values are not allowed here)'."""
    line, problem = yaml_fault(error)
    return f"it is not YAML (line {line}: {problem})" if line else "it is not YAML"
