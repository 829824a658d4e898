"""Videos: regular files of a known container, whose frames have a bounded number of pixels.

FFmpeg also takes playlists, which are text that names other files and addresses, and names with % for series of images;
neither is opened here.
"""

from pathlib import Path

import cv2

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.errors.foreign import reading
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.gates.files import opened

MOST_PIXELS = 8192 * 8192  # of a frame; cameras have half as many
_HEAD = 4 + 188
# Where in a file what stands that tells its container.
_CONTAINERS = (
    *((4, kind) for kind in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")),  # MP4, MOV, 3GP
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (8, b"AVI "),
    (0, b"OggS"),
    (0, b"FLV\1"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # ASF, WMV
    (0, b"\0\0\1"),  # MPEG program and elementary streams
    (0, b"\0\0\0\1"),  # H.264 and H.265 without a container
    (0, b"DKIF"),  # IVF
    (0, b"YUV4MPEG2 "),
    (0, b"GIF8"),
    (0, b"\xff\xd8\xff"),  # Motion JPEG
)
_OF_SERIES = IMAGE_SUFFIXES | {
    ".dpx",
    ".exr",
    ".gif",
    ".jp2",
    ".j2k",
    ".jls",
    ".pam",
    ".pbm",
    ".pgm",
    ".ppm",
    ".sgi",
    ".tga",
}
_TRANSPORT_STREAMS = (0, 4)  # where the packets begin, 188 bytes each from one 0x47 to the next: .ts, .m2ts


def open_video(path: Path) -> cv2.VideoCapture:
    """Return a video, opened; whoever gets it releases it. It may still have no frame that can be decoded.

    Raises:
        FileMissing, FileUnreadable, NotAFile, LinkBroken.
        VideoUnreadable: it is none, or its frames are too large.
    """
    with reading(path), opened(path) as stream:
        head = stream.read(_HEAD + 1)
    if not head:
        raise VideoUnreadable(path=path, reason="it is empty")
    if not _is_video(head):
        raise VideoUnreadable(path=path, reason="it is no video, or of a kind that is not read")
    if "%" in str(path) and path.suffix.lower() in _OF_SERIES:
        raise VideoUnreadable(path=path, reason="a name with % and the suffix of an image stands for many files")
    video = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    width, height = video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)
    reason = ""
    if not video.isOpened():
        reason = "it is damaged, or its codec is not supported"
    elif not width * height <= MOST_PIXELS:
        reason = f"its frames are too large ({width:.0f} x {height:.0f} pixels)"
    if reason:
        video.release()
        raise VideoUnreadable(path=path, reason=reason)
    return video


def _is_video(head: bytes) -> bool:
    if any(head[at:].startswith(sign) for at, sign in _CONTAINERS):
        return True
    return any(head[at : at + 1] == b"G" == head[at + 188 : at + 189] for at in _TRANSPORT_STREAMS)
