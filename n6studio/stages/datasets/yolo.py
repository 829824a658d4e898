"""Ultralytics pose data sets: a YAML, images, and a .txt of labels for each image."""

import math
import os
from pathlib import Path
from typing import Any

from n6studio.domain.errors.datasets import ImagesMissing, LabelsUnreadable
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.gates.texts import yaml_file
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.pose.skeleton import described
from n6studio.domain.pose.skeleton_file import ultralytics_names
from n6studio.stages.datasets.images import list_images
from n6studio.stages.datasets.model import (
    AREA_OF_BOXES,
    Dataset,
    FractionTruth,
    Item,
    make_fraction_truth,
    without_missing,
)


def read(path: Path, split: str, skip_missing: bool) -> Dataset:
    """Read one part of an Ultralytics pose data set. Nothing is downloaded and no code of the YAML is run.

    Raises:
        LabelsUnreadable: not such a YAML, or a bad line of labels, which is named.
        ImagesMissing: images are not there.
    """
    data = _load(path)
    count, dims = _keypoint_shape(path, data)
    used = split if data.get(split) else next((name for name in ("val", "test", "train") if data.get(name)), "")
    if not used:
        raise LabelsUnreadable(path=path, reason="it names no images under 'val', 'test' or 'train'")
    notes = [] if used == split else [f"{path.name} has no '{split}' part; '{used}' was used."]
    listed = data[used] if isinstance(data[used], list) else [data[used]]
    places = [place for one in listed for place in _images(path, _located(path, data, str(one)))]
    places = sorted(dict.fromkeys(places), key=lambda place: place.as_posix())
    items: list[Item] = []
    missing: list[str] = []
    unlabelled = 0
    for place in places:
        if not place.is_file():
            missing.append(str(place))
            continue
        labels = label_path(place)
        unlabelled += not labels.is_file()
        items.append(Item(place, len(items) + 1, _truth(labels, count, dims)))
    items, more = without_missing(path, items, missing, skip_missing)
    if items and unlabelled == len(items):
        reason = f"there is no label file for any image; the first should be {label_path(items[0].path)}"
        raise LabelsUnreadable(path=path, reason=reason)
    skeleton = described(count, ultralytics_names(data), data.get("flip_idx"), data.get("kpt_oks_sigmas"))
    return Dataset(f"{path.stem} ({used})", "yolo", path, tuple(items), skeleton, AREA_OF_BOXES, (*notes, *more))


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
        if count >= 1 and dims in (2, 3):
            return count, dims
    raise LabelsUnreadable(path=path, reason=f"kpt_shape should be [keypoints, 2 or 3] and is {shape}")


def _located(path: Path, data: dict[str, Any], part: str) -> Path:
    """Return where a part lies: `path` of the YAML, which may be relative to it or may have moved along with it.

    Raises:
        ImagesMissing: nowhere.
    """
    here = path.absolute().parent
    root = Path(str(data.get("path") or "."))
    # As written; beside the YAML; one folder up (Ultralytics keeps YAMLs and data sets apart); moved with the YAML.
    roots = [here / root, here.parent / root, here / root.name, here]
    parts = [part, part.removeprefix("../")]
    for base in roots:
        for one in parts:
            if (base / one).exists():
                return base / one
    raise ImagesMissing(path=path, missing=1, total=1, example=str(roots[0] / part))


def _images(path: Path, place: Path) -> list[Path]:
    if place.is_dir():
        return list_images(place)
    if place.suffix.lower() in IMAGE_SUFFIXES:
        return [place]
    lines = place.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    named = [line.strip().replace("\\", os.sep) for line in lines if line.strip()]
    # Ultralytics takes paths without ./ from the working folder, which says nothing about the data set. Those of the
    # list's own folder and of the YAML's are what is meant.
    return [_first_file([place.parent / name, path.parent / name]) for name in named]


def _first_file(candidates: list[Path]) -> Path:
    return next((place for place in candidates if place.is_file()), candidates[0])


def label_path(image: Path) -> Path:
    """Return where Ultralytics expects an image's labels: last folder `images` -> `labels`, suffix .txt."""
    parts = list(image.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _truth(path: Path, count: int, dims: int) -> FractionTruth:
    """Read one label file; a missing or empty one means that nobody is in the image.

    Raises:
        LabelsUnreadable: naming the line.
    """
    if not path.is_file():
        return make_fraction_truth([], [], count)
    boxes, points = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        values = _values(path, number, line, 5 + count * dims)
        x, y, width, height = values[1:5]
        boxes.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
        points.append(_points(values[5:], dims))
    return make_fraction_truth(boxes, points, count)


def _points(values: list[float], dims: int) -> list[float]:
    if dims == 3:
        return values
    # Without a visibility, Ultralytics takes negative coordinates for "not labelled".
    rows = zip(values[0::2], values[1::2], strict=True)
    return [one for x, y in rows for one in (x, y, 0.0 if x < 0 or y < 0 else 2.0)]


def _values(path: Path, number: int, line: str, wanted: int) -> list[float]:
    words = line.split()
    if len(words) != wanted:
        raise LabelsUnreadable(path=path, reason=f"line {number} has {len(words)} values where {wanted} are needed")
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise LabelsUnreadable(path=path, reason=f"line {number}: {error}") from error
    coordinates = values[1:5]
    if not all(math.isfinite(value) for value in values) or max(coordinates) > 1.01 or min(coordinates) < -0.01:
        reason = f"line {number} has coordinates that are not fractions of the image (0 to 1)"
        raise LabelsUnreadable(path=path, reason=reason)
    return values
