"""An int8 output -> people, by the rule of ST's post-processing on the board.

Read in ST's vision models post-processing library (`mpe_pp_yolov8.c`) as it comes with applications of January 2026 and
later (library 0.14.2); pose applications from v2.1 on take int8. What differs from `decode`, which the live view and
floating-point outputs use:

- A score counts from the threshold on; the threshold is a whole number of int8 steps, rounded down.
- Scores are compared as int8, so equal ones are common; which of them suppresses the others is left to newlib's qsort.
- Overlap is computed from whole numbers of steps, and every class suppresses among itself.
- At most so many people a class stay, and only then does the threshold count once more, now rounded to the nearest
  step: a candidate between the two suppresses others, takes a place, and is not shown.

Compared with that library, compiled for Cortex-M55 and run in QEMU 7.2, on 1500 made-up outputs: not one bit differs.
Not known, for want of a board: whether ST's own tool chain, whose newlib is younger than 3.3.0, sorts in another order.
Left out on purpose: at a threshold of less than half a step the board would show suppressed candidates as well;
an evaluation asks for such thresholds, an application never.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.newlib_sort import newlib_order
from n6studio.domain.pose.people import FloatArray, InputPixels, People, nobody

_GONE = -128  # the confidence of a candidate that was suppressed, as the board marks it
_MOST_CLASSES = 255


@dataclass(frozen=True)
class OutputScale:
    """value = (int8 - zero_point) * scale, for boxes, scores and keypoints alike: the board knows one scale only."""

    scale: float
    zero_point: int

    def steps(self, output: FloatArray) -> npt.NDArray[np.int8]:
        """Return `output` in whole steps; same shape, -128..127."""
        return np.asarray(np.clip(np.rint(output / self.scale) + self.zero_point, -128, 127), np.int8)

    def values(self, steps: npt.NDArray[np.int8]) -> FloatArray:
        """Return what so many steps stand for; same shape, float32."""
        return np.asarray((steps.astype(np.float32) - self.zero_point) * np.float32(self.scale), np.float32)

    def rounded(self, output: FloatArray) -> FloatArray:
        """Return what is left of `output` after a way through int8; same shape, float32."""
        return self.values(self.steps(output))


def board_decodes(layout: OutputLayout) -> bool:
    """Return whether ST's post-processing can read such an output: the head of YOLOv8, three values a keypoint."""
    return not layout.end_to_end and layout.dims == 3 and layout.classes <= _MOST_CLASSES


def decode_int8(
    output: npt.NDArray[np.int8],
    scale: OutputScale,
    layout: OutputLayout,
    size: tuple[int, int],
    confidence: float = 0.25,
    iou: float = 0.7,
    max_detections: int = 300,
) -> People[InputPixels]:
    """Return the people in one int8 output, highest confidence first, of equals in the board's order.

    Args:
        output: (channels, N) int8: centre x, centre y, width, height, class scores, then K times x, y, visibility.
        scale: what a step stands for.
        layout: one for which `board_decodes`.
        size: (width, height) of the model's input in pixels.
        confidence: threshold of the application, 0..1.
        iou: of two boxes of a class that overlap more than this, the later one goes, 0..1.
        max_detections: at most this many people of each class.

    Raises:
        ValueError: the output has another number of channels.
    """
    if output.shape[0] != layout.channels or not board_decodes(layout):
        raise ValueError(f"output {output.shape} cannot be read by ST's post-processing as {layout}")
    scores = output[4 : 4 + layout.classes]
    best, of_class = scores.max(axis=0), scores.argmax(axis=0)
    places = np.flatnonzero(best >= _first_threshold(confidence, scale))
    confidences = best[places].astype(np.int32)
    order = np.arange(len(places))
    for index in range(layout.classes):
        mine = of_class[places] == index
        if mine.any():
            # The board sorts one array again and again, so each class starts from the order that the last one left.
            weighted = np.where(mine, confidences, _GONE)[order]
            order = order[newlib_order((-weighted).tolist())]
            ranked = order[: int(mine.sum())]
            boxes = output[:4, places[ranked]].astype(np.int64) - scale.zero_point
            kept = _survivors(boxes, confidences[ranked], np.float32(iou), max_detections)
            confidences[np.delete(ranked, kept)] = _GONE
    shown = order[(confidences[order] > _GONE) & (confidences[order] >= _last_threshold(confidence, scale))]
    shown = shown[np.argsort(-confidences[shown], kind="stable")]
    if len(shown) == 0:
        return nobody(layout.keypoints)
    rows, confidences_shown = scale.values(output[:, places[shown]]).T, confidences[shown].astype(np.int8)
    classes = of_class[places[shown]].astype(np.int32) if layout.classes > 1 else None
    return _people(rows, scale.values(confidences_shown), layout, size, classes)


def _first_threshold(confidence: float, scale: OutputScale) -> int:
    """Return the step from which a candidate takes part: rounded down."""
    return _wrapped(int(np.float32(confidence) / np.float32(scale.scale)) + scale.zero_point)


def _last_threshold(confidence: float, scale: OutputScale) -> int:
    """Return the step from which a candidate is shown: rounded to the nearest."""
    return _wrapped(int(np.float32(confidence) / np.float32(scale.scale) + np.float32(0.5)) + scale.zero_point)


def _wrapped(value: int) -> int:
    """Return a number as C stores it in an int8_t."""
    return (value + 128) % 256 - 128


def _survivors(
    boxes: npt.NDArray[np.int64], confidences: npt.NDArray[np.int32], iou: np.float32, max_detections: int
) -> npt.NDArray[np.intp]:
    """Return which of a class's candidates stay.

    Args:
        boxes: (4, P) centre x, centre y, width, height in steps from zero, in the order after sorting.
        confidences: (P,) int8 steps.
        iou: overlap above which the later one goes.
        max_detections: stop after this many.
    """
    centre, extent = 2 * boxes[:2], boxes[2:]
    low, high, areas = centre - extent, centre + extent, 4 * extent[0] * extent[1]
    waiting = np.flatnonzero(confidences > _GONE)
    kept: list[int] = []
    while len(waiting) and len(kept) < max_detections:
        first, rest = waiting[0], waiting[1:]
        kept.append(int(first))
        across = np.minimum(high[:, first, None], high[:, rest]) - np.maximum(low[:, first, None], low[:, rest])
        shared = np.where((across < 0).any(axis=0), 0, across[0] * across[1])
        union = areas[first] + areas[rest] - shared
        nothing = (shared == 0) | (union == 0)
        # A quotient of float32, as the board computes it; a width below zero makes odd ones, there as here.
        overlap = shared.astype(np.float32) / np.where(nothing, 1, union).astype(np.float32)
        waiting = rest[~(np.where(nothing, np.float32(0), overlap) > iou)]
    return np.array(kept, np.intp)


def _people(
    rows: npt.NDArray[np.float32],
    confidences: FloatArray,
    layout: OutputLayout,
    size: tuple[int, int],
    classes: npt.NDArray[np.int32] | None,
) -> People[InputPixels]:
    unit = np.array(size, np.float32) if layout.normalised else np.ones(2, np.float32)
    centre, half = rows[:, :2] * unit, rows[:, 2:4] * unit / 2
    keypoints: npt.NDArray[Any] = rows[:, 4 + layout.classes :].reshape(len(rows), layout.keypoints, 3).copy()
    keypoints[..., :2] *= unit
    return People(np.concatenate([centre - half, centre + half], axis=1), confidences, keypoints, classes)
