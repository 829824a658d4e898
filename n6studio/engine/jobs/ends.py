"""How a stage's process ended without a result, and which error that is: the file's, the machine's or ours."""

import contextlib
import signal
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.foreign import is_full
from n6studio.domain.errors.models import ReaderDied, ReaderTooLarge, ReaderTooSlow
from n6studio.domain.errors.stages import NotEnoughMemory, StageDied
from n6studio.domain.stage import Limits
from n6studio.domain.texts import bytes_text

OOM_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))
_FROM_OUTSIDE = {"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"}  # no file makes a process end so
_OUT_OF_TIME = {"SIGXCPU", "SIGALRM"}
_LOOKING = "SIGPROF"  # a bound around a library that can go round in circles: `stages/model/bounded.py`
_WINDOWS_OUT_OF_TIME = 1816  # ERROR_NOT_ENOUGH_QUOTA: the processor time of its job is used up
_NO_ALLOCATION = (b"std::bad_alloc", b"MemoryError", b"OOM when allocating")


@dataclass(frozen=True)
class Job:
    """Whose process it is, and what it was to read.

    Attributes:
        stage: its name.
        files: what it reads, the most suspicious first.
        limits: what it may take, or None.
        log: what it printed.
        folder: where it writes.
    """

    stage: str
    files: tuple[str, ...]
    limits: Limits | None
    log: Path
    folder: Path


@dataclass
class End:
    """The end of a process.

    Attributes:
        code: exit code, or the negative number of a signal.
        began: it had reported that it is up, and so opened its files.
        timed_out: it was ended because it took longer than its limits say.
        memory_short: the kernel ended a process for want of memory meanwhile.
        notes: what else to say, as part of a sentence.
    """

    code: int = 0
    began: bool = False
    timed_out: bool = False
    memory_short: bool = False
    notes: tuple[str, ...] = ()

    @property
    def signal(self) -> str:
        """Return the signal's name, '' where none ended it."""
        known = {item.value: item.name for item in signal.Signals}
        return known.get(-self.code, "unknown") if self.code < 0 else ""

    @property
    def text(self) -> str:
        """Return the end in words."""
        how = f"signal {-self.code} ({self.signal})" if self.code < 0 else f"exit code {self.code}"
        if self.signal == _LOOKING:
            how = "it took far longer than any intact file does"
        return "; ".join([how, *self.notes])


def error_of(job: Job, end: End) -> StudioError:
    """Return the error for a process that ended without a word."""
    limits = job.limits
    if limits is not None and job.files and _took_too_long(end):
        return ReaderTooSlow(path=job.files[0], files=job.files, seconds=_seconds(limits, end), log=job.log)
    if end.signal == "SIGKILL" and end.memory_short:
        return NotEnoughMemory(stage=job.stage, log=job.log)
    if end.code and _allocation_failed(job.log):
        return out_of_memory(job)
    if is_full(job.folder):  # a library that maps files into memory dies of SIGBUS
        return DiskFull(path=job.folder)
    if job.files and end.began and end.signal not in _FROM_OUTSIDE:
        return ReaderDied(path=job.files[0], files=job.files, how=end.text, log=job.log)
    return StageDied(stage=job.stage, how=end.text, log=job.log)


def out_of_memory(job: Job) -> StudioError:
    """Return the error of a process that was refused memory: its file's where what it may take is bounded."""
    if job.limits is None or not job.files:
        return NotEnoughMemory(stage=job.stage, log=job.log)
    return ReaderTooLarge(path=job.files[0], files=job.files, limit=bytes_text(job.limits.memory), log=job.log)


def oom_kills() -> int:
    """Return how many processes Linux has ended for lack of memory, on this machine and in our group; 0 elsewhere."""
    count = 0
    for counter in OOM_COUNTERS:
        with contextlib.suppress(OSError, ValueError):
            count += sum(int(line[9:]) for line in counter.read_text().splitlines() if line[:9] == "oom_kill ")
    return count


def _took_too_long(end: End) -> bool:
    return end.timed_out or end.signal in _OUT_OF_TIME or end.code == _WINDOWS_OUT_OF_TIME


def _seconds(limits: Limits, end: End) -> int:
    return round(limits.seconds) if end.timed_out else limits.processor_seconds


def _allocation_failed(log: Path) -> bool:
    try:
        tail = log.read_bytes()[-20_000:]
    except OSError:
        return False
    return any(sign in tail for sign in _NO_ALLOCATION)
