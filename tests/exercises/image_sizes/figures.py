"""What measuring image sizes finds."""

import msgspec


class ImageSizesFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How large images are.

    Attributes:
        images: how many were measured.
        mean_bytes: their mean size.
    """

    images: int
    mean_bytes: float
