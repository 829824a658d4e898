"""What is missing or must be agreed to before a deployment, found at once: one list instead of one refusal a run."""

from collections.abc import Callable, Iterator
from pathlib import Path

from n6studio.board.application.gates import tree_problems
from n6studio.board.images.flash_plan import risks_of
from n6studio.board.tools.discovery import ToolBox
from n6studio.board.tools.surroundings import look_at_surroundings
from n6studio.domain.deploy import IMAGE_STEPS, Fuses
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.deploy import AgreementsMissing, LicenceNotConfirmed, NotReady, SurroundingsUnfit
from n6studio.domain.errors.images import NotConfirmed
from n6studio.domain.states import FindingState
from n6studio.engine.deploy.consent import require_consent
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.talk import Talk
from n6studio.engine.deploy.tools import application_of, tool_box

_FINE = (FindingState.OK, FindingState.UNKNOWN)
_ONLY_WITH_A_BOARD = "USB access"


def writes(order: DeployOrder) -> bool:
    """Return whether a deployment writes to a board."""
    return order.until not in IMAGE_STEPS and not order.settings.verify_only


def require_ready(order: DeployOrder, talk: Talk, log: Path | None = None) -> tuple[Fuses, ...]:
    """Refuse a deployment that lacks something, naming all of it; return what was read of the board's fuses.

    Raises:
        NotReady: several things are missing, or must be agreed to.
        AgreementsMissing: several things must be agreed to, and nothing else is missing.
        StudioError: the only thing that is missing.
        Cancelled.
    """
    problems, fuses = list[StudioError](), tuple[Fuses, ...]()
    if order.board.needs_vendor_tools and not order.notice:
        problems.append(LicenceNotConfirmed(board=order.board.name))
    if writes(order):
        risks = tuple(risks_of(order.board, burns_fuses=order.board.needs_vendor_tools))
        try:
            fuses = require_consent(risks, order.confirmed, order.settings, order.board, talk, log)
        except NotConfirmed as error:
            problems.append(error)
    if order.board.needs_vendor_tools:
        problems += _lacking(order)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        needs = tuple(dict.fromkeys(text for problem in problems for text in _needs(problem)))
        agreements = all(problem.exit_status is ExitCode.USAGE for problem in problems)
        raise (AgreementsMissing if agreements else NotReady)(board=order.board.name, needs=needs)
    return fuses


def _needs(problem: StudioError) -> tuple[str, ...]:
    """Return a problem as steps of the list: what it is, then what to do."""
    shown = advice(problem)
    if isinstance(problem, NotConfirmed):
        return shown.steps
    return (f"{shown.title}. {shown.steps[-1] if isinstance(problem, LicenceNotConfirmed) else shown.steps[0]}",)


def _lacking(order: DeployOrder) -> list[StudioError]:
    """Return which tools, sources and surroundings are missing or unfit."""
    settings, target = order.settings, order.board
    box = tool_box(settings)
    found: list[StudioError] = []
    application = None
    try:
        application = application_of(settings, target, box)
        found += tree_problems(application, target, settings.enlarge_region, settings.allow_newer)
    except StudioError as error:
        found.append(error)
    wanted: list[Callable[[], object]] = []
    if not order.swap:  # which builds nothing
        wanted += [lambda: box.require("gcc"), lambda: box.require("make")]
    if application is not None:
        wanted.insert(0, lambda: box.compiler_for(application.on(target).pair))
    if order.settings.header == "tool":
        wanted.append(lambda: box.require("signing"))
    if writes(order) or settings.verify_only:
        wanted.append(lambda: box.require("programmer"))
    for require in wanted:
        try:
            require()
        except StudioError as error:
            found.append(error)
    return [*found, *_surroundings(box, order.folder, builds=not order.swap)]


def _surroundings(box: ToolBox, folder: Path, builds: bool = True) -> Iterator[StudioError]:
    for item in look_at_surroundings(box, folder, builds):
        if item.state not in _FINE and item.name != _ONLY_WITH_A_BOARD:
            yield SurroundingsUnfit(what=item.name, found=item.found, wanted=item.wanted, remedies=(item.what_to_do,))
