"""A moment drawn into an image as black and white squares, so that whoever shows the image can say how old it is.

From the upper left corner to the right, each `CELL` pixels wide and high: white, black, white, black, then 24 bits of
milliseconds, the highest first, then 4 bits: the sum of the six groups of four before them, modulo 16, exclusive or
1001 in binary, so that neither all black nor all white is a moment.
"""

import time

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]

CELL = 8  # pixels: a block of a JPEG
_BITS, _CHECK = 24, 4
_FRAME = (True, False, True, False)
CELLS = len(_FRAME) + _BITS + _CHECK
WIDTH = CELL * CELLS
STATUS = "marker"  # key of a board's status that says there is one
_RANGE = 1 << _BITS  # milliseconds until a moment comes again: 4.6 hours
_OLDEST = 60_000  # milliseconds; older ones are of another clock
_CONTRAST = 64  # of 255, between the darkest white and the brightest black


def moment() -> int:
    """Return the milliseconds of `time.monotonic`, which is one clock for all programs of a computer."""
    return int(time.monotonic() * 1e3) % _RANGE


def cells(milliseconds: int) -> Bits:
    """Return (CELLS,) whether each square is white."""
    groups = [(milliseconds >> shift) & 15 for shift in range(0, _BITS, 4)]
    value = (milliseconds % _RANGE) << _CHECK | (sum(groups) % 16 ^ 9)
    bits = [bool(value >> place & 1) for place in reversed(range(_BITS + _CHECK))]
    return np.array([*_FRAME, *bits])


def draw(image: npt.NDArray[np.uint8], milliseconds: int) -> npt.NDArray[np.uint8]:
    """Return a copy of an (H, W, 3) image with the moment; as it is where it is too small."""
    if image.shape[1] < WIDTH or image.shape[0] < CELL:
        return image
    made = image.copy()
    made[:CELL, :WIDTH] = np.repeat(np.where(cells(milliseconds), 255, 0).astype(np.uint8), CELL)[None, :, None]
    return made


def read(brightness: npt.NDArray[np.float64]) -> int | None:
    """Return the milliseconds of a moment by the brightness of each square's middle, (CELLS,) in 0..255.

    None where the first four are not white, black, white, black, or the sum does not agree.
    """
    white, black = brightness[[0, 2]].min(), brightness[[1, 3]].max()
    if white - black < _CONTRAST:
        return None
    found = brightness > (white + black) / 2
    value = 0
    for bit in found[len(_FRAME) :].tolist():
        value = value << 1 | bit
    milliseconds = value >> _CHECK
    return milliseconds if (cells(milliseconds) == found).all() else None


def age(milliseconds: int, now: int) -> int | None:
    """Return how many milliseconds ago a moment was; None where that makes no sense: it is another computer's."""
    passed = (now - milliseconds) % _RANGE
    return passed if passed <= _OLDEST else None
