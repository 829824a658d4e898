"""Charts of accuracy over thresholds, of what each person loses, and of the time an image takes."""

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis, round_above
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Chart, Threshold
from n6studio.domain.charts.evaluation.data import PARTS, Evaluated, Model
from n6studio.domain.charts.histogram import Group, Histogram, counted, even_edges
from n6studio.domain.charts.lines import Line, Lines, Mark
from n6studio.domain.charts.points import Point, Points
from n6studio.domain.colours import ColourName
from n6studio.domain.metrics.matching import THRESHOLDS

_PART_COLOURS: tuple[ColourName, ...] = ("muted", "good", "accent", "warn")  # of `PARTS`
_LONGEST = 46  # signs of an axis' name
_CONFIDENCE = Axis("confidence threshold", FRACTION)


def precision_recall(data: Evaluated) -> Chart | None:
    """Return precision over recall, with marks where the confidence threshold lies."""
    if not data.labelled:
        return None
    lines, marks = [], []
    for place, model in enumerate(data.models):
        if model.results.pr is not None:
            curve = model.results.pr.pose
            lines.append(Line(model.role, model.colour, curve.recall, curve.precision, dashed=place > 0))
        if (by_confidence := model.f1) is not None:
            at = by_confidence.place(data.threshold)
            hint = f"{model.role} at confidence ≥ {data.threshold:.2f}"
            marks.append(Mark(by_confidence.recall[at], by_confidence.precision[at], model.colour, hint))
    return Lines(
        title="Precision and recall at OKS 0.50",
        x=Axis("recall", FRACTION),
        y=Axis("precision", FRACTION),
        lines=tuple(lines),
        marks=tuple(marks),
    )


def f1_by_confidence(data: Evaluated) -> Chart | None:
    """Return F1 over the confidence threshold, which can be moved here, with the best F1 of each model."""
    if not data.labelled:
        return None
    lines, marks = [], []
    for place, model in enumerate(data.models):
        if (curve := model.f1) is None:
            continue
        lines.append(Line(model.role, model.colour, curve.confidence, curve.f1, dashed=place > 0))
        if curve.best is not None:
            at, best = curve.best.confidence, curve.f1[curve.place(curve.best.confidence)]
            hint = f"{model.role}: best F1 {best:.3f} at confidence ≥ {at:.3f}"
            marks.append(Mark(at, best, model.colour, hint, hollow=True))
        f1 = curve.f1[curve.place(data.threshold)]
        hint = f"{model.role}: F1 {f1:.3f} at confidence ≥ {data.threshold:.2f}"
        marks.append(Mark(data.threshold, f1, model.colour, hint))
    return Lines(
        title="F1 by confidence threshold, OKS 0.50",
        x=_CONFIDENCE,
        y=Axis("F1", FRACTION),
        lines=tuple(lines),
        marks=tuple(marks),
        marks_name="best F1",
        thresholds=(Threshold(data.threshold, "confidence threshold", movable=True),),
    )


def ap_by_oks(data: Evaluated) -> Chart | None:
    """Return AP over the OKS from which a person counts as found."""
    if not data.labelled:
        return None
    return Lines(
        title="AP by OKS threshold (COCO)",
        x=Axis("OKS threshold", FRACTION, THRESHOLDS[0], THRESHOLDS[-1]),
        y=Axis("AP", FRACTION),
        lines=tuple(
            Line(model.role, model.colour, THRESHOLDS, model.results.coco.by_threshold, dashed=place > 0)
            for place, model in enumerate(data.models)
            if model.results.coco is not None
        ),
    )


def oks_of_people(data: Evaluated) -> Chart | None:
    """Return the OKS of each labelled person with both models."""
    if not (data.labelled and data.compared):
        return None
    judged, reference = data.models[:2]
    points = [
        Point(before, after, image.name, place)
        for place, image in enumerate(data.images)
        for before, after in zip(image.oks[1], image.oks[0], strict=True)
    ]
    return Points(
        title="OKS of each labelled person",
        x=Axis(f"OKS {reference.role}", FRACTION),
        y=Axis(f"OKS {judged.role}", FRACTION),
        nothing=data.images_missing,
        points=tuple(points),
        each="labelled person",
        hint="Click a point to open its image.",
    )


def oks_lost(data: Evaluated) -> Chart | None:
    """Return how much OKS people lose from the reference to the judged model."""
    if not (data.labelled and data.compared):
        return None
    judged, reference = data.models[:2]
    lost = [before - after for image in data.images for before, after in zip(image.oks[1], image.oks[0], strict=True)]
    edges = even_edges(-1, 1, 40)
    counts = counted(lost, edges)
    return Histogram(
        title="OKS lost per person",
        picks="lost",
        x=Axis(_lost(reference, judged), FRACTION, -1, 1),
        y=Axis("people", COUNT, 0, round_above(counts), whole=True),
        nothing=data.images_missing,
        edges=edges,
        groups=(Group("people", "int8_colour", counts),),
        one="person",
        many="people",
    )


def _lost(reference: Model, judged: Model) -> str:
    """Return what is lost as the difference that it is; files have names too long for that."""
    named = f"OKS {reference.role} − OKS {judged.role}"
    return named if len(named) <= _LONGEST else "OKS of the reference − OKS of the judged model"


def agreement(data: Evaluated) -> Chart | None:
    """Return how alike both models' people are, where nothing is labelled."""
    if data.labelled or not data.compared:
        return None
    judged, reference = data.models[:2]
    found = [value for image in data.images for value in image.agreement]
    edges = even_edges(0, 1, 20)
    counts = counted(found, edges)
    nobody = "" if found else f"{reference.role} found no people at the operating confidence."
    return Histogram(
        title="OKS between the models",
        picks="agree",
        x=Axis(f"OKS of {judged.role} to {reference.role}, 0 if lost", FRACTION),
        y=Axis("people", COUNT, 0, round_above(counts), whole=True),
        nothing=data.images_missing or nobody,
        edges=edges,
        groups=(Group("people", "int8_colour", counts),),
        one="person",
        many="people",
    )


def image_times(data: Evaluated) -> Chart | None:
    """Return how long parts of the work on an image take; a board's are in a chart of their own."""
    models = tuple(model for model in data.models if model.results.format != "board")
    return Bars(
        title="Time per image on this computer",
        x=Axis("time on one core, median", "ms"),
        y=Axis("model"),
        labels=tuple(model.role for model in models),
        series=tuple(
            Series(part, colour, tuple(model.results.ms.medians[place] for model in models))
            for place, (part, colour) in enumerate(zip(PARTS, _PART_COLOURS, strict=True))
        ),
        stacked=True,
        totals=True,
    ).fitted()


def board_times(data: Evaluated) -> Chart | None:
    """Return how long the board's NPU took for the images."""
    if data.board is None or not data.board.npu_ms:
        return None
    low, high = min(data.board.npu_ms), max(data.board.npu_ms)
    edges = even_edges(low, max(high, low + 0.1), 20)
    counts = counted(data.board.npu_ms, edges)
    return Histogram(
        title=f"NPU time per image on {data.board.name}",
        x=Axis("time", "ms", edges[0], edges[-1]),
        y=Axis("images", COUNT, 0, round_above(counts), whole=True),
        edges=edges,
        groups=(Group("NPU", "accent", counts),),
        one="image",
        many="images",
    )
