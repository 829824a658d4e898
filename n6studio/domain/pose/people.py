"""People as every room passes them on: boxes, confidences and keypoints of one image, in a known frame of coordinates.

Which frame that is, is part of the type: `People[ImagePixels]` cannot be passed where `People[ImageFractions]` are
expected. `n6studio.domain.pose.frames` has the conversions, and nothing else converts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class ImagePixels:
    """Pixels of the image; (0, 0) is the corner, not the centre, of the first pixel. No objects: for types only."""


class ImageFractions:
    """Fractions of the image's width and height: 0..1 lies inside. No objects: for types only."""


class InputPixels:
    """Pixels of the model's input, padding included. No objects: for types only."""


class InputFractions:
    """Fractions of the width and height of the model's input, padding included. No objects: for types only."""


FrameT = TypeVar("FrameT")


@dataclass(frozen=True, eq=False)
class People(Generic[FrameT]):
    """All people found (or labelled) in one image, highest confidence first where they were found by a model.

    Attributes:
        boxes: (P, 4) float32: left, top, right, bottom.
        confidences: (P,) float32 in 0..1; 1 for labels.
        keypoints: (P, K, 3) float32: x, y and visibility. From a model visibility is a probability in 0..1; in
            labels it is COCO's 0 not labelled, 1 labelled but hidden, 2 visible.
        classes: (P,) the class of each; None where there is one class only, or all are of the first.
    """

    boxes: FloatArray
    confidences: FloatArray
    keypoints: FloatArray
    classes: npt.NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.confidences)

    def __getitem__(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | list[int] | slice) -> "People[FrameT]":
        classes = None if self.classes is None else self.classes[index]
        return People(self.boxes[index], self.confidences[index], self.keypoints[index], classes)

    @property
    def class_numbers(self) -> npt.NDArray[np.int32]:
        """The class of each, (P,), 0 where there is one only."""
        return np.zeros(len(self), np.int32) if self.classes is None else self.classes


def nobody(keypoint_count: int) -> People[FrameT]:
    """Return an empty `People` for skeletons of `keypoint_count` points, in the frame that the caller wants."""
    return People(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, keypoint_count, 3), np.float32))


def together(groups: Sequence[People[FrameT]]) -> People[FrameT]:
    """Return the people of at least one group, in the order given; all have the same number of keypoints."""
    return People(
        np.concatenate([group.boxes for group in groups]),
        np.concatenate([group.confidences for group in groups]),
        np.concatenate([group.keypoints for group in groups]),
        np.concatenate([group.class_numbers for group in groups])
        if any(group.classes is not None for group in groups)
        else None,
    )


def rows_of(people: People[FrameT]) -> FloatArray:
    """Return (P, 5 + 3 K) rows as boards have them: left, top, right, bottom, confidence, then x, y, visibility."""
    points = people.keypoints.reshape(len(people), 3 * people.keypoints.shape[1])
    return np.asarray(np.concatenate([people.boxes, people.confidences[:, None], points], axis=1), np.float32)
