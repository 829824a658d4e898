"""The states of the deploy page as text: its button, its tools, and what int8 output costs; no widgets."""

from n6studio.board.registry import board
from n6studio.domain.board_contents import BoardContents
from n6studio.domain.deploy import Preflight
from n6studio.domain.results import StageResult
from n6studio.domain.states import CheckState
from n6studio.domain.texts import change, counted
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.stages.int8_output.figures import Int8OutputFigures
from n6studio.ui.theme import TextRole

TOOLS = {
    CheckState.OK: "Tools found",
    CheckState.WARN: "Tools found, with warnings",
    CheckState.FAIL: "Tools missing",
}


def button_text(settings: DeploySettings, quantized: bool, last: StageResult[DeployFigures] | None) -> str:
    """Return the text of the one button."""
    if settings.verify_only:
        return "Verify board"
    what = board(settings.board).noun
    if not quantized:
        return f"Quantize and flash {what}"
    again = last is not None and last.figures.programmed is not None
    return f"Flash {what} again" if again else f"Flash {what}"


def contents_of(last: StageResult[DeployFigures] | None) -> BoardContents:
    """Return what the latest deployment put on the board; nothing where it only made images."""
    if last is None or last.figures.programmed is None:
        return BoardContents()
    figures = last.figures
    since, probe = figures.finished[:16].replace("T", " "), last.figures.programmed.probe
    return BoardContents(figures.model.name, figures.application.name, probe, since)


def runs_on_board(last: StageResult[DeployFigures] | None, doubtful: bool) -> bool:
    """Return whether the board runs what was deployed last, as far as is known; `doubtful`: out of date or failed."""
    if last is None or last.figures.programmed is None or doubtful:
        return False
    return last.figures.running is None or last.figures.running.runs is not False


def output_cost(
    result: StageResult[Int8OutputFigures] | None, stale: bool, found: Preflight | None
) -> tuple[str, TextRole, bool]:
    """Return (the accuracy lost with int8 output, the role of that text, whether it may be measured).

    An application that takes int8 output gets boxes, scores and keypoints on one scale.
    """
    pairs = found.pairs if found is not None else ()
    if not any(pair.output == "int8" for pair in pairs):
        return "", TextRole.MUTED, False
    if result is None or stale:
        return "The accuracy lost with int8 output has not been measured.", TextRole.MUTED, True
    figures = result.figures
    if figures.lossless:
        return "int8 output loses no accuracy: this model already computes its output in int8.", TextRole.GOOD, False
    if figures.ap is None or figures.ap.difference is None:
        lost = figures.oks_lost_mean
        loss = "no measurable loss" if lost is None else f"{lost:.4f} OKS lost per person on average"
        return f"int8 output: {loss}, on {counted(figures.images or 0, 'image')} without labels.", TextRole.MUTED, False
    points, interval = 100 * figures.ap.difference, figures.ap.interval
    sure = f" (95 % CI {change(100 * interval[0], 2)} to {change(100 * interval[1], 2)})" if interval else ""
    role = TextRole.GOOD if points > -0.5 else TextRole.WARN if points > -2 else TextRole.BAD
    images = counted(figures.images or 0, "image")
    return f"int8 output changes AP by {change(points, 2)} points{sure}, measured on {images}.", role, False
