"""What a setting is: a field of a frozen dataclass with its default, its help, and what it may be.

The classes lie beside the stages and processes that they belong to. The command line, the window's pages, the project
file and the documentation draw from them; nothing else knows a default.
"""

import dataclasses
import math
from typing import Any, TypeVar, get_args, get_origin

from n6studio.domain.errors.settings import SettingInvalid

Settings = TypeVar("Settings")

LONGEST_NAME_PART = 80  # bytes; a file's name has several parts and may have 255 in all
_NOT_IN_FILE_NAMES = '/\\:*?"<>|'

RESIZES = ("stretch", "crop", "letterbox")


def setting(
    default: Any,
    help_text: str,
    choices: tuple[Any, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    file_name: bool = False,
) -> Any:
    """Return a field of a settings class.

    Args:
        default: its default.
        help_text: what it does, for the command line and the tool tip.
        choices: the only values that it may take; () for any.
        minimum: of a number.
        maximum: of a number.
        file_name: whether its text becomes part of a file's name.
    """
    limits = {"help": help_text, "choices": choices, "minimum": minimum, "maximum": maximum, "file_name": file_name}
    return dataclasses.field(default=default, metadata=limits)


def from_mapping(cls: type[Settings], values: dict[str, Any]) -> Settings:
    """Return checked settings of class `cls` from plain values; missing ones take their defaults.

    Raises:
        SettingInvalid: an unknown name, a value of the wrong type, outside its choices or its range.
    """
    known = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise SettingInvalid(name="setting", value=name, allowed=", ".join(known) or "none")
    return cls(**{name: _checked(known[name], value) for name, value in values.items()})


def plain_values(settings: Any) -> dict[str, Any]:
    """Return a settings object as values that JSON and YAML give back unchanged; `from_mapping` reads them."""
    values = dataclasses.asdict(settings)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def is_list(field: "dataclasses.Field[Any]") -> bool:
    """Return whether a setting is a list of texts."""
    return get_origin(field.type) is tuple


def _checked(field: "dataclasses.Field[Any]", value: Any) -> Any:
    if is_list(field):
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise SettingInvalid(name=field.name, value=str(value), allowed=describe(field))
        return tuple(value)
    wanted = field.type
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    plain = get_origin(wanted) or wanted
    if not isinstance(plain, type) or not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    limits = field.metadata
    if limits["choices"] and value not in limits["choices"]:
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    low, high = limits["minimum"], limits["maximum"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    if limits["file_name"] and not _fits_a_file_name(str(value)):
        raise SettingInvalid(name=field.name, value=value, allowed=describe(field))
    return value


def _fits_a_file_name(text: str) -> bool:
    """Whether `text` may be part of a file's name on every system."""
    return text.isprintable() and not set(text) & set(_NOT_IN_FILE_NAMES) and len(text.encode()) <= LONGEST_NAME_PART


def describe(field: "dataclasses.Field[Any]") -> str:
    """Return in words which values a setting takes."""
    limits = field.metadata
    if is_list(field):
        return "a list of texts"
    if limits["choices"]:
        return ", ".join(str(choice) for choice in limits["choices"])
    if limits["file_name"]:
        return f"a text of at most {LONGEST_NAME_PART} bytes without {' '.join(_NOT_IN_FILE_NAMES)}"
    kind = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(
        get_args(field.type)[0] if get_args(field.type) else field.type,  # type: ignore[arg-type]
        "a value",
    )
    low, high = limits["minimum"], limits["maximum"]
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}"
    if low is not None:
        return f"{kind} of at least {low:g}"
    return kind
