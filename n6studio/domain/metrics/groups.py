"""Accuracy by what makes people hard to see: how many there are in an image, and how much of them is hidden."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.evaluation.model import ConfidenceBin, CrowdGroup, HiddenGroup
from n6studio.domain.metrics.average_precision import Ranking, ap_coco
from n6studio.domain.metrics.matching import THRESHOLDS
from n6studio.domain.metrics.oks import Float64Array
from n6studio.domain.pose.people import FloatArray

# People labelled in a picture: name, from, up to.
CROWDS = (("alone", 1, 1), ("2 to 4", 2, 4), ("5 or more", 5, 10**9))
# Share of a person's labelled keypoints that are hidden: name, above, up to.
HIDDEN = (("nothing hidden", -1.0, 0.0), ("up to half hidden", 0.0, 0.5), ("more than half hidden", 0.5, 1.0))
# COCO's sizes, by area in square pixels of the image.
SIZES = (("small", 0.0, 32.0**2), ("medium", 32.0**2, 96.0**2), ("large", 96.0**2, 1e10))
FOUND_OKS = THRESHOLDS[0]
CALIBRATION_BINS = 10


def by_crowd(ranking: Ranking) -> tuple[CrowdGroup, ...]:
    """Return accuracy for each of `CROWDS`, over the images with so many people only."""
    groups = []
    for name, low, high in CROWDS:
        member = (ranking.positives >= low) & (ranking.positives <= high)
        ap = ap_coco(ranking, member.astype(np.float64)).mean() if member.any() else None
        people = int(ranking.positives[member].sum())
        groups.append(CrowdGroup(name=name, images=int(member.sum()), people=people, ap=_figure(ap)))
    return tuple(groups)


def hidden_share(keypoints: FloatArray) -> Float64Array:
    """Return for each labelled person (T, K, 3) which share of the labelled keypoints is hidden (visibility 1)."""
    labelled = (keypoints[..., 2] > 0).sum(axis=1)
    hidden = ((keypoints[..., 2] > 0) & (keypoints[..., 2] < 1.5)).sum(axis=1)
    return np.asarray(hidden / np.maximum(labelled, 1), np.float64)


def by_hidden(shares: Float64Array, oks: Float64Array) -> tuple[HiddenGroup, ...]:
    """Return OKS for each of `HIDDEN`.

    Found people have no such property, so there is no precision, and no AP, by it.

    Args:
        shares: (N,) from `hidden_share`, of all labelled people.
        oks: (N,) best OKS of each, 0 for the missed.
    """
    groups = []
    for name, above, most in HIDDEN:
        member = (shares > above) & (shares <= most)
        mean = oks[member].mean() if member.any() else None
        found = (oks[member] >= FOUND_OKS).mean() if member.any() else None
        groups.append(HiddenGroup(name=name, people=int(member.sum()), oks=_figure(mean), found=_figure(found)))
    return tuple(groups)


def people_by_size(areas: Sequence[npt.NDArray[np.floating[Any]]]) -> dict[str, int]:
    """Return how many labelled people are of each of `SIZES`, as COCO counts them: limits belong to both sides."""
    every = np.concatenate([np.zeros(0), *areas])
    return {name: int(((every >= low) & (every <= high)).sum()) for name, low, high in SIZES}


def confidence_calibration(ranking: Ranking) -> tuple[ConfidenceBin, ...]:
    """Return for each tenth of the confidences how many people have it, and how many of those are right.

    Right is OKS 0.5 or better; who counts neither way (crowds) is left out. A score can be trusted as a probability
    where `right` is near `score`; None where nobody has such a score.
    """
    counted = ~ranking.ignored[:, 0]
    scores, right = ranking.scores[counted].astype(np.float64), ranking.hits[counted, 0]
    place = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    rows = []
    for index in range(CALIBRATION_BINS):
        member = place == index
        some = bool(member.any())
        rows.append(
            ConfidenceBin(
                low=index / CALIBRATION_BINS,
                high=(index + 1) / CALIBRATION_BINS,
                people=int(member.sum()),
                score=_figure(scores[member].mean()) if some else None,
                right=_figure(right[member].mean()) if some else None,
            )
        )
    return tuple(rows)


def _figure(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 6)
