"""Parts of what several commands say."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from n6studio.domain.results import AnyResult, StageResult
    from n6studio.stages.quantize.figures import QuantizeFigures

EXPORTED = {"film": "video", "pictures": "images"}  # what a recording becomes, by its name in JSON


def size(count: float) -> str:
    """Return bytes as text."""
    return f"{count / 2**20:.2f} MiB" if count >= 2**20 else f"{count / 1024:.0f} KiB"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return names and values below each other; rows without a value are left out."""
    kept = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in kept), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in kept)


def outputs(result: "AnyResult") -> str:
    """Return which files a stage has left."""
    state = "Nothing to do, the result was there:" if result.fresh else "Written:"
    return "\n".join([state, *(f"  {path}" for path in result.outputs.values())])


def quantized(result: "StageResult[QuantizeFigures]") -> str:
    """Return what a quantization yielded."""
    figures = result.figures
    head, guard, calibration = figures.head, figures.guard, figures.calibration
    lines = [
        outputs(result),
        f"{size(figures.size_bytes)}; head precision {head.precision}"
        + (f", {head.float_operations} operations in float" if head.float_operations else "")
        + f"; ranges: {figures.ranges}; calibrated on {calibration.images or 'random noise, 5'} images.",
    ]
    if guard:
        similar = "" if guard.oks_mean is None else f", OKS {guard.oks_mean:.3f} on average"
        lines.append(
            f"Of {guard.float_people} people the float model finds in {guard.images} images, int8 finds "
            f"{guard.int8_people}{similar}."
        )
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "     -" if value is None else f"{100 * value:6.2f}"


def models_table(models: list[dict[str, Any]]) -> str:
    """Return a table of the models' main figures, in percent."""
    lines = [f"{'':44}    AP   AP50   AP75    zoo  zoo50  images/s"]
    for model in models:
        coco, zoo = model.get("coco") or {}, model.get("zoo") or {}
        figures = [coco.get("ap"), coco.get("ap50"), coco.get("ap75"), zoo.get("map"), zoo.get("map50")]
        name = Path(model.get("source") or model["path"]).name
        name = name if len(name) <= 44 else "..." + name[-41:]
        cells = " ".join(_percent(value) for value in figures)
        lines.append(f"{name.ljust(44)}{cells}  {model['images_per_second']:8.1f}")
    return "\n".join(lines)


def comparisons(data: dict[str, Any]) -> list[str]:
    """Return a line per comparison of an evaluation."""
    lines = []
    for item in data.get("comparison") or []:
        lost = item.get("oks_lost_mean")
        if lost is not None:
            lines.append(f"OKS lost per person against {Path(str(item['reference'])).name}: {lost:.4f} on average.")
    return lines


def chain(folder: Path, stages: "dict[str, AnyResult]", results: dict[str, Any]) -> str:
    """Return what the whole chain yielded."""
    steps = [f"{name}: {'fresh' if item.fresh else 'done'}" for name, item in stages.items()]
    return "\n".join(
        [
            f"Project {folder} ({', '.join(steps)})",
            quantized(stages["quantize"]),
            "",
            models_table(results["models"]),
            *comparisons(results),
            "",
            f"Report: {stages['evaluate'].outputs['report']}",
        ]
    )
