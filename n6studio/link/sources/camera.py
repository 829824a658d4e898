"""Cameras of this computer, USB (UVC) cameras, and network cameras.

A UVC camera that sends MJPEG can carry results in its JPEGs, as every other source. On Linux OpenCV takes them from the
driver untouched. On Windows and macOS it decodes them before anybody else sees them, so that the images come without
results; there the media layer passes on what the system gives it, which on macOS may never be a JPEG. What sends
nothing but H.264 or the like needs that layer everywhere. ST's own UVC applications send no results on any system.
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

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.link import CameraUnavailable, ConnectionLost
from n6studio.gates.files import read_text
from n6studio.layers.layer import MEDIA
from n6studio.layers.need import missing
from n6studio.link.mailbox import Mailbox
from n6studio.link.processes.captures import ProcessCapture, camera_names, device_capture, network_capture
from n6studio.link.sources.base import Capability, Source, SourceInfo
from n6studio.link.sources.devices import VIDEO, device_of
from n6studio.link.sources.v4l2 import formats_of, only_compressed
from n6studio.link.wire.jpeg import encode_jpeg

OPEN_WITHIN = 10.0  # seconds; some drivers take that long
_SILENT_AFTER = 5.0  # seconds without an image after which the camera counts as gone
_CLOSE_WITHIN = 1.0
_QUALITY = 90  # of images that did not come as JPEGs
_UNPROBED = 2  # cameras offered where their number cannot be found out without switching them on

DRAWN_IN = "skeletons may be drawn into its images"  # ST's own applications do that
BETTER_BY_MEDIA = f"without results, which the {MEDIA.title} keeps"
_ST = ("stm32", "stmicro")  # in the names of such cameras
_CAMERAS = Path("/sys/class/video4linux")

OpenCapture = Callable[[int], Any]


@dataclass(frozen=True)
class Mode:
    """The size and rate that a camera is asked for; 0 for its own choice. It may give others."""

    width: int = 0
    height: int = 0
    fps: int = 0


def camera_info(number: int, system: Path = _CAMERAS, name: str = "") -> SourceInfo:
    """Return what is known of a camera, without switching it on. Raises nothing.

    Args:
        number: its own.
        system: where Linux tells of cameras.
        name: what another system calls it.
    """
    codec = only_compressed(formats_of(_device(number)))
    ids = None
    with contextlib.suppress(OSError):
        name = read_text(system / f"video{number}" / "name").strip()
        ids = _usb_ids((system / f"video{number}" / "device").resolve())
    known = device_of(*ids) if ids is not None else None
    drawn = (known is not None and known.connector == VIDEO) or any(word in name.lower() for word in _ST)
    title = name or (known.what if known is not None else f"Camera {number}")
    notes = [f"camera {number}", DRAWN_IN if drawn else ""]
    if codec:
        notes.append(f"sends {codec}, which carries no results")
        notes.append("" if MEDIA.present else f"and needs the {MEDIA.title}")
    elif sys.platform == "win32" and not MEDIA.present:
        notes.append(BETTER_BY_MEDIA)
    untouched = sys.platform == "linux" and not codec
    able = Capability.CAN_HAVE_RESULTS if untouched else Capability.NONE
    return SourceInfo(f"camera:{number}", title, ", ".join(note for note in notes if note), able, drawn)


def _device(number: int) -> Path:
    return Path(f"/dev/video{number}")


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
    return CameraSource(number, replace(info, address=f"{info.address}?{wished}"), lambda own: open_device(own, mode))


def network_camera(url: str) -> "CameraSource":
    """Return a camera behind an rtsp:// address, whose stream a process of its own takes apart.

    No results survive: RTP carries the data of a JPEG (RFC 2435), and whoever receives it makes a new header.
    """
    info = SourceInfo(url, urlsplit(url).hostname or url, url, Capability.NONE)
    return CameraSource(0, info, lambda _: network_capture(url))


def cameras() -> list[SourceInfo]:
    """Return the cameras of this computer, without switching any on. Raises nothing."""
    if sys.platform != "linux":
        named = camera_names() if MEDIA.present else None
        return [camera_info(number, name=name) for number, name in enumerate(named or [""] * _UNPROBED)]
    found = []
    with contextlib.suppress(OSError):
        for device in _CAMERAS.glob("video*"):
            with contextlib.suppress(OSError, ValueError):
                # One camera has several devices; the first is that of its images.
                if int(read_text(device / "index")) == 0:
                    found.append(int(device.name.removeprefix("video")))
    return [camera_info(number) for number in sorted(found)]


def open_device(number: int, mode: Mode | None = None) -> Any:
    """Return a capture of a camera, which may not be open: OpenCV's, or the media layer's where that gives more.

    Raises:
        LayerMissing: it sends what only the media layer can decode.
        OSError: a process cannot be started.
    """
    wished = mode or Mode()
    codec = only_compressed(formats_of(_device(number)))
    if codec and not MEDIA.present:
        raise missing(MEDIA, camera_info(number).name)
    if MEDIA.present and (codec or sys.platform != "linux"):
        return device_capture(number, (wished.width, wished.height), wished.fps)
    return _open_capture(number, wished)


def _open_capture(number: int, wished: Mode) -> Any:
    capture = _plain_capture(number)
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

    def __init__(self, number: int, info: SourceInfo | None = None, opener: OpenCapture = open_device) -> None:
        super().__init__(info or camera_info(number))
        self._known = self.info
        self._number, self._opener = number, opener
        self._grabber: _Grabber | None = None
        self._silence = 0.0

    def open(self) -> None:
        """Switch it on."""
        self.close()
        self._grabber = _Grabber(lambda: self._opener(self._number))
        self._silence = 0.0
        grabber, reason = self._grabber, self._grabber.wait_open(OPEN_WITHIN)
        if reason:
            self.close()
            raise grabber.error or CameraUnavailable(camera=self.info.name, reason=reason)
        self.info = self._told_by(grabber.capture)

    def _told_by(self, capture: Any) -> SourceInfo:
        """Return what is known of it now that it is open."""
        if not isinstance(capture, ProcessCapture):
            return self._known
        if capture.jpegs and self._known.kind == "camera":
            return replace(self._known, capabilities=self._known.capabilities | Capability.CAN_HAVE_RESULTS)
        return replace(self._known, plain=f"{capture.codec} by RTP" if capture.jpegs else capture.codec)

    def read(self, timeout: float) -> bytes:
        """Return the newest image."""
        grabber = self._grabber
        if grabber is None:
            raise ConnectionLost(source=self.info.name, reason="the camera is off")
        gone = grabber.gone  # asked first: what it left is still read
        data = grabber.images.take(0.0 if gone else timeout)
        self._silence = 0.0 if data else self._silence + timeout
        if not data and (gone or self._silence > _SILENT_AFTER):
            reason = grabber.ended or "the camera stopped delivering images"
            raise ConnectionLost(source=self.info.name, reason=reason)
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
        self.capture: Any = None
        self.error: StudioError | None = None  # why it cannot be opened, where that has an error of its own
        self.ended = ""  # why it gives nothing more, where that is known
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
        if isinstance(self.capture, ProcessCapture):
            self.capture.kill()

    def stop(self) -> None:
        """Let the device go; if its driver hangs, as soon as it does not."""
        self.hurry()
        self._thread.join(_CLOSE_WITHIN)

    def _work(self) -> None:
        capture = None
        try:
            capture = self.capture = self._opener()
            if capture.isOpened():
                self._grab(capture)
            elif isinstance(capture, ProcessCapture):
                self._reason = capture.reason()
            else:
                self._reason = "there is no such camera, or another program uses it"
        except StudioError as error:
            self.error, self._reason = error, str(error)
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
                self.ended = capture.reason() if isinstance(capture, ProcessCapture) else ""
                self._reason = self._reason and (self.ended or "it opens but delivers no image")
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
