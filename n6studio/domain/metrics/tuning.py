"""Which confidence and NMS IoU threshold serve best: precision, recall and OKS at any, from one look at every frame.

Suppression keeps the more confident first, and so does the assignment to the reference's people here: what counts
above a confidence is the beginning of what counts at all. One pass for each NMS IoU threshold gives every confidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from n6studio.domain.metrics.keypoints import FOUND_OKS
from n6studio.domain.metrics.oks import Float64Array, object_areas, oks_matrix
from n6studio.domain.pose.decode import averaged_keypoints, suppress
from n6studio.domain.pose.people import FloatArray, ImagePixels, People

IOUS = tuple(round(0.3 + 0.05 * step, 2) for step in range(13))  # 0.3 to 0.9
CONFIDENCES = tuple(round(0.05 + 0.01 * step, 2) for step in range(91))  # 0.05 to 0.95
LEAST_CONFIDENCE = CONFIDENCES[0]  # of candidates that are worth a look


@dataclass(frozen=True, eq=False)
class TwoViews:
    """One frame, seen twice.

    Attributes:
        frame: its number.
        reference: people who are there; keypoints of visibility above 0 count.
        candidates: what the judged model gives before suppression, highest confidence first, with as many keypoints.
        average: whether what judges averages keypoints over all candidates of a person, which is yet to be done.
    """

    frame: int
    reference: People[ImagePixels]
    candidates: People[ImagePixels]
    average: bool = False


@dataclass(frozen=True)
class OperatingPoint:
    """What two thresholds bring.

    Attributes:
        confidence, iou: the thresholds.
        right: people who are there and were found, with an OKS of at least 0.5 (TP).
        wrong: people who were found and are not there (FP).
        missed: people who are there and were not found (FN).
        oks: mean OKS of those who were found; None where nobody was.
    """

    confidence: float
    iou: float
    right: int
    wrong: int
    missed: int
    oks: float | None

    @property
    def precision(self) -> float | None:
        """Share of what was found that is there; None where nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else None

    @property
    def recall(self) -> float | None:
        """Share of who is there that was found; None where nobody is there."""
        there = self.right + self.missed
        return self.right / there if there else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where there is none."""
        counted = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / counted if counted else 0.0


@dataclass(frozen=True, eq=False)
class Curve:
    """What each confidence threshold brings at one NMS IoU threshold.

    Attributes:
        iou: the NMS IoU threshold.
        confidences: (N,) of everything found in all frames.
        oks: (N,) to the person that it was taken for, 0 where that is nobody.
        people: how many are there.
    """

    iou: float
    confidences: FloatArray
    oks: Float64Array
    people: int

    def at(self, confidence: float) -> OperatingPoint:
        """Return what this threshold brings; candidates at or below it are dropped, as boards do."""
        oks = self.oks[self.confidences > confidence]
        right = int((oks > 0).sum())
        mean = float(oks[oks > 0].mean()) if right else None
        return OperatingPoint(confidence, self.iou, right, len(oks) - right, self.people - right, mean)


def curve(frames: Sequence[TwoViews], iou: float, sigmas: Sequence[float], most: int) -> Curve:
    """Return what each confidence brings at one NMS IoU threshold.

    Args:
        frames: all of them.
        iou: the NMS IoU threshold, 0..1.
        sigmas: of the skeleton, one for each keypoint.
        most: max detections of a frame.
    """
    confidences, oks = [np.zeros(0, np.float32)], [np.zeros(0)]
    for frame in frames:
        found, _, alike = assigned(frame, iou, sigmas, most)
        confidences.append(found.confidences)
        oks.append(alike)
    people = sum(len(frame.reference) for frame in frames)
    return Curve(iou, np.concatenate(confidences), np.concatenate(oks), people)


def assigned(
    frame: TwoViews, iou: float, sigmas: Sequence[float], most: int
) -> tuple[People[ImagePixels], list[int], Float64Array]:
    """Return what is found in a frame, whom each is taken for (-1 for nobody), and the OKS to that one, 0 for nobody.

    The more confident choose first, each the person that it is most like, with an OKS of at least 0.5.
    """
    keep = suppress(frame.candidates.boxes, iou, most)
    found = frame.candidates[keep]
    if frame.average:
        found = replace(found, keypoints=averaged_keypoints(frame.candidates, keep, iou))
    there = frame.reference
    left = oks_matrix(there.keypoints, found.keypoints, object_areas(there.boxes), sigmas)
    chosen, oks = [-1] * len(found), np.zeros(len(found))
    for number in range(len(found) if len(there) else 0):
        person = int(left[:, number].argmax())
        if left[person, number] >= FOUND_OKS:
            chosen[number], oks[number] = person, left[person, number]
            left[person] = 0
    return found, chosen, oks


def curves(
    frames: Sequence[TwoViews], sigmas: Sequence[float], most: int, progress: Callable[[int, int], None]
) -> tuple[Curve, ...]:
    """Return one for each of `IOUS`.

    Args:
        frames: all of them.
        sigmas: of the skeleton.
        most: max detections of a frame.
        progress: called with (done, total); it may raise to stop.
    """
    made = []
    for done, iou in enumerate(IOUS, 1):
        made.append(curve(frames, iou, sigmas, most))
        progress(done, len(IOUS))
    return tuple(made)


def best(made: Sequence[Curve]) -> OperatingPoint:
    """Return the thresholds with the highest F1; of equal ones those in the middle, which are least near to worse ones.

    Args:
        made: at least one.
    """
    points = [[one.at(confidence) for confidence in CONFIDENCES] for one in made]
    highest = max(point.f1 for row in points for point in row)
    equal = [[point for point in row if point.f1 >= highest - 1e-9] for row in points]
    widest = max(len(row) for row in equal)
    rows = [row for row in equal if len(row) == widest]
    row = rows[len(rows) // 2]
    return row[len(row) // 2]


def distances(
    frames: Sequence[TwoViews], iou: float, confidence: float, sigmas: Sequence[float], most: int
) -> Float64Array:
    """Return how far each keypoint of those who were found is from the reference's, (people, K) in pixels.

    NaN where the reference does not have the keypoint.
    """
    rows = [np.zeros((0, len(sigmas)))]
    for frame in frames:
        found, chosen, _ = assigned(frame, iou, sigmas, most)
        pairs = [(at, person) for at, person in enumerate(chosen) if person >= 0 and found.confidences[at] > confidence]
        for at, person in pairs:
            there = frame.reference.keypoints[person].astype(np.float64)
            apart = np.hypot(*(found.keypoints[at, :, :2] - there[:, :2]).T)
            rows.append(np.where(there[:, 2] > 0, apart, np.nan)[None])
    return np.concatenate(rows)
