"""Frames as plain values for JSON: what a script reads of a stream."""

from typing import Any

import numpy as np

from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.pose.people import ImageFractions, People


def frame_values(frame: Frame, time: float) -> dict[str, Any]:
    """Return what is known of a frame.

    Args:
        frame: with or without results.
        time: seconds since the first frame.
    """
    values = {
        "number": frame.number,
        "time": round(time, 6),
        "width": frame.size[0],
        "height": frame.size[1],
        "bytes": len(frame.jpeg),
    }
    return {**values, "results": None if frame.results is None else results_values(frame.results)}


def results_values(results: FrameResults) -> dict[str, Any]:
    """Return results; coordinates are fractions of the frame, times microseconds."""
    view = results.view
    return {
        "version": list(results.version),
        "sequence": results.sequence,
        "device_time_us": results.device_time,
        "timings_us": vars(results.timings),
        "model": results.model,
        "view": None if view is None else {"resize": view.resize, "size": list(view.size), "part": list(view.part)},
        "people": people_values(results.people),
        "top_score": None if results.top_score is None else round(results.top_score, 6),
        "exact_input": None if results.exact_input is None else list(results.exact_input.shape),
        "log": list(results.log),
        "status": dict(results.status),
        "by_host": results.by_host,
    }


def people_values(people: People[ImageFractions]) -> list[dict[str, Any]]:
    """Return people, each with box (left, top, right, bottom), score and keypoints (x, y, visibility)."""
    boxes, scores, keypoints = (
        np.round(values.astype(np.float64), 6).tolist()
        for values in (people.boxes, people.confidences, people.keypoints)
    )
    return [
        {"box": box, "score": score, "keypoints": points}
        for box, score, points in zip(boxes, scores, keypoints, strict=True)
    ]
