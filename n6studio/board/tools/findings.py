"""The doctor's findings on the tools of deployment: found, too old, known bad or missing, with what to do."""

from collections.abc import Callable, Iterable
from pathlib import Path

from serial.tools import list_ports

from n6studio.board.application.recognise import Application
from n6studio.board.compiler.pairs import PAIRS
from n6studio.board.description import Board
from n6studio.board.registry import boards
from n6studio.board.tools.discovery import FoundTool, ToolBox, find_tools, why_unusable
from n6studio.board.tools.known_bad import OLDEST, KnownBad
from n6studio.board.tools.locations import TITLES, TOOLS, Tool, is_snap
from n6studio.board.tools.surroundings import look_at_surroundings
from n6studio.board.tools.tool_finding import SEVERITY, ToolFinding
from n6studio.board.vendor.programs import loaders_of
from n6studio.domain.errors.advice import short_title
from n6studio.domain.errors.application import ApplicationIncomplete, ApplicationUnknown, ApplicationWrong
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.tools import ToolKnownBad, ToolMissing, ToolTooOld
from n6studio.domain.states import FindingState

_GET = {
    "stedgeai": "Install ST Edge AI Core with its component for the STM32N6 (Neural-ART), in the release that matches "
    "your application.",
    "programmer": "Install STM32CubeProgrammer 2.21 or later.",
    "signing": "Optional: N6 Studio writes the header itself. Included in STM32CubeProgrammer.",
    "gcc": "Install STM32CubeIDE or STM32CubeCLT, or arm-none-eabi-gcc (Debian: gcc-arm-none-eabi and "
    "libnewlib-arm-none-eabi).",
    "make": "Install GNU make 4 or later, included in STM32CubeIDE and STM32CubeCLT.",
}
_CHOOSE = "If it is installed elsewhere, run: n6studio tools set {name} FOLDER."
_SNAP = "It is a snap, which may not see the folders that it is to work in. If it fails, install it in another way."
OPTIONAL = {"signing"}


def look_at_board(
    box: ToolBox, target: Board, folder: Path | None = None, application: Application | None = None
) -> tuple[ToolFinding, ...]:
    """Look at everything that deployment to one of ST's boards needs, worst first; never raises.

    Args:
        box: what was found for this board.
        target: the board.
        folder: where results go; None for the current one.
        application: the copy that is to be used; None for the one that is used where none was named.
    """
    used = application or box.application_for(target)
    found = (*look_at_tools(box, target, used), *look_at_surroundings(box, folder))
    return tuple(sorted(found, key=lambda one: SEVERITY.index(one.state)))


def look_at_tools(
    box: ToolBox | None = None, target: Board | None = None, used: Application | None = None
) -> tuple[ToolFinding, ...]:
    """Look for the tools that deployment needs; never raises. Blocks for up to half a minute.

    Args:
        box: what was found; None to look now.
        target: the board that is meant; None for all.
        used: the copy of the application that is used: what others lack is then no failing; None for any.
    """
    try:
        found = box or find_tools()
    except (OSError, StudioError) as error:
        return (
            ToolFinding("ST's tools", FindingState.UNKNOWN, str(error), "", "Check that your home folder can be read."),
        )
    return (
        *(_tool(tool, found) for tool in TOOLS),
        *_loaders(found, target),
        *_applications(found),
        *_match(found, used),
        _probes(_usb_devices),
    )


def _tool(tool: Tool, box: ToolBox) -> ToolFinding:
    title = TITLES[tool]
    wanted = f"{'.'.join(map(str, OLDEST[tool]))} or later"
    best = box.best(tool)
    if best is not None and best.version is not None:
        remarks = [_remark(row) for row in best.judgement.rows] if best.judgement else []
        remarks += [_SNAP] if is_snap(best.path) else []
        others = [other.version.text for other in box.tools[tool] if other is not best and other.version]
        found = f"{best.version.text} at {best.path} ({best.how})"
        if others and tool == "stedgeai":
            found += f"; also {', '.join(others)}"
        return ToolFinding(title, FindingState.OK, found, wanted, " ".join(remarks))
    installed = box.tools.get(tool, ())
    if not installed:
        state = FindingState.OK if tool in OPTIONAL else FindingState.MISSING
        advice = _GET[tool] if tool in OPTIONAL else f"{_GET[tool]} {_CHOOSE.format(name=tool)}"
        return ToolFinding(title, state, "", f"{wanted}, optional" if tool in OPTIONAL else wanted, advice)
    return _unusable(tool, installed, wanted)


def _remark(row: KnownBad) -> str:
    return f"{row.problem} {row.workaround or f'For that board, install {row.instead}.'}"


def _unusable(tool: Tool, installed: tuple[FoundTool, ...], wanted: str) -> ToolFinding:
    first, error = installed[0], why_unusable(tool, installed)
    if isinstance(error, ToolMissing):
        advice = f"Run {first.path} --version in a terminal and check its output."
        return ToolFinding(
            TITLES[tool], FindingState.UNKNOWN, f"{first.path} does not report its version", wanted, advice
        )
    state = FindingState.TOO_OLD if isinstance(error, ToolTooOld) else FindingState.KNOWN_BAD
    reason = f"{error.reason} " if isinstance(error, ToolKnownBad) else ""
    found = f"{error.found} at {first.path}"
    return ToolFinding(TITLES[tool], state, found, wanted, f"{reason}Install {error.wanted}.")


def _loaders(box: ToolBox, target: Board | None) -> Iterable[ToolFinding]:
    """Look for the external loaders of the boards beside the programmer."""
    programmer = box.best("programmer")
    if programmer is None:
        return
    folder = loaders_of(programmer.path)
    meant = boards() if target is None else (target,)
    wanted = [board.flash.loader for board in meant if board.flash.loader]
    missing = [name for name in wanted if not (folder / name).is_file()]
    advice = (
        "Without its loader, a board's flash cannot be written. If the program is a script or a copy, set the folder "
        "bin of the installation: n6studio tools set programmer FOLDER. Otherwise run its installer again with all "
        "components."
    )
    yield ToolFinding(
        "external loaders",
        FindingState.MISSING if missing else FindingState.OK,
        f"not in {folder}: {', '.join(missing)}" if missing else str(folder),
        ", ".join(wanted),
        advice if missing else "",
    )


def _applications(box: ToolBox) -> Iterable[ToolFinding]:
    known = "STM32N6-GettingStarted-PoseEstimation or x-cube-n6-ai-multi-pose-estimation"
    for application in box.applications:
        found = (
            f"{application.name} for {' and '.join(board.name for board in application.boards)} at {application.root}"
        )
        yield ToolFinding("application", FindingState.OK, found, known)
    for path, error in box.strays:
        if isinstance(error, ApplicationIncomplete):
            what = f"lacks {error.missing}"
        else:
            what = error.found if isinstance(error, ApplicationUnknown | ApplicationWrong) else short_title(error)
        if box.applications:
            yield ToolFinding("application", FindingState.UNKNOWN, f"{path}: {what}", known, "This folder is not used.")
            continue
        copy = "a fresh copy with all submodules" if isinstance(error, ApplicationIncomplete) else f"a copy of {known}"
        advice = f"Use {copy}. To set its path: n6studio tools set application FOLDER."
        yield ToolFinding("application", FindingState.MISSING, f"{path}: {what}", known, advice)
    if not box.applications and not box.strays:
        advice = (
            "Download STM32N6-GettingStarted-PoseEstimation from ST's pages on GitHub, then: "
            "n6studio tools set application FOLDER."
        )
        yield ToolFinding("application", FindingState.MISSING, "", known, advice)


def _match(box: ToolBox, used: Application | None) -> Iterable[ToolFinding]:
    """Say of every application whether a compiler that goes with it is there; only the one in use must have it."""
    installed = [tool.version for tool in box.tools.get("stedgeai", ()) if tool.version]
    if not installed:
        return
    for application in box.applications:
        must = used is None or used.root == application.root
        yield _match_of(application, [version.version for version in installed], must)


def _match_of(application: Application, installed: list[tuple[int, ...]], must: bool) -> ToolFinding:
    pair = application.pair
    names = ", ".join(".".join(map(str, version)) for version in installed)
    fits = any(version[:2] == pair.compiler.release for version in installed)
    wanted = f"ST Edge AI Core {pair.compiler.name} for {application.name}"
    if fits:
        return ToolFinding("compatible releases", FindingState.OK, names, wanted)
    if not must:
        advice = f"Another copy is used. This one needs ST Edge AI Core {pair.compiler.name}."
        return ToolFinding("compatible releases", FindingState.UNKNOWN, names, wanted, advice)
    others = [known.title for version in installed for known in PAIRS if known.compiler.release == version[:2]]
    advice = f"Install ST Edge AI Core {pair.compiler.name}"
    advice += f", or use {' or '.join(others)} with the installed one." if others else "."
    return ToolFinding("compatible releases", FindingState.KNOWN_BAD, names, wanted, advice)


UsbDevices = Callable[[], Iterable[tuple[int | None, int | None, str]]]


def _usb_devices() -> Iterable[tuple[int | None, int | None, str]]:
    return [(port.vid, port.pid, f"{port.device} {port.serial_number or ''}".strip()) for port in list_ports.comports()]


def _probes(devices: UsbDevices) -> ToolFinding:
    """Look for probes by the serial ports that they show; nothing is opened, so nothing can hang."""
    ids = {
        (device.vendor, product)
        for board in boards()
        for device in board.usb
        for product in device.products
        if device.connector == board.probe_connector.key
    }
    try:
        found = [name for vendor, product, name in devices() if (vendor, product) in ids]
    except OSError as error:
        return ToolFinding("boards connected", FindingState.UNKNOWN, str(error), "an ST-LINK", "")
    if not found:
        advice = "To program a board, connect its USB-C socket marked ST-LINK with a USB-C to USB-C data cable."
        return ToolFinding("boards connected", FindingState.OK, "none", "an ST-LINK", advice)
    return ToolFinding("boards connected", FindingState.OK, ", ".join(found), "an ST-LINK")
