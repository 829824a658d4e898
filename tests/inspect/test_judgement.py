"""Facts in, checks and estimates out: no files."""

import dataclasses

import msgspec
import pytest

from n6studio.cli.commands.inspect import text
from n6studio.domain.encoding import encoded
from n6studio.domain.model.facts import FloatOperation, ModelFacts, OutputStrips, TensorFacts
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.next_steps import next_steps
from n6studio.domain.model.numbers import Numbers
from n6studio.domain.model.operators import Unit, unit_of, uses
from n6studio.domain.model.published import PUBLISHED, at_size, estimate, estimate_at, why_no_estimate
from n6studio.domain.model.readiness import candidate_limits, readiness, verdict
from n6studio.domain.model.readings import Reading
from n6studio.stages.inspect.run import figures_of

GOOD = ModelFacts(
    format="tflite",
    size_bytes=3_500_000,
    sha256="0",
    task="pose",
    keypoints=17,
    keypoint_dims=3,
    classes={0: "person"},
    input_size=(256, 256),
    input=TensorFacts("images", (1, 256, 256, 3), "uint8", 1 / 255, 0),
    output=TensorFacts("output", (1, 56, 1344), "float"),
    parameters=3_289_965,
    macs=741_790_848,
    weights_bytes=3_307_530,
    strips=OutputStrips((0, 4), (4, 5), (5, 56), 1344),
    normalised=True,
    granularity="per_channel",
    integer_convolutions=73,
    output_scale=0.0067,
    numbers=Numbers(("int8",), ("int8",), (0.0, 1.0), operators=uses([("CONV_2D", False), ("DEQUANTIZE", True)])),
)


def numbers(**changes) -> dict:
    return {"numbers": dataclasses.replace(GOOD.numbers, **changes)}


def states(facts: ModelFacts) -> dict[str, str]:
    return {check.name: check.state for check in readiness(facts)}


def test_good_model_is_ready() -> None:
    assert set(states(GOOD).values()) == {"ok", "warn"}
    assert verdict(GOOD).sentence == "Ready for STM32N6."


def test_every_doubt_has_a_remedy_and_every_reason_is_a_sentence() -> None:
    worst = msgspec.structs.replace(
        GOOD, task="detect", granularity="per_tensor", float_convolutions=3, normalised=False, output_scale=1.01,
        input=TensorFacts("images", (1, 3, 250, 250), "float"), input_size=(250, 250), keypoint_dims=2,
    )  # fmt: skip
    for check in readiness(worst):
        assert check.reason.endswith("."), check
        assert check.state not in ("fail", "warn") or check.remedy or check.name == "layout", check


@pytest.mark.parametrize(
    ("change", "name", "state"),
    [
        ({"task": "detect"}, "task", "fail"),
        ({"task": None}, "task", "unknown"),
        ({"granularity": "none"}, "quantization", "fail"),
        ({"granularity": "per_tensor"}, "granularity", "warn"),
        ({"input": TensorFacts("i", (1, 256, 256, 3), "float")}, "input", "warn"),
        ({"input": TensorFacts("i", (4, 256, 256, 3), "uint8")}, "input", "fail"),
        ({"input": TensorFacts("i", (1, 256, 256, 3), "int16")}, "input", "fail"),
        ({"input_size": (250, 256)}, "input_size", "fail"),
        ({"float_convolutions": 1}, "convolutions", "fail"),
        ({"normalised": False}, "coordinates", "fail"),
        ({"normalised": None}, "coordinates", "unknown"),
        ({"output": TensorFacts("o", (1, 56, 1344), "int8", 0.007, -128)}, "output_type", "ok"),
        ({"output": TensorFacts("o", (1, 56, 1344), "uint8", 0.007, 0)}, "output_type", "warn"),
        ({"output_scale": None}, "output_step", "ok"),
        ({"output_scale": 0.02}, "output_step", "warn"),
        ({"output_scale": 1.0108}, "output_step", "fail"),
        ({"float_operations": (FloatOperation("MUL", "a", (1, 51, 1344)),) * 10}, "float_operations", "ok"),
        ({"float_operations": (FloatOperation("SOFTMAX", "a", (1, 4)),)}, "float_operations", "warn"),
        ({"keypoint_dims": 2}, "keypoints", "fail"),
        ({"strips": OutputStrips((0, 4), (4, 5), (5, 56), 2100)}, "candidates", "warn"),
        ({"strips": OutputStrips((0, 4), (4, 5), (5, 56), 3024)}, "candidates", "fail"),
        ({"strips": OutputStrips((0, 4), (4, 6), (6, 57), 300, False, True)}, "layout", "fail"),
        ({"strips": OutputStrips((0, 4), (4, 6), (6, 57), 1344)}, "layout", "warn"),
        ({"macs": 5_000_000_000}, "activations", "unknown"),
        ({"weights_bytes": 70 * 2**20}, "flash", "fail"),
        (numbers(activations=("int16",)), "widths", "fail"),
        (numbers(weights=("int16",)), "widths", "fail"),
        (numbers(weights=("int4", "int8")), "widths", "warn"),
        (numbers(activations=("float",)), "widths", "fail"),
        (numbers(uneven_weights=2), "widths", "fail"),
        (numbers(input_range=(0.0, 65025.0)), "input_range", "fail"),
        (numbers(input_range=(0.0, 0.5)), "input_range", "fail"),
        (numbers(input_range=(-1.0, 1.0)), "input_range", "ok"),
        (numbers(input_range=(0.0, 0.96)), "input_range", "ok"),
        (numbers(input_range=None), "input_range", "unknown"),
        (numbers(float_between=3), "operators", "warn"),
        ({"readings": (Reading(1, 5, 3), Reading(4, 4, 3)), "task": None, "strips": None}, "layout", "unknown"),
    ],
)
def test_check(change: dict, name: str, state: str) -> None:
    assert states(msgspec.structs.replace(GOOD, **change))[name] == state


def test_where_operations_run_is_said() -> None:
    found = next(check for check in readiness(GOOD) if check.name == "operators")
    assert found.reason == "1 of 2 operations for the NPU. On the processor: DEQUANTIZE in float."
    assert unit_of("SOFTMAX") is Unit.CPU
    assert unit_of("Sigmoid") is Unit.NPU
    assert unit_of("RESIZE_BILINEAR") is Unit.CPU
    assert unit_of("Conv", in_float=True) is Unit.CPU


def test_what_several_readings_fit_is_never_ready() -> None:
    facts = msgspec.structs.replace(
        GOOD, readings=(Reading(19), Reading(1, 6, 3)), layout_from="", task=None, strips=None
    )
    assert verdict(facts).state == "unknown"
    assert "a detector with 19 classes" in verdict(facts).sentence
    wide = msgspec.structs.replace(facts, **numbers(activations=("int16",)))
    assert verdict(wide).state == "not_suitable"


def test_float_models_are_not_ready_yet() -> None:
    checkpoint = msgspec.structs.replace(
        GOOD, format="pt", granularity="none", input=None, output=None, strips=None, normalised=None,
        integer_convolutions=0, output_scale=None,
    )  # fmt: skip
    assert verdict(checkpoint).state == "not_yet"
    assert "export and quantize" in verdict(checkpoint).sentence
    exported = msgspec.structs.replace(GOOD, format="saved_model", granularity="none", float_convolutions=73)
    assert verdict(exported).sentence == "Not yet ready for STM32N6: quantize it first."
    in_pixels = msgspec.structs.replace(exported, normalised=False)
    assert "export and quantize" in verdict(in_pixels).sentence


def test_quantized_pixels_are_not_suitable() -> None:
    assert verdict(msgspec.structs.replace(GOOD, normalised=False)).state == "not_suitable"


def test_room_for_candidates_is_as_measured() -> None:
    assert candidate_limits(17) == (2540, 1996)
    assert candidate_limits(5)[0] > 2540


def test_facts_survive_json() -> None:
    facts = msgspec.structs.replace(GOOD, float_operations=(FloatOperation("MUL", "a", (1, 2)),), keypoint_names=("a",))
    assert msgspec.json.decode(encoded(facts), type=ModelFacts) == facts


def test_published_sizes_are_exact() -> None:
    known = estimate(3_289_965, 741_790_848, (256, 256))
    assert known is not None
    assert known.exact
    assert known.milliseconds == {"2.0.0": 35.79, "4.0.0": 31.31}
    assert known.ap50 == {"per_channel": 51.12, "per_tensor": 48.43}
    assert known.source.startswith("published by ST")
    for row in PUBLISHED:
        assert estimate_at(row.model, (row.size, row.size)) is not None


def test_a_checkpoint_is_told_at_the_size_that_is_chosen() -> None:
    trained = round(11_318.8 * 640 * 640)
    known, why = at_size(3_289_965, trained, (640, 640), (256, 256))
    assert known == estimate(3_289_965, 741_790_848, (256, 256))
    assert why == ""
    assert at_size(3_289_965, trained, (640, 640), (640, 640))[0] is None
    plain = msgspec.structs.replace(GOOD, format="pt", macs=trained, input_size=(640, 640), granularity="none")
    said = text(figures_of(plain), (), InputSize(256, 256))
    assert "about 0.74 GMAC at 256x256; 4.64 GMAC at 640x640, the size it was trained at" in said
    assert "at 256x256: 35.79 ms" in said
    assert "at 320x192: estimate: " in text(figures_of(plain), (), InputSize(320, 192))


def test_a_float_onnx_in_pixels_is_quantized_next() -> None:
    pixels = msgspec.structs.replace(GOOD, format="onnx", granularity="none", normalised=False)
    assert next_steps(pixels, (), "a b.onnx")[0].startswith("Quantize it: n6studio quantize 'a b.onnx' --calibration")
    strips = msgspec.structs.replace(pixels, strips=dataclasses.replace(GOOD.strips, channels_first=False))
    for other in (strips, msgspec.structs.replace(pixels, format="saved_model")):
        assert next_steps(other, (), "net") == (
            "Export the checkpoint that it was made from: n6studio export MODEL.pt",
        )


def test_sizes_between_are_estimates_over_pixels() -> None:
    known = estimate(3_295_470, round(11_318.8 * 224 * 224), (224, 224))
    assert known is not None
    assert not known.exact
    assert known.source.startswith("estimate")
    part = (224**2 - 192**2) / (256**2 - 192**2)
    assert known.milliseconds["4.0.0"] == pytest.approx(21.33 + part * (31.31 - 21.33), abs=0.01)
    assert known.ap50 == {}


@pytest.mark.parametrize(
    ("parameters", "per_pixel", "size", "words"),
    [
        (3_289_965, 11_318.8, 640, "192x192 to 320x320"),
        (2_926_494, 9_252.7, 256, "neither"),  # YOLO26n-pose
        (11_600_000, 36_000.0, 256, "neither"),  # YOLOv8s-pose
        (None, 1.0, 256, "not known"),
    ],
)
def test_no_estimate_says_why(parameters: int | None, per_pixel: float, size: int, words: str) -> None:
    macs = round(per_pixel * size * size)
    assert estimate(parameters, macs, (size, size)) is None
    assert words in why_no_estimate(parameters, macs, (size, size))
