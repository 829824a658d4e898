"""How well each keypoint is placed, at the score from which people count."""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.evaluation.model import KeypointAccuracy, PeopleCount
from n6studio.domain.metrics.errors import KINDS, error_kinds
from n6studio.domain.metrics.matching import match_pairs
from n6studio.domain.metrics.oks import Float64Array, oks_matrix
from n6studio.domain.pose.people import FloatArray, ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton

# A found person less alike than this belongs to nobody: its distances would say nothing about a keypoint.
LEAST_OKS = 0.1
# PCK counts a keypoint as right within this share of the longer side of the true box.
PCK_SHARE = 0.1
# OKS from which a person counts as rightly found.
FOUND_OKS = 0.5


@dataclass(frozen=True, eq=False)
class KeypointTally:
    """Sums over images, so that nothing of an image needs to be kept. Each is (K,) unless said otherwise.

    Attributes:
        labelled: labelled keypoints of people who were found.
        distance: sum of their distances divided by the square root of the person's area.
        near: how many of them lie within `PCK_SHARE` of the longer side of the true box.
        visible: keypoints labelled visible, of all true people.
        seen: how many of those lie near, as above; people who were missed count as not near.
        pairs: left/right pairs whose true points lie apart, each counted at both its points.
        swapped: how many of those were found the wrong way round.
        kinds: (5,) labelled keypoints of found people by `metrics_errors.KINDS`.
        people: (4,) true people, found people, true people who were found, found people who are nobody.
    """

    labelled: Float64Array
    distance: Float64Array
    near: Float64Array
    visible: Float64Array
    seen: Float64Array
    pairs: Float64Array
    swapped: Float64Array
    kinds: Float64Array
    people: Float64Array

    def __add__(self, other: "KeypointTally") -> "KeypointTally":
        return KeypointTally(*(getattr(self, name) + getattr(other, name) for name in KeypointTally.__annotations__))


def empty_tally(keypoints: int) -> KeypointTally:
    """Return a tally over no image, for K `keypoints`."""
    each = {name: np.zeros(keypoints) for name in KeypointTally.__annotations__}
    return KeypointTally(**{**each, "kinds": np.zeros(len(KINDS)), "people": np.zeros(4)})


def tally_keypoints(
    truth: People[ImagePixels],
    areas: Float64Array,
    found: People[ImagePixels],
    skeleton: Skeleton,
    aside: Float64Array | None = None,
) -> KeypointTally:
    """Return the tally of one image.

    Args:
        truth: the labelled people, each with at least one labelled keypoint.
        areas: (T,) their areas in square pixels.
        found: people found with a confidence that counts.
        skeleton: sigmas and left/right pairs.
        aside: (P,) above 0 for found people who stand in a crowd or on somebody without labelled keypoints; they are
            not called nobody.
    """
    oks = oks_matrix(truth.keypoints, found.keypoints, areas, skeleton.sigmas)
    pairs = match_pairs(oks, LEAST_OKS)
    tally = empty_tally(len(skeleton))
    tally.visible[:] = (truth.keypoints[..., 2] > 1.5).sum(axis=0)
    if pairs:
        trues, persons = (list(side) for side in zip(*pairs, strict=True))
        _tally_people(tally, truth[trues], found.keypoints[persons], areas[trues], skeleton)
    tally.kinds[:] = error_kinds(truth.keypoints, areas, found.keypoints, pairs, skeleton)
    right = {person for true, person in pairs if oks[true, person] >= FOUND_OKS}
    nobody = [person for person in range(len(found)) if person not in right and (aside is None or aside[person] <= 0)]
    tally.people[:] = (len(truth), len(found), len(right), len(nobody))
    return tally


def _tally_people(
    tally: KeypointTally, truth: People[ImagePixels], found: FloatArray, areas: Float64Array, skeleton: Skeleton
) -> None:
    """Add N true people and the found (N, K, 3) that belong to them."""
    true, mirror = truth.keypoints, np.array(skeleton.mirror)
    labelled = true[..., 2] > 0
    distance = _distances(found, true)
    reach = PCK_SHARE * (truth.boxes[:, 2:] - truth.boxes[:, :2]).max(axis=1)[:, None]
    near = labelled & (distance <= reach)
    lengths = np.maximum(np.asarray(areas, np.float64) ** 0.5, 1e-9)[:, None]
    tally.labelled[:] = labelled.sum(axis=0)
    tally.distance[:] = np.where(labelled, distance / lengths, 0.0).sum(axis=0)
    tally.near[:] = near.sum(axis=0)
    tally.seen[:] = (near & (true[..., 2] > 1.5)).sum(axis=0)
    # Of points that lie closer together than the reach, no one could say which is which.
    telling = labelled & labelled[:, mirror] & (_distances(true, true[:, mirror]) > reach)
    telling &= mirror != np.arange(len(mirror))
    wrong = _distances(found, true[:, mirror]) < distance
    tally.pairs[:] = telling.sum(axis=0)
    tally.swapped[:] = (telling & wrong & wrong[:, mirror]).sum(axis=0)


def _distances(found: FloatArray, true: FloatArray) -> Float64Array:
    apart = (found[..., :2] - true[..., :2]).astype(np.float64)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def keypoint_figures(tally: KeypointTally, skeleton: Skeleton) -> tuple[KeypointAccuracy, ...]:
    """Return what is known of each keypoint."""
    return tuple(
        KeypointAccuracy(
            name=name,
            labelled=int(tally.labelled[index]),
            error=_share(tally.distance[index], tally.labelled[index]),
            pck=_share(tally.near[index], tally.labelled[index]),
            recall=_share(tally.seen[index], tally.visible[index]),
            swap_rate=_share(tally.swapped[index], tally.pairs[index]),
        )
        for index, name in enumerate(skeleton.names)
    )


def people_figures(tally: KeypointTally) -> PeopleCount:
    """Return how many people are right, not found, and found where nobody is."""
    labelled, found, right, nobody = (int(value) for value in tally.people)
    return PeopleCount(labelled=labelled, found=found, right=right, missed=labelled - right, false=nobody)


def _share(part: float, whole: float) -> float | None:
    return round(float(part / whole), 6) if whole else None
