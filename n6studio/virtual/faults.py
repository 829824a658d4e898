"""What can go wrong with a board and its cable, on demand. The same seed gives the same damage."""

import dataclasses
import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.virtual_board import FAULTS

_SWITCHES = ("wrong-model", "frozen", "zero-scores", "black", "reset")
_ONCE = ("stall", "disconnect")
_NOISE = 2**32  # no sequence number
_MOST_GARBAGE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """One change of what goes wrong.

    Attributes:
        name: as in `settings.FAULTS`, or 'clear'.
        value: rate, seconds, bytes, or 1 for on and 0 for off.
        version: for 'version' only.
        start: seconds after the board's start from which it counts.
    """

    name: str
    value: float = 1.0
    version: tuple[int, int] | None = None
    start: float = 0.0


def parse_fault(text: str) -> Fault:
    """Return the fault that a text names, see `settings.FAULTS`.

    Raises:
        SettingInvalid: it names none.
    """
    setting, _, start_text = text.strip().replace(" ", "=", 1).partition("@")
    name, _, value = setting.partition("=")
    try:
        start = float(start_text or 0)
        fault = _parsed(name, value, start)
    except ValueError:
        fault = None
    if fault is None or not math.isfinite(fault.value) or not 0 <= fault.start < math.inf:
        raise SettingInvalid(name="fault", value=text, allowed=FAULTS)
    return fault


def _parsed(name: str, value: str, start: float) -> Fault | None:
    if name == "clear" and not value:
        return Fault(name, start=start)
    if value == "off" and name in (*_SWITCHES, "flip", "lose", "garbage", "version"):
        return Fault(name, 0.0, None, start)
    if name in _SWITCHES:
        return Fault(name, start=start) if value in ("", "on") else None
    if name == "version":
        major, _, minor = value.partition(".")
        numbers = (int(major), int(minor))
        return Fault(name, 1.0, numbers, start) if all(0 <= number <= 255 for number in numbers) else None
    limits = {"flip": 1.0, "lose": 1.0, "stall": 3600.0, "disconnect": 3600.0, "garbage": float(_MOST_GARBAGE)}
    number = float(value)
    return Fault(name, number, None, start) if name in limits and 0 <= number <= limits[name] else None


@dataclass(frozen=True)
class Wrong:
    """What goes wrong at a moment.

    Attributes:
        flip: share of bytes that arrive changed, 0..1.
        lose: share of bytes that do not arrive, 0..1.
        garbage: bytes that come before the first frame of a connection.
        version: (major, minor) of the wire format to speak in place of the current one.
        wrong_model: tell another model's id.
        frozen: repeat the results of one frame.
        zero_scores: the model's output is all zeros.
        black: the camera sees nothing.
        stall: seconds to send nothing; taken up once.
        disconnect: seconds to be gone; taken up once.
        reset: begin anew, as by the reset button; taken up once.
    """

    flip: float = 0.0
    lose: float = 0.0
    garbage: int = 0
    version: tuple[int, int] | None = None
    wrong_model: bool = False
    frozen: bool = False
    zero_scores: bool = False
    black: bool = False
    stall: float = 0.0
    disconnect: float = 0.0
    reset: bool = False

    def as_text(self) -> str:
        """Return the faults in force as a text, '' for none."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return " ".join(f"{name.replace('_', '-')}={_shown(value)}" for name, value in plain.items() if value)


class Faults:
    """The faults of one board, now and later.

    Args:
        seed: of all damage.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()
        self.now = Wrong()

    def add(self, fault: Fault, seconds: float) -> None:
        """Put a fault in force, or remember it until its time comes; `seconds` since the board's start."""
        with self._lock:
            self._add(fault, seconds)

    def _add(self, fault: Fault, seconds: float) -> None:
        if fault.start > seconds:
            self._waiting.append(fault)
        elif fault.name == "clear":
            self.now, self._waiting = Wrong(), []
        else:
            kinds = {"version": fault.version, "garbage": int(fault.value)}
            plain = bool(fault.value) if fault.name in _SWITCHES else fault.value
            change: Any = {fault.name.replace("-", "_"): kinds.get(fault.name, plain)}
            self.now = dataclasses.replace(self.now, **change)

    def wake(self, seconds: float) -> None:
        """Put in force whatever's time has come."""
        with self._lock:
            due = [fault for fault in self._waiting if fault.start <= seconds]
            self._waiting = [fault for fault in self._waiting if fault.start > seconds]
            for fault in due:
                self._add(fault, seconds)

    def take(self, name: str) -> float:
        """Return the seconds of a fault that happens once ('stall', 'disconnect', 'reset'), and forget it."""
        with self._lock:
            seconds = float(getattr(self.now, name))
            if seconds:
                change: Any = {name: 0.0}
                self.now = dataclasses.replace(self.now, **change)
            return seconds

    def damaged(self, data: bytes, sequence: int) -> bytes:
        """Return the bytes of a frame as they arrive at the other end; the same for the same seed and sequence."""
        wrong = self.now
        if not wrong.flip and not wrong.lose:
            return data
        rng = np.random.default_rng((self._seed, sequence))
        values = np.frombuffer(data, np.uint8).copy()
        hit = np.flatnonzero(rng.random(len(values), np.float32) < wrong.flip)
        values[hit] ^= rng.integers(1, 256, len(hit), np.uint8)
        return values[rng.random(len(values), np.float32) >= wrong.lose].tobytes()

    def noise(self) -> bytes:
        """Return the garbage that comes before the first frame."""
        rng = np.random.default_rng((self._seed, _NOISE))
        return bytes(rng.integers(0, 256, self.now.garbage, np.uint8))


def _shown(value: object) -> str:
    return ".".join(map(str, value)) if isinstance(value, tuple) else "on" if value is True else str(value)
