"""Range calibration: would more images change the ranges?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.project import Project
from n6studio.domain.settings import setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import no_float_model
from n6studio.stages.quantize.stage import AsCalibrated, as_calibrated

if TYPE_CHECKING:
    from n6studio.stages.range_convergence.figures import RangeConvergenceFigures


@dataclass(frozen=True)
class RangeConvergenceSettings(AsCalibrated):
    """How it is measured whether more images would change the ranges."""

    max_images: int = setting(
        200, "Max images", "max calibration images to measure", minimum=2, maximum=2000, formerly=("pictures",)
    )


def _settings(project: Project) -> RangeConvergenceSettings:
    return RangeConvergenceSettings(**vars(as_calibrated(project)))


def _given(project: Project, settings: RangeConvergenceSettings) -> Inputs:
    return {"calibration": calibration_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    return {"reference": files(done[EXPORT.name].outputs["tflite"])}


RANGE_CONVERGENCE: "Stage[RangeConvergenceSettings, RangeConvergenceFigures]" = Stage(
    name="range_convergence",
    title="Range calibration",
    settings=RangeConvergenceSettings,
    found="RangeConvergenceFigures",
    kind=Kind.ON_DEMAND,
    needs=(EXPORT,),
    tools=("ai-edge-litert",),
    reads=("reference", "calibration"),
    given=_given,
    made=_made,
    not_needed=no_float_model,
    settings_from=_settings,
)
