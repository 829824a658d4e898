"""What the virtual board sees: the demo scene, a video, a folder of images, or this computer's camera."""

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from n6studio.demo.scene import Scene
from n6studio.domain.errors.datasets import NoImages, VideoUnreadable
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.link import CameraUnavailable
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose import marker
from n6studio.domain.pose.preprocess import Image, Resize, lay_in, place
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.domain.whole_numbers import whole_number
from n6studio.gates.files import require_present
from n6studio.gates.images import ImageUnreadable, read_image
from n6studio.gates.videos import open_video
from n6studio.stages.datasets.images import list_images

SCENE_SIZE = (800, 480)  # the screen of the STM32N6570-DK
SCENE_SEED = 24  # two people, whom ST's YOLOv8n-pose sees at all times, however the image is fitted in


class Camera(Protocol):
    """Something that gives images. One object belongs to one thread."""

    def image(self, seconds: float) -> Image:
        """Return what is seen at a time since the start, (H, W, 3) uint8 RGB; times never go back."""
        ...

    def close(self) -> None:
        """Let the device or file go."""
        ...


def open_camera(settings: VirtualBoardSettings) -> Camera:
    """Return the camera that the settings name, with the moment of each image drawn into it where they want that.

    Raises:
        FileMissing, FileUnreadable: there is no such file or folder, or it may not be read.
        NoImages: a folder without an image that can be read.
        CameraUnavailable: no such camera.
        VideoUnreadable: a file that is no video.
        SettingInvalid: a size that the scene cannot have.
    """
    camera = _open(settings)
    return _Marked(camera) if settings.marker else camera


def _open(settings: VirtualBoardSettings) -> Camera:
    kind, _, which = settings.camera.partition(":")
    size = (settings.width, settings.height)
    if kind == "scene":
        people = None if settings.people < 0 else settings.people
        wanted = (size[0] or SCENE_SIZE[0], size[1] or SCENE_SIZE[1])
        return _SceneCamera(Scene(_number(which, SCENE_SEED), wanted, people))
    camera: Camera
    if kind == "webcam":
        camera = _Webcam(_number(which, 0), settings.fps)
    else:
        path = Path(settings.camera)
        with reading(path):
            require_present(path)
        camera = _Folder(path, settings.hold) if path.is_dir() else _Video(path)
    return _Filled(camera, size) if any(size) else camera


def _number(text: str, default: int) -> int:
    if not text:
        return default
    number = whole_number(text, 5)
    if number is None:
        raise SettingInvalid(name="camera", value=text, allowed="a number after the colon")
    return number


class _Marked:
    """A camera that sees a clock in its upper left corner."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    def image(self, seconds: float) -> Image:
        now = marker.moment()
        return marker.draw(self._camera.image(seconds), now)

    def close(self) -> None:
        self._camera.close()


class _SceneCamera:
    """The demo scene: it never ends and never repeats."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def image(self, seconds: float) -> Image:
        return self._scene.frame(seconds).image

    def close(self) -> None:
        pass


class _Folder:
    """Images, one after the other, round and round; damaged ones are left out."""

    def __init__(self, path: Path, hold: float) -> None:
        self._path, self._hold = path, hold
        self._images = list_images(path)
        self._seen = len(self._images)
        self._index, self._image = -1, np.zeros((0, 0, 3), np.uint8)
        self.image(0.0)  # refuse a folder without a usable image now

    def image(self, seconds: float) -> Image:
        while self._images:
            index = int(seconds / self._hold) % len(self._images)
            if index == self._index:
                return self._image
            try:
                self._image = read_image(self._images[index])
                self._index = index
            except ImageUnreadable:
                self._index = -1
                del self._images[index]
        raise NoImages(path=self._path, seen=self._seen)

    def close(self) -> None:
        pass


class _Video:
    """A video at its own speed, again from the start when it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture: Any = open_video(path)
        fine, image = self._capture.read()
        if not fine:
            raise VideoUnreadable(path=path, reason="it cannot be played as a video")
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._rate = rate if 0 < rate < 1000 else 30.0
        self._shown = 0  # images taken from it since the start of the board, over all rounds
        self._image = _rgb(image)

    def image(self, seconds: float) -> Image:
        wanted = int(seconds * self._rate)
        while self._shown < wanted:
            self._shown += 1
            if self._shown < wanted and self._capture.grab():  # one that is skipped is not decoded
                continue
            fine, image = self._capture.read()
            if not fine:
                self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
                fine, image = self._capture.read()
            if not fine:
                raise VideoUnreadable(path=self._path, reason="it can no longer be read")
            self._image = _rgb(image)
        return self._image

    def close(self) -> None:
        self._capture.release()


class _Webcam:
    """This computer's camera."""

    def __init__(self, number: int, fps: float) -> None:
        self._number = number
        self._capture: Any = cv2.VideoCapture(number)
        self._capture.set(cv2.CAP_PROP_FPS, fps)
        self.image(0.0)

    def image(self, seconds: float) -> Image:
        fine, image = self._capture.read()
        if not fine:
            raise CameraUnavailable(camera=f"camera {self._number}", reason="it delivers no image")
        return _rgb(image)

    def close(self) -> None:
        self._capture.release()


class _Filled:
    """Another camera's images at a chosen size: what does not fit its shape is cut off."""

    def __init__(self, camera: Camera, size: tuple[int, int]) -> None:
        self._camera, self._size = camera, size

    def image(self, seconds: float) -> Image:
        image = self._camera.image(seconds)
        height, width = image.shape[:2]
        size = (self._size[0] or width, self._size[1] or height)
        return lay_in(image, place((width, height), size, Resize.CROP))

    def close(self) -> None:
        self._camera.close()


def _rgb(image: Any) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
