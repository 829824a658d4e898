"""A recording on disk: the bytes as they came, and an index beside them.

``take.mjpeg`` is a plain MJPEG file: any player opens it, and results are inside its frames. ``take.index.jsonl`` says
where each frame lies and when it came, one JSON object a line behind a first line about the whole. What the index
lacks, because it was lost or writing was cut off, is found again in the frames. Files with another suffix have it in
their index's name, so that no two recordings share one: ``take.mjpg.index.jsonl``.

Between frames there may be what was damaged on the way. Indexes of version 1 have frames without anything in between.

A power cut before the first frame was on the disk leaves ``take.mjpeg.part`` with that frame at most: it can be opened
by name as any recording, and the next recording of this name takes its place. A cut later leaves a whole recording.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.link import RecordingUnreadable
from n6studio.domain.live import Frame
from n6studio.gates.files import opened, read_text
from n6studio.link.wire.frame import as_sent, read_results
from n6studio.link.wire.jpeg import image_size
from n6studio.link.wire.parser import MOST_BYTES, StreamParser

SUFFIX, UNFINISHED = ".mjpeg", ".part"
SUFFIXES = (SUFFIX, ".mjpg")
FORMAT, VERSION = "n6-recording", 2
_WITHOUT_GAPS = 1  # version
_MOST_SHARED = 1024  # bytes that belong to a repaired frame and to the next
_USUAL_STEP = 1 / 30  # seconds between frames of which nothing is known
_CHUNK = 1 << 20
_LINE = 400  # bytes, of an index's longest line and more
_SOI = b"\xff\xd8\xff"
LARGEST_INDEX = 256 << 20  # bytes: of two days at 30 frames a second


@dataclass(frozen=True)
class Entry:
    """One frame: where it lies in bytes, and seconds since the first."""

    at: int
    length: int
    time: float

    @property
    def end(self) -> int:
        """Where the next byte lies."""
        return self.at + self.length


@dataclass(frozen=True)
class Recording:
    """A recording that can be read.

    Attributes:
        path: of the .mjpeg file.
        entries: every frame, in order.
        source: what it was recorded from, '' where not known.
        started: ISO 8601, '' where not known.
        rebuilt: how many frames the index did not name.
    """

    path: Path
    entries: tuple[Entry, ...]
    source: str
    started: str
    rebuilt: int

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return self.entries[-1].time

    def frame(self, number: int) -> Frame:
        """Return frame `number` with its results.

        Raises:
            FileUnreadable, RecordingUnreadable.
        """
        entry = self.entries[number]
        jpeg = as_sent(read_range(self.path, entry.at, entry.length))
        return Frame(jpeg, read_results(jpeg), entry.time, number, image_size(jpeg), entry.time)


def index_path(path: Path) -> Path:
    """Return where the index of a recording lies."""
    name = path.name.removesuffix(UNFINISHED)
    return path.with_name(f"{name.removesuffix(SUFFIX)}.index.jsonl")


def index_of(path: Path) -> Path:
    """Return where the index lies, or where earlier releases put that of a file with another suffix."""
    own, earlier = index_path(path), path.with_name(f"{path.stem}.index.jsonl")
    return earlier if not own.exists() and not path.with_suffix(SUFFIX).exists() else own


def is_recording(path: Path) -> bool:
    """Return whether a file is a recording by its name: one that got no further than its first frame is one, too."""
    return path.name.lower().removesuffix(UNFINISHED).endswith(SUFFIXES)


def index_seconds(path: Path) -> float | None:
    """Return how long a recording is by the last line of its index; None where that does not say. Raises nothing."""
    try:
        with opened(index_of(path)) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LINE))
            lines = file.read(_LINE).decode("utf-8", "replace").split("\n")
    except OSError:
        return None
    entry = next((entry for line in reversed(lines) if (entry := _entry(_object(line))) is not None), None)
    return None if entry is None else entry.time


def holds_stream(path: Path) -> bool:
    """Return whether a file begins as a stream of JPEGs does, whatever it is called.

    Raises:
        OSError: it cannot be read.
    """
    with opened(path) as file:
        return file.read(len(_SOI)) == _SOI


def first_line(source: str, started: str) -> str:
    """Return the line of the index that speaks of the whole recording."""
    return json.dumps({"format": FORMAT, "version": VERSION, "source": source, "started": started}) + "\n"


def entry_line(entry: Entry) -> str:
    """Return the line of the index for one frame."""
    return json.dumps({"at": entry.at, "length": entry.length, "time": round(entry.time, 6)}) + "\n"


def read_range(path: Path, at: int, length: int) -> bytes:
    """Return bytes of a recording.

    Raises:
        FileMissing, FileUnreadable: it went away.
        RecordingUnreadable: it became shorter.
    """
    with reading(path), opened(path) as file:
        file.seek(at)
        data = file.read(length)
    if len(data) != length:
        raise RecordingUnreadable(path=path, reason="it was truncated while being read")
    return data


def read_recording(path: Path) -> Recording:
    """Return what a recording holds. A missing or incomplete index is made up for from the frames.

    Raises:
        FileMissing, FileUnreadable: as the operating system says.
        RecordingUnreadable: there is no whole frame in it.
    """
    with reading(path), opened(path) as file:
        size = os.fstat(file.fileno()).st_size
    about, entries = _read_index(path, size)
    while entries and _is_blank(path, entries[-1]):
        entries.pop()
    covered = entries[-1].end if entries else 0
    found = _scan(path, covered, entries[-1].time if entries else None, _step(entries)) if covered < size else []
    if not entries and not found:
        raise RecordingUnreadable(path=path, reason=f"{size} bytes were looked at")
    return Recording(
        path,
        (*entries, *found),
        str(about.get("source", "")),
        str(about.get("started", "")),
        len(found),
    )


def _is_blank(path: Path, entry: Entry) -> bool:
    """Return whether a frame ends in zeros, as a power cut leaves what got its length but not its contents."""
    return not any(read_range(path, entry.at + max(0, entry.length - 2), min(2, entry.length)))


def _step(entries: list[Entry]) -> float:
    return (entries[-1].time - entries[0].time) / (len(entries) - 1) if len(entries) > 1 else _USUAL_STEP


def _read_index(recording: Path, size: int) -> tuple[dict[str, Any], list[Entry]]:
    """Return what the index says, up to the first line that cannot be true of a file of `size` bytes."""
    try:
        lines = read_text(index_of(recording), LARGEST_INDEX, errors="replace").split("\n")
    except OSError:
        return {}, []
    about = _object(lines[0])
    if about.get("format") != FORMAT or about.get("version") not in (_WITHOUT_GAPS, VERSION):
        return {}, []
    entries: list[Entry] = []
    before = Entry(0, 0, 0.0)
    for line in lines[1:]:
        entry = _entry(_object(line))
        if entry is None or entry.time < before.time or entry.end > size:
            break
        if entry.at != before.end and (about["version"] == _WITHOUT_GAPS or not _is_frame(recording, entry, before)):
            break
        entries.append(entry)
        before = entry
    return about, entries


def _is_frame(path: Path, entry: Entry, before: Entry) -> bool:
    """Return whether there is a frame that does not lie right behind the one before."""
    if entry.at < before.end - _MOST_SHARED or entry.end <= before.end:
        return False
    jpeg = as_sent(read_range(path, entry.at, entry.length))
    return image_size(jpeg) != (0, 0)


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _entry(value: dict[str, Any]) -> Entry | None:
    at, length, time = value.get("at"), value.get("length"), value.get("time")
    if not isinstance(at, int) or not isinstance(length, int) or not isinstance(time, int | float):
        return None
    if not (0 < length <= MOST_BYTES and at >= 0 and 0 <= time < 1e9):
        return None
    return Entry(at, length, float(time))


def _scan(path: Path, start: int, last: float | None, step: float) -> list[Entry]:
    """Return the frames from byte `start` on, their times from the sender's clock where it tells them.

    Args:
        path: the recording.
        start: where to begin.
        last: when the frame before came, None where there is none.
        step: seconds between frames of which no time is known.
    """
    parser = StreamParser()
    entries: list[Entry] = []
    clock: int | None = None
    with reading(path), path.open("rb") as file:
        file.seek(start)
        while data := file.read(_CHUNK):
            for frame, at in zip(parser.feed(data, 0.0), parser.starts, strict=True):
                device_time = None if frame.results is None else frame.results.device_time
                # A clock that stands, goes back or jumps is one that was set anew.
                apart = (device_time - clock) / 1e6 if device_time is not None and clock is not None else 0.0
                time = 0.0 if last is None else last + (apart if 0 < apart < 60 else step)
                entries.append(Entry(start + at, len(frame.jpeg), time))
                clock, last = device_time, time
    return entries
