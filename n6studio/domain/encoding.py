"""JSON of our own classes, at the borders of processes and in files: one way to write it."""

import msgspec


def encoded(value: object, indent: int = 0) -> bytes:
    """Return `value` as UTF-8 JSON: structs, dataclasses, plain values. What is not finite becomes null.

    Args:
        value: what to encode.
        indent: spaces for each level; 0 puts all on one line.
    """
    data = msgspec.json.encode(value, enc_hook=_plain_number)
    return msgspec.json.format(data, indent=indent) if indent else data


def _plain_number(value: object) -> object:
    """Return a number of numpy's as Python's."""
    if isinstance(value, float):  # numpy's float64 is one
        return float(value)
    raise NotImplementedError(f"{type(value).__name__} is no JSON")
