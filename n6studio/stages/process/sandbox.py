"""A process that opens foreign files may read them, write its own folder, and nothing else, as far as the system can.

Linux: Landlock for files, a seccomp filter for connections and programs, resource limits for memory and processor time.
Windows: a job object for memory, processor time and programs. macOS: processor time. `Walls` says which of them stand,
and of the others why not. Walls are put up before anything heavy is imported, for a wall holds for the thread that
builds it and for threads that come later.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import n6studio
from n6studio.stages.process import job_object, landlock, seccomp
from n6studio.stages.process.wide import is_wide

_NO_NEW_PRIVILEGES = 38  # linux/prctl.h
_SHARE_OF_MEMORY = 0.9  # of the machine's, for work that is not bounded
_GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))

_SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc", "/proc", "/sys", "/opt", "/nix", "/gnu", "/snap",
    "/run/opengl-driver", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
)  # fmt: skip

WRITING, READING, NETWORK, PROGRAMS = "writing", "reading", "network", "programs"
MEMORY, TIME = "memory", "processor time"


@dataclass(frozen=True)
class Walls:
    """What holds a process back.

    Attributes:
        writing: it can write its own folder only.
        reading: it can read its inputs and Python's files only.
        connections: it can open no connection.
        programs: it can start no program.
        memory: bytes that it may take, or None where nothing limits them.
        seconds: of processor time that it may take, or None where nothing limits them.
        why: name of a wall that does not stand -> the reason, as part of a sentence.
    """

    writing: bool = False
    reading: bool = False
    connections: bool = False
    programs: bool = False
    memory: int | None = None
    seconds: int | None = None
    why: dict[str, str] = field(default_factory=dict)

    def missing(self) -> tuple[str, ...]:
        """Return the walls that do not stand, by name; limits of time are only wished for where work is bounded."""
        kinds = {
            WRITING: self.writing, READING: self.reading, NETWORK: self.connections, PROGRAMS: self.programs,
            MEMORY: self.memory is not None,
        }  # fmt: skip
        return tuple(name for name, stands in kinds.items() if not stands)


def machine_memory() -> int:
    """Return the bytes that one process may take of this machine, or of the group that Linux holds us in."""
    import psutil

    known = [int(psutil.virtual_memory().total)]
    for limit in _GROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # "max" where there is none
            known.append(int(limit.read_text()))
    return int(min(known) * _SHARE_OF_MEMORY)


def put_up_walls(
    writable: Sequence[Path],
    memory: int,
    seconds: int | None = None,
    links: Sequence[Path] = (),
    listening: bool = False,
    calling: bool = False,
) -> Walls:
    """Hold this process back as far as the system can; `close_reading` closes the rest.

    Call it in the first thread, before others are started.

    Args:
        writable: files, and folders below which everything may be changed.
        memory: bytes that the process may take.
        seconds: of processor time that it may take; None for no limit.
        links: folders below which symbolic links may be made and removed.
        listening: it may be called by the internet's protocols; it calls nobody.
        calling: it may call others by the internet's protocols.
    """
    if sys.platform == "win32":
        return _windows(memory, seconds)
    walls = _limited(memory, seconds)
    if sys.platform != "linux":
        reason = "N6 Studio has no such wall on macOS"
        kinds = (WRITING, READING, NETWORK, PROGRAMS)
        return replace(walls, why={**dict.fromkeys(kinds, reason), **walls.why})
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        reason = f"the kernel refused: {os.strerror(ctypes.get_errno())}"
        return replace(walls, why={**dict.fromkeys((WRITING, NETWORK, PROGRAMS), reason), **walls.why})
    why = dict(walls.why)
    try:
        rights = landlock.write_rights(kernel)
        allowed = [(path, rights) for path in (*writable, *landlock.DEVICES)]
        landlock.hold(kernel, rights, [*allowed, *((folder, landlock.LINK) for folder in links)])
    except (landlock.NoLandlock, AttributeError, OSError) as error:
        why[WRITING] = str(error)
    try:
        seccomp.refuse_calls(kernel, listening, calling)
    except (seccomp.NoFilter, AttributeError, OSError) as error:
        why |= dict.fromkeys((NETWORK, PROGRAMS), str(error))
    return replace(walls, writing=WRITING not in why, connections=NETWORK not in why, programs=NETWORK not in why,
                   why={**why, READING: "it was left open"})  # fmt: skip


def close_reading(walls: Walls, readable: Iterable[Path]) -> Walls:
    """Let this process read only `readable`, files and folders, and what Python and its packages need.

    Call it in the first thread, before others are started.
    """
    if sys.platform != "linux":
        return walls
    why = {name: reason for name, reason in walls.why.items() if name != READING}
    try:
        kernel = ctypes.CDLL(None, use_errno=True)
        rights = landlock.read_rights(kernel)
        landlock.hold(kernel, rights, [(path, rights) for path in (*readable, *python_and_system(), *landlock.DEVICES)])
    except (landlock.NoLandlock, AttributeError, OSError) as error:
        return replace(walls, why={**why, READING: str(error)})
    return replace(walls, reading=True, why=why)


def python_and_system() -> list[Path]:
    """Return what Python, its packages and the system's libraries are read from; never a home as a whole."""
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, *_SYSTEM]
    named = [*sys.path, *os.environ.get("LD_LIBRARY_PATH", "").split(":")]
    places += [entry for entry in named if entry and not is_wide(Path(entry))]
    package = Path(n6studio.__file__).resolve().parent
    return [Path(place) for place in dict.fromkeys(places)] + [package, package.parent / "resources"]


def _windows(memory: int, seconds: int | None) -> Walls:
    reason = job_object.enter_job(memory, seconds)
    why = dict.fromkeys((WRITING, READING, NETWORK), "N6 Studio has no such wall on Windows")
    if reason:
        return Walls(why={**why, PROGRAMS: reason, MEMORY: reason, TIME: reason})
    return Walls(programs=True, memory=memory, seconds=seconds, why=why)


def _limited(memory: int, seconds: int | None) -> Walls:
    """Set the limits of POSIX."""
    import resource

    why = {}
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
    try:
        if seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    except (ValueError, OSError) as error:
        why[TIME] = str(error)
    if sys.platform == "linux":
        try:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        except (ValueError, OSError) as error:
            why[MEMORY] = str(error)
    else:
        why[MEMORY] = "macOS knows a limit of memory and does not keep to it"
    return Walls(
        memory=None if MEMORY in why else memory, seconds=None if TIME in why or seconds is None else seconds, why=why
    )
