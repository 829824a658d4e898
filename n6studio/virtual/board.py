"""The virtual board as a whole: what it boots, its cable, and who tells it what to do."""

import contextlib
import itertools
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.link import NoModelForBoard
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.virtual.cameras import open_camera
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, Message, listen
from n6studio.virtual.emulated import EmulatedBoard
from n6studio.virtual.faults import Faults, parse_fault
from n6studio.virtual.flashed import State, boot, state_of
from n6studio.virtual.machine import Machine
from n6studio.virtual.ports import open_port
from n6studio.virtual.running import RunningBoard
from n6studio.virtual.surroundings import Clock, Surroundings

_READ_SECONDS = 0.05
_WATCH_SECONDS = 0.5


def run(settings: VirtualBoardSettings, channel: Channel, machine: Machine | None = None) -> None:
    """Play a board until the starter is gone, says "end", or enough frames were sent.

    Args:
        settings: what it plays.
        channel: to the starter.
        machine: runs the firmware; None for a board that is all Python.

    Raises:
        StudioError: the model cannot be run, the camera gives no images, or the port cannot be had.
    """
    if not settings.model and not settings.flash:
        raise NoModelForBoard(place="its settings")
    clock, faults = Clock(), Faults(settings.seed)
    for text in settings.fault:
        faults.add(parse_fault(text), clock.now())
    with contextlib.ExitStack() as stack:
        camera = open_camera(settings if machine is None else replace(settings, marker=False))  # which draws its own
        stack.callback(camera.close)
        port = open_port(settings)
        stack.callback(port.close)
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="n6studio-virtual-")))
        _Process(settings, Surroundings(camera, port, faults, clock, channel), place, machine).run()


class _Process:
    """One life after the other: a board with a flash folder starts anew whenever that is powered up."""

    def __init__(
        self, settings: VirtualBoardSettings, around: Surroundings, place: Path, machine: Machine | None
    ) -> None:
        self._settings, self._around, self._place, self._machine = settings, around, place, machine
        self._channel = around.channel
        self._ended = threading.Event()
        self._life = threading.Event()  # set when the present life is over
        self._board: RunningBoard | EmulatedBoard | None = None

    def run(self) -> None:
        """Play until the end; whatever a life fails with is raised."""
        counts: dict[str, Any] = {"sent": 0, "dropped": 0, "skipped": 0}
        for said in itertools.chain(("hello",), itertools.repeat("rebooted")):
            self._life = threading.Event()  # a new one: whoever ends the last life late must not end this one
            if self._ended.is_set():
                break
            first = said == "hello"
            state = self._state() if not first else None  # what changes from here on counts
            dark = self._start(first)
            if first:
                listen(self._hear, self._end)
                state = self._state()
            self._channel.tell(
                said, version=MESSAGE_VERSION, address=self._around.port.address, dark=dark, **self._about()
            )
            self._watch(state)
            counts = self._live(counts)
        self._channel.tell("end", **counts)

    def _start(self, first: bool) -> str:
        """Boot; return why the board stays dark, '' where it runs."""
        settings = self._settings
        if settings.flash:
            settings, dark = boot(settings, self._place, plug_in=first)
            if dark:
                return dark
        try:
            self._board = self._running(settings)
        except StudioError as error:
            if not settings.flash:
                raise
            return f"The model in flash cannot be run: {error}"
        return ""

    def _running(self, settings: VirtualBoardSettings) -> RunningBoard | EmulatedBoard:
        if self._machine is None:
            return RunningBoard(settings, self._around, self._life)
        return EmulatedBoard(settings, self._around, self._life, self._machine)

    def _about(self) -> dict[str, Any]:
        return self._board.about() if self._board is not None else {}

    def _live(self, counts: dict[str, Any]) -> dict[str, Any]:
        board = self._board
        if board is None:
            while not self._life.is_set():
                self._around.port.read(_READ_SECONDS)  # somebody may listen; a dark board has nothing to say
            return counts
        board.run()
        self._board = None
        if board.done:
            self._end()
        return {name: value + counts[name] for name, value in board.counts().items()}

    def _end(self) -> None:
        self._ended.set()
        self._life.set()

    def _state(self) -> State | None:
        return state_of(self._settings.flash) if self._settings.flash else None

    def _watch(self, known: State | None) -> None:
        """End this life when somebody else who uses the board's folder powers it up, resets it or unplugs it."""
        if known is None:
            return
        life = self._life

        def watch() -> None:
            while not life.wait(_WATCH_SECONDS):
                with contextlib.suppress(StudioError):
                    if self._state() != known:
                        life.set()

        threading.Thread(target=watch, name="power", daemon=True).start()

    def _hear(self, message: Message) -> None:
        if message.get("type") == "end":
            self._end()
        elif message.get("type") == "fault":
            try:
                self._around.faults.add(parse_fault(str(message.get("fault"))), self._around.clock.now())
            except StudioError as error:
                self._channel.tell("refused", **error.to_message())
            else:
                self._channel.tell("faults", now=self._around.faults.now.as_text())
