"""Every value of a recording as a table: one row per person, with a number that stays the same from frame to frame."""

import csv
import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.domain.pose.tracks import Tracker
from n6studio.link.recording.recording import Recording
from n6studio.system.files import replacing

_FRAME = (
    "frame", "time_s", "sequence", "device_time_us", "exposure_to_npu_ms", "npu_ms", "post_processing_ms", "encode_ms",
    "top_confidence", "people",
)  # fmt: skip
_PERSON = ("person", "confidence", "left_px", "top_px", "right_px", "bottom_px")
Corner = tuple[int, int, int]
Cell = str | int | float


def corners_of(skeleton: Skeleton) -> tuple[Corner, ...]:
    """Return (end, corner, other end) of any two edges that meet in a keypoint."""
    edges = [edge for edge in skeleton.edges if max(edge) < len(skeleton)]
    found = []
    for one, other in itertools.combinations(edges, 2):
        for corner in sorted(set(one) & set(other)):
            ends = [sum(edge) - corner for edge in (one, other)]
            found.append((ends[0], corner, ends[1]))
    return tuple(found)


def angle(points: npt.NDArray[np.float64], corner: Corner) -> float:
    """Return the angle at a keypoint in degrees, 0..180; NaN where two of its points coincide.

    Args:
        points: (K, 2) in pixels.
        corner: see `corners_of`.
    """
    first, second = points[corner[0]] - points[corner[1]], points[corner[2]] - points[corner[1]]
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return math.degrees(math.acos(min(1.0, max(-1.0, float(first @ second) / lengths)))) if lengths else math.nan


def export_values(
    recording: Recording, target: Path, progress: Callable[[int, int], None], skeleton: Skeleton | None = None
) -> int:
    """Write a CSV with every value of every person, and return the number of frames.

    A frame without people has a row of its own. Coordinates are pixels of the frame, angles degrees.

    Args:
        recording: where from.
        target: .csv file; replaced when all is written.
        progress: called with (done, total) frames; it may raise to stop, and then nothing is left.
        skeleton: names and edges; None for those that belong to the number of keypoints.

    Raises:
        FileUnreadable, RecordingUnreadable.
        NotWritable, DiskFull: `target` is what it was.
    """
    total = len(recording.entries)
    keypoints = _most_keypoints(recording)
    known = skeleton if skeleton is not None and len(skeleton) == keypoints else for_keypoints(max(1, keypoints))
    corners = corners_of(known) if keypoints else ()
    tracker = Tracker()
    with replacing(target, ".csv") as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_FRAME, *_PERSON, *_names(known, keypoints, corners)])
        for number in range(total):
            frame = recording.frame(number)
            head, rows = _head(frame), list(_rows(frame, tracker, corners)) if frame.results is not None else []
            writer.writerows([[*head, *row] for row in rows] or [head])
            progress(number + 1, total)
    return total


def _most_keypoints(recording: Recording) -> int:
    counts = (
        frame.results.people.keypoints.shape[1]
        for frame in map(recording.frame, range(len(recording.entries)))
        if frame.results is not None and len(frame.results.people)
    )
    return next(counts, 0)


def _names(skeleton: Skeleton, keypoints: int, corners: tuple[Corner, ...]) -> Iterator[str]:
    names = [name.replace(" ", "_") for name in skeleton.names[:keypoints]]
    for name in names:
        yield from (f"{name}_x_px", f"{name}_y_px", f"{name}_confidence")
    for corner in corners:
        yield f"angle_{'-'.join(names[point] for point in corner)}_deg"


def _head(frame: Frame) -> list[Cell]:
    results = frame.results
    if results is None:
        return [frame.number, round(frame.received, 6)]
    times = ("" if time is None else time / 1e3 for time in vars(results.timings).values())
    top = "" if results.top_score is None else round(results.top_score, 4)
    return [
        frame.number, round(frame.received, 6), results.sequence, results.device_time, *times, top, len(results.people)
    ]  # fmt: skip


def _rows(frame: Frame, tracker: Tracker, corners: tuple[Corner, ...]) -> Iterator[list[Cell]]:
    results: FrameResults | None = frame.results
    if results is None:
        return
    size = np.array(frame.size, np.float64)
    people = results.people
    for person, number in enumerate(tracker.update(people, frame.received)):
        points = people.keypoints[person].astype(np.float64)
        placed = points[:, :2] * size
        box = people.boxes[person].astype(np.float64) * np.tile(size, 2)
        row: list[Cell] = [number, round(float(people.confidences[person]), 4), *(round(float(one), 2) for one in box)]
        for (x, y), visible in zip(placed.tolist(), points[:, 2].tolist(), strict=True):
            row += [round(x, 2), round(y, 2), round(visible, 4)]
        row += [round(angle(placed, corner), 2) for corner in corners if max(corner) < len(points)]
        yield row
