"""What data to judge networks on is made of: labels, pictures, data sets."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.datasets import ImagesMissing
from n6studio.domain.metrics.oks import Float64Array, object_areas
from n6studio.domain.pose.people import People, nobody
from n6studio.domain.pose.skeleton import Skeleton, chosen

AREA_OF_SEGMENTS = "segment"
AREA_OF_BOXES = "0.53 x box"


@dataclass(frozen=True, eq=False)
class Truth:
    """What is labelled in one picture.

    Attributes:
        people: everybody labelled, in pixels of the picture, or in fractions of it where `normalised`.
        areas: (T,) areas in the same units squared.
        crowd: (T,) True for regions that hold many people without telling them apart.
        normalised: see `people`.
        bare_count: True where people without a labelled keypoint count as missed under Ultralytics' rule, as its own
            label files have it.
    """

    people: People
    areas: Float64Array
    crowd: npt.NDArray[np.bool_]
    normalised: bool = False
    bare_count: bool = False

    def in_pixels(self, width: int, height: int) -> "Truth":
        """Return the same in pixels of a picture of this size."""
        if not self.normalised:
            return self
        boxes = self.people.boxes * np.array([width, height, width, height], np.float32)
        keypoints = self.people.keypoints * np.array([width, height, 1], np.float32)
        people = People(boxes, self.people.scores, keypoints)
        return dataclasses.replace(self, people=people, areas=self.areas * width * height, normalised=False)

    def counts(self) -> npt.NDArray[np.bool_]:
        """Return (T,): True for single people with at least one labelled keypoint; others are left out of figures."""
        return np.asarray((self.people.keypoints[..., 2] > 0).any(axis=1) & ~self.crowd)


@dataclass(frozen=True, eq=False)
class Item:
    """One picture.

    Attributes:
        path: where it lies.
        image_id: COCO's number, or its place in the data set from 1.
        truth: what is labelled; None where the data set has no labels.
        size: (width, height) in pixels as the labels tell, None where they do not.
    """

    path: Path
    image_id: int
    truth: Truth | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures with or without labels.

    Attributes:
        name: for people to read.
        kind: 'coco', 'yolo' or 'pictures'.
        path: the file or folder it was read from.
        items: the pictures in a fixed order.
        skeleton: the labels' keypoints; None without labels.
        area_source: what a person's area is taken from, `AREA_OF_SEGMENTS` or `AREA_OF_BOXES`.
        notes: sentences that the user should see.
    """

    name: str
    kind: str
    path: Path
    items: tuple[Item, ...]
    skeleton: Skeleton | None = None
    area_source: str = AREA_OF_BOXES
    notes: tuple[str, ...] = ()

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
        item if item.truth is None else dataclasses.replace(item, truth=_chosen(item.truth, columns))
        for item in dataset.items
    )
    return dataclasses.replace(dataset, items=items, skeleton=chosen(dataset.skeleton, columns))


def _chosen(truth: Truth, columns: list[int]) -> Truth:
    people = dataclasses.replace(truth.people, keypoints=truth.people.keypoints[:, columns])
    return dataclasses.replace(truth, people=people)


def without_missing(path: Path, items: list[Item], missing: list[str], skip: bool) -> tuple[list[Item], list[str]]:
    """Return the items and the notes to add, where some pictures are not there.

    Raises:
        ImagesMissing: unless `skip`, or where nothing is left.
    """
    if not missing:
        return items, []
    total = len(items) + len(missing)
    if not skip or not items:
        raise ImagesMissing(path=path, missing=len(missing), total=total, example=missing[0])
    return items, [f"{len(missing)} of {total} pictures are not there and were left out, for example {missing[0]}."]


def make_truth(
    boxes: list[list[float]], keypoints: list[list[float]], count: int, areas: list[float] | None, crowd: list[bool],
    yolo: bool = False,
) -> Truth:  # fmt: skip
    """Return the truth of one picture from plain lists: corner boxes, K x (x, y, visibility) and areas (or None).

    With `yolo` the numbers are fractions of the picture and everybody listed counts.
    """
    if not boxes:
        return Truth(nobody(count), np.zeros(0), np.zeros(0, bool), yolo, yolo)
    corners = np.array(boxes, np.float32)
    points = np.array(keypoints, np.float32).reshape(len(boxes), count, 3)
    people = People(corners, np.ones(len(boxes), np.float32), points)
    sizes = object_areas(corners) if areas is None else np.array(areas, np.float64)
    return Truth(people, sizes, np.array(crowd, bool), yolo, yolo)
