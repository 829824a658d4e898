"""Runs side by side as a table: the settings that differ, and every figure that is a number."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from n6studio.domain.encoding import plain_values_of
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.settings import named, unsaid_values
from n6studio.domain.texts import bytes_text, minus
from n6studio.engine.project.timeline import TimelineRun
from n6studio.stages.registry import STAGES

Row = tuple[str, tuple[str, ...]]
_DEEPEST = 3
_UNKNOWN = "–"
# Words of figures' names that are written in another way than in files.
_WORDS = {
    "ap": "AP", "ap50": "AP50", "ap75": "AP75", "ar": "AR", "ar50": "AR50", "ar75": "AR75", "map": "mAP",
    "map50": "mAP50", "oks": "OKS", "pck": "PCK", "f1": "F1", "npu": "NPU", "ram": "RAM", "db": "dB", "ms": "(ms)",
    "bytes": "(bytes)", "seconds": "(s)", "megabytes": "(MB)", "int8": "int8", "macs": "MAC", "macc": "MAC",
    "imgsz": "Input size", "yolo": "YOLO", "coco": "COCO", "snr": "SNR",
}  # fmt: skip


def compared(runs: Sequence[TimelineRun]) -> tuple[Row, ...]:
    """Return (name, value in each run): all settings of one run, of several those that differ; then figures."""
    settings = [dict(_settings(run)) for run in runs]
    figures = [dict(_flat(plain_values_of(run.result.figures))) for run in runs]
    rows = [("Disk", tuple(bytes_text(run.disk_bytes) for run in runs))]
    names = dict.fromkeys(name for one in settings for name in one)
    told = [(name, tuple(one.get(name, _UNKNOWN) for one in settings)) for name in names]
    rows += [row for row in told if len(runs) == 1 or len(set(row[1])) > 1]
    numbers = [{name: one for name, one in each.items() if _is_number(one)} for each in figures]
    return (*rows, *_rows(numbers))


def _settings(run: TimelineRun) -> Iterator[tuple[str, str]]:
    """Yield (label, value with its unit) of each setting, as the form has them."""
    cls = STAGES[run.stage].settings
    recorded, unsaid = run.result.request.settings, unsaid_values(cls)
    for name, value in {**recorded, **{name: unsaid[name] for name in unsaid if name not in recorded}}.items():
        one = named(cls, name)
        if one is None:  # of another release
            yield _words(name), _shown(value)
            continue
        try:
            yield one.label, one.shown(one.checked(value))
        except SettingInvalid:
            yield one.label, _shown(value)


def _rows(each: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for name in dict.fromkeys(name for one in each for name in one):
        yield _words(name), tuple(_shown(one.get(name)) for one in each)


def _words(name: str) -> str:
    """Return a name out of a file as a person writes it: 'size_bytes' as 'Size (bytes)'."""
    words = [_WORDS.get(word, word) for word in re.split(r"[ _]+", name)]
    units = [word for word in words if word.startswith("(")]
    text = " ".join([*(word for word in words if word not in units), *units])
    return text if words and words[0] in _WORDS.values() else text[:1].upper() + text[1:]


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
    if isinstance(value, float):
        return minus(f"{value:.4g}")
    return _UNKNOWN if value is None else str(value)
