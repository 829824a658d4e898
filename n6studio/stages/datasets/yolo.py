"""Ultralytics pose data sets: a YAML, images, and a .txt of labels for each image."""

import math
import os
from pathlib import Path
from typing import Any

from n6studio.domain.errors.datasets import ImagesMissing, LabelsFaulty, LabelsUnreadable
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.pose.skeleton import described
from n6studio.domain.pose.skeleton_edits import LARGEST_SIGMA
from n6studio.domain.pose.skeleton_file import MOST_KEYPOINTS, ultralytics_names
from n6studio.domain.texts import counted, plural
from n6studio.gates.files import read_text
from n6studio.gates.paths import NoPath, plain_path
from n6studio.gates.texts import yaml_file
from n6studio.stages.datasets.faults import shown, within
from n6studio.stages.datasets.images import left_out, list_images
from n6studio.stages.datasets.model import (
    AREA_OF_BOXES,
    Dataset,
    FractionTruth,
    Item,
    classes_note,
    make_fraction_truth,
    without_missing,
)
from n6studio.stages.datasets.places import LARGEST_LIST, label_path

FARTHEST = 2.0  # from the image's corner, in its sides, of a labelled keypoint


def read(path: Path, split: str, skip_missing: bool) -> Dataset:
    """Read one part of an Ultralytics pose data set. Nothing is downloaded and no code of the YAML is run.

    Raises:
        LabelsUnreadable: not such a YAML.
        LabelsFaulty: bad lines of labels, of which the first is named.
        ImagesMissing: images are not there.
    """
    data = _load(path)
    count, dims = _keypoint_shape(path, data)
    used = split if data.get(split) else next((name for name in ("val", "test", "train") if data.get(name)), "")
    if not used:
        raise LabelsUnreadable(path=path, reason="it names no images under 'val', 'test' or 'train'")
    notes = [] if used == split else [f"{path.name} has no '{split}' part; '{used}' was used."]
    listed = data[used] if isinstance(data[used], list) else [data[used]]
    folders = [_located(path, data, used, one) for one in listed]
    places = [place for folder in folders for place in _images(path, folder)]
    places = sorted(dict.fromkeys(places), key=lambda place: place.as_posix())
    items: list[Item] = []
    missing: list[str] = []
    labels = _Labels(count, dims)
    for place in places:
        if place.is_file():
            items.append(Item(place, len(items) + 1, labels.truth(label_path(place))))
        else:
            missing.append(str(place))
    labels.refuse()
    items, more = without_missing(path, items, missing, skip_missing)
    if items and not labels.any_file:
        reason = f"there is no label file for any image; the first should be {label_path(items[0].path)}"
        raise LabelsUnreadable(path=path, reason=reason)
    skeleton = described(
        count,
        ultralytics_names(data),
        _flip(path, data.get("flip_idx"), count),
        _sigmas(path, data.get("kpt_oks_sigmas")),
    )
    notes += (
        more + labels.notes(_classes(data.get("names"))) + [note for folder in folders for note in left_out(folder)]
    )
    return Dataset(f"{path.stem} ({used})", "yolo", path, tuple(items), skeleton, AREA_OF_BOXES, tuple(notes))


def _load(path: Path) -> dict[str, Any]:
    try:
        with reading(path):
            data = yaml_file(path)
    except Unparsable as error:
        raise LabelsUnreadable(path=path, reason=error.reason) from error
    if not isinstance(data, dict):
        raise LabelsUnreadable(path=path, reason="it is not a YAML with names and values")
    return data


def _keypoint_shape(path: Path, data: dict[str, Any]) -> tuple[int, int]:
    shape = data.get("kpt_shape")
    if isinstance(shape, list) and len(shape) == 2 and all(isinstance(one, int) for one in shape):
        count, dims = shape
        if 1 <= count <= MOST_KEYPOINTS and dims in (2, 3):
            return count, dims
    raise LabelsUnreadable(path=path, reason=f"kpt_shape should be [keypoints, 2 or 3] and is {shown(shape)}")


def _classes(names: Any) -> int:
    return len(names) if isinstance(names, list | dict) else 0


def _flip(path: Path, pairs: Any, count: int) -> list[int] | None:
    if pairs is not None and not (isinstance(pairs, list) and all(type(one) is int for one in pairs)):
        raise LabelsUnreadable(path=path, reason=f"flip_idx should be {count} whole numbers and is {shown(pairs)}")
    return pairs


def _sigmas(path: Path, values: Any) -> list[float] | None:
    if values is None:
        return None
    if not isinstance(values, list) or not all(within(one, LARGEST_SIGMA, 0) for one in values):
        raise LabelsUnreadable(path=path, reason="kpt_oks_sigmas should be numbers from 0 to 1, one for each keypoint")
    return [float(one) for one in values]


def _located(path: Path, data: dict[str, Any], key: str, value: Any) -> Path:
    """Return where a part lies: `path` of the YAML, which may be relative to it or may have moved along with it.

    Raises:
        ImagesMissing: nowhere.
        LabelsUnreadable: it is no path.
    """
    here = path.absolute().parent
    root, part = _path(path, "path", data.get("path") or "."), str(_path(path, key, value))
    # As written; beside the YAML; one folder up (Ultralytics keeps YAMLs and data sets apart); moved with the YAML.
    roots = [here / root, here.parent / root, here / root.name, here]
    parts = [part, part.removeprefix("../")]
    for base in roots:
        for one in parts:
            if (base / one).exists():
                return base / one
    raise ImagesMissing(path=path, missing=1, total=1, example=str(roots[0] / part))


def _path(path: Path, key: str, value: Any) -> Path:
    try:
        return plain_path(value)
    except NoPath as error:
        raise LabelsUnreadable(path=path, reason=f"'{key}' {error}") from error


def _images(path: Path, place: Path) -> list[Path]:
    if place.is_dir():
        return list_images(place)
    if place.suffix.lower() in IMAGE_SUFFIXES:
        return [place]
    with reading(place):
        lines = read_text(place, LARGEST_LIST, "utf-8-sig", "replace").splitlines()
    named = [line.strip().replace("\\", os.sep) for line in lines if line.strip()]
    # Ultralytics takes paths without ./ from the working folder, which says nothing about the data set. Those of the
    # list's own folder and of the YAML's are what is meant.
    found = [_path(place, f"line {number}", name) for number, name in enumerate(named, 1)]
    return [_first_file([place.parent / name, path.parent / name]) for name in found]


def _first_file(candidates: list[Path]) -> Path:
    return next((place for place in candidates if place.is_file()), candidates[0])


class _Labels:
    """Reads label files, and remembers what is wrong with them, or odd.

    Args:
        count: K, how many keypoints a person has.
        dims: 2 or 3, how many values a keypoint has.

    Attributes:
        any_file: whether there was one.
    """

    def __init__(self, count: int, dims: int) -> None:
        self.any_file = False
        self._count, self._dims = count, dims
        self._faulty: Path | None = None
        self._faults: list[str] = []
        self._repeated = 0
        self._classes: set[float] = set()

    def truth(self, path: Path) -> FractionTruth:
        """Return the labels of one image; a missing or empty file means that nobody is in it.

        Lines that are there twice count once, as Ultralytics has it. Faulty ones are noted, for `refuse`.

        Raises:
            LabelsUnreadable, FileUnreadable, FileTooLarge: the file cannot be read.
        """
        if not path.is_file():
            return make_fraction_truth([], [], self._count)
        self.any_file = True
        with reading(path):
            lines = read_text(path, encoding="utf-8-sig", errors="replace").splitlines()
        rows = [row for number, line in enumerate(lines, 1) if line.strip() and (row := self._row(path, number, line))]
        distinct = list(dict.fromkeys(rows))
        self._repeated += len(rows) - len(distinct)
        boxes, points = [], []
        for label, x, y, width, height, *values in distinct:
            self._classes.add(label)
            boxes.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
            points.append(_points(values, self._dims))
        return make_fraction_truth(boxes, points, self._count)

    def _row(self, path: Path, number: int, line: str) -> tuple[float, ...]:
        fields = line.split()
        wanted = 5 + self._count * self._dims
        if len(fields) != wanted:
            return self._refused(path, f"line {number} has {len(fields)} values where {wanted} are needed")
        try:
            values = tuple(float(word) for word in fields)
        except ValueError as error:
            return self._refused(path, f"line {number}: {error}")
        fault = _fault(values, self._dims)
        return self._refused(path, f"line {number} has {fault}") if fault else values

    def _refused(self, path: Path, fault: str) -> tuple[float, ...]:
        self._faulty = self._faulty or path
        self._faults.append(fault)
        return ()

    def refuse(self) -> None:
        """Raise LabelsFaulty where a line was faulty, naming the first."""
        if self._faulty is not None:
            others = len(self._faults) - 1
            more = f"; {counted(others, 'other line')} of label files {plural(others, 'is', 'are')} faulty, too"
            raise LabelsFaulty(path=self._faulty, reason=self._faults[0] + (more if others else ""))

    def notes(self, named: int) -> list[str]:
        """Return sentences about what is odd, where the data set names so many classes."""
        notes = []
        if self._repeated:
            text = f"{counted(self._repeated, 'line')} of labels {plural(self._repeated, 'repeats', 'repeat')} another"
            notes.append(f"{text} of the same image and {plural(self._repeated, 'was', 'were')} left out.")
        classes = max(named, len(self._classes))
        return notes + ([classes_note(classes)] if classes > 1 else [])


def _fault(values: tuple[float, ...], dims: int) -> str:
    """Return what is wrong with a line's numbers, "" for nothing."""
    box, points = values[1:5], values[5:]
    if not all(math.isfinite(value) for value in values) or max(box) > 1.01 or min(box) < -0.01:
        return "coordinates that are not fractions of the image (0 to 1)"
    if values[0] < 0 or not values[0].is_integer():
        return f"the class {values[0]:g}, and classes are whole numbers from 0"
    if dims == 3 and not all(0 <= value <= 2 for value in points[2::3]):
        return "keypoints whose visibility is not 0, 1 or 2"
    rows = zip(points[0::dims], points[1::dims], points[2::3] if dims == 3 else points[0::2], strict=True)
    seen = [one for x, y, visible in rows if visible > 0 for one in (x, y)]
    if any(abs(one) > FARTHEST for one in seen):
        return "keypoints that are not fractions of the image (0 to 1)"
    return ""


def _points(values: list[float], dims: int) -> list[float]:
    if dims == 3:
        return values
    # Without a visibility, Ultralytics takes negative coordinates for "not labelled".
    rows = zip(values[0::2], values[1::2], strict=True)
    return [one for x, y in rows for one in (x, y, 0.0 if x < 0 or y < 0 else 2.0)]
