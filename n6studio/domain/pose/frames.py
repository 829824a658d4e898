"""From one frame of coordinates into another: the only way, and all of it.

Pixels of the image and of the model's input are tied by a `Placement`; a stream tells fractions of the image and a
`View` instead, so that results can be drawn on any size. Nobody else multiplies coordinates of people.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from n6studio.domain.pose.people import (
    FloatArray,
    ImageFractions,
    ImagePixels,
    InputFractions,
    InputPixels,
    People,
)
from n6studio.domain.pose.preprocess import Placement
from n6studio.domain.pose.views import View

Size = tuple[int, int]  # (width, height) in pixels

_Old = TypeVar("_Old")
_New = TypeVar("_New")


def input_to_image(people: People[InputPixels], placement: Placement) -> People[ImagePixels]:
    """Return people in pixels of the image; boxes are clipped to it, keypoints are not."""
    scale, offset = _pair(placement.scale), _pair(placement.offset)
    return _moved(people, lambda xy: (xy - offset) / scale, _pair(placement.image))


def image_to_input(people: People[ImagePixels], placement: Placement) -> People[InputPixels]:
    """Return people in pixels of the model's input; nothing is clipped."""
    scale, offset = _pair(placement.scale), _pair(placement.offset)
    return _moved(people, lambda xy: xy * scale + offset)


def input_to_fractions(people: People[InputPixels], view: View) -> People[ImageFractions]:
    """Return people as fractions of the image; boxes end at its edges, keypoints need not."""
    size, corner, extent = _pair(view.size), _pair(view.part[:2]), _pair(view.part[2:])
    return _moved(people, lambda xy: xy / size * extent + corner, 1.0)


def fractions_to_input(people: People[ImageFractions], view: View) -> People[InputPixels]:
    """Return people in pixels of the model's input; nothing is clipped."""
    size, corner, extent = _pair(view.size), _pair(view.part[:2]), _pair(view.part[2:])
    return _moved(people, lambda xy: (xy - corner) / extent * size)


def pixels_of_image(people: People[ImageFractions], size: Size) -> People[ImagePixels]:
    """Return people in pixels of the image, or of a copy of it in another size."""
    unit = _pair(size)
    return _moved(people, lambda xy: xy * unit)


def fractions_of_image(people: People[ImagePixels], size: Size) -> People[ImageFractions]:
    """Return people as fractions of the image, whose `size` this is."""
    unit = _pair(size)
    return _moved(people, lambda xy: xy / unit)


def fractions_of_input(people: People[InputPixels], size: Size) -> People[InputFractions]:
    """Return people as fractions of the model's input, whose `size` this is."""
    unit = _pair(size)
    return _moved(people, lambda xy: xy / unit)


def pixels_of_cutout(people: People[ImagePixels], corner: Size, scale: float) -> People[ImagePixels]:
    """Return people in pixels of an image that was cut out of theirs at `corner` (left, top) and then scaled."""
    start = _pair(corner)
    return _moved(people, lambda xy: (xy - start) * scale)


def _pair(values: tuple[float, ...]) -> FloatArray:
    return np.array(values, np.float32)


def _moved(
    people: People[_Old], move: Callable[[FloatArray], FloatArray], box_limit: FloatArray | float | None = None
) -> People[_New]:
    """Return people with every (x, y) moved, and boxes clipped to 0..`box_limit` where there is one."""
    boxes = move(people.boxes.reshape(-1, 2, 2))
    if box_limit is not None:
        boxes = boxes.clip(0, box_limit)
    keypoints = people.keypoints.copy()
    keypoints[..., :2] = move(keypoints[..., :2])
    return People(boxes.reshape(-1, 4).astype(np.float32, copy=False), people.confidences, keypoints, people.classes)
