"""Which charts there are of an evaluation. The page shows a tab for each group, the report a heading."""

from collections.abc import Callable
from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation.breakdown import (
    ap_by_crowd,
    ap_by_size,
    error_types,
    oks_by_occlusion,
    oks_of_labelled,
    reliability,
)
from n6studio.domain.charts.evaluation.data import Evaluated
from n6studio.domain.charts.evaluation.keypoints import keypoint_error, keypoint_pck, keypoint_recall, keypoint_swaps
from n6studio.domain.charts.evaluation.scores import (
    agreement,
    ap_by_oks,
    f1_by_confidence,
    image_times,
    oks_lost,
    oks_of_people,
    precision_recall,
)

Describe = Callable[[Evaluated], Chart | None]  # None where the chart says nothing about this evaluation


@dataclass(frozen=True)
class ChartGroup:
    """Charts that belong together, with what is to be known to read them."""

    title: str
    charts: tuple[Describe, ...]
    note: str = ""


SCORES = ChartGroup(
    "Overview",
    (
        precision_recall,
        f1_by_confidence,
        ap_by_oks,
        oks_of_people,
        oks_lost,
        agreement,
        image_times,
    ),
)
KEYPOINTS = ChartGroup(
    "Keypoints",
    (
        keypoint_error,
        keypoint_pck,
        keypoint_recall,
        keypoint_swaps,
    ),
)
BREAKDOWN = ChartGroup(
    "Breakdown",
    (
        ap_by_size,
        ap_by_crowd,
        oks_by_occlusion,
        error_types,
        oks_of_labelled,
        reliability,
    ),
    note="Sizes are COCO's, by a person's area in square pixels of the image. Hidden points are labelled so; people "
    "found cannot be sorted by them, so that chart shows mean OKS, not AP. Error types after Ronchi and Perona: jitter "
    "is near its place, inversion on another point of the same person, swap on somebody else's, miss is none of these. "
    "The reliability diagram takes confidence by tenths, where at least 5 people have one. Numbers in brackets count "
    "people.",
)
GROUPS = (SCORES, KEYPOINTS, BREAKDOWN)
