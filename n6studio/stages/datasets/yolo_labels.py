"""Ultralytics' label files: what they say, what is wrong with them, and which of them Ultralytics itself would drop."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.labels import LabelLinesFaulty
from n6studio.domain.evaluation.account import LeftOut
from n6studio.domain.texts import counted, plural
from n6studio.gates.files import is_file, read_text, why_no_file
from n6studio.stages.datasets.faults import MOST_CLASSES
from n6studio.stages.datasets.model import FractionTruth, Item, classes_note, make_fraction_truth

FARTHEST = 2.0  # from the image's corner, in its sides, of a labelled keypoint
_NO_FRACTIONS = "coordinates that are not fractions of the image (0 to 1)"
_NO_VISIBILITY = "keypoints whose visibility is not 0, 1 or 2"
# Ultralytics' own limits (ultralytics/data/utils.py, verify_image_label): beyond them it drops the whole image.
_LARGEST, _SMALLEST = np.float32(1.01), np.float32(-0.01)


class LabelFiles:
    """Reads label files, and remembers what is wrong with them, or odd.

    Args:
        count: K, how many keypoints a person has.
        dims: 2 or 3, how many values a keypoint has.
        names: of the classes; None where the YAML does not tell.

    Attributes:
        any_file: whether there was one.
        read: how many lines with labels.
    """

    def __init__(self, count: int, dims: int, names: tuple[str, ...] | None) -> None:
        self.any_file = False
        self.read = 0
        self._count, self._dims, self._names = count, dims, names
        self._faults: list[tuple[Path, str]] = []
        self._faulty: dict[Path, int] = {}
        self._odd: dict[Path, str] = {}
        self._told: list[tuple[Path, str]] = []  # faults and oddities as they were met
        self._dropped: list[tuple[Path, str]] = []
        self._repeated: list[Path] = []
        self._classes: set[int] = set()

    def truth(self, path: Path) -> FractionTruth | None:
        """Return the labels of one image; a missing or empty file means that nobody is in it.

        Lines that are there twice count once, as Ultralytics has it. None where a line is faulty; such are noted.

        Raises:
            LabelsUnreadable, FileUnreadable, FileTooLarge: the file cannot be read.
        """
        if not is_file(path):
            if why := why_no_file(path):
                self.read += 1
                self._faulty[path] = 1
                self._refused(path, f"it is {why}")
                return None
            return make_fraction_truth([], [], self._count)
        self.any_file = True
        with reading(path):
            text = read_text(path, encoding="utf-8-sig", errors="replace")
        if "\0" in text:
            self._refused(path, "it has zero bytes, as text in UTF-16 has; save it as UTF-8")
            self._faulty[path] = 1
            self.read += 1
            return None
        lines = text.splitlines()
        named = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        self.read += len(named)
        rows = [row for number, line in named if (row := self._row(path, number, line))]
        if len(rows) < len(named):
            self._faulty[path] = len(named)
            return None
        if not rows:
            return make_fraction_truth([], [], self._count)
        array = np.array(rows, np.float32)
        refused = _refusal(array, self._dims, self._names)
        if refused:
            self._dropped.append((path, refused))
        distinct = _distinct(rows, array)
        self._repeated += [path] * (len(rows) - len(distinct))
        boxes, points = [], []
        for _, x, y, width, height, *values in distinct:
            boxes.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
            points.append(_points(values, self._dims))
        classes = [int(row[0]) for row in distinct]
        self._classes.update(classes)
        return make_fraction_truth(boxes, points, self._count, classes, refused)

    def _row(self, path: Path, number: int, line: str) -> tuple[float, ...]:
        fields = line.split()
        wanted = 5 + self._count * self._dims
        if len(fields) == 1 and "," in line:
            return self._refused(path, f"line {number} has commas between its values, where spaces are needed")
        if len(fields) != wanted:
            return self._refused(path, f"line {number} has {len(fields)} values where {wanted} are needed")
        try:
            values = tuple(float(word) for word in fields)
        except ValueError:
            return self._refused(path, f"line {number} has {_no_number(fields)}")
        fault = _fault(values, self._dims)
        if fault:
            return self._refused(path, f"line {number} has {fault}")
        odd = _oddity(values, self._dims)
        if odd:
            self._odd.setdefault(path, f"line {number} has {odd}")
            self._told.append((path, f"line {number} has {odd}"))
        return values

    def _refused(self, path: Path, fault: str) -> tuple[float, ...]:
        self._faults.append((path, fault))
        self._told.append((path, fault))
        return ()

    def refuse(self, items: list[Item]) -> None:
        """Raise LabelsFaulty where lines are faulty and no image has sound ones, naming the first."""
        odd = {path.name for path in self._odd}
        sound = (item for item in items if item.path.with_suffix(".txt").name not in odd)
        if not self._told or any(item.truth is not None and len(item.truth.people) for item in sound):
            return
        path, fault = self._told[0]
        others = len(self._told) - 1
        more = f"; {counted(others, 'other line')} of label files {plural(others, 'is', 'are')} faulty, too"
        raise LabelLinesFaulty(path=path, reason=fault + (more if others else ""))

    def images_left_out(self) -> list[LeftOut]:
        """Return the images whose label file is faulty."""
        if not self._faulty:
            return []
        path, fault = self._faults[0]
        reason = plural(len(self._faulty), "has a faulty label file", "have faulty label files")
        return [LeftOut(count=len(self._faulty), reason=reason, example=f"{path.name}: {fault}")]

    def lines_left_out(self) -> tuple[LeftOut, ...]:
        """Return the lines that are not used."""
        found = []
        if self._repeated:
            reason = f"{plural(len(self._repeated), 'repeats', 'repeat')} another of the same image"
            found.append(LeftOut(count=len(self._repeated), reason=reason, example=self._repeated[0].name))
        if self._faulty:
            found.append(LeftOut(count=sum(self._faulty.values()), reason="in faulty label files"))
        return tuple(found)

    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes, as many as are named or used."""
        names = self._names or ()
        return names + tuple(f"class {number}" for number in range(len(names), max(self._classes, default=-1) + 1))

    def notes(self) -> list[str]:
        """Return sentences about what is odd."""
        notes = []
        if self._faulty:
            count, (path, fault) = len(self._faulty), self._faults[0]
            whose = plural(count, "its label file is", "their label files are")
            notes.append(
                f"{counted(count, 'image')} {plural(count, 'was', 'were')} left out: {whose} faulty, for example "
                f"{path.name}: {fault}."
            )
        if self._odd:
            count, (path, fault) = len(self._odd), next(iter(self._odd.items()))
            files = f"{counted(count, 'label file')} {plural(count, 'has', 'have')} odd values"
            notes.append(f"{files}, which are taken as Ultralytics takes them, for example {path.name}: {fault}.")
        if self._repeated:
            count = len(self._repeated)
            text = f"{counted(count, 'line')} of labels {plural(count, 'repeats', 'repeat')} another"
            notes.append(f"{text} of the same image and {plural(count, 'was', 'were')} left out.")
        if self._dropped:
            count, (path, reason) = len(self._dropped), self._dropped[0]
            notes.append(
                f"Ultralytics drops {counted(count, 'image')} whose label "
                f"{plural(count, 'file has', 'files have')} {reason} ({path.name}); its rule counts without."
            )
        classes = max(len(self._names or ()), len(self._classes))
        return notes + ([classes_note(classes)] if classes > 1 else [])


def _distinct(rows: list[tuple[float, ...]], array: npt.NDArray[np.float32]) -> list[tuple[float, ...]]:
    """Return the rows without repetitions, in the precision of `array`, and then sorted, as Ultralytics has it."""
    if len({row.tobytes() for row in array}) == len(rows):
        return rows
    _, places = np.unique(array, axis=0, return_index=True)
    return [rows[place] for place in places]


def _refusal(rows: npt.NDArray[np.float32], dims: int, names: tuple[str, ...] | None) -> str:
    """Return why Ultralytics drops an image with such labels, "" where it keeps it.

    Args:
        rows: (P, 5 + K * dims) class, box and keypoints.
        dims: 2 or 3.
        names: of the classes, or None.
    """
    points = rows[:, 5:].reshape(-1, dims)[:, :2]
    if points.max(initial=0.0) > _LARGEST:
        return "keypoints beyond the image"
    least = rows.min()
    if least < _SMALLEST or (least < 0 and rows[:, 3:5].min() < 0):
        return "negative values"
    if names is not None and rows[:, 0].max() >= len(names):
        return f"the class {rows[:, 0].max():g}, and {counted(len(names), 'class', 'classes')} named"
    return ""


def _fault(values: tuple[float, ...], dims: int) -> str:
    """Return what is wrong with a line's numbers, "" for nothing."""
    box, points = values[1:5], values[5:]
    if not all(math.isfinite(value) for value in values) or max(box) > FARTHEST or min(box) < -0.01:
        return _NO_FRACTIONS
    if values[0] < 0 or not values[0].is_integer() or values[0] >= MOST_CLASSES:
        return f"the class {values[0]:g}, and classes are whole numbers from 0"
    if dims == 3 and min(points[2::3]) < 0:
        return _NO_VISIBILITY
    rows = zip(points[0::dims], points[1::dims], points[2::3] if dims == 3 else points[0::2], strict=True)
    seen = [one for x, y, visible in rows if visible > 0 for one in (x, y)]
    if any(abs(one) > FARTHEST for one in seen):
        return "keypoints that are not fractions of the image (0 to 1)"
    return ""


def _no_number(fields: list[str]) -> str:
    """Return the first of some words that is no number, as part of a sentence."""
    for word in fields:
        try:
            float(word)
        except ValueError:
            hint = ": decimals have a point, and no comma" if "," in word else ""
            return f"{word[:40]!r}, which is no number{hint}"
    return "no numbers"


def _oddity(values: tuple[float, ...], dims: int) -> str:
    """Return what no label should have and Ultralytics takes all the same, "" for nothing."""
    if max(values[1:5]) > 1.01:
        return _NO_FRACTIONS
    return _NO_VISIBILITY if dims == 3 and max(values[7::3]) > 2 else ""


def _points(values: list[float], dims: int) -> list[Any]:
    if dims == 3:
        return values
    # Without a visibility, Ultralytics takes negative coordinates for "not labelled".
    rows = zip(values[0::2], values[1::2], strict=True)
    return [one for x, y in rows for one in (x, y, 0.0 if x < 0 or y < 0 else 2.0)]
