"""``n6studio inspect``: what a model file is, and how fast it, or what ST's compiler made of it, will be."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.cli.command import SIZE, Command
from n6studio.cli.texts import table
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.input_size import STEP, InputSize
from n6studio.domain.model.next_steps import next_steps
from n6studio.domain.model.published import Estimate, at_size
from n6studio.domain.settings import from_mapping
from n6studio.domain.states import Fitness
from n6studio.domain.texts import bytes_text, counted, gmac
from n6studio.gates.files import require_present
from n6studio.stages.export.stage import ExportSettings
from n6studio.stages.inspect.stage import DEFAULT_SIZE, INSPECT

if TYPE_CHECKING:
    from n6studio.domain.model.facts import ModelFacts, TensorFacts
    from n6studio.domain.model.speed import SpeedEstimate
    from n6studio.domain.pose.split_head import SplitHead
    from n6studio.stages.inspect.figures import InspectFigures

REPORT, C_INFO = "network_generate_report.txt", "network_c_info.json"
NO_ESTIMATE = "There is no estimate of its speed: only int8 models run on the NPU. Quantize it first."
_ORDER = (Fitness.FAIL, Fitness.UNKNOWN, Fitness.WARN, Fitness.OK)
_MARKS = {Fitness.OK: "ok  ", Fitness.WARN: "warn", Fitness.FAIL: "FAIL", Fitness.UNKNOWN: "?   "}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, metavar="FILE", help=".pt, .onnx, .tflite or .keras file, or SavedModel folder"
    )
    parser.add_argument(
        "--layout",
        metavar="CxKxV",
        default="",
        help="how the output is read where the file does not say: classes, keypoints and values per keypoint, 1x17x3",
    )
    parser.add_argument(
        "--imgsz",
        metavar=SIZE,
        help="input size that a checkpoint is to be exported at, for operations and speed "
        f"(default: {DEFAULT_SIZE}, as n6studio export)",
    )
    parser.add_argument(
        "--explain", action="store_true", help="print what each channel of the output means, and code that decodes it"
    )
    parser.add_argument(
        "--save-copy", type=Path, metavar="COPY", help="write a copy of a .tflite or .onnx that says how it is read"
    )
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
    size = from_mapping(ExportSettings, {} if options.imgsz is None else {"imgsz": options.imgsz}).imgsz
    if options.speed and (options.model / REPORT).is_file():
        return _compiled(options)
    with tempfile.TemporaryDirectory(prefix="n6studio-") as folder:
        result = run_alone(INSPECT, {"layout": options.layout}, {"model": [options.model]}, Path(folder), options)
        if options.save_copy is not None:
            _save_copy(result.outputs.get("model"), options.save_copy, options.model)
    _require_multiple(options.imgsz, size, result.figures)
    steps = next_steps(result.figures, result.figures.checks, options.save_copy or options.model)
    data = {"figures": result.figures, "warnings": list(result.warnings), "next": steps}
    if options.save_copy is not None:
        data["copy"] = str(options.save_copy)
    if options.explain:
        from n6studio.domain.model.explain import explanation

        lines = explanation(result.figures)
        return print_result(options, {**data, "explanation": list(lines)}, "\n".join(lines))
    if not options.speed:
        return print_result(options, data, text(result.figures, steps, size))
    speed = _speed(result.figures)
    return print_result(options, {**data, "speed": speed}, "\n".join(_speed_lines(speed)))


def _require_multiple(typed: str | None, size: InputSize, facts: "InspectFigures") -> None:
    """Refuse a size at which a checkpoint cannot be exported.

    Raises:
        ImageSizeInvalid.
    """
    from n6studio.domain.errors.models import ImageSizeInvalid

    stride = max((STEP, *facts.strides))
    if typed is not None and facts.format == "pt" and size.nearest(stride) != size:
        raise ImageSizeInvalid(size=size.plain, nearest=str(size.nearest(stride)), stride=stride)


def _save_copy(made: Path | None, target: Path, source: Path) -> None:
    """Publish the copy that says how its output is read.

    Raises:
        SettingInvalid: there is none, or there is a file of that name.
        DiskFull, NotWritable.
    """
    from n6studio.gates.files import read_bytes
    from n6studio.system.files import replace_bytes

    if made is None:
        allowed = "together with --layout, for a .tflite or .onnx"
        raise SettingInvalid(name="--save-copy", value=target.name, allowed=allowed)
    if target.exists() or target.suffix.lower() != source.suffix.lower():
        raise SettingInvalid(
            name="--save-copy", value=target.name, allowed=f"a new file whose name ends in {source.suffix}"
        )
    replace_bytes(target, read_bytes(made))


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


def text(facts: "InspectFigures", steps: Sequence[str] = (), size: InputSize | None = None) -> str:
    """Return what a model file is, in words: what was found, what stands in the way, what to do next.

    Args:
        facts: what was found.
        steps: what to do next.
        size: that a checkpoint is to be exported at; None for the one that it was trained at.
    """
    rows = [
        ("format", f"{facts.format}, {bytes_text(facts.size_bytes)}"),
        ("SHA-256", facts.sha256),
        ("model", facts.model),
        ("task", facts.task or "unknown"),
        ("classes", ", ".join(name for name in facts.classes.values() if name)),
        ("keypoints", f"{facts.keypoints} x {facts.keypoint_dims}" if facts.keypoints else ""),
        ("input size", "x".join(str(n) for n in facts.input_size or ())),
        ("input", _tensor(facts.input)),
        ("output", _split(facts.split) if facts.split else _tensor(facts.output)),
        ("layout", _layout(facts)),
        ("strides", ", ".join(str(stride) for stride in facts.strides)),
        ("coordinates", {True: "normalised, 0..1", False: "pixels", None: ""}[facts.normalised]),
        ("parameters", f"{facts.parameters:,}" if facts.parameters else ""),
        ("operations", _operations(facts, size)),
        ("quantization", _quantization(facts)),
        ("quantization-aware training", facts.trained.text if facts.trained is not None else ""),
        ("on the board", _published(facts, size)),
    ]
    checks = list(facts.checks)
    # What only a later step can tell is one line; what nobody can tell from this file is the user's to answer.
    later = [one for one in checks if one.state is Fitness.UNKNOWN and not one.remedy]
    told = [one for one in checks if one not in later]
    told.sort(key=lambda one: _ORDER.index(one.state))
    lines = [f"  {_MARKS[one.state]}  {one.reason}" + (f" {one.remedy}" if one.remedy else "") for one in told]
    if later:
        names = ", ".join(one.name.replace("_", " ") for one in later)
        lines.append(f"  {_MARKS[Fitness.UNKNOWN]}  Not known yet: {names}.")
    advice = ["", "Next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))] if steps else []
    return "\n".join([table(rows), "", facts.verdict.sentence, *lines, *advice])


def _operations(facts: "InspectFigures", size: InputSize | None) -> str:
    if not facts.macs or not facts.input_size:
        return ""
    if facts.format != "pt":
        return gmac(facts.macs)
    trained = InputSize(*facts.input_size)
    if size is None or size == trained:
        return f"{gmac(facts.macs)} at {trained.text}, the size it was trained at"
    scaled = round(facts.macs * size.width * size.height / (trained.width * trained.height))
    return f"about {gmac(scaled)} at {size.text}; {gmac(facts.macs)} at {trained.text}, the size it was trained at"


def _tensor(tensor: "TensorFacts | None") -> str:
    if not tensor:
        return ""
    quantized = f", scale {tensor.scale:.6g}, zero point {tensor.zero_point}" if tensor.scale else ""
    return f"{tensor.type} {list(tensor.shape)}{quantized}"


def _split(split: "SplitHead") -> str:
    branches = ("boxes", "confidences", "keypoints")
    parts = [
        f"stride {level.stride}: "
        + ", ".join(
            f"{name} {one.scale:.6g}, {one.zero_point}"
            for name, one in zip(branches, (level.box, level.score, level.keypoints), strict=True)
        )
        for level in split.levels
    ]
    return f"split head, int8, scale and zero point at {'; '.join(parts)}; {split.output_bytes:,} bytes"


def _layout(facts: "ModelFacts") -> str:
    strips = facts.strips
    if facts.ambiguous:
        return "; or ".join(f"{one.text} ({one.code})" for one in facts.readings[:8])
    if not strips:
        return ""
    ranges = {"boxes": strips.boxes, "scores": strips.scores, "keypoints": strips.keypoints}
    parts = (f"{name} {first}..{end - 1}" for name, (first, end) in ranges.items())
    why = {"metadata": ", as its metadata say", "graph": ", as its graph shows", "told": ", as you chose"}
    return f"{', '.join(parts)}; {strips.candidates} candidates{why.get(facts.layout_from, '')}"


def _quantization(facts: "ModelFacts") -> str:
    if facts.granularity == "none":
        return "" if facts.format == "pt" else "none"
    kinds = sorted({item.operation for item in facts.float_operations})
    count = len(facts.float_operations)
    return f"{facts.granularity.replace('_', '-')}; {counted(count, 'operation')} in float {', '.join(kinds)}".rstrip()


def _published(facts: "InspectFigures", size: InputSize | None) -> str:
    known: Estimate | None = facts.published
    missing, at = facts.published_missing, ""
    if facts.format == "pt" and size is not None:
        known, missing = at_size(facts.parameters, facts.macs, facts.input_size, size)
        at = f"at {size.text}: "
    if not known:
        return missing
    times = ", ".join(f"{value:g} ms (ST Edge AI Core {core})" for core, value in known.milliseconds.items())
    label = at if known.exact else f"{at}estimate: "
    return f"{label}{times}; {bytes_text(known.ram_kib * 2**10)} of RAM. {known.source[:1].upper()}{known.source[1:]}"
