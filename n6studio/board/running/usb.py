"""Which USB devices are connected: their vendor and product ids, whatever they are.

Linux tells in its sysfs, macOS through `ioreg`, Windows through PowerShell's list of devices that are present.
"""

import contextlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from n6studio.gates.files import read_text

Ids = frozenset[tuple[int, int]]
_SYSFS = Path("/sys/bus/usb/devices")
_SECONDS = 15
_WINDOWS = "Get-PnpDevice -PresentOnly | ForEach-Object { $_.InstanceId }"


def usb_ids(system: str = sys.platform, sysfs: Path = _SYSFS) -> Ids | None:
    """Return (vendor, product) of every connected device; None where that cannot be seen."""
    if system == "darwin":
        return _told(("ioreg", "-p", "IOUSB", "-l", "-w0"), ids_of_ioreg)
    if system == "win32":
        return _told(("powershell", "-NoProfile", "-NonInteractive", "-Command", _WINDOWS), ids_of_windows)
    return _ids_of_sysfs(sysfs)


def _ids_of_sysfs(folder: Path) -> Ids | None:
    found = set()
    try:
        devices = list(folder.iterdir())
    except OSError:
        return None
    for device in devices:
        with contextlib.suppress(OSError, ValueError):  # unplugged meanwhile, or no device but an interface
            vendor, product = (read_text(device / name) for name in ("idVendor", "idProduct"))
            found.add((int(vendor, 16), int(product, 16)))
    return frozenset(found)


def _told(command: tuple[str, ...], read: Callable[[str], Ids]) -> Ids | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    return read(done.stdout.decode("utf-8", errors="replace"))


def ids_of_ioreg(text: str) -> Ids:
    """Return the devices that `ioreg` lists: decimal numbers, the two of a device in either order."""
    found = set()
    for part in re.split(r"\+-o ", text):
        numbers = dict(re.findall(r'"(idVendor|idProduct)"\s*=\s*(\d{1,6})\b', part))
        if len(numbers) == 2:
            found.add((int(numbers["idVendor"]), int(numbers["idProduct"])))
    return frozenset(found)


def ids_of_windows(text: str) -> Ids:
    """Return the devices among Windows' instance names, which contain VID_0483&PID_5780 and the like."""
    pairs = re.findall(r"USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", text, re.IGNORECASE)
    return frozenset((int(vendor, 16), int(product, 16)) for vendor, product in pairs)
