"""Charts of where accuracy is lost: by size, crowd and occlusion, by type of error, and by confidence."""

from collections.abc import Sequence

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis, round_above
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Chart
from n6studio.domain.charts.evaluation.data import Evaluated, Model
from n6studio.domain.charts.histogram import Group, Histogram, counted, even_edges
from n6studio.domain.charts.lines import Line, Lines
from n6studio.domain.evaluation.model import Groups
from n6studio.domain.metrics.errors import KINDS
from n6studio.domain.metrics.groups import CROWDS

_AGAIN = "Not measured: this evaluation was made by an earlier release. Evaluate again."
_NOBODY = "No labelled or detected people to measure this on."
FEWEST = 5  # people of a confidence, below which the share of true positives says nothing
_Rows = Sequence[tuple[str, int, float | None]]  # name of a group, people in it, figure
_SIZES = {"small": "small, < 32²", "medium": "medium, < 96²", "large": "large"}


def ap_by_size(data: Evaluated) -> Chart | None:
    """Return AP by the size of people."""
    rows = [[(row.name, row.people, row.ap) for row in groups.size] if groups else [] for groups in _of_models(data)]
    groups = data.models[0].results.groups
    filters = tuple(f"size:{row.name}" for row in groups.size) if groups and data.images else ()
    return _groups(data, rows, "AP by person size", Axis("AP", FRACTION, digits=3), "person area (px²)", filters)


def ap_by_crowd(data: Evaluated) -> Chart | None:
    """Return AP by how many people are in the image."""
    rows = [[(row.name, row.people, row.ap) for row in groups.crowd] if groups else [] for groups in _of_models(data)]
    axis = Axis("AP", FRACTION, digits=3)
    return _groups(data, rows, "AP by people per image", axis, "people per image", _crowd_filters(data))


def _crowd_filters(data: Evaluated) -> tuple[str, ...]:
    """Return the filter of each crowd's images."""
    limits = {name: (low, high) for name, low, high in CROWDS}
    groups = data.models[0].results.groups
    names = [row.name for row in groups.crowd] if groups else []
    return tuple(f"people>={limits[name][0]} people<={limits[name][1]}" if name in limits else "" for name in names)


def oks_by_occlusion(data: Evaluated) -> Chart | None:
    """Return OKS by how much of a person is hidden."""
    rows = [[(row.name, row.people, row.oks) for row in groups.hidden] if groups else [] for groups in _of_models(data)]
    groups = data.models[0].results.groups
    filters = tuple(f'hidden:"{row.name}"' for row in groups.hidden) if groups else ()
    return _groups(data, rows, "OKS by occlusion", Axis("mean OKS", FRACTION, digits=3), "hidden keypoints", filters)


def _of_models(data: Evaluated) -> list[Groups | None]:
    return [model.results.groups for model in data.models]


def _groups(
    data: Evaluated, of_models: Sequence[_Rows], title: str, x: Axis, name: str, filters: tuple[str, ...] = ()
) -> Chart | None:
    if not data.labelled:
        return None
    return _bars(
        title,
        x,
        name,
        [f"{_SIZES.get(group, group)} ({people})" for group, people, _ in of_models[0]],
        [(model, [value for _, _, value in rows]) for model, rows in zip(data.models, of_models, strict=True)],
        filters,
    )


def _bars(
    title: str,
    x: Axis,
    name: str,
    labels: Sequence[str],
    values: Sequence[tuple[Model, Sequence[float | None]]],
    filters: tuple[str, ...] = (),
) -> Bars:
    known = any(value is not None for _, row in values for value in row)
    return Bars(
        title=title,
        x=x,
        y=Axis(name),
        nothing="" if known else _NOBODY if labels else _AGAIN,
        labels=tuple(labels),
        series=tuple(Series(model.role, model.colour, tuple(row)) for model, row in values),
        filters=filters if len(filters) == len(labels) else (),
    ).fitted()


def error_types(data: Evaluated) -> Chart | None:
    """Return how often people and points are wrong, and how."""
    if not data.labelled:
        return None
    kinds = KINDS[1:]
    measured = all(model.results.errors for model in data.models)
    labels = [f"{kind} (keypoints)" for kind in kinds] + ["FN (labelled people)", "FP (found people)"]
    values = [(model, _error_shares(model, kinds)) for model in data.models] if measured else []
    axis = Axis("share", FRACTION, digits=3)
    filters = (*(f"error:{kind}" if data.errors_kept else "" for kind in kinds), "fn>0", "fp>0")
    return _bars("Error types", axis, "type", labels if measured else (), values, filters)


def _error_shares(model: Model, kinds: Sequence[str]) -> list[float | None]:
    errors, people = model.results.errors, model.results.people
    shares = [None if errors is None else errors.share(errors.by_kind[kind]) for kind in kinds]
    return [*shares, _share(people.missed, people.labelled), _share(people.false, people.found)]


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
        title="OKS of labelled people",
        picks="oks",
        x=Axis("best OKS, 0 if not found", FRACTION),
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
        known = [row for row in model.results.calibration or () if row.people >= FEWEST]
        x, y = tuple(row.score or 0.0 for row in known), tuple(row.right or 0.0 for row in known)
        lines.append(Line(model.role, model.colour, x, y, dots=True))
    ideal = Line("ideal", "muted", (0.0, 1.0), (0.0, 1.0), dashed=True)
    return Lines(
        title="Reliability diagram",
        x=Axis("confidence", FRACTION),
        y=Axis("precision", FRACTION),
        nothing="" if any(model.results.calibration for model in data.models) else _AGAIN,
        lines=(*lines, ideal),
        filters=_confidence_filters(data),
    )


def _confidence_filters(data: Evaluated) -> tuple[tuple[float, float, str], ...]:
    """Return the filter of each bin's images: those with a person of such a confidence whom they keep."""
    bins = (data.models[0].results.calibration or ()) if data.images else ()
    kept = [one for one in bins if one.people >= FEWEST and one.high > data.threshold]
    return tuple(
        (one.low, one.high, f"conf={one.low:.1f}..{'' if one.high >= 1 else f'{one.high:.1f}'}") for one in kept
    )
