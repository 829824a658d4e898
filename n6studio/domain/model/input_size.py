"""How large a model's input is: width x height in pixels. It is typed and stored as one number where it is square."""

import re
from typing import Annotated, NamedTuple

import msgspec

STEP = 32  # pixels; every pose model downsamples by at least as much
FORMS = "one number for a square, or WIDTHxHEIGHT, for example 320x192"
_TEXT = re.compile(r"\s*([0-9]{1,6})(?:\s*[xX×]\s*([0-9]{1,6}))?\s*")

# An input size as JSON and YAML hold it: the side of a square, or a text such as "320x192".
PlainSize = int | Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}x[0-9]{1,6}$")]


class InputSize(NamedTuple):
    """Width and height of a model's input, pixels. Its text is what a user types: "256", "320x192"."""

    width: int
    height: int

    @classmethod
    def square(cls, side: int) -> "InputSize":
        """Return a square."""
        return cls(side, side)

    @classmethod
    def parse(cls, value: object) -> "InputSize":
        """Return the size that a number or a text such as "256" or "320x192" (width x height) stands for.

        Raises:
            ValueError: it is neither.
        """
        if isinstance(value, int) and not isinstance(value, bool):
            return cls(value, value)
        match = _TEXT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"{value!r} is no input size: {FORMS}")
        width, height = match.groups()
        return cls(int(width), int(height or width))

    @property
    def plain(self) -> int | str:
        """What files and --json hold, a `PlainSize`: 256, "320x192"."""
        return self.width if self.width == self.height else self.text

    @property
    def text(self) -> str:
        """What sentences say: "256x256"."""
        return f"{self.width}x{self.height}"

    @property
    def shown(self) -> str:
        """What tables and headings say: "256 x 256"."""
        return f"{self.width} x {self.height}"

    def __str__(self) -> str:
        """Return what a user types."""
        return str(self.plain)

    def nearest(self, step: int = STEP) -> "InputSize":
        """Return the nearest size whose sides are multiples of `step`, at least one step each."""
        return InputSize(*(max(step, round(side / step) * step) for side in self))
