"""Figures of stages as a real run leaves them, for tests that need some; changes by name."""

import msgspec

from n6studio.domain.model.checks import Check, Verdict
from n6studio.domain.states import Fitness, VerdictState
from n6studio.stages.evaluate.figures import EvaluateFigures, ModelSummary
from n6studio.stages.export.figures import ExportFigures, SelfCheck
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.stages.quantize.figures import CalibrationUse, End, Guard, HeadPrecision, OperationCount, QuantizeFigures

GUARD = Guard(images=32, float_people=26, int8_people=26, oks_mean=0.959)

_INSPECTED = InspectFigures(
    format="pt",
    size_bytes=2_380_089,
    sha256="a9891a3e",
    task="pose",
    keypoints=17,
    keypoint_dims=3,
    classes={0: "person"},
    input_size=(256, 256),
    parameters=1_091_244,
    macs=287_057_776,
    weights_bytes=4_364_976,
    checks=(Check("task", Fitness.OK, "A pose model with 17 keypoints."),),
    verdict=Verdict(VerdictState.NOT_YET, "Export and quantize it first."),
)
_EXPORTED = ExportFigures(
    imgsz=256,
    self_check=SelfCheck(
        images=2, compared="people", people=8, oks_min=0.9999, pixels_max=0.01, files=("bus.jpg", "zidane.jpg")
    ),
    step_seconds={"load": 1.0},
)
_QUANTIZED = QuantizeFigures(
    size_bytes=3_552_000,
    input_size=(256, 256),
    calibration=CalibrationUse(images=32, digest="3e087843bdbf30c4aaaa"),
    head=HeadPrecision(precision="float", float_operations=11),
    ranges="tuned",
    input=End(type="uint8", scale=0.00392157),
    output=End(type="float"),
    operations=OperationCount(total=299, in_float=18, float_kinds=("ADD", "MUL")),
    guard=GUARD,
    step_seconds={"read": 1.0, "convert": 4.0},
)


_EVALUATED = EvaluateFigures(
    images=8,
    people=18,
    images_per_second=120.0,
    models=(ModelSummary(name="int8.tflite", ap=0.59, ap50=1.0), ModelSummary(name="float.tflite", ap=0.62, ap50=1.0)),
)


def inspected(**changes):
    return msgspec.structs.replace(_INSPECTED, **changes)


def exported(**changes):
    return msgspec.structs.replace(_EXPORTED, **changes)


def quantized(**changes):
    return msgspec.structs.replace(_QUANTIZED, **changes)


def evaluated(**changes):
    return msgspec.structs.replace(_EVALUATED, **changes)
