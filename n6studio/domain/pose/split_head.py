"""A split head, as plain data: what a model's outputs stand for that ends at its last convolutions.

At each stride there are three int8 outputs: for boxes, for confidences and for keypoints, each with a scale of its own.
`n6studio.domain.pose.split_decode` puts them together.
"""

from dataclasses import dataclass

BINS = 16  # of a side's distribution
BOX_CODES = 4 * BINS
BRANCHES = 3  # boxes, confidences, keypoints
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
    def output_bytes(self) -> int:
        """Bytes of all outputs together."""
        return self.candidates * (BOX_CODES + self.classes + self.keypoints * self.dims)
