"""Do two computers see the same in the same image? The largest difference between what they say."""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.frames import fractions_to_input
from n6studio.domain.pose.people import FloatArray, ImageFractions, InputPixels, People
from n6studio.domain.pose.views import View


@dataclass(frozen=True)
class Parity:
    """How far two results for the same model input are apart.

    Attributes:
        keypoints: largest distance of a keypoint to its counterpart, in pixels of the model's input.
        boxes: largest difference of a box edge, likewise.
        confidences: largest difference of a person's confidence, 0..1.
        visibilities: largest difference of a keypoint's visibility, 0..1.
        people: how many people both have found.
        unmatched: how many only one of them has found.
    """

    keypoints: float
    boxes: float
    confidences: float
    visibilities: float
    people: int
    unmatched: int


def compare(first: People[ImageFractions], second: People[ImageFractions], view: View) -> Parity:
    """Compare two results for one model input.

    Those whose keypoints lie nearest to each other are taken for the same person. A value that is not a number is
    infinitely far from any other.

    Args:
        first: what one found.
        second: what the other found; with as many keypoints as `first`.
        view: what of the frame the model saw.
    """
    ours, theirs = fractions_to_input(first, view), fractions_to_input(second, view)
    pairs = _nearest(ours, theirs)
    mine, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    moved = ours.keypoints[mine] - theirs.keypoints[other]
    return Parity(
        keypoints=_largest(np.hypot(moved[..., 0], moved[..., 1])),
        boxes=_largest(ours.boxes[mine] - theirs.boxes[other]),
        confidences=_largest(ours.confidences[mine] - theirs.confidences[other]),
        visibilities=_largest(moved[..., 2]),
        people=len(pairs),
        unmatched=len(ours) + len(theirs) - 2 * len(pairs),
    )


def _nearest(ours: People[InputPixels], theirs: People[InputPixels]) -> list[tuple[int, int]]:
    """Return index pairs, the nearest first, until one side has nobody left."""
    if not len(ours) or not len(theirs):
        return []
    costs = np.stack([np.abs(theirs.keypoints - points)[..., :2].mean(axis=(1, 2)) for points in ours.keypoints])
    left_ours, left_theirs = set(range(len(ours))), set(range(len(theirs)))
    pairs = []
    for place in np.argsort(costs, axis=None, kind="stable"):  # what is not a number comes last
        index, other = divmod(int(place), len(theirs))
        if index in left_ours and other in left_theirs:
            left_ours.remove(index)
            left_theirs.remove(other)
            pairs.append((index, other))
    return pairs


def _largest(difference: FloatArray) -> float:
    value = float(np.abs(difference).max(initial=0))
    return value if np.isfinite(value) else np.inf
