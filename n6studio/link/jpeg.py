"""The little that the link needs to know of JPEG: its markers, how large the picture is, and turning it into pixels."""

import enum

import cv2
import numpy as np

from n6studio.domain.preprocess import Image

MOST_PIXELS = 4096 * 4096  # a header that claims more would make a decoder allocate gigabytes
MOST_MARKERS = 600  # before the picture's data; the longest colour profile takes 255, ours take 255
_FRAME_STARTS = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what decoders read
_OTHER_STARTS = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SOS = 0xDA
_SIZED = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})


class Found(enum.Enum):
    """What reading a header came to, where it did not come to the picture's data."""

    INCOMPLETE = enum.auto()
    IMPOSSIBLE = enum.auto()


def read_header(
    data: bytes | bytearray, at: int = 0, most_markers: int = MOST_MARKERS
) -> tuple[int, int, int] | Found:
    """Return (width, height, where the entropy-coded data starts) of the JPEG whose SOI is at `at`.

    Bytes behind `at` that have not arrived yet make it INCOMPLETE. A picture without pixels, or with more than
    `MOST_PIXELS`, is IMPOSSIBLE, and so is anything but baseline and progressive coding.
    """
    end = len(data)
    width = height = 0
    at += 2
    for _ in range(most_markers):
        if end - at < 4:
            return Found.INCOMPLETE
        if data[at] != 0xFF:
            return Found.IMPOSSIBLE
        kind = data[at + 1]
        if kind == 0xFF:  # markers may be preceded by any number of these
            at += 1
            continue
        length = data[at + 2] << 8 | data[at + 3]
        if kind not in _SIZED or length < 2:
            return Found.IMPOSSIBLE
        if kind in _FRAME_STARTS:
            if end - at < 9:
                return Found.INCOMPLETE
            height, width = data[at + 5] << 8 | data[at + 6], data[at + 7] << 8 | data[at + 8]
            if not 0 < width * height <= MOST_PIXELS or length < 11:
                return Found.IMPOSSIBLE
        at += 2 + length
        if kind == _SOS:
            return (width, height, at) if width else Found.IMPOSSIBLE
    return Found.IMPOSSIBLE


def picture_size(jpeg: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels as the header says; (0, 0) where it does not say so clearly."""
    found = read_header(jpeg)
    return (0, 0) if isinstance(found, Found) else found[:2]


def decode_jpeg(jpeg: bytes) -> Image | None:
    """Return the picture as (H, W, 3) uint8 RGB, or None where it cannot be decoded. Raises nothing.

    A header that claims more than `MOST_PIXELS` is not decoded at all.
    """
    if picture_size(jpeg) == (0, 0):
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION  # coordinates are those of the stored picture
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def encode_jpeg(image: Image, quality: int = 95) -> bytes:
    """Return an (H, W, 3) uint8 RGB picture as JPEG.

    Args:
        image: the picture.
        quality: 1..100.
    """
    done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"no JPEG can be made of {image.shape} {image.dtype}")
    return data.tobytes()
