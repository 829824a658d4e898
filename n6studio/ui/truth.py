"""One board, one truth: whether what was evaluated, what is on the board and what runs are the same. No widgets."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from n6studio.board.registry import board
from n6studio.domain.pages import PageKey
from n6studio.engine.deploy.reach import averages, live_source, runs_our_code
from n6studio.stages.deploy.stage import DEPLOY
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context

RESIZE_OF = {"crop": "crop", "fit": "stretch", "fullscreen": "stretch"}  # what the board does, as stages call it
PAGES = (PageKey.EVALUATE, PageKey.DEPLOY, PageKey.LIVE, PageKey.ROAD)


@dataclass(frozen=True)
class Mismatch:
    """Two things that should be one.

    Attributes:
        text: which, in a sentence.
        button: what mends it.
        mend: does it.
    """

    text: str
    button: str
    mend: Callable[[], object]


def mismatch(context: Context) -> Mismatch | None:
    """Return what differs between evaluation and board, the worst first; None where nothing does."""
    if context.project is None or EVALUATE.name not in context.results:
        return None
    return _other_model(context) or _other_resize(context) or _not_averaged(context)


def _other_model(context: Context) -> Mismatch | None:
    evaluated, deployed = context.result(EVALUATE), context.result(DEPLOY)
    if evaluated is None or deployed is None or deployed.figures.programmed is None:
        return None
    judged, written = evaluated.request.inputs.get("models", ()), deployed.request.inputs.get("model", ())
    if not judged or not written or judged[0].sha256 == written[0].sha256:
        return None
    name = board(deployed.request.settings.get("board", "")).name
    text = f"{name} runs another model than the one that was evaluated."
    return Mismatch(text, "Bring both up to date", lambda: context.page_requested.emit(PageKey.ROAD))


def _other_resize(context: Context) -> Mismatch | None:
    project, evaluated = context.project, context.result(EVALUATE)
    if project is None or evaluated is None:
        return None
    settings = project.settings_of(DEPLOY)
    used = str(evaluated.request.settings.get("resize", ""))
    on_board = RESIZE_OF.get(settings.aspect, "")
    if not used or not on_board or used == on_board or project.settings_of(EVALUATE).resize == on_board:
        return None
    name, mode = board(settings.board).name, settings.aspect
    means = "" if mode == on_board else f", which means {on_board}"
    text = f"Evaluated with resize mode {used}; {name} is set to {mode}{means}."

    def mend() -> None:
        quantize = dataclasses.replace(project.settings_of(QUANTIZE), resize=on_board)
        evaluate = dataclasses.replace(project.settings_of(EVALUATE), resize=on_board)
        context.change_project(settings={**project.settings, QUANTIZE.name: quantize, EVALUATE.name: evaluate})
        context.page_requested.emit(PageKey.ROAD)

    return Mismatch(text, f"Quantize and evaluate with {on_board}", mend)


def _not_averaged(context: Context) -> Mismatch | None:
    """Tell where figures are with averaged keypoints and the board's people are without."""
    project, evaluated = context.project, context.result(EVALUATE)
    if project is None or evaluated is None:
        return None
    deploy, evaluate = project.settings_of(DEPLOY), project.settings_of(EVALUATE)
    if evaluated.request.settings.get("average") is not True or not evaluate.average or averages(deploy):
        return None
    name, can = board(deploy.board).name, runs_our_code(deploy)

    def mend() -> None:
        board_too = dataclasses.replace(deploy, average=True)
        without = dataclasses.replace(evaluate, average=False)
        wanted = (DEPLOY.name, board_too) if can else (EVALUATE.name, without)
        context.change_project(settings=dict([*project.settings.items(), wanted]))
        context.page_requested.emit(PageKey.ROAD)

    text = f"Evaluated with averaged keypoints; {name} is set not to average them."
    if not can:
        text = f"Evaluated with averaged keypoints; on {name} without the live stream, ST's post-processing cannot."
    return Mismatch(text, "Average on the board" if can else "Evaluate without averaging", mend)


def board_address(context: Context, model: str) -> str:
    """Return the address of the virtual board as the project has it: its flash, or a model with the same settings.

    Args:
        context: of the window.
        model: path of a .tflite that is to run instead of what is in the flash; "" for what was deployed.
    """
    project = context.project
    if project is None:
        return f"virtual:{model}"
    settings, deployed = project.settings_of(DEPLOY), context.result(DEPLOY)
    if (
        not model
        and board(settings.board).runs_here
        and deployed is not None
        and deployed.figures.programmed is not None
    ):
        return live_source(settings)
    return (
        f"virtual:{model}?aspect={settings.aspect}&confidence={settings.confidence}&iou={settings.iou}"
        f"&average={'on' if settings.average else 'off'}&max_detections={settings.max_detections}"
    )
