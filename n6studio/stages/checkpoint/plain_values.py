"""Plain values of a foreign description, each held against what it can be."""

import math
from typing import TypeAlias

from n6studio.stages.checkpoint.plain_pickle import Mapping, Sequence

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

LONGEST_TEXT, MOST_NAMES = 200, 10_000


class Undescribed(ValueError):
    """The file does not describe a model that we can build; the message says what is missing or impossible."""


def is_number(value: object) -> bool:
    """Return whether a value is a finite number; truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def number_of(value: object) -> int | float:
    """Return a value that has to be a number.

    Raises:
        Undescribed: it is none.
    """
    if isinstance(value, int | float):
        return value
    raise Undescribed("a number is missing")


def whole_number(value: Plain, name: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`; `name` is what the message calls it.

    Raises:
        Undescribed: it is something else, or outside.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Undescribed(f"{name} is {str(value)[:60]!r}, where an integer from {low} to {high} is needed")
    return value


def real_number(value: Plain, name: str, low: float, high: float) -> int | float:
    """Return a number from `low` to `high`; `name` is what the message calls it.

    Raises:
        Undescribed: it is something else, or outside.
    """
    if not is_number(value) or not low <= number_of(value) <= high:
        raise Undescribed(f"{name} is {str(value)[:60]!r}, where a number from {low:g} to {high:g} is needed")
    return number_of(value)


def plain_value(value: object, depth: int = 0) -> Plain:
    """Return a value of lists, dictionaries with texts as keys, numbers and texts; other things become None.

    Raises:
        Undescribed: it is nested deeper or longer than any model's YAML.
    """
    if depth > 8:
        raise Undescribed("its YAML is nested too deeply")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence | tuple | list):
        items = value.values if isinstance(value, Sequence) else list(value)
        if len(items) > 10_000:
            raise Undescribed("its YAML is too long")
        return [plain_value(item, depth + 1) for item in items]
    if isinstance(value, Mapping | dict):
        texts = value.texts() if isinstance(value, Mapping) else {k: v for k, v in value.items() if isinstance(k, str)}
        if len(value.pairs if isinstance(value, Mapping) else value) > 10_000:
            raise Undescribed("its YAML is too long")
        return {key: plain_value(item, depth + 1) for key, item in texts.items()}
    return None
