"""What is known before a deployment to one of ST's boards: tools, application, releases that fit, probes."""

import contextlib
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from n6studio.board.application.gates import tree_problems
from n6studio.board.application.live.tree import live_tree
from n6studio.board.application.modified import modifications
from n6studio.board.application.recognise import Application
from n6studio.board.compiler.model_check import refusals
from n6studio.board.compiler.pairs import Pair, pairs_for, with_live_stream
from n6studio.board.description import Board
from n6studio.board.programmer import Attendant, Probe
from n6studio.board.tools.discovery import FoundTool, ToolBox
from n6studio.board.tools.findings import look_at_board
from n6studio.board.tools.getting import to_get
from n6studio.board.tools.known_bad import firmware_advice
from n6studio.board.tools.locations import APPLICATION, TITLES
from n6studio.board.tools.tool_finding import ToolFinding
from n6studio.domain.deploy import Fuses, PairLine, PairState, Preflight, PreflightCheck, ToGet
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.probes import ProbeFirmwareOld, UsbPermissionDenied
from n6studio.domain.errors.tree import ReleaseNotKnown
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.model.readiness_npu import narrow_weights
from n6studio.domain.states import CheckState, FindingState
from n6studio.domain.texts import bytes_text, listed
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.st import wanted_pair
from n6studio.engine.deploy.tools import SETTING_OF, application_of, st_programmer, tool_box
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.stages.inspect.stage import INSPECT, InspectSettings

_STATES = {
    FindingState.OK: CheckState.OK,
    FindingState.UNKNOWN: CheckState.WARN,
}  # of findings; everything else is a problem
_SETTINGS = {TITLES[tool]: setting for tool, setting in SETTING_OF.items() if tool in TITLES}
_PAIRED = {"compiler": "stedgeai", "application": APPLICATION}  # settings of what belongs together, and their tools
_LINKS = {"usb": "over USB", "uart": "over the ST-LINK's serial port"}
_IMAGES = {"screen": "screen", "input": "model's input"}
# Milliseconds to encode an image of the screen, computed from instructions; see docs/firmware.md.
_ENCODING = {"codec": "3 to 6", "software": "28 or more"}
_UNPROVED = "Never run on hardware."
_inspected: dict[tuple[str, int, int], ModelFacts] = {}


def examine_st(order: DeployOrder | None, settings: DeploySettings, target: Board) -> Preflight:
    """Return what is known for a board of ST's. Never raises for what is missing."""
    box = tool_box(settings)
    folder = order.folder if order is not None else None
    application, problem = _application(settings, target, box)
    found_tools = look_at_board(box, target, folder, application)
    getting = to_get(target, box)
    wanted = {row.setting: row for row in getting.rows if not row.found}
    checks = [_check(finding, wanted) for finding in found_tools if finding.name != "boards connected"]
    blocked = _first_problem(checks)
    if application is None:
        blocked = advice(problem).title if problem else blocked
    else:
        found = (
            *_tree(application, settings, target),
            *_live(application, settings, target),
            _fit(order, settings, target, application),
            *_shape(order, settings, application),
            *_narrow_weights(order),
        )
        for check in found:
            checks.append(check)
            blocked = blocked or (check.found if check.state == CheckState.FAIL else "")
    connected = _connected(settings, target)
    checks.append(connected.check)
    mine = tuple(probe.serial for probe in connected.probes if probe.board in ("", target.key))
    return Preflight(
        target.key,
        tuple(checks),
        _pairs(target, box, application, settings.live_stream),
        seen=frozenset({target.probe_connector.key}) if mine else frozenset(),
        probes=mine,
        blocked=blocked,
        fuses=connected.fuses,
        getting=getting,
    )


def _check(finding: ToolFinding, wanted: Mapping[str, ToGet]) -> PreflightCheck:
    """Return what a finding says; of what is missing, the one release to get, which goes with the rest."""
    setting = _SETTINGS.get(finding.name, "application" if finding.name == "application" else "")
    title = finding.name[:1].upper() + finding.name[1:]
    state = _STATES.get(finding.state, CheckState.FAIL)
    if finding.name == "USB access" and state is CheckState.FAIL:
        state = CheckState.WARN  # whether a probe may be opened is seen once one is connected
    advice_words = finding.what_to_do
    if not finding.found and setting in _PAIRED and (row := wanted.get(setting)) is not None:
        tool = _PAIRED[setting]
        advice_words = f"Get {row.title} {row.release}. If it is there, run: n6studio tools set {tool} FOLDER."
    return PreflightCheck(finding.name, title, state, shown_path(finding.found), advice_words, setting)


def _first_problem(checks: list[PreflightCheck]) -> str:
    failed = [check for check in checks if check.state == CheckState.FAIL]
    if len(failed) > 1:
        return f"Missing or unfit: {listed([check.title for check in failed])}."
    return next((f"{check.title}: {check.what_to_do or 'missing'}" for check in failed), "")


def _application(
    settings: DeploySettings, target: Board, box: ToolBox
) -> tuple[Application | None, StudioError | None]:
    try:
        return application_of(settings, target, box), None
    except StudioError as error:
        return None, error


def _tree(application: Application, settings: DeploySettings, target: Board) -> list[PreflightCheck]:
    """Say what the application's own files say against deploying it; one line where there is nothing."""
    try:
        problems = list(tree_problems(application, target, settings.enlarge_region, settings.allow_newer))
    except StudioError as error:
        problems = [error]
    checks = [
        PreflightCheck(
            "tree",
            "Application files",
            CheckState.FAIL,
            shown.title,
            f"{shown.why} {shown.steps[0]}",
            _setting_for(error),
        )
        for error in problems
        for shown in (advice(error),)
    ]
    news = f"Newer than this program knows: {'; '.join(application.news)}." if application.news else ""
    changed = modifications(application)
    found = application.name if changed.known else f"{application.name}; whether it is modified is not known"
    remarks = " ".join(remark for remark in (news, changed.text) if remark)
    state = CheckState.WARN if remarks else CheckState.OK
    return checks or [PreflightCheck("tree", "Application files", state, found, remarks)]


def _live(application: Application, settings: DeploySettings, target: Board) -> list[PreflightCheck]:
    """Say whether the application can carry the live stream, and what that costs; nothing where it is not wanted."""
    if not settings.live_stream:
        return []
    try:
        tree = live_tree(application, target, settings.live_link, settings.live_jpeg, settings.screen)
    except StudioError as error:
        shown = advice(error)
        text = f"{shown.why} {shown.steps[0]}"
        return [PreflightCheck("live", "Live stream", CheckState.FAIL, shown.title, text, "live_stream")]
    jpeg = "the chip's codec" if settings.live_jpeg == "codec" else "software"
    encoding = _ENCODING[settings.live_jpeg]
    found = f"{_LINKS[settings.live_link]}, images of the {_IMAGES[settings.live_image]}, JPEG by {jpeg}"
    if settings.average:
        found += ", keypoints averaged"
    if target.live is not None and target.live.outside and tree.psram:
        found += f", {bytes_text(target.live.outside)} of memory outside the chip"
    note = f"Encoding takes {encoding} ms per image by estimate. {_UNPROVED}"
    if tree.screen:
        note += " It takes the place of the video over USB."
    return [PreflightCheck("live", "Live stream", CheckState.WARN, found, note)]


def _setting_for(error: StudioError) -> str:
    """Return the setting that lets an error pass, "" for none."""
    return "allow_newer" if isinstance(error, ReleaseNotKnown) else ""


def _fit(
    order: DeployOrder | None, settings: DeploySettings, target: Board, application: Application
) -> PreflightCheck:
    """Say whether the model can be deployed with this application on this board, with the numbers that speak."""
    if order is None:
        return PreflightCheck("fit", "Memory fit", CheckState.LATER)
    try:
        pair = wanted_pair(application, target, settings)
    except StudioError as error:
        return PreflightCheck("fit", "Memory fit", CheckState.FAIL, advice(error).title, advice(error).why)
    try:
        facts = inspected(order.model)
        against = refusals(facts, order.model, pair, target, settings.enlarge_region)
    except StudioError as error:
        against = (error,)
    if not against:
        note = "The enlarged RAM region was linked but never run on hardware." if settings.enlarge_region else ""
        return PreflightCheck(
            "fit",
            "Memory fit",
            CheckState.WARN if note else CheckState.OK,
            "Fits by estimate",
            note,
        )
    shown = advice(against[0])
    text = f"{shown.why} {shown.steps[0]}"
    return PreflightCheck(
        "fit", "Memory fit", CheckState.FAIL, shown.title, text, _way_out(order, settings, target, pair)
    )


def _shape(order: DeployOrder | None, settings: DeploySettings, application: Application) -> list[PreflightCheck]:
    """Warn where the board's screen will show another part of the camera's image than the model sees.

    With resize mode crop the screen of the Getting Started application is square, whatever the model's input is.
    """
    if order is None or settings.aspect != "crop" or application.family != "getting-started":
        return []
    size = None
    with contextlib.suppress(StudioError):
        size = inspected(order.model).input_size
    if size is None or size[0] == size[1]:
        return []
    text = f"The input is {size[0]}x{size[1]}, but the board's screen shows a square part of the camera's image"
    advice_words = (
        "People are drawn in the wrong places there; the live stream is right. Use fullscreen or fit instead."
    )
    return [PreflightCheck("shape", "Input shape", CheckState.WARN, text, advice_words)]


def _narrow_weights(order: DeployOrder | None) -> list[PreflightCheck]:
    """Warn of weights of 4 bits; that a release does not take them is among the refusals."""
    narrow = False
    with contextlib.suppress(StudioError):
        narrow = order is not None and narrow_weights(inspected(order.model))
    if not narrow:
        return []
    found = "Some weights have 4 bits, which ST Edge AI Core takes from 3.0 on; never compiled by us"
    advice_words = "To be sure, quantize with 8-bit weights (--weights int8)."
    return [PreflightCheck("weights", "Weights", CheckState.WARN, found, advice_words)]


def _way_out(order: DeployOrder, settings: DeploySettings, target: Board, pair: Pair) -> str:
    """Return the setting that would make a model fit, "" for none."""
    if settings.enlarge_region:
        return ""
    with contextlib.suppress(StudioError):
        if not refusals(inspected(order.model), order.model, pair, target, enlarged=True):
            return "enlarge_region"
    return ""


def inspected(model: Path) -> ModelFacts:
    """Return what inspection finds; remembered for as long as the file stays the same.

    Raises:
        StudioError: it cannot be read.
    """
    try:
        status = model.stat()
        key = (str(model), status.st_size, status.st_mtime_ns)
    except OSError:
        key = (str(model), 0, 0)
    if key not in _inspected:
        with tempfile.TemporaryDirectory(prefix="n6studio-") as folder:
            request = make_request(INSPECT, InspectSettings(), {"model": (input_of(model, HashCache()),)})
            result = run_stage(INSPECT, request, Path(folder), lambda _: None, threading.Event())
        _inspected[key] = result.figures
    return _inspected[key]


def _pairs(target: Board, box: ToolBox, chosen: Application | None, live: bool) -> tuple[PairLine, ...]:
    lines = []
    for pair in pairs_for(target):
        application = next((one for one in box.applications if one.pair.key == pair.key), None)
        if chosen is not None and chosen.pair.key == pair.key:
            application = chosen
        compiler = _compiler(box, pair)
        missing = [] if application else ["the application is not on this computer"]
        missing += [] if compiler else [f"ST Edge AI Core {pair.compiler.name} is not installed"]
        state = PairState.MISSING if missing else PairState.CHOSEN if application is chosen else PairState.POSSIBLE
        lines.append(
            PairLine(
                pair.key,
                pair.title,
                pair.compiler.name,
                with_live_stream(pair).output_type if live else pair.output_type,
                state,
                f"{'; '.join(missing)}." if missing else "",
                str(compiler.path) if compiler else "",
                str(application.root) if application else "",
            )
        )
    return tuple(lines)


def _compiler(box: ToolBox, pair: Pair) -> FoundTool | None:
    try:
        return box.compiler_for(pair)
    except StudioError:
        return None


@dataclass(frozen=True)
class _Connected:
    """What is said of boards, the probes, and the fuses of the one board that is meant."""

    check: PreflightCheck
    probes: tuple[Probe, ...] = ()
    fuses: tuple[Fuses, ...] = ()


def _connected(settings: DeploySettings, target: Board) -> _Connected:
    """Look for boards. Fuses are read by hot plug: what runs goes on, and a chip running from flash is left alone."""

    def said(state: CheckState, found: str, advice_words: str = "") -> PreflightCheck:
        return PreflightCheck("probe", "Board", state, found, advice_words)

    try:
        programmer = st_programmer(settings, target)
        probes = programmer.probes()
    except (UsbPermissionDenied, ProbeFirmwareOld) as error:
        shown = advice(error)
        return _Connected(said(CheckState.FAIL, shown.title, " ".join(shown.steps)))
    except StudioError as error:
        return _Connected(said(CheckState.LATER, "", f"Checked once this is fixed: {advice(error).title}."))
    mine = [probe for probe in probes if probe.board in ("", target.key)]
    if not probes:
        connector = target.probe_connector.message
        return _Connected(said(CheckState.WARN, "no ST-LINK detected", f"Connect the board: {connector}."))
    if not mine:
        names = ", ".join(probe.board_name or probe.serial for probe in probes)
        text = f"The selected board is the {target.name}. Select the connected board above, or connect the other one."
        return _Connected(said(CheckState.FAIL, f"{names} connected", text), probes)
    text = ", ".join(_probe_text(probe, target) for probe in mine)
    if len(mine) > 1 and settings.serial not in [probe.serial for probe in mine]:
        advice_words = "Several boards are connected. Enter the ST-LINK serial number in the settings below."
        return _Connected(said(CheckState.FAIL, text, advice_words), probes)
    old = next((words for probe in mine if (words := firmware_advice(probe.firmware))), "")
    return _Connected(said(CheckState.WARN if old else CheckState.OK, text, old), probes, programmer.fuses(Attendant()))


def _probe_text(probe: Probe, target: Board) -> str:
    firmware = f", firmware {probe.firmware}" if probe.firmware else ""
    return f"{probe.board_name or target.name}, ST-LINK {probe.serial}{firmware}"


def shown_path(text: Path | str) -> str:
    """Return a path, or a text with one in it, with the home folder as ~, to be read in a narrow list."""
    home = str(Path.home())
    return str(text) if home in ("", "/") else str(text).replace(home, "~")
