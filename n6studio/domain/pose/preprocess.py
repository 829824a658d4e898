"""From an image to the model's input: letterbox, stretch and crop.

The board never letterboxes: its camera pipe squeezes the whole frame ("stretch", ST's FIT and FULLSCREEN) or cuts the
centre out ("crop", ST's CROP). Ultralytics trains and validates with a letterbox. The same mapping serves evaluation,
calibration, the live view and the reports.
"""

import dataclasses
import enum
import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

LETTERBOX_GREY = 114  # the value Ultralytics pads with


class Resize(enum.StrEnum):
    """How an image is brought to the model's input size."""

    LETTERBOX = "letterbox"
    STRETCH = "stretch"
    CROP = "crop"


Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True)
class Placement:
    """Which part of an image goes where in the model's input.

    Attributes:
        image: (width, height) of the image in pixels.
        size: (width, height) of the model's input in pixels.
        source: (left, top, width, height) of the part that is used, in pixels of the image.
        target: (left, top, width, height) of where it goes, in pixels of the input; the rest is padding.
        first: (width, height) that it is resized to before, pixels; None where it is resized once.
    """

    image: tuple[int, int]
    size: tuple[int, int]
    source: Rectangle
    target: Rectangle
    first: tuple[int, int] | None = None

    @property
    def scale(self) -> tuple[float, float]:
        """(x, y) factors: input pixels per image pixel."""
        if self.first is None:
            return self.target[2] / self.source[2], self.target[3] / self.source[3]
        gain = _gain(self.first, self.size)  # Ultralytics does not count that the second resize rounds
        return self.first[0] * gain / self.source[2], self.first[1] * gain / self.source[3]

    @property
    def offset(self) -> tuple[float, float]:
        """(x, y) in input pixels: input = image * scale + offset."""
        scale = self.scale
        return self.target[0] - self.source[0] * scale[0], self.target[1] - self.source[1] * scale[1]


def place(image: tuple[int, int], size: tuple[int, int], mode: Resize) -> Placement:
    """Return how an image of (width, height) is laid into an input of (width, height), all in pixels.

    Letterbox rounds as Ultralytics does (scaled size to whole pixels, padding split with the smaller half first), so
    that results agree with its own validation to the pixel. Crop cuts as ST's camera pipe does: whole source pixels,
    HSize = floor(size * r) with r the smaller of the two ratios, HStart = floor((width - HSize + 1) / 2).
    """
    (width, height), (to_width, to_height) = image, size
    whole_image, whole_input = (0, 0, width, height), (0, 0, to_width, to_height)
    if mode is Resize.STRETCH:
        return Placement(image, size, whole_image, whole_input)
    if mode is Resize.CROP:
        ratio = min(width / to_width, height / to_height)
        cut_w, cut_h = max(1, int(to_width * ratio)), max(1, int(to_height * ratio))
        cut = ((width - cut_w + 1) // 2, (height - cut_h + 1) // 2, cut_w, cut_h)
        return Placement(image, size, cut, whole_input)
    return _letterbox(image, size, round)


def letterbox_of_validation(image: tuple[int, int], size: tuple[int, int]) -> Placement:
    """Return how Ultralytics' validation lays an image in: its data loader rounds the scaled size up.

    Its predictor, and `place`, round it to the nearest. The loader (ultralytics/data/base.py, load_image) knows the
    input's longer side alone; for an input that is no square the image is then resized a second time.
    """
    if size[0] == size[1]:
        return _letterbox(image, size, math.ceil)
    longest = max(size)
    width, height = (min(longest, math.ceil(side * (longest / max(image)))) for side in image)
    then = _letterbox((width, height), size, round)
    return dataclasses.replace(then, image=image, source=(0, 0, *image), first=(width, height))


def _gain(image: tuple[int, int], size: tuple[int, int]) -> float:
    return min(size[0] / image[0], size[1] / image[1])


def _letterbox(image: tuple[int, int], size: tuple[int, int], whole: Callable[[float], int]) -> Placement:
    (width, height), (to_width, to_height) = image, size
    gain = _gain(image, size)
    inner_w = min(to_width, max(1, whole(width * gain)))
    inner_h = min(to_height, max(1, whole(height * gain)))
    left, top = max(0, round((to_width - inner_w) / 2 - 0.1)), max(0, round((to_height - inner_h) / 2 - 0.1))
    return Placement(image, size, (0, 0, width, height), (left, top, inner_w, inner_h))


def lay_in(image: Image, placement: Placement) -> Image:
    """Return `image` (H, W, 3) uint8 resized and placed into the model's input (to_height, to_width, 3) uint8.

    Bilinear without antialiasing, as both Ultralytics and ST's quantization script resize.
    """
    from_x, from_y, cut_w, cut_h = placement.source
    left, top, inner_w, inner_h = placement.target
    cut = image[from_y : from_y + cut_h, from_x : from_x + cut_w]
    inner = _resize(cut if placement.first is None else _resize(cut, *placement.first), inner_w, inner_h)
    if (inner_w, inner_h) == placement.size:
        return inner
    canvas = np.full((placement.size[1], placement.size[0], 3), LETTERBOX_GREY, np.uint8)
    canvas[top : top + inner_h, left : left + inner_w] = inner
    return canvas


def _resize(image: Image, width: int, height: int) -> Image:
    if image.shape[1] == width and image.shape[0] == height:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
