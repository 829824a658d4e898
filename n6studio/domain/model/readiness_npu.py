"""Whether the NPU can compute with a model's numbers and operations: 8-bit weights and activations, a known input."""

from n6studio.domain.model.checks import EXPORT, Check
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.numbers import is_signed_range, is_unit_range
from n6studio.domain.model.operators import Unit
from n6studio.domain.states import Fitness
from n6studio.domain.texts import counted, listed

NARROW_FROM = (3, 0)  # release of ST Edge AI Core from which on weights may have 4 bits
# ST's compiler takes 8 bits for both, or these weights.
_ACTIVATIONS, _WEIGHTS, _NARROW_WEIGHTS = ("int8", "uint8"), ("int8", "uint8"), ("int4", "uint4")
_TO_INT8 = "Quantize it anew, weights and activations to int8: n6studio quantize SAVEDMODEL --calibration FOLDER."
_TO_PIXELS = "Quantize it anew with images divided by 255 (scale 255, offset 0) or in -1..1 (scale 127.5, offset -1)."


def widths(facts: ModelFacts) -> Check:
    """Return whether weights and activations have as many bits as the NPU computes with."""
    activations, weights = facts.numbers.activations, facts.numbers.weights
    if facts.format == "pt" or not weights:
        return Check("widths", Fitness.UNKNOWN, "Decided by quantization.")
    wide = [kind for kind in activations if kind not in (*_ACTIVATIONS, "float")]
    if wide:
        reason = f"Activations are {listed(wide)}; the NPU computes with 8-bit activations and weights."
        return Check("widths", Fitness.FAIL, reason, _TO_INT8)
    if not facts.quantized:
        stored = "" if weights == ("float",) else f" (weights stored as {listed(weights)})"
        return Check("widths", Fitness.UNKNOWN, f"Floating point{stored}; decided by quantization.")
    wide = [kind for kind in weights if kind not in (*_WEIGHTS, *_NARROW_WEIGHTS, "float")]
    if wide:
        reason = f"Weights are {listed(wide)}; the NPU computes with 8-bit activations and weights."
        return Check("widths", Fitness.FAIL, reason, _TO_INT8)
    if "float" in activations and not set(activations) & set(_ACTIVATIONS):
        reason = "Only weights are integers (dynamic range); activations are floating point, on the processor."
        return Check("widths", Fitness.FAIL, reason, _TO_INT8)
    if facts.numbers.uneven_weights:
        count = counted(facts.numbers.uneven_weights, "tensor")
        reason = f"{count} of weights with a scale per channel and zero points other than 0; the NPU takes 0 only."
        return Check("widths", Fitness.FAIL, reason, "Quantize it anew with symmetric weights.")
    if narrow_weights(facts):
        reason = (
            "Some weights have 4 bits, an experiment: for ST Edge AI Core 3.0 and later; earlier releases refuse them."
        )
        return Check("widths", Fitness.WARN, reason, "Use ST Edge AI Core 3.0 or later.")
    return Check("widths", Fitness.OK, "8-bit weights and activations.")


def narrow_weights(facts: ModelFacts) -> bool:
    """Return whether some weights have 4 bits."""
    return bool(set(facts.numbers.weights) & set(_NARROW_WEIGHTS))


def input_range(facts: ModelFacts) -> Check:
    """Return whether the camera's bytes mean to the model what they meant in training."""
    if facts.numbers.input_range is None:
        return Check("input_range", Fitness.UNKNOWN, "Decided by quantization.")
    low, high = facts.numbers.input_range
    text = f"{low:.4g} to {high:.4g}"
    if is_unit_range(low, high):
        return Check("input_range", Fitness.OK, f"The camera's 0 to 255 are read as {text}: images divided by 255.")
    if is_signed_range(low, high):
        return Check("input_range", Fitness.OK, f"The camera's 0 to 255 are read as {text}: images around 0.")
    reason = f"The camera's 0 to 255 would be read as {text}; models are trained on 0 to 1 or -1 to 1."
    return Check("input_range", Fitness.FAIL, reason, _TO_PIXELS)


def operators(facts: ModelFacts) -> Check:
    """Return where the operations run."""
    found = facts.numbers.operators
    if not found or not facts.quantized:
        return Check("operators", Fitness.UNKNOWN, "Decided by quantization.")
    if facts.numbers.float_between:
        return Check(
            "operators",
            Fitness.WARN,
            f"{counted(facts.numbers.float_between, 'operation')} in floating point between convolutions: values go "
            "to the processor and back.",
            EXPORT if facts.normalised is False else "Quantize the whole model, and leave only its end in float.",
        )
    total = sum(one.count for one in found)
    here = [one for one in found if one.unit is Unit.CPU]
    on_npu = total - sum(one.count for one in here)
    names = ", ".join(dict.fromkeys(f"{one.name}{' in float' if one.in_float else ''}" for one in here))
    rest = f" On the processor: {names}." if names else ""
    return Check("operators", Fitness.OK, f"{on_npu} of {counted(total, 'operation')} for the NPU.{rest}")
