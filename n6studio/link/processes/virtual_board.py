"""The virtual board from outside: start it, learn its address, make faults, end it."""

import json
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from n6studio.board.emulator import built_firmware, emulator_tools
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.link import VirtualBoardFailed
from n6studio.domain.errors.registry import from_message
from n6studio.domain.settings import plain_values
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.link.processes.child import Child, Message

START_SECONDS = 60.0


def _firmware(settings: VirtualBoardSettings) -> list[str]:
    """Return the arguments that let it run the firmware, built where it was not yet."""
    if not settings.firmware:
        return []
    tools = emulator_tools()
    return ["--firmware", str(tools.emulator), str(built_firmware(tools))]


class VirtualBoardProcess:
    """A virtual board in a process of its own.

    Args:
        settings: what it plays.
        log: file that its standard error is added to, if it can be written.
        on_message: called, in a thread of its own, with every message behind the first: 'connected', 'unplugged',
            'plugged in' (with a new address), 'faults', 'refused', 'end', 'error'.

    Raises:
        OSError: it cannot be started.
        EmulatorMissing, FirmwareNotBuilt: it shall run the firmware, which needs tools that are not there.
    """

    def __init__(
        self, settings: VirtualBoardSettings, log: Path, on_message: Callable[[Message], None] | None = None
    ) -> None:
        self._child = Child(["board", json.dumps(plain_values(settings)), *_firmware(settings)], log)
        self._on_message = on_message
        self._first: queue.Queue[Message | None] = queue.Queue()
        self._last: Message | None = None
        self._thread = threading.Thread(target=self._listen, name="virtual board", daemon=True)
        self._thread.start()
        self.hello: Message = {}

    @property
    def address(self) -> str:
        """Where it can be reached: a path, or tcp://HOST:PORT; '' before it is ready."""
        return str(self.hello.get("address", ""))

    def ready(self, seconds: float = START_SECONDS) -> Message:
        """Wait until it can be reached; return its first message.

        Raises:
            StudioError: what it says is wrong, or `VirtualBoardFailed`.
        """
        try:
            first = self._first.get(timeout=seconds)
        except queue.Empty:
            self._child.kill()
            first = None
        if first is None or first.get("type") != "hello":
            raise self._failure(first)
        self.hello = first
        return first

    @property
    def running(self) -> bool:
        """Whether its process has not ended yet."""
        return self._thread.is_alive()

    def kill(self) -> None:
        """End it at once, whatever it does; `ready` then raises. From any thread."""
        self._child.kill()

    def fault(self, text: str) -> None:
        """Make a fault, or end one; see `n6studio virtual-board --help`. The answer comes as a message.

        Raises:
            OSError: the board is gone.
        """
        self._child.send({"type": "fault", "fault": text})

    def wait(self, seconds: float | None = None) -> Message | None:
        """Wait until it has ended by itself, None if it has not after `seconds`; return its last message.

        Raises:
            StudioError: what it says is wrong, or `VirtualBoardFailed`.
        """
        self._thread.join(seconds)
        if self._thread.is_alive():
            return None
        if self._last is None or self._last.get("type") != "end":
            raise self._failure(self._last)
        return self._last

    def close(self) -> None:
        """End it."""
        self._child.end()
        self._thread.join()

    def _failure(self, message: Message | None) -> StudioError:
        if message is not None and message.get("type") == "error":
            return from_message(message)
        return VirtualBoardFailed(reason=f"its process ended with {self._child.how_it_ended()}", log=self._child.log)

    def _listen(self) -> None:
        first = True
        while (received := self._child.receive()) is not None:
            self._last = received[0]
            if first:
                self._first.put(self._last)
                first = False
            elif self._on_message is not None:
                self._on_message(self._last)
        self._first.put(None)
