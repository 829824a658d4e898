"""Ultralytics' NDJSON (a data set in one file: its description, then a line an image), brought into COCO's form."""

from pathlib import Path
from typing import Any

from n6studio.domain.errors.datasets import LabelFormUnknown
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.labels import LabelEntryUnusable
from n6studio.gates.files import LARGEST, read_text
from n6studio.gates.json_texts import parsed_json
from n6studio.stages.datasets.faults import within
from n6studio.stages.datasets.rows import Row


def as_coco(path: Path, split: str) -> Row:
    """Return what a part of the file says as images, annotations and categories; all of it where it has no such part.

    Raises:
        LabelsUnreadable: it is not such a file, or not of poses.
    """
    with reading(path):
        lines = [line for line in read_text(path, LARGEST, "utf-8-sig", "replace").splitlines() if line.strip()]
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1)]
    shape = rows[0].get("kpt_shape") if rows else None
    if not rows or rows[0].get("type") != "dataset" or not _is_shape(shape) or not isinstance(shape, list):
        raise LabelFormUnknown(path=path, reason="its first line describes no data set of poses with a kpt_shape")
    count, dims = shape[0], shape[1]
    images = [row for row in rows[1:] if row.get("type") == "image"]
    images = [row for row in images if row.get("split") == split] or images
    names = rows[0].get("class_names")
    classes = {str(key): str(name) for key, name in names.items()} if isinstance(names, dict) else {"0": "person"}
    found: list[Row] = []
    for number, image in enumerate(images, 1):
        poses = (
            (image.get("annotations") or {}).get("pose") if isinstance(image.get("annotations"), dict | None) else None
        )
        for pose in poses or []:
            found.append({"id": len(found) + 1, "image_id": number, **_annotation(path, image, pose, count, dims)})
    keypoints = [f"point {index}" for index in range(count)]
    return {
        "images": [
            {"id": number, "file_name": image.get("file"), "width": image.get("width"), "height": image.get("height")}
            for number, image in enumerate(images, 1)
        ],
        "annotations": found,
        "categories": [{"id": key, "name": name, "keypoints": keypoints} for key, name in classes.items()],
    }


def _row(path: Path, number: int, line: str) -> Row:
    try:
        row = parsed_json(line)
    except Unparsable as error:
        raise LabelFormUnknown(path=path, reason=f"line {number}: {error.problem}") from error
    if not isinstance(row, dict):
        raise LabelFormUnknown(path=path, reason=f"line {number} is no object")
    return row


def _is_shape(shape: Any) -> bool:
    whole = isinstance(shape, list) and len(shape) == 2 and all(type(one) is int for one in shape)
    return whole and 1 <= shape[0] <= 1000 and shape[1] in (2, 3)


def _annotation(path: Path, image: Row, pose: Any, count: int, dims: int) -> Row:
    width, height = image.get("width"), image.get("height")
    if type(width) is not int or type(height) is not int:
        raise LabelEntryUnusable(path=path, reason=f"the image {image.get('file')} lacks width and height")
    wanted = 5 + count * dims
    if not isinstance(pose, list) or len(pose) != wanted or not all(within(one, 1e6) for one in pose):
        raise LabelEntryUnusable(path=path, reason=f"a pose of {image.get('file')} is not {wanted} numbers")
    label, x, y, w, h, *points = (float(one) for one in pose)
    keypoints: list[float] = []
    for place in range(0, count * dims, dims):
        px, py = points[place], points[place + 1]
        seen = points[place + 2] if dims == 3 else 0.0 if px < 0 or py < 0 else 2.0
        keypoints += [px * width, py * height, seen]
    box = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
    return {"category_id": str(int(label)), "bbox": box, "keypoints": keypoints, "iscrowd": 0}
