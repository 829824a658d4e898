"""Runs side by side as a table: the settings that differ, and every figure that is a number."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from n6studio.domain.encoding import plain_values_of
from n6studio.domain.texts import bytes_text
from n6studio.engine.project.timeline import TimelineRun

Row = tuple[str, tuple[str, ...]]
_DEEPEST = 3


def compared(runs: Sequence[TimelineRun]) -> tuple[Row, ...]:
    """Return (name, value in each run): all settings of one run, of several those that differ; then figures."""
    settings = [dict(_flat(run.result.request.settings)) for run in runs]
    figures = [dict(_flat(plain_values_of(run.result.figures))) for run in runs]
    rows = [("Disk", tuple(bytes_text(run.disk_bytes) for run in runs))]
    rows += [row for row in _rows(settings) if len(runs) == 1 or len(set(row[1])) > 1]
    numbers = [{name: one for name, one in each.items() if _is_number(one)} for each in figures]
    return (*rows, *_rows(numbers))


def _rows(each: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for name in dict.fromkeys(name for one in each for name in one):
        yield name.replace("_", " ").capitalize(), tuple(_shown(one.get(name)) for one in each)


def _flat(values: Any, before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(values, dict) and depth < _DEEPEST:
        for name, value in values.items():
            yield from _flat(value, f"{before} {name}".strip(), depth + 1)
    elif isinstance(values, list) and depth < _DEEPEST and values and isinstance(values[0], dict):
        for number, value in enumerate(values[:2], 1):
            yield from _flat(value, f"{before} {number}".strip(), depth + 1)
    elif not isinstance(values, list | dict):
        yield before, values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
