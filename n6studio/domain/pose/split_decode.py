"""The outputs of a split head -> what a whole head gives, to the last bit as the firmware's n6_split.c computes it.

A model with a split head ends at its last convolutions: at each stride one int8 output for boxes, one for confidences
and one for keypoints. Sigmoids and exponentials are those of 256 codes, so they are tables, made of additions,
multiplications and divisions of doubles: the same numbers on every machine, whatever its library of mathematics.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.split_head import BINS, BRANCHES, PLAIN_FACTOR, Level, Scale, SplitHead

Codes = npt.NDArray[np.int8]

_CODES = 256
_LOWEST = -128
_TERMS = 8
_HALVINGS = 10
_SMALLEST = 1e-30  # what is below counts as nothing, so that no number is denormal


def whole_output(split: SplitHead, outputs: Sequence[Codes]) -> FloatArray:
    """Return (4 + classes + K * dims, N): centre x, centre y, width, height, confidences, keypoints; in pixels.

    Args:
        split: how they are to be read.
        outputs: int8, of any shapes whose last dimension is the channels, cells row by row; in the order of the levels,
            of each boxes, confidences, keypoints.
    """
    parts = [
        _level(split, level, *outputs[BRANCHES * number : BRANCHES * (number + 1)])
        for number, level in enumerate(split.levels)
    ]
    return np.concatenate(parts, axis=1)


def _level(split: SplitHead, level: Level, box: Codes, score: Codes, keypoints: Codes) -> FloatArray:
    columns, rows = split.size[0] // level.stride, split.size[1] // level.stride
    cell = np.arange(columns * rows)
    anchor = np.stack([cell % columns, cell // columns]).astype(np.float32)
    factors = np.array(split.factors or (PLAIN_FACTOR,) * (2 * split.keypoints), np.float32).reshape(-1, 2, 1)
    stride = np.float32(level.stride)
    sides = _sides(box, shares(level.box))
    low, high = anchor + np.float32(0.5) - sides[:2], anchor + np.float32(0.5) + sides[2:]
    codes = keypoints.reshape(-1, split.keypoints, split.dims).transpose(1, 2, 0)
    points = np.empty(codes.shape, np.float32)
    offsets = (codes[:, :2].astype(np.int32) - level.keypoints.zero_point).astype(np.float32)
    points[:, :2] = (offsets * np.float32(level.keypoints.scale) * factors + anchor) * stride
    if split.dims == 3:
        points[:, 2] = _looked_up(codes[:, 2], sigmoids(level.keypoints))
    return np.concatenate(
        [
            (low + high) / np.float32(2) * stride,
            (high - low) * stride,
            _looked_up(score.reshape(-1, split.classes).T, sigmoids(level.score)),
            points.reshape(split.keypoints * split.dims, -1),
        ]
    )


def _looked_up(codes: Codes, table: FloatArray) -> FloatArray:
    return np.asarray(table[codes.view(np.uint8) ^ np.uint8(128)], np.float32)


def _sides(codes: Codes, share_of: FloatArray) -> FloatArray:
    """Return the means of distributions (N, 4 x bins) in cells, (4, N); added up in the order in which a board does."""
    bins = np.ascontiguousarray(codes.reshape(-1, BINS).T).view(np.uint8) ^ np.uint8(128)  # from 0 on
    counted = share_of[bins.max(axis=0) - bins]
    total, weighted = np.zeros(bins.shape[1], np.float32), np.zeros(bins.shape[1], np.float32)
    for number, share in enumerate(counted):
        total += share
        share *= np.float32(number)
        weighted += share
    return np.asarray((weighted / total).reshape(-1, 4).T, np.float32)


def _exp_of_step(scale: float) -> float:
    """Return exp(-scale): a power series of a 1024th, squared ten times."""
    x = -float(np.float32(scale)) / float(1 << _HALVINGS)
    term = total = 1.0
    for number in range(1, _TERMS + 1):
        term = term * x / float(number)
        total += term
    for _ in range(_HALVINGS):
        total = total * total
    return total


def _exponentials(scale: float, count: int) -> list[float]:
    """Return exp(-scale * n) of n from 0 on."""
    step, power, found = _exp_of_step(scale), 1.0, []
    for _ in range(count):
        found.append(power)
        power = power * step
        power = 0.0 if power < _SMALLEST else power
    return found


@lru_cache(maxsize=64)
def shares(codes: Scale) -> FloatArray:
    """Return what a bin counts that is so many codes below the largest of its distribution, (256,)."""
    return np.array(_exponentials(codes.scale, _CODES), np.float32)


@lru_cache(maxsize=64)
def sigmoids(codes: Scale) -> FloatArray:
    """Return the sigmoid of each code from -128 on, (256,)."""
    powers = _exponentials(codes.scale, 2 * _CODES)
    steps = [code + _LOWEST - codes.zero_point for code in range(_CODES)]
    values = [1.0 / (1.0 + powers[n]) if n >= 0 else powers[-n] / (1.0 + powers[-n]) for n in steps]
    return np.array(values, np.float32)
