"""Cameras whose streams are taken apart by a process of its own, held back as those are that decode videos."""

import threading

import numpy as np
import numpy.typing as npt

from n6studio.domain.printable import printable
from n6studio.layers.layer import MEDIA
from n6studio.link.processes.child import Child, Message
from n6studio.system.logs import log_file

_LOG = "camera.log"
_LIST_LOG = "cameras.log"
_LONGEST_TEXT = 400  # characters of what a process says of itself
_MOST_CAMERAS = 64
_LIST_SECONDS = 10.0  # for the list of cameras, which takes the start of a process


class ProcessCapture:
    """One stream, with what `_Grabber` of the cameras asks of a capture. Its images are JPEGs already.

    Args:
        words: which process it is, and what it is to open.

    Attributes:
        codec: what the stream is made of, for people; '' where that is not known.
        jpegs: whether its images come as they were sent.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, words: list[str]) -> None:
        self._child = Child(words, log_file(_LOG))
        self._told: Message = {}
        self._killed = False
        self.codec, self.jpegs = "", False

    def isOpened(self) -> bool:  # noqa: N802  (as OpenCV calls it)
        """Wait until the stream is open; return whether it is."""
        first = self._child.receive()
        if first is not None and first[0].get("type") == "hello":
            codec = first[0].get("codec")
            self.codec = _text(codec)
            self.jpegs = first[0].get("jpegs") is True
            return True
        self._told = first[0] if first is not None else {}
        return False

    def read(self) -> tuple[bool, npt.NDArray[np.uint8]]:
        """Wait for the next image; return whether there is one, and it as a row of bytes."""
        received = self._child.receive()
        there = received is not None and received[0].get("type") == "frame"
        data = received[1] if received is not None else b""
        if not there:
            self._told = received[0] if received is not None else {}
        return there and bool(data), np.frombuffer(data, np.uint8)

    def reason(self) -> str:
        """Return why it gives nothing, or nothing more, as part of a sentence; it ends the process."""
        fields = self._told.get("fields")
        if told := _text(fields.get("reason") if isinstance(fields, dict) else None):
            return told
        if self._killed:
            return "nobody waits for it any more"
        how = self._child.how_it_ended()
        if how == "exit code 0":
            return "the stream has ended"
        return f"the process that takes its stream apart ended with {how}; the log is {self._child.log}"

    def kill(self) -> None:
        """End it at once, so that whoever waits for it gets nothing more. From any thread."""
        self._killed = True
        self._child.kill()

    def release(self) -> None:
        """End it."""
        self._child.kill()
        self._child.end()


def network_capture(url: str) -> ProcessCapture:
    """Return a network camera: by the media layer, which passes JPEGs on, or by OpenCV, which decodes everything.

    Raises:
        OSError: the process cannot be started.
    """
    return ProcessCapture(["media" if MEDIA.present else "netcam", "--url", url])


def device_capture(number: int, size: tuple[int, int], fps: int) -> ProcessCapture:
    """Return a camera of this computer by the media layer, which must be there.

    Args:
        number: its own, from 0.
        size: (width, height) that it is asked for; 0 for its own choice.
        fps: images a second that it is asked for; 0 for its own choice.

    Raises:
        OSError: the process cannot be started.
    """
    wished = [word for pair in zip(("--width", "--height", "--fps"), (*size, fps), strict=True) for word in pair]
    return ProcessCapture(["media", "--camera", str(number), *(str(word) for word in wished)])


def camera_names() -> tuple[str, ...] | None:
    """Return the names of this computer's cameras by the media layer, None where it cannot tell. Raises nothing."""
    try:
        child = Child(["media-cameras"], log_file(_LIST_LOG))
    except OSError:
        return None
    watch = threading.Timer(_LIST_SECONDS, child.kill)
    watch.start()
    try:
        received = child.receive()
    finally:
        watch.cancel()
        child.kill()
        child.end()
    found = received[0].get("names") if received is not None else None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        return None
    return tuple(_text(name) for name in found[:_MOST_CAMERAS])


def _text(told: object) -> str:
    """Return what a process says, which a foreign stream may have taken over, as it can be shown."""
    return printable(told[:_LONGEST_TEXT]) if isinstance(told, str) else ""
