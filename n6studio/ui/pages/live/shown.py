"""An image as it can be painted, and what can be computed from its pixels. No widgets; from any thread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

if TYPE_CHECKING:  # OpenCV comes along with these, and the window starts without it
    from n6studio.domain.live import FrameResults
    from n6studio.link.session.session import LiveFrame

Pixels = npt.NDArray[np.uint8]
Region = tuple[float, float, float, float]
LEVELS = 64


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """An image as it can be painted.

    Attributes:
        live: frame, pixels and results.
        pixels: (height, width, 4) uint8, BGRA, which Qt paints without converting; `image` lies over this memory.
        image: the same for Qt.
    """

    live: "LiveFrame"
    pixels: Pixels
    image: QImage

    @property
    def results(self) -> "FrameResults | None":
        """What is drawn: the board's word, or this computer's where it ran a model in the board's place."""
        return self.live.results

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def shown(live: "LiveFrame") -> ShownFrame:
    """Return an image as it can be painted; takes a tenth of a millisecond."""
    import cv2

    pixels = np.asarray(cv2.cvtColor(live.image, cv2.COLOR_RGB2BGRA), np.uint8)
    height, width = pixels.shape[:2]
    return ShownFrame(live, pixels, QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32))


@dataclass(frozen=True, eq=False)
class Brightness:
    """How bright a part of an image is.

    Attributes:
        counts: (3, LEVELS) share of the part's pixels at each level, for red, green and blue; each row sums to 1.
        mean, spread: of the grey values, 0..255.
        darkest, brightest: least and greatest value of any channel.
        pixels: how many there are.
        clipped: share of the values at 0 or 255.
    """

    counts: npt.NDArray[np.float64]
    mean: float
    spread: float
    darkest: int
    brightest: int
    pixels: int
    clipped: float


def brightness(image: Pixels, region: Region) -> Brightness | None:
    """Return the brightness of a part of (H, W, 3) uint8 RGB; None where that is no pixel.

    Args:
        image: the image.
        region: (left, top, right, bottom) as fractions of it.
    """
    height, width = image.shape[:2]
    left, right = sorted(round(value * width) for value in (region[0], region[2]))
    top, bottom = sorted(round(value * height) for value in (region[1], region[3]))
    part = image[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    if not part.size:
        return None
    import cv2

    part = np.ascontiguousarray(part)
    values = np.stack([cv2.calcHist([part], [c], None, [256], [0, 256]).ravel() for c in range(3)])
    mean, spread = cv2.meanStdDev(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY))
    total, there = part.shape[0] * part.shape[1], np.flatnonzero(values.sum(axis=0))
    counts = values.reshape(3, LEVELS, -1).sum(axis=2).astype(np.float64) / total
    clipped = float(values[:, (0, 255)].sum() / values.sum())
    return Brightness(counts, float(mean[0, 0]), float(spread[0, 0]), int(there[0]), int(there[-1]), total, clipped)
