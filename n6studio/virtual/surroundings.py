"""What is around a board and stays when it is powered up anew."""

import time
from dataclasses import dataclass

from n6studio.virtual.cameras import Camera
from n6studio.virtual.channel import Channel
from n6studio.virtual.faults import Faults
from n6studio.virtual.ports import Port


class Clock:
    """Seconds since the process was started."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def now(self) -> float:
        """Return the time."""
        return time.monotonic() - self._start


@dataclass(frozen=True)
class Surroundings:
    """What is around a board.

    Attributes:
        camera: what it sees.
        port: its end of the cable.
        faults: what goes wrong.
        clock: by which all of it happens.
        channel: to whoever started the process.
    """

    camera: Camera
    port: Port
    faults: Faults
    clock: Clock
    channel: Channel
