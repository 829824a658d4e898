"""What codecs are called."""

_TITLES = {
    "h264": "H.264", "avc1": "H.264", "hevc": "H.265", "hev1": "H.265", "hvc1": "H.265", "av1": "AV1", "av01": "AV1",
    "mjpeg": "MJPEG", "mjpg": "MJPEG", "rawvideo": "uncompressed", "mpeg4": "MPEG-4", "fmp4": "MPEG-4",
}  # fmt: skip


def title(name: str) -> str:
    """Return a codec's name for people, from FFmpeg's name or OpenCV's four characters."""
    return _TITLES.get(name.strip("\0 ").lower(), name.strip("\0 "))
