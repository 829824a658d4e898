"""What every source of a live stream can do, and what one is asked and told before it is opened."""

import abc
import enum
from dataclasses import dataclass

from n6studio.domain.errors.link import NoCommands


class Capability(enum.Flag):
    """What a source is good for; ask this instead of its type."""

    NONE = 0
    COMMANDS = enum.auto()
    """`write` reaches a board."""
    RESULTS = enum.auto()
    """Its sender attaches results to every frame, so a JPEG without them is what is left of a damaged one."""
    CAN_HAVE_RESULTS = enum.auto()
    """Frames come through untouched, so results survive where there are some."""
    REPLAY = enum.auto()
    """It can be paused, stepped and wound; see `Replay`."""
    ENDS = enum.auto()
    """It has a last frame; a live one goes on until somebody stops it."""


class EndOfStream(Exception):
    """The last frame of a source with an end has been read."""


@dataclass(frozen=True)
class SourceInfo:
    """What is known about a source without opening it.

    Attributes:
        address: what `n6studio live --source` takes: kind, colon, rest.
        name: for people: "STM32N6570-DK", "Integrated camera".
        detail: what tells two of the same name apart: port, path, size.
        capabilities: see `Capability`.
        drawn_in: whether its sender is known to draw what it finds into the images.
        plain: the codec of a stream that cannot carry results, once it is open; '' where that is not known.
    """

    address: str
    name: str
    detail: str
    capabilities: Capability
    drawn_in: bool = False
    plain: str = ""

    @property
    def kind(self) -> str:
        """The part of the address before the colon."""
        return self.address.partition(":")[0]


class Source(abc.ABC):
    """Where bytes of a stream come from.

    `open`, `read`, `close` and `release` belong to one thread; `write` and `interrupt` may be called from another one.
    After `close` it can be opened again. Sources that see images rather than bytes give every image as a JPEG.

    Attributes:
        info: see `SourceInfo`.
        breaks: how often what is read does not follow on what was read before, as after winding.
    """

    def __init__(self, info: SourceInfo) -> None:
        self.info = info
        self.breaks = 0

    @abc.abstractmethod
    def open(self) -> None:
        """Open it.

        Raises:
            LinkError, InputError: it cannot be opened; it is closed again.
        """

    @abc.abstractmethod
    def read(self, timeout: float) -> bytes:
        """Return what has arrived, b'' if nothing did within `timeout` seconds.

        Raises:
            ConnectionLost: it went away.
            EndOfStream: there is no more.
        """

    @property
    def waits(self) -> bool:
        """Whether nothing comes now because nothing is due: that is no stall."""
        return False

    def write(self, data: bytes) -> None:
        """Send a command.

        Raises:
            NoCommands: nobody listens there.
            ConnectionLost: it went away.
        """
        raise NoCommands(source=self.info.name)

    @abc.abstractmethod
    def close(self) -> None:
        """Close it; does nothing where it is not open. Raises nothing."""

    def release(self) -> None:
        """Close it for good, and end what was started for it. Raises nothing."""
        self.close()

    def interrupt(self) -> None:  # noqa: B027  (most have nothing that waits for long)
        """Let a call of `open` or `read` that waits end soon, with whatever error; it will be released next."""


class Replay(Source):
    """A source that plays something stored."""

    @property
    def waits(self) -> bool:
        """Whether the next frame is not due yet."""
        return True

    @property
    @abc.abstractmethod
    def position(self) -> tuple[int, int]:
        """(number from 1 of the frame that was asked for or given last, 0 before the first; how many there are)."""

    @abc.abstractmethod
    def pause(self, paused: bool) -> None:
        """Stop giving frames, or go on. From any thread."""

    @abc.abstractmethod
    def step(self, frames: int = 1) -> None:
        """While paused, give the frame that is so many further (or, below 0, back). From any thread."""

    @abc.abstractmethod
    def wind(self, frame: int) -> None:
        """Go on from this frame; while paused it is given at once. From any thread."""

    @abc.abstractmethod
    def set_speed(self, speed: float) -> None:
        """Play this many times as fast as it was recorded; 0 as fast as it is read. From any thread."""

    @abc.abstractmethod
    def set_range(self, first: int, last: int) -> None:
        """Play these frames again and again; `last` below `first` for all frames. From any thread."""

    @abc.abstractmethod
    def set_loop(self, loop: bool) -> None:
        """Start again behind the last frame, or end. From any thread."""
