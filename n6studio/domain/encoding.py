"""JSON of our own classes, at the borders of processes and in files: one way to write it."""

from typing import Any

import msgspec


def encoded(value: object, indent: int = 0) -> bytes:
    """Return `value` as UTF-8 JSON: structs, dataclasses, plain values. What is not finite becomes null.

    Args:
        value: what to encode.
        indent: spaces for each level; 0 puts all on one line.
    """
    data = msgspec.json.encode(value, enc_hook=_plain_number)
    return msgspec.json.format(data, indent=indent) if indent else data


def plain_values_of(value: object) -> Any:
    """Return structs, dataclasses and what they hold as dictionaries, lists, texts and numbers."""
    return msgspec.to_builtins(value, enc_hook=_plain_number, str_keys=True)


def _plain_number(value: object) -> object:
    """Return a number of numpy's as Python's."""
    if isinstance(value, float):  # numpy's float64 is one
        return float(value)
    raise NotImplementedError(f"{type(value).__name__} is no JSON")


def plain(value: object) -> Any:
    """Return a foreign value as JSON knows it: tuples become lists, names of mappings and what is foreign text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
