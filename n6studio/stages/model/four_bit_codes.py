"""Whole numbers of 4 bits as a .tflite has them: row by row, two in a byte, the first in the low half."""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int8]


def packed(codes: Codes) -> npt.NDArray[np.uint8]:
    """Return numbers of -8..7 as bytes; the last one's high half is 0 where their count is odd."""
    flat = codes.reshape(-1)
    halves = np.append(flat, np.zeros(len(flat) % 2, np.int8)).astype(np.uint8) & 0x0F
    return np.asarray(halves[0::2] | halves[1::2] << 4, np.uint8)


def unpacked(data: npt.NDArray[np.uint8], count: int) -> Codes:
    """Return the first `count` numbers of bytes, -8..7 each."""
    halves = np.stack([data << 4, data & 0xF0], axis=1).reshape(-1).view(np.int8)
    return np.asarray(np.right_shift(halves, 4)[:count], np.int8)
