"""Marks that a user made in a recording, in a file beside it: ``take.mjpeg.marks.json``."""

import json
from pathlib import Path

import msgspec

from n6studio.gates.files import read_text
from n6studio.system.files import replace_text

FORMAT, VERSION = "n6-marks", 1
_LARGEST = 4 << 20  # bytes


class Mark(msgspec.Struct, frozen=True):
    """A frame that a user wants to find again.

    Attributes:
        frame: its number from 0.
        text: what the user says about it, may be empty.
    """

    frame: int
    text: str = ""


class _Marks(msgspec.Struct, frozen=True):
    format: str
    version: int
    marks: tuple[Mark, ...]


def marks_path(recording: Path) -> Path:
    """Return where the marks of a recording lie."""
    return recording.with_name(f"{recording.name}.marks.json")


def read_marks(recording: Path) -> tuple[Mark, ...]:
    """Return the marks of a recording in order; none where there is no such file, or it is no such. Raises nothing."""
    try:
        found = msgspec.json.decode(read_text(marks_path(recording), _LARGEST, errors="replace"), type=_Marks)
    except (OSError, msgspec.DecodeError, ValueError, RecursionError):
        return ()
    if (found.format, found.version) != (FORMAT, VERSION):
        return ()
    return tuple(sorted((mark for mark in found.marks if mark.frame >= 0), key=lambda mark: mark.frame))


def toggle_mark(recording: Path, frame: int, text: str = "") -> tuple[Mark, ...]:
    """Mark a frame, or take its mark away; return all marks.

    Raises:
        NotWritable, DiskFull: the marks are what they were.
    """
    marks = read_marks(recording)
    left = tuple(mark for mark in marks if mark.frame != frame)
    made = left if len(left) < len(marks) else tuple(sorted((*marks, Mark(frame, text)), key=lambda mark: mark.frame))
    plain = {"format": FORMAT, "version": VERSION, "marks": [msgspec.to_builtins(mark) for mark in made]}
    replace_text(marks_path(recording), json.dumps(plain, indent=1) + "\n")
    return made
