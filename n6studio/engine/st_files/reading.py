"""Reading ST's user_config.yaml files: tolerant of tabs, strict about what is missing or impossible."""

import math
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.settings import ConfigKeyMissing, ConfigOfNoKind, ConfigUnreadable, ConfigValueInvalid
from n6studio.gates.contents import what_instead
from n6studio.gates.files import read_text
from n6studio.gates.paths import NoPath, path_of
from n6studio.gates.texts import LARGEST_YAML, parsed_yaml

_SECTIONS = (
    "general", "model", "dataset", "preprocessing", "pre_processing", "postprocessing", "quantization", "deployment",
    "tools", "preprocessing.resizing", "deployment.hardware_setup",
)  # fmt: skip
_OF_ST_ALONE = {"operation_mode", "mlflow", "hydra"}  # sections that change nothing here


def parsed(path: Path, notes: list[str]) -> dict[str, Any]:
    """Return the file's sections; what was read with tolerance is added to `notes`.

    Raises:
        FileMissing, FileUnreadable, ConfigUnreadable, ConfigOfNoKind.
        ConfigValueInvalid: there is a value in place of a section.
    """
    try:
        with reading(path):
            text = read_text(path, LARGEST_YAML, "utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigOfNoKind(path=path, found=what_instead(path) or f"line {line} is not UTF-8 text") from error
    mended = re.sub(r"^[ ]*\t[ \t]*", lambda found: "  " * max(1, found[0].count("\t")), text, flags=re.MULTILINE)
    if mended != text:
        notes.append("Tabs in the indentation were read as two spaces; YAML does not allow tabs.")
    try:
        document = parsed_yaml(mended)
    except Unparsable as error:
        raise ConfigUnreadable(path=path, line=max(error.line, 1), reason=error.problem) from error
    if not isinstance(document, dict):
        raise ConfigOfNoKind(path=path, found=what_instead(path) or "this one has no keys with values")
    _require_sections(path, document)
    return document


def _require_sections(path: Path, document: dict[str, Any]) -> None:
    """Refuse a value where a section belongs: what the section would say would be left out without a word."""
    for name in _SECTIONS:
        section, _, inner = name.partition(".")
        value = part(document, section).get(inner) if inner else document.get(section)
        if value is not None and not isinstance(value, dict):
            allowed = "keys with values, indented in lines of their own"
            raise ConfigValueInvalid(path=path, key=name, value=str(value)[:80], allowed=allowed)


def required(path: Path, document: dict[str, Any], section: str, key: str) -> Any:
    """Return a value that must be there.

    Raises:
        ConfigKeyMissing.
    """
    part = document.get(section)
    if not isinstance(part, dict) or part.get(key) is None:
        raise ConfigKeyMissing(path=path, key=f"{section}.{key}")
    return part[key]


def chosen(path: Path, document: dict[str, Any], section: str, key: str, allowed: tuple[Any, ...], default: Any) -> Any:
    """Return a value out of `allowed`; `default` where it is missing, unless that is None.

    Raises:
        ConfigKeyMissing, ConfigValueInvalid.
    """
    if default is not None and part(document, section).get(key) is None:
        return default
    value = required(path, document, section, key)
    if value not in allowed:
        choices = ", ".join(str(item) for item in allowed)
        raise ConfigValueInvalid(path=path, key=f"{section}.{key}", value=value, allowed=choices)
    return value


def part(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a section; an empty one where it is missing or none."""
    section = document.get(name)
    return section if isinstance(section, dict) else {}


def unused(document: dict[str, Any], used: Mapping[str, Collection[str]], purpose: str) -> list[str]:
    """Return a sentence for each section and key that nothing is read from.

    Args:
        document: the file.
        used: the keys that are read, by section.
        purpose: what the file is read for, as 'quantization'.
    """
    notes = []
    for section, keys in document.items():
        if section in _OF_ST_ALONE:
            continue
        if section not in used:
            notes.append(f"Section '{section}' is not used for {purpose} and was ignored.")
        elif isinstance(keys, dict):
            unknown = (key for key in keys if key not in used[section])
            notes += [f"Key '{section}.{key}' is not used for {purpose} and was ignored." for key in unknown]
    return notes


def number(value: Any) -> float | None:
    """Return a finite number, also one that is written as a fraction, such as 1/255; None for anything else."""
    words = value.split("/") if isinstance(value, str) else [value]
    if len(words) > 2 or any(isinstance(word, bool) for word in words):
        return None
    try:
        found = float(words[0]) / (float(words[1]) if len(words) == 2 else 1.0)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def located(path: Path, base: Path | None, key: str, value: Any) -> tuple[Path, Path]:
    """Return what the path under a key means, and the folder that it was found to be relative to.

    Raises:
        ConfigValueInvalid: it can be no path.
    """
    wanted = path_in(path, key, value)
    beside, here = base or path.absolute().parent, Path.cwd()
    if base is None and not (beside / wanted).exists() and (here / wanted).exists():
        return here / wanted, here
    return beside / wanted, beside


def path_in(path: Path, key: str, value: Any) -> Path:
    """Return the path under a key, as it stands there.

    Raises:
        ConfigValueInvalid: it can be no path.
    """
    try:
        return path_of(value)
    except NoPath as error:
        raise ConfigValueInvalid(path=path, key=key, value=str(value)[:80], allowed="a path") from error
