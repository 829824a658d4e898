"""What making inputs for a board yields."""

import msgspec


class BoardInputsFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Inputs in a file, one after the other.

    Attributes:
        inputs: how many.
        input_size: (width, height) of each, pixels.
        step_seconds: step -> seconds that it took.
    """

    inputs: int
    input_size: tuple[int, int]
    step_seconds: dict[str, float] = {}
