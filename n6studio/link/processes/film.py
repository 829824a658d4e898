"""A video that is decoded by a process of its own, held back like those that run models."""

import threading
from array import array
from collections.abc import Sequence
from pathlib import Path

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.registry import from_message
from n6studio.link.processes.child import Child, Message
from n6studio.system.logs import log_file

ANSWER_SECONDS = 30.0  # without a word: also the start of the process on a busy machine
_LOG = "video.log"


class FilmProcess:
    """One video. All but `kill` belong to one thread.

    Args:
        path: the video.
        seconds: after so long without a word the process is ended.

    Attributes:
        times: of every frame that it promises, in seconds since the first; () before `open`.
        jpegs: whether its frames are JPEGs as they lie in the file.

    Raises:
        VideoUnreadable: the process cannot be started.
    """

    def __init__(self, path: Path, seconds: float = ANSWER_SECONDS) -> None:
        self._path, self._seconds = path, seconds
        log = log_file(_LOG)
        try:
            self._child = Child(["film", "--video", str(path.absolute())], log)
        except OSError as error:
            raise VideoUnreadable(path=path, reason=reason_of(error)) from error
        self.times: Sequence[float] = ()
        self.jpegs = False

    def open(self) -> None:
        """Wait until its frames are counted.

        Raises:
            StudioError: what the process says is wrong with it.
            VideoUnreadable: the process ended on it.
        """
        message, data = self._answer()
        while message.get("type") == "counting":
            message, data = self._answer()
        if message.get("type") != "hello" or not data or len(data) % 8:
            raise self._ended()
        self.times, self.jpegs = array("d", data), message.get("jpegs") is True

    def frame(self, number: int) -> bytes:
        """Return a frame as a JPEG; b"" behind the last one.

        Raises:
            VideoUnreadable: it can no longer be read.
        """
        try:
            self._child.send({"frame": number})
        except OSError:
            raise self._ended() from None
        message, data = self._answer()
        if message.get("type") not in ("frame", "end"):
            raise self._ended()
        return data

    def kill(self) -> None:
        """End it at once, so that whoever waits for it gets an error. From any thread."""
        self._child.kill()

    def close(self) -> None:
        """End it."""
        self._child.kill()
        self._child.end()

    def _answer(self) -> tuple[Message, bytes]:
        watch = threading.Timer(self._seconds, self._child.kill)
        watch.start()
        try:
            received = self._child.receive()
        finally:
            watch.cancel()
        if received is None:
            raise self._ended()
        if received[0].get("type") == "error":
            raise from_message(received[0])
        return received

    def _ended(self) -> StudioError:
        """Return the error for a process that is gone, or that says what it should not: the video took it over."""
        self._child.kill()
        how = self._child.how_it_ended()
        reason = f"its process ended with {how}, so it is probably damaged; the log is {self._child.log}"
        return VideoUnreadable(path=self._path, reason=reason)
