"""Charts of where accuracy is lost: by size, crowd and occlusion, by type of error, and by confidence."""

from collections.abc import Mapping, Sequence

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis, round_above
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation.data import Evaluated, Model
from n6studio.domain.charts.histogram import Group, Histogram, counted, even_edges
from n6studio.domain.charts.lines import Line, Lines
from n6studio.domain.metrics.errors import KINDS

_AGAIN = "This evaluation was made by an earlier release, which did not measure it. Evaluate again to see it."
_NOBODY = "Nobody is labelled or found of whom this could tell."
FEWEST = 5  # people of a confidence, below which the share of true positives says nothing
_SIZES = {"small": "small, to 32²", "medium": "medium, to 96²", "large": "large"}


def ap_by_size(data: Evaluated) -> Chart | None:
    """Return AP by the size of people."""
    return _groups(data, "size", "AP by size of the person", Axis("AP", FRACTION, digits=3), "size (px²)", "ap")


def ap_by_crowd(data: Evaluated) -> Chart | None:
    """Return AP by how many people are in the image."""
    return _groups(data, "crowd", "AP by people in the image", Axis("AP", FRACTION, digits=3), "in the image", "ap")


def oks_by_occlusion(data: Evaluated) -> Chart | None:
    """Return OKS by how much of a person is hidden."""
    return _groups(data, "hidden", "OKS by occlusion", Axis("mean OKS", FRACTION, digits=3), "hidden points", "oks")


def _groups(data: Evaluated, group: str, title: str, x: Axis, name: str, figure: str) -> Chart | None:
    if not data.labelled:
        return None
    of_models = [model.breakdown.groups.get(group, ()) for model in data.models]
    return _bars(
        title,
        x,
        name,
        [f"{_SIZES.get(row['name'], row['name'])} ({row['people']})" for row in of_models[0]],
        [(model, [row[figure] for row in rows]) for model, rows in zip(data.models, of_models, strict=True)],
    )


def _bars(
    title: str, x: Axis, name: str, labels: Sequence[str], values: Sequence[tuple[Model, Sequence[float | None]]]
) -> Bars:
    known = any(value is not None for _, row in values for value in row)
    return Bars(
        title=title,
        x=x,
        y=Axis(name),
        nothing="" if known else _NOBODY if labels else _AGAIN,
        labels=tuple(labels),
        series=tuple(
            Series(model.role, model.colour, tuple(None if value is None else float(value) for value in row))
            for model, row in values
        ),
    ).fitted()


def error_types(data: Evaluated) -> Chart | None:
    """Return how often people and points are wrong, and how."""
    if not data.labelled:
        return None
    kinds = KINDS[1:]
    measured = all(model.breakdown.errors for model in data.models)
    labels = [f"{kind} (points)" for kind in kinds] + ["FN (labelled people)", "FP (found people)"]
    values = [(model, _error_shares(model, kinds)) for model in data.models] if measured else []
    axis = Axis("share of what is in brackets", FRACTION, digits=3)
    return _bars("Error types", axis, "type", labels if measured else (), values)


def _error_shares(model: Model, kinds: Sequence[str]) -> list[float | None]:
    errors: Mapping[str, int] = model.breakdown.errors
    figures = model.figures
    shares = [_share(errors[kind], errors["labelled"]) for kind in kinds]
    return [*shares, _share(figures["missed"], figures["labelled"]), _share(figures["false"], figures["found"])]


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def oks_of_labelled(data: Evaluated) -> Chart | None:
    """Return how the OKS of labelled people is spread, with each model."""
    if not data.labelled:
        return None
    edges = even_edges(0, 1, 20)
    groups = tuple(
        Group(model.role, model.colour, counted([oks for image in data.images for oks in image.oks[place]], edges))
        for place, model in enumerate(data.models)
    )
    return Histogram(
        title="OKS of the labelled people",
        x=Axis("best OKS, 0 for the missed", FRACTION),
        y=Axis("people", COUNT, 0, round_above(count for group in groups for count in group.counts), whole=True),
        nothing=data.images_missing,
        edges=edges,
        groups=groups,
        one="person",
        many="people",
    )


def reliability(data: Evaluated) -> Chart | None:
    """Return whether as many people are right as their confidence says."""
    if not data.labelled:
        return None
    lines = []
    for model in data.models:
        known = [row for row in model.breakdown.calibration if row["people"] >= FEWEST]
        x, y = (tuple(float(row[name]) for row in known) for name in ("score", "right"))
        lines.append(Line(model.role, model.colour, x, y, dots=True))
    ideal = Line("as good as the confidence", "muted", (0.0, 1.0), (0.0, 1.0), dashed=True)
    return Lines(
        title="Reliability diagram",
        x=Axis("confidence", FRACTION),
        y=Axis("TP among the people found", FRACTION),
        nothing="" if any(model.breakdown.calibration for model in data.models) else _AGAIN,
        lines=(*lines, ideal),
    )
