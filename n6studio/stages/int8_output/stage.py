"""Int8 output: what rounding the output as well would cost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import data_files
from n6studio.domain.project import Project
from n6studio.domain.settings import from_mapping, plain_values
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.inspect.stage import model_of
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.stages.int8_output.figures import Int8OutputFigures


@dataclass(frozen=True)
class Int8OutputSettings(EvaluateSettings):
    """How the loss of an int8 output is measured: as the model itself is evaluated."""


def _settings(project: Project) -> Int8OutputSettings:
    """Return settings that judge as the project's evaluation does; Ultralytics' own validation adds nothing.

    Keypoints are not averaged: what is read by the rule of ST's post-processing is not, and with averaging on one side
    the difference would be that of averaging, not of int8.
    """
    judging = plain_values(project.settings_of(EVALUATE))
    return from_mapping(Int8OutputSettings, {**judging, "worst": 0, "with_ultralytics": False, "average": False})


def _given(project: Project, settings: Int8OutputSettings) -> Inputs:
    data = data_files(project)
    return data if project.skeleton is None else {**data, "skeleton": project.skeleton}


def _made(project: Project, done: Results) -> Inputs:
    quantized = done.get(QUANTIZE.name)
    return {"models": files(model_of(project, done) if quantized is None else quantized.outputs["tflite"])}


INT8_OUTPUT: "Stage[Int8OutputSettings, Int8OutputFigures]" = Stage(
    name="int8_output",
    title="Measurement of int8 output",
    settings=Int8OutputSettings,
    found="Int8OutputFigures",
    kind=Kind.ON_DEMAND,
    needs=(QUANTIZE,),
    tools=("ai-edge-litert", "pycocotools"),
    reads=("models", "data", "images"),
    given=_given,
    made=_made,
    settings_from=_settings,
)
