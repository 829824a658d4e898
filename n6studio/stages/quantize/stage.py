"""Quantization: from the SavedModel to a quantized .tflite."""

from dataclasses import dataclass

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT

IO_TYPES = ("uint8", "int8", "float")


@dataclass(frozen=True)
class QuantizeSettings:
    """From the SavedModel to a quantized .tflite."""

    granularity: str = setting("per_channel", "scale per output channel or per tensor", ("per_channel", "per_tensor"))
    input_type: str = setting("uint8", "type of the network's input; the board's camera gives uint8", IO_TYPES)
    output_type: str = setting("float", "type of the network's output", IO_TYPES)
    head: str = setting(
        "float",
        "arithmetic after the last convolutions: 'int8' is what ST's script yields, 'float' keeps it precise",
        ("float", "int8"),
    )
    ranges: str = setting(
        "auto",
        "int8 ranges: 'extremes' as ST's script takes them, 'tuned' to lose least; auto: tuned with a float head",
        ("auto", "tuned", "extremes"),
    )
    fake: bool = setting(False, "calibrate on random noise; only to see size and speed, its accuracy means nothing")
    count: int = setting(0, "calibration pictures to use at most; 0 for all", minimum=0)
    seed: int = setting(42, "seed for choosing pictures and for fake calibration", minimum=0)
    exclude: tuple[str, ...] = setting((), "calibration pictures to leave out, by their path below the folder")
    resize: str = setting("stretch", "how pictures are brought to the input size", RESIZES)
    scale: float = setting(255.0, "calibration pictures are divided by this", minimum=1e-9)
    offset: float = setting(0.0, "and this is added")
    name: str = setting("", "first part of the file name; empty for the network's name and size", file_name=True)
    use_case: str = setting("pose", "last part of the file name", file_name=True)
    guard_images: int = setting(32, "calibration pictures on which int8 must still find people", minimum=0)
    expect_width: int = setting(0, "input width that the network must have; 0 for any", minimum=0)
    expect_height: int = setting(0, "input height that the network must have; 0 for any", minimum=0)


def _given(project: Project, settings: QuantizeSettings) -> Inputs:
    return {} if settings.fake else {"calibration": calibration_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    return {"model": files(done[EXPORT.name].outputs["saved_model"])}


QUANTIZE = Stage(
    name="quantize",
    title="Quantization",
    settings=QuantizeSettings,
    figures=dict,
    run="n6studio.stages.quantize.run",
    kind=Kind.CHAIN,
    needs=(EXPORT,),
    tools=("tensorflow",),
    given=_given,
    made=_made,
)
