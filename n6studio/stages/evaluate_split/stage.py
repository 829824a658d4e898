"""Splitting: an evaluation's images cut into parts that run apart from each other, with the same records as in one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.settings import from_mapping, plain_values, setting
from n6studio.domain.stage import Kind, Stage
from n6studio.stages.evaluate.stage import EvaluateSettings

if TYPE_CHECKING:
    from n6studio.stages.evaluate_split.figures import SplitFigures


@dataclass(frozen=True)
class SplitSettings(EvaluateSettings):
    """Those of the evaluation, and how it is cut."""

    part: int = setting(64, "Images in a part", "images that run together", minimum=1)


def cut(settings: EvaluateSettings, part: int) -> SplitSettings:
    """Return settings that cut an evaluation into parts of so many images."""
    return from_mapping(SplitSettings, {**plain_values(settings), "part": part})


EVALUATE_SPLIT: "Stage[SplitSettings, SplitFigures]" = Stage(
    name="evaluate_split",
    title="Splitting of the evaluation",
    settings=SplitSettings,
    found="SplitFigures",
    kind=Kind.ASKED,
    tools=("ai-edge-litert",),
    reads=("models", "data", "images"),
)
