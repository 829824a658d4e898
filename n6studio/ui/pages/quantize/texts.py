"""What a quantization's figures say, as rows of words; and how two runs differ. No Qt."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.project import Project
from n6studio.domain.results import StageResult
from n6studio.domain.settings import named
from n6studio.domain.states import CheckState
from n6studio.domain.texts import bytes_text
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.runs import runs
from n6studio.stages.quantize.figures import End, QuantizeFigures
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings


def end_text(end: End | None) -> str:
    """Return "uint8, scale 0.003922, zero point 0", or the type alone for float."""
    if not end:
        return ""
    if not end.scale:
        return end.type
    return f"{end.type}, scale {end.scale:.6g}, zero point {end.zero_point}"


def operations_text(figures: QuantizeFigures) -> str:
    """Return how many operations work in which type."""
    operations = figures.operations
    if not operations:
        return f"{figures.head.float_operations} in float"
    if not operations.in_float:
        return f"all {operations.total} in int8"
    kinds = ", ".join(kind.lower().replace("_", " ") for kind in operations.float_kinds)
    return f"{operations.total - operations.in_float} in int8, {operations.in_float} in float ({kinds})"


def guard_verdict(figures: QuantizeFigures) -> tuple[CheckState, str]:
    """Return (kind of icon, sentence) about the people that int8 still finds."""
    guard = figures.guard
    if guard is None:
        return CheckState.WARN, "Not checked: calibrated on noise, or the guard is off."
    found, people, images = guard.int8_people, guard.float_people, guard.images
    if not people:
        return (
            CheckState.WARN,
            f"The float model finds nobody in {images} calibration images, so the guard has nothing to compare.",
        )
    close = f", with mean OKS {guard.oks_mean:.3f}" if guard.oks_mean is not None else ""
    sentence = f"int8 finds {found} of the {people} people that float finds in {images} images{close}."
    return (CheckState.OK if found >= 0.9 * people else CheckState.WARN), sentence


def result_rows(result: StageResult[QuantizeFigures]) -> list[tuple[str, str]]:
    """Return the rows of the result card."""
    figures = result.figures
    calibration, path = figures.calibration, result.outputs["tflite"]
    used = "random noise" if calibration.digest == "fake" else f"{calibration.images} images"
    skipped = f", {len(calibration.skipped)} unreadable ones skipped" if calibration.skipped else ""
    width, height = figures.input_size
    return [
        ("File", path.name),
        ("Size", bytes_text(figures.size_bytes)),
        ("Input", f"{width} x {height} x 3, {end_text(figures.input)}".rstrip(", ")),
        ("Output", end_text(figures.output)),
        ("Operations", operations_text(figures)),
        ("Head", "in float" if figures.head.precision == "float" else "in int8"),
        ("Ranges", {"tuned": "tuned for smallest loss", "extremes": "extremes"}.get(figures.ranges, figures.ranges)),
        ("Calibrated on", f"{used}{skipped}"),
        ("Digest of the set", "" if calibration.digest == "fake" else calibration.digest[:16]),
        ("Time", f"{sum(figures.step_seconds.values()):.0f} s"),
    ]


@dataclass(frozen=True)
class Run:
    """An earlier run: its result and when it ended."""

    result: StageResult[QuantizeFigures]
    ended: datetime.datetime

    def title(self) -> str:
        """Return what tells it apart from others."""
        figures = self.result.figures
        head = "float head" if figures.head.precision == "float" else "int8 head"
        return f"{self.ended:%d %b %H:%M:%S}: {head}, {figures.ranges}, {figures.calibration.images} images"


def earlier_runs(project: Project) -> tuple[Run, ...]:
    """Return all finished quantizations of a project, newest first. Reads files."""
    found = []
    for folder in runs(project, QUANTIZE.name):
        result = load_result(QUANTIZE, folder)
        if result is not None:
            stamp = (Path(folder) / "quantize.result.json").stat().st_mtime
            found.append(Run(result, datetime.datetime.fromtimestamp(stamp)))
    return tuple(found)


def differences(
    before: StageResult[QuantizeFigures], after: StageResult[QuantizeFigures]
) -> list[tuple[str, str, str]]:
    """Return (name, before, after) for every setting and figure that differs."""
    rows = []
    for name, value in after.request.settings.items():
        old = before.request.settings.get(name)
        if old != value:
            known = named(QuantizeSettings, name)
            rows.append((known.noun if known else name, _setting(old), _setting(value)))
    for name, old, new in zip(_FIGURES, _figure_texts(before), _figure_texts(after), strict=True):
        if old != new:
            rows.append((name, old, new))
    return rows


def _setting(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} images"
    if isinstance(value, bool):
        return "on" if value else "off"
    return "-" if value in (None, "") else str(value)


_FIGURES = ("size", "operations", "images", "digest of the set", "people found again", "mean OKS")


def _figure_texts(result: StageResult[QuantizeFigures]) -> tuple[str, ...]:
    figures, guard = result.figures, result.figures.guard
    people = f"{guard.int8_people} of {guard.float_people}" if guard else "-"
    oks = f"{guard.oks_mean:.4f}" if guard is not None and guard.oks_mean is not None else "-"
    calibration = figures.calibration
    return (
        bytes_text(figures.size_bytes),
        operations_text(figures),
        str(calibration.images),
        calibration.digest[:12],
        people,
        oks,
    )
