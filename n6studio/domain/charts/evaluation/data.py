"""What the charts of an evaluation are drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from n6studio.domain.colours import ColourName
from n6studio.domain.metrics.matching import THRESHOLDS

PARTS = ("read", "resize", "inference", "decode")  # of the time for an image
_MEASURES = ("error", "pck", "recall", "swap_rate")  # of a keypoint
_COUNTS = ("labelled", "found", "right", "missed", "false")  # of people


@dataclass(frozen=True)
class Curves:
    """Precision over recall, and precision, recall and F1 over the confidence threshold, at OKS 0.50; fractions."""

    pr_recall: tuple[float, ...]
    pr_precision: tuple[float, ...]
    confidence: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    best: float | None

    def place(self, threshold: float) -> int:
        """Return the place of a confidence threshold in the curves over it."""
        steps = len(self.confidence) - 1
        return min(steps, max(0, round(threshold * steps)))


@dataclass(frozen=True)
class Breakdown:
    """Accuracy of parts of the people, as in results.json; empty where an earlier release did not measure it."""

    groups: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    calibration: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Model:
    """One model. `role` is what charts call it, `name` its file; figures are fractions, times ms."""

    role: str
    name: str
    colour: ColourName
    figures: Mapping[str, float | None]
    by_threshold: tuple[float | None, ...]
    curves: Curves | None
    keypoints: Mapping[str, tuple[float | None, ...]]
    ms: tuple[float | None, ...]
    breakdown: Breakdown = Breakdown()


@dataclass(frozen=True)
class ImageOks:
    """One image.

    Attributes:
        name: its file.
        oks: of each model, for each labelled person, the best OKS among the people it found; 0 for the missed.
        agreement: OKS of the judged model's person to the reference's, for each of those; 0 for the lost. Empty where
            people are labelled.
    """

    name: str
    oks: tuple[tuple[float, ...], ...]
    agreement: tuple[float, ...]


@dataclass(frozen=True)
class Evaluated:
    """An evaluation.

    Attributes:
        models: the judged one first, then those it is compared with.
        keypoints: their names.
        people: how many are labelled; 0 without labels.
        threshold: the confidence from which people count.
        images: those that could be read, in order.
        images_missing: why nothing is known of single images; "" where it is.
    """

    models: tuple[Model, ...]
    keypoints: tuple[str, ...]
    people: int
    threshold: float
    images: tuple[ImageOks, ...]
    images_missing: str = ""

    @property
    def labelled(self) -> bool:
        """Whether there is accuracy to tell."""
        return self.people > 0

    @property
    def compared(self) -> bool:
        """Whether there is a second model."""
        return len(self.models) > 1


# By place: the chain judges the int8 model against the float one.
_COLOURS: tuple[ColourName, ...] = ("int8_colour", "float_colour", "muted", "good", "warn")


def read_models(entries: Sequence[Mapping[str, Any]], roles: Sequence[str] = ()) -> tuple[Model, ...]:
    """Return the models of results.json; `roles` are what to call the first of them, others are called by their file.

    Raises:
        KeyError, TypeError, ValueError, IndexError: they are not what an evaluation writes.
    """
    made = []
    for place, entry in enumerate(entries):
        coco, zoo = entry["coco"] or {}, entry["zoo"] or {}
        figures = {name: _number(coco.get(name)) for name in ("ap", "ap50", "ar")}
        figures |= {"zoo_map50": _number(zoo.get("map50")), "rate": _number(entry["images_per_second"])}
        figures |= {name: _number(entry["people"][name]) for name in _COUNTS}
        made.append(
            Model(
                role=roles[place] if place < len(roles) else entry["name"],
                name=entry["name"],
                colour=_COLOURS[place % len(_COLOURS)],
                figures=figures,
                by_threshold=tuple(_number(value) for value in coco.get("by_threshold", (None,) * len(THRESHOLDS))),
                curves=_curves(entry),
                keypoints={name: tuple(_number(point[name]) for point in entry["keypoints"]) for name in _MEASURES},
                ms=tuple(_number(entry["ms"][part]["median"]) for part in PARTS),
                # These are younger than the schema.
                breakdown=Breakdown(
                    entry.get("groups") or {}, entry.get("errors") or {}, entry.get("calibration") or ()
                ),
            )
        )
    if not made:
        raise ValueError("no model was judged")
    return tuple(made)


def _curves(entry: Mapping[str, Any]) -> Curves | None:
    if entry["pr"] is None or entry["f1"] is None:
        return None
    pr, f1 = entry["pr"]["pose"], entry["f1"]["pose"]
    best = f1["best"]["confidence"] if f1["best"] else None
    return Curves(
        pr_recall=tuple(pr["recall"]),
        pr_precision=tuple(pr["precision"]),
        confidence=tuple(f1["confidence"]),
        precision=tuple(f1["precision"]),
        recall=tuple(f1["recall"]),
        f1=tuple(f1["f1"]),
        best=best,
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
