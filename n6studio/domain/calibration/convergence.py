"""How tensors' ranges settle as calibration images are added: the form of the stage's result, and what it says."""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.metrics.oks import Float64Array
from n6studio.domain.texts import counted, percent

SETTLED = 0.05  # a range that is this share narrower costs a third of a bit at most
MOST = 0.95  # of the tensors: single outliers would never settle


@dataclass(frozen=True)
class Convergence:
    """What was measured, for 1, 2, 3 ... images; shares of the range that all images together give.

    Attributes:
        tensors: how many tensors were watched.
        largest: by how much the worst tensor's range is still too narrow.
        most: the same of the tensor that 95 % of them are better than.
        middle: of the median tensor.
        worst: name of the tensor that was the last to settle.

    Raises:
        ValueError: the three are of different numbers of images, as in a damaged file.
    """

    tensors: int
    largest: tuple[float, ...]
    most: tuple[float, ...]
    middle: tuple[float, ...]
    worst: str

    def __post_init__(self) -> None:
        """Make sure that all are of as many images."""
        if not len(self.largest) == len(self.most) == len(self.middle):
            raise ValueError(f"{len(self.largest)}, {len(self.most)} and {len(self.middle)} images")

    @property
    def images(self) -> int:
        """How many images were looked at."""
        return len(self.most)


def convergence(lows: Float64Array, highs: Float64Array, names: tuple[str, ...]) -> Convergence:
    """Return how ranges settle.

    Args:
        lows: (N, T) smallest value of each of T tensors on each of N images, in the order they are added.
        highs: (N, T) likewise the largest.
        names: of the T tensors.
    """
    # int8's range must contain 0, so that is where every range begins.
    width = np.maximum.accumulate(np.maximum(highs, 0)) - np.minimum.accumulate(np.minimum(lows, 0))
    moving = width[-1] > 0
    missing = 1 - width[:, moving] / width[-1, moving]
    if not missing.shape[1]:
        zeros = (0.0,) * len(lows)
        return Convergence(0, zeros, zeros, zeros, "")
    last = (missing > SETTLED).sum(axis=0).argmax()
    return Convergence(
        tensors=int(moving.sum()),
        largest=_plain(missing.max(axis=1)),
        most=_plain(np.quantile(missing, MOST, axis=1)),
        middle=_plain(np.median(missing, axis=1)),
        worst=[name for name, used in zip(names, moving, strict=True) if used][int(last)],
    )


def _plain(values: Float64Array) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def enough(found: Convergence) -> int | None:
    """Return from how many images on 95 % of the ranges are within 5 %; None where that is only near the end.

    The last images are near the end by their place alone, so what settles in the last quarter has not settled.
    """
    settled = next((count for count, share in enumerate(found.most, 1) if share <= SETTLED), found.images)
    return settled if settled <= 0.75 * found.images else None


def verdict(found: Convergence) -> str:
    """Return in a sentence whether there are enough images."""
    settled = enough(found)
    if settled is not None:
        return (
            f"Large enough: from {settled} of {counted(found.images, 'image')} on, 95 % of the "
            f"{counted(found.tensors, 'range')} are within {percent(SETTLED, 0)} of their final width."
        )
    half = found.most[max(0, found.images // 2 - 1)]
    return (
        f"Not settled: after half of the {counted(found.images, 'image')} 5 % of the ranges are still "
        f"{percent(half, 0)} or more too narrow. More, or more varied, images may help."
    )
