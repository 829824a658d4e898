"""Inputs that the host sends for evaluation, as the firmware takes them: resources/firmware/n6_evaluate.c."""

import queue
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from n6studio.domain.pose.preprocess import Image
from n6studio.link.session.commands import Command, CommandName, Reply

_PATIENCE = 1.0  # seconds with an input of which nothing more comes
_CHECKSUM = 4  # bytes


@dataclass(frozen=True, eq=False)
class Question:
    """One input.

    Attributes:
        number: of the command that announced it.
        tensor: (height, width, 3) uint8 RGB.
        checksum: CRC-32 of what came.
    """

    number: int
    tensor: Image
    checksum: int


class Evaluation:
    """What the reader of the cable collects, and the board's first thread works on.

    Args:
        size: (width, height) of the model's input.
        reply: puts a reply into the next frame.
    """

    def __init__(self, size: tuple[int, int], reply: Callable[[Reply], None]) -> None:
        self._size, self._reply = size, reply
        self._bytes = size[0] * size[1] * 3
        self._number = 0
        self._data: bytearray | None = None
        self._since = 0.0
        self._questions: queue.Queue[Question] = queue.Queue()
        self.on = False
        self.raw = False

    def obey(self, command: Command) -> str:
        """Do what a command says; return '', or why not."""
        if command.name is CommandName.EVALUATE:
            self.on = bool(command.value)
            self._clear()
        elif command.name is CommandName.RAW_OUTPUT:
            self.raw = bool(command.value)
        elif not self.on:
            return "not evaluating"
        elif self._data is not None or not self._questions.empty():
            return "busy"
        elif command.value != self._bytes:
            return "not the input's size"
        else:
            self._number, self._data, self._since = command.number, bytearray(), time.monotonic()
        return ""

    def forget(self) -> None:
        """End it, as when another host comes."""
        self.on = self.raw = False
        self._clear()

    def _clear(self) -> None:
        self._data = None
        while not self._questions.empty():
            self._questions.get_nowait()

    def take(self, data: bytes) -> bytes:
        """Take what belongs to an input that is under way; return the rest."""
        if self._data is None:
            return data
        missing = self._bytes + _CHECKSUM - len(self._data)
        self._data += data[:missing]
        self._since = time.monotonic()
        if len(self._data) == self._bytes + _CHECKSUM:
            self._finish(bytes(self._data))
        return data[missing:]

    def _finish(self, data: bytes) -> None:
        self._data = None
        pixels, told = data[: self._bytes], int.from_bytes(data[self._bytes :], "little")
        if zlib.crc32(pixels) != told:
            self._reply(Reply(self._number, "checksum"))
            return
        tensor = np.frombuffer(pixels, np.uint8).reshape(self._size[1], self._size[0], 3)
        self._questions.put(Question(self._number, tensor, told))

    def look(self) -> None:
        """Give up an input of which nothing more comes."""
        if self._data is not None and time.monotonic() - self._since > _PATIENCE:
            self._data = None
            self._reply(Reply(self._number, "incomplete"))

    def question(self, seconds: float) -> Question | None:
        """Return the next whole input, None where none comes within so long."""
        try:
            return self._questions.get(timeout=seconds)
        except queue.Empty:
            return None
