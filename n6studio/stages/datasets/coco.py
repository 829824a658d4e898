"""COCO keypoint JSON (person_keypoints_*.json) and where its images lie."""

import json
from collections import defaultdict
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from n6studio.domain.errors.datasets import LabelsUnreadable
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.metrics.oks import BOX_TO_AREA
from n6studio.domain.pose.skeleton import described
from n6studio.stages.datasets.model import (
    AREA_OF_BOXES,
    AREA_OF_SEGMENTS,
    Dataset,
    Item,
    Truth,
    make_truth,
    without_missing,
)


def read(path: Path, images: Path | None, skip_missing: bool) -> Dataset:
    """Read the annotations of every category that has keypoints, and find the images.

    Raises:
        LabelsUnreadable: not COCO keypoint JSON, or a broken annotation.
        ImagesMissing, FileMissing: images or the folder given for them are not there.
    """
    data = _load(path)
    rows, categories = _rows(path, data, "images"), _rows(path, data, "categories")
    with_points = [row for row in categories if isinstance(row.get("keypoints"), list) and row["keypoints"]]
    counts = {len(row["keypoints"]) for row in with_points}
    if len(counts) != 1:
        found = "no category with keypoints" if not counts else "categories with different numbers of keypoints"
        raise LabelsUnreadable(path=path, reason=f"it has {found}")
    count, first = counts.pop(), with_points[0]
    wanted = {row.get("id") for row in with_points}
    by_image: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(path, data, "annotations"):
        if row.get("category_id") in wanted:
            by_image[row.get("image_id")].append(row)
    has_areas = all("area" in row for found in by_image.values() for row in found)
    find = _Finder(path, images)
    items: list[Item] = []
    missing: list[str] = []
    seen: set[int] = set()
    for number, row in enumerate(rows):
        name, identity = row.get("file_name"), row.get("id")
        if not isinstance(name, str) or not isinstance(identity, int) or identity in seen:
            raise LabelsUnreadable(path=path, reason=f"image {number} lacks a file_name or a unique id")
        seen.add(identity)
        place = find(name, row.get("coco_url"))
        truth = _truth(path, by_image.get(identity, []), count)
        if place is None:
            missing.append(name)
        else:
            items.append(Item(place, identity, truth, _size(row)))
    items, notes = without_missing(path, items, missing, skip_missing)
    edges = [(a - 1, b - 1) for a, b in _pairs(first.get("skeleton"))]
    skeleton = described(count, first["keypoints"], None, first.get("sigmas"), edges)
    source = AREA_OF_SEGMENTS if has_areas else AREA_OF_BOXES
    return Dataset(path.stem, "coco", path, tuple(items), skeleton, source, tuple(notes))


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise LabelsUnreadable(path=path, reason=reason) from error
    except (UnicodeDecodeError, OSError, RecursionError) as error:
        raise LabelsUnreadable(path=path, reason=str(error)) from error
    if not isinstance(data, dict):
        raise LabelsUnreadable(path=path, reason="it is a list, not an object with images and annotations")
    return data


def _rows(path: Path, data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = data.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LabelsUnreadable(path=path, reason=f"it has no list '{name}'")
    return rows


def _size(row: dict[str, Any]) -> tuple[int, int] | None:
    width, height = row.get("width"), row.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _pairs(value: Any) -> list[tuple[int, int]]:
    if not isinstance(value, list):
        return []
    return [(a, b) for a, b in (pair for pair in value if isinstance(pair, list) and len(pair) == 2)]


def _truth(path: Path, rows: list[dict[str, Any]], count: int) -> Truth:
    boxes, points, areas, crowd = [], [], [], []
    for row in rows:
        name = f"annotation {row.get('id', '?')}"
        left, top, width, height = _numbers(path, row.get("bbox"), 4, f"bbox of {name}")
        boxes.append([left, top, left + width, top + height])
        # Crowd regions and people too small to label may lack keypoints altogether.
        listed = row.get("keypoints")
        points.append(_numbers(path, listed, 3 * count, f"keypoints of {name}") if listed else [0.0] * (3 * count))
        area = row.get("area")
        areas.append(float(area) if isinstance(area, int | float) else width * height * BOX_TO_AREA)
        crowd.append(bool(row.get("iscrowd")))
    return make_truth(boxes, points, count, areas, crowd)


def _numbers(path: Path, value: Any, count: int, name: str) -> list[float]:
    if not isinstance(value, list) or len(value) != count or not all(isinstance(one, int | float) for one in value):
        found = f"{len(value)} values" if isinstance(value, list) else type(value).__name__
        raise LabelsUnreadable(path=path, reason=f"the {name} should be {count} numbers and is {found}")
    return [float(one) for one in value]


class _Finder:
    """Finds images by the names in a JSON file.

    Tried are, in this order: the folder that the user gave, or else the JSON's own folder and its parent, each with
    `images`, the split's name (val2017) and both; the name as written, its last part, and the last part of coco_url.
    """

    def __init__(self, path: Path, images: Path | None) -> None:
        if images is not None and not images.is_dir():
            raise FileMissing(path=images)
        split = path.stem.removeprefix("person_keypoints_")
        inner = (".", "images", split, f"images/{split}", "val2017", "images/val2017", "train2017", "images/train2017")
        roots = [images] if images is not None else [path.parent, path.parent.parent]
        self._folders = [
            folder for folder in dict.fromkeys((root / part) for root in roots for part in inner) if folder.is_dir()
        ]

    def __call__(self, name: str, url: Any) -> Path | None:
        last = PurePosixPath(PureWindowsPath(name).as_posix()).name
        names = [name, last, *([PurePosixPath(url).name] if isinstance(url, str) else [])]
        for folder in self._folders:
            for one in names:
                if one and (folder / one).is_file():
                    if folder != self._folders[0]:  # the next image most likely lies in the same folder
                        self._folders.remove(folder)
                        self._folders.insert(0, folder)
                    return folder / one
        return None
