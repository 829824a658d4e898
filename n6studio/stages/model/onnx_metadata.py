"""Metadata of .onnx files: texts, in which Ultralytics writes Python's literals."""

import ast
from collections.abc import Mapping
from typing import Any

LONGEST = 100_000  # characters of one value; the names of 1000 classes have 20,000


def parsed_metadata(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that Ultralytics writes into .onnx files; what is no literal stays a text."""
    parsed: dict[str, Any] = {}
    for key, text in values.items():
        try:
            parsed[key] = ast.literal_eval(text) if len(text) <= LONGEST else text[:LONGEST]
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            parsed[key] = text
    return parsed
