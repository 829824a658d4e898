"""A network camera whose stream is taken apart by a process of its own, which can call it and read no file."""

import numpy as np
import numpy.typing as npt

from n6studio.link.processes.child import Child
from n6studio.system.logs import log_file

_LOG = "network-camera.log"


class NetworkCapture:
    """One stream, with what `_Grabber` of the cameras asks of a capture. Its images are JPEGs already.

    Args:
        url: where it is.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, url: str) -> None:
        self._child = Child(["netcam", "--url", url], log_file(_LOG))

    def isOpened(self) -> bool:  # noqa: N802  (as OpenCV calls it)
        """Wait until the stream is open; return whether it is."""
        first = self._child.receive()
        return first is not None and first[0].get("type") == "hello"

    def read(self) -> tuple[bool, npt.NDArray[np.uint8]]:
        """Wait for the next image; return whether there is one, and it as a row of bytes."""
        received = self._child.receive()
        there = received is not None and received[0].get("type") == "frame"
        data = received[1] if received is not None else b""
        return there and bool(data), np.frombuffer(data, np.uint8)

    def kill(self) -> None:
        """End it at once, so that whoever waits for it gets nothing more. From any thread."""
        self._child.kill()

    def release(self) -> None:
        """End it."""
        self._child.kill()
        self._child.end()
