"""Range calibration: would more images change the ranges?"""

from dataclasses import dataclass

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE


@dataclass(frozen=True)
class RangeConvergenceSettings:
    """How it is measured whether more pictures would change the ranges; as the network is calibrated."""

    pictures: int = setting(200, "calibration pictures to measure on, at most", minimum=2, maximum=2000)
    seed: int = setting(42, "seed for the order of the pictures", minimum=0)
    exclude: tuple[str, ...] = setting((), "calibration pictures to leave out, by their path below the folder")
    resize: str = setting("stretch", "how pictures are brought to the input size", RESIZES)
    scale: float = setting(255.0, "calibration pictures are divided by this", minimum=1e-9)
    offset: float = setting(0.0, "and this is added")


def _settings(project: Project) -> RangeConvergenceSettings:
    quantize = project.settings_of(QUANTIZE)
    return RangeConvergenceSettings(
        seed=quantize.seed,
        exclude=quantize.exclude,
        resize=quantize.resize,
        scale=quantize.scale,
        offset=quantize.offset,
    )


def _given(project: Project, settings: RangeConvergenceSettings) -> Inputs:
    return {"calibration": calibration_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    return {"reference": files(done[EXPORT.name].outputs["tflite"])}


RANGE_CONVERGENCE = Stage(
    name="range_convergence",
    title="Measurement of ranges",
    settings=RangeConvergenceSettings,
    figures=dict,
    run="n6studio.stages.range_convergence.run",
    kind=Kind.ON_DEMAND,
    needs=(EXPORT,),
    tools=("ai-edge-litert",),
    given=_given,
    made=_made,
    settings_from=_settings,
)
