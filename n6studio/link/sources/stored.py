"""Sources that lie on the disk: recordings, videos and folders of images."""

import abc
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from n6studio.domain.errors.datasets import NoImages, VideoUnreadable
from n6studio.domain.errors.foreign import reading
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.pose.preprocess import Image
from n6studio.gates.files import require_folder
from n6studio.gates.folders import within_limit
from n6studio.gates.images import ImageUnreadable, NoImage, decoded, image_bytes
from n6studio.gates.videos import open_video
from n6studio.link.recording.recording import Recording, read_range, read_recording
from n6studio.link.sources.base import Capability, EndOfStream, Replay, SourceInfo
from n6studio.link.sources.playback import Playback
from n6studio.link.wire.frame import as_sent
from n6studio.link.wire.jpeg import MOST_PIXELS, encode_jpeg, read_header

IMAGE_SECONDS = 1.0  # for which an image of a folder stands
_QUALITY = 95  # of images that are no JPEGs yet
_MOST_FRAMES = 10_000_000


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
        """(next frame, number of frames)."""
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
    """A video. Of Motion JPEG the images come as they are in the file, with their results; others become JPEGs."""

    def __init__(self, path: Path) -> None:
        super().__init__("video", path, Capability.NONE)
        self._video: cv2.VideoCapture | None = None
        self._packets = False
        self._at = 0

    def _times(self) -> Sequence[float]:
        self.close()
        self._video = open_video(self.path)
        self._at = 0
        if _is_motion_jpeg(self._video):
            self._packets = True
            self.info = replace(self.info, capabilities=self.info.capabilities | Capability.CAN_HAVE_RESULTS)
            return self._packet_times(self._video)
        self._video.release()
        self._video = open_video(self.path)
        count = int(self._video.get(cv2.CAP_PROP_FRAME_COUNT))
        rate = self._video.get(cv2.CAP_PROP_FPS)
        if not 0 < count < _MOST_FRAMES:
            self.close()
            raise VideoUnreadable(path=self.path, reason="it contains no frames")
        step = 1 / rate if 0.01 < rate < 1000 else 1 / 30
        return [number * step for number in range(count)]

    def _packet_times(self, video: cv2.VideoCapture) -> list[float]:
        times: list[float] = []
        while len(times) < _MOST_FRAMES and video.grab():
            time = video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
            times.append(max(time, times[-1]) if times else time)
        if not times:
            self.close()
            raise VideoUnreadable(path=self.path, reason="it contains no frames")
        self._at = len(times)
        return [time - times[0] for time in times]

    def _jpeg(self, number: int) -> bytes:
        video = self._video
        if video is None:
            raise EndOfStream
        if number != self._at:
            video.set(cv2.CAP_PROP_POS_FRAMES, number)
        done, image = video.read()
        self._at = number + 1
        if done and self._packets:
            return np.asarray(image, np.uint8).tobytes()
        if done:
            return encode_jpeg(np.asarray(image, np.uint8)[..., ::-1], _QUALITY)
        if number == 0:
            raise VideoUnreadable(path=self.path, reason="its first frame cannot be decoded")
        raise EndOfStream  # videos often promise a few frames more than they have

    def close(self) -> None:
        """Close the file."""
        video, self._video = self._video, None
        self._packets = False
        if video is not None:
            with contextlib.suppress(cv2.error):
                video.release()


def _is_motion_jpeg(video: cv2.VideoCapture) -> bool:
    """Switch a video to packets as they are in the file, and return whether the first one is a JPEG."""
    if not video.set(cv2.CAP_PROP_FORMAT, -1):
        return False
    done, first = video.read()
    video.set(cv2.CAP_PROP_POS_FRAMES, 0)
    return done and np.asarray(first, np.uint8).ravel()[:3].tobytes() == b"\xff\xd8\xff"


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
