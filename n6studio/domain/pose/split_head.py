"""A split head, as plain data: what a model's outputs stand for that ends at its last convolutions.

At each stride there are three int8 outputs: for boxes, for confidences and for keypoints, each with a scale of its own.
`n6studio.domain.pose.split_decode` puts them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

STRIDES = (4, 8, 16, 32, 64)
BINS = 16  # of a side's distribution
BOX_CODES = 4 * BINS
BRANCHES = 3  # boxes, confidences, keypoints
LARGEST_SCALE = 32.0  # of any output; a logit's step is about 0.1
PLAIN_FACTOR = 2.0  # by which YOLOv8 multiplies a keypoint's offset


@dataclass(frozen=True)
class Scale:
    """value = (int8 - zero_point) * scale."""

    scale: float
    zero_point: int


@dataclass(frozen=True)
class Level:
    """What there is at one stride.

    Attributes:
        stride: pixels of the input from one cell to the next.
        box, score, keypoints: what a step of each output stands for.
    """

    stride: int
    box: Scale
    score: Scale
    keypoints: Scale

    @property
    def scales(self) -> tuple[Scale, Scale, Scale]:
        """Those of boxes, confidences and keypoints."""
        return self.box, self.score, self.keypoints


@dataclass(frozen=True)
class SplitHead:
    """How the outputs of a split head are to be read.

    Attributes:
        levels: the finest first; outputs come in this order, those of a level as boxes, confidences, keypoints.
        classes: number of confidences.
        keypoints: K.
        dims: values of a keypoint, 3 with visibility or 2.
        size: (width, height) of the model's input in pixels.
        factors: x, y of each keypoint, by which its offset is multiplied; () where all are 2.
    """

    levels: tuple[Level, ...]
    classes: int
    keypoints: int
    dims: int
    size: tuple[int, int]
    factors: tuple[float, ...] = ()

    @property
    def candidates(self) -> int:
        """N, over all levels."""
        return sum((self.size[0] // one.stride) * (self.size[1] // one.stride) for one in self.levels)

    @property
    def channels(self) -> tuple[int, int, int]:
        """Values of a cell in the outputs for boxes, confidences and keypoints."""
        return BOX_CODES, self.classes, self.keypoints * self.dims

    @property
    def output_bytes(self) -> int:
        """Bytes of all outputs together."""
        return self.candidates * sum(self.channels)


def levels_of(shapes: Sequence[tuple[int, ...]], size: tuple[int, int]) -> dict[int, list[int]]:
    """Return the places of three outputs for each stride, the finest first; {} where there is another number.

    Args:
        shapes: of a model's outputs, (1, height, width, channels) those of a split head.
        size: (width, height) of its input in pixels.
    """
    cells: dict[tuple[int, ...], int] = {(1, size[1] // one, size[0] // one): one for one in STRIDES}
    found: dict[int, list[int]] = {}
    for place, shape in enumerate(shapes):
        stride = cells.get(shape[:3])
        if stride is None or len(shape) != 4:
            return {}
        found.setdefault(stride, []).append(place)
    return dict(sorted(found.items())) if all(len(level) == BRANCHES for level in found.values()) else {}


def places_of(shapes: Sequence[tuple[int, ...]], size: tuple[int, int], channels: Sequence[int]) -> tuple[int, ...]:
    """Return where boxes, confidences and keypoints of the finest level are, then those of the next; () where not.

    Args:
        shapes: as `levels_of` takes them.
        size: (width, height) of the model's input in pixels.
        channels: of boxes, confidences and keypoints; of equal ones the order of the outputs counts.
    """
    found: list[int] = []
    for level in levels_of(shapes, size).values():
        for wanted in channels:
            fitting = [one for one in level if shapes[one][3] == wanted and one not in found]
            if not fitting:
                return ()
            found.append(fitting[0])
    return tuple(found)
