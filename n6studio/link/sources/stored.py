"""Sources that lie on the disk: recordings, videos and folders of images."""

import abc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.errors.foreign import reading
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.pose.preprocess import Image
from n6studio.gates.files import require_file, require_folder
from n6studio.gates.folders import within_limit
from n6studio.gates.images import ImageUnreadable, NoImage, decoded, image_bytes
from n6studio.link.processes.film import FilmProcess
from n6studio.link.recording.recording import Recording, read_range, read_recording
from n6studio.link.sources.base import Capability, EndOfStream, Replay, SourceInfo
from n6studio.link.sources.playback import Playback
from n6studio.link.wire.frame import as_sent
from n6studio.link.wire.jpeg import MOST_PIXELS, encode_jpeg, read_header

IMAGE_SECONDS = 1.0  # for which an image of a folder stands
_QUALITY = 95  # of images that are no JPEGs yet


class StoredSource(Replay):
    """Something with a known number of frames."""

    def __init__(self, kind: str, path: Path, capabilities: Capability) -> None:
        both = capabilities | Capability.REPLAY | Capability.ENDS
        super().__init__(SourceInfo(f"{kind}:{path}", path.name, str(path), both))
        self.path = path
        self._playback = Playback()

    def open(self) -> None:
        """Find out what there is."""
        self._playback.load(self._times())

    def read(self, timeout: float) -> bytes:
        """Return the frame that is due."""
        number = self._playback.wait(timeout)
        self.breaks = self._playback.breaks
        return b"" if number is None else self._jpeg(number)

    @property
    def position(self) -> tuple[int, int]:
        """See `Replay.position`."""
        return self._playback.position

    def pause(self, paused: bool) -> None:
        """Stop giving frames, or go on."""
        self._playback.pause(paused)

    def step(self, frames: int = 1) -> None:
        """While paused, give the frame that is so many further."""
        self._playback.step(frames)

    def wind(self, frame: int) -> None:
        """Go on from this frame."""
        self._playback.wind(frame)

    def set_speed(self, speed: float) -> None:
        """Play this many times as fast; 0 as fast as it is read."""
        self._playback.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Start again behind the last frame, or end."""
        self._playback.set_loop(loop)

    def set_range(self, first: int, last: int) -> None:
        """Play these frames again and again."""
        self._playback.set_range(first, last)

    @abc.abstractmethod
    def _times(self) -> Sequence[float]:
        """Open it and return the time of every frame in seconds since the first; raises as `open`."""

    @abc.abstractmethod
    def _jpeg(self, number: int) -> bytes:
        """Return a frame; b'' where it cannot be read, so that the others still are."""


class RecordingSource(StoredSource):
    """A recording of a stream, its frames as they were received."""

    def __init__(self, path: Path) -> None:
        super().__init__("recording", path, Capability.CAN_HAVE_RESULTS)
        self._recording: Recording | None = None

    def _times(self) -> Sequence[float]:
        self._recording = read_recording(self.path)
        return [entry.time for entry in self._recording.entries]

    def _jpeg(self, number: int) -> bytes:
        if self._recording is None:
            return b""
        entry = self._recording.entries[number]
        return as_sent(read_range(self.path, entry.at, entry.length))

    def close(self) -> None:
        """Forget what is in it."""
        self._recording = None


class VideoSource(StoredSource):
    """A video, decoded by a process of its own. Of Motion JPEG the images come as they are, with their results."""

    def __init__(self, path: Path) -> None:
        super().__init__("video", path, Capability.NONE)
        self._film: FilmProcess | None = None

    def _times(self) -> Sequence[float]:
        self.close()
        with reading(self.path):
            require_file(self.path)
        self._film = film = FilmProcess(self.path)
        try:
            film.open()
        except StudioError:
            self.close()
            raise
        if film.jpegs:
            self.info = replace(self.info, capabilities=self.info.capabilities | Capability.CAN_HAVE_RESULTS)
        return film.times

    def _jpeg(self, number: int) -> bytes:
        data = self._film.frame(number) if self._film is not None else b""
        if not data:
            raise EndOfStream  # videos often promise a few frames more than they have
        return data

    def interrupt(self) -> None:
        """End the process that somebody may be waiting for."""
        if (film := self._film) is not None:
            film.kill()

    def close(self) -> None:
        """Close the file."""
        film, self._film = self._film, None
        if film is not None:
            film.close()


class ImagesSource(StoredSource):
    """A folder of images in the order of their names."""

    def __init__(self, folder: Path) -> None:
        super().__init__("pictures", folder, Capability.CAN_HAVE_RESULTS)
        self._paths: list[Path] = []

    def _times(self) -> Sequence[float]:
        with reading(self.path):
            require_folder(self.path)
            found = sorted(within_limit(self.path, self.path.iterdir()))
        self._paths = [path for path in found if path.suffix.lower() in IMAGE_SUFFIXES]
        if not self._paths:
            raise NoImages(path=self.path, seen=len(found))
        return [number * IMAGE_SECONDS for number in range(len(self._paths))]

    def _jpeg(self, number: int) -> bytes:
        try:
            data = image_bytes(self._paths[number])
            # An image that is to be turned when shown is turned here: nobody behind this looks at EXIF.
            header = read_header(data)
            known = header.data_at and header.supported and not header.too_large
            if data[-2:] == b"\xff\xd9" and known and b"Exif\0\0" not in data[:4096]:
                return data
            return encode_jpeg(_scaled(decoded(data)), _QUALITY)
        except (ImageUnreadable, NoImage):
            return b""

    def close(self) -> None:
        """Forget the names."""
        self._paths = []


def _scaled(image: Image) -> Image:
    """Return an image, smaller where nobody behind this would take it as it is."""
    scale = (MOST_PIXELS / (image.shape[0] * image.shape[1])) ** 0.5
    if scale < 1:
        image = np.asarray(cv2.resize(image, None, fx=scale * 0.99, fy=scale * 0.99, interpolation=cv2.INTER_AREA))
    return image
