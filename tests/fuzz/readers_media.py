"""Readers of the media layer: streams of cameras and AV1 videos; none where it is not installed."""

import itertools
from pathlib import Path

from fuzz.reader import Reader, placed
from n6studio.layers.layer import MEDIA

_IMAGES = 20  # of a stream, after which it is known


def _made(folder: Path, name: str, codec: str, pixels: str = "yuv420p") -> bytes:
    import av
    import numpy as np

    path = folder / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"preset": "12"} if codec == "libsvtav1" else {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        for shade in range(6):
            image = np.full((48, 64, 3), 40 * shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def _streams(folder: Path) -> list[bytes]:
    kinds = (("a.h264", "libx264"), ("b.mkv", "libx264"), ("c.mp4", "libx265"), ("d.ts", "mpeg4"))
    raw = _made(folder, "e.nut", "rawvideo", "yuyv422")
    return [*(_made(folder, name, codec) for name, codec in kinds), raw, _made(folder, "f.mkv", "mjpeg", "yuvj420p")]


def _read_stream(data: bytes, folder: Path) -> None:
    """Take a stream apart as the process does that opens a camera."""
    from n6studio.virtual import media

    path = placed(folder, "stream", data)
    stream = media.opened([media.Input(str(path), None, {"protocol_whitelist": "file"}, "camera")])
    for _ in itertools.islice(stream.images(), _IMAGES):
        pass


def _films(folder: Path) -> list[bytes]:
    return [_made(folder, "a.mp4", "libsvtav1"), _made(folder, "a.mkv", "libsvtav1")]


def _read_film(data: bytes, folder: Path) -> None:
    """Play an AV1 video as the process does that decodes one."""
    from n6studio.gates.videos import open_video
    from n6studio.virtual.media_film import MediaFilm

    path = placed(folder, "film.mkv", data)
    open_video(path).release()
    film = MediaFilm(path, lambda: None)
    for number in (0, 1, 2, len(film.times) - 1, 1):
        film.jpeg(number)
    film.close()


MEDIA_READERS: dict[str, Reader] = {
    "media_stream": Reader(_read_stream, _streams, words=(b"\0\0\0\1", b"avcC", b"\x1a\x45\xdf\xa3", b"moov")),
    "media_film": Reader(_read_film, _films, words=(b"av1C", b"moov", b"stts", b"\x1a\x45\xdf\xa3")),
} if MEDIA.present else {}  # fmt: skip
