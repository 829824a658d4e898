"""What a camera of Linux sends, asked of its driver without switching it on."""

import contextlib
import os
import struct
import sys
from collections.abc import Callable, Collection
from pathlib import Path

_ASK = 0xC0405602  # VIDIOC_ENUM_FMT of linux/videodev2.h
_FORMAT = struct.Struct("<III32s4sI12x")  # v4l2_fmtdesc: index, type, flags, description, pixel format, media bus code
_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
_MOST = 64  # formats of a camera

# Formats that a decoder of videos has to take apart, by the driver's name; OpenCV takes all others that cameras have.
COMPRESSED = {"H264": "H.264", "AVC1": "H.264", "HEVC": "H.265", "MPG2": "MPEG-2", "MPG4": "MPEG-4", "VP80": "VP8",
              "VP90": "VP9", "AV10": "AV1", "AV01": "AV1"}  # fmt: skip

Ask = Callable[[int, int, bytearray], object]
"""`fcntl.ioctl`, or what stands in for it."""


def formats_of(device: Path, ask: Ask | None = None) -> tuple[str, ...]:
    """Return the formats that a camera sends, by the driver's names; () where it cannot be asked. Raises nothing."""
    if sys.platform != "linux":
        return ()
    import fcntl

    found: list[str] = []
    with contextlib.suppress(OSError):
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        try:
            with contextlib.suppress(OSError):  # EINVAL behind the last one
                while len(found) < _MOST:
                    answer = bytearray(_FORMAT.pack(len(found), _CAPTURE, 0, b"", b"", 0))
                    (ask or fcntl.ioctl)(descriptor, _ASK, answer)
                    found.append(_FORMAT.unpack(answer)[4].decode("ascii", "replace").rstrip())
        finally:
            os.close(descriptor)
    return tuple(found)


def only_compressed(formats: Collection[str]) -> str:
    """Return the codec of a camera that sends nothing but video codecs; '' of all others."""
    return COMPRESSED.get(next(iter(formats), ""), "") if formats and set(formats) <= COMPRESSED.keys() else ""
