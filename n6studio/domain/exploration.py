"""Models, input sizes and ways to quantize side by side: what each costs in AP and in time, and which to look at.

A model without trained weights has a time, a memory and operations like any other; its AP is unknown, never a number.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from n6studio.domain.charts.axis import Axis, round_above
from n6studio.domain.charts.lines import Line, Lines, Mark
from n6studio.domain.evaluation.results import Interval
from n6studio.domain.model.input_size import PlainSize

SCHEMA = 1
AVERAGED = "All evaluated with averaged keypoints."
UNTRAINED = "unknown: untrained"  # in place of the AP of a model with random weights

# Ways to quantize, by name, with the settings that differ from the default's.
SCHEMES: dict[str, dict[str, str]] = {
    "default": {},
    "thorough": {"effort": "thorough"},
    "tuned": {"ranges": "tuned"},
    "per-tensor": {"granularity": "per_tensor"},
    "int8-head": {"head": "int8", "ranges": "tuned"},
    "st": {"head": "int8", "ranges": "extremes"},
    "int4": {"weights": "int4"},
}


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One model at one size, quantized in one way.

    Attributes:
        model: name of the checkpoint's file, or of the architecture that was built untrained.
        size: of the input: the side of a square in pixels, or width x height such as "320x192".
        scheme: one of `SCHEMES`.
        path: the quantized model.
        sha256: of it.
        source_sha256: of the checkpoint.
        megabytes: its size.
        ms: likely time of an inference on the board, estimated from the file; None where nothing can be said.
        ram_bytes: what its activations take; None in tables of earlier releases.
        ram_from: where that is from: 'published', 'interpolated' or 'graph'; "" where it is not known.
        ap: COCO keypoint AP, 0..1; None without labels.
        float_ap: of the float model on the same images.
        difference: AP less `float_ap`.
        interval: 95 % interval of the difference.
        agreement: mean OKS of the float model's people, 0 for the lost.
        untrained: whether its weights are random: then AP and all that follows from it are unknown.
        weights_bytes: what weights and biases take in flash; None in tables of earlier releases.
        macs: multiply-accumulates of one inference, counted as ST's figures are; None in tables of earlier releases.
    """

    model: str
    size: PlainSize
    scheme: str
    path: str
    sha256: str
    source_sha256: str
    megabytes: float
    ms: float | None
    ap: float | None
    float_ap: float | None
    difference: float | None
    interval: Interval | None
    agreement: float | None
    ram_bytes: int | None = None
    ram_from: str = ""
    untrained: bool = False
    weights_bytes: int | None = None
    macs: int | None = None

    @property
    def title(self) -> str:
        """What it is called in tables and charts."""
        return f"{self.model} {self.size} {self.scheme}"


class Exploration(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of explore.json.

    Attributes:
        schema: version of this form.
        command: what was typed, so that it can be typed again.
        candidates: in the order of models, sizes and schemes.
        front: places of those in `candidates` that none beats in both time and AP, fastest first.
        average: whether keypoints were averaged in every evaluation; not in those of earlier releases.
    """

    schema: int
    command: str
    candidates: tuple[Candidate, ...]
    front: tuple[int, ...]
    average: bool = False


def front_of(candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """Return the places of the Pareto front: no other is as fast and better, or as good and faster. Fastest first."""
    known = [
        (one.ms, -one.ap, place) for place, one in enumerate(candidates) if one.ms is not None and one.ap is not None
    ]
    found: list[int] = []
    best = float("inf")
    for _, loss, place in sorted(known):
        if loss < best:
            found.append(place)
            best = loss
    return tuple(found)


def chart_of(exploration: Exploration) -> Lines:
    """Return AP against estimated time, with the Pareto front as a line."""
    front = [exploration.candidates[place] for place in exploration.front]
    time = Axis("inference", "ms", 0.0, 1.0, digits=1)
    return _chart("AP against estimated time on the board", time, exploration.candidates, front, lambda one: one.ms)


def ram_chart_of(exploration: Exploration) -> Lines:
    """Return AP against the memory of the activations, with the Pareto front of these two as a line."""
    memory = Axis("activations", "KiB", 0.0, 1.0)

    def kib(one: Candidate) -> float | None:
        return None if one.ram_bytes is None else one.ram_bytes / 1024

    front: list[Candidate] = []
    known = [one for one in exploration.candidates if one.ram_bytes is not None and one.ap is not None]
    for one in sorted(known, key=lambda one: (one.ram_bytes or 0, -(one.ap or 0.0))):
        if not front or (one.ap or 0.0) > (front[-1].ap or 0.0):
            front.append(one)
    return _chart("AP against memory on the board", memory, exploration.candidates, front, kib)


def _chart(
    title: str,
    axis: Axis,
    candidates: Sequence[Candidate],
    front: Sequence[Candidate],
    value: Callable[[Candidate], float | None],
) -> Lines:
    known = [
        (found, one, place)
        for place, one in enumerate(candidates)
        if (found := value(one)) is not None and (one.ap is not None or one.untrained)
    ]
    on_axis = any(one.untrained for _, one, _ in known)
    nothing = "AP, or what it is drawn against, is not known of any candidate." if candidates else "No candidates yet."
    most = max((found for found, _, _ in known), default=1.0)
    best = max((one.ap for _, one, _ in known if one.ap is not None), default=1.0)
    return Lines(
        title=title,
        x=replace(axis, high=round_above([1.02 * most])),
        y=Axis("COCO keypoint AP", "%", 0.0, round_above([102 * best]), digits=1),
        lines=(
            Line(
                "Pareto front",
                "accent",
                tuple(value(one) or 0.0 for one in front),
                tuple(100 * (one.ap or 0.0) for one in front),
                dots=True,
            ),
        ),
        marks=tuple(
            Mark(found, 100 * (one.ap or 0.0), "muted", _hint(one, found, axis), hollow=True, key=place)
            for found, one, place in known
        ),
        marks_name="each model, size and scheme" + ("; on the axis: untrained, AP unknown" if on_axis else ""),
        nothing="" if known else nothing,
    )


def _hint(one: Candidate, found: float, axis: Axis) -> str:
    ap = UNTRAINED if one.ap is None else f"{100 * one.ap:.1f} %"
    return f"{one.title}: AP {ap}, {found:.{axis.digits}f} {axis.unit}"
