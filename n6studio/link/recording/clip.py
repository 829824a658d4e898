"""A part of a recording as a recording of its own."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from n6studio.link.recording.marks import read_marks, toggle_mark
from n6studio.link.recording.recorder import RecordingFile, remove_recording
from n6studio.link.recording.recording import Recording, read_range


def clip(recording: Recording, first: int, last: int, target: Path, progress: Callable[[int, int], None]) -> int:
    """Write frames `first` to `last` with all that lies between them, and return how many these are.

    Times keep their distances, and marks go along.

    Args:
        recording: where from.
        first: number of the first frame, from 0.
        last: number of the last one.
        target: a .mjpeg file that does not exist yet.
        progress: called with (done, total) frames; it may raise to stop, and then nothing is left.

    Raises:
        AlreadyThere, NotWritable, DiskFull, FileUnreadable, RecordingUnreadable.
    """
    numbers = range(first, last + 1)
    file = RecordingFile(target, recording.source)
    try:
        at = recording.entries[first].at
        for number in numbers:
            entry = recording.entries[number]
            data = read_range(recording.path, at, entry.end - at)
            file.add(data, [(file.size + entry.at - at, recording.frame(number))])
            at = entry.end
            progress(number - first + 1, len(numbers))
    except BaseException:
        file.close()
        remove_recording(target)
        raise
    file.close()
    with contextlib.suppress(ValueError):
        for mark in read_marks(recording.path):
            if mark.frame in numbers:
                toggle_mark(target, mark.frame - first, mark.text)
    return len(numbers)
