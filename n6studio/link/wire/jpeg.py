"""The little that the link needs to know of JPEG: its markers, how large the image is, and turning it into pixels."""

from dataclasses import dataclass

import cv2

from n6studio.domain.pose.preprocess import Image
from n6studio.domain.stream import STREAM_MAGIC
from n6studio.gates.images import NoImage, decoded

MOST_PIXELS = 4096 * 4096  # a header that claims more would make a decoder allocate gigabytes
MOST_MARKERS = 600  # before the image's data; the longest colour profile takes 255, ours take 255
_FRAME_STARTS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Baseline, extended, progressive, and the latter two with arithmetic coding: what decoders read.
_READ = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_SOS, _APP9 = 0xDA, 0xE9
_OURS = STREAM_MAGIC[:2]  # how all segments with results begin
_KNOWN = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}) - {0xC8}


@dataclass(frozen=True)
class Header:
    """What a JPEG says before its image data.

    Attributes:
        size: (width, height) in pixels; (0, 0) until the header is whole.
        data_at: where the entropy-coded data starts; 0 until the header is whole.
        markers: how many were looked at.
        possible: False where this is no JPEG.
        supported: False where no decoder here reads this coding.
    """

    size: tuple[int, int]
    data_at: int
    markers: int
    possible: bool
    supported: bool = True

    @property
    def too_large(self) -> bool:
        """Whether it has more than `MOST_PIXELS`."""
        return self.size[0] * self.size[1] > MOST_PIXELS


def read_header(data: bytes | bytearray, at: int = 0) -> Header:
    """Return the header of the JPEG whose SOI is at `at`; bytes that have not arrived yet leave it incomplete.

    Not possible are images without pixels, and markers that cannot stand in front of an image's data.
    """
    end = len(data)
    width = height = 0
    supported = True
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
            supported = kind in _READ
            if width * height == 0 or length < 11:
                return Header((0, 0), 0, markers, False)
        at += 2 + length
        if kind == _SOS:
            return Header((width, height), at, markers, width > 0, supported)
    return Header((0, 0), 0, MOST_MARKERS, False)


def image_size(jpeg: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels as the header says; (0, 0) where it does not say so clearly, or is too large."""
    header = read_header(jpeg)
    return (0, 0) if header.too_large else header.size


def in_segment(data: bytes | bytearray, at: int, place: int) -> tuple[bool, int]:
    """Return whether `place` is inside a segment in front of the image's data, and how many markers were looked at.

    Segments with results do not count: they hold no images.

    Args:
        data: with a JPEG in it, at least up to `place`.
        at: where its SOI is.
        place: in `data`.
    """
    at += 2
    for markers in range(1, MOST_MARKERS + 1):
        if at + 4 > min(place, len(data)) or data[at] != 0xFF:
            return False, markers
        if data[at + 1] == 0xFF:
            at += 1
            continue
        length = data[at + 2] << 8 | data[at + 3]
        if data[at + 1] not in _KNOWN or data[at + 1] == _SOS or length < 2:
            return False, markers
        ours = data[at + 1] == _APP9 and data[at + 4 : at + 6] == _OURS
        at += 2 + length
        if place < at:
            return not ours, markers
    return False, MOST_MARKERS


def decode_jpeg(jpeg: bytes) -> Image | None:
    """Return the image as (H, W, 3) uint8 RGB, or None where it cannot be decoded. Raises nothing.

    A header that claims more than `MOST_PIXELS` is not decoded at all.
    """
    if image_size(jpeg) == (0, 0):
        return None
    end = jpeg.rfind(b"\xff\xd9") + 2  # some senders pad their images
    try:
        return decoded(jpeg[:end], MOST_PIXELS, turned=False)  # coordinates are those of the stored image
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
