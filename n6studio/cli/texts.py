"""Texts that several commands print."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from n6studio.domain.evaluation.board_texts import divergence, link_text
from n6studio.domain.texts import bytes_text, counted
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.domain.evaluation.model import ModelResults
    from n6studio.domain.evaluation.results import Evaluation
    from n6studio.domain.results import AnyResult, StageResult
    from n6studio.stages.quantize.figures import QuantizeFigures

WARNING = "Warning: "
EXPORTED = {"film": "video", "pictures": "images"}  # what a recording becomes, by its name in JSON


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return names and values below each other; rows without a value are left out."""
    kept = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in kept), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in kept)


def outputs(result: "AnyResult") -> str:
    """Return which files a stage has left."""
    state = "Result up to date:" if result.fresh else "Written:"
    return "\n".join([state, *(f"  {path}" for path in result.outputs.values())])


def quantized(result: "StageResult[QuantizeFigures]") -> str:
    """Return what a quantization yielded."""
    figures = result.figures
    head, guard, calibration = figures.head, figures.guard, figures.calibration
    used = counted(calibration.images, "image") if calibration.images else "random noise"
    lines = [
        outputs(result),
        *(calibration.account.sentences if calibration.account is not None else ()),
        f"{bytes_text(figures.size_bytes)}; head precision {head.precision}"
        + (f", {counted(head.float_operations, 'operation')} in float" if head.float_operations else "")
        + f"; ranges {figures.ranges}; calibrated on {used}.",
    ]
    if figures.trained is not None:
        lines.append(f"Quantization-aware training: {figures.trained.text}")
    if figures.doubled is not None:
        lines.append(f"Doubled convolutions: {figures.doubled.text}")
    if figures.narrow is not None:
        lines.append(f"Weights: {figures.narrow.text(figures.size_bytes)}")
    if figures.speed is not None:
        part = f", {figures.speed.in_float} of it in floating point" if figures.speed.operations else ""
        lines.append(f"Estimated time on the board: {figures.speed.total}{part}.")
    if guard:
        kind = "int8" if figures.narrow is None else "int4"
        similar = "" if guard.oks_mean is None else f", mean OKS {guard.oks_mean:.3f}"
        lines.append(
            f"The float model finds {counted(guard.float_people, 'person', 'people')} in "
            f"{counted(guard.images, 'image')}; {kind} finds {guard.int8_people}{similar}."
        )
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "     -" if value is None else f"{100 * value:6.2f}"


def models_table(models: "Sequence[ModelResults]") -> str:
    """Return a table of the models' main figures, in percent."""
    lines = [f"{'':44}    AP   AP50   AP75    zoo  zoo50  images/s"]
    for model in models:
        coco, zoo = model.coco, model.zoo
        figures = [coco.ap, coco.ap50, coco.ap75] if coco else [None] * 3
        figures += [zoo.map, zoo.map50] if zoo else [None] * 2
        name = model.name if len(model.name) <= 44 else "..." + model.name[-41:]
        cells = " ".join(_percent(value) for value in figures)
        rate = "-" if model.images_per_second is None else f"{model.images_per_second:.1f}"
        lines.append(f"{name.ljust(44)}{cells}  {rate:>8}")
    return "\n".join(lines)


def classes(results: "Evaluation") -> list[str]:
    """Return accuracy by class, and who was taken for what by the first model; [] where there is one class only."""
    lines = []
    for model in results.models:
        if model.classes:
            lines += ["", f"{model.name[:40]:40} people     AP   AP50  Ultralytics mAP50-95"]
        for one in model.classes:
            cells = f"{_percent(one.ap)} {_percent(one.ap50)}  {_percent(one.yolo_map)}"
            lines.append(f"  {one.name[:36]:36} {one.people:8,} {cells}")
    found = results.models[0].confusion
    if found is not None:
        names = [*found.classes, "nobody"]
        lines.append("")
        rows = [("Labelled, and found as", *names)]
        rows += [(f"  {name[:20]}", *map(str, counts)) for name, counts in zip(names, found.counts, strict=True)]
        widths = [max(len(name), 6) for name in names]
        for first, *rest in rows:
            aligned = (f"{one:>{width}}" for one, width in zip(rest, widths, strict=True))
            lines.append("  ".join([first.ljust(22), *aligned]))
    return lines


def board(results: "Evaluation") -> list[str]:
    """Return what a board took, and where it differs from this computer; nothing where none was asked."""
    told = results.board
    if told is None:
        return []
    times = [
        f"{name} {_ms(values, 50)} ms (95 %: {_ms(values, 95)})"
        for name, values in (("NPU", told.npu_ms), ("post-processing", told.post_ms))
        if values
    ]
    return [f"{told.name}: {', '.join(times)}", divergence(told), *(f"Link: {line}" for line in link_text(told))]


def _ms(values: "Sequence[float]", percent: int) -> str:
    """Return a percentile of some milliseconds."""
    return f"{sorted(values)[min(len(values) - 1, len(values) * percent // 100)]:.2f}"


def comparisons(results: "Evaluation") -> list[str]:
    """Return the verdict and the OKS lost of each comparison of an evaluation."""
    from n6studio.domain.evaluation.verdict import verdict

    verdicts = [f"Against {Path(one.reference).name}: {text}" for one in results.comparison if (text := verdict(one))]
    return verdicts + [
        f"Mean OKS lost per person against {Path(one.reference).name}: {one.oks_lost_mean:.4f}"
        for one in results.comparison
        if one.oks_lost_mean is not None
    ]


def chain(folder: Path, stages: "dict[str, AnyResult]", results: "Evaluation") -> str:
    """Return what the whole chain yielded."""
    steps = [f"{name}: {'up to date' if item.fresh else 'done'}" for name, item in stages.items()]
    return "\n".join(
        [
            f"Project {folder} ({', '.join(steps)})",
            *([quantized(stages[QUANTIZE.name])] if QUANTIZE.name in stages else []),
            "",
            models_table(results.models),
            *comparisons(results),
            "",
            f"Report: {stages[EVALUATE.name].outputs['report']}",
        ]
    )
