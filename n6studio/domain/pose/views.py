"""What of an image a model saw, as a stream tells it: fractions of the whole image, whatever its size."""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.preprocess import Placement, Resize

Part = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """Which part of the image the model saw, and how it got there.

    Attributes:
        resize: how the part was brought to the model's input.
        size: (width, height) of the model's input in pixels.
        part: (left, top, width, height) of the part of the image that the model saw, as fractions of the image.
    """

    resize: Resize
    size: tuple[int, int]
    part: Part = (0.0, 0.0, 1.0, 1.0)


def seen_part(placement: Placement) -> Part:
    """Return (left, top, width, height) of what fills the input, as fractions of the image.

    With a letterbox this is larger than the image: the padding lies outside. Values are those of a float32, as they
    travel, so that both ends of the stream calculate with the same.
    """
    (width, height), (scale_x, scale_y), (offset_x, offset_y) = placement.image, placement.scale, placement.offset
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
