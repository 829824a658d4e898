"""Downloads wheels so that nothing is lost: parts are kept and gone on with, and only what has its digest counts."""

import hashlib
import shutil
import threading
import time
import urllib.error
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.foreign import NO_SPACE
from n6studio.domain.errors.layers import LayerDamaged, LayerUnreachable
from n6studio.layers.index import NETWORK_ERRORS, Wheel, open_address

AT_ONCE = 4
TRIES = 4  # in a row without a byte, after which the network counts as gone
_BLOCK = 1 << 18  # bytes
_PAUSES = (1.0, 3.0, 8.0)  # seconds between tries

Told = Callable[[int], None]
"""Is called, in any thread, with bytes that have come; they are negative where a damaged file is begun anew."""


class Stopped(Exception):
    """The user does not want it any more; what has come is kept."""


def get_all(wheels: Sequence[Wheel], folder: Path, certificates: str, told: Told, stop: threading.Event) -> list[Path]:
    """Bring wheels into `folder`, several at once; return their paths in the same order.

    Raises:
        Stopped: `stop` was set.
        LayerUnreachable: the network is gone.
        LayerDamaged: a file is not the one that was pinned.
        DiskFull.
    """

    def one(wheel: Wheel) -> Path:
        try:
            return get(wheel, folder, certificates, told, stop)
        except BaseException:
            stop.set()  # the others need not go on
            raise

    largest_first = sorted(range(len(wheels)), key=lambda place: -wheels[place].size)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {place: pool.submit(one, wheels[place]) for place in largest_first}
    failures = [error for task in begun.values() if (error := task.exception()) is not None]
    if failures:
        raise next((error for error in failures if not isinstance(error, Stopped)), failures[0])
    return [begun[place].result() for place in range(len(wheels))]


def get(wheel: Wheel, folder: Path, certificates: str, told: Told, stop: threading.Event) -> Path:
    """Bring one wheel into `folder` and return its path; raises as `get_all`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wheel.name
    if path.is_file():
        if _digest(path) == wheel.sha256:
            told(path.stat().st_size)
            return path
        path.unlink()
    part = folder / (wheel.name + ".part")
    _fill(wheel, part, certificates, told, stop)
    if _digest(part) != wheel.sha256:
        told(-part.stat().st_size)
        part.unlink()
        raise LayerDamaged(file=wheel.name)
    part.replace(path)
    return path


def _fill(wheel: Wheel, part: Path, certificates: str, told: Told, stop: threading.Event) -> None:
    if part.exists():
        told(part.stat().st_size)
    failures = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            if _go_on(wheel, part, certificates, told, stop):
                return
            failure: Exception = OSError("the connection ended early")
        except NETWORK_ERRORS as error:
            if isinstance(error, OSError) and error.errno in NO_SPACE:
                raise DiskFull(path=part.parent) from error
            failure = error
        failures = 0 if part.exists() and part.stat().st_size > before else failures + 1
        if failures >= TRIES:
            raise LayerUnreachable(package=wheel.pin.name, reason=str(failure)) from failure
        if stop.wait(_PAUSES[min(failures, len(_PAUSES)) - 1] if failures else 0.2):
            raise Stopped


def _go_on(wheel: Wheel, part: Path, certificates: str, told: Told, stop: threading.Event) -> bool:
    """Add to a part what is still missing, as far as the connection holds; return whether it came to the end."""
    have = part.stat().st_size if part.exists() else 0
    if wheel.size and have >= wheel.size:
        return True
    try:
        answer = open_address(wheel.address, certificates, first=have)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # there is nothing behind it: the digest will tell whether it is whole
            return True
        raise
    with answer:
        anew = have and getattr(answer, "status", None) != 206  # the server cannot go on in the middle
        if anew:
            told(-have)
        expected, came = int(answer.headers.get("Content-Length") or 0), 0
        with part.open("wb" if anew else "ab") as stream:
            while block := answer.read(_BLOCK):
                stream.write(block)
                came += len(block)
                told(len(block))
                if stop.is_set():
                    raise Stopped
    return came >= expected


def room(folder: Path) -> int:
    """Return how many bytes are free for a folder that need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Progress:
    """Counts bytes and tells now and then; may be told from several threads.

    Args:
        total: bytes in all, 0 where that is not known.
        show: receives done, total and the seconds that are left, None while they cannot be told.
    """

    _EVERY = 0.25  # seconds

    def __init__(self, total: int, show: Callable[[int, int, float | None], None]) -> None:
        self._total, self._show = total, show
        self._done, self._lock = 0, threading.Lock()
        self._began = self._last = time.monotonic()
        self._first: int | None = None

    def __call__(self, count: int) -> None:
        """Count bytes that have come."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._last < self._EVERY and self._done < self._total:
                return
            self._last = now
            if self._first is None:  # what was there already tells nothing about the connection
                self._first, self._began = self._done, now
            speed = (self._done - self._first) / max(now - self._began, 0.001)
            left = (self._total - self._done) / speed if speed > 0 and now - self._began > 2 else None
            self._show(self._done, max(self._total, self._done), left)
