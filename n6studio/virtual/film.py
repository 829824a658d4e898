"""Frames of a video, for a program that does not decode foreign videos itself.

It says "hello" with the time of every frame (float64 seconds, little endian) and whether they are JPEGs as they lie in
the file; while it counts them, "counting" now and then. Each request is a JSON line {"frame": NUMBER}; each answer one
of type "frame" with the bytes of a JPEG behind it, or "end" where the video has fewer frames than it promised.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.gates.videos import open_video
from n6studio.layers.layer import MEDIA
from n6studio.layers.need import missing
from n6studio.link.wire.jpeg import encode_jpeg
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, read_message

if TYPE_CHECKING:
    from n6studio.virtual.media_film import MediaFilm

MOST_FRAMES = 10_000_000
_QUALITY = 95  # of images that are no JPEGs yet
_TOLD_EVERY = 2.0  # seconds
_BY_MEDIA = (b"AV01", b"av01")  # OpenCV opens them and has no decoder


def run(path: Path, channel: Channel) -> None:
    """Answer requests from standard input until it ends.

    Raises:
        StudioError: the video cannot be read; see `Film`.
    """
    film = open_film(path, lambda: channel.tell("counting"))
    channel.tell("hello", film.times.astype("<f8").tobytes(), version=MESSAGE_VERSION, jpegs=film.jpegs)
    while (request := read_message(sys.stdin.buffer, 0)) is not None:
        data = film.jpeg(int(request[0]["frame"]))
        channel.tell("frame" if data else "end", data)


def open_film(path: Path, counting: Callable[[], None]) -> "Film | MediaFilm":
    """Return a video, by what can decode it; raises as `Film`.

    Raises:
        LayerMissing: only PyAV can, and it is not installed.
    """
    film = Film(path, counting)
    if film.codec not in _BY_MEDIA:
        return film
    film.close()
    if not MEDIA.present:
        raise missing(MEDIA, path.name)
    from n6studio.virtual.media_film import MediaFilm

    return MediaFilm(path, counting)


class Film:
    """A video. Of Motion JPEG the images come as they are in the file, others become JPEGs.

    Args:
        path: the video.
        counting: called now and then while its frames are counted, which may take long.

    Attributes:
        times: of every frame that it promises, in seconds since the first.
        jpegs: whether its frames are JPEGs as they lie in the file, with results in them where there are some.
        codec: four characters, as OpenCV has them.

    Raises:
        FileMissing, FileUnreadable, NotAFile, LinkBroken.
        VideoUnreadable: it is none, or has no frame.
    """

    def __init__(self, path: Path, counting: Callable[[], None]) -> None:
        self._path = path
        self._video = open_video(path)
        self._at = 0
        self.codec = int(self._video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True)
        self.jpegs = _is_motion_jpeg(self._video)
        if self.jpegs:
            self.times = self._packet_times(counting)
            return
        self._video.release()
        self._video = open_video(path)
        count = int(self._video.get(cv2.CAP_PROP_FRAME_COUNT))
        rate = self._video.get(cv2.CAP_PROP_FPS)
        if not 0 < count < MOST_FRAMES:
            raise VideoUnreadable(path=path, reason="it contains no frames")
        self.times = np.arange(count) * (1 / rate if 0.01 < rate < 1000 else 1 / 30)

    def _packet_times(self, counting: Callable[[], None]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        times: list[float] = []
        told = time.monotonic()
        while len(times) < MOST_FRAMES and self._video.grab():
            at = self._video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
            times.append(max(at, times[-1]) if times else at)
            if time.monotonic() - told > _TOLD_EVERY:
                told = time.monotonic()
                counting()
        if not times:
            raise VideoUnreadable(path=self._path, reason="it contains no frames")
        self._at = len(times)
        return np.array(times) - times[0]

    def jpeg(self, number: int) -> bytes:
        """Return a frame; b"" where the video ends before it, as videos often promise a few frames more than they have.

        Raises:
            VideoUnreadable: it is the first one.
        """
        if number != self._at:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, number)
        done, image = self._video.read()
        self._at = number + 1
        if done and self.jpegs:
            return np.asarray(image, np.uint8).tobytes()
        if done:
            return encode_jpeg(np.asarray(image, np.uint8)[..., ::-1], _QUALITY)
        if number == 0:
            raise VideoUnreadable(path=self._path, reason="its first frame cannot be decoded")
        return b""

    def close(self) -> None:
        """Close the file."""
        self._video.release()


def _is_motion_jpeg(video: cv2.VideoCapture) -> bool:
    """Switch a video to packets as they are in the file, and return whether the first one is a JPEG."""
    if not video.set(cv2.CAP_PROP_FORMAT, -1):
        return False
    done, first = video.read()
    video.set(cv2.CAP_PROP_POS_FRAMES, 0)
    return done and np.asarray(first, np.uint8).ravel()[:3].tobytes() == b"\xff\xd8\xff"
