"""Difference: two quantized files side by side, from their graphs to the people found with them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Kind, Stage
from n6studio.stages.inspect.stage import layout_setting

if TYPE_CHECKING:
    from n6studio.stages.diff.figures import DiffFigures


@dataclass(frozen=True)
class DiffSettings:
    """How two files are compared."""

    max_images: int = setting(8, "Max images", "max images to run through both files", minimum=1, maximum=1000)
    resize: str = setting("stretch", "Resize mode", "how images are fitted to the input size", choices=RESIZES)
    confidence: float = setting(
        0.25, "Min confidence", "confidence from which a detection counts", minimum=0.0, maximum=1.0
    )
    iou: float = setting(
        0.5, "NMS IoU threshold", "NMS IoU threshold, as in ST's applications", minimum=0.0, maximum=1.0
    )
    average: bool = setting(
        False,
        "Average keypoints",
        "average each person's keypoints over all candidates of that person, weighted by confidence",
        later=True,
    )
    layout: str = layout_setting()


DIFF: "Stage[DiffSettings, DiffFigures]" = Stage(
    name="diff",
    title="Comparison of two files",
    settings=DiffSettings,
    found="DiffFigures",
    kind=Kind.ASKED,
    tools=("ai-edge-litert",),
    reads=("second", "first", "images"),
)
