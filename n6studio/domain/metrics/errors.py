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
    if not pairs:
        return np.zeros(len(KINDS))
    trues, persons = (np.array(side) for side in zip(*pairs, strict=True))
    spreads = 2 * np.maximum(areas, 1e-9)[:, None] * (2 * np.asarray(skeleton.sigmas, np.float64)) ** 2
    labelled = truth[trues, :, 2] > 0
    right = _similarity(found[persons], truth[trues], spreads[trues])
    rows, points = np.nonzero(labelled & (right < NEAR))  # the only ones for which others' labels matter
    seen, person = found[persons[rows], points][:, None], trues[rows]
    of_person = _similarity(seen, truth[person], spreads[person])
    of_person[np.arange(len(rows)), points] = 0.0
    inverted = of_person.max(axis=1, initial=0.0) >= NEAR
    partners = np.stack([points, np.array(skeleton.mirror)[points]])  # the same keypoint, and the one opposite
    of_others = _similarity(seen[:, None], truth[:, partners].swapaxes(0, 2), spreads[:, partners].swapaxes(0, 2))
    of_others[np.arange(len(rows)), :, person] = 0.0
    swapped = (of_others.max(axis=(1, 2), initial=0.0) >= NEAR) & ~inverted
    good = int((labelled & (right >= GOOD)).sum())
    off, inversions, swaps = len(rows), int(inverted.sum()), int(swapped.sum())
    jitters = int(labelled.sum()) - good - off
    return np.array([good, jitters, inversions, swaps, off - inversions - swaps], np.float64)


def _similarity(found: FloatArray, labels: FloatArray, spreads: Float64Array) -> Float64Array:
    """Return how alike found keypoints (..., 3) are to labels (..., 3), (...); 0 to what is not labelled."""
    apart = found[..., :2].astype(np.float64) - labels[..., :2].astype(np.float64)
    return np.asarray(np.exp(-(apart[..., 0] ** 2 + apart[..., 1] ** 2) / spreads) * (labels[..., 2] > 0))


def error_figures(counts: Float64Array) -> KeypointErrors:
    """Return the counts by name, and how many there are in all."""
    by_kind = {name: int(count) for name, count in zip(KINDS, counts, strict=True)}
    return KeypointErrors(labelled=int(counts.sum()), **by_kind)
