"""What data to judge networks on is made of: labels, pictures, data sets."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.errors import ImagesMissing
from n6studio.domain.oks import Float64Array, object_areas
from n6studio.domain.people import People, nobody
from n6studio.domain.skeleton import COCO, Skeleton, generic

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


def labelled_skeleton(
    count: int, names: list[str] | None, mirror: list[int] | None, sigmas: list[float] | None, bones: Any = ()
) -> Skeleton:
    """Return the skeleton that labels describe. COCO's 17 points are recognised, whatever is left unsaid."""
    given = tuple(str(name).replace("_", " ") for name in names) if names and len(names) == count else None
    if count == len(COCO) and sigmas is None and (given is None or given == COCO.names):
        return COCO
    pairs = tuple(mirror) if mirror and sorted(mirror) == list(range(count)) else _mirror_by_name(given)
    spreads = tuple(float(one) for one in sigmas) if sigmas and len(sigmas) == count and min(sigmas) > 0 else None
    plain = generic(count, given, pairs, spreads)
    joined = tuple((int(a), int(b)) for a, b in bones if 0 <= int(a) < count and 0 <= int(b) < count)
    return Skeleton(plain.names, joined, plain.mirror, plain.sigmas, plain.colours, plain.sigmas_known)


def _mirror_by_name(names: tuple[str, ...] | None) -> tuple[int, ...] | None:
    """Pair 'left x' with 'right x'."""
    if names is None:
        return None
    lower = [name.lower() for name in names]
    swap = {"left": "right", "right": "left", "l": "r", "r": "l"}
    other = [" ".join(swap.get(word, word) for word in name.split()) for name in lower]
    return tuple(lower.index(name) if name in lower else index for index, name in enumerate(other))
