"""Writing recordings while a stream runs, and keeping the last seconds at hand."""

import contextlib
import datetime
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import AlreadyThere, DiskFull
from n6studio.domain.errors.foreign import writing_error
from n6studio.domain.errors.link import RecordingDiskFull
from n6studio.domain.live import Frame
from n6studio.link.received import Received
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
        frames: whole ones among the bytes that were written.
        size: bytes written, whatever they are.
        seconds: from the first frame written to the last.
        missed: frames of which bytes did not fit into the queue because the disk was slow, or came after an error.
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
        self._named = False
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
        """Add a frame; raises as `add`."""
        self.add(frame.jpeg, [(self.size, frame)])

    def add(self, data: bytes, frames: Sequence[tuple[int, Frame]]) -> None:
        """Add bytes as they came.

        Args:
            data: the bytes.
            frames: (where it starts in the file, the frame) of each frame that they complete.

        Raises:
            NotWritable, DiskFull: what was added before stays whole.
        """
        seconds = self.seconds
        try:
            _write(self._data, data)
            for at, frame in frames:
                self._first = frame.received if self._first is None else self._first
                seconds = max(seconds, frame.received - self._first)
                _write(self._index, entry_line(Entry(at, len(frame.jpeg), seconds)).encode())
            if not self._named and frames:
                self._begin()
            elif seconds - self._synced >= _SYNC_SECONDS:
                self._synced = seconds
                sync_open(self._data.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._data.truncate(self.size)  # the index is read up to its last whole line
            raise self._error(error) from error
        self.frames, self.size, self.seconds = self.frames + len(frames), self.size + len(data), seconds

    def _error(self, error: OSError) -> StudioError:
        found = writing_error(self.path, error)
        if isinstance(found, DiskFull) and self.frames:
            return RecordingDiskFull(path=self.path, frames=self.frames, seconds=round(self.seconds, 1))
        return found

    def _begin(self) -> None:
        """Give the file, which has its first frame, its own name."""
        self._named = True
        sync_open(self._data.fileno())
        sync_open(self._index.fileno())
        self._data.close()  # Windows renames no open file
        self._part.replace(self.path)
        sync_folder(self.path.parent)
        self._data = self._files.enter_context(self.path.open("r+b", buffering=0))
        self._data.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close both files; where nothing came they are removed, and the name is free again. Raises nothing."""
        if self.size and not self._named:
            with contextlib.suppress(OSError, ValueError):
                self._begin()  # no frame was whole, and still nothing is thrown away
        with contextlib.suppress(OSError, ValueError):  # closed already, where the disk refused the first frame
            sync_open(self._data.fileno())
            sync_open(self._index.fileno())
        with contextlib.suppress(OSError):
            self._files.close()
        if self.size == 0:
            for path in (self._part, self.path, index_path(self.path)):
                with contextlib.suppress(OSError):
                    path.unlink()


def _write(file: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a disk that fills up takes a part first and refuses the next
        rest = rest[file.write(rest) :]


class Recorder:
    """Writes a recording in a thread of its own; give `take` to `LiveSession.tap_bytes`.

    Args:
        path: of the .mjpeg file, which must not exist yet.
        source: what is recorded, for the index.
        on_error: called, in the recorder's thread, when it has to stop writing.
    """

    def __init__(self, path: Path, source: str = "", on_error: Callable[[StudioError], None] | None = None) -> None:
        self.path = path
        self._source, self._on_error = source, on_error
        self._filled = threading.Condition()
        self._waiting: deque[Received] = deque()
        self._waiting_bytes = self._missed = self._seen = 0
        self._stopping = False
        self._written = Recorded(0, 0, 0.0, 0, None)
        self._thread = threading.Thread(target=self._work, name="live recorder", daemon=True)
        self._thread.start()

    def take(self, received: Received) -> None:
        """Take bytes as they came. Never waits: frames for which the disk is too slow are counted as missed."""
        with self._filled:
            full = self._waiting_bytes + len(received.data) > MOST_WAITING
            if full or self._stopping or self._written.error is not None:
                self._missed += 0 if self._stopping else len(received.frames)
                return
            self._waiting.append(received)
            self._waiting_bytes += len(received.data)
            self._filled.notify()

    def see(self, frame: Frame) -> None:
        """Take a frame without what came around it; otherwise as `take`."""
        at = self._seen
        self._seen += len(frame.jpeg)
        self.take(Received(frame.jpeg, at, frame.received, ((at, frame),)))

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
            first = begins = follows = -1  # in everything that was received
            into = 0  # where in the file `begins` is
            while (received := self._next()) is not None:
                if received.at != follows:
                    begins, into = received.at, file.size
                    first = begins if first < 0 else first
                follows = received.at + len(received.data)
                file.add(received.data, [(into + at - begins, one) for at, one in received.frames if at >= begins])
                with self._filled:
                    # Nobody misses the frame amid which the recording began.
                    self._missed += sum(first <= at < begins for at, _ in received.frames)
                    self._written = Recorded(file.frames, file.size, file.seconds, 0, None)
        except StudioError as error:
            self._fail(Recorded(file.frames, file.size, file.seconds, 0, error))
        finally:
            file.close()

    def _next(self) -> Received | None:
        with self._filled:
            self._filled.wait_for(lambda: self._waiting or self._stopping)
            if not self._waiting:
                return None
            received = self._waiting.popleft()
            self._waiting_bytes -= len(received.data)
            return received

    def _fail(self, done: Recorded) -> None:
        with self._filled:
            self._written = done
            self._missed += sum(len(received.frames) for received in self._waiting) + 1
            self._waiting.clear()
            self._waiting_bytes = 0
        if self._on_error is not None and done.error is not None:
            self._on_error(done.error)


class RecentFrames:
    """Keeps the frames of the last seconds, to save what has just happened; give `see` to `LiveSession.tap`.

    The exact input of a model is not kept, which may take 50 MB a frame: it is still packed in the frame's bytes.
    """

    def __init__(self, seconds: float = RECENT_SECONDS, most_bytes: int = MOST_RECENT) -> None:
        self._seconds, self._most = seconds, most_bytes
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque()
        self._bytes = 0

    def see(self, frame: Frame) -> None:
        """Take a frame, and forget those that are too old or too many."""
        results = frame.results
        if results is not None and results.exact_input is not None:
            frame = replace(frame, results=replace(results, exact_input=None))
        with self._lock:
            self._frames.append(frame)
            self._bytes += memory_of(frame)
            while self._frames and (self._bytes > self._most or self._is_old(frame)):
                self._bytes -= memory_of(self._frames.popleft())

    def _is_old(self, newest: Frame) -> bool:
        return newest.received - self._frames[0].received > self._seconds

    def frames(self) -> tuple[Frame, ...]:
        """Return what is kept, oldest first. From any thread."""
        with self._lock:
            return tuple(self._frames)

    def clear(self) -> None:
        """Forget everything: what comes next is of another source. From any thread."""
        with self._lock:
            self._frames.clear()
            self._bytes = 0


def memory_of(frame: Frame) -> int:
    """Return about how many bytes of memory a frame takes, with its results."""
    results = frame.results
    if results is None:
        return len(frame.jpeg)
    arrays = (results.people.boxes, results.people.confidences, results.people.keypoints)
    texts = sum(len(text) for text in results.log) + sum(len(key) + len(value) for key, value in results.status)
    exact = 0 if results.exact_input is None else results.exact_input.nbytes
    return len(frame.jpeg) + sum(array.nbytes for array in arrays) + 4 * texts + exact


def remove_recording(path: Path) -> None:
    """Remove a recording that was just made, with its index. Raises nothing."""
    for left in (path.with_name(f"{path.name}{UNFINISHED}"), path, index_path(path)):
        with contextlib.suppress(OSError):
            left.unlink(missing_ok=True)


def write_recording(path: Path, frames: Iterable[Frame], source: str = "") -> Recorded:
    """Write frames as a recording at once.

    Raises:
        AlreadyThere, NotWritable, DiskFull: what was written until then stays, and is a whole recording.
    """
    file = RecordingFile(path, source)
    try:
        for frame in frames:
            file.write(frame)
    finally:
        file.close()
    return Recorded(file.frames, file.size, file.seconds, 0, None)
