"""The report of a deployment: JSON for programs, one HTML file for people."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.deployment import epochs, memory_map
from n6studio.domain.charts.speed import memory_life, time_by_part
from n6studio.domain.deploy import ImageState
from n6studio.domain.model.speed_text import NOT_MEASURED, ROWS, changes, epoch_row, not_on_npu, predicted
from n6studio.domain.privacy import without_identity
from n6studio.domain.texts import bytes_text, decimals, gmac
from n6studio.report.tables import Heading, Row, Table, row
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.system.files import replace_text


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    table: Table | None = None
    charts: tuple[Chart, ...] = ()


def write_report(folder: Path, figures: DeployFigures, settings: dict[str, Any], warnings: list[str]) -> None:
    """Write report.json and report.html into `folder`.

    Raises:
        DiskFull, NotWritable.
    """
    data = {"schema": 1, **msgspec.to_builtins(figures), "settings": settings, "warnings": warnings}
    replace_text(folder / "report.json", json.dumps(data, indent=1))
    replace_text(folder / "report.html", report(figures, settings, warnings))


def report(figures: DeployFigures, settings: dict[str, Any], warnings: list[str]) -> str:
    """Return the page of a deployment. It is made to be passed on, so it names no path outside the project."""
    from n6studio.report.html import render  # templates are needed here only, and the window starts without them

    return render(
        "deployment.html",
        title=f"{figures.model.name} on {figures.board.name}",
        subtitle=figures.finished,
        lead=outcome(figures),
        warnings=[without_identity(text) for text in warnings],
        sections=[section for section in _sections(figures, settings) if section.table or section.charts],
    )


def outcome(figures: DeployFigures) -> str:
    """Return in a sentence or two how a deployment ended."""
    if figures.verified_only:
        return "Verified: the board holds these images."
    if figures.programmed is None:
        return "Images built; no board was programmed."
    total = len(figures.programmed.images)
    written = sum(one.action == ImageState.WRITTEN for one in figures.programmed.images)
    text = f"{written} of {total} images written" if written < total else "All images written"
    text = "All images were already on the board" if not written else text
    running = figures.running
    seen = " ".join(["", f"{running.message.rstrip('.')}.", *running.remarks]) if running else ""
    return f"{text}; verified by read-back.{seen}"


def _sections(figures: DeployFigures, settings: dict[str, Any]) -> list[Section]:
    counts = figures.compile.epochs
    chosen = [row(name, without_identity(_text(value))) for name, value in settings.items()]
    versions = [row(name, version) for name, version in sorted(figures.versions.items())]
    return [
        Section("Images", _table("Image", ("Address", "Size (bytes)", "SHA-256", "Result"), _images(figures))),
        Section("Irreversible", _table("What", ("Consequence",), _irreversible(figures))),
        Section("Steps", _table("Step", ("Time (s)", "Result"), _steps(figures))),
        Section("Model", _table("Property", ("Value",), _model(figures)), (epochs(counts),) if counts else ()),
        Section(
            "Speed",
            _table("Property", ("Value",), _speed(figures)),
            (time_by_part(figures.compile.steps), memory_life(figures.compile.pools)) if figures.compile.steps else (),
        ),
        Section("Epochs not on the NPU alone", _table("Epoch", _EPOCH_HEADINGS, _slow_epochs(figures))),
        Section(
            "Memory",
            _table("Region", ("Address", "Size", "Used", "Free"), _memory(figures)),
            (memory_map(figures.memory),) if figures.memory else (),
        ),
        Section("Tools", _table("Tool", ("Version",), versions)),
        Section("Settings", _table("Setting", ("Value",), chosen)),
    ]


def _table(first: str, headings: tuple[str, ...], rows: list[Row]) -> Table | None:
    return Table(tuple(Heading(text) for text in headings), tuple(rows), first, left=True) if rows else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _images(figures: DeployFigures) -> list[Row]:
    done = figures.programmed.by_role if figures.programmed is not None else {}
    rows = []
    for image in figures.images:
        state = done.get(image.role)
        action = f"{state.action}, {decimals(state.seconds, 1)} s" if state else ""
        rows.append(row(image.noun, image.address, _text(image.size), image.sha256, action))
    return rows


def _irreversible(figures: DeployFigures) -> list[Row]:
    """Return what writing cannot undo in full, and what was read of the fuses before."""
    read = figures.programmed.fuses if figures.programmed is not None else ()
    rows = [row(risk.title, risk.text) for risk in figures.risks]
    return rows + [row(f"OTP word {one.word}, bits {one.mask}, before programming", one.text) for one in read]


def _steps(figures: DeployFigures) -> list[Row]:
    return [
        row(one.name, "" if one.fresh else _text(one.seconds), "up to date" if one.fresh else "")
        for one in figures.steps
    ]


def _model(figures: DeployFigures) -> list[Row]:
    found, counts = figures.compile, figures.compile.epochs
    facts = [
        ("Model", figures.model.name),
        ("SHA-256", figures.model.sha256),
        ("Input", " × ".join(map(str, figures.model.input_size or ()))),
        ("Compiler", found.compiler),
        ("Multiply-accumulates", gmac(found.macc) if found.macc else ""),
        ("Weights", _bytes(found.weights_bytes)),
        ("Activations", _bytes(found.activations_bytes)),
        ("Epochs on the NPU", _text(counts.hardware) if counts else ""),
        ("Epochs on NPU and processor", _text(counts.hybrid) if counts else ""),
        ("Epochs on the processor", _text(counts.software) if counts else ""),
        ("Application", figures.application.name),
    ]
    return [row(name, value) for name, value in facts if value]


_EPOCH_HEADINGS = ("Operations", "Layer", "Computed on", "Predicted time", "Why, and what to change")


def _speed(figures: DeployFigures) -> list[Row]:
    time = predicted(figures.compile)
    if not time:
        return []
    advised = [row("What to change", text) for text in changes(figures.compile)]
    return [row("Predicted time", f"{time}. {NOT_MEASURED}"), *advised]


def _slow_epochs(figures: DeployFigures) -> list[Row]:
    return [row(str(epoch.number), *epoch_row(epoch)) for epoch in not_on_npu(figures.compile)[:ROWS]]


def _bytes(size: int | None) -> str:
    return "" if size is None else f"{bytes_text(size)} ({size})"


def _memory(figures: DeployFigures) -> list[Row]:
    return [
        row(one.name, f"0x{one.address:08X}", bytes_text(one.size), bytes_text(one.used), bytes_text(one.free))
        for one in figures.memory
    ]
