"""Label Studio's JSON export (not its short form), brought into COCO's form: rectangles and the keypoints in them."""

import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from n6studio.domain.errors.labels import NoKeypointsLabelled
from n6studio.domain.pose.skeleton import COCO
from n6studio.stages.datasets.cvat import Point, box_around
from n6studio.stages.datasets.faults import within
from n6studio.stages.datasets.rows import Row

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of a file that was uploaded


def as_coco(path: Path, tasks: list[Any]) -> Row:
    """Return what the tasks say as images, annotations and categories; coordinates there are per cent of the image.

    A keypoint belongs to the rectangle that it names as its parent, else to the smallest that it lies in. Label Studio
    knows no visibility: what is labelled is visible.

    Raises:
        LabelsUnreadable: no task has keypoints.
    """
    sound = [task for task in tasks if isinstance(task, dict)]
    results = [_results(task) for task in sound]
    named = [name for rows in results for row in rows for name in _labels(row, "keypointlabels")]
    names = list(dict.fromkeys(named))
    if not names:
        raise NoKeypointsLabelled(path=path, reason="it is a list of Label Studio's tasks, and none has keypointlabels")
    if {name.lower().replace("_", " ") for name in names} == set(COCO.names):
        names.sort(key=lambda name: COCO.names.index(name.lower().replace("_", " ")))
    images, annotations = [], list[Row]()
    labels: list[str] = []
    for number, (task, rows) in enumerate(zip(sound, results, strict=True), 1):
        size = next((_size(row) for row in rows if _size(row)), None)
        images.append(
            {"id": number, **_file(task), **(dict(zip(("width", "height"), size, strict=True)) if size else {})}
        )
        for box, label, points in _people(rows, names, size or (0, 0)):
            if label not in labels:
                labels.append(label)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": labels.index(label) + 1,
                    "keypoints": [value for point in points for value in point],
                    "bbox": box or box_around(points),
                    "iscrowd": 0,
                }
            )
    categories = [
        {"id": place, "name": label, "keypoints": names} for place, label in enumerate(labels or ["person"], 1)
    ]
    return {"images": images, "annotations": annotations, "categories": categories}


def _results(task: Row) -> list[Row]:
    """Return the shapes of the first annotation that was not cancelled."""
    annotations = task.get("annotations") or task.get("completions") or []
    for one in annotations if isinstance(annotations, list) else []:
        if isinstance(one, dict) and not one.get("was_cancelled") and isinstance(one.get("result"), list):
            return [row for row in one["result"] if isinstance(row, dict) and isinstance(row.get("value"), dict)]
    return []


def _labels(row: Row, kind: str) -> list[str]:
    found = row["value"].get(kind)
    return [str(one)[:80] for one in found[:1]] if isinstance(found, list) else []


def _size(row: Row) -> tuple[int, int] | None:
    width, height = row.get("original_width"), row.get("original_height")
    return (width, height) if type(width) is int and type(height) is int else None


def _file(task: Row) -> Row:
    """Return the image's name, and beside it the name that it had before it was uploaded."""
    data = task.get("data")
    address = next((one for one in data.values() if isinstance(one, str)), "") if isinstance(data, dict) else ""
    address = str(task.get("file_upload") or address)
    parts = urlsplit(address)
    inner = parse_qs(parts.query).get("d", [""])[0] or parts.path or address
    name = PurePosixPath(inner.replace("\\", "/")).name
    return {"file_name": inner.lstrip("/") or name, "coco_url": _UPLOADED.sub("", name)}


def _people(rows: list[Row], names: list[str], size: tuple[int, int]) -> list[tuple[list[float], str, list[Point]]]:
    boxes: dict[str, tuple[list[float], str]] = {}
    for row in rows:
        if label := _labels(row, "rectanglelabels"):
            sides = [row["value"].get(side) for side in ("x", "y", "width", "height")]
            if all(within(side, 1e4) for side in sides):
                boxes[str(row.get("id"))] = ([float(n) * size[i % 2] / 100 for i, n in enumerate(sides)], label[0])
    found: dict[str, dict[str, Point]] = {key: {} for key in boxes}
    for row in rows:
        label, x, y = _labels(row, "keypointlabels"), row["value"].get("x"), row["value"].get("y")
        if label and within(x, 1e4) and within(y, 1e4):
            point = (float(x) * size[0] / 100, float(y) * size[1] / 100, 2)
            owner = str(row.get("parentID")) if str(row.get("parentID")) in boxes else _around(point, boxes)
            found.setdefault(owner, {})[label[0]] = point
    return [
        (*boxes.get(key, ([], "person")), [points.get(name, (0.0, 0.0, 0)) for name in names])
        for key, points in found.items()
    ]


def _around(point: Point, boxes: dict[str, tuple[list[float], str]]) -> str:
    """Return the smallest box that a point lies in; "" where none does."""
    inside = [
        (width * height, key)
        for key, ((left, top, width, height), _) in boxes.items()
        if left <= point[0] <= left + width and top <= point[1] <= top + height
    ]
    return min(inside, default=(0.0, ""))[1]
