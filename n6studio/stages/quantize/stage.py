"""Quantization: from the SavedModel to a quantized .tflite."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.calibration.inputs import calibration_files
from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES, setting
from n6studio.domain.stage import Inputs, Kind, Results, Stage, files
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import layout_setting, model_of, quantize_not_needed

if TYPE_CHECKING:
    from n6studio.stages.quantize.figures import QuantizeFigures

IO_TYPES = ("uint8", "int8", "float")


@dataclass(frozen=True)
class QuantizeSettings:
    """From a SavedModel or a float .onnx to a quantized .tflite."""

    granularity: str = setting(
        "per_channel",
        "Granularity",
        "one scale per output channel or per tensor",
        choices=("per_channel", "per_tensor"),
    )
    input_type: str = setting(
        "uint8", "Input type", "data type of the model's input; the board's camera gives uint8", choices=IO_TYPES
    )
    output_type: str = setting(
        "float", "Output type", "data type of the model's output; int8 with a split head", choices=IO_TYPES
    )
    head: str = setting(
        "float",
        "Output head",
        "operations after the last convolutions: 'int8' as ST's script, 'float' for full precision, 'split' for none: "
        "one int8 output for each branch and stride, which N6 Studio's own post-processing reads",
        choices=("float", "int8", "split"),
        former_flags=("--head-precision",),
    )
    ranges: str = setting(
        "auto",
        "Range calibration",
        "int8 ranges: 'extremes' (min/max) as ST's script, 'tuned' for the smallest loss in each layer, 'weighted' for "
        "the smallest loss in the answers; auto: weighted with a float head",
        choices=("auto", "weighted", "tuned", "extremes"),
    )
    effort: str = setting(
        "standard",
        "Effort",
        "what is spent on weighted ranges: 'thorough' takes minutes, moves biases, and its float head adds each "
        "keypoint's middle",
        choices=("standard", "thorough"),
        later=True,
    )
    doubled: int = setting(
        0,
        "Doubled convolutions",
        "multiply-accumulates that may be added to compute the noisiest convolutions twice, differently rounded, for "
        "one more bit; 0 for none",
        unit="%",
        zero="none",
        minimum=0,
        maximum=100,
        later=True,
    )
    weights: str = setting(
        "int8",
        "Weights",
        "'int4' is an experiment for ST Edge AI Core 3.0 and later: 4 bits in all convolutions but the first and the "
        "last of each branch, nearly half the file, and a loss of accuracy that the result tells",
        choices=("int8", "int4"),
        later=True,
    )
    trained: str = setting(
        "use",
        "Trained ranges",
        "'use' weights and ranges of quantization-aware training exactly as they were trained, where the checkpoint "
        "has them; 'ignore' to quantize it like one trained in float",
        choices=("use", "ignore"),
        later=True,
    )
    fake: bool = setting(
        False, "Random noise", "calibrate on random noise: size and speed are valid, accuracy is meaningless"
    )
    max_images: int = setting(
        0, "Max images", "max calibration images to use; 0 for all", zero="all images", minimum=0, formerly=("count",)
    )
    seed: int = setting(42, "Seed", "seed for choosing images and for random noise", minimum=0)
    exclude: tuple[str, ...] = setting(
        (), "Excluded images", "calibration images to exclude, by their path below the folder"
    )
    resize: str = setting("stretch", "Resize mode", "how images are fitted to the input size", choices=RESIZES)
    scale: float = setting(255.0, "Divisor", "calibration images are divided by this", minimum=1e-9)
    offset: float = setting(0.0, "Offset", "added to calibration images after the division")
    name: str = setting("", "Name", "first part of the file name; empty for the model's name and size", file_name=True)
    use_case: str = setting("pose", "Use case", "last part of the file name", file_name=True)
    guard_images: int = setting(
        32, "Guard images", "calibration images on which int8 must still find people", minimum=0
    )
    layout: str = layout_setting()
    expect_width: int = setting(
        0, "Expected width", "input width that the model must have; 0 for any", unit="px", zero="any", minimum=0
    )
    expect_height: int = setting(
        0, "Expected height", "input height that the model must have; 0 for any", unit="px", zero="any", minimum=0
    )
    onnx: bool = setting(
        False,
        "ONNX copy",
        "also write the quantized model as .onnx (QDQ) with the same integers and scales, for tools that read ONNX",
        later=True,
    )
    keypoints: int = setting(
        0,
        "Keypoints",
        "keypoints of a model that does not say; 0 for what its file says",
        zero="as the file says",
        minimum=0,
        maximum=1000,
        later=True,
    )


@dataclass(frozen=True)
class AsCalibrated:
    """Which calibration images a stage reads, and how: as quantization does."""

    seed: int = setting(42, "Seed", "seed for choosing images", minimum=0)
    exclude: tuple[str, ...] = setting(
        (), "Excluded images", "calibration images to exclude, by their path below the folder"
    )
    resize: str = setting("stretch", "Resize mode", "how images are fitted to the input size", choices=RESIZES)
    scale: float = setting(255.0, "Divisor", "calibration images are divided by this", minimum=1e-9)
    offset: float = setting(0.0, "Offset", "added to calibration images after the division")


def as_calibrated(project: Project) -> AsCalibrated:
    """Return how a project's calibration images are read."""
    chosen = project.settings_of(QUANTIZE)
    return AsCalibrated(chosen.seed, chosen.exclude, chosen.resize, chosen.scale, chosen.offset)


def _given(project: Project, settings: QuantizeSettings) -> Inputs:
    return {} if settings.fake else {"calibration": calibration_files(project)}


def _made(project: Project, done: Results) -> Inputs:
    exported = done.get(EXPORT.name)
    return {"model": files(model_of(project, done) if exported is None else exported.outputs["saved_model"])}


QUANTIZE: "Stage[QuantizeSettings, QuantizeFigures]" = Stage(
    name="quantize",
    title="Quantization",
    settings=QuantizeSettings,
    found="QuantizeFigures",
    kind=Kind.CHAIN,
    converts=True,
    needs=(EXPORT,),
    tools=("tensorflow", "torch"),
    not_needed=quantize_not_needed,
    reads=("model", "calibration"),
    given=_given,
    made=_made,
    page=PageEntry(
        PageKey.QUANTIZE,
        "Quantize",
        40,
        "the int8 model that the NPU runs, checked to still detect people.",
        "n6studio.ui.pages.quantize.page:QuantizePage",
    ),
)
