"""How alike two people are: object keypoint similarity (OKS), and the overlap of boxes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.people import FloatArray

Float64Array = npt.NDArray[np.float64]

# What a person's outline fills of the box around it, where no outline was labelled. Ultralytics and ST's model zoo
# take the value from xtcocotools (cocoeval.py).
BOX_TO_AREA = 0.53

_TINY = float(np.spacing(1.0))  # keeps a person of no area from dividing by zero, as pycocotools does


def object_areas(boxes: FloatArray) -> Float64Array:
    """Return the area that a person of each box (P, 4) is taken to have: 0.53 of the box, in its units squared."""
    extent = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
    return np.asarray(extent[:, 0] * extent[:, 1] * BOX_TO_AREA)


def oks_matrix(
    truth: FloatArray, found: FloatArray, areas: npt.NDArray[np.floating[Any]], sigmas: Sequence[float]
) -> Float64Array:
    """Return the OKS of each found person to each true one, (T, P), in 0..1.

    Per labelled keypoint exp(-d^2 / (2 area (2 sigma)^2)), averaged over the labelled ones (COCO keypoint task; the
    factor 2 before sigma is pycocotools'). A person without labelled keypoints is like nobody: 0.

    Args:
        truth: (T, K, 3); keypoints of visibility above 0 count.
        found: (P, K, 3); its visibility is not looked at.
        areas: (T,) area of each true person, in the keypoints' units squared.
        sigmas: K standard deviations relative to the square root of the area.
    """
    true, seen = truth.astype(np.float64).transpose(2, 0, 1)[:, :, None], found.astype(np.float64).transpose(2, 0, 1)
    squared = (true[0] - seen[0]) ** 2 + (true[1] - seen[1]) ** 2
    spread = (2 * np.asarray(sigmas, np.float64)) ** 2
    exponent = squared / spread / (np.asarray(areas, np.float64)[:, None, None] + _TINY) / 2
    counted = (truth[:, None, :, 2] > 0).astype(np.float64)
    return np.asarray((np.exp(-exponent) * counted).sum(axis=-1) / np.maximum(counted.sum(axis=-1), 1))


def box_iou_matrix(truth: FloatArray, found: FloatArray) -> Float64Array:
    """Return the overlap of each found box (P, 4) with each true one (T, 4): intersection over union, (T, P)."""
    shared, true_area, found_area = _overlaps(truth, found)
    return np.asarray(shared / np.maximum(true_area[:, None] + found_area[None] - shared, _TINY))


def covered_matrix(truth: FloatArray, found: FloatArray) -> Float64Array:
    """Return the share of each found box (P, 4) that lies in each region (T, 4), (T, P); for crowds, as COCO does."""
    shared, _, found_area = _overlaps(truth, found)
    return np.asarray(shared / np.maximum(found_area[None], _TINY))


def _overlaps(truth: FloatArray, found: FloatArray) -> tuple[Float64Array, Float64Array, Float64Array]:
    first, second = truth.astype(np.float64), found.astype(np.float64)
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    extent = np.maximum(np.minimum(first[:, None, 2:], second[None, :, 2:]) - corner, 0)
    true_area = (first[:, 2] - first[:, 0]) * (first[:, 3] - first[:, 1])
    found_area = (second[:, 2] - second[:, 0]) * (second[:, 3] - second[:, 1])
    return extent[..., 0] * extent[..., 1], true_area, found_area
