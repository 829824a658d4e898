"""Layer comparison: what every layer of the quantized model loses."""

from dataclasses import dataclass

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE


@dataclass(frozen=True)
class LayerErrorsSettings:
    """How the loss of every layer is measured; all but the first are those the network was calibrated with."""

    pictures: int = setting(8, "calibration pictures to measure on", minimum=1, maximum=1000)
    seed: int = setting(42, "seed for choosing pictures", minimum=0)
    exclude: tuple[str, ...] = setting((), "calibration pictures to leave out, by their path below the folder")
    resize: str = setting("stretch", "how pictures are brought to the input size", RESIZES)
    scale: float = setting(255.0, "calibration pictures are divided by this", minimum=1e-9)
    offset: float = setting(0.0, "and this is added")


def _settings(project: Project) -> LayerErrorsSettings:
    quantize = project.settings_of(QUANTIZE)
    return LayerErrorsSettings(
        seed=quantize.seed,
        exclude=quantize.exclude,
        resize=quantize.resize,
        scale=quantize.scale,
        offset=quantize.offset,
    )


def _given(project: Project, settings: LayerErrorsSettings) -> Inputs:
    return {"calibration": calibration_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    return {
        "reference": files(done[EXPORT.name].outputs["tflite"]),
        "quantized": files(done[QUANTIZE.name].outputs["tflite"]),
    }


LAYER_ERRORS = Stage(
    name="layer_errors",
    title="Layer comparison",
    settings=LayerErrorsSettings,
    figures=dict,
    run="n6studio.stages.layer_errors.run",
    kind=Kind.ON_DEMAND,
    needs=(EXPORT, QUANTIZE),
    tools=("ai-edge-litert",),
    given=_given,
    made=_made,
    settings_from=_settings,
)
