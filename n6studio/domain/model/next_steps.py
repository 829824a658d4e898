"""What to do next with a model, given what inspection found: commands that work for this file."""

import shlex
from pathlib import Path

from n6studio.domain.model.checks import Check
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.states import Fitness

SAYING = (".tflite", ".onnx")  # files of which a copy can be made that says how its output is read


def next_steps(facts: ModelFacts, checks: tuple[Check, ...], file: Path | str) -> tuple[str, ...]:
    """Return what to do, in order.

    Args:
        facts: what inspection found.
        checks: what they amount to.
        file: the model, as it is typed.
    """
    path = shlex.quote(str(file))
    if facts.ambiguous:
        code = next((one.code for one in facts.readings if one.keypoints), "1x17x3")
        kept = Path(file).suffix.lower() in SAYING
        copy = shlex.quote(f"{Path(file).stem}-{code}{Path(file).suffix}")
        keep = f"n6studio inspect {path} --layout {code} --save-copy {copy}"
        told = f"n6studio quantize {path} --calibration FOLDER --layout {code}"
        steps = (
            "Ask whoever trained the model for its number of classes and its kpt_shape.",
            f"If it is a pose model, keep what you learnt in a copy, for example: {keep}"
            if kept
            else f"If it is a pose model, quantize it with what you learnt; the .tflite then says it: {told}",
        )
        if all(one.keypoints for one in facts.readings):
            return steps
        return (*steps, "A detector has no keypoints: choose a model trained with task=pose.")
    failed = [check for check in checks if check.state is Fitness.FAIL]
    if facts.format == "pt":
        lasting = [check.remedy for check in failed if check.name in ("task", "keypoints") and check.remedy]
        return (*lasting, f"Export and quantize it: n6studio run {path} --calibration FOLDER")
    if not facts.quantized:
        if facts.format == "onnx" and facts.normalised is False and _divisible(facts):
            return (
                f"Quantize it: n6studio quantize {path} --calibration FOLDER. Its coordinates become fractions of the "
                "input on the way.",
            )
        if facts.normalised is False or any(check.name == "layout" for check in failed):
            return ("Export the checkpoint that it was made from: n6studio export MODEL.pt",)
        return (f"Quantize it: n6studio quantize {path} --calibration FOLDER",)
    if failed:
        return tuple(dict.fromkeys(check.remedy for check in failed if check.remedy))
    return (
        f"Measure it: n6studio evaluate {path} --data LABELS",
        f"Put it onto a board: n6studio deploy {path} --board virtual",
    )


def _divisible(facts: ModelFacts) -> bool:
    """Return whether quantization can divide the coordinates of an .onnx: they are joined as channels at its end."""
    return facts.strips is not None and facts.strips.channels_first and not facts.strips.end_to_end
