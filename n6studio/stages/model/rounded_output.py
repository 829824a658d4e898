"""A model whose float output is rounded to int8 at one scale, as an application that takes int8 will see it."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.preprocess import Resize, lay_in, place
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.stages.datasets.model import Item
from n6studio.stages.model.runner import Image, Model

IMAGES = 64  # on which the output's range is measured


def scale_over(low: float, high: float) -> OutputScale:
    """Return the scale that spends int8's 256 values on low..high; zero is always one of them, as in TFLite."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1 / 255
    return OutputScale(scale, round(-128 - low / scale))


def measured_range(model: Model, items: Sequence[Item], resize: str) -> tuple[float, float]:
    """Return the smallest and largest value of the model's output on images spread evenly over `items`."""
    step = max(1, len(items) // IMAGES)
    lowest, highest = 0.0, 0.0
    for image in _readable(items[::step][:IMAGES], model.info.size, resize):
        output = model.run(image)
        lowest, highest = min(lowest, float(np.nanmin(output))), max(highest, float(np.nanmax(output)))
    return lowest, highest


def _readable(items: Iterable[Item], size: tuple[int, int], resize: str) -> Iterable[Image]:
    for item in items:
        try:
            image = read_image(item.path)
        except ImageUnreadable:
            continue
        height, width = image.shape[:2]
        yield lay_in(image, place((width, height), size, Resize(resize)))


class RoundedModel:
    """Another model, seen through int8."""

    def __init__(self, model: Model, scale: OutputScale) -> None:
        self._model, self._scale = model, scale
        self.info = dataclasses.replace(model.info, output_type="int8", output_scale=scale)

    def run(self, image: Image) -> FloatArray:
        """Return the rounded output; see `Model.run`."""
        return self._scale.rounded(self._model.run(image))
