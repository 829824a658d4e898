"""Frames of a video by PyAV: of those whose codec OpenCV knows and cannot decode, which is AV1."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.pose.preprocess import Image
from n6studio.link.wire.jpeg import MOST_PIXELS, encode_jpeg
from n6studio.virtual.media import METADATA, MOST_BYTES, decoded, said

MOST_FRAMES = 10_000_000
_QUALITY = 95
_TOLD_EVERY = 2.0  # seconds


class MediaFilm:
    """A video, with what `Film` has.

    Args:
        path: the video, which the gate for videos has let through.
        counting: called now and then while its frames are counted.

    Attributes:
        times: of every frame that it promises, in seconds since the first, as the file has them.
        jpegs: False.

    Raises:
        VideoUnreadable: it has no frame, or its frames are too large.
    """

    jpegs = False

    def __init__(self, path: Path, counting: Callable[[], None]) -> None:
        import av

        self._path = path
        try:
            options = {"protocol_whitelist": "file"}
            self._container: Any = av.open(str(path.absolute()), options=options, metadata_errors=METADATA)
            self._stream = self._container.streams.video[0]
            context = self._stream.codec_context
            if context.width * context.height > MOST_PIXELS:
                size = f"{context.width} x {context.height} pixels"
                raise VideoUnreadable(path=path, reason=f"its frames are too large ({size})")
            context.options = {"max_pixels": str(MOST_PIXELS)}
            self._moments = self._count(counting)
        except VideoUnreadable:
            raise
        except Exception as error:  # of PyAV, whatever a foreign file makes of it
            raise VideoUnreadable(path=path, reason=said(error)) from error
        if not self._moments:
            raise VideoUnreadable(path=path, reason="it contains no frames")
        base = float(self._stream.time_base)
        self.times = (np.array(self._moments, np.float64) - self._moments[0]) * base
        self._frames: Iterator[tuple[int | None, Image]] = iter(())
        self._at = -1

    def _count(self, counting: Callable[[], None]) -> list[int]:
        found: list[int] = []
        told = time.monotonic()
        for packet in self._container.demux(self._stream):
            if packet.pts is None:
                continue  # the end
            found.append(packet.pts)
            if len(found) >= MOST_FRAMES:
                break
            if time.monotonic() - told > _TOLD_EVERY:
                told = time.monotonic()
                counting()
        found.sort()  # packets come as they are decoded, which is not as they are shown
        return [*found[:1], *(later for earlier, later in pairwise(found) if later > earlier)]

    def jpeg(self, number: int) -> bytes:
        """Return a frame; b"" where the video ends before it.

        Raises:
            VideoUnreadable: it is the first one, or the file can no longer be read.
        """
        wanted = self._moments[number] if 0 <= number < len(self._moments) else None
        if wanted is None:
            return b""
        try:
            if number != self._at or number == 0:
                self._container.seek(wanted, stream=self._stream)
                self._frames = self._decoded()
            for moment, image in self._frames:
                if moment is None or moment >= wanted:
                    self._at = number + 1
                    return encode_jpeg(image, _QUALITY)
        except Exception as error:  # of PyAV, whatever a foreign file makes of it
            raise VideoUnreadable(path=self._path, reason=said(error)) from error
        if number == 0:
            raise VideoUnreadable(path=self._path, reason="its first frame cannot be decoded")
        return b""

    def _decoded(self) -> Iterator[tuple[int | None, Image]]:
        for packet in self._container.demux(self._stream):
            if packet.size <= MOST_BYTES:
                yield from decoded(packet)

    def close(self) -> None:
        """Close the file."""
        self._container.close()
