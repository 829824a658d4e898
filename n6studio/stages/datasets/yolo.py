"""Ultralytics pose data sets: a YAML, images, and a .txt of labels for each image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.errors.datasets import ImagesMissing, LabelFormUnknown, NoImages
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.labels import DataYamlIncomplete, LabelFilesMissing
from n6studio.domain.evaluation.account import LeftOut
from n6studio.domain.model.formats import IMAGE_SUFFIXES, ULTRALYTICS_SUFFIXES
from n6studio.domain.pose.skeleton import described
from n6studio.domain.pose.skeleton_edits import LARGEST_SIGMA
from n6studio.domain.pose.skeleton_file import MOST_KEYPOINTS, ultralytics_names
from n6studio.gates.contents import what_instead
from n6studio.gates.files import exists, is_file, is_folder, read_text, require_folder
from n6studio.gates.folders import file_count, matching
from n6studio.gates.paths import NoPath, plain_path
from n6studio.gates.texts import yaml_file
from n6studio.stages.datasets.faults import are_sigmas, shown
from n6studio.stages.datasets.images import list_images, other_formats
from n6studio.stages.datasets.model import (
    AREA_OF_BOXES,
    Dataset,
    Item,
    absent,
    sigmas_of_ultralytics,
    without_missing,
)
from n6studio.stages.datasets.places import (
    LARGEST_LIST,
    SPLITS,
    fixed_part,
    is_pattern,
    label_path,
    listed_places,
    part_places,
)
from n6studio.stages.datasets.yolo_labels import LabelFiles


@dataclass(frozen=True)
class _Source:
    """A YAML and where its images are.

    Attributes:
        path: the YAML.
        data: what it says.
        images: the folder that the user gave for them, or None.
    """

    path: Path
    data: dict[str, Any]
    images: Path | None

    @property
    def root(self) -> str:
        """The folder that parts count from, as it stands in the YAML."""
        return str(_path(self.path, "path", self.data.get("path") or "."))


def read(path: Path, split: str, skip_missing: bool, images: Path | None = None) -> Dataset:
    """Read one part of an Ultralytics pose data set. Nothing is downloaded and no code of the YAML is run.

    Args:
        path: the YAML.
        split: which part: 'val', 'test' or 'train'; another one where it is not there.
        skip_missing: leave out images that are not there.
        images: the folder of the images, where they are no longer where the YAML says.

    Raises:
        LabelsUnreadable: not such a YAML.
        NoImages: the folders that it names have none.
        LabelsFaulty: bad lines of labels in all files that have any, of which the first is named.
        ImagesMissing, FileMissing: images, or the folder given for them, are not there.
    """
    if images is not None:
        with reading(images):
            require_folder(images)
    source = _Source(path, _load(path), images)
    count, dims = _keypoint_shape(path, source.data)
    used = _part(source, split)
    notes = [] if used == split else [f"{path.name} has no '{split}' part; '{used}' was used."]
    listed = source.data[used] if isinstance(source.data[used], list) else [source.data[used]]
    folders = list(dict.fromkeys(place for one in listed for place in _located(source, used, one)))
    places = [place for folder in folders for place in _images(source, folder)]
    places = sorted(dict.fromkeys(places), key=lambda place: place.as_posix())
    if folders and not places:
        raise NoImages(path=folders[0], seen=file_count(folders[0]))
    names = class_names(source.data)
    labels = LabelFiles(count, dims, names)
    items, missing = _items(source, places, labels, [str(one) for one in listed])
    labels.refuse(items)
    read_count = len(items)
    items, more = without_missing(path, items, missing, skip_missing)
    if items and not labels.any_file:
        reason = f"there is no label file for any image; the first should be {label_path(items[0].path)}"
        raise LabelFilesMissing(path=path, reason=reason)
    sigmas = _sigmas(path, source.data.get("kpt_oks_sigmas"), count)
    flip = _flip(path, source.data.get("flip_idx"), count)
    skeleton = described(count, ultralytics_names(source.data), flip, sigmas)
    formats = [one for folder in folders for one in other_formats(folder, ULTRALYTICS_SUFFIXES)]
    left_out = [*labels.images_left_out(), *(one for _, one in formats)]
    if len(items) == read_count and missing:
        left_out.append(LeftOut(count=len(missing), reason="are not there", example=missing[0]))
    notes += more + labels.notes() + [note for note, _ in formats]
    return Dataset(
        f"{path.stem} ({used})",
        "yolo",
        path,
        tuple(items),
        skeleton,
        AREA_OF_BOXES,
        tuple(notes),
        classes=labels.classes(),
        left_out=tuple(left_out),
        labels=labels.read,
        labels_left_out=labels.lines_left_out(),
        ultralytics_sigmas=sigmas_of_ultralytics(count, dims, sigmas),
    )


def _part(source: _Source, split: str) -> str:
    """Return which part is read: the one that is asked for, or else the first of the others that is there."""
    used = split if source.data.get(split) else next((name for name in SPLITS if source.data.get(name)), "")
    if not used:
        raise DataYamlIncomplete(path=source.path, reason="it names no images under 'val', 'test' or 'train'")
    return used


def _items(source: _Source, places: list[Path], labels: LabelFiles, parts: list[str]) -> tuple[list[Item], list[str]]:
    """Return the images with sound labels, numbered from 1, and those that are not there."""
    items: list[Item] = []
    missing: list[str] = []
    for place in places:
        if not is_file(place):
            missing.append(str(place) if missing else absent(str(place), place))
            continue
        truth = labels.truth(_label_file(source, place, parts))
        if truth is not None:
            items.append(Item(place, len(items) + 1, truth))
    return items, missing


def _label_file(source: _Source, image: Path, parts: list[str]) -> Path:
    """Return the label file of an image; of one that the user found elsewhere, it may still lie where the YAML says."""
    beside = label_path(image)
    if source.images is None or is_file(beside) or not image.is_relative_to(source.images):
        return beside
    inner = image.relative_to(source.images)
    for part in parts:
        for folder in part_places(source.path, source.root, part):
            for end in (inner, Path(inner.name)):
                place = label_path(folder / end)
                if is_file(place):
                    return place
    return beside


def _load(path: Path) -> dict[str, Any]:
    try:
        with reading(path):
            data = yaml_file(path)
    except Unparsable as error:
        raise LabelFormUnknown(path=path, reason=what_instead(path) or error.reason) from error
    if not isinstance(data, dict):
        raise LabelFormUnknown(path=path, reason=what_instead(path) or "it is not a YAML with names and values")
    return {**data, "val": data["validation"]} if data.get("validation") and not data.get("val") else data


def _keypoint_shape(path: Path, data: dict[str, Any]) -> tuple[int, int]:
    shape = data.get("kpt_shape")
    if isinstance(shape, list) and len(shape) == 2 and all(type(one) is int for one in shape):
        count, dims = shape
        if 1 <= count <= MOST_KEYPOINTS and dims in (2, 3):
            return count, dims
    raise DataYamlIncomplete(path=path, reason=f"kpt_shape should be [keypoints, 2 or 3] and is {shown(shape)}")


def class_names(data: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the classes that a YAML names, or as many as it counts (`nc`); None where it does neither."""
    names, count = data.get("names"), data.get("nc")
    if isinstance(names, dict) and names and set(names) == set(range(len(names))):
        names = [names[index] for index in range(len(names))]
    if isinstance(names, dict):
        names = list(names.values())
    if isinstance(names, list) and names:
        return tuple(str(name)[:80] for name in names)
    return tuple(f"class {index}" for index in range(count)) if type(count) is int and 0 < count <= 10_000 else None


def _flip(path: Path, pairs: Any, count: int) -> list[int] | None:
    if pairs is not None and not (isinstance(pairs, list) and all(type(one) is int for one in pairs)):
        raise DataYamlIncomplete(path=path, reason=f"flip_idx should be {count} whole numbers and is {shown(pairs)}")
    return pairs


def _sigmas(path: Path, values: Any, count: int) -> list[float] | None:
    if values is None:
        return None
    if not are_sigmas(values, count):
        reason = (
            f"kpt_oks_sigmas should be {count} numbers above 0 and at most {LARGEST_SIGMA:g}, one for each keypoint"
        )
        raise DataYamlIncomplete(path=path, reason=f"{reason}, and is {shown(values)}")
    return [float(one) for one in values]


def _located(source: _Source, key: str, value: Any) -> list[Path]:
    """Return where a part lies: one folder, list or image, or all that a pattern stands for.

    Raises:
        ImagesMissing: nowhere.
        LabelsUnreadable: it is no path.
    """
    part = str(_path(source.path, key, value))
    places = part_places(source.path, source.root, part, source.images)
    for place in places:
        if is_pattern(part) and not exists(place):
            fixed = fixed_part(place, part)
            pattern = place.relative_to(fixed).as_posix()
            found = [one for one in matching(fixed, pattern) if _may_be_part(one, pattern)]
            if found:
                return sorted(found)
        elif exists(place):
            return [place]
    example = absent(str(places[0]), places[0])
    raise ImagesMissing(path=source.path, missing=1, total=1, example=example)


def _may_be_part(place: Path, pattern: str) -> bool:
    """Return whether what a pattern met can be meant: a folder, an image, a list where it asks for texts."""
    lists = {".txt"} if pattern.lower().endswith(".txt") else set()
    return place.suffix.lower() in IMAGE_SUFFIXES | lists or is_folder(place)


def _path(path: Path, key: str, value: Any) -> Path:
    try:
        return plain_path(value)
    except NoPath as error:
        raise DataYamlIncomplete(path=path, reason=f"'{key}' {error}") from error


def _images(source: _Source, place: Path) -> list[Path]:
    if place.is_dir():
        return [one for one in list_images(place) if one.suffix.lower() in ULTRALYTICS_SUFFIXES]
    if place.suffix.lower() in IMAGE_SUFFIXES:
        return [place]
    with reading(place):
        lines = read_text(place, LARGEST_LIST, "utf-8-sig", "replace").splitlines()
    if any("\0" in line for line in lines):
        raise LabelFormUnknown(path=place, reason=what_instead(place) or "it is no text")
    named = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not named:
        raise LabelFormUnknown(path=place, reason="it is an empty list of images")
    for number, name in named:
        _path(place, f"line {number}", name)
    return [_first_file(list(listed_places(place, source.path, source.root, name, source.images))) for _, name in named]


def _first_file(candidates: list[Path]) -> Path:
    return next((place for place in candidates if is_file(place)), candidates[0])
