"""What each consumer of images and labels makes of them, by its own code.

- Ultralytics training: ultralytics/data/utils.py, verify_image_label and check_image; data/base.py, get_img_files.
- COCO evaluation: pycocotools/cocoeval.py with the keypoint task's parameters.
- ST's model zoo services: pose_estimation, whose data sets hold images with at least one labelled person, are read by
  TensorFlow's decode_image (JPEG, PNG, BMP, GIF), and know one class.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from n6studio.domain.data_check import FileVerdict
from n6studio.domain.model.formats import ULTRALYTICS_SUFFIXES
from n6studio.stages.datasets.images import ALONE
from n6studio.stages.datasets.model import Dataset, Truth

_MOST_COCO = 20  # people of an image that the keypoint task looks at
_SMALL = 32.0**2  # square pixels, below which COCO labels no keypoints
_TENSORFLOW = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".jfif"})


@dataclass(frozen=True)
class Looked:
    """One image that was looked at.

    Attributes:
        path: where it lies.
        problem: why it cannot be read, or "".
        size: (width, height); (0, 0) where it cannot be read.
        endless: it is a JPEG without an end marker.
        trailing: it is a JPEG with bytes behind its end marker.
        truth: its labels; None without.
    """

    path: Path
    problem: str = ""
    size: tuple[int, int] = (0, 0)
    endless: bool = False
    trailing: bool = False
    truth: Truth | None = None


def of_set(name: str, dataset: Dataset) -> Iterator[FileVerdict]:
    """Yield what consumers make of what is left out of a data set altogether, and of lines that repeat others."""
    for one in dataset.left_out:
        consumer = "zoo" if one.reason.endswith(ALONE) else "ultralytics"
        yield FileVerdict(
            set=name, file=one.example, consumer=consumer, action="drops", why=one.reason, count=one.count
        )
    for one in dataset.labels_left_out:
        if dataset.kind == "yolo" and "another of the same image" in one.reason:
            why = "rows that repeat another of the same image"
            yield FileVerdict(
                set=name, file=one.example, consumer="ultralytics", action="merges", why=why, count=one.count
            )
    if dataset.kind == "coco":
        why = "it reads no COCO JSON; write the data set as Ultralytics' (--write ultralytics)"
        yield FileVerdict(set=name, file=dataset.path.name, consumer="ultralytics", action="passes over", why=why)


def of_image(name: str, image: Looked, labelled: bool) -> Iterator[FileVerdict]:
    """Yield what consumers make of an image and its labels, where they do not simply use them."""
    for consumer, action, why in (*_ultralytics(image), *_coco(image), *_zoo(image, labelled)):
        yield FileVerdict(set=name, file=image.path.name, consumer=consumer, action=action, why=why)


def _ultralytics(image: Looked) -> Iterator[tuple[str, str, str]]:
    if image.path.suffix.lower() not in ULTRALYTICS_SUFFIXES:
        yield "ultralytics", "passes over", f"it looks for no {image.path.suffix.lower()} files"
    elif image.problem:
        yield "ultralytics", "drops", f"the image cannot be read ({image.problem})"
    elif image.endless:
        yield "ultralytics", "drops", "its JPEG lacks the end marker"
    elif min(image.size) < 10:
        yield "ultralytics", "drops", "the image is smaller than 10 pixels"
    elif image.truth is not None and image.truth.refused:
        yield "ultralytics", "drops", f"its labels have {image.truth.refused}"
    elif image.trailing:
        yield "ultralytics", "rewrites", "its JPEG has bytes behind the end marker, so the file is saved anew"


def _coco(image: Looked) -> Iterator[tuple[str, str, str]]:
    truth = image.truth
    if image.problem:
        yield "coco", "misreads", "the image cannot be read, so its people count as missed"
    if truth is None or not len(truth.people):
        return
    counts = truth.counts()
    seen = truth.people.keypoints[..., 2] > 0
    if truth.crowd.any():
        yield "coco", "drops", "crowds count neither way"
    if (~counts & ~truth.crowd).any():
        yield "coco", "drops", "people without a labelled keypoint count neither way"
    if counts.sum() > _MOST_COCO:
        yield "coco", "drops", f"it looks at {_MOST_COCO} found people of an image, and more are labelled"
    if (seen & (truth.people.keypoints[..., :2] == 0).all(axis=-1)).any():
        yield "coco", "misreads", "labelled keypoints lie at 0, 0, as converters write those that are not labelled"
    if (counts & (truth.areas < _SMALL)).any():
        yield "coco", "misreads", "people below 32 x 32 pixels are in AP, but in neither AP medium nor AP large"


def _zoo(image: Looked, labelled: bool) -> Iterator[tuple[str, str, str]]:
    if image.path.suffix.lower() not in _TENSORFLOW:
        yield "zoo", "drops", f"TensorFlow reads no {image.path.suffix.lower()} files"
    elif image.problem:
        yield "zoo", "drops", f"the image cannot be read ({image.problem})"
    elif labelled and (image.truth is None or not image.truth.counts().any()):
        yield "zoo", "drops", "nobody is labelled in it"
    elif image.truth is not None and bool(np.any(image.truth.people.class_numbers)):
        yield "zoo", "misreads", "it knows one class only"
