"""What is wrong with keypoints that are off: jitter, inversion, swap or miss, as Ronchi and Perona tell them apart.

Each labelled keypoint of a person who was found has a similarity exp(-d^2 / (2 area (2 sigma)^2)) to its label, and one
to every other label; the kinds follow from those (Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation,
ICCV 2017; limits 0.5 and 0.85).
"""

from collections.abc import Sequence

import numpy as np

from n6studio.domain.evaluation.model import KeypointErrors
from n6studio.domain.metrics.oks import Float64Array
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.skeleton import Skeleton

KINDS = ("good", "jitter", "inversion", "swap", "miss")
GOOD, NEAR = 0.85, 0.5


def error_kinds(
    truth: FloatArray, areas: Float64Array, found: FloatArray, pairs: Sequence[tuple[int, int]], skeleton: Skeleton
) -> Float64Array:
    """Return how many labelled keypoints of found people are of each of `KINDS`, (5,).

    - good: similarity to its own label of 0.85 or more;
    - jitter: 0.5 to 0.85;
    - inversion: less, and 0.5 or more to another keypoint of the same person;
    - swap: less, and 0.5 or more to the same keypoint, or its mirror partner, of another person;
    - miss: all else.

    Args:
        truth: (T, K, 3); keypoints of visibility above 0 are labelled.
        areas: (T,) areas of those people, square pixels.
        found: (P, K, 3).
        pairs: (true, found) pairs.
        skeleton: sigmas and left/right pairs.
    """
    counts = np.zeros(len(KINDS))
    for true, person in pairs:
        counts += _of_person(truth, areas, found[person], true, skeleton)
    return counts


def _of_person(
    truth: FloatArray, areas: Float64Array, found: FloatArray, true: int, skeleton: Skeleton
) -> Float64Array:
    own = _similarity(found, truth[true], areas[true], skeleton)  # (K found, K labels)
    labelled = truth[true, :, 2] > 0
    right = np.diag(own)
    count = len(skeleton)
    others_of_person = np.where(np.eye(count, dtype=bool), 0.0, own).max(axis=1, initial=0.0)
    elsewhere = np.zeros(count)
    mirror, places = np.array(skeleton.mirror), np.arange(count)
    unexplained = (labelled & (right < NEAR) & (others_of_person < NEAR)).any()  # else what others have changes nothing
    for other in range(len(truth)):
        if unexplained and other != true:
            near = _similarity(found, truth[other], areas[other], skeleton)
            elsewhere = np.maximum(elsewhere, np.maximum(near[places, places], near[places, mirror]))
    off = np.where(others_of_person >= NEAR, 2, np.where(elsewhere >= NEAR, 3, 4))
    kind = np.where(right >= GOOD, 0, np.where(right >= NEAR, 1, off))
    return np.bincount(kind[labelled], minlength=len(KINDS)).astype(np.float64)


def _similarity(found: FloatArray, truth: FloatArray, area: float, skeleton: Skeleton) -> Float64Array:
    """Return how alike each found keypoint is to each label of one person, (K, K); 0 to what is not labelled."""
    apart = found[:, None, :2].astype(np.float64) - truth[None, :, :2].astype(np.float64)
    spread = 2 * max(float(area), 1e-9) * (2 * np.asarray(skeleton.sigmas, np.float64)) ** 2
    return np.asarray(np.exp(-(apart**2).sum(axis=-1) / spread[None]) * (truth[None, :, 2] > 0))


def error_figures(counts: Float64Array) -> KeypointErrors:
    """Return the counts by name, and how many there are in all."""
    by_kind = {name: int(count) for name, count in zip(KINDS, counts, strict=True)}
    return KeypointErrors(labelled=int(counts.sum()), **by_kind)
