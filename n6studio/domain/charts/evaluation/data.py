"""What the charts of an evaluation are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

from n6studio.domain.colours import ColourName
from n6studio.domain.evaluation.board import BoardFacts
from n6studio.domain.evaluation.model import F1Curve, ModelResults

PARTS = ("read", "resize", "inference", "decode")  # of the time for an image


@dataclass(frozen=True)
class Model:
    """One model.

    Attributes:
        role: what charts call it.
        colour: of its lines and bars.
        results: what is known of it.
    """

    role: str
    colour: ColourName
    results: ModelResults

    @property
    def name(self) -> str:
        """Its file, for people."""
        return self.results.name

    @property
    def f1(self) -> F1Curve | None:
        """Precision, recall and F1 over the confidence threshold, at OKS 0.50; None without labels."""
        return self.results.f1.pose if self.results.f1 else None


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
        board: that ran one of the models.
        images_missing: why nothing is known of single images; "" where it is.
        errors_kept: whether the images tell which kinds of errors their keypoints have.
        classes_kept: whether the images tell what their people were taken for.
    """

    models: tuple[Model, ...]
    keypoints: tuple[str, ...]
    people: int
    threshold: float
    images: tuple[ImageOks, ...]
    images_missing: str = ""
    errors_kept: bool = False
    classes_kept: bool = False
    board: BoardFacts | None = None

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


def shown_models(models: Sequence[ModelResults], roles: Sequence[str] = ()) -> tuple[Model, ...]:
    """Return models for charts; `roles` are what to call the first of them, others are called by their name."""
    return tuple(
        Model(roles[place] if place < len(roles) else one.name, _COLOURS[place % len(_COLOURS)], one)
        for place, one in enumerate(models)
    )
