"""A part of an evaluation: some images through the models, and what is found there judged against their labels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.settings import from_mapping, plain_values
from n6studio.domain.stage import Kind, Stage
from n6studio.stages.evaluate.stage import EvaluateSettings

if TYPE_CHECKING:
    from n6studio.stages.evaluate_part.figures import PartFigures


@dataclass(frozen=True)
class PartSettings(EvaluateSettings):
    """How models are judged: as by the evaluation itself."""


def of_part(settings: EvaluateSettings) -> PartSettings:
    """Return the settings with which a part of an evaluation runs."""
    return from_mapping(PartSettings, plain_values(settings))


EVALUATE_PART: "Stage[PartSettings, PartFigures]" = Stage(
    name="evaluate_part",
    title="Part of an evaluation",
    settings=PartSettings,
    found="PartFigures",
    kind=Kind.ASKED,
    tools=("ai-edge-litert", "pycocotools"),
    reads=("models", "part", "images"),
)
