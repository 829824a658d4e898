r"""JSON of our own classes, at the borders of processes and in files: one way to write it and one to read it.

On Linux a file's name is bytes. What is not UTF-8 in it is a lone surrogate in Python's text, which msgspec neither
writes nor reads; then json of the standard library does, as an escape (``\udce9``).
"""

import json
import types
import typing
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encoded(value: object, indent: int = 0) -> bytes:
    """Return `value` as UTF-8 JSON: structs, dataclasses, plain values. What is not finite becomes null.

    Args:
        value: what to encode.
        indent: spaces for each level; 0 puts all on one line.
    """
    try:
        data = msgspec.json.encode(value, enc_hook=_plain_value)
        return msgspec.json.format(data, indent=indent) if indent else data
    except (UnicodeEncodeError, msgspec.DecodeError):  # in a text, or in JSON not yet read
        text = json.dumps(plain_values_of(value))
        return json.dumps(json.loads(text, parse_constant=lambda _: None), indent=indent or None).encode()


@typing.overload
def decoded(data: bytes | str, kind: type[T]) -> T: ...
@typing.overload
def decoded(data: bytes | str, kind: types.UnionType) -> Any: ...
def decoded(data: bytes | str, kind: Any) -> Any:
    """Return the value of the class or union `kind` that `data`, UTF-8 JSON, holds.

    Raises:
        msgspec.MsgspecError: it is no JSON, or not of that kind, or nested too deeply.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError as error:
        raise msgspec.DecodeError("JSON is nested too deeply") from error
    except msgspec.ValidationError:
        raise
    except UnicodeDecodeError as error:  # inside a text; elsewhere msgspec says so itself
        raise msgspec.DecodeError(f"JSON is not UTF-8: {error.reason}") from error
    except msgspec.DecodeError as error:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8", "replace")
        if "\\ud" not in text.lower():
            raise
        return _decoded_with_surrogates(text, kind, error)


def _decoded_with_surrogates(text: str, kind: Any, error: msgspec.DecodeError) -> Any:
    """Return what JSON with lone surrogates holds; `error` says what msgspec had against it.

    Raises:
        msgspec.MsgspecError: as `decoded`.
    """
    try:
        value = json.loads(text)
        if isinstance(value, dict):
            raw = _raw_fields(kind) & value.keys()
            value |= {name: msgspec.Raw(json.dumps(value[name]).encode()) for name in raw}
        return msgspec.convert(value, kind, str_keys=True)
    except (ValueError, RecursionError) as other:  # no JSON, or a surrogate where one of a few words should stand
        raise (other if isinstance(other, msgspec.MsgspecError) else error) from other


def _raw_fields(kind: Any) -> set[str]:
    """Return the names of the fields of a class, or of a union's classes, that hold JSON not yet read."""
    classes = [item for item in typing.get_args(kind) or (kind,) if isinstance(item, type)]
    structs = [item for item in classes if issubclass(item, msgspec.Struct)]
    return {field.name for item in structs for field in msgspec.structs.fields(item) if field.type is msgspec.Raw}


def plain_values_of(value: object) -> Any:
    """Return structs, dataclasses and what they hold as dictionaries, lists, texts and numbers."""
    return msgspec.to_builtins(value, enc_hook=_plain_value, str_keys=True)


def _plain_value(value: object) -> object:
    """Return a number of numpy's as Python's, and JSON not yet read as what it says."""
    if isinstance(value, float):  # numpy's float64 is one
        return float(value)
    if isinstance(value, msgspec.Raw):
        return json.loads(bytes(value))
    raise NotImplementedError(f"{type(value).__name__} is no JSON")


def plain(value: object) -> Any:
    """Return a foreign value as JSON knows it: tuples become lists, names of mappings and what is foreign text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
