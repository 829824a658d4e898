"""A stage's process may read, write its own folder, and nothing else: the kernel sees to it, where it can.

Linux: Landlock (kernel 5.13 and later) for files, a seccomp filter for the model and for programs, resource limits
for memory and processor time. Elsewhere only what the platform has: `Walls` says which of them stand. Walls are put up
before anything heavy is imported, for a wall holds for the thread that builds it and for threads that come later.

Reading is held to a model's own file and to what Python and its packages need where nothing but models is read.
Data sets name images anywhere, and folders of images may hold links, so stages that read those may read what the user
may.
"""

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # Landlock's system calls, the same numbers on every architecture
_VERSION, _BENEATH = 1, 1
_OPEN_PATH = 0o10000000  # O_PATH

# Rights of Landlock, in the kernel's order (linux/landlock.h).
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))  # removing and making files of every kind
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # since the second and the third version
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

# System calls by machine: (audit architecture, execve, execveat, socket, ptrace, process_vm_writev, io_uring_setup).
_CALLS = {
    "x86_64": (0xC000003E, 59, 322, 41, 101, 311, 425),
    "aarch64": (0xC00000B7, 221, 281, 198, 117, 271, 425),
}
_REFUSE, _ALLOW = 0x00050000 | 13, 0x7FFF0000  # with EACCES; go on
_FOREIGN_CALLS = 0x40000000  # x32's, which the table above does not know

_FROM_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev", "/opt", "/run/systemd/resolve")


@dataclass(frozen=True)
class Walls:
    """What holds a process back.

    Attributes:
        writing: it can write its own folder only.
        reading: it can read its inputs and Python's files only.
        model: it can open no connection.
        programs: it can start no program.
        memory: bytes that it may take, or None where nothing limits them.
    """

    writing: bool = False
    reading: bool = False
    connections: bool = False
    programs: bool = False
    memory: int | None = None

    def missing(self) -> tuple[str, ...]:
        """Return the walls that could not be put up, by name; reading is open for most stages anyway."""
        kinds = {"writing": self.writing, "network": self.connections, "programs": self.programs}
        return tuple(name for name, stands in kinds.items() if not stands)


def put_up_walls(writable: Sequence[Path], readable: Iterable[Path] | None, memory: int, seconds: int | None) -> Walls:
    """Hold this process back as far as the system can. Call it in the first thread, before others are started.

    Args:
        writable: folders below which everything may be changed.
        readable: files and folders that may be read, besides Python's own; None where everything may.
        memory: bytes that the process may take.
        seconds: of processor time that it may take; None for no limit.
    """
    limited = _limit(memory, seconds)
    if sys.platform != "linux":
        return Walls(memory=memory if limited else None)
    with contextlib.suppress(AttributeError, OSError):
        kernel = ctypes.CDLL(None, use_errno=True)
        if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
            held = _landlock(kernel, writable, readable)
            filtered = _seccomp(kernel)
            return Walls(held, held and readable is not None, filtered, filtered, memory if limited else None)
    return Walls(memory=memory if limited else None)


def _limit(memory: int, seconds: int | None) -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
        if seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    if sys.platform != "linux":  # macOS knows the limit and does not keep to it
        return False
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    except (ValueError, OSError):
        return False
    return True


# --- files -----------------------------------------------------------------------------------------------------------


def _landlock(kernel: ctypes.CDLL, writable: Sequence[Path], readable: Iterable[Path] | None) -> bool:
    version = kernel.syscall(_CREATE, None, 0, _VERSION)
    if version < 1:
        return False
    writing = _WRITE_FILE | _CHANGE_FOLDER | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    handled = writing | (_READING if readable is not None else 0)
    attributes = struct.pack("<Q", handled)
    rules = kernel.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for folder in writable:
            if not _allow(kernel, rules, folder, handled):
                return False
        for device in ("/dev/null", "/dev/shm"):
            _allow(kernel, rules, Path(device), handled)
        for path in [*readable, *_python_and_system()] if readable is not None else []:
            _allow(kernel, rules, path, _READING)
        return bool(kernel.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(kernel: ctypes.CDLL, rules: int, path: Path, rights: int) -> bool:
    try:
        place = os.open(path, _OPEN_PATH | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        allowed = rights if path.is_dir() else rights & _OF_A_FILE
        rule = struct.pack("<Qi", allowed, place)
        return bool(kernel.syscall(_ADD, rules, _BENEATH, rule, 0) == 0)
    finally:
        os.close(place)


def _python_and_system() -> list[Path]:
    """Return what Python, its packages and the system's libraries are read from; never a home as a whole."""
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, *_FROM_SYSTEM]
    places += [entry for entry in sys.path if entry and Path(entry).is_dir()]
    package = Path(__file__).resolve().parents[2]
    return [Path(place) for place in dict.fromkeys(places)] + [package, package.parent / "resources"]


# --- network and programs --------------------------------------------------------------------------------------------


def _seccomp(kernel: ctypes.CDLL) -> bool:
    calls = _CALLS.get(platform.machine())
    if calls is None:
        return False
    architecture, *refused, socket = calls[0], *calls[1:3], *calls[4:], calls[3]
    internet = (2, 10, 17)  # AF_INET, AF_INET6, AF_PACKET

    def load(offset: int) -> bytes:
        return struct.pack("<HBBI", 0x20, 0, 0, offset)

    def jump(kind: int, value: int, yes: int, no: int) -> bytes:
        return struct.pack("<HBBI", kind, yes, no, value)

    def end(answer: int) -> bytes:
        return struct.pack("<HBBI", 0x06, 0, 0, answer)

    equal, least = 0x15, 0x35
    # What is loaded: struct seccomp_data has the call's number at 0, the architecture at 4, the arguments from 16.
    steps = [load(4), jump(equal, architecture, 1, 0), end(_REFUSE), load(0)]
    steps += [jump(least, _FOREIGN_CALLS, 0, 1), end(_REFUSE)]
    for number in refused:
        steps += [jump(equal, number, 0, 1), end(_REFUSE)]
    steps += [jump(equal, socket, 0, 2 * len(internet) + 1), load(16)]
    for family in internet:
        steps += [jump(equal, family, 0, 1), end(_REFUSE)]
    steps += [end(_ALLOW)]
    code = b"".join(steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("<H6xQ", len(steps), ctypes.addressof(buffer))
    return bool(kernel.prctl(_SECCOMP, _FILTER, ctypes.create_string_buffer(program, len(program)), 0, 0) == 0)
