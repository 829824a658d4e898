"""The little that the link needs to know of JPEG: its markers, how large the image is, and turning it into pixels."""

from dataclasses import dataclass

import cv2

from n6studio.domain.pose.preprocess import Image
from n6studio.gates.images import NoImage, decoded

MOST_PIXELS = 4096 * 4096  # a header that claims more would make a decoder allocate gigabytes
MOST_MARKERS = 600  # before the image's data; the longest colour profile takes 255, ours take 255
_FRAME_STARTS = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what decoders read
_SOS = 0xDA
_KNOWN = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})


@dataclass(frozen=True)
class Header:
    """What a JPEG says before its image data.

    Attributes:
        size: (width, height) in pixels; (0, 0) until the header is whole.
        data_at: where the entropy-coded data starts; 0 until the header is whole.
        markers: how many were looked at.
        possible: False where this is no JPEG that we read.
    """

    size: tuple[int, int]
    data_at: int
    markers: int
    possible: bool


def read_header(data: bytes | bytearray, at: int = 0) -> Header:
    """Return the header of the JPEG whose SOI is at `at`; bytes that have not arrived yet leave it incomplete.

    Not possible are images without pixels or with more than `MOST_PIXELS`, and anything but baseline and progressive
    coding.
    """
    end = len(data)
    width = height = 0
    at += 2
    for markers in range(1, MOST_MARKERS + 1):
        if end - at < 4:
            return Header((0, 0), 0, markers, True)
        kind = data[at + 1]
        if kind == 0xFF and data[at] == 0xFF:  # any number of these may precede a marker
            at += 1
            continue
        length = data[at + 2] << 8 | data[at + 3]
        if data[at] != 0xFF or kind not in _KNOWN or length < 2:
            return Header((0, 0), 0, markers, False)
        if kind in _FRAME_STARTS:
            if end - at < 9:
                return Header((0, 0), 0, markers, True)
            height, width = data[at + 5] << 8 | data[at + 6], data[at + 7] << 8 | data[at + 8]
            if not 0 < width * height <= MOST_PIXELS or length < 11:
                return Header((0, 0), 0, markers, False)
        at += 2 + length
        if kind == _SOS:
            return Header((width, height), at, markers, width > 0)
    return Header((0, 0), 0, MOST_MARKERS, False)


def image_size(jpeg: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels as the header says; (0, 0) where it does not say so clearly."""
    return read_header(jpeg).size


def decode_jpeg(jpeg: bytes) -> Image | None:
    """Return the image as (H, W, 3) uint8 RGB, or None where it cannot be decoded. Raises nothing.

    A header that claims more than `MOST_PIXELS` is not decoded at all.
    """
    if image_size(jpeg) == (0, 0):
        return None
    try:
        return decoded(jpeg, MOST_PIXELS, turned=False)  # coordinates are those of the stored image
    except NoImage:
        return None


def encode_jpeg(image: Image, quality: int = 95) -> bytes:
    """Return an (H, W, 3) uint8 RGB image as JPEG.

    Args:
        image: the image.
        quality: 1..100.
    """
    done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"no JPEG can be made of {image.shape} {image.dtype}")
    return data.tobytes()
