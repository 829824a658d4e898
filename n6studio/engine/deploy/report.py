"""The report of a deployment: JSON for programs, one HTML file for people."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.deployment import epochs, memory_map
from n6studio.domain.model.memory_map import regions_from
from n6studio.domain.texts import bytes_text, decimals
from n6studio.report.tables import Heading, Row, Table, row
from n6studio.system.files import replace_text


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    table: Table | None = None
    charts: tuple[Chart, ...] = ()


def write_report(folder: Path, figures: dict[str, Any], settings: dict[str, Any], warnings: list[str]) -> None:
    """Write report.json and report.html into `folder`.

    Raises:
        DiskFull, NotWritable.
    """
    data = {"schema": 1, **figures, "settings": settings, "warnings": warnings}
    replace_text(folder / "report.json", json.dumps(data, indent=1))
    replace_text(folder / "report.html", report(data))


def report(data: dict[str, Any]) -> str:
    """Return the page for the contents of report.json."""
    from n6studio.report.html import render  # templates are needed here only, and the window starts without them

    return render(
        "deployment.html",
        title=f"{data['model']['name']} on {data['board']['name']}",
        subtitle=data["finished"],
        lead=outcome(data),
        warnings=data["warnings"],
        sections=[section for section in _sections(data) if section.table or section.charts],
    )


def outcome(data: dict[str, Any]) -> str:
    """Return in a sentence or two how a deployment ended."""
    running, programmed = data.get("running"), data.get("programmed")
    if data.get("verified_only"):
        return "Compared: the board holds exactly this."
    if programmed is None:
        return "Images were made; nothing was written to a board."
    written = sum(one["action"] == "written" for one in programmed["images"])
    same = len(programmed["images"]) - written
    words = f"{written} of {written + same} images written" if same else "All images written"
    words = "Everything was on the board already" if not written else words
    seen = f" {running['words'].rstrip('.')}." if running else ""
    return f"{words} and read back.{seen}"


def _sections(data: dict[str, Any]) -> list[Section]:
    regions = regions_from(data["memory"])
    counts = (data.get("compile") or {}).get("epochs")
    settings = [row(name, _text(value)) for name, value in data["settings"].items()]
    versions = [row(name, version) for name, version in sorted(data["versions"].items())]
    return [
        Section("Images", _table("Image", ("Address", "Bytes", "SHA-256", ""), _images(data))),
        Section("Steps", _table("Step", ("Seconds", ""), _steps(data))),
        Section("Model", _table("", ("",), _model(data)), (epochs(counts),) if counts else ()),
        Section(
            "Memory",
            _table("Region", ("Address", "Size", "Used", "Free"), _memory(data)),
            (memory_map(regions),) if regions else (),
        ),
        Section("Tools", _table("Tool", ("Version",), versions)),
        Section("Settings", _table("Setting", ("Value",), settings)),
    ]


def _table(first: str, headings: tuple[str, ...], rows: list[Row]) -> Table | None:
    return Table(tuple(Heading(text) for text in headings), tuple(rows), first, left=True) if rows else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _images(data: dict[str, Any]) -> list[Row]:
    done = {one["role"]: one for one in (data.get("programmed") or {}).get("images", [])}
    rows = []
    for image in data["images"]:
        state = done.get(image["role"])
        action = f"{state['action']}, {decimals(state['seconds'], 1)} s" if state else ""
        rows.append(row(image["words"], image["address"], _text(image["size"]), image["sha256"], action))
    return rows


def _steps(data: dict[str, Any]) -> list[Row]:
    return [
        row(one["name"], "" if one["fresh"] else _text(one["seconds"]), "was there already" if one["fresh"] else "")
        for one in data["steps"]
    ]


def _model(data: dict[str, Any]) -> list[Row]:
    found = data.get("compile") or {}
    counts = found.get("epochs") or {}
    facts = [
        ("Model", data["model"]["name"]),
        ("SHA-256", data["model"]["sha256"]),
        ("Input", " × ".join(map(str, data["model"]["input_size"] or ()))),
        ("Compiler", found.get("compiler")),
        ("Multiply-accumulates", found.get("macc")),
        ("Weights", _bytes(found.get("weights_bytes"))),
        ("Activations", _bytes(found.get("activations_bytes"))),
        ("Epochs on the NPU", counts.get("hardware")),
        ("Epochs on both", counts.get("hybrid")),
        ("Epochs on the processor", counts.get("software")),
        ("Application", (data.get("application") or {}).get("name")),
    ]
    return [row(name, _text(value)) for name, value in facts if value not in (None, "")]


def _bytes(size: int | None) -> str:
    return "" if size is None else f"{bytes_text(size)} ({size})"


def _memory(data: dict[str, Any]) -> list[Row]:
    return [
        row(one.name, f"0x{one.address:08X}", bytes_text(one.size), bytes_text(one.used), bytes_text(one.free))
        for one in regions_from(data["memory"])
    ]
