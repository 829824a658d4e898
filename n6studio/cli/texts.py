"""Results as text for a terminal."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from n6studio.domain.model.facts import ModelFacts, TensorFacts
from n6studio.domain.results import AnyResult, StageResult
from n6studio.engine.doctor.examine import Finding
from n6studio.stages.export.figures import ExportFigures
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.stages.quantize.figures import QuantizeFigures

_MARKS = {"ok": "ok  ", "warn": "note", "fail": "FAIL", "unknown": "?   "}


def _size(count: float) -> str:
    return f"{count / 2**20:.2f} MiB" if count >= 2**20 else f"{count / 1024:.0f} KiB"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    kept = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in kept), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in kept)


def inspect(result: StageResult[InspectFigures]) -> str:
    """Return what a model file is, in words."""
    facts = result.figures
    rows = [
        ("format", f"{facts.format}, {_size(facts.size_bytes)}"),
        ("SHA-256", facts.sha256),
        ("network", facts.network),
        ("task", facts.task or "unknown"),
        ("classes", ", ".join(name for name in facts.classes.values() if name)),
        ("keypoints", f"{facts.keypoints} x {facts.keypoint_dims}" if facts.keypoints else ""),
        ("input size", "x".join(str(n) for n in facts.input_size or ())),
        ("input", _tensor(facts.input)),
        ("output", _tensor(facts.output)),
        ("layout", _layout(facts)),
        ("coordinates", {True: "normalised, 0..1", False: "in pixels", None: ""}[facts.normalised]),
        ("parameters", f"{facts.parameters:,}" if facts.parameters else ""),
        ("MACs", f"{facts.macs / 1e6:.1f} M" if facts.macs else ""),
        ("quantization", _quantization(facts)),
        ("on the board", _published(facts)),
    ]
    checks = [
        f"  {_MARKS[check.state]}  {check.reason}" + (f" {check.remedy}" if check.remedy else "")
        for check in facts.checks
    ]
    return "\n".join([_table(rows), "", facts.verdict.sentence, *checks])


def _tensor(tensor: TensorFacts | None) -> str:
    if not tensor:
        return ""
    quantized = f", scale {tensor.scale:.6g}, zero point {tensor.zero_point}" if tensor.scale else ""
    return f"{tensor.type} {list(tensor.shape)}{quantized}"


def _layout(facts: ModelFacts) -> str:
    strips = facts.strips
    if not strips:
        return ""
    ranges = {"boxes": strips.boxes, "scores": strips.scores, "keypoints": strips.keypoints}
    parts = (f"{name} {first}..{end - 1}" for name, (first, end) in ranges.items())
    return f"{', '.join(parts)}; {strips.candidates} candidates"


def _quantization(facts: ModelFacts) -> str:
    if facts.granularity == "none":
        return "" if facts.format == "pt" else "none"
    kinds = sorted({item.operation for item in facts.float_operations})
    count = len(facts.float_operations)
    return f"{facts.granularity.replace('_', '-')}; {count} operations in float {', '.join(kinds)}".rstrip()


def _published(facts: InspectFigures) -> str:
    known = facts.published
    if not known:
        return facts.published_missing
    times = ", ".join(f"{value:g} ms (ST Edge AI Core {core})" for core, value in known.milliseconds.items())
    label = "" if known.exact else "estimate: "
    return f"{label}{times}; {known.ram_kib:g} KiB of RAM. {known.source[:1].upper()}{known.source[1:]}"


def _outputs(result: AnyResult) -> str:
    state = "Nothing to do, the result was there:" if result.fresh else "Written:"
    return "\n".join([state, *(f"  {path}" for path in result.outputs.values())])


def export(result: StageResult[ExportFigures]) -> str:
    """Return what an export yielded."""
    check = result.figures.self_check
    return (
        f"{_outputs(result)}\nSelf-check on {check.images} pictures, {check.people} {check.compared}: "
        f"OKS at least {check.oks_min:.4f}, keypoints differ by at most {check.pixels_max:.3f} pixels."
    )


def quantize(result: StageResult[QuantizeFigures]) -> str:
    """Return what a quantization yielded."""
    figures = result.figures
    head, guard, calibration = figures.head, figures.guard, figures.calibration
    lines = [
        _outputs(result),
        f"{_size(figures.size_bytes)}; head precision {head.precision}"
        + (f", {head.float_operations} operations in float" if head.float_operations else "")
        + f"; ranges: {figures.ranges}; calibrated on {calibration.images or 'random noise, 5'} pictures.",
    ]
    if guard:
        similar = "" if guard.oks_mean is None else f", OKS {guard.oks_mean:.3f} on average"
        lines.append(
            f"Of {guard.float_people} people the float network finds in {guard.images} pictures, int8 finds "
            f"{guard.int8_people}{similar}."
        )
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "     -" if value is None else f"{100 * value:6.2f}"


def models_table(models: list[dict[str, Any]]) -> str:
    """Return a table of the networks' main figures, in percent."""
    lines = [f"{'':44}    AP   AP50   AP75    zoo  zoo50  images/s"]
    for model in models:
        coco, zoo = model.get("coco") or {}, model.get("zoo") or {}
        figures = [coco.get("ap"), coco.get("ap50"), coco.get("ap75"), zoo.get("map"), zoo.get("map50")]
        name = Path(model.get("source") or model["path"]).name
        name = name if len(name) <= 44 else "..." + name[-41:]
        cells = " ".join(_percent(value) for value in figures)
        lines.append(f"{name.ljust(44)}{cells}  {model['images_per_second']:8.1f}")
    return "\n".join(lines)


def evaluate(result: AnyResult, data: dict[str, Any]) -> str:
    """Return what an evaluation yielded."""
    return "\n".join([models_table(data["models"]), *_comparisons(data), "", _outputs(result)])


def _comparisons(data: dict[str, Any]) -> list[str]:
    lines = []
    for item in data.get("comparison") or []:
        lost = item.get("oks_lost_mean")
        if lost is not None:
            lines.append(f"OKS lost per person against {Path(str(item['reference'])).name}: {lost:.4f} on average.")
    return lines


def chain(folder: Path, stages: dict[str, AnyResult], results: dict[str, Any]) -> str:
    """Return what the whole chain yielded."""
    steps = [f"{name}: {'fresh' if item.fresh else 'done'}" for name, item in stages.items()]
    return "\n".join(
        [
            f"Project {folder} ({', '.join(steps)})",
            quantize(stages["quantize"]),
            "",
            models_table(results["models"]),
            *_comparisons(results),
            "",
            f"Report: {stages['evaluate'].outputs['report']}",
        ]
    )


def doctor(findings: Iterable[Finding]) -> str:
    """Return the doctor's findings in words."""
    lines = []
    for item in findings:
        wanted = f" (wanted: {item.wanted})" if item.state != "ok" else ""
        purpose = " For deployment only." if item.state != "ok" and item.needed_for == "deployment" else ""
        advice = f". {item.what_to_do}" if item.what_to_do else ""
        lines.append(f"{item.state.ljust(14)}{item.name}: {item.found or 'nothing'}{wanted}{advice}{purpose}")
    return "\n".join(lines)


def settings(table: list[dict[str, Any]]) -> str:
    """Return all settings in words."""
    lines = []
    for item in table:
        lines.append(f"{item['stage']}.{item['name']} = {item['default']!r}  ({item['flag']}; {item['allowed']})")
        lines.append(f"    {item['help']}")
    return "\n".join(lines)
