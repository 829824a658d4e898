"""Writing recordings while a stream runs, and keeping the last seconds at hand."""

import contextlib
import datetime
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import AlreadyThere
from n6studio.domain.errors.foreign import writing_error
from n6studio.domain.live import Frame
from n6studio.link.recording.recording import UNFINISHED, Entry, entry_line, first_line, index_path
from n6studio.system.files import ensure_folder, sync_folder, sync_open

MOST_WAITING = 64 * 1024 * 1024  # bytes of frames that wait for a slow disk
RECENT_SECONDS = 10.0
MOST_RECENT = 256 * 1024 * 1024  # bytes of frames that are kept at hand
_STOP_WITHIN = 2.0  # seconds
_SYNC_SECONDS = 1.0  # of recording between two waits for the disk


@dataclass(frozen=True)
class Recorded:
    """What a recorder has done so far.

    Attributes:
        frames: written.
        size: bytes written.
        seconds: from the first frame written to the last.
        missed: frames that did not fit into the queue because the disk was slow, or came after an error.
        error: why it has stopped writing, else None; what was written until then is a whole recording.
    """

    frames: int
    size: int
    seconds: float
    missed: int
    error: StudioError | None


class RecordingFile:
    """The two files of a recording, open for writing. For one thread.

    It begins under a name that ends in ``.part`` and gets its own with the first frame, which is on the disk by then.
    From there on the file is a whole recording at every moment; a power cut costs what came in the last second. What
    an earlier cut left as ``.part`` under this name is replaced.

    Args:
        path: of the .mjpeg file, which must not exist yet.
        source: what is recorded, for the index.

    Raises:
        AlreadyThere, NotWritable, DiskFull.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.frames = self.size = 0
        self.seconds = 0.0
        self._first: float | None = None
        self._synced = 0.0
        started = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        with contextlib.ExitStack() as stack:
            try:
                ensure_folder(path.parent)
                if os.path.lexists(path):
                    raise AlreadyThere(path=path)
                # Unbuffered: what was written must be there when the program is killed.
                for place in (self._part, index_path(path)):
                    place.unlink(missing_ok=True)  # never written through: it may be a link
                self._data: IO[bytes] = stack.enter_context(self._part.open("xb", buffering=0))
                self._index: IO[bytes] = stack.enter_context(index_path(path).open("xb", buffering=0))
                _write(self._index, first_line(source, started).encode())
            except OSError as error:
                raise writing_error(path, error) from error
            self._files = stack.pop_all()

    @property
    def _part(self) -> Path:
        return self.path.with_name(f"{self.path.name}{UNFINISHED}")

    def write(self, frame: Frame) -> None:
        """Add a frame.

        Raises:
            NotWritable, DiskFull: what was added before stays whole.
        """
        self._first = frame.received if self._first is None else self._first
        seconds = max(self.seconds, frame.received - self._first)
        try:
            _write(self._data, frame.jpeg)
            _write(self._index, entry_line(Entry(self.size, len(frame.jpeg), seconds)).encode())
            if self.frames == 0:
                self._begin()
            elif seconds - self._synced >= _SYNC_SECONDS:
                self._synced = seconds
                sync_open(self._data.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._data.truncate(self.size)  # the index is read up to its last whole line
            raise writing_error(self.path, error) from error
        self.frames, self.size, self.seconds = self.frames + 1, self.size + len(frame.jpeg), seconds

    def _begin(self) -> None:
        """Give the file, which has its first frame, its own name."""
        sync_open(self._data.fileno())
        sync_open(self._index.fileno())
        self._data.close()  # Windows renames no open file
        self._part.replace(self.path)
        sync_folder(self.path.parent)
        self._data = self._files.enter_context(self.path.open("r+b", buffering=0))
        self._data.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close both files; without a single frame they are removed, and the name is free again. Raises nothing."""
        with contextlib.suppress(OSError, ValueError):  # closed already, where the disk refused the first frame
            sync_open(self._data.fileno())
            sync_open(self._index.fileno())
        with contextlib.suppress(OSError):
            self._files.close()
        if self.frames == 0:
            for path in (self._part, self.path, index_path(self.path)):
                with contextlib.suppress(OSError):
                    path.unlink()


def _write(file: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a disk that fills up takes a part first and refuses the next
        rest = rest[file.write(rest) :]


class Recorder:
    """Writes a recording in a thread of its own; give `see` to `LiveSession.tap`.

    Args:
        path: of the .mjpeg file, which must not exist yet.
        source: what is recorded, for the index.
        on_error: called, in the recorder's thread, when it has to stop writing.
    """

    def __init__(self, path: Path, source: str = "", on_error: Callable[[StudioError], None] | None = None) -> None:
        self.path = path
        self._source, self._on_error = source, on_error
        self._filled = threading.Condition()
        self._waiting: deque[Frame] = deque()
        self._waiting_bytes = self._missed = 0
        self._stopping = False
        self._written = Recorded(0, 0, 0.0, 0, None)
        self._thread = threading.Thread(target=self._work, name="live recorder", daemon=True)
        self._thread.start()

    def see(self, frame: Frame) -> None:
        """Take a frame. Never waits: what the disk is too slow for is counted as missed."""
        with self._filled:
            full = self._waiting_bytes + len(frame.jpeg) > MOST_WAITING
            if full or self._stopping or self._written.error is not None:
                self._missed += 0 if self._stopping else 1
                return
            self._waiting.append(frame)
            self._waiting_bytes += len(frame.jpeg)
            self._filled.notify()

    def recorded(self) -> Recorded:
        """Return what was done so far. From any thread."""
        with self._filled:
            done = self._written
            return Recorded(done.frames, done.size, done.seconds, self._missed, done.error)

    def stop(self, timeout: float = _STOP_WITHIN) -> Recorded:
        """Write what waits, close the files and return what was done; a disk that hangs is given `timeout` seconds."""
        with self._filled:
            self._stopping = True
            self._filled.notify()
        self._thread.join(timeout)
        return self.recorded()

    def _work(self) -> None:
        try:
            file = RecordingFile(self.path, self._source)
        except StudioError as error:
            self._fail(Recorded(0, 0, 0.0, 0, error))
            return
        try:
            while (frame := self._next()) is not None:
                file.write(frame)
                with self._filled:
                    self._written = Recorded(file.frames, file.size, file.seconds, 0, None)
        except StudioError as error:
            self._fail(Recorded(file.frames, file.size, file.seconds, 0, error))
        finally:
            file.close()

    def _next(self) -> Frame | None:
        with self._filled:
            self._filled.wait_for(lambda: self._waiting or self._stopping)
            if not self._waiting:
                return None
            frame = self._waiting.popleft()
            self._waiting_bytes -= len(frame.jpeg)
            return frame

    def _fail(self, done: Recorded) -> None:
        with self._filled:
            self._written = done
            self._missed += len(self._waiting) + 1
            self._waiting.clear()
            self._waiting_bytes = 0
        if self._on_error is not None and done.error is not None:
            self._on_error(done.error)


class RecentFrames:
    """Keeps the frames of the last seconds, to save what has just happened; give `see` to `LiveSession.tap`."""

    def __init__(self, seconds: float = RECENT_SECONDS, most_bytes: int = MOST_RECENT) -> None:
        self._seconds, self._most = seconds, most_bytes
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque()
        self._bytes = 0

    def see(self, frame: Frame) -> None:
        """Take a frame, and forget those that are too old or too many."""
        with self._lock:
            self._frames.append(frame)
            self._bytes += len(frame.jpeg)
            while self._frames and (self._bytes > self._most or self._is_old(frame)):
                self._bytes -= len(self._frames.popleft().jpeg)

    def _is_old(self, newest: Frame) -> bool:
        return newest.received - self._frames[0].received > self._seconds

    def frames(self) -> tuple[Frame, ...]:
        """Return what is kept, oldest first. From any thread."""
        with self._lock:
            return tuple(self._frames)


def write_recording(path: Path, frames: Iterable[Frame], source: str = "") -> Recorded:
    """Write frames as a recording at once.

    Raises:
        NotWritable, DiskFull: nothing is left of it.
    """
    file = RecordingFile(path, source)
    try:
        for frame in frames:
            file.write(frame)
    except StudioError:
        file.close()
        for left in (path, index_path(path)):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
        raise
    file.close()
    return Recorded(file.frames, file.size, file.seconds, 0, None)
