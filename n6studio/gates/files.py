"""Opening, reading and hashing files: regular ones only, up to a size, and to be stopped half-way.

A named pipe is waited for without end, a device like /dev/zero never ends, and opening some devices does something.
So what a path leads to is looked at before it is opened, and what was opened is looked at again.

All raise OSError, which `with reading(path):` of `domain/errors/foreign.py` makes an error for people.
"""

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from n6studio.domain.errors.foreign import NotFolder, NotRegular, TooLarge
from n6studio.gates.stopping import go_on

LARGEST = 1 << 30  # bytes read into memory at once: no model, image or firmware here comes near
LARGEST_TEXT = 16 << 20  # bytes of text; what is longer is no settings, report or list that a person or tool wrote
LARGEST_HASHED = 64 << 30  # bytes: hours of video; a file without end or full of holes is longer
_CHUNK = 1 << 20
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_WINDOWS_SHORT_PATH = 240  # longer ones need the \\?\ form unless the machine was set up for them

_KINDS = (
    (stat.S_ISREG, "a file"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def opened(path: Path) -> BinaryIO:
    """Return a regular file, or what a link to one leads to, opened for reading.

    Raises:
        OSError: as the operating system says; NotRegular for what is no file.
    """
    place = _openable(path)
    _require_regular(path, place.stat())
    handle = os.open(place, _OPEN)
    try:
        _require_regular(path, os.fstat(handle))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def is_file(path: Path) -> bool:
    """Return whether a path leads to a file; False, too, where the system refuses to tell (`Path.is_file` raises)."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Return whether a path leads to a folder; False, too, where the system refuses to tell."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: Path) -> bool:
    """Return whether a path leads to anything; False, too, where the system refuses to tell (`Path.exists` raises)."""
    return os.path.exists(path)  # noqa: PTH110


def why_no_file(path: Path) -> str:
    """Return why a path leads to no file, as "a link to nowhere.png, which is missing"; "" where nothing is there."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        linked = path.is_symlink()
        return f"a link to {path.readlink()}, which is missing" if linked else ""
    except OSError as error:
        circle = error.errno == errno.ELOOP
        return "a link that leads to itself" if circle else f"something that cannot be looked at ({error.strerror})"
    return "" if stat.S_ISREG(mode) else kind_of(mode)


def require_file(path: Path) -> None:
    """Make sure that a path leads to a regular file that may be read, for libraries that open it themselves.

    Raises:
        OSError: as for `opened`.
    """
    opened(path).close()


def require_present(path: Path) -> None:
    """Make sure that a path leads to a folder or to a file that may be read; `Path.exists` does not say why not.

    Raises:
        OSError: as for `opened`.
    """
    if not stat.S_ISDIR(path.stat().st_mode):
        require_file(path)


def require_folder(path: Path) -> None:
    """Make sure that a path leads to a folder.

    Raises:
        OSError: as the operating system says; NotFolder for what is none.
    """
    mode = path.stat().st_mode
    if not stat.S_ISDIR(mode):
        raise NotFolder(path, kind_of(mode))


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """Return what is in a file of at most `largest` bytes.

    Raises:
        OSError: as for `opened`; TooLarge.
    """
    with opened(path) as stream:
        if os.fstat(stream.fileno()).st_size > largest:
            raise TooLarge(path, largest)
        parts, left = [], largest
        while part := stream.read(_CHUNK):
            left -= len(part)
            if left < 0:  # it grows, or its size is not told, as below /proc
                raise TooLarge(path, largest)
            parts.append(part)
            go_on()
    return b"".join(parts)


def read_text(path: Path, largest: int = LARGEST_TEXT, encoding: str = "utf-8", errors: str = "strict") -> str:
    r"""Return the text in a file; whatever ends its lines comes out as \n.

    Raises:
        OSError: as for `read_bytes`.
        UnicodeDecodeError: it is no such text; with `errors` "strict" only.
    """
    text = read_bytes(path, largest).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sha256_of(path: Path, largest: int = LARGEST_HASHED) -> str:
    """Return the hex SHA-256 of a file's contents.

    Raises:
        OSError: as for `opened`; TooLarge beyond `largest` bytes.
    """
    digest = hashlib.sha256()
    with opened(path) as stream:
        if os.fstat(stream.fileno()).st_size > largest:
            raise TooLarge(path, largest)
        left = largest
        while part := stream.read(_CHUNK):
            left -= len(part)
            if left < 0:
                raise TooLarge(path, largest)
            digest.update(part)
            go_on()
    return digest.hexdigest()


def kind_of(mode: int) -> str:
    """Return what something is, with its article."""
    return next((kind for fits, kind in _KINDS if fits(mode)), "something else")


def _require_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(path, kind_of(status.st_mode))


def _openable(path: Path) -> Path:
    if os.name == "nt" and len(str(path.absolute())) > _WINDOWS_SHORT_PATH and not str(path).startswith("\\\\"):
        return Path("\\\\?\\" + str(path.absolute()))
    return path
