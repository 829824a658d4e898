"""What a stage's result says, in a sentence."""

from n6studio.board.registry import board
from n6studio.domain.results import AnyResult
from n6studio.domain.texts import change, counted, percent
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.stages.diff.figures import DiffFigures
from n6studio.stages.evaluate.figures import EvaluateFigures
from n6studio.stages.export.figures import ExportFigures
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.stages.quantize.figures import QuantizeFigures
from n6studio.ui.pages.quantize.texts import guard_verdict

NO_DATA = "without labels: float and int8 are compared"


def outcome(result: AnyResult | None) -> str:
    """Return what a stage's result says, in a sentence; "" where there is none."""
    figures = result.figures if result is not None else None
    if isinstance(figures, InspectFigures):
        parts = (figures.model, counted(figures.keypoints or 0, "keypoint"), f"{figures.parameters or 0:,} parameters")
        return ", ".join(part for part in parts if part)
    if isinstance(figures, ExportFigures):
        check = figures.self_check
        return figures.size.shown + (f", lowest OKS {check.oks_min:.4f}" if check else "")
    if isinstance(figures, QuantizeFigures):
        return guard_verdict(figures)[1]
    if isinstance(figures, EvaluateFigures):
        return _evaluated(figures)
    if isinstance(figures, DeployFigures):
        wrote = figures.programmed is not None
        return f"{board(figures.board.key).name}: {'the model runs' if wrote else 'images are made, none is written'}"
    if isinstance(figures, DiffFigures):
        return figures.verdict[0]
    return ""


def _evaluated(figures: EvaluateFigures) -> str:
    images = counted(figures.images, "image")
    if not figures.models or figures.models[0].ap is None:
        return f"{images}, {NO_DATA}"
    reference = f", float {percent(figures.models[1].ap)}" if len(figures.models) > 1 else ""
    return f"AP {percent(figures.models[0].ap)}{reference}, on {images}"


def verdict(figures: EvaluateFigures) -> str:
    """Return in a sentence what int8 costs against float."""
    images = counted(figures.images, "image")
    found = figures.comparison[0] if figures.comparison else None
    if found is None:
        return _evaluated(figures)
    lost, interval = found.ap_difference, found.ap_interval
    if lost is None:
        oks = found.oks_lost_mean
        return f"{images} without labels" + (f", {oks:.4f} OKS lost per person" if oks is not None else "")
    now = percent(figures.models[0].ap)
    if interval is not None and interval[0] <= 0 <= interval[1]:
        return f"AP {now}: no loss to float beyond the noise, on {images}"
    return f"AP {now}, {change(100 * lost)} points against float, on {images}"
