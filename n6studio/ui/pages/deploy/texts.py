"""What the deploy page says, from facts; no widgets."""

from n6studio.board.registry import board
from n6studio.domain.deploy import Preflight
from n6studio.domain.results import StageResult
from n6studio.domain.states import CheckState
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.stages.int8_output.figures import Int8OutputFigures
from n6studio.ui.theme import TextRole

TOOLS = {
    CheckState.OK: "Tools found",
    CheckState.WARN: "Tools: with warnings",
    CheckState.FAIL: "Tools: something is missing",
}


def button_text(settings: DeploySettings, quantized: bool, last: StageResult[DeployFigures] | None) -> str:
    """Return what the one button does now."""
    if settings.verify_only:
        return "Compare with the board"
    what = board(settings.board).noun
    if not quantized:
        return f"Quantize and flash {what}"
    again = last is not None and last.figures.programmed is not None
    return f"Flash {what} again" if again else f"Flash {what}"


def output_cost(
    result: StageResult[Int8OutputFigures] | None, stale: bool, found: Preflight | None
) -> tuple[str, TextRole, bool]:
    """Return (what int8 output costs, the role of that text, whether it may be measured).

    An application that takes int8 output gets boxes, scores and keypoints on one scale.
    """
    pairs = found.pairs if found is not None else ()
    if not any(pair.output == "int8" for pair in pairs):
        return "", TextRole.MUTED, False
    if result is None or stale:
        return "What int8 output costs this model has not been measured yet.", TextRole.MUTED, True
    figures = result.figures
    if figures.lossless:
        return "int8 output costs nothing: this model computes its output in int8 anyway.", TextRole.GOOD, False
    if figures.ap is None or figures.ap.difference is None:
        lost = figures.oks_lost_mean
        words = "nothing that can be measured" if lost is None else f"{lost:.4f} OKS per person on average"
        return f"int8 output costs {words}, on {figures.images} images without labels.", TextRole.MUTED, False
    points, interval = 100 * figures.ap.difference, figures.ap.interval
    sure = f" (95 % interval {100 * interval[0]:+.2f} to {100 * interval[1]:+.2f})" if interval else ""
    role = TextRole.GOOD if points > -0.5 else TextRole.WARN if points > -2 else TextRole.BAD
    return (
        f"int8 output changes AP by {points:+.2f} points{sure}, measured on {figures.images} images.", role, False
    )  # fmt: skip
