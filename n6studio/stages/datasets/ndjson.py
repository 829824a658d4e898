"""Ultralytics' NDJSON (a data set in one file: its description, then a line an image), brought into COCO's form."""

from pathlib import Path
from typing import Any

from n6studio.domain.errors.datasets import LabelFormUnknown
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.labels import LabelEntryUnusable
from n6studio.gates.contents import what_instead
from n6studio.gates.files import LARGEST, read_text
from n6studio.gates.json_texts import parsed_json
from n6studio.stages.datasets.faults import MOST_CLASSES, shown, within
from n6studio.stages.datasets.places import SPLITS
from n6studio.stages.datasets.rows import Row


def as_coco(path: Path, split: str) -> tuple[Row, list[str]]:
    """Return what a part of the file says as images, annotations and categories, and what there is to say about it.

    Where it has no such part another one is taken, or all of it where it has none.

    Raises:
        LabelsUnreadable: it is not such a file, or not of poses.
    """
    with reading(path):
        # Not splitlines(), which also parts where a name has one of Unicode's line separators.
        lines = [line for line in read_text(path, LARGEST, "utf-8-sig", "replace").split("\n") if line.strip()]
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1)]
    shape = rows[0].get("kpt_shape") if rows else None
    if not rows or rows[0].get("type") != "dataset" or not _is_shape(shape) or not isinstance(shape, list):
        what = "its first line describes no data set of poses with a kpt_shape"
        raise LabelFormUnknown(path=path, reason=what_instead(path) or what)
    count, dims = shape[0], shape[1]
    for number, row in enumerate(rows[1:], 2):
        if row.get("type") != "image":
            raise LabelEntryUnusable(
                path=path, reason=f"line {number} is no image: its type is {shown(row.get('type'))}"
            )
    images, told = _part(path, rows[1:], split)
    found: list[Row] = []
    for number, image in enumerate(images, 1):
        for pose in _poses(path, image):
            found.append({"id": len(found) + 1, "image_id": number, **_annotation(path, image, pose, count, dims)})
    keypoints = [f"point {index}" for index in range(count)]
    classes = _classes(rows[0].get("class_names"), max((one["category_id"] for one in found), default=0))
    data = {
        "images": [
            {"id": number, "file_name": image.get("file"), "width": image.get("width"), "height": image.get("height")}
            for number, image in enumerate(images, 1)
        ],
        "annotations": found,
        "categories": [{"id": key, "name": name, "keypoints": keypoints} for key, name in enumerate(classes)],
    }
    return data, told


def _part(path: Path, images: list[Row], split: str) -> tuple[list[Row], list[str]]:
    """Return the images of a part, or of the first other one that there is, and what to say about that."""
    for name in (split, *SPLITS):
        if found := [row for row in images if row.get("split") == name]:
            return found, [] if name == split else [f"{path.name} has no '{split}' part; '{name}' was used."]
    return images, []


def _poses(path: Path, image: Row) -> list[Any]:
    """Return what is labelled in an image; nothing where it says nothing of it."""
    labels = image.get("annotations")
    if labels is None:
        return []
    poses = (labels.get("pose") or []) if isinstance(labels, dict) else None
    if not isinstance(poses, list):
        raise LabelEntryUnusable(
            path=path, reason=f"the annotations of {shown(image.get('file'))} are no list of poses"
        )
    return poses


def _classes(stated: Any, last: int) -> list[str]:
    """Return the names of the classes, of a list or by number, up to the last that is used or named."""
    if isinstance(stated, list):
        stated = dict(enumerate(stated))
    if not isinstance(stated, dict) or not stated:
        stated = {0: "person"}
    named = {int(key): str(name)[:80] for key, name in stated.items() if _is_class(key)}
    return [named.get(number, f"class {number}") for number in range(max(last, *named, 0) + 1)]


def _is_class(key: object) -> bool:
    """Return whether a key can be a class's number."""
    text = str(key)
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) < MOST_CLASSES


def _row(path: Path, number: int, line: str) -> Row:
    try:
        row = parsed_json(line, unique=True)
    except Unparsable as error:
        reason = what_instead(path) or f"line {number}: {error.problem}"
        raise LabelFormUnknown(path=path, reason=reason) from error
    if not isinstance(row, dict):
        raise LabelFormUnknown(path=path, reason=f"line {number} is no object")
    return row


def _is_shape(shape: Any) -> bool:
    whole = isinstance(shape, list) and len(shape) == 2 and all(type(one) is int for one in shape)
    return whole and 1 <= shape[0] <= 1000 and shape[1] in (2, 3)


def _annotation(path: Path, image: Row, pose: Any, count: int, dims: int) -> Row:
    width, height = image.get("width"), image.get("height")
    if type(width) is not int or type(height) is not int or min(width, height) < 1:
        raise LabelEntryUnusable(path=path, reason=f"the image {image.get('file')} lacks width and height")
    wanted = 5 + count * dims
    if not isinstance(pose, list) or len(pose) != wanted or not all(within(one, 1e6) for one in pose):
        raise LabelEntryUnusable(path=path, reason=f"a pose of {image.get('file')} is not {wanted} numbers")
    label, x, y, w, h, *points = (float(one) for one in pose)
    if not label.is_integer() or not 0 <= label < MOST_CLASSES:
        raise LabelEntryUnusable(path=path, reason=f"a pose of {image.get('file')} has the class {label:g}")
    keypoints: list[float] = []
    for place in range(0, count * dims, dims):
        px, py = points[place], points[place + 1]
        seen = points[place + 2] if dims == 3 else 0.0 if px < 0 or py < 0 else 2.0
        keypoints += [px * width, py * height, seen]
    box = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
    return {"category_id": int(label), "bbox": box, "keypoints": keypoints, "iscrowd": 0}
