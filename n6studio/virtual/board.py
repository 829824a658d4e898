"""The virtual board as a whole: what it boots, its cable, and who tells it what to do."""

import contextlib
import tempfile
import threading
from pathlib import Path
from typing import Any

from n6studio.domain.errors import StudioError
from n6studio.domain.errors_link import NoModelForBoard
from n6studio.domain.settings import VirtualBoardSettings
from n6studio.virtual.cameras import Camera, open_camera
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, Message, listen
from n6studio.virtual.faults import Faults, parse_fault
from n6studio.virtual.flashed import power_cycles, power_up
from n6studio.virtual.pipeline import Clock
from n6studio.virtual.ports import Port, open_port
from n6studio.virtual.running import RunningBoard

_READ_SECONDS = 0.05
_WATCH_SECONDS = 0.5


def run(settings: VirtualBoardSettings, channel: Channel) -> None:
    """Play a board until the starter is gone, says "end", or enough frames were sent.

    Raises:
        StudioError: the model cannot be run, the camera gives no pictures, or the port cannot be had.
    """
    if not settings.model and not settings.flash:
        raise NoModelForBoard(place="its settings")
    clock, faults = Clock(), Faults(settings.seed)
    for text in settings.fault:
        faults.add(parse_fault(text), clock.now())
    with contextlib.ExitStack() as stack:
        camera = open_camera(settings)
        stack.callback(camera.close)
        port = open_port(settings)
        stack.callback(port.close)
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="n6studio-virtual-")))
        _Process(settings, camera, port, clock, faults, channel, place).run()


class _Process:
    """One life after the other: a board with a flash folder starts anew whenever that is powered up."""

    def __init__(
        self,
        settings: VirtualBoardSettings,
        camera: Camera,
        port: Port,
        clock: Clock,
        faults: Faults,
        channel: Channel,
        place: Path,
    ) -> None:
        self._settings, self._camera, self._port = settings, camera, port
        self._clock, self._faults, self._channel, self._place = clock, faults, channel, place
        self._ended = threading.Event()
        self._life = threading.Event()  # set when the present life is over
        self._board: RunningBoard | None = None

    def run(self) -> None:
        """Play until the end; whatever a life fails with is raised."""
        said = "hello"
        counts: dict[str, Any] = {"sent": 0, "dropped": 0, "skipped": 0}
        while not self._ended.is_set():
            self._life.clear()
            dark = self._start()
            if said == "hello":
                listen(self._hear, self._end)
            self._channel.tell(said, version=MESSAGE_VERSION, address=self._port.address, dark=dark, **self._about())
            said = "rebooted"
            self._watch()
            counts = self._live(counts)
        self._channel.tell("end", **counts)

    def _start(self) -> str:
        """Power up; return why the board stays dark, '' where it runs."""
        settings = self._settings
        if settings.flash:
            settings, dark = power_up(settings, self._place)
            if dark:
                return dark
        try:
            self._board = RunningBoard(
                settings, self._camera, self._port, self._clock, self._faults, self._channel, self._life
            )
        except StudioError as error:
            if not settings.flash:
                raise
            return f"The network in flash cannot be run: {error}"
        return ""

    def _about(self) -> dict[str, Any]:
        return self._board.about() if self._board is not None else {}

    def _live(self, counts: dict[str, Any]) -> dict[str, Any]:
        board = self._board
        if board is None:
            while not self._life.is_set():
                self._port.read(_READ_SECONDS)  # somebody may listen; a dark board has nothing to say
            return counts
        board.run()
        self._board = None
        if board.done:
            self._end()
        return {name: value + counts[name] for name, value in board.counts().items()}

    def _end(self) -> None:
        self._ended.set()
        self._life.set()

    def _watch(self) -> None:
        """End this life when the board is powered up again by whoever else uses its folder."""
        if not self._settings.flash:
            return
        life, count = self._life, power_cycles(self._settings.flash)

        def watch() -> None:
            while not life.wait(_WATCH_SECONDS):
                with contextlib.suppress(StudioError):
                    if power_cycles(self._settings.flash) != count:
                        life.set()

        threading.Thread(target=watch, name="power", daemon=True).start()

    def _hear(self, message: Message) -> None:
        if message.get("type") == "end":
            self._end()
        elif message.get("type") == "fault":
            try:
                self._faults.add(parse_fault(str(message.get("fault"))), self._clock.now())
            except StudioError as error:
                self._channel.tell("refused", **error.to_message())
            else:
                self._channel.tell("faults", now=self._faults.now.told())
