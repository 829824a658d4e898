"""Charts of an export: how long its steps took, and whether checkpoint and float model see the same."""

from collections.abc import Mapping, Sequence

from n6studio.domain.charts.axis import Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.points import Point, Points


def step_times(seconds: Mapping[str, float]) -> Bars:
    """Return how long each step took; step -> seconds."""
    return Bars(
        title="Time per step",
        x=Axis("time", "s", digits=1),
        y=Axis("step"),
        nothing="" if seconds else "Not measured: this export was made by an earlier release. Export again.",
        labels=tuple(f"{name[:1].upper()}{name[1:]}" for name in seconds),
        series=(Series("time", "accent", tuple(float(took) for took in seconds.values())),),
    ).fitted()


def keypoint_agreement(points: Sequence[tuple[int, float, float]], files: Sequence[str], size: float) -> Points:
    """Return where both models see keypoints.

    Args:
        points: place in `files`, and the same coordinate as checkpoint and float model see it, in pixels.
        files: names of the images.
        size: longer side of the input, in pixels.
    """
    return Points(
        title="Keypoint agreement",
        x=Axis("checkpoint", "px", 0, size),
        y=Axis("float TFLite", "px", 0, size),
        nothing="" if points else "Not measured: this export was made by an earlier release. Export again.",
        points=tuple(Point(x, y, str(files[place]), place) for place, x, y in points),
        each="coordinate of a keypoint",
        hint="On the line, both models agree.",
    )
