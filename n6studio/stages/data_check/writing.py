"""Labels written in Ultralytics' and in COCO's form."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from n6studio.domain.encoding import encoded
from n6studio.domain.pose.frames import fractions_of_image
from n6studio.stages.data_check.consumers import Looked
from n6studio.stages.datasets.model import Dataset, Truth
from n6studio.stages.datasets.rows import Row


def write_ultralytics(folder: Path, sets: Mapping[str, Dataset], seen: Mapping[str, Sequence[Looked]]) -> str:
    """Write images, labels and data.yaml below `folder`/ultralytics; return that folder's name.

    Crowds are left out, as Ultralytics' own converter does; coordinates end at the image's edges.
    """
    place = folder / "ultralytics"
    first = next(iter(sets.values()))
    for name in sets:
        (place / "images" / name).mkdir(parents=True)
        (place / "labels" / name).mkdir(parents=True)
        for number, one in enumerate((one for one in seen[name] if not one.problem), 1):
            stem = f"{number:06d}_{one.path.stem}"[:100]
            suffix = ".jpg" if one.path.suffix.lower() == ".jfif" else one.path.suffix.lower()
            shutil.copyfile(one.path, place / "images" / name / f"{stem}{suffix}")
            lines = _lines(one.truth, one.size) if one.truth is not None else []
            (place / "labels" / name / f"{stem}.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    skeleton = first.skeleton
    assert skeleton is not None
    parts = {name: f"images/{name}" for name in sets}
    described: Row = {"train": next(iter(parts.values())), "val": next(iter(parts.values())), **parts}
    described |= {
        "kpt_shape": [len(skeleton), 3],
        "flip_idx": list(skeleton.mirror),
        "names": dict(enumerate(first.classes or ("person",))),
        "kpt_names": {0: list(skeleton.names)},
    }
    (place / "data.yaml").write_text(yaml.safe_dump(described, sort_keys=False), "utf-8")
    return place.name


def _lines(truth: Truth, size: tuple[int, int]) -> list[str]:
    people = fractions_of_image(truth.people[~truth.crowd], size)
    lines = []
    for box, points, number in zip(people.boxes, people.keypoints, people.class_numbers, strict=True):
        corners = box.reshape(2, 2).clip(0, 1)
        values = [*corners.mean(axis=0), *(corners[1] - corners[0])]
        for x, y, seen in points:
            values += [min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)] if seen else [0.0, 0.0]
            values.append(seen)
        lines.append(" ".join([str(number), *(f"{value:.6g}" for value in values)]))
    return lines


def write_coco(folder: Path, name: str, dataset: Dataset, seen: Sequence[Looked]) -> str:
    """Write a person_keypoints JSON that names the images where they are; return its name."""
    skeleton = dataset.skeleton
    assert skeleton is not None
    images, annotations = [], list[Row]()
    for number, one in enumerate((one for one in seen if not one.problem), 1):
        width, height = one.size
        images.append({"id": number, "file_name": str(one.path.absolute()), "width": width, "height": height})
        truth = one.truth
        for index in range(len(truth.people)) if truth is not None else ():
            assert truth is not None
            left, top, right, bottom = (round(float(value), 2) for value in truth.people.boxes[index])
            points = truth.people.keypoints[index]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(truth.people.class_numbers[index]) + 1,
                    "bbox": [left, top, round(right - left, 2), round(bottom - top, 2)],
                    "area": round(float(truth.areas[index]), 2),
                    "iscrowd": int(truth.crowd[index]),
                    "num_keypoints": int((points[:, 2] > 0).sum()),
                    "keypoints": [round(float(value), 2) for value in points.reshape(-1)],
                }
            )
    edges = [[a + 1, b + 1] for a, b in skeleton.edges]
    names = list(skeleton.names)
    categories = [
        {"id": place, "name": one, "keypoints": names, "skeleton": edges}
        for place, one in enumerate(dataset.classes or ("person",), 1)
    ]
    target = f"person_keypoints_{name}.json"
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / target).write_bytes(encoded(content))
    return target
