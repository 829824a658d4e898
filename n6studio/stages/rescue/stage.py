"""Rescue: from weights alone, and the YAML that their model was built from, to a checkpoint."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.settings import setting
from n6studio.domain.stage import Argument, Kind, Stage, StageCommand
from n6studio.domain.texts import counted

if TYPE_CHECKING:
    from n6studio.stages.rescue.figures import RescueFigures


@dataclass(frozen=True)
class RescueSettings:
    """What the YAML of a model does not say."""

    scale: str = setting("", "Scale", "scale of the YAML, such as n or s; empty for its first")
    imgsz: int = setting(640, "Training size", "input size that it was trained at", unit="px", minimum=32, maximum=8192)


def _text(figures: "RescueFigures") -> str:
    points = counted(figures.keypoints, "keypoint")
    return f"A pose model with {points} x {figures.keypoint_dims}, from {counted(figures.tensors, 'tensor')}."


RESCUE: "Stage[RescueSettings, RescueFigures]" = Stage(
    name="rescue",
    title="Rescue of weights",
    settings=RescueSettings,
    found="RescueFigures",
    kind=Kind.ASKED,
    tools=("torch", "ultralytics"),
    reads=("weights", "yaml"),
    command=StageCommand(
        "make a checkpoint of weights alone and the YAML of their model",
        (
            Argument("weights", "WEIGHTS.pt"),
            Argument("yaml", "MODEL.yaml", "YAML that the model was built from", option="--yaml"),
        ),
        _text,
    ),
)
