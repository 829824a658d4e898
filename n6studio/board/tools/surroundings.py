"""What a first build and a first flash need besides the tools themselves: checked at once, before anything takes long.

The C library of GNU Arm GCC, a shell for make, the right to open an ST-LINK, room on the disk, and folders whose paths
ST's tools can work with. Nothing here raises; what cannot be found out is UNKNOWN.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from n6studio.board.registry import boards
from n6studio.board.running.watch import SerialPort, serial_ports
from n6studio.board.tools.discovery import FoundTool, ToolBox
from n6studio.board.tools.tool_finding import ToolFinding
from n6studio.board.vendor.folders import is_plain, plain_places, written
from n6studio.board.vendor.process import ask_tool, clean_environment, run_tool
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.application import NewlibMissing, ShellMissing
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.states import FindingState
from n6studio.domain.stream import STREAM_USB_IDS
from n6studio.domain.texts import bytes_text, listed

RULE_FOLDERS = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
ROOM = 1 << 30  # bytes: a copy of the application with what is built of it, twice
_NEWLIB = ("libc.a", "libm.a", "nosys.specs")
_CORTEX = ("-mcpu=cortex-m55", "-mfloat-abi=hard")
_SECONDS = 20.0


def look_at_surroundings(box: ToolBox, folder: Path | None = None, builds: bool = True) -> tuple[ToolFinding, ...]:
    """Return everything, whether it is fine or not. Starts gcc and make for a moment.

    Args:
        box: the tools that were found.
        folder: where results go; None for the current one.
        builds: whether an application is to be built.
    """
    where = folder or Path.cwd()
    gcc, make = (box.best("gcc"), box.best("make")) if builds else (None, None)
    looks = [
        *([look_at_newlib(gcc)] if gcc is not None else []),
        *([look_at_shell(make)] if make is not None else []),
        look_at_usb(),
        look_at_room(where),
        look_at_paths(where),
    ]
    return tuple(looks)


def look_at_newlib(gcc: FoundTool) -> ToolFinding:
    """Ask GNU Arm GCC where the parts of its C library are; it names what it has by a path, and nothing else."""
    name, wanted = "C library of GNU Arm GCC", "newlib"
    answers = {
        part: ask_tool([gcc.path, *_CORTEX, f"-print-file-name={part}"], gcc.title, _SECONDS) for part in _NEWLIB
    }
    if any(answer is None for answer in answers.values()):
        return ToolFinding(name, FindingState.UNKNOWN, f"{gcc.path} does not say", wanted, "The build tells.")
    missing = [part for part, answer in answers.items() if not Path((answer or "").strip()).is_absolute()]
    if not missing:
        return ToolFinding(name, FindingState.OK, (answers["libc.a"] or "").strip(), wanted)
    steps = " ".join(advice(NewlibMissing(missing=", ".join(missing), log="")).steps)
    return ToolFinding(name, FindingState.MISSING, f"no {', '.join(missing)}", wanted, steps)


def look_at_shell(make: FoundTool) -> ToolFinding:
    """Let make do what ST's Makefiles do first: mkdir -p, twice."""
    name, wanted = "Shell for make", "mkdir -p as in a POSIX shell"
    try:
        with tempfile.TemporaryDirectory(prefix="n6-", dir=next(iter(plain_places()), None)) as place:
            written(Path(place) / "Makefile", "all:\n\tmkdir -p a/b\n\tmkdir -p a/b\n\techo shell-works\n")
            path = os.pathsep.join([str(make.path.parent), os.environ.get("PATH", "")])
            run = run_tool(
                [make.path, "all"],
                tool=make.title,
                cwd=Path(place),
                timeout=_SECONDS,
                environment=clean_environment({"PATH": path, "LC_ALL": "C"}),
            )
            works = run.code == 0 and (Path(place) / "a/b").is_dir() and not (Path(place) / "-p").exists()
    except (OSError, StudioError) as error:
        reason = advice(error).title if isinstance(error, StudioError) else reason_of(error)
        return ToolFinding(name, FindingState.UNKNOWN, reason, wanted, "The build tells.")
    if works:
        return ToolFinding(name, FindingState.OK, "mkdir -p works", wanted)
    line = run.lines[-1] if run.lines else f"exit code {run.code}"
    steps = " ".join(advice(ShellMissing(command="mkdir -p", log="")).steps)
    return ToolFinding(name, FindingState.MISSING, line, wanted, steps)


def look_at_usb(
    system: str = sys.platform, folders: Sequence[str] = RULE_FOLDERS, root: bool | None = None
) -> ToolFinding:
    """Judge whether this user may talk to an ST-LINK and its serial port."""
    name, wanted = "USB access", "may access the board"
    if system == "darwin":
        return ToolFinding(name, FindingState.OK, "macOS requires no permission", wanted)
    if system != "linux":
        advice_text = "STM32CubeProgrammer installs the ST-LINK driver."
        return ToolFinding(name, FindingState.UNKNOWN, "known once a board is connected", wanted, advice_text)
    if root if root is not None else os.geteuid() == 0:
        return ToolFinding(name, FindingState.OK, "running as root", wanted)
    if any(_names_st(Path(folder)) for folder in folders):
        return ToolFinding(name, FindingState.OK, "udev rule for ST devices installed", wanted)
    remedy = (
        "Needed for a board only. As root, write SUBSYSTEMS==\"usb\", ATTRS{idVendor}==\"0483\", TAG+=\"uaccess\" into "
        "/etc/udev/rules.d/70-st-link.rules, run udevadm control --reload, and reconnect the board."
    )  # fmt: skip
    return ToolFinding(name, FindingState.MISSING, "no udev rule for ST devices", wanted, remedy)


def look_at_stream_port(
    ports: Iterable[SerialPort] | None = None, usable: Callable[[str], bool] | None = None
) -> ToolFinding:
    """Judge the port over which a board sends the live stream; it is there once such a board runs.

    Args:
        ports: the serial ports of this computer; None to look.
        usable: whether this user may open a port, by its name; None to look.
    """
    name, wanted = "Live stream port", "there while a deployed board runs"
    found = [port.name for port in (serial_ports() if ports is None else ports) if port.ids == STREAM_USB_IDS]
    if not found:
        steps = "Connect the board's second USB socket; over the ST-LINK's serial port nothing more is needed."
        return ToolFinding(name, FindingState.UNKNOWN, "no board sends it now", wanted, steps)
    closed = [port for port in found if not (usable or _may_open)(port)]
    if closed:
        steps = "Join the group that owns serial ports: sudo usermod -aG dialout $USER, then log in again."
        return ToolFinding(name, FindingState.MISSING, f"{listed(closed)} may not be opened", wanted, steps)
    return ToolFinding(name, FindingState.OK, listed(found), wanted)


def _may_open(port: str) -> bool:
    return os.name == "nt" or os.access(port, os.R_OK | os.W_OK)


def look_at_room(folder: Path) -> ToolFinding:
    """Judge the room where results go and where the application is built."""
    name, wanted = "Free space", f"{bytes_text(ROOM)} where results go and where temporary files go"
    places = [_existing(folder), *plain_places()[:1]]
    try:
        free = {place: shutil.disk_usage(place).free for place in places}
    except OSError as error:
        return ToolFinding(name, FindingState.UNKNOWN, reason_of(error), wanted, f"Check that {folder} is accessible.")
    tight = [place for place, count in free.items() if count < ROOM]
    found = "; ".join(f"{bytes_text(count)} in {place}" for place, count in free.items())
    if tight:
        steps = f"Free up space in {' and '.join(map(str, tight))}, or work in a folder on another disk."
        return ToolFinding(name, FindingState.TOO_LITTLE, found, wanted, steps)
    return ToolFinding(name, FindingState.OK, found, wanted)


def look_at_paths(folder: Path) -> ToolFinding:
    """Judge whether ST's tools have a folder to work in: short, without blanks, with English letters."""
    name, wanted = "Folder for ST's tools", "a short path without blanks, with English letters"
    where = folder.absolute()
    if is_plain(where):
        return ToolFinding(name, FindingState.OK, str(where), wanted)
    place = next((place for place in plain_places() if is_plain(place)), None)
    if place is not None:
        return ToolFinding(name, FindingState.OK, f"{place}, because {where} is not one", wanted)
    steps = (
        "Make a folder such as C:\\n6 and set the variables TMP and TEMP to it."
        if os.name == "nt"
        else "Set the variable TMPDIR to a folder such as /tmp."
    )
    return ToolFinding(name, FindingState.MISSING, f"neither {where} nor a temporary folder", wanted, steps)


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next((path for path in (folder, *folder.parents) if path.is_dir()), folder)


def _names_st(folder: Path) -> bool:
    try:
        rules = list(folder.glob("*.rules"))
        texts = [rule.read_text(encoding="utf-8", errors="replace") for rule in rules]
        vendors = {f"{device.vendor:04x}" for board in boards() for device in board.usb}
    except (OSError, StudioError):
        return False
    return any(vendor in text for text in texts for vendor in vendors)
