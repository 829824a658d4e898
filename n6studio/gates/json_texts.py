"""JSON as plain values; whatever is wrong has a line. Apart from YAML, whose parser a start of the window spares."""

import json
from pathlib import Path
from typing import Any

from n6studio.domain.errors.foreign import Unparsable
from n6studio.gates.files import LARGEST_TEXT, read_bytes


def json_file(path: Path, largest: int = LARGEST_TEXT) -> Any:
    """Return what a JSON file says; see `parsed_json`.

    Raises:
        OSError: as for `read_bytes`.
        Unparsable.
    """
    return parsed_json(read_bytes(path, largest))


def parsed_json(text: str | bytes) -> Any:
    """Return what a JSON text says. NaN and infinite numbers, which JSON does not know, are let in.

    Raises:
        Unparsable: naming the line.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unparsable("JSON", error.lineno, f"column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise Unparsable("JSON", error.object[: error.start].count(b"\n") + 1, "it is not UTF-8 text") from error
    except RecursionError as error:
        raise Unparsable("JSON", 0, "it is nested too deeply") from error
    except ValueError as error:  # Python refuses to read integers of more than 4300 digits
        raise Unparsable("JSON", 0, "it has a number with thousands of digits") from error
