"""Pixel values as a model's input takes them, and output values as int8 counts them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.model.numbers import is_signed_range, is_unit_range
from n6studio.domain.pose.int8_decode import OutputScale

Quantizer = tuple[float, int]  # scale, zero point


def takes_pixels(dtype: Any, quantization: Quantizer) -> bool:
    """Return whether an input of this type can be given pixel values."""
    whole = dtype in (np.uint8, np.int8, np.int16, np.uint16)
    return dtype == np.float32 or (whole and quantization[0] > 0)


def counted_in_int8(dtype: Any, quantization: Quantizer) -> OutputScale | None:
    """Return what a step of an output stands for; a uint8 output is the same as int8 with a zero point 128 lower."""
    scale, zero = quantization
    if dtype not in (np.int8, np.uint8) or scale <= 0:
        return None
    return OutputScale(float(scale), int(zero) - (128 if dtype == np.uint8 else 0))


def pixel_table(dtype: Any, quantization: Quantizer, signed: bool) -> npt.NDArray[Any] | None:
    """Return the tensor value for each of the 256 pixel values, or None where they are the same.

    A board writes the camera's bytes into a uint8 input as they are, whatever its scale says.

    Args:
        dtype: of the input.
        quantization: its scale and zero point, where it is of integers.
        signed: whether a float model takes -1..1 instead of 0..1.
    """
    if dtype == np.uint8:
        return None
    pixels = np.arange(256, dtype=np.float32) / np.float32(255)
    if np.issubdtype(dtype, np.floating):
        return pixels * 2 - 1 if signed else pixels
    scale, zero = quantization
    limits = np.iinfo(dtype)
    low, high = (limits.min - zero) * scale, (limits.max - zero) * scale
    if dtype == np.int8 and (is_signed_range(low, high) or is_unit_range(low, high)):
        return np.arange(-128, 128).astype(np.int8)
    values: npt.NDArray[Any] = np.clip(np.rint(pixels / scale + zero), limits.min, limits.max)
    return values.astype(dtype)


def takes_signed(path: Path) -> bool:
    """Whether a .tflite with float input turns it first into integers that stand for -1..1."""
    from n6studio.stages.model.tflite_ends import first_range

    found = first_range(path)
    return found is not None and is_signed_range(*found)
