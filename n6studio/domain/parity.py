"""Do two computers see the same in the same picture? The largest difference between what they say."""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.live import View
from n6studio.domain.people import FloatArray, People
from n6studio.domain.views import to_input_pixels


@dataclass(frozen=True)
class Parity:
    """How far two results for the same network input are apart.

    Attributes:
        keypoints: largest distance of a keypoint to its counterpart, in pixels of the network's input.
        boxes: largest difference of a box edge, likewise.
        scores: largest difference of a person's score, 0..1.
        visibilities: largest difference of a keypoint's score, 0..1.
        people: how many people both have found.
        unmatched: how many only one of them has found.
    """

    keypoints: float
    boxes: float
    scores: float
    visibilities: float
    people: int
    unmatched: int


def compare(first: People, second: People, view: View) -> Parity:
    """Compare two results for one network input.

    Each person of `first` is compared with the one of `second` whose keypoints lie nearest, best score first. A value
    that is not a number is infinitely far from any other.

    Args:
        first: people as fractions of the frame.
        second: likewise; with as many keypoints as `first`.
        view: what of the frame the network saw.
    """
    ours, theirs = to_input_pixels(first, view), to_input_pixels(second, view)
    waiting = list(range(len(theirs)))
    worst = [0.0, 0.0, 0.0, 0.0]
    matched = 0
    for index in range(len(ours)):
        if not waiting:
            break
        points = ours.keypoints[index]
        nearest = min(waiting, key=lambda other: _typical(points[:, :2] - theirs.keypoints[other, :, :2]))
        waiting.remove(nearest)
        matched += 1
        moved = points[:, :2] - theirs.keypoints[nearest, :, :2]
        found = (
            np.hypot(moved[:, 0], moved[:, 1]),
            ours.boxes[index] - theirs.boxes[nearest],
            ours.scores[index] - theirs.scores[nearest],
            points[:, 2] - theirs.keypoints[nearest, :, 2],
        )
        worst = [max(known, _largest(np.atleast_1d(value))) for known, value in zip(worst, found, strict=True)]
    return Parity(*worst, people=matched, unmatched=len(ours) - matched + len(waiting))


def _typical(moved: FloatArray) -> float:
    value = float(np.abs(moved).mean())
    return value if np.isfinite(value) else np.inf


def _largest(difference: FloatArray) -> float:
    value = float(np.abs(difference).max(initial=0))
    return value if np.isfinite(value) else np.inf
