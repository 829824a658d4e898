"""What a quantization's figures say, as rows of words; and how two runs differ. No Qt."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.stages import ConfidenceCollapse
from n6studio.domain.model.layer_errors import HINT_DB, LayerError
from n6studio.domain.project import Project
from n6studio.domain.results import StageResult
from n6studio.domain.settings import named, unsaid_values
from n6studio.domain.states import CheckState
from n6studio.domain.texts import UNKNOWN, bytes_text, counted, duration
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.runs import runs
from n6studio.stages.quantize.figures import End, QuantizeFigures
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings

EMPTY_TITLE = "Nothing to quantize yet"
EMPTY_HINT = "Import a checkpoint first. Quantization runs the export if needed."
FIX_HEAD = "Keep the head in float and run again"
COLLAPSED = "The quantized model no longer finds people"
IMPORT_TIP = "Read ST's user_config.yaml"
EXPORT_TIP = "Write a user_config.yaml that ST's script reads"
IMPORTED = "Settings and calibration folder were taken from ST's file."
NO_BEST = "No variant could be judged: the calibration images show no people"

_HEADS = {"float": "in float", "int8": "in int8", "split": "split: one int8 output for each branch and stride"}

LAYERS_TIP = "Run float and int8 side by side on 8 calibration images"
LAYERS_HINT = "Shows which layer loses most and the distribution of its values."
SIGMOID = "Include tensors that only sigmoids read"
SIGMOID_TIP = (
    "Large negative values are clipped there on purpose: a sigmoid or SiLU maps them to almost 0. Their SNR is low, "
    "but the next layer is not affected."
)


def collapse_text(error: ConfidenceCollapse) -> str:
    """Return what int8 lost, why, and what helps."""
    return (
        f"In {counted(error.images, 'calibration image')} the float model finds "
        f"{counted(error.float_people, 'person', 'people')}, int8 finds {error.int8_people}. Boxes, confidences and "
        "keypoints share one int8 scale at the model's output, and the small confidences vanish in it. With the head "
        "in float they do not."
    )


def plan_text(variants: int, seconds: float, images: int) -> str:
    """Return how much work several quantizations are; `seconds` that one takes are 0 where that is not known."""
    if not seconds:
        return f"{counted(variants, 'quantization')}; the first one shows how long each takes. Each is kept as a run."
    return (
        f"{counted(variants, 'quantization')}, about {duration(max(1.0, variants * seconds))} in total, judged on up "
        f"to {counted(images, 'calibration image')}. Each is kept as a run."
    )


def layers_text(layers: int, images: int, low: int) -> str:
    """Return how many layers were compared, and how many of them lose much."""
    return f"{counted(layers, 'layer')} on {counted(images, 'image')}; {low:,} below {HINT_DB:g} dB."


def layer_details(layer: LayerError) -> str:
    """Return a layer's shape, its values in float, and which of them int8 can hold."""
    shape = " x ".join(str(n) for n in layer.shape)
    text = f"{layer.name}: {layer.kind.lower()}, {shape}. Float values: {layer.low:.4g} to {layer.high:.4g}. "
    if not layer.scale:
        return text + "Computed in float."
    covered = f"{layer.int8_low:.4g} to {layer.int8_high:.4g} in steps of {layer.scale:.4g}"
    return f"{text}{layer.type} covers {covered} (zero point {layer.zero_point})."


def end_text(end: End | None) -> str:
    """Return "uint8, scale 0.003922, zero point 0", or the type alone for float."""
    if not end:
        return ""
    if not end.scale:
        return end.type
    return f"{end.type}, scale {end.scale:.6g}, zero point {end.zero_point}"


def operations_text(figures: QuantizeFigures) -> str:
    """Return how many operations work in which type."""
    operations = figures.operations
    if not operations:
        return f"{figures.head.float_operations} in float"
    if not operations.in_float:
        return f"all {operations.total} in int8"
    kinds = ", ".join(kind.lower().replace("_", " ") for kind in operations.float_kinds)
    return f"{operations.total - operations.in_float} in int8, {operations.in_float} in float ({kinds})"


def speed_text(figures: QuantizeFigures) -> str:
    """Return how long an inference will probably take on the board, and how much of it the head in float costs."""
    found = figures.speed
    if found is None:
        return ""
    head = f"; {found.in_float} of it for what stays in float" if found.operations else ""
    return f"{found.total}{head}"


def guard_verdict(figures: QuantizeFigures) -> tuple[CheckState, str]:
    """Return (kind of icon, sentence) about the people that int8 still finds."""
    guard = figures.guard
    if guard is None:
        return CheckState.WARN, "Not checked: calibrated on noise, or the guard is off."
    found, people, images = guard.int8_people, guard.float_people, guard.images
    if not people:
        text = f"The float model finds nobody in {counted(images, 'calibration image')}; there is nothing to compare."
        return CheckState.WARN, text
    close = f", with mean OKS {guard.oks_mean:.3f}" if guard.oks_mean is not None else ""
    kind = "int8" if figures.narrow is None else "int4"
    sentence = (
        f"{kind} finds {found} of the {counted(people, 'person', 'people')} that float finds in "
        f"{counted(images, 'image')}{close}."
    )
    return (CheckState.OK if found >= 0.9 * people else CheckState.WARN), sentence


def ranges_text(figures: QuantizeFigures) -> str:
    """Return how ranges were chosen, and how they compare on the calibration images where that was measured."""
    kinds = {"weighted": "smallest loss in the answers", "tuned": "smallest loss in each layer", "extremes": "min/max"}
    text, compared = kinds.get(figures.ranges, figures.ranges), figures.agreement
    if compared is None:
        return text
    chosen, other = compared.weighted, compared.tuned
    if figures.ranges != "weighted":
        chosen, other = other, chosen
    return f"{text} (mean OKS to float {chosen:.3f} on calibration images; the other choice {other:.3f})"


def result_rows(result: StageResult[QuantizeFigures]) -> list[tuple[str, str]]:
    """Return the rows of the result card."""
    figures = result.figures
    calibration, path = figures.calibration, result.outputs["tflite"]
    used = "random noise" if calibration.digest == "fake" else counted(calibration.images, "image")
    skipped = f", {len(calibration.skipped):,} unreadable skipped" if calibration.skipped else ""
    if calibration.account is not None:
        used, skipped = " ".join(calibration.account.sentences), ""
    width, height = figures.input_size
    return [
        ("File", path.name),
        ("Size", bytes_text(figures.size_bytes)),
        ("Input", f"{width} x {height} x 3, {end_text(figures.input)}".rstrip(", ")),
        ("Output", end_text(figures.output)),
        ("Operations", operations_text(figures)),
        ("Head", _HEADS.get(figures.head.precision, figures.head.precision)),
        ("Ranges", ranges_text(figures)),
        ("Doubled convolutions", figures.doubled.text if figures.doubled is not None else ""),
        ("Weights", figures.narrow.text(figures.size_bytes) if figures.narrow is not None else ""),
        ("Trained ranges", figures.trained.text if figures.trained is not None else ""),
        ("Estimated time on the board", speed_text(figures)),
        ("Calibrated on", f"{used}{skipped}"),
        ("Digest of the set", "" if calibration.digest == "fake" else calibration.digest[:16]),
        ("Time", duration(sum(figures.step_seconds.values()))),
    ]


@dataclass(frozen=True)
class Run:
    """An earlier run: its result and when it ended."""

    result: StageResult[QuantizeFigures]
    ended: datetime.datetime

    def title(self) -> str:
        """Return what tells it apart from others."""
        figures = self.result.figures
        head = f"{figures.head.precision} head"
        return f"{self.ended:%d %b %H:%M:%S}: {head}, {figures.ranges}, {counted(figures.calibration.images, 'image')}"


def earlier_runs(project: Project) -> tuple[Run, ...]:
    """Return all finished quantizations of a project, newest first. Reads files."""
    found = []
    for folder in runs(project, QUANTIZE.name):
        result = load_result(QUANTIZE, folder)
        if result is not None:
            stamp = (Path(folder) / "quantize.result.json").stat().st_mtime
            found.append(Run(result, datetime.datetime.fromtimestamp(stamp)))
    return tuple(found)


def differences(
    before: StageResult[QuantizeFigures], after: StageResult[QuantizeFigures]
) -> list[tuple[str, str, str]]:
    """Return (name, before, after) for every setting and figure that differs."""
    rows = []
    then, now = ({**unsaid_values(QuantizeSettings), **one.request.settings} for one in (before, after))
    for name, value in now.items():
        old = then.get(name)
        if old != value:
            known = named(QuantizeSettings, name)
            rows.append((known.noun, known.shown(old), known.shown(value)) if known else (name, str(old), str(value)))
    for name, old, new in zip(_FIGURES, _figure_texts(before), _figure_texts(after), strict=True):
        if old != new:
            rows.append((name, old, new))
    return rows


_FIGURES = ("size", "operations", "images", "digest of the set", "people found again", "mean OKS")


def _figure_texts(result: StageResult[QuantizeFigures]) -> tuple[str, ...]:
    figures, guard = result.figures, result.figures.guard
    people = f"{guard.int8_people} of {guard.float_people}" if guard else UNKNOWN
    oks = f"{guard.oks_mean:.4f}" if guard is not None and guard.oks_mean is not None else UNKNOWN
    calibration = figures.calibration
    return (
        bytes_text(figures.size_bytes),
        operations_text(figures),
        str(calibration.images),
        calibration.digest[:12],
        people,
        oks,
    )
