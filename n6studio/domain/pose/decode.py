"""Model output -> people. One decoder for evaluation, the live view, the virtual board and the reports."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.people import FloatArray, InputPixels, People, nobody

# Pixels by which Ultralytics moves boxes of different classes apart, so that none suppresses another's
# (ultralytics/utils/nms.py). It costs some digits, so it is done only where figures are to be equal to its own.
_APART = 7680
_TOGETHER = 6000  # pairs of boxes that are compared at once
# Whose keypoints are averaged with a better candidate's: their boxes overlap by more, and their confidence is at least
# this share of its own. Measured with several (docs/quantization.md); the firmware's n6_choose.h has the same two.
_SAME_PERSON = np.float32(0.75)
_SAME_SHARE = np.float32(0.5)

_Values = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class OutputLayout:
    """How the output tensor of a YOLO pose model is to be read.

    Attributes:
        classes: number of class scores (1 for person models).
        keypoints: K.
        dims: 3 where every keypoint carries a visibility, 2 where not.
        normalised: True where boxes and keypoints are fractions of the input, False where they are its pixels.
        end_to_end: True for models that do their own suppression: (rows, 4 corners + score + class + keypoints).
        candidates_first: True where the file's output is (N, channels); whoever runs it hands it on turned.
    """

    classes: int
    keypoints: int
    dims: int = 3
    normalised: bool = True
    end_to_end: bool = False
    candidates_first: bool = False

    @property
    def channels(self) -> int:
        """Values per candidate."""
        return (6 if self.end_to_end else 4 + self.classes) + self.keypoints * self.dims


def candidate_count(width: int, height: int) -> int:
    """Return N, the number of candidates of a three-stride (8, 16, 32) YOLO head for an input in pixels."""
    return sum((width // stride) * (height // stride) for stride in (8, 16, 32))


def decode(
    output: _Values,
    layout: OutputLayout,
    size: tuple[int, int],
    confidence: float = 0.25,
    iou: float = 0.7,
    max_detections: int = 300,
    every_class: bool = False,
    average: bool = False,
) -> People[InputPixels]:
    """Return the people in one model output, highest confidence first. Each class suppresses among itself only.

    Args:
        output: (channels, N) floating point as the model gives it: centre x, centre y, width, height, class
            scores, then K times x, y (and visibility); or (rows, channels) for end-to-end models. A leading batch
            axis of 1 is accepted. Scores are probabilities already.
        layout: see `OutputLayout`.
        size: (width, height) of the model's input in pixels.
        confidence: candidates at or below it are dropped, 0..1.
        iou: of two boxes that overlap more than this, the one with the lower confidence is dropped, 0..1.
        max_detections: at most this many people are returned.
        every_class: a candidate stands for each class whose score passes, as in Ultralytics' validation; otherwise
            for its best one.
        average: whether a person's keypoints are the mean, weighted by confidence, of its best candidate's and of those
            that were suppressed for overlapping that one, by more than 0.75 and with at least half of its confidence;
            otherwise they are the best candidate's alone. Models that do their own suppression have no others.
    """
    rows, scores, of_class = _scored(_rows(output, layout), layout, confidence, every_class)
    # A damaged model can give NaN; a comparison with NaN is false, so such candidates never pass.
    chosen = (scores > confidence).nonzero()[0]
    if len(chosen) == 0:
        return nobody(layout.keypoints)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    scores = scores[chosen].astype(np.float32, copy=False)
    of_class = None if of_class is None else of_class[chosen]
    unit = np.array(size, np.float32) if layout.normalised else np.ones(2, np.float32)
    corners = rows[chosen, :4].astype(np.float32, copy=False)
    others = None  # that count as the same person as one of `keep`, (person, candidate)
    if layout.end_to_end:
        boxes = (corners.reshape(-1, 2, 2) * unit).reshape(-1, 4)
        keep = np.arange(min(max_detections, len(boxes)))
    else:
        centre, half = corners[:, :2] * unit, corners[:, 2:] * unit / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        if every_class and of_class is not None:
            apart = boxes + of_class.astype(np.float32)[:, None] * np.float32(_APART)
            keep = suppress(apart, iou, max_detections)
        else:
            keep = suppress(boxes, iou, max_detections, of_class)
        others = _same_person(boxes, scores, keep, iou, of_class) if average else None
    first_value = layout.channels - layout.keypoints * layout.dims

    def keypoints(which: npt.NDArray[np.intp]) -> FloatArray:
        # Only of whom they are needed: a candidate's values lie far apart in the output.
        return _keypoints(rows[chosen[which], first_value:], layout, unit)

    points = keypoints(keep)
    if others is not None and len(others[0]):
        points = _averaged(points, keypoints(others[1]), scores[others[1]] / scores[keep[others[0]]], others[0])
    return People(boxes[keep], scores[keep], points, None if of_class is None else of_class[keep])


def averaged_keypoints(candidates: People[Any], keep: npt.NDArray[np.intp], iou: float) -> FloatArray:
    """Return the keypoints of those who stay, (P, K, 3), averaged as by `decode`.

    Args:
        candidates: highest confidence first, with keypoints that were not averaged yet.
        keep: (P,) which of them stay, as `suppress` says.
        iou: the NMS IoU threshold, 0..1.
    """
    scores = candidates.confidences
    persons, others = _same_person(candidates.boxes, scores, keep, iou, candidates.classes)
    points = np.array(candidates.keypoints[keep], np.float32)
    return _averaged(points, candidates.keypoints[others], scores[others] / scores[keep[persons]], persons)


def _same_person(
    boxes: FloatArray,
    scores: FloatArray,
    keep: npt.NDArray[np.intp],
    iou: float,
    of_class: npt.NDArray[np.int32] | None,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return which candidates stand for whom: places in `keep` and, of each, candidates, best first."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    everybody = np.arange(len(boxes))
    shared, union = _shared_and_union(boxes, areas, keep, everybody)
    same = shared > np.maximum(np.float32(iou), _SAME_PERSON) * np.maximum(union, np.float32(1e-9))
    same &= (everybody > keep[:, None]) & (scores >= _SAME_SHARE * scores[keep][:, None])
    if of_class is not None:
        same &= of_class == of_class[keep][:, None]
    persons, candidates = same.nonzero()
    return persons, candidates


def _averaged(points: FloatArray, others: FloatArray, weights: FloatArray, of: npt.NDArray[np.intp]) -> FloatArray:
    """Return keypoints averaged with those of others, one added after the other as the firmware does.

    Args:
        points: (P, K, 3) of those who stay; they are changed.
        others: (Q, K, 3).
        weights: (Q,) what each of the others counts beside 1.
        of: (Q,) to whom each belongs.
    """
    total = np.ones(len(points), np.float32)
    for person, weight, other in zip(of.tolist(), weights, others, strict=True):
        points[person] += weight * other
        total[person] += weight
    return np.asarray(points / total[:, None, None], np.float32)


def _scored(
    rows: _Values, layout: OutputLayout, confidence: float, every_class: bool
) -> tuple[_Values, _Values, npt.NDArray[np.int32] | None]:
    """Return candidates (N, channels), their scores (N,), and the class of each; None where there is one class."""
    if layout.classes == 1:
        return rows, rows[:, 4], None
    if layout.end_to_end:
        return rows, rows[:, 4], np.nan_to_num(rows[:, 5]).astype(np.int32)
    scores = rows[:, 4 : 4 + layout.classes]
    if every_class:
        candidates, of_class = (part.astype(np.int32) for part in np.nonzero(scores > confidence))
        return rows[candidates], scores[candidates, of_class], of_class
    return rows, scores.max(axis=1), scores.argmax(axis=1).astype(np.int32)


def _keypoints(values: _Values, layout: OutputLayout, unit: FloatArray) -> FloatArray:
    """Return (P, K, 3): those of P people (P, K * dims) in pixels of the input, visibility 1 where there is none."""
    points = values.astype(np.float32, copy=False).reshape(len(values), layout.keypoints, layout.dims)
    keypoints = np.ones((len(points), layout.keypoints, 3), np.float32)
    keypoints[..., :2] = points[..., :2] * unit
    if layout.dims == 3:
        keypoints[..., 2] = points[..., 2]
    return keypoints


def _rows(output: _Values, layout: OutputLayout) -> _Values:
    array = output[0] if output.ndim == 3 else output
    if layout.end_to_end:
        return array
    if array.shape[0] != layout.channels:
        raise ValueError(f"output {output.shape} does not have {layout.channels} channels")
    return array.T


def suppress(
    boxes: FloatArray, iou: float, max_detections: int, classes: npt.NDArray[np.int32] | None = None
) -> npt.NDArray[np.intp]:
    """Return the indices of boxes that survive greedy non-maximum suppression.

    Args:
        boxes: (P, 4) corners in pixels, best first.
        iou: overlap above which the later box goes, 0..1.
        max_detections: stop after this many survivors.
        classes: (P,) boxes of different classes suppress none of each other's; None where there is one class.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    waiting = np.arange(len(boxes))
    kept: list[int] = []
    while len(waiting) and len(kept) < max_detections:
        # Several of the best at a time: most calls of numpy cost more than what they compute on so few boxes.
        first = waiting[: max(1, _TOGETHER // len(waiting))]
        over = _over(boxes, areas, first, waiting, iou)
        if classes is not None:
            over &= classes[first][:, None] == classes[waiting]
        gone = np.zeros(len(waiting), bool)
        for place, index in enumerate(first.tolist()):
            if not gone[place] and len(kept) < max_detections:
                kept.append(index)
                gone |= over[place]
        gone[: len(first)] = True
        waiting = waiting[~gone]
    return np.array(kept, np.intp)


def _over(
    boxes: FloatArray, areas: FloatArray, first: npt.NDArray[np.intp], others: npt.NDArray[np.intp], iou: float
) -> npt.NDArray[np.bool_]:
    """Return whether each of the `first` boxes overlaps each of the others by more than `iou`, (F, O)."""
    shared, union = _shared_and_union(boxes, areas, first, others)
    return np.asarray(~(shared <= iou * np.maximum(union, 1e-9)))


def _shared_and_union(
    boxes: FloatArray, areas: FloatArray, first: npt.NDArray[np.intp], others: npt.NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Return what each of the `first` boxes shares with each of the others, and both together: areas, (F, O)."""
    left, top, right, bottom = boxes[first].T[:, :, None]
    other_left, other_top, other_right, other_bottom = boxes[others].T[:, None]
    width = np.maximum(np.minimum(right, other_right) - np.maximum(left, other_left), 0)
    height = np.maximum(np.minimum(bottom, other_bottom) - np.maximum(top, other_top), 0)
    shared = width * height
    return shared, areas[first][:, None] + areas[others] - shared
