"""Label Studio's JSON export (not its short form), brought into COCO's form: rectangles and the keypoints in them."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from n6studio.domain.errors.datasets import LabelFormUnknown
from n6studio.domain.errors.labels import LabelEntryUnusable, NoKeypointsLabelled
from n6studio.domain.pose.skeleton import COCO
from n6studio.domain.texts import counted, plural
from n6studio.stages.datasets.cvat import Point, box_around
from n6studio.stages.datasets.faults import LARGEST_PIXEL, shown, within
from n6studio.stages.datasets.rows import Row

_FARTHEST = 1e4  # per cent of the image
_LABELLED = {"keypointlabels": ("x", "y"), "rectanglelabels": ("x", "y", "width", "height")}
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of a file that was uploaded


def is_export(data: list[Any]) -> bool:
    """Return whether a list is an export of tasks, of which a broken one may come first."""
    return any(isinstance(one, dict) and ("annotations" in one or "annotation_id" in one) for one in data[:100])


def as_coco(path: Path, tasks: list[Any]) -> tuple[Row, list[str]]:
    """Return what the tasks say as images, annotations and categories, and what there is to say about it.

    Coordinates there are per cent of the image.

    A keypoint belongs to the rectangle that it names as its parent, else to the smallest that it lies in. Label Studio
    knows no visibility: what is labelled is visible.

    Raises:
        LabelsUnreadable: no task has keypoints, or some cannot be used.
    """
    if any(isinstance(task, dict) and "annotation_id" in task and "annotations" not in task for task in tasks[:100]):
        reason = (
            "it is Label Studio's short form (JSON-MIN), which does not tell whose a keypoint is; export it as JSON"
        )
        raise LabelFormUnknown(path=path, reason=reason)
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
    repeated: list[str] = []
    for number, (task, rows) in enumerate(zip(sound, results, strict=True), 1):
        size = next((_size(row) for row in rows if _size(row)), None)
        if fault := _fault(rows, size):
            raise LabelEntryUnusable(path=path, reason=f"task {number}, {shown(_file(task)['file_name'])}, has {fault}")
        images.append(
            {"id": number, **_file(task), **(dict(zip(("width", "height"), size, strict=True)) if size else {})}
        )
        found, twice = _people(rows, names, size or (0, 0))
        repeated += [f"{name} of task {number}" for name in twice]
        for box, label, points in found:
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
    data = {"images": images, "annotations": annotations, "categories": categories}
    return data, list(_notes(sound, repeated))


def _notes(tasks: list[Row], repeated: list[str]) -> Iterator[str]:
    """Yield what was left out."""
    if repeated:
        count, of = len(repeated), plural(len(repeated), "has the name", "have the names")
        yield (
            f"{counted(count, 'keypoint')} {plural(count, 'was', 'were')} left out: another one of the same person "
            f"{of} already, for example {repeated[0]}. A rectangle around each person, or a parent, tells people apart."
        )
    several = sum(len(rows) > 1 for rows in map(_annotations, tasks))
    if several:
        yield f"{counted(several, 'image')} {plural(several, 'has', 'have')} several annotations; the first counts."


def _fault(rows: list[Row], size: tuple[int, int] | None) -> str:
    """Return what is wrong with the shapes of a task, as the end of a sentence."""
    for row in rows:
        sides = [*_LABELLED["keypointlabels"]] if _labels(row, "keypointlabels") else []
        sides += [*_LABELLED["rectanglelabels"]] if _labels(row, "rectanglelabels") else []
        if sides and size is None:
            return "shapes without the image's size (original_width, original_height)"
        if not all(within(row["value"].get(side), _FARTHEST) for side in sides):
            return f"a shape whose {' and '.join(sides[:2])} are no per cent of the image"
    return ""


def _results(task: Row) -> list[Row]:
    """Return the shapes of the first annotation that was not cancelled."""
    return next(iter(_annotations(task)), [])


def _annotations(task: Row) -> list[list[Row]]:
    """Return the shapes of each annotation that was not cancelled."""
    annotations = task.get("annotations") or task.get("completions") or []
    return [
        [row for row in one["result"] if isinstance(row, dict) and isinstance(row.get("value"), dict)]
        for one in (annotations if isinstance(annotations, list) else [])
        if isinstance(one, dict) and not one.get("was_cancelled") and isinstance(one.get("result"), list)
    ]


def _labels(row: Row, kind: str) -> list[str]:
    found = row["value"].get(kind)
    return [str(one)[:80] for one in found[:1]] if isinstance(found, list) else []


def _size(row: Row) -> tuple[int, int] | None:
    width, height = row.get("original_width"), row.get("original_height")
    known = within(width, LARGEST_PIXEL, 1) and within(height, LARGEST_PIXEL, 1)
    return (int(width), int(height)) if known else None  # type: ignore[arg-type]


def _file(task: Row) -> Row:
    """Return the image's name, and beside it the name that it had before it was uploaded."""
    data = task.get("data")
    address = next((one for one in data.values() if isinstance(one, str)), "") if isinstance(data, dict) else ""
    address = str(task.get("file_upload") or address)
    try:
        parts = urlsplit(address)
        inner = parse_qs(parts.query).get("d", [""])[0] or parts.path or address
    except ValueError:  # no address, then: a file's name
        inner = address
    name = PurePosixPath(inner.replace("\\", "/")).name
    return {"file_name": inner.lstrip("/") or name, "coco_url": _UPLOADED.sub("", name)}


def _people(
    rows: list[Row], names: list[str], size: tuple[int, int]
) -> tuple[list[tuple[list[float], str, list[Point]]], list[str]]:
    """Return box, label and points of each person, and the names of keypoints of which somebody has several."""
    boxes: dict[str, tuple[list[float], str]] = {}
    for row in rows:
        if label := _labels(row, "rectanglelabels"):
            sides = [row["value"].get(side) for side in ("x", "y", "width", "height")]
            if all(within(side, _FARTHEST) for side in sides):
                boxes[str(row.get("id"))] = ([float(n) * size[i % 2] / 100 for i, n in enumerate(sides)], label[0])
    found: dict[str, dict[str, Point]] = {key: {} for key in boxes}
    twice: list[str] = []
    for row in rows:
        label, x, y = _labels(row, "keypointlabels"), row["value"].get("x"), row["value"].get("y")
        if label and within(x, _FARTHEST) and within(y, _FARTHEST):
            point = (float(x) * size[0] / 100, float(y) * size[1] / 100, 2)
            owner = str(row.get("parentID")) if str(row.get("parentID")) in boxes else _around(point, boxes)
            if label[0] in found.setdefault(owner, {}):
                twice.append(label[0])
            found[owner].setdefault(label[0], point)
    people = [
        (*boxes.get(key, ([], "person")), [points.get(name, (0.0, 0.0, 0)) for name in names])
        for key, points in found.items()
    ]
    return people, twice


def _around(point: Point, boxes: dict[str, tuple[list[float], str]]) -> str:
    """Return the smallest box that a point lies in; "" where none does."""
    inside = [
        (width * height, key)
        for key, ((left, top, width, height), _) in boxes.items()
        if left <= point[0] <= left + width and top <= point[1] <= top + height
    ]
    return min(inside, default=(0.0, ""))[1]
