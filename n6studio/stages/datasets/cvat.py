"""CVAT's annotations.xml ("CVAT for images"), brought into COCO's form: skeletons, or points, with their boxes."""

import itertools
import math
from pathlib import Path
from typing import TypeAlias
from xml.etree.ElementTree import Element

from n6studio.domain.errors.datasets import LabelFormUnknown
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.labels import LabelEntryUnusable
from n6studio.domain.whole_numbers import whole_number
from n6studio.gates.files import LARGEST, read_bytes
from n6studio.gates.xml_texts import parsed_xml
from n6studio.stages.datasets.rows import Row

Point: TypeAlias = tuple[float, float, int]  # x, y, visibility


def as_coco(path: Path) -> Row:
    """Return what the file says as images, annotations and categories.

    A box with the group_id of a skeleton is its box; otherwise it reaches as far as the keypoints.

    Raises:
        LabelsUnreadable: it is not such a file, or has neither skeletons nor points.
    """
    try:
        with reading(path):
            root = parsed_xml(read_bytes(path, LARGEST))
    except Unparsable as error:
        raise LabelFormUnknown(path=path, reason=error.reason) from error
    if root.tag == "annotations" and root.find("track") is not None:
        raise LabelFormUnknown(path=path, reason="it is CVAT's export of a video; export it as 'CVAT for images 1.1'")
    if root.tag != "annotations" or root.find("image") is None:
        raise LabelFormUnknown(path=path, reason="it is no annotations.xml of CVAT for images")
    images, shapes = [], list[tuple[int, Element, list[Point], Element]]()
    names = _keypoint_names(root)
    for number, image in enumerate(root.iter("image"), 1):
        told = {side: whole_number(image.get(side, "")) for side in ("width", "height")}
        size = {side: value for side, value in told.items() if value is not None}
        images.append({"id": number, "file_name": image.get("name", ""), **size})
        shapes += [
            (number, image, _points(path, shape, names), shape)
            for shape in image
            if shape.tag in ("skeleton", "points")
        ]
    counts = {len(points) for _, _, points, _ in shapes}
    if len(counts) != 1 or 0 in counts:
        what = "neither skeletons nor points" if not counts - {0} else "skeletons of different numbers of keypoints"
        raise LabelFormUnknown(path=path, reason=f"it has {what}")
    count = counts.pop()
    labels = list(dict.fromkeys(shape.get("label", "person") for _, _, _, shape in shapes))
    if count == 1 and len(labels) > 1 and all(shape.tag == "points" for _, _, _, shape in shapes):
        reason = (
            f"each of its points is a shape of its own ({labels[0]}, {labels[1]}...), so whose they are is not told"
        )
        raise LabelFormUnknown(path=path, reason=f"{reason}; label people with skeletons in CVAT")
    keypoints = names if len(names) == count else [f"point {index}" for index in range(count)]
    return {
        "images": images,
        "annotations": [
            {
                "id": place,
                "image_id": number,
                "category_id": labels.index(shape.get("label", "person")) + 1,
                "keypoints": [value for point in points for value in point],
                "bbox": _box(image, shape, points),
                "iscrowd": 0,
            }
            for place, (number, image, points, shape) in enumerate(shapes, 1)
        ],
        "categories": [{"id": place, "name": label, "keypoints": keypoints} for place, label in enumerate(labels, 1)],
    }


def _keypoint_names(root: Element) -> list[str]:
    """Return the names of a skeleton's points as the task has them, or as they are met."""
    stated = [label.findtext("name", "") for label in root.iter("label") if label.findtext("parent")]
    met = [point.get("label", "") for skeleton in root.iter("skeleton") for point in skeleton.iter("points")]
    return list(dict.fromkeys(one for one in [*stated, *met] if one))


def _points(path: Path, shape: Element, names: list[str]) -> list[Point]:
    if shape.tag == "points":
        seen = 1 if shape.get("occluded") == "1" else 2
        return [(x, y, seen) for x, y in _places(path, shape)]
    found: dict[str, Point] = {}
    for point in shape.iter("points"):
        places = _places(path, point)
        if places and point.get("outside") != "1":
            seen = 1 if point.get("occluded") == "1" else 2
            found[point.get("label", "")] = (*places[0], seen)
    return [found.get(name, (0.0, 0.0, 0)) for name in names]


def _places(path: Path, element: Element) -> list[tuple[float, float]]:
    """Return an element's points, pixels: it has them as "x,y;x,y"."""
    stated = element.get("points", "")
    try:
        places = [(float(x), float(y)) for x, y in (place.split(",") for place in stated.split(";") if place.strip())]
    except ValueError:
        places = [(math.nan, math.nan)]
    if not all(map(math.isfinite, itertools.chain.from_iterable(places))):
        raise LabelEntryUnusable(path=path, reason=f"the points '{stated[:40]}' are no pairs of numbers")
    return places


def _box(image: Element, shape: Element, points: list[Point]) -> list[float]:
    group = shape.get("group_id")
    for box in image.iter("box") if group else ():
        if box.get("group_id") == group:
            try:
                left, top, right, bottom = (float(box.get(side, "nan")) for side in ("xtl", "ytl", "xbr", "ybr"))
            except ValueError:
                return [math.nan] * 4
            return [left, top, right - left, bottom - top]
    return box_around(points)


def box_around(points: list[Point]) -> list[float]:
    """Return (left, top, width, height) of the labelled points; zeros without any."""
    seen = [(x, y) for x, y, visible in points if visible]
    if not seen:
        return [0.0] * 4
    left, top = min(x for x, _ in seen), min(y for _, y in seen)
    return [left, top, max(x for x, _ in seen) - left, max(y for _, y in seen) - top]
