"""What a measurement of ranges over growing numbers of images finds; the curves are a `Convergence` in a file."""

import msgspec


class RangeConvergenceFigures(msgspec.Struct, frozen=True, kw_only=True, rename={"images": "pictures"}):
    """Figures of how ranges settle.

    Attributes:
        images: how many were looked at.
        tensors: how many tensors were watched.
        enough: from how many images on 95 % of the ranges are within 5 %; None where they have not settled.
        step_seconds: step -> seconds that it took.
    """

    images: int
    tensors: int
    enough: int | None = None
    step_seconds: dict[str, float] = {}
