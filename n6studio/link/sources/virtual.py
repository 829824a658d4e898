"""The virtual board as a source: started in a process of its own, then connected to like a board."""

import contextlib
from pathlib import Path

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import ConnectionLost, VirtualBoardFailed
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.link.processes.child import Message
from n6studio.link.processes.virtual_board import VirtualBoardProcess
from n6studio.link.sources.base import Capability, EndOfStream, Source, SourceInfo
from n6studio.link.sources.serial_port import SerialSource
from n6studio.link.sources.tcp import TcpSource
from n6studio.system.logs import log_file

LOG = "virtual-board.log"


def virtual_info(model: str = "") -> SourceInfo:
    """Return what is known of a virtual board that runs `model`."""
    capabilities = Capability.COMMANDS | Capability.RESULTS | Capability.CAN_HAVE_RESULTS
    return SourceInfo(
        f"virtual:{model}", "Virtual board", Path(model).name or "emulates an STM32N6570-DK", capabilities
    )


def emulated_info(model: str = "") -> SourceInfo:
    """Return what is known of a board that runs the firmware on an emulated processor, with `model` on its NPU."""
    detail = Path(model).name or "the firmware on a Cortex-M55 in QEMU"
    return SourceInfo(f"virtual:{model}?firmware", "Emulated board", detail, virtual_info().capabilities)


class VirtualBoardSource(Source):
    """Starts a virtual board when first opened; disconnecting leaves it running, releasing ends it.

    Args:
        settings: what it plays.
        log: file that its standard error is added to; None for the usual place.
    """

    def __init__(self, settings: VirtualBoardSettings, log: Path | None = None) -> None:
        super().__init__(emulated_info(settings.model) if settings.firmware else virtual_info(settings.model))
        self._settings, self._log = settings, log or log_file(LOG)
        self._board: VirtualBoardProcess | None = None
        self._inner: Source | None = None
        self._address = ""
        self._over: Message | None = None

    def open(self) -> None:
        """Start the board where it does not run, and connect to it."""
        self.close()
        if self._board is not None and not self._board.running:
            self._end()
        if self._board is None:
            self._start()
        inner = _source_at(self._address, self.info)
        inner.open()
        self._inner = inner

    def read(self, timeout: float) -> bytes:
        """Return what has arrived."""
        inner = self._inner
        if inner is None:
            raise ConnectionLost(source=self.info.name, reason="not connected")
        try:
            return inner.read(timeout)
        except ConnectionLost:
            if self._over is not None and self._over.get("type") == "end":
                raise EndOfStream from None
            raise

    def write(self, data: bytes) -> None:
        """Send a command."""
        inner = self._inner
        if inner is None:
            raise ConnectionLost(source=self.info.name, reason="not connected")
        inner.write(data)

    def fault(self, text: str) -> None:
        """Make a fault, or end one; see `n6studio virtual-board --help`. From any thread.

        Raises:
            ConnectionLost: the board does not run.
        """
        board = self._board
        if board is None:
            raise ConnectionLost(source=self.info.name, reason="it is not running")
        try:
            board.fault(text)
        except OSError as error:
            raise ConnectionLost(source=self.info.name, reason=str(error)) from error

    def close(self) -> None:
        """Disconnect; the board goes on."""
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()
        if self._over is not None:
            self._end()

    def release(self) -> None:
        """Disconnect and end the board."""
        self.close()
        self._end()

    def interrupt(self) -> None:
        """Wait for the board no longer."""
        board = self._board
        if board is not None and self._inner is None:
            board.kill()

    def _start(self) -> None:
        self._over = None
        try:
            board = VirtualBoardProcess(self._settings, self._log, self._hear)
        except OSError as error:
            raise VirtualBoardFailed(reason=reason_of(error), log=self._log) from error
        self._board = board
        try:
            self._address = str(board.ready().get("address", ""))
        except StudioError:
            self._end()
            raise

    def _hear(self, message: Message) -> None:
        """In the board's own thread."""
        if message.get("type") == "plugged in":
            self._address = str(message.get("address", self._address))
        elif message.get("type") in ("end", "error"):
            self._over = message

    def _end(self) -> None:
        board, self._board = self._board, None
        if board is not None:
            with contextlib.suppress(OSError):
                board.close()


def _source_at(address: str, info: SourceInfo) -> Source:
    if address.startswith("tcp://"):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        return TcpSource(host.strip("[]"), int(port), info)
    return SerialSource(address, info=info)
