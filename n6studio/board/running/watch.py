"""Watches a board from outside while it starts: listens on its serial ports and looks for its devices on USB.

The watch begins before the board is power-cycled. A device counts only where it was away in between, so that another
board's does not prove anything; what a port gives counts from the moment on at which the watch began.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import serial
from serial.tools import list_ports

from n6studio.board.description import Board
from n6studio.board.running.banner import BAUD, Banner, banner_in
from n6studio.board.running.usb import Ids, usb_ids
from n6studio.domain.stream import STREAM_MAGIC, STREAM_USB_IDS

_LOOK_SECONDS = 0.2
_TURN_SECONDS = 1.0  # at one speed, where a port is listened to at two
_KEPT = 1 << 16  # bytes of a port that are kept
_REST = 4  # times as long as a look at USB took, until the next one: some systems start a program for it


@dataclass(frozen=True)
class SerialPort:
    """A serial port: its name, USB ids, and the serial number of its device."""

    name: str
    vendor: int | None
    product: int | None
    serial: str = ""

    @property
    def ids(self) -> tuple[int | None, int | None]:
        """Its vendor and product ids."""
        return self.vendor, self.product


@dataclass(frozen=True)
class Evidence:
    """What was seen of an application since the watch began.

    Attributes:
        banner: what it said of itself.
        stream: whether it sent our live stream.
        video: whether its camera appeared on USB.
        listened: names of ports that were opened.
        closed: port -> why it could not be opened.
    """

    banner: Banner | None = None
    stream: bool = False
    video: bool = False
    listened: tuple[str, ...] = ()
    closed: dict[str, str] = field(default_factory=dict)

    @property
    def proves(self) -> bool:
        """Whether any of it proves that the application runs."""
        return self.banner is not None or self.stream or self.video


def serial_ports() -> list[SerialPort]:
    """Return the serial ports of this computer. Raises nothing."""
    try:
        found = list(list_ports.comports())
    except OSError:
        return []
    return [SerialPort(port.device, port.vid, port.pid, port.serial_number or "") for port in found]


class Watch:
    """Looks and listens in a thread of its own until it is closed.

    Args:
        board: whose application is to be seen.
        probe: serial number of its ST-LINK; "" to listen to all.
        ports: tells the serial ports.
        devices: tells the USB devices; None where that cannot be seen.
        stream_baud: speed at which our live stream comes over the ST-LINK's port, in turns with the speed of what
            applications print there; 0 where it does not come that way.
    """

    def __init__(
        self,
        board: Board,
        probe: str = "",
        ports: Callable[[], Iterable[SerialPort]] = serial_ports,
        devices: Callable[[], Ids | None] = usb_ids,
        stream_baud: int = 0,
    ) -> None:
        self._probes = _ids_at(board, board.probe_connector.key)
        video = board.video_connector
        self._videos = _ids_at(board, video.key) if video is not None else set()
        self._probe, self._ports, self._devices = probe, ports, devices
        self._open: dict[str, serial.Serial] = {}
        self._received: dict[str, bytearray] = {}
        self._streams: set[str] = set()  # names of ports that can carry a stream and came since the watch began
        self._closed: dict[str, str] = {}
        self._away: set[tuple[int, int]] = set()  # devices that were not there at some look
        self._video = False
        self._gone_streams = self._gone_probes = False
        self._speeds, self._turned = (BAUD, stream_baud), time.monotonic()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._next_usb = 0.0
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and close all ports."""
        self._ended.set()
        self._thread.join(timeout=20)

    def evidence(self) -> Evidence:
        """Return what was seen so far."""
        with self._lock:
            banners = [banner for data in self._received.values() if (banner := banner_in(bytes(data))) is not None]
            stream = any(STREAM_MAGIC in self._received.get(name, b"") for name in self._streams)
            whole = [banner for banner in banners if banner.model]
            return Evidence(
                banner=next(iter([*whole, *banners]), None),
                stream=stream,
                video=self._video,
                listened=tuple(self._received),
                closed=dict(self._closed),
            )

    def wait(self, seconds: float, cancelled: Callable[[], bool] = lambda: False) -> Evidence:
        """Return what is seen as soon as it proves something, at the latest after so many seconds.

        A banner whose last line is still missing gets half a second more.
        """
        end = time.monotonic() + seconds
        while True:
            found = self.evidence()
            if found.banner is not None and not found.banner.model:
                end = min(end, time.monotonic() + 0.5) if not found.stream and not found.video else 0.0
            elif found.proves:
                return found
            if time.monotonic() >= end or cancelled():
                return found
            time.sleep(min(0.05, _LOOK_SECONDS))

    # --- in the thread

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                began = time.monotonic()
                self._look_at_ports()
                self._look_at_usb()
                self._take_turns()
                while time.monotonic() - began < _LOOK_SECONDS and not self._ended.is_set():
                    if not self._read():
                        self._ended.wait(0.02)
        finally:
            for port in self._open.values():
                _shut(port)

    def _look_at_ports(self) -> None:
        found = {port.name: port for port in self._ports()}
        for name in [name for name in self._open if name not in found]:
            _shut(self._open.pop(name))
        streams = [port for port in found.values() if port.ids == STREAM_USB_IDS]
        self._gone_streams = self._gone_streams or not streams
        self._gone_probes = self._gone_probes or not any(port.ids in self._probes for port in found.values())
        for port in found.values():
            if port.name not in self._open and self._concerns(port):
                self._try(port)

    def _concerns(self, port: SerialPort) -> bool:
        if port.ids == STREAM_USB_IDS:
            return self._gone_streams
        return port.ids in self._probes and (not self._probe or not port.serial or port.serial == self._probe)

    def _try(self, port: SerialPort) -> None:
        try:
            opened = serial.Serial(port.name, BAUD, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            with self._lock:
                self._closed[port.name] = str(error)
            return
        self._open[port.name] = opened
        with self._lock:
            self._closed.pop(port.name, None)
            self._received.setdefault(port.name, bytearray())
            if port.ids == STREAM_USB_IDS or (self._speeds[1] and self._gone_probes):
                self._streams.add(port.name)

    def _take_turns(self) -> None:
        """Listen to the ST-LINK's ports at the other speed, where there are two and it is time."""
        if not self._speeds[1] or time.monotonic() - self._turned < _TURN_SECONDS:
            return
        self._speeds, self._turned = self._speeds[::-1], time.monotonic()
        for port in self._open.values():
            with contextlib.suppress(OSError, ValueError, TypeError):  # unplugged: the next look tells
                port.baudrate = self._speeds[0]

    def _read(self) -> bool:
        """Read what has come; return whether there was anything."""
        some = False
        for name, port in list(self._open.items()):
            try:
                data = port.read(4096)
            except (OSError, TypeError):  # unplugged; pyserial trips over its own closed handle on some systems
                _shut(self._open.pop(name))
                continue
            if data:
                some = True
                with self._lock:
                    kept = self._received[name]
                    kept.extend(data)
                    del kept[:-_KEPT]
        return some

    def _look_at_usb(self) -> None:
        began = time.monotonic()
        if not self._videos or began < self._next_usb:
            return
        present = self._devices()
        self._next_usb = time.monotonic() + _REST * (time.monotonic() - began)
        if present is None:
            return
        with self._lock:
            self._video = self._video or bool(self._videos & self._away & present)
            self._away |= self._videos - present


def _ids_at(board: Board, connector: str) -> set[tuple[int, int]]:
    return {
        (device.vendor, product) for device in board.usb if device.connector == connector for product in device.products
    }


def _shut(port: serial.Serial) -> None:
    with contextlib.suppress(OSError, TypeError):
        port.close()
