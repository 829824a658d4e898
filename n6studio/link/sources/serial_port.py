"""A stream over a serial port, as USB CDC gives one, or over a pseudo-terminal."""

import contextlib
import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import ConnectionLost, LinkError, PortBusy, PortForbidden, PortMissing
from n6studio.domain.stream import STREAM_USB_IDS
from n6studio.link.processes.pump import Pump, can_pump
from n6studio.link.sources.base import Capability, Source, SourceInfo
from n6studio.link.sources.devices import device_of

BAUD = 921_600  # of ports that are wires; USB CDC has no such thing
WRITE_WITHIN = 1.0  # seconds
OUR_PRODUCT = "N6 Studio"  # in the name that our firmware gives itself
_CHUNK = 1 << 18
_CAPABILITIES = Capability.COMMANDS | Capability.CAN_HAVE_RESULTS | Capability.RESULTS


def serial_info(port: str, name: str = "", detail: str = "") -> SourceInfo:
    """Return what is known of a port."""
    return SourceInfo(f"serial:{port}", name or port, detail or port, _CAPABILITIES)


def serial_ports() -> list[SourceInfo]:
    """Return the serial ports of this computer, a board's own first. Raises nothing."""
    try:
        found = list(list_ports.comports())
    except OSError:
        return []
    return [_info(port) for port in sorted(found, key=lambda port: (_rank(port), port.device))]


def _rank(port: ListPortInfo) -> int:
    ids = (port.vid, port.pid)
    # Ports of mainboards exist whether something is connected or not.
    return 0 if ids == STREAM_USB_IDS else 1 if port.vid == STREAM_USB_IDS[0] else 2 if port.vid is not None else 3


def _info(port: ListPortInfo) -> SourceInfo:
    name = port.product or port.description
    if (port.vid, port.pid) == STREAM_USB_IDS:
        # ST's number for any USB serial port: only the product's name tells our firmware from others.
        ours = port.product is not None and OUR_PRODUCT in port.product
        name = f"{port.product}: live stream" if ours else port.product or "STM32 USB serial port"
    elif known := device_of(port.vid, port.pid):
        name = f"{known.what}: serial port"
    if name in (None, "", "n/a"):
        name = port.device
    return serial_info(port.device, name, " ".join(filter(None, (port.device, port.serial_number))))


class SerialSource(Source):
    """Opens a port for itself alone. Where it can, a process of its own takes the bytes from it; see `Pump`."""

    def __init__(self, port: str, baud: int = BAUD, info: SourceInfo | None = None) -> None:
        known = info or serial_info(port)
        if baud != BAUD and info is None:
            known = replace(known, address=f"{known.address}@{baud}", detail=f"{port}, {baud} baud")
        super().__init__(known)
        self._name, self._baud = port, baud
        self._port: serial.Serial | None = None
        self._pump: Pump | None = None

    def open(self) -> None:
        """Open the port."""
        self.close()
        try:
            self._port = serial.Serial(
                self._name,
                self._baud,
                timeout=0.1,
                write_timeout=WRITE_WITHIN,
                exclusive=None if _is_windows() else True,
            )
        except (OSError, ValueError) as error:  # pyserial's own errors are OSErrors
            raise open_error(self._name, error) from error
        if can_pump():
            with contextlib.suppress(OSError):  # without it this process reads
                self._pump = Pump(self._port.fileno())

    def read(self, timeout: float) -> bytes:
        """Return what has arrived."""
        port = self._open_port()
        try:
            if self._pump is not None:
                return self._pump.read(timeout)
            port.timeout = timeout
            waiting = port.in_waiting
            # At least one byte, so that the call waits; with it everything that has come meanwhile.
            data = bytes(port.read(min(max(1, waiting), _CHUNK)))
            if data and not waiting:
                data += bytes(port.read(min(port.in_waiting, _CHUNK)))
            return data
        except (OSError, ValueError, TypeError, AttributeError) as error:  # all but the first when closed meanwhile
            raise ConnectionLost(source=self.info.name, reason=reason_of(error)) from error

    def write(self, data: bytes) -> None:
        """Send a command."""
        try:
            self._open_port().write(data)
        except (OSError, TypeError, AttributeError) as error:
            raise ConnectionLost(source=self.info.name, reason=reason_of(error)) from error

    def close(self) -> None:
        """Close the port."""
        port, self._port = self._port, None
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.close()
        if port is not None:
            with contextlib.suppress(OSError):
                port.close()

    def _open_port(self) -> serial.Serial:
        if self._port is None:
            raise ConnectionLost(source=self.info.name, reason="the port is closed")
        return self._port


def _is_windows() -> bool:
    return sys.platform == "win32"


def open_error(port: str, error: Exception) -> LinkError:
    """Translate what pyserial raises when a port cannot be opened."""
    number, text = getattr(error, "errno", None), str(error)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "FileNotFoundError" in text:
        return PortMissing(port=port)
    locked = number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "exclusively lock" in text
    # Windows says "access denied" for a port that another program has open; it has no permissions for ports.
    if locked or (_is_windows() and "PermissionError" in text):
        return PortBusy(port=port, holder=holder_of(port))
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(port=port, reason=reason_of(error))
    return PortMissing(port=port) if not _is_windows() and not Path(port).exists() else _lost(port, error)


def _lost(port: str, error: Exception) -> LinkError:
    return ConnectionLost(source=port, reason=reason_of(error))


def holder_of(port: str) -> str:
    """Return which program has the port open, as far as that can be found out (not on Windows, not other users')."""
    wanted = os.path.realpath(port)
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error, OSError):
            if wanted in _open_paths(process):
                return f"{process.info['name']} (process {process.pid})"
    return "another program"


def _open_paths(process: psutil.Process) -> set[str]:
    """Return what a process has open; on Linux psutil names regular files only."""
    if sys.platform == "linux":
        return {str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
    return {file.path for file in process.open_files()}
