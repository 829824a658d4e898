"""Who is who: which found person belongs to which true one, by the three rules that published figures use."""

import numpy as np
import numpy.typing as npt

from n6studio.domain.metrics.oks import Float64Array

# OKS (or box overlap) from which a person counts as found: 0.50, 0.55 ... 0.95.
THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))

Hits = npt.NDArray[np.bool_]


def match_mutual(similarity: Float64Array) -> Hits:
    """Return (P, 10): whether each found person counts at each of `THRESHOLDS`, by the rule of ST's model zoo.

    Every found person chooses the true one it is most like; every true person chooses the most alike of those that
    chose it. Only then is the threshold applied (strictly above), and scores play no part
    (multi_pose_oks_mAP in stm32ai-modelzoo-services, pose_estimation/src/evaluation/metrics.py).

    Args:
        similarity: (T, P) in 0..1.
    """
    true_count, found_count = similarity.shape
    hits = np.zeros((found_count, len(THRESHOLDS)), bool)
    if not true_count or not found_count:
        return hits
    choice = similarity.argmax(axis=0)
    wooing = np.where(choice[None] == np.arange(true_count)[:, None], similarity, -1.0)
    chosen = wooing.argmax(axis=1)
    for true, found in enumerate(chosen):
        if wooing[true, found] >= 0:
            hits[found] = similarity[true, found] > np.array(THRESHOLDS)
    return hits


def match_ranked(similarity: Float64Array) -> Hits:
    """Return (P, 10): whether each found person counts at each of `THRESHOLDS`, by Ultralytics' rule.

    For each threshold by itself: found people, best score first, each take the true person they are most like among
    those not yet taken, if it is alike enough (at or above the threshold).

    Args:
        similarity: (T, P) in 0..1; columns in order of falling score.
    """
    true_count, found_count = similarity.shape
    hits = np.zeros((found_count, len(THRESHOLDS)), bool)
    thresholds, columns = np.array(THRESHOLDS), np.arange(len(THRESHOLDS))
    taken = np.zeros((true_count, len(THRESHOLDS)), bool)
    for found in np.flatnonzero((similarity >= thresholds[0]).any(axis=0)):
        free = np.where(taken, 0.0, similarity[:, found, None])
        best = free.argmax(axis=0)
        hits[found] = free[best, columns] >= thresholds
        taken[best, columns] |= hits[found]
    return hits


def match_pairs(similarity: Float64Array, least: float) -> list[tuple[int, int]]:
    """Return (true, found) pairs, the most alike first, each person at most once, all as alike as `least` (> 0)."""
    pairs: list[tuple[int, int]] = []
    if similarity.size == 0:
        return pairs
    left = similarity.copy()
    while True:
        true, found = (int(index) for index in np.unravel_index(left.argmax(), left.shape))
        if left[true, found] < least:
            return pairs
        pairs.append((true, found))
        left[true, :] = -1
        left[:, found] = -1
