"""Writes images of the demo scene as a data set that COCO's tools and Ultralytics both read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from n6studio.demo.scene import SceneFrame, check_size, still
from n6studio.domain.errors.foreign import writing_error
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose.frames import fractions_of_image
from n6studio.domain.pose.skeleton import COCO

Progress = Callable[[int, int], None]

_JPEG_QUALITY = 92
_MOST_IMAGES = 100_000
_TWELVE_DIGITS = "{:012d}"  # COCO's way of naming images


@dataclass(frozen=True)
class DatasetPaths:
    """Where the parts of a written data set are.

    Attributes:
        folder: the data set.
        images: folder with 000000000001.jpg and so on.
        labels: folder with one Ultralytics pose label file per image.
        annotations: COCO keypoint file.
        yaml: Ultralytics' description of the data set.
    """

    folder: Path
    images: Path
    labels: Path
    annotations: Path
    yaml: Path


def write_dataset(
    folder: Path, images: int, seed: int, size: tuple[int, int] = (640, 480), progress: Progress | None = None
) -> DatasetPaths:
    """Write `images` images of the scene with their labels and return where everything is.

    Existing files of the same names are replaced. The same arguments write the same labels; the JPEG bytes are the same
    with the same version of OpenCV.

    Args:
        folder: created if need be.
        images: 1..100000.
        seed: which series of images, at least 0; see `scene.still`.
        size: (width, height) in pixels.
        progress: called with (done, total) after every image.

    Raises:
        SettingInvalid: for a size, seed or number out of range.
        DiskFull, NotWritable: where a file cannot be written.
    """
    check_size(size)
    if not 1 <= images <= _MOST_IMAGES:
        raise SettingInvalid(name="images", value=images, allowed=f"1..{_MOST_IMAGES}")
    if seed < 0:
        raise SettingInvalid(name="seed", value=seed, allowed="0 and above")
    paths = DatasetPaths(
        folder,
        folder / "images",
        folder / "labels",
        folder / "annotations" / "person_keypoints.json",
        folder / "data.yaml",
    )
    try:
        for made in (paths.images, paths.labels, paths.annotations.parent):
            made.mkdir(parents=True, exist_ok=True)
        _write(paths, images, seed, size, progress)
    except OSError as error:
        raise writing_error(error.filename or folder, error) from error
    return paths


def _write(paths: DatasetPaths, images: int, seed: int, size: tuple[int, int], progress: Progress | None) -> None:
    rows: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index in range(images):
        number = index + 1
        name = _TWELVE_DIGITS.format(number)
        shot = still(seed, index, size)
        _write_jpeg(paths.images / f"{name}.jpg", shot)
        rows.append({"id": number, "file_name": f"{name}.jpg", "width": size[0], "height": size[1]})
        people = coco_annotations(shot, number, len(annotations) + 1)
        annotations += people
        lines = [f"{line}\n" for line in yolo_lines(shot)]
        (paths.labels / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
        if progress is not None:
            progress(number, images)
    document = {
        "info": {"description": "N6 Studio demo scene", "seed": seed},
        "images": rows,
        "annotations": annotations,
        "categories": [category()],
    }
    paths.annotations.write_text(json.dumps(document), encoding="utf-8")
    paths.yaml.write_text(_yaml(paths.folder), encoding="utf-8")


def _write_jpeg(path: Path, shot: SceneFrame) -> None:
    """Write through Python's own file, which copes with any character in a path on every system."""
    bgr = cv2.cvtColor(shot.image, cv2.COLOR_RGB2BGR)
    fine, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not fine:
        raise OSError(0, "the image could not be encoded", str(path))
    path.write_bytes(data.tobytes())


def category() -> dict[str, Any]:
    """Return COCO's description of a person; its skeleton counts keypoints from 1."""
    return {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": [name.replace(" ", "_") for name in COCO.names],
        "skeleton": [[first + 1, second + 1] for first, second in COCO.edges],
    }


def coco_annotations(shot: SceneFrame, image_id: int, first_id: int) -> list[dict[str, Any]]:
    """Return COCO annotations, in pixels, of everyone in `shot`, numbered from `first_id`."""
    found: list[dict[str, Any]] = []
    for box, points, area in zip(shot.truth.boxes, shot.truth.keypoints, shot.areas, strict=True):
        corner, extent = box[:2], box[2:] - box[:2]
        found.append(
            {
                "id": first_id + len(found),
                "image_id": image_id,
                "category_id": 1,
                "iscrowd": 0,
                "area": float(area),
                "bbox": [round(float(value), 2) for value in (*corner, *extent)],
                "num_keypoints": int((points[:, 2] > 0).sum()),
                "keypoints": [_flag_or_pixels(value, column) for row in points for column, value in enumerate(row)],
            }
        )
    return found


def _flag_or_pixels(value: np.float32, column: int) -> float | int:
    return int(value) if column == 2 else round(float(value), 2)


def yolo_lines(shot: SceneFrame) -> list[str]:
    """Return Ultralytics pose labels: class 0, centre and size of the box, then 17 times x, y, flag; fractions 0..1."""
    truth = fractions_of_image(shot.truth, (shot.image.shape[1], shot.image.shape[0]))
    lines = []
    for (left, top, right, bottom), points in zip(truth.boxes, truth.keypoints, strict=True):
        values = [f"{value:.6f}" for value in ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)]
        for x, y, flag in points:
            values += [f"{x:.6f}", f"{y:.6f}", str(int(flag))]
        lines.append(" ".join(("0", *values)))
    return lines


def _yaml(folder: Path) -> str:
    """Return data.yaml; both splits are all images, because they serve evaluation and calibration.

    A quoted JSON string is a valid YAML string, whatever the path contains.
    """
    return (
        f"path: {json.dumps(str(folder.resolve()), ensure_ascii=False)}\n"
        "train: images\n"
        "val: images\n"
        "names:\n"
        "  0: person\n"
        f"kpt_shape: [{len(COCO)}, 3]\n"
        f"flip_idx: {list(COCO.mirror)}\n"
    )
