"""The contents of results.json.

Shares, precision, recall, AP, OKS and confidences are fractions of one, times are milliseconds, sizes are (width,
height) in pixels. None means that nothing could be measured, never zero. Fields with a default are younger than the
schema. docs/results.md explains every name.
"""

from typing import Any, Literal

import msgspec

from n6studio.domain.evaluation.account import Account
from n6studio.domain.evaluation.board import BoardFacts
from n6studio.domain.evaluation.model import ModelResults

SCHEMA = 1
Interval = tuple[float, float]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far two models agree, without looking at labels.

    Attributes:
        people: found by the reference.
        kept: of these, found by the judged model with OKS 0.50 or better.
        lost: the others.
        invented: people of the judged model whom the reference does not have.
        oks_mean: mean OKS, 0 for the lost.
        oks_mean_kept: mean OKS of those kept.
        pixels_mean: mean distance of the keypoints of those kept, pixels of the image.
    """

    people: int
    kept: int
    lost: int
    invented: int
    oks_mean: float | None
    oks_mean_kept: float | None
    pixels_mean: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The judged model against a reference; intervals are 95 %, over bootstrap resamples of the images.

    Attributes:
        judged, reference: names of the two.
        basis: 'labels', or 'reference' where nothing is labelled.
        people: labelled people compared.
        oks_lost_mean, oks_lost_interval: best OKS of the reference's people less that of the judged model's.
        agreement: without looking at labels.
        ap_difference, ap_interval: COCO AP of the judged model less the reference's.
        ap50_difference, ap50_interval: the same at OKS 0.50.
    """

    judged: str
    reference: str
    basis: Literal["labels", "reference"]
    people: int
    oks_lost_mean: float | None
    oks_lost_interval: Interval | None
    agreement: Agreement
    ap_difference: float | None
    ap_interval: Interval | None
    ap50_difference: float | None = None
    ap50_interval: Interval | None = None


class UnreadableImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that was left out, and why."""

    path: str
    reason: str


class DataFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at.

    Attributes:
        path, name: the labels or folder, and a name for people.
        kind: 'coco', 'yolo' or 'images' (no labels).
        images, images_read: named, and those that could be read.
        unreadable: the others.
        images_with_people, people: that count.
        keypoints: their names.
        sigmas: the standard deviations used for OKS.
        sigmas_known: False where they are the stand-in 1/K.
        area_source: what COCO's rule takes a person's area from; None without labels.
        account: how much was read, and what became of it; None in results of earlier releases.
    """

    path: str
    name: str
    kind: str
    images: int
    images_read: int
    unreadable: tuple[UnreadableImage, ...]
    images_with_people: int
    people: int
    keypoints: tuple[str, ...]
    sigmas: tuple[float, ...]
    sigmas_known: bool = True
    area_source: str | None
    account: Account | None = None


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """The pass through all models together, reading included.

    Attributes:
        images: how many.
        seconds: it took.
        images_per_second: None where it took no time.
        workers: images worked on at once.
        cores: that the process may use.
    """

    images: int
    seconds: float
    images_per_second: float | None
    workers: int
    cores: int


class OutputRounding(msgspec.Struct, frozen=True, kw_only=True):
    """value = (int8 - zero_point) * scale: how the judged model's output was rounded to int8."""

    scale: float
    zero_point: int


class Evaluation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The contents of results.json.

    Attributes:
        schema: version of this form.
        data: what was looked at.
        settings: every setting with its value, as `EvaluateSettings` records them.
        models: the judged one first, then the references.
        comparison: one entry a reference.
        versions: package -> version of what ran.
        int8_output: how the judged model's output was rounded; None where it was taken as it is.
        speed: of the pass through all models.
        board: the board that ran one of them; None where none did.
        warnings: sentences.
    """

    schema: int
    data: DataFacts
    settings: dict[str, Any]
    models: tuple[ModelResults, ...]
    comparison: tuple[Comparison, ...]
    versions: dict[str, str]
    int8_output: OutputRounding | None = None
    speed: Speed
    board: BoardFacts | None = None
    warnings: tuple[str, ...]

    @property
    def labelled(self) -> bool:
        """Whether anybody is labelled, so that there is accuracy to tell."""
        return self.data.people > 0
