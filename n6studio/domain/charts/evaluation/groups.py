"""Which charts there are of an evaluation. The page shows a tab for each group, the report a heading."""

from collections.abc import Callable
from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation import breakdown, keypoints, overview
from n6studio.domain.charts.evaluation.data import Evaluated

Describe = Callable[[Evaluated], Chart | None]  # None where the chart says nothing about this evaluation


@dataclass(frozen=True)
class ChartGroup:
    """Charts that belong together, with what is to be known to read them."""

    title: str
    charts: tuple[Describe, ...]
    note: str = ""


OVERVIEW = ChartGroup(
    "Overview",
    (
        overview.precision_recall,
        overview.f1_by_confidence,
        overview.ap_by_oks,
        overview.oks_of_people,
        overview.oks_lost,
        overview.agreement,
        overview.image_times,
    ),
)
KEYPOINTS = ChartGroup(
    "Keypoints",
    (
        keypoints.keypoint_error,
        keypoints.keypoint_pck,
        keypoints.keypoint_recall,
        keypoints.keypoint_swaps,
    ),
)
BREAKDOWN = ChartGroup(
    "Breakdown",
    (
        breakdown.ap_by_size,
        breakdown.ap_by_crowd,
        breakdown.oks_by_occlusion,
        breakdown.error_types,
        breakdown.oks_of_labelled,
        breakdown.reliability,
    ),
    note="Sizes are COCO's, by a person's area in square pixels of the image. Hidden points are labelled so; people "
    "found cannot be sorted by them, so that chart shows mean OKS, not AP. Error types after Ronchi and Perona: jitter "
    "is near its place, inversion on another point of the same person, swap on somebody else's, miss is none of these. "
    "The reliability diagram takes confidence by tenths, where at least 5 people have one. Numbers in brackets count "
    "people.",
)
GROUPS = (OVERVIEW, KEYPOINTS, BREAKDOWN)
