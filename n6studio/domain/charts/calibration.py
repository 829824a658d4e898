"""Charts of the calibration set: what its images are like, and how ranges settle as images are added."""

from collections.abc import Sequence

from n6studio.domain.calibration.convergence import SETTLED, Convergence
from n6studio.domain.calibration.facts import ImageFacts, coverage, heat
from n6studio.domain.charts.axis import COUNT, FRACTION, Axis, round_above
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Threshold
from n6studio.domain.charts.heat_map import HeatMap
from n6studio.domain.charts.histogram import Group, Histogram, counted, even_edges
from n6studio.domain.charts.lines import Line, Lines
from n6studio.domain.texts import percent

_NOBODY = "No people detected. If the model was exported after this check, check again."


def brightness(usable: Sequence[ImageFacts]) -> Histogram:
    """Return how bright images are."""
    edges = even_edges(0, 255, 17)
    counts = counted([one.brightness for one in usable], edges)
    return Histogram(
        title="Brightness",
        picks="brightness",
        x=Axis("mean brightness", "of 255", 0, 255, digits=0),
        y=Axis("images", COUNT, 0, round_above(counts), whole=True),
        nothing="" if usable else "No readable images.",
        edges=edges,
        groups=(Group("images", "accent", counts),),
        one="image",
        many="images",
    )


def heights(usable: Sequence[ImageFacts]) -> Histogram:
    """Return how tall people are in the input."""
    found = [height for one in usable for height in one.heights]
    edges = even_edges(0, 1, 10)
    counts = counted(found, edges)
    return Histogram(
        title="Person height",
        picks="tall",
        x=Axis("height", "fraction of the input's height", digits=1),
        y=Axis("people", COUNT, 0, round_above(counts), whole=True),
        nothing="" if found else _NOBODY,
        edges=edges,
        groups=(Group("people", "accent", counts),),
        one="person",
        many="people",
    )


def keypoints_seen(usable: Sequence[ImageFacts], names: tuple[str, ...]) -> Bars:
    """Return how many people show each keypoint."""
    seen = coverage(usable)
    return Bars(
        title="Keypoint visibility",
        picks="seen",
        x=Axis("people", COUNT, whole=True, digits=0),
        y=Axis("keypoint"),
        nothing="" if seen else _NOBODY,
        labels=names if seen else (),
        series=(Series("people", "accent", tuple(float(count) for count in seen)),),
    ).fitted()


def keypoint_map(usable: Sequence[ImageFacts], keypoint: int | None) -> HeatMap:
    """Return where in the input a keypoint is seen, or any where it is None."""
    counts = heat(usable, keypoint)
    nothing = "No people detected, or the check is of an earlier release. Export the model and check again."
    return HeatMap(
        title="Keypoint positions",
        picks="at",
        x=Axis("x", "fraction of the width"),
        y=Axis("y", "fraction of the height"),
        nothing="" if counts.any() else nothing,
        counts=tuple(tuple(int(count) for count in row) for row in counts),
        counted="keypoints",
    )


def range_convergence(found: Convergence) -> Lines:
    """Return how much of tensors' ranges is missing after so many images."""
    x = tuple(float(count) for count in range(1, found.images + 1))
    return Lines(
        title="Convergence of tensor ranges",
        x=Axis("images", COUNT, 1, max(2, found.images), whole=True),
        y=Axis("uncovered part of the range", FRACTION),
        lines=(
            Line("95 % of tensors", "accent", x, found.most),
            Line("median", "good", x, found.middle),
            Line("worst tensor", "warn", x, found.largest, dashed=True),
        ),
        thresholds=(Threshold(SETTLED, f"settled: {percent(SETTLED, 0)}", upright=False),),
    )
