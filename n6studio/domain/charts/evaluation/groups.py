"""Which charts there are of an evaluation. The page shows a tab for each group, the report a heading."""

from collections.abc import Callable
from dataclasses import dataclass

from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation import breakdown, classes, keypoints, overview
from n6studio.domain.charts.evaluation.data import Evaluated

Describe = Callable[[Evaluated], Chart | None]  # None where the chart says nothing about this evaluation


@dataclass(frozen=True)
class ChartGroup:
    """Charts that belong together, with a note on how to read them."""

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
        overview.board_times,
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
        classes.ap_by_class,
        classes.yolo_map_by_class,
        classes.confusion,
        breakdown.ap_by_size,
        breakdown.ap_by_crowd,
        breakdown.oks_by_occlusion,
        breakdown.error_types,
        breakdown.oks_of_labelled,
        breakdown.reliability,
    ),
    note="Person sizes as in COCO, by area in image pixels. Occlusion is by keypoints labelled as hidden; detections "
    "have no such label, so this chart shows mean OKS, not AP. Error types after Ronchi and Perona: jitter is near "
    "the true position, inversion on another keypoint of the same person, swap on another person, miss is none of "
    "these. The reliability diagram bins confidence by 0.1 and shows bins with at least 5 people. Numbers in "
    "brackets are people. What people of each class were found as is counted at the operating confidence and OKS 0.50; "
    "its table has every pair of classes.",
)
GROUPS = (OVERVIEW, KEYPOINTS, BREAKDOWN)
