"""What running a part of an evaluation yields."""

import msgspec


class PartFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A part that was run.

    Attributes:
        images: how many it has.
    """

    images: int
