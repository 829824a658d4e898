"""Whether a model can go to an STM32N6: what is looked at, what was found, and what to do about it."""

from n6studio.domain.model.checks import EXPORT, QUANTIZE, Check, Verdict
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.published import estimate, why_no_estimate
from n6studio.domain.model.readiness_npu import input_range, narrow_weights, operators, widths
from n6studio.domain.model.readiness_split import for_split_head
from n6studio.domain.states import Fitness, VerdictState
from n6studio.domain.texts import bytes_text, counted

# Checks that fail for every model that is still to be exported and quantized; those steps fix them.
FIXED_LATER = frozenset({"quantization", "convolutions", "coordinates"})

# One int8 step of an output in 0..1 is near 1/255; ST's own networks have 0.0052 to 0.0070. At 1/32 a step is as wide
# as the gap between a sure and a doubtful score; a step of 1, as pixel coordinates bring it, leaves no scores at all.
FINE_STEP, COARSE_STEP = 0.01, 1 / 32

# The pools of ST's pose application: 61 MB of flash behind the application; 1024 KB of AXISRAM2 and four NPU memories
# of 448 KB for activations, and on the STM32N6570-DK 16 MB of external RAM where those do not suffice.
FLASH_POOL_BYTES = 61 * 2**20
ACTIVATION_POOL_KIB = 1024 + 4 * 448

# Candidates that the STM32N6570-DK's application has room for at 17 keypoints, measured by linking it, and the bytes
# it then takes for each: 28 for the box and 12 a keypoint, and 63 more in the int8 application.
FLOAT_APP_CANDIDATES, INT8_APP_CANDIDATES = 2540, 1996
_BOX_BYTES, _KEYPOINT_BYTES, _INT8_BYTES = 28, 12, 63

_LIGHT_OPERATIONS = {
    "add",
    "sub",
    "mul",
    "div",
    "logistic",
    "sigmoid",
    "reshape",
    "concatenation",
    "concat",
    "transpose",
    "split",
    "split_v",
    "slice",
    "strided_slice",
    "pack",
    "unpack",
    "gather",
    "expand_dims",
    "squeeze",
    "unsqueeze",
    "identity",
}
_MANY_OPERATIONS = 40
_MOST_NAMED = 6  # readings of an output


def candidate_limits(keypoints: int) -> tuple[int, int]:
    """Return how many candidates the float and the int8 application have room for on the STM32N6570-DK.

    Scaled from 17 keypoints by the bytes that a candidate takes.
    """
    points = _BOX_BYTES + _KEYPOINT_BYTES * keypoints
    measured = _BOX_BYTES + _KEYPOINT_BYTES * 17
    as_float = FLOAT_APP_CANDIDATES * measured // points
    return as_float, INT8_APP_CANDIDATES * (measured + _INT8_BYTES) // (points + _INT8_BYTES)


def readiness(facts: ModelFacts) -> tuple[Check, ...]:
    """Return every check of a model, in the order in which they matter."""
    checks = (
        _task(facts),
        _quantization(facts),
        widths(facts),
        _input(facts),
        input_range(facts),
        _input_size(facts),
        _convolutions(facts),
        _granularity(facts),
        _layout(facts),
        _keypoints(facts),
        _coordinates(facts),
        _output_type(facts),
        _output_step(facts),
        operators(facts),
        _float_operations(facts),
        _candidates(facts),
        _flash(facts),
        _activations(facts),
        _nucleo(facts),
    )
    return for_split_head(facts, checks)


def verdict(facts: ModelFacts, checks: tuple[Check, ...] | None = None) -> Verdict:
    """Return what the checks amount to."""
    found = readiness(facts) if checks is None else checks
    failed = [check for check in found if check.state is Fitness.FAIL]
    serious = [check for check in failed if facts.quantized or check.name not in FIXED_LATER]
    if serious:
        return Verdict(VerdictState.NOT_SUITABLE, f"Not ready for STM32N6: {serious[0].reason}")
    if facts.ambiguous:
        return Verdict(
            VerdictState.UNKNOWN, f"Unknown whether it is ready for STM32N6: could be {_alternatives(facts)}."
        )
    if not facts.quantized:
        step = "export and quantize" if facts.format == "pt" or facts.normalised is False else "quantize"
        return Verdict(VerdictState.NOT_YET, f"Not yet ready for STM32N6: {step} it first.")
    doubts = [check for check in found if check.state is Fitness.WARN and check.name != "nucleo"]
    if doubts:
        return Verdict(VerdictState.READY, f"Ready for STM32N6, with a warning: {doubts[0].reason}")
    return Verdict(VerdictState.READY, "Ready for STM32N6.")


def _alternatives(facts: ModelFacts) -> str:
    named = [one.text for one in facts.readings[:_MOST_NAMED]]
    more = len(facts.readings) - len(named)
    return "; or ".join(named) + (f"; or {counted(more, 'other reading')}" if more > 0 else "")


def _suggested(facts: ModelFacts) -> str:
    return next((one.code for one in facts.readings if one.keypoints), "")


def _task(facts: ModelFacts) -> Check:
    if facts.task == "pose":
        return Check("task", Fitness.OK, f"A pose model with {counted(facts.keypoints or 0, 'keypoint')}.")
    if facts.task is None:
        if facts.ambiguous:
            return Check(
                "task", Fitness.UNKNOWN, f"The file does not state its task; it could be {_alternatives(facts)}."
            )
        return Check("task", Fitness.UNKNOWN, "The file does not state the model's task.")
    return Check("task", Fitness.FAIL, f"It is a {facts.task} model.", "Choose a model trained with task=pose.")


def _quantization(facts: ModelFacts) -> Check:
    if facts.quantized:
        return Check("quantization", Fitness.OK, "Weights are integers.")
    return Check(
        "quantization",
        Fitness.FAIL,
        "It is a floating-point model; the NPU computes in int8.",
        EXPORT if facts.format == "pt" else QUANTIZE,
    )


def _input(facts: ModelFacts) -> Check:
    tensor = facts.input
    if tensor is None:
        return Check("input", Fitness.UNKNOWN, "Decided by the export.")
    if len(tensor.shape) != 4 or tensor.shape[0] not in (1, -1) or 3 not in (tensor.shape[1], tensor.shape[3]):
        return Check("input", Fitness.FAIL, f"The input {list(tensor.shape)} is not one RGB image.", EXPORT)
    if facts.format == "tflite" and tensor.shape[3] != 3:
        what = "the board's camera gives the three values of a pixel together"
        return Check("input", Fitness.FAIL, f"The input {list(tensor.shape)} has channels first; {what}.", EXPORT)
    if tensor.type == "uint8":
        return Check("input", Fitness.OK, "One RGB image in uint8, as the camera gives it.")
    if tensor.type not in ("int8", "float", "float16"):
        what = f"The input is {tensor.type}; the NPU takes 8-bit values, and the board's camera gives uint8."
        return Check("input", Fitness.FAIL, what, QUANTIZE)
    remedy = QUANTIZE
    if facts.quantized:
        remedy = "Quantize with uint8 input, or compile with --input-data-type uint8."
    return Check("input", Fitness.WARN, f"The input is {tensor.type}; the board's camera gives uint8.", remedy)


def _input_size(facts: ModelFacts) -> Check:
    if facts.input_size is None:
        return Check("input_size", Fitness.UNKNOWN, "The file has no fixed input size.", "Export it at a fixed size.")
    width, height = facts.input_size
    if width % 32 or height % 32:
        return Check(
            "input_size", Fitness.FAIL, f"{width}x{height} is not a multiple of 32.", "Export at a multiple of 32."
        )
    # A multiple of 32 makes rows of a multiple of 96 bytes: the camera writes straight into the network's input.
    return Check("input_size", Fitness.OK, f"{width}x{height}: rows of {width * 3} bytes need no copying on the board.")


def _convolutions(facts: ModelFacts) -> Check:
    total = facts.integer_convolutions + facts.float_convolutions
    if facts.format == "pt" or not total:
        return Check("convolutions", Fitness.UNKNOWN, "Decided by quantization.")
    if facts.float_convolutions:
        return Check(
            "convolutions",
            Fitness.FAIL,
            f"{facts.float_convolutions} of {counted(total, 'convolution')} in float; the NPU computes in int8.",
            "Quantize with calibration images, so that activations become integers as well.",
        )
    return Check(
        "convolutions", Fitness.OK, f"{facts.integer_convolutions} of {counted(total, 'convolution')} in integers."
    )


def _granularity(facts: ModelFacts) -> Check:
    if facts.granularity == "per_channel":
        return Check("granularity", Fitness.OK, "One scale per channel.")
    if facts.granularity == "per_tensor":
        return Check(
            "granularity",
            Fitness.WARN,
            "One scale per tensor: ST measured 48.4 % AP50 with it, and 51.1 % with a scale per channel (256x256).",
            "Quantize per channel.",
        )
    return Check("granularity", Fitness.UNKNOWN, "Not quantized.")


def _layout(facts: ModelFacts) -> Check:
    strips = facts.strips
    if facts.ambiguous:
        return Check(
            "layout",
            Fitness.UNKNOWN,
            f"Neither metadata nor the graph tell how the output is to be read; {len(facts.readings)} readings fit.",
            f"Choose one: --layout {_suggested(facts)}, or on the Import page.",
        )
    if strips is None:
        return Check("layout", Fitness.UNKNOWN, "Decided by the export.")
    if strips.end_to_end:
        return Check(
            "layout",
            Fitness.FAIL,
            "It is an end-to-end model with final detections as rows; the board's application expects raw candidates.",
            "Export it with end2end=False.",
        )
    if not strips.channels_first:
        return Check(
            "layout",
            Fitness.FAIL,
            "The output has candidates first; the board's application reads channels first.",
            EXPORT,
        )
    first, end = strips.scores
    if end - first > 1:
        return Check(
            "layout",
            Fitness.WARN,
            f"{end - first} classes; ST's application up to release 2.0 reads keypoints wrongly in that case.",
            "Use release 2.1 of the application or later.",
        )
    return Check(
        "layout",
        Fitness.OK,
        f"{counted(strips.keypoints[1], 'channel')} x {counted(strips.candidates, 'candidate')}, one class.",
    )


def _keypoints(facts: ModelFacts) -> Check:
    if facts.keypoint_dims is None:
        return Check("keypoints", Fitness.UNKNOWN, "The number of values per keypoint is not known.")
    if facts.keypoint_dims != 3:
        return Check(
            "keypoints",
            Fitness.FAIL,
            "Keypoints have no visibility; the board's application reads three values for each.",
            "Train with kpt_shape [K, 3].",
        )
    return Check("keypoints", Fitness.OK, f"{counted(facts.keypoints or 0, 'keypoint')} with x, y and visibility.")


def _coordinates(facts: ModelFacts) -> Check:
    if facts.normalised is None:
        return Check("coordinates", Fitness.UNKNOWN, "Not measured; N6 Studio's export normalises coordinates to 0..1.")
    if facts.normalised:
        return Check("coordinates", Fitness.OK, "Coordinates are fractions of the image, as the board expects.")
    return Check(
        "coordinates",
        Fitness.FAIL,
        "Coordinates are in pixels; sharing one int8 scale with them, all confidences vanish.",
        EXPORT,
    )


def _output_type(facts: ModelFacts) -> Check:
    if facts.output is None:
        return Check("output_type", Fitness.UNKNOWN, "Decided by quantization.")
    if facts.output.type == "float":
        reason = "Float output: for ST's application up to release 2.0."
        if facts.quantized:
            reason += " Later ones read int8: compile with --output-data-type int8."
        return Check("output_type", Fitness.OK, reason)
    if facts.output.type == "int8":
        return Check("output_type", Fitness.OK, "Int8 output: for ST's application from release 2.1 on.")
    return Check(
        "output_type",
        Fitness.WARN,
        f"The output is {facts.output.type}; ST's applications read float or int8.",
        "Quantize with float output.",
    )


def _output_step(facts: ModelFacts) -> Check:
    step = facts.output_scale
    if not facts.quantized:
        return Check("output_step", Fitness.UNKNOWN, "Not quantized.")
    if step is None:
        return Check("output_step", Fitness.OK, "The output is computed in float: no rounding at the end.")
    if step <= FINE_STEP:
        return Check(
            "output_step", Fitness.OK, f"One int8 step of the output is {step:.4f}, fine enough for confidences."
        )
    state = Fitness.WARN if step <= COARSE_STEP else Fitness.FAIL
    return Check(
        "output_step", state, f"One int8 step of the output is {step:.3g}; confidences lie within 0..1.", EXPORT
    )


def _float_operations(facts: ModelFacts) -> Check:
    if not facts.quantized:
        return Check("float_operations", Fitness.UNKNOWN, "Not quantized.")
    names = [operation.operation for operation in facts.float_operations]
    if not names:
        return Check("float_operations", Fitness.OK, "No operation is left in floating point.")
    heavy = sorted({name for name in names if name.lower() not in _LIGHT_OPERATIONS})
    if heavy or len(names) > _MANY_OPERATIONS:
        what = ", ".join(heavy) if heavy else counted(len(names), "operation")
        return Check(
            "float_operations",
            Fitness.WARN,
            f"Floating point on the Cortex-M55 slows the model down: {what}.",
            "Leave only the last element-wise operations in float: quantize with the output head in float.",
        )
    return Check(
        "float_operations",
        Fitness.OK,
        f"{counted(len(names), 'light operation')} in floating point, computed on the Cortex-M55.",
    )


def _candidates(facts: ModelFacts) -> Check:
    if facts.strips is None or not facts.keypoints:
        return Check("candidates", Fitness.UNKNOWN, "Decided by the input size of the export.")
    count = facts.strips.candidates
    as_float, as_int8 = candidate_limits(facts.keypoints)
    if count > as_float:
        return Check(
            "candidates",
            Fitness.FAIL,
            f"{counted(count, 'candidate')}; ST's application for the STM32N6570-DK has room for {as_float:,}.",
            "Export at a smaller size, or move the application's arrays to external RAM.",
        )
    if count > as_int8:
        return Check(
            "candidates",
            Fitness.WARN,
            f"{counted(count, 'candidate')} fit the float application, but not the int8 one ({as_int8:,}).",
            "Use the float application, or a smaller size; at 17 keypoints 288x288 is the largest for int8.",
        )
    return Check(
        "candidates",
        Fitness.OK,
        f"{counted(count, 'candidate')}; ST's applications have room for at least {as_int8:,}.",
    )


def _flash(facts: ModelFacts) -> Check:
    if facts.parameters is None:
        return Check("flash", Fitness.UNKNOWN, "The number of weights is not known.")
    size = facts.weights_bytes if facts.quantized and facts.weights_bytes else facts.parameters
    text = f"{bytes_text(size)} of weights in {'int4 and int8' if narrow_weights(facts) else 'int8'}"
    if size > FLASH_POOL_BYTES:
        return Check(
            "flash",
            Fitness.FAIL,
            f"{text}; there is room for {bytes_text(FLASH_POOL_BYTES)}.",
            "Use a smaller model.",
        )
    return Check("flash", Fitness.OK, f"{text}; the boards have room for {bytes_text(FLASH_POOL_BYTES)}.")


def _activations(facts: ModelFacts) -> Check:
    known = estimate(facts.parameters, facts.macs, facts.input_size)
    if known is None:
        why = why_no_estimate(facts.parameters, facts.macs, facts.input_size)
        return Check("activations", Fitness.UNKNOWN, f"Known after compiling for the board. {why}")
    text = f"{bytes_text(known.ram_kib * 2**10)} of activations ({'published' if known.exact else 'estimated'})"
    if known.ram_kib > ACTIVATION_POOL_KIB:
        return Check(
            "activations",
            Fitness.WARN,
            f"{text}; internal memory has {bytes_text(ACTIVATION_POOL_KIB * 2**10)}.",
            "Use a smaller size.",
        )
    return Check("activations", Fitness.OK, f"{text}; internal memory has {bytes_text(ACTIVATION_POOL_KIB * 2**10)}.")


def _nucleo(facts: ModelFacts) -> Check:
    return Check(
        "nucleo",
        Fitness.WARN,
        "On the NUCLEO-N657X0-Q ST's application up to release 2.1 has no room for YOLOv8 pose at any size.",
        "Use the STM32N6570-DK; for the NUCLEO the application's memory layout must be changed.",
    )
