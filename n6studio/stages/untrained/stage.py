"""Untrained models: a named architecture with random weights, to learn what it costs before it is trained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.model.architectures import ARCHITECTURES
from n6studio.domain.settings import setting
from n6studio.domain.stage import Kind, Stage

if TYPE_CHECKING:
    from n6studio.stages.untrained.figures import UntrainedFigures


@dataclass(frozen=True)
class UntrainedSettings:
    """Which model is built."""

    architecture: str = setting(
        ARCHITECTURES[0], "Architecture", "name of one of Ultralytics' pose models", choices=ARCHITECTURES
    )
    seed: int = setting(0, "Seed", "of the random weights", minimum=0)


UNTRAINED: "Stage[UntrainedSettings, UntrainedFigures]" = Stage(
    name="untrained",
    title="Untrained model",
    settings=UntrainedSettings,
    found="UntrainedFigures",
    kind=Kind.ASKED,
    converts=True,
    tools=("torch", "ultralytics"),
)
