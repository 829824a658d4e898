"""What data to judge models on is made of: labels, images, data sets."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Self

import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.datasets import ImagesMissing
from n6studio.domain.errors.foreign import reading_error
from n6studio.domain.evaluation.account import LeftOut
from n6studio.domain.metrics.oks import Float64Array, object_areas
from n6studio.domain.pose.frames import pixels_of_image
from n6studio.domain.pose.people import FrameT, ImageFractions, ImagePixels, People, nobody
from n6studio.domain.pose.skeleton import COCO, Skeleton, chosen, stand_in_sigmas
from n6studio.domain.texts import counted
from n6studio.gates.files import why_no_file

AREA_OF_SEGMENTS = "segment"
AREA_OF_BOXES = "0.53 x box"
_SMALLEST_SIDE = 10  # pixels; Ultralytics drops smaller images (ultralytics/data/utils.py, check_image)


@dataclass(frozen=True, eq=False)
class Labels(Generic[FrameT]):
    """What is labelled in one image.

    Attributes:
        people: everybody labelled.
        areas: (T,) areas in the units of `people` squared.
        crowd: (T,) True for regions that hold many people without telling them apart.
    """

    people: People[FrameT]
    areas: Float64Array
    crowd: npt.NDArray[np.bool_]

    def counts(self) -> npt.NDArray[np.bool_]:
        """Return (T,): True for single people with at least one labelled keypoint; others are left out of figures."""
        return np.asarray((self.people.keypoints[..., 2] > 0).any(axis=1) & ~self.crowd)

    def chosen(self, columns: list[int]) -> Self:
        """Return the same with just these keypoints, in this order."""
        people = dataclasses.replace(self.people, keypoints=self.people.keypoints[:, columns])
        return dataclasses.replace(self, people=people)


@dataclass(frozen=True, eq=False)
class Truth(Labels[ImagePixels]):
    """What is labelled in one image, in its pixels.

    Attributes:
        bare_count: True where people without a labelled keypoint count as missed under Ultralytics' rule, as its own
            label files have it.
        refused: why Ultralytics drops the image, so that it does not count under its rule; "" where it keeps it.
    """

    bare_count: bool = False
    refused: str = ""

    def in_pixels(self, width: int, height: int) -> "Truth":
        """Return itself: it is in pixels already."""
        return self


@dataclass(frozen=True, eq=False)
class FractionTruth(Labels[ImageFractions]):
    """What one of Ultralytics' label files says: fractions of an image whose size it does not tell.

    Attributes:
        refused: as in `Truth`.
    """

    refused: str = ""

    def in_pixels(self, width: int, height: int) -> Truth:
        """Return the same in pixels of an image of this size."""
        people = pixels_of_image(self.people, (width, height))
        small = f"it is smaller than {_SMALLEST_SIDE} pixels" if min(width, height) < _SMALLEST_SIDE else ""
        areas = self.areas * width * height
        return Truth(people, areas, self.crowd, bare_count=True, refused=self.refused or small)


@dataclass(frozen=True, eq=False)
class Item:
    """One image.

    Attributes:
        path: where it lies.
        image_id: COCO's number, or its place in the data set from 1.
        truth: what is labelled; None where the data set has no labels.
        size: (width, height) in pixels as the labels tell, None where they do not.
    """

    path: Path
    image_id: int
    truth: Truth | FractionTruth | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with or without labels.

    Attributes:
        name: for people to read.
        kind: 'coco', 'yolo' or 'pictures', images without labels.
        path: the file or folder it was read from.
        items: the images in a fixed order.
        skeleton: the labels' keypoints; None without labels.
        area_source: what a person's area is taken from, `AREA_OF_SEGMENTS` or `AREA_OF_BOXES`.
        notes: sentences that the user should see.
        classes: names of the labels' classes, by number; () without labels, or where nothing names them.
        left_out: images of the data set that are not among `items`.
        labels: how many people were labelled in what was read.
        labels_left_out: those of them that no item has.
        ultralytics_sigmas: what Ultralytics takes for these keypoints, whatever they are called; () without labels.
    """

    name: str
    kind: str
    path: Path
    items: tuple[Item, ...]
    skeleton: Skeleton | None = None
    area_source: str = AREA_OF_BOXES
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    labels: int = 0
    labels_left_out: tuple[LeftOut, ...] = ()
    ultralytics_sigmas: tuple[float, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether it has labels."""
        return self.skeleton is not None


def with_keypoints(dataset: Dataset, names: Sequence[str]) -> Dataset | None:
    """Return a labelled data set with just these keypoints in this order, found by name; None where one is missing."""
    if dataset.skeleton is None:
        return None
    place = {name.lower(): index for index, name in enumerate(dataset.skeleton.names)}
    if not all(name.lower() in place for name in names):
        return None
    columns = [place[name.lower()] for name in names]
    items = tuple(
        item if item.truth is None else dataclasses.replace(item, truth=item.truth.chosen(columns))
        for item in dataset.items
    )
    sigmas = tuple(dataset.ultralytics_sigmas[column] for column in columns) if dataset.ultralytics_sigmas else ()
    skeleton = chosen(dataset.skeleton, columns)
    return dataclasses.replace(dataset, items=items, skeleton=skeleton, ultralytics_sigmas=sigmas)


def sigmas_of_ultralytics(count: int, dims: int, stated: Sequence[float] | None) -> tuple[float, ...]:
    """Return what Ultralytics takes for K sigmas: those that are stated, COCO's for any [17, 3], or else 1/K.

    (ultralytics/models/yolo/pose/val.py, init_metrics.)
    """
    if stated and len(stated) == count:
        return tuple(stated)
    return COCO.sigmas if (count, dims) == (len(COCO), 3) else stand_in_sigmas(count)


def absent(name: str, place: Path) -> str:
    """Return how an image that is no file is named, with what is there in its place.

    Raises:
        FileUnreadable: it may be there, and its folder is closed to us.
    """
    try:
        place.stat()
    except PermissionError as error:
        raise reading_error(place, error) from error
    except OSError:
        pass
    why = why_no_file(place)
    return f"{name} ({why})" if why else name


def without_missing(path: Path, items: list[Item], missing: list[str], skip: bool) -> tuple[list[Item], list[str]]:
    """Return the items and the notes to add, where some images are not there.

    Raises:
        ImagesMissing: unless `skip`, or where nothing is left.
    """
    if not missing:
        return items, []
    total = len(items) + len(missing)
    if not skip or not items:
        raise ImagesMissing(path=path, missing=len(missing), total=total, example=missing[0])
    return items, [f"{len(missing)} of {counted(total, 'image')} missing and left out, for example {missing[0]}."]


def classes_note(count: int) -> str:
    """Return the sentence about labels of several classes."""
    return (
        f"The labels have {count} classes. COCO's and Ultralytics' rules judge each by itself and average; figures of "
        "people, keypoints and the model zoo look at no class."
    )


def make_truth(
    boxes: list[list[float]],
    keypoints: list[list[float]],
    count: int,
    areas: list[float],
    crowd: list[bool],
    classes: Sequence[int] = (),
) -> Truth:
    """Return the truth of one image from plain lists in its pixels: corner boxes and K x (x, y, visibility).

    Without `classes` everybody is of class 0.
    """
    people: People[ImagePixels] = _people(boxes, keypoints, count, classes)
    return Truth(people, np.array(areas, np.float64), np.array(crowd, bool))


def make_fraction_truth(
    boxes: list[list[float]],
    keypoints: list[list[float]],
    count: int,
    classes: Sequence[int] = (),
    refused: str = "",
) -> FractionTruth:
    """Return the truth of one image from plain lists in fractions of it; everybody listed is a single person."""
    people: People[ImageFractions] = _people(boxes, keypoints, count, classes)
    return FractionTruth(people, object_areas(people.boxes), np.zeros(len(people), bool), refused)


def _people(
    boxes: list[list[float]], keypoints: list[list[float]], count: int, classes: Sequence[int]
) -> People[FrameT]:
    if not boxes:
        return nobody(count)
    points = np.array(keypoints, np.float32).reshape(len(boxes), count, 3)
    of_class = np.array(classes, np.int32) if any(classes) else None
    return People(np.array(boxes, np.float32), np.ones(len(boxes), np.float32), points, of_class)
