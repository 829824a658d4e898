"""``n6studio inspect``: what a model file is, and how fast it, or what ST's compiler made of it, will be."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import Command
from n6studio.cli.texts import table
from n6studio.domain.errors.foreign import reading
from n6studio.domain.states import Fitness
from n6studio.domain.texts import bytes_text, counted, gmac
from n6studio.gates.files import require_present
from n6studio.stages.inspect.stage import INSPECT

if TYPE_CHECKING:
    from n6studio.domain.model.facts import ModelFacts, TensorFacts
    from n6studio.domain.model.speed import SpeedEstimate
    from n6studio.stages.inspect.figures import InspectFigures

REPORT, C_INFO = "network_generate_report.txt", "network_c_info.json"
NO_ESTIMATE = "There is no estimate of its speed: only int8 models run on the NPU. Quantize it first."
_MARKS = {Fitness.OK: "ok  ", Fitness.WARN: "warn", Fitness.FAIL: "FAIL", Fitness.UNKNOWN: "?   "}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="FILE", help=".pt, .onnx or .tflite file, or SavedModel folder")
    parser.add_argument(
        "--speed",
        action="store_true",
        help="predict the time on the board: estimated from an int8 model, or part by part where FILE is a folder with "
        "the compiler's network_generate_report.txt and network_c_info.json",
    )


def _run(options: argparse.Namespace) -> int:
    import tempfile

    from n6studio.cli.running import print_result, run_alone

    with reading(options.model):
        require_present(options.model)
    if options.speed and (options.model / REPORT).is_file():
        return _compiled(options)
    with tempfile.TemporaryDirectory(prefix="n6studio-") as folder:
        result = run_alone(INSPECT, {}, {"model": [options.model]}, Path(folder), options)
    data = {"figures": result.figures, "warnings": list(result.warnings)}
    if not options.speed:
        return print_result(options, data, text(result.figures))
    speed = _speed(result.figures)
    return print_result(options, {**data, "speed": speed}, "\n".join(_speed_lines(speed)))


def _compiled(options: argparse.Namespace) -> int:
    """Tell what the compiler's files say of a model's speed."""
    from n6studio.board.compiler.report import read_compile_report
    from n6studio.cli.running import print_result
    from n6studio.domain.model.speed_text import changes, compiled_lines, predicted

    found = read_compile_report(options.model / REPORT, options.model / C_INFO).summary
    data = {"compiled": found, "predicted": predicted(found), "changes": changes(found)}
    return print_result(options, data, "\n".join([found.compiler, *compiled_lines(found)]))


def _speed(facts: "InspectFigures") -> "SpeedEstimate | None":
    from n6studio.domain.model.speed import estimate_speed

    return estimate_speed(facts)


def _speed_lines(found: "SpeedEstimate | None") -> list[str]:
    from n6studio.domain.model.speed_advice import advice_for_file
    from n6studio.domain.model.speed_text import estimate_lines

    if found is None:
        return [NO_ESTIMATE]
    return estimate_lines(found, advice_for_file(found))


COMMAND = Command("inspect", "describe a model file and check whether it suits the STM32N6", _run, _options)


def text(facts: "InspectFigures") -> str:
    """Return what a model file is, in words."""
    rows = [
        ("format", f"{facts.format}, {bytes_text(facts.size_bytes)}"),
        ("SHA-256", facts.sha256),
        ("model", facts.model),
        ("task", facts.task or "unknown"),
        ("classes", ", ".join(name for name in facts.classes.values() if name)),
        ("keypoints", f"{facts.keypoints} x {facts.keypoint_dims}" if facts.keypoints else ""),
        ("input size", "x".join(str(n) for n in facts.input_size or ())),
        ("input", _tensor(facts.input)),
        ("output", _tensor(facts.output)),
        ("layout", _layout(facts)),
        ("coordinates", {True: "normalised, 0..1", False: "pixels", None: ""}[facts.normalised]),
        ("parameters", f"{facts.parameters:,}" if facts.parameters else ""),
        ("operations", gmac(facts.macs) if facts.macs else ""),
        ("quantization", _quantization(facts)),
        ("on the board", _published(facts)),
    ]
    checks = [
        f"  {_MARKS[check.state]}  {check.reason}" + (f" {check.remedy}" if check.remedy else "")
        for check in facts.checks
    ]
    return "\n".join([table(rows), "", facts.verdict.sentence, *checks])


def _tensor(tensor: "TensorFacts | None") -> str:
    if not tensor:
        return ""
    quantized = f", scale {tensor.scale:.6g}, zero point {tensor.zero_point}" if tensor.scale else ""
    return f"{tensor.type} {list(tensor.shape)}{quantized}"


def _layout(facts: "ModelFacts") -> str:
    strips = facts.strips
    if not strips:
        return ""
    ranges = {"boxes": strips.boxes, "scores": strips.scores, "keypoints": strips.keypoints}
    parts = (f"{name} {first}..{end - 1}" for name, (first, end) in ranges.items())
    return f"{', '.join(parts)}; {strips.candidates} candidates"


def _quantization(facts: "ModelFacts") -> str:
    if facts.granularity == "none":
        return "" if facts.format == "pt" else "none"
    kinds = sorted({item.operation for item in facts.float_operations})
    count = len(facts.float_operations)
    return f"{facts.granularity.replace('_', '-')}; {counted(count, 'operation')} in float {', '.join(kinds)}".rstrip()


def _published(facts: "InspectFigures") -> str:
    known = facts.published
    if not known:
        return facts.published_missing
    times = ", ".join(f"{value:g} ms (ST Edge AI Core {core})" for core, value in known.milliseconds.items())
    label = "" if known.exact else "estimate: "
    return f"{label}{times}; {bytes_text(known.ram_kib * 2**10)} of RAM. {known.source[:1].upper()}{known.source[1:]}"
