"""What cutting an evaluation into parts yields."""

import msgspec


class SplitFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The parts, in order.

    Attributes:
        images: paths of each part's images; each is called in its part by its place and this path's suffix.
    """

    images: tuple[tuple[str, ...], ...]
