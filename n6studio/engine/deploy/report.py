"""The report of a deployment: JSON for programs, one HTML file for people."""

import json
from html import escape
from pathlib import Path
from typing import Any

from n6studio.domain.model.memory_map import regions_from
from n6studio.domain.texts import bytes_text
from n6studio.system.files import replace_text

_STYLE = """
:root{color-scheme:light dark}
body{margin:0;font:15px/1.5 system-ui,"Segoe UI",Roboto,Arial,sans-serif;background:Canvas;color:CanvasText}
main{max-width:1000px;margin:0 auto;padding:20px 24px 40px}
h1{font-size:24px;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:18px;margin:28px 0 8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid GrayText;vertical-align:top;overflow-wrap:anywhere}
.n{text-align:right}.mono{font-family:ui-monospace,Consolas,Menlo,monospace;font-size:12.5px}
.warn{border-left:4px solid #d9a300;padding:6px 12px;margin:6px 0}
"""
Rows = list[tuple[Any, ...]]


def write_report(folder: Path, figures: dict[str, Any], settings: dict[str, Any], warnings: list[str]) -> None:
    """Write report.json and report.html into `folder`.

    Raises:
        DiskFull, NotWritable.
    """
    data = {"schema": 1, **figures, "settings": settings, "warnings": warnings}
    replace_text(folder / "report.json", json.dumps(data, indent=1))
    replace_text(folder / "report.html", render(data))


def render(data: dict[str, Any]) -> str:
    """Return the page for the contents of report.json."""
    title = f"{data['model']['name']} on {data['board']['name']}"
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(outcome(data))} {escape(data['finished'])}</p>",
        "".join(f'<div class="warn">{escape(text)}</div>' for text in data["warnings"]),
        _section("What lies where", ("Image", "Address", "Bytes", "SHA-256", ""), _images(data)),
        _section("Steps", ("Step", "Seconds", ""), _steps(data)),
        _section("Network", ("", ""), _network(data)),
        _section("Memory", ("Region", "Address", "Size", "Used", "Free"), _memory(data)),
        _section("Tools", ("Tool", "Version"), sorted(data["versions"].items())),
        _section("Settings", ("Setting", "Value"), [(name, _text(value)) for name, value in data["settings"].items()]),
    ]
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
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


def _section(title: str, heads: tuple[str, ...], rows: Rows) -> str:
    if not rows:
        return ""
    top = f"<tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>" if any(heads) else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(_text(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2><table>{top}{body}</table>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _images(data: dict[str, Any]) -> Rows:
    done = {one["role"]: one for one in (data.get("programmed") or {}).get("images", [])}
    rows: Rows = []
    for image in data["images"]:
        state = done.get(image["role"])
        action = f"{state['action']}, {state['seconds']:.1f} s" if state else ""
        rows.append((image["words"], image["address"], image["size"], image["sha256"], action))
    return rows


def _steps(data: dict[str, Any]) -> Rows:
    return [
        (one["name"], "" if one["fresh"] else one["seconds"], "was there already" if one["fresh"] else "")
        for one in data["steps"]
    ]


def _network(data: dict[str, Any]) -> Rows:
    found = data.get("compile") or {}
    epochs = found.get("epochs") or {}
    rows: Rows = [
        ("Model", data["model"]["name"]),
        ("SHA-256", data["model"]["sha256"]),
        ("Input", " x ".join(map(str, data["model"]["input_size"] or ()))),
        ("Compiler", found.get("compiler")),
        ("Multiply-accumulates", found.get("macc")),
        ("Weights", _bytes(found.get("weights_bytes"))),
        ("Activations", _bytes(found.get("activations_bytes"))),
        ("Epochs on the NPU", epochs.get("hardware")),
        ("Epochs on both", epochs.get("hybrid")),
        ("Epochs on the processor", epochs.get("software")),
        ("Application", (data.get("application") or {}).get("name")),
    ]
    return [row for row in rows if row[1] not in (None, "")]


def _bytes(size: int | None) -> str:
    return "" if size is None else f"{bytes_text(size)} ({size})"


def _memory(data: dict[str, Any]) -> Rows:
    return [
        (one.name, f"0x{one.address:08X}", bytes_text(one.size), bytes_text(one.used), bytes_text(one.free))
        for one in regions_from(data["memory"])
    ]
