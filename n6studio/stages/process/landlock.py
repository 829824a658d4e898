"""Linux: which files a process may change and read, by Landlock (kernel 5.13 and later).

Layers add up: each call of `hold` takes away and never gives back. A layer holds for the thread that makes it and for
threads that come later.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # Landlock's system calls, the same numbers on every architecture
_VERSION, _BENEATH = 1, 1
_OPEN_PATH = 0o10000000  # O_PATH

# Rights of Landlock, in the kernel's order (linux/landlock.h).
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_LINK = 1 << 5, 1 << 12
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))  # removing and making files of every kind
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # since the second and the third version
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_SCOPE_VERSION, _SCOPES = 6, 3  # no signal to processes outside, no socket without a name in the file system

_READ = _EXECUTE | _READ_FILE | _READ_DIR
LINK = _MAKE_LINK | _REMOVE_FILE
"""Make and remove symbolic links."""

# What every process needs to write to: what takes and gives nothing, and memory shared between its own threads.
DEVICES = (Path("/dev/null"), Path("/dev/shm"))


class NoLandlock(Exception):
    """The kernel cannot do it; the text says why, as part of a sentence."""


def version(kernel: ctypes.CDLL) -> int:
    """Return the version of Landlock that this kernel speaks.

    Raises:
        NoLandlock: none.
    """
    found = int(kernel.syscall(_CREATE, None, 0, _VERSION))
    if found >= 1:
        return found
    if ctypes.get_errno() == 95:  # EOPNOTSUPP
        raise NoLandlock("Landlock is built into this kernel and switched off (boot parameter lsm=)")
    raise NoLandlock(f"the kernel, {os.uname().release}, has no Landlock (it came with Linux 5.13)")


def write_rights(kernel: ctypes.CDLL) -> int:
    """Return every right to change something that this kernel knows.

    Raises:
        NoLandlock: it knows none.
    """
    known = version(kernel)
    return _WRITE_FILE | _CHANGE_FOLDER | (_REFER if known >= 2 else 0) | (_TRUNCATE if known >= 3 else 0)


def read_rights(kernel: ctypes.CDLL) -> int:
    """Return the rights to read, list and run.

    Raises:
        NoLandlock: this kernel knows none.
    """
    version(kernel)
    return _READ


def hold(kernel: ctypes.CDLL, handled: int, allowed: Iterable[tuple[Path, int]]) -> None:
    """Take the rights `handled` from this thread and those to come, but for the places in `allowed`.

    Args:
        kernel: the C library, with errno.
        handled: rights.
        allowed: files and folders, with the rights that remain there and below; what is not there is left out.

    Raises:
        NoLandlock: nothing was taken.
    """
    known = version(kernel)
    if known >= 2 and not handled & _REFER:  # a layer that does not mention it forbids it
        handled, allowed = handled | _REFER, [(Path("/"), _REFER), *allowed]
    attributes = struct.pack("<Q", handled) if known < _SCOPE_VERSION else struct.pack("<QQQ", handled, 0, _SCOPES)
    rules = kernel.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        raise NoLandlock(f"Landlock takes no rules: {os.strerror(ctypes.get_errno())}")
    try:
        for path, rights in allowed:
            _allow(kernel, rules, path, rights & handled)
        if kernel.syscall(_RESTRICT, rules, 0):
            raise NoLandlock(f"Landlock does not hold this process: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(rules)


def _allow(kernel: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, _OPEN_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if path.is_dir() else rights & _OF_A_FILE
        if allowed:
            kernel.syscall(_ADD, rules, _BENEATH, struct.pack("<Qi", allowed, place), 0)
    finally:
        os.close(place)
