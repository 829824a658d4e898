"""Between a network's input and the frame it was taken from: which part was seen, and coordinates as fractions of it.

Results travel as fractions of the whole frame, whatever the network saw of it, so that they can be drawn on any size.
"""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.people import FloatArray, People
from n6studio.domain.pose.preprocess import Placement, Resize

Part = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """Which part of the frame the network saw, and how it got there.

    Attributes:
        resize: how the part was brought to the network's input.
        size: (width, height) of the network's input in pixels.
        part: (left, top, width, height) of the part of the frame that the network saw, as fractions of the frame.
    """

    resize: Resize
    size: tuple[int, int]
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


def seen_part(placement: Placement) -> Part:
    """Return (left, top, width, height) of what fills the input, as fractions of the picture.

    With a letterbox this is larger than the picture: the padding lies outside. Values are those of a float32, as they
    travel, so that both ends of the stream calculate with the same.
    """
    (width, height), (scale_x, scale_y), (offset_x, offset_y) = placement.picture, placement.scale, placement.offset
    if placement.target == (0, 0, *placement.size):  # no padding: whole source pixels, without rounding
        left, top, part_width, part_height = placement.source
        values = (left / width, top / height, part_width / width, part_height / height)
    else:
        across, down = placement.size[0] / scale_x, placement.size[1] / scale_y
        values = (-offset_x / scale_x / width, -offset_y / scale_y / height, across / width, down / height)
    left_f, top_f, width_f, height_f = (float(np.float32(value)) for value in values)
    return left_f, top_f, width_f, height_f


def view_of(placement: Placement, resize: Resize) -> View:
    """Return the view that a placement amounts to."""
    return View(resize, placement.size, seen_part(placement))


def to_fractions(people: People, view: View) -> People:
    """Return `people`, given in pixels of the network's input, as fractions of the frame; boxes end at its edges."""
    size, corner, extent = _arrays(view)
    boxes = (people.boxes.reshape(-1, 2, 2) / size * extent + corner).clip(0, 1)
    keypoints = people.keypoints.copy()
    keypoints[..., :2] = keypoints[..., :2] / size * extent + corner
    return People(boxes.reshape(-1, 4).astype(np.float32), people.scores, keypoints.astype(np.float32))


def to_input_pixels(people: People, view: View) -> People:
    """Return `people`, given as fractions of the frame, in pixels of the network's input; nothing is clipped."""
    size, corner, extent = _arrays(view)
    boxes = (people.boxes.reshape(-1, 2, 2) - corner) / extent * size
    keypoints = people.keypoints.copy()
    keypoints[..., :2] = (keypoints[..., :2] - corner) / extent * size
    return People(boxes.reshape(-1, 4).astype(np.float32), people.scores, keypoints.astype(np.float32))


def _arrays(view: View) -> tuple[FloatArray, FloatArray, FloatArray]:
    left, top, width, height = view.part
    return np.array(view.size, np.float32), np.array((left, top), np.float32), np.array((width, height), np.float32)
