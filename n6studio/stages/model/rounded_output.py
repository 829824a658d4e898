"""A network whose float output is rounded to int8 at one scale, as an application that takes int8 will see it."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.preprocess import Resize, lay_in, place
from n6studio.stages.datasets.images import PictureUnreadable, read_picture
from n6studio.stages.datasets.model import Item
from n6studio.stages.model.runner import Network, Picture

PICTURES = 64  # on which the output's range is measured


@dataclass(frozen=True)
class OutputScale:
    """value = (int8 - zero_point) * scale, for boxes, scores and keypoints alike: the board knows one scale only."""

    scale: float
    zero_point: int

    def rounded(self, output: FloatArray) -> FloatArray:
        """Return what is left of `output` after a way through int8; same shape, float32."""
        steps = np.clip(np.rint(output / self.scale) + self.zero_point, -128, 127)
        return np.asarray((steps - self.zero_point) * self.scale, np.float32)


def scale_over(low: float, high: float) -> OutputScale:
    """Return the scale that spends int8's 256 values on low..high; zero is always one of them, as in TFLite."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1 / 255
    return OutputScale(scale, round(-128 - low / scale))


def measured_range(network: Network, items: Sequence[Item], resize: str) -> tuple[float, float]:
    """Return the smallest and largest value of the network's output on pictures spread evenly over `items`."""
    step = max(1, len(items) // PICTURES)
    lowest, highest = 0.0, 0.0
    for picture in _readable(items[::step][:PICTURES], network.info.size, resize):
        output = network.run(picture)
        lowest, highest = min(lowest, float(np.nanmin(output))), max(highest, float(np.nanmax(output)))
    return lowest, highest


def _readable(items: Iterable[Item], size: tuple[int, int], resize: str) -> Iterable[Picture]:
    for item in items:
        try:
            image = read_picture(item.path)
        except PictureUnreadable:
            continue
        height, width = image.shape[:2]
        yield lay_in(image, place((width, height), size, Resize(resize)))


class RoundedNetwork:
    """Another network, seen through int8."""

    def __init__(self, network: Network, scale: OutputScale) -> None:
        self._network, self._scale = network, scale
        self.info = dataclasses.replace(network.info, output_type="int8")

    def run(self, picture: Picture) -> FloatArray:
        """Return the rounded output; see `Network.run`."""
        return self._scale.rounded(self._network.run(picture))
