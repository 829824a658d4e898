"""Images: regular files of a bounded size, of formats that are known, of a bounded number of pixels, and whole.

The only place where files are handed to a decoder of images; what comes over a wire has bounds of its own
(`n6studio/link/wire/jpeg.py`), and is decoded here, too.
"""

import struct
from pathlib import Path

import cv2
import numpy as np

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.pose.preprocess import Image
from n6studio.gates.files import read_bytes

LARGEST_IMAGE = 512 << 20  # bytes: of as many pixels as are decoded, packed as loosely as PNG does
# An image is decoded to 3 bytes a pixel. Beyond this (half a gigabyte) it is more likely a decompression bomb than a
# photograph; Pillow refuses at the same size.
MOST_PIXELS = 178_956_970

# JPEG markers that begin a frame and so carry its size: SOF0..SOF15 without DHT, JPG and DAC.
_END = b"\xff\xd9"
_MORE = bytes(range(1, 254, 7)) * 4  # what a decoder that still waits for rows takes for some
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class ImageUnreadable(Exception):
    """One image that cannot be used. Callers count and list these and go on; users see them as a warning.

    Args:
        path: the image.
        reason: part of a sentence, such as "it is cut short".
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class NoImage(ValueError):
    """Bytes that are no image that can be used; its text is part of a sentence, such as "it is cut short"."""


def read_image(path: Path) -> Image:
    """Return the image as (H, W, 3) uint8 RGB.

    Grey-scale, CMYK, 16-bit and transparent images come out as 8-bit RGB (transparency is dropped). An EXIF
    orientation is applied, as Ultralytics does when it trains and validates; labels refer to the turned image.
    Decoding releases Python's lock, so that threads read in parallel.

    Raises:
        ImageUnreadable: as for `image_bytes`, or it cannot be decoded.
    """
    return read_image_and_end(path)[0]


def read_image_and_end(path: Path) -> tuple[Image, bool]:
    """Return an image as `read_image` does, and whether it is a JPEG that lacks its end marker.

    Raises:
        ImageUnreadable: as for `read_image`.
    """
    data = _whole_bytes(path)
    endless = lacks_end_marker(data)
    try:
        return _decoded_whole(data, endless, turned=True), endless
    except NoImage as error:
        raise ImageUnreadable(path, str(error)) from error


def image_bytes(path: Path) -> bytes:
    """Return what is in the file of an image, for decoders of others; an end marker that a JPEG lacks is added.

    Raises:
        ImageUnreadable: missing, no regular file, larger than `LARGEST_IMAGE`, of an unknown format, of more than
            `MOST_PIXELS`, or cut short.
    """
    data = _whole_bytes(path)
    return data + _END if lacks_end_marker(data) else data


def _whole_bytes(path: Path) -> bytes:
    try:
        data = read_bytes(path, LARGEST_IMAGE)
        require_image(data)
    except OSError as error:
        raise ImageUnreadable(path, reason_of(error)) from error
    except NoImage as error:
        raise ImageUnreadable(path, str(error)) from error
    return data


def require_image(data: bytes, most: int = MOST_PIXELS) -> None:
    """Make sure that bytes are a whole image of at most `most` pixels, by its header and its end.

    Raises:
        NoImage.
    """
    size = header_size(data)
    if size is None:
        raise NoImage(_what_else(data))
    if size[0] * size[1] > most:
        raise NoImage(f"it is too large ({size[0]} x {size[1]} pixels)")
    if _cut_short(data):
        raise NoImage("it is cut short")


def decoded(data: bytes, most: int = MOST_PIXELS, turned: bool = True) -> Image:
    """Return the image in some bytes as (H, W, 3) uint8 RGB.

    Args:
        data: JPEG, PNG, BMP, TIFF or WebP.
        most: pixels.
        turned: as its EXIF data say; otherwise as it is stored.

    Raises:
        NoImage: as for `require_image`, or it cannot be decoded.
    """
    require_image(data, most)
    return _decoded_whole(data, lacks_end_marker(data), turned)


def _decoded_whole(data: bytes, endless: bool, turned: bool) -> Image:
    """Return the image in bytes that `require_image` has let pass."""
    image = _decoded_by_opencv(data + _END if endless else data, turned)
    if image is None:
        raise NoImage("it cannot be decoded")
    return image


def _decoded_by_opencv(data: bytes, turned: bool) -> Image | None:
    flags = cv2.IMREAD_COLOR_RGB | (0 if turned else cv2.IMREAD_IGNORE_ORIENTATION)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def header_size(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) in pixels as an image's header tells, or None where it is no image we read.

    Nothing is decoded, so a small file that claims to be enormous costs nothing.
    """
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            width, height = struct.unpack_from(">II", data, 16)
        elif data[:2] == b"\xff\xd8":
            return _jpeg_size(data)
        elif data[:2] == b"BM":
            of_os2 = data[14:18] == b"\x0c\0\0\0"  # whose header has sides of 16 bits
            width, height = (abs(n) for n in struct.unpack_from("<HH" if of_os2 else "<ii", data, 18))
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp_size(data)
        elif data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff_size(data)
        else:
            return None
    except struct.error:
        return None
    return (width, height) if width and height else None


def _jpeg_frame(data: bytes) -> int:
    """Return where the frame header's marker is, or -1."""
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            position += 1
            continue
        marker = data[position + 1]
        if marker in _SOF:
            return position
        if marker == 0xFF:
            position += 1
        elif marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:  # stand alone: no length follows
            position += 2
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return -1


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    frame = _jpeg_frame(data)
    if frame < 0:
        return None
    height, width = struct.unpack_from(">HH", data, frame + 5)
    return (width, height) if width and height else None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    form = data[12:16]
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _tiff_size(data: bytes) -> tuple[int, int] | None:
    """Read tags 256 (width) and 257 (height) of the first directory."""
    order = "<" if data[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, directory)
    found = {}
    for index in range(count):
        entry = directory + 2 + 12 * index
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if tag in (256, 257):
            (found[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, entry + 8)
    return (found[256], found[257]) if found.get(256) and found.get(257) else None


def _cut_short(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end. OpenCV would fill the rest with grey, or refuse it without a reason."""
    if data[:2] == b"\xff\xd8":
        return lacks_end_marker(data) and not _has_all_rows(data)
    return data[:4] == b"\x89PNG" and data.rfind(b"IEND") < 0


def lacks_end_marker(data: bytes) -> bool:
    """Return whether a JPEG has no end marker, as some cameras and uploads leave it; its rows may all be there."""
    # The search begins behind the frame header: a preview inside the EXIF data has an end marker of its own.
    return data[:2] == b"\xff\xd8" and data.rfind(_END, _jpeg_frame(data)) < 0


def _has_all_rows(data: bytes) -> bool:
    """Whether only the end marker is missing: then bytes before it change nothing, else they become pixels."""
    first, second = (_decoded_by_opencv(data + more + _END, True) for more in (b"", _MORE))
    return first is not None and second is not None and np.array_equal(first, second)


# How files begin that are called images and are none that is read, with what they are.
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyphei", "a HEIC image"),
    (4, b"ftyphev", "a HEIC image"),
    (4, b"ftypmif1", "a HEIC image"),
    (4, b"ftypmsf1", "a HEIC image"),
    (4, b"ftypavi", "an AVIF image"),
    (4, b"jP  ", "a JPEG 2000 image"),
    (4, b"ftyp", "a video"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (4, b"JXL ", "a JPEG XL image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"II+\0", "a BigTIFF image"),
    (0, b"MM\0+", "a BigTIFF image"),
    *((0, b"P%d" % kind + end, "a PNM image") for kind in range(1, 8) for end in (b"\n", b" ", b"\r")),
    (0, b"\0\0\1\0", "an icon"),
    (0, b"\x1f\x8b", "a gzip archive; unpack it first"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"version https://git-lfs", "a pointer of Git LFS; fetch the file itself with git lfs pull"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<!DOCTYPE html", "a web page"),
    (0, b"<!doctype html", "a web page"),
    (0, b"<html", "a web page"),
)


def _what_else(data: bytes) -> str:
    """Return why bytes are no image that is read: what they are instead, where that can be told."""
    if not data:
        return "it is empty"
    for start, begins, what in _OTHERS:
        if data[start : start + len(begins)] == begins:
            return f"it is {what}, which is not read" if ";" not in what else f"it is {what}"
    return "it is not a JPEG, PNG, BMP, TIFF or WebP image, or is damaged"
