"""ST's published figures for pose models on the STM32N6570-DK, and what they say about a model at hand.

All figures are for int8 models with uint8 input and float output, weights in external flash, no external RAM.
"Inference" leaves out camera, post-processing and display. AP50 is on COCO val2017, person, NMS threshold 0.1, score
threshold 0.001, with the weights that ST trained or took: a model of the same build with other weights is as fast,
but not as accurate.
"""

import itertools
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class PublishedFigure:
    """One row of ST's tables.

    Attributes:
        model: 'YOLOv8n-pose' or 'YOLO11n-pose'.
        size: input width and height in pixels.
        milliseconds: release of ST Edge AI Core -> ms per inference.
        ram_kib: internal RAM for activations, KiB.
        weights_kib: weights in flash, KiB.
        ap50: granularity -> AP at OKS 0.50, percent.
        source: where the row stands.
    """

    model: str
    size: int
    milliseconds: dict[str, float]
    ram_kib: float
    weights_kib: float
    ap50: dict[str, float]
    source: str


_V8 = (
    "stm32ai-modelzoo pose_estimation/yolov8n_pose/README.md: @6f10965 for ST Edge AI Core 2.0.0, @e9fc1c2 for 4.0.0 "
    "(memory unchanged from 2.0.0, perhaps not measured again)"
)
_V11 = "stm32ai-modelzoo pose_estimation, YOLO11n-pose, @7f3764d, for ST Edge AI Core 3.0.0"

PUBLISHED = (
    PublishedFigure(
        "YOLOv8n-pose", 192, {"2.0.0": 24.46, "4.0.0": 21.33}, 477.56, 3247.89, {"per_channel": 41.05}, _V8
    ),
    PublishedFigure(
        "YOLOv8n-pose",
        256,
        {"2.0.0": 35.79, "4.0.0": 31.31},
        1135.0,
        3265.22,
        {"per_channel": 51.12, "per_tensor": 48.43},
        _V8,
    ),
    PublishedFigure(
        "YOLOv8n-pose", 320, {"2.0.0": 51.35, "4.0.0": 44.87}, 2264.27, 3263.72, {"per_channel": 55.55}, _V8
    ),
    PublishedFigure("YOLO11n-pose", 256, {"3.0.0": 34.32}, 740.25, 2818.16, {}, _V11),
    PublishedFigure("YOLO11n-pose", 320, {"3.0.0": 56.15}, 1840.85, 2851.33, {}, _V11),
)


@dataclass(frozen=True)
class _Build:
    model: str
    parameters: int
    macs_per_pixel: float


# Counted on ST's own .tflite files (17 keypoints, 1 class): 741,790,848 and 601,912,448 MACs at 256x256.
_BUILDS = (_Build("YOLOv8n-pose", 3_289_965, 11_318.8), _Build("YOLO11n-pose", 2_866_469, 9_184.5))

# Normalisation layers that are not yet folded in add 0.3 % of parameters; YOLO26n-pose has 2.1 % more than YOLO11n-pose
# and must not pass for it. Counts of products alone are 1 % below the full count of multiply-accumulates.
PARAMETER_TOLERANCE = 0.01
MACS_TOLERANCE = 0.03


def macs_of(row: PublishedFigure) -> float:
    """Return the multiply-accumulates of a published model at its size."""
    return next(build.macs_per_pixel for build in _BUILDS if build.model == row.model) * row.size**2


class Estimate(msgspec.Struct, frozen=True, rename={"model": "network"}):  # its name in files since 0.1
    """What ST's figures say about a model of the same build.

    Attributes:
        model: which of ST's models it is built like.
        exact: True where the size is published; False where figures are interpolated over the number of pixels.
        milliseconds: release of ST Edge AI Core -> ms per inference on the STM32N6570-DK.
        ram_kib: internal RAM for activations, KiB.
        weights_kib: weights in flash, KiB.
        ap50: granularity -> AP at OKS 0.50 of ST's weights, percent; {} where interpolated.
        source: in words, with "estimate" where it is one.
    """

    model: str
    exact: bool
    milliseconds: dict[str, float]
    ram_kib: float
    weights_kib: float
    ap50: dict[str, float] = {}
    source: str = ""


def recognise(parameters: int, macs: int, input_size: tuple[int, int]) -> str | None:
    """Return the name of ST's model with as many parameters and MACs per pixel, within the tolerances above."""
    per_pixel = macs / (input_size[0] * input_size[1])
    for build in _BUILDS:
        close = abs(parameters / build.parameters - 1) <= PARAMETER_TOLERANCE
        if close and abs(per_pixel / build.macs_per_pixel - 1) <= MACS_TOLERANCE:
            return build.model
    return None


def estimate(parameters: int | None, macs: int | None, input_size: tuple[int, int] | None) -> Estimate | None:
    """Return what ST's figures say about a model; None where they say nothing (`why_no_estimate` says why).

    Args:
        parameters: number of weights and biases.
        macs: multiply-accumulates at `input_size`.
        input_size: (width, height) in pixels.
    """
    return _find(parameters, macs, input_size)[0]


def why_no_estimate(parameters: int | None, macs: int | None, input_size: tuple[int, int] | None) -> str:
    """Return why there is no estimate, as a sentence; "" where there is one."""
    return _find(parameters, macs, input_size)[1]


def at_size(
    parameters: int | None, macs: int | None, input_size: tuple[int, int] | None, size: tuple[int, int]
) -> tuple[Estimate | None, str]:
    """Return the estimate for a model at another input size than it has, and why there is none.

    Args:
        parameters: number of weights and biases.
        macs: multiply-accumulates at `input_size`.
        input_size: (width, height) in pixels.
        size: the other one, which it is to be exported at.
    """
    return _find(parameters, macs, input_size, size)


def estimate_at(model: str, input_size: tuple[int, int]) -> Estimate | None:
    """Return the estimate for one of ST's models, by name, at any input size; None outside the published range."""
    rows = sorted((row for row in PUBLISHED if row.model == model), key=lambda row: row.size)
    pixels = input_size[0] * input_size[1]
    for row in rows:
        if input_size == (row.size, row.size):
            source = f"published by ST: {row.source}"
            return Estimate(model, True, row.milliseconds, row.ram_kib, row.weights_kib, row.ap50, source)
    for low, high in itertools.pairwise(rows):
        if low.size**2 <= pixels <= high.size**2:
            return _between(low, high, pixels)
    return None


def _find(
    parameters: int | None,
    macs: int | None,
    input_size: tuple[int, int] | None,
    wanted: tuple[int, int] | None = None,
) -> tuple[Estimate | None, str]:
    if not parameters or not macs or not input_size:
        return None, "Its parameters, multiply-accumulates or input size are not known."
    model = recognise(parameters, macs, input_size)
    if model is None:
        known = " and ".join(build.model for build in _BUILDS)
        return None, f"ST publishes figures for {known}; by parameters and operations this is neither."
    found = estimate_at(model, wanted or input_size)
    if found is None:
        sizes = [row.size for row in PUBLISHED if row.model == model]
        return None, f"ST publishes figures for {model} from {min(sizes)}x{min(sizes)} to {max(sizes)}x{max(sizes)}."
    return found, ""


def _between(low: PublishedFigure, high: PublishedFigure, pixels: int) -> Estimate:
    part = (pixels - low.size**2) / (high.size**2 - low.size**2)

    def mix(first: float, second: float) -> float:
        return round(first + part * (second - first), 2)

    return Estimate(
        model=low.model,
        exact=False,
        milliseconds={
            core: mix(value, high.milliseconds[core])
            for core, value in low.milliseconds.items()
            if core in high.milliseconds
        },
        ram_kib=mix(low.ram_kib, high.ram_kib),
        weights_kib=mix(low.weights_kib, high.weights_kib),
        source=f"estimate, between ST's figures for {low.size}x{low.size} and {high.size}x{high.size}: {low.source}",
    )
