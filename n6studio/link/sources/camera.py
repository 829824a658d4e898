"""Cameras of this computer and USB (UVC) cameras, through OpenCV.

A UVC camera that sends MJPEG can carry results in its JPEGs, as every other source. On Linux they are taken from the
driver untouched. Windows and macOS decode them before anybody else sees them, so there the images come without
results; ST's own UVC applications send none on any system.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import numpy.typing as npt

from n6studio.domain.errors.link import CameraUnavailable, ConnectionLost
from n6studio.gates.files import read_text
from n6studio.link.mailbox import Mailbox
from n6studio.link.processes.netcam import NetworkCapture
from n6studio.link.sources.base import Capability, Source, SourceInfo
from n6studio.link.sources.devices import VIDEO, device_of
from n6studio.link.wire.jpeg import encode_jpeg

OPEN_WITHIN = 10.0  # seconds; some drivers take that long
_SILENT_AFTER = 5.0  # seconds without an image after which the camera counts as gone
_CLOSE_WITHIN = 1.0
_QUALITY = 90  # of images that did not come as JPEGs
_UNPROBED = 2  # cameras offered where their number cannot be found out without switching them on

DRAWN_IN = "skeletons may be drawn into its images"  # ST's own applications do that
_ST = ("stm32", "stmicro")  # in the names of such cameras
_CAMERAS = Path("/sys/class/video4linux")

OpenCapture = Callable[[int], Any]


@dataclass(frozen=True)
class Mode:
    """The size and rate that a camera is asked for; 0 for its own choice. It may give others."""

    width: int = 0
    height: int = 0
    fps: int = 0


def camera_info(number: int, system: Path = _CAMERAS) -> SourceInfo:
    """Return what is known of a camera, without switching it on. Raises nothing.

    Args:
        number: its own.
        system: where Linux tells of cameras.
    """
    untouched = Capability.CAN_HAVE_RESULTS if sys.platform == "linux" else Capability.NONE
    name, ids = "", None
    with contextlib.suppress(OSError):
        name = read_text(system / f"video{number}" / "name").strip()
        ids = _usb_ids((system / f"video{number}" / "device").resolve())
    known = device_of(*ids) if ids is not None else None
    drawn = (known is not None and known.connector == VIDEO) or any(word in name.lower() for word in _ST)
    title = name or (known.what if known is not None else f"Camera {number}")
    return SourceInfo(f"camera:{number}", title, f"camera {number}{f', {DRAWN_IN}' if drawn else ''}", untouched, drawn)


def _usb_ids(device: Path) -> tuple[int, int] | None:
    """Return (vendor, product) of the USB device that a device of Linux belongs to."""
    for place in (device, *device.parents):
        with contextlib.suppress(OSError, ValueError):
            return int(read_text(place / "idVendor"), 16), int(read_text(place / "idProduct"), 16)
    return None


def camera(number: int, mode: Mode) -> "CameraSource":
    """Return a camera that is asked for a size and rate."""
    wished = "&".join(f"{name}={value}" for name, value in vars(mode).items() if value)
    info = camera_info(number)
    if not wished:
        return CameraSource(number, info)
    return CameraSource(
        number, replace(info, address=f"{info.address}?{wished}"), lambda wanted: open_capture(wanted, mode)
    )


def network_camera(url: str) -> "CameraSource":
    """Return a camera behind an rtsp:// address. Its images are taken apart on the way, so results do not survive.

    A process of its own does that; see `NetworkCapture`.
    """
    info = SourceInfo(url, urlsplit(url).hostname or url, url, Capability.NONE)
    return CameraSource(0, info, lambda _: NetworkCapture(url))


def cameras() -> list[SourceInfo]:
    """Return the cameras of this computer, without switching any on. Raises nothing."""
    if sys.platform != "linux":
        return [camera_info(number) for number in range(_UNPROBED)]
    found = []
    with contextlib.suppress(OSError):
        for device in _CAMERAS.glob("video*"):
            with contextlib.suppress(OSError, ValueError):
                # One camera has several devices; the first is that of its images.
                if int(read_text(device / "index")) == 0:
                    found.append(int(device.name.removeprefix("video")))
    return [camera_info(number) for number in sorted(found)]


def open_capture(number: int, mode: Mode | None = None) -> Any:
    """Return OpenCV's capture of a camera, which may not be open."""
    capture = _plain_capture(number)
    wished = mode or Mode()
    for what, value in (
        (cv2.CAP_PROP_FRAME_WIDTH, wished.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, wished.height),
        (cv2.CAP_PROP_FPS, wished.fps),
    ):
        if value and capture.isOpened():
            capture.set(what, value)
    return capture


def _plain_capture(number: int) -> Any:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # a missing camera is told otherwise
    if sys.platform != "linux":
        # OpenCV would ask macOS for the camera from this thread, in vain: the window has asked, or the system does.
        os.environ.setdefault("OPENCV_AVFOUNDATION_SKIP_AUTH", "1")
        return cv2.VideoCapture(number)
    capture = cv2.VideoCapture(number, cv2.CAP_V4L2)
    if capture.isOpened():
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)  # as the camera sends them
        if int(capture.get(cv2.CAP_PROP_FOURCC)) != cv2.VideoWriter.fourcc(*"MJPG"):
            capture.set(cv2.CAP_PROP_CONVERT_RGB, 1)
    return capture


class CameraSource(Source):
    """One camera. A thread of its own takes images, because drivers wait for them as long as they like."""

    def __init__(self, number: int, info: SourceInfo | None = None, opener: OpenCapture = open_capture) -> None:
        super().__init__(info or camera_info(number))
        self._number, self._opener = number, opener
        self._grabber: _Grabber | None = None
        self._silence = 0.0

    def open(self) -> None:
        """Switch it on."""
        self.close()
        self._grabber = _Grabber(lambda: self._opener(self._number))
        self._silence = 0.0
        reason = self._grabber.wait_open(OPEN_WITHIN)
        if reason:
            self.close()
            raise CameraUnavailable(camera=self.info.name, reason=reason)

    def read(self, timeout: float) -> bytes:
        """Return the newest image."""
        grabber = self._grabber
        if grabber is None:
            raise ConnectionLost(source=self.info.name, reason="the camera is off")
        data = grabber.images.take(timeout)
        self._silence = 0.0 if data else self._silence + timeout
        if grabber.gone or self._silence > _SILENT_AFTER:
            raise ConnectionLost(source=self.info.name, reason="the camera stopped delivering images")
        return data or b""

    def close(self) -> None:
        """Switch it off."""
        grabber, self._grabber = self._grabber, None
        if grabber is not None:
            grabber.stop()

    def interrupt(self) -> None:
        """Wait for no camera any more."""
        grabber = self._grabber
        if grabber is not None:
            grabber.hurry()


class _Grabber:
    """The thread that owns the device: a driver that hangs holds this one up, and nobody else."""

    def __init__(self, opener: Callable[[], Any]) -> None:
        self._opener = opener
        self._opened, self._stop = threading.Event(), threading.Event()
        self._reason = "it does not respond"
        self._capture: Any = None
        self.gone = False
        self.images: Mailbox[bytes] = Mailbox()
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)
        self._thread.start()

    def wait_open(self, seconds: float) -> str:
        """Return '' once it is open, or why it is not."""
        self._opened.wait(seconds)
        return self._reason

    def hurry(self) -> None:
        """Let whoever waits go."""
        self._stop.set()
        self._opened.set()
        self.images.close()
        if isinstance(self._capture, NetworkCapture):
            self._capture.kill()

    def stop(self) -> None:
        """Let the device go; if its driver hangs, as soon as it does not."""
        self.hurry()
        self._thread.join(_CLOSE_WITHIN)

    def _work(self) -> None:
        capture = None
        try:
            capture = self._capture = self._opener()
            if capture.isOpened():
                self._grab(capture)
            else:
                self._reason = "there is no such camera, or another program uses it"
        except (cv2.error, OSError) as error:
            self._reason = str(error)
        finally:
            self.gone = True
            self._opened.set()
            if capture is not None:
                with contextlib.suppress(cv2.error):
                    capture.release()

    def _grab(self, capture: Any) -> None:
        while not self._stop.is_set():
            done, image = capture.read()
            if not done:
                self._reason = self._reason and "it opens but delivers no image"
                return
            self._reason = ""
            self._opened.set()
            self.images.put(as_jpeg(np.asarray(image, np.uint8)))


def as_jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """Return what a capture gave as JPEG: the camera's own where it is one, else made of an (H, W, 3) BGR image.

    Raises:
        cv2.error: it is neither.
    """
    data = image.reshape(-1)
    if image.ndim < 3 or image.shape[-1] == 1 or image.shape[0] == 1:
        if data[:2].tobytes() == b"\xff\xd8":
            return data.tobytes()
        raise cv2.error("the camera's native format is not supported")
    return encode_jpeg(image[..., ::-1], _QUALITY)
