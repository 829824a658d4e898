"""Models of formats that a command does not start from. Codes N6S-M, from 26."""

from pathlib import Path

from n6studio.domain.errors.base import InputError
from n6studio.domain.errors.remedy import Remedy


class NotComparable(InputError):
    """Another format where two .tflite files are to be compared layer by layer."""

    code = "N6S-M26"
    path: Path | str
    found: str
    remedy = Remedy(
        "{path} cannot be compared layer by layer",
        "This comparison follows the numbers of two .tflite files; this is {found}.",
        (
            "Compare what any two models find: n6studio evaluate {path} --against OTHER --data FOLDER.",
            "Or quantize it first, and compare the .tflite that comes of it.",
        ),
    )
