"""The road from a checkpoint to a board: which step comes next, and what it lacks. Plain functions of the context."""

from collections.abc import Callable
from dataclasses import dataclass

from n6studio.domain.pages import PageKey
from n6studio.domain.texts import counted
from n6studio.engine.road import ROAD
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context, LiveWish
from n6studio.ui.states import STATE_WORDS, PageState

TO_LIVE = "Continue to the live view"
NEXT_PAGE: dict[str, tuple[PageKey, str]] = {
    PageKey.IMPORT: (PageKey.EXPORT, "Continue to export"),
    PageKey.EXPORT: (PageKey.CALIBRATION, "Continue to calibration"),
    PageKey.CALIBRATION: (PageKey.QUANTIZE, "Continue to quantization"),
    PageKey.QUANTIZE: (PageKey.EVALUATE, "Continue to evaluation"),
    PageKey.EVALUATE: (PageKey.DEPLOY, "Continue to deployment"),
    PageKey.DEPLOY: (PageKey.LIVE, TO_LIVE),
}
TAKE = "Take it to the board"
OPEN = "Open a checkpoint…"
CHOOSE_IMAGES = "Choose calibration images"
BACK = "Back to Import"
_NEED_IMAGES = (PageKey.QUANTIZE, PageKey.EVALUATE, PageKey.DEPLOY)


@dataclass(frozen=True)
class NextStep:
    """The button that leads on from a page.

    Attributes:
        text: what is written on it.
        page: where it leads; "" where `run` does something else.
        run: what it does, None where it just shows `page`.
        primary: whether the page's own work is done, so that this is the main thing to do.
    """

    text: str
    page: str = ""
    run: Callable[[], object] | None = None
    primary: bool = False


def next_step(context: Context, key: str, state: PageState) -> NextStep | None:
    """Return what leads on from a page in a state; None where the road ends."""
    project = context.project
    if project is None:
        return NextStep(OPEN, run=context.browse_requested.emit, primary=key not in (PageKey.IMPORT, PageKey.LIVE))
    if key not in (PageKey.IMPORT, PageKey.ROAD) and INSPECT.name in context.errors:
        return NextStep(BACK, PageKey.IMPORT, primary=True)
    lacks_images = project.calibration is None and not project.settings_of(QUANTIZE).fake
    if key in _NEED_IMAGES and lacks_images:
        return NextStep(CHOOSE_IMAGES, PageKey.CALIBRATION, primary=True)
    if key == PageKey.IMPORT:
        return NextStep(TAKE, PageKey.ROAD, primary=state is PageState.DONE)
    if key == PageKey.ROAD:
        done = state is PageState.DONE
        return NextStep(TO_LIVE, PageKey.LIVE, lambda: show_board(context), primary=True) if done else None
    if key not in NEXT_PAGE:
        return None
    page, text = NEXT_PAGE[key]
    show = (lambda: show_board(context)) if key == PageKey.DEPLOY and state is PageState.DONE else None
    return NextStep(text, page, show, primary=state is PageState.DONE)


def show_board(context: Context) -> None:
    """Show on the live page what runs on the project's board."""
    from n6studio.ui.truth import board_address  # a start of the window does without boards

    address = board_address(context, "")
    if "?flash=" in address:
        context.show_live(LiveWish(address, "Deployed board", "runs the images in its flash"))
    else:
        context.page_requested.emit(PageKey.LIVE)


def other_way(context: Context, key: str) -> NextStep | None:
    """Return the second way on: step by step from Import, all at once from everywhere else on the road."""
    if context.project is None or key not in NEXT_PAGE:
        return None
    if key == PageKey.IMPORT:
        page, text = NEXT_PAGE[key]
        return NextStep(text, page)
    return NextStep(TAKE, PageKey.ROAD)


def state_sentence(state: PageState, reason: str) -> str:
    """Return a page's state in words, with what it is or what is missing."""
    return f"{STATE_WORDS[state]}: {inside(reason)}" if reason else STATE_WORDS[state]


def inside(sentence: str) -> str:
    """Return a sentence as it stands behind a colon: a first word that is no name begins small."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def state_before_it_is_made(context: Context, key: str, stage: str) -> tuple[PageState, str]:
    """Return a page's state as far as it follows from the context alone; pages that are made know more."""
    project = context.project
    if project is None or key in (PageKey.LIVE, PageKey.EXPLORE):
        return PageState.EMPTY, ""
    if key == PageKey.RUNS:
        many = len(context.results)
        return (PageState.DONE, counted(many, "latest run")) if many else (PageState.EMPTY, "")
    if key == PageKey.ROAD:
        return road_state(context)
    if key != PageKey.CALIBRATION:
        return context.stage_state(stage)
    if project.settings_of(QUANTIZE).fake:
        return PageState.DONE, "random noise, no images"
    if project.calibration is None:
        return PageState.BLOCKED, "choose a folder of images"
    blocked = context.blocked.get(QUANTIZE.name, "")
    return (PageState.FAILED, blocked) if blocked else (PageState.DONE, project.calibration.name)


def road_state(context: Context) -> tuple[PageState, str]:
    """Return how far the whole road is."""
    if context.project is None:
        return PageState.EMPTY, ""
    states = {stage.name: context.stage_state(stage.name) for stage in ROAD}
    for stage in ROAD:
        state, reason = states[stage.name]
        if state in (PageState.RUNNING, PageState.FAILED, PageState.BLOCKED):
            return state, f"{stage.title}, {inside(reason)}" if reason else stage.title
    done = sum(state is PageState.DONE for state, _ in states.values())
    if done == len(ROAD):
        return PageState.DONE, "on the board"
    return PageState.READY, f"{done} of {len(ROAD)} steps done"
