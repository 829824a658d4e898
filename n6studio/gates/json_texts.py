"""JSON as plain values; whatever is wrong has a line. Apart from YAML, whose parser a start of the window spares."""

import json
from pathlib import Path
from typing import Any

from n6studio.domain.errors.foreign import Unparsable
from n6studio.gates.files import LARGEST_TEXT, read_bytes


def json_file(path: Path, largest: int = LARGEST_TEXT, unique: bool = False) -> Any:
    """Return what a JSON file says; see `parsed_json`.

    Raises:
        OSError: as for `read_bytes`.
        Unparsable.
    """
    return parsed_json(read_bytes(path, largest), unique)


def parsed_json(text: str | bytes, unique: bool = False) -> Any:
    """Return what a JSON text says. NaN and infinite numbers, which JSON does not know, are let in.

    Args:
        text: bytes are UTF-8, UTF-16 or UTF-32.
        unique: refuse an object that gives one name two values, of which the last would count without a word.

    Raises:
        Unparsable: naming the line.
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct if unique else None)
    except json.JSONDecodeError as error:
        raise _fault(error) from error
    except UnicodeDecodeError as error:
        raise Unparsable("JSON", error.object[: error.start].count(b"\n") + 1, "it is not UTF-8 text") from error
    except RecursionError as error:
        raise Unparsable("JSON", 0, "it is nested too deeply") from error
    except Unparsable:
        raise
    except ValueError as error:  # Python refuses to read integers of more than 4300 digits
        raise Unparsable("JSON", 0, "it has a number with thousands of digits") from error


def _fault(error: json.JSONDecodeError) -> Unparsable:
    """Return what is wrong; a text that ends too early is told as such, and not by what was expected next."""
    if not error.doc.strip():
        return Unparsable("JSON", 0, "it is empty")
    if error.msg.startswith("Unterminated string") or not error.doc[error.pos :].strip():
        return Unparsable("JSON", error.lineno, "it ends in the middle: the file was cut short")
    return Unparsable("JSON", error.lineno, f"column {error.colno}: {error.msg}")


def _distinct(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) < len(pairs):
        for name, value in pairs:
            if found[name] is not value and found[name] != value:
                raise Unparsable("JSON", 0, f"one of its objects gives '{name[:40]}' two different values")
    return found
