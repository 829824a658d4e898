"""Layer comparison: what every layer of the quantized model loses."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import no_float_model
from n6studio.stages.quantize.stage import QUANTIZE, AsCalibrated, as_calibrated

if TYPE_CHECKING:
    from n6studio.stages.layer_errors.figures import LayerErrorsFigures


@dataclass(frozen=True)
class LayerErrorsSettings(AsCalibrated):
    """How the loss of every layer is measured."""

    max_images: int = setting(
        8, "Max images", "max calibration images to measure", minimum=1, maximum=1000, formerly=("pictures",)
    )


def _settings(project: Project) -> LayerErrorsSettings:
    return LayerErrorsSettings(**vars(as_calibrated(project)))


def _given(project: Project, settings: LayerErrorsSettings) -> Inputs:
    return {"calibration": calibration_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    return {
        "reference": files(done[EXPORT.name].outputs["tflite"]),
        "quantized": files(done[QUANTIZE.name].outputs["tflite"]),
    }


LAYER_ERRORS: "Stage[LayerErrorsSettings, LayerErrorsFigures]" = Stage(
    name="layer_errors",
    title="Layer comparison",
    settings=LayerErrorsSettings,
    found="LayerErrorsFigures",
    kind=Kind.ON_DEMAND,
    needs=(EXPORT, QUANTIZE),
    tools=("ai-edge-litert",),
    reads=("quantized", "reference", "calibration"),
    given=_given,
    made=_made,
    not_needed=no_float_model,
    settings_from=_settings,
)
