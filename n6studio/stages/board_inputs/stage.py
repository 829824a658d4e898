"""Inputs for a board: the images of an evaluation, as the model shall receive them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.settings import from_mapping, plain_values
from n6studio.domain.stage import Kind, Stage
from n6studio.stages.evaluate.stage import EvaluateSettings

if TYPE_CHECKING:
    from n6studio.stages.board_inputs.figures import BoardInputsFigures


@dataclass(frozen=True)
class BoardInputsSettings(EvaluateSettings):
    """Which images, and how they are fitted to the input: as the evaluation itself does."""


def as_evaluated(settings: EvaluateSettings) -> BoardInputsSettings:
    """Return settings that make the inputs of an evaluation."""
    return from_mapping(BoardInputsSettings, plain_values(settings))


BOARD_INPUTS: "Stage[BoardInputsSettings, BoardInputsFigures]" = Stage(
    name="board_inputs",
    title="Inputs for the board",
    settings=BoardInputsSettings,
    found="BoardInputsFigures",
    kind=Kind.ASKED,
    tools=("opencv-python",),
    reads=("models", "data", "images"),
)
