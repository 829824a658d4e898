"""What an evaluation wrote, read once into frozen objects. No Qt: this runs in a pool thread."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from n6studio.domain.charts.evaluation.data import Evaluated, ImageOks, Model, shown_models
from n6studio.domain.encoding import decoded
from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.evaluation.people import (
    DrawnPeople,
    FoundPeople,
    ImagePeople,
    LabelledPeople,
    PeopleHeading,
)
from n6studio.domain.evaluation.results import SCHEMA, Comparison, Evaluation
from n6studio.domain.metrics.errors import KINDS
from n6studio.domain.metrics.oks import Float64Array, object_areas
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton, generic
from n6studio.domain.settings import from_recorded
from n6studio.gates.files import opened, read_bytes
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.ui.pages.evaluate import texts

_MOST_CLASSES = 1 << 20  # a file can say anything
ROLES = ("int8", "float")  # the chain judges the int8 model against the float one


class ResultsUnusable(Exception):
    """The files of an evaluation cannot be shown; the message is a sentence for people."""


@dataclass(frozen=True, eq=False)
class Group:
    """People of one image from one source, with the OKS of the best for each labelled person and who that is.

    For `errors`, `taken` and `nobody` see `n6studio.domain.evaluation.people.FoundPeople`.
    """

    people: People[ImagePixels]
    oks: tuple[float, ...] = ()
    who: tuple[int | None, ...] = ()
    errors: tuple[int, ...] = ()
    taken: tuple[int | None, ...] = ()
    nobody: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Image:
    """One image: who is labelled (None without labels), who was found by each model, and what is lost.

    Attributes:
        path, size, truth, groups, agreement, lost: as in `n6studio.domain.evaluation.people.ImagePeople`.
        areas: (T,) of the labelled people, square pixels; by their boxes where the evaluation did not keep them.
    """

    path: Path
    size: tuple[int, int]
    truth: People[ImagePixels] | None
    groups: tuple[Group, ...]
    agreement: tuple[float, ...]
    lost: float
    areas: Float64Array = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class ShownEvaluation:
    """Everything the page shows.

    Attributes:
        results: contents of results.json.
        settings: how models were judged.
        skeleton: how to draw people.
        models: the results' for charts.
        images: the images that could be read.
        images_missing: why there are none; "" where there are.
        report: the HTML report, None where it is gone.
    """

    results: Evaluation
    settings: EvaluateSettings
    skeleton: Skeleton
    models: tuple[Model, ...]
    images: tuple[Image, ...]
    images_missing: str
    report: Path | None

    @property
    def labelled(self) -> bool:
        """Whether anybody is labelled, so that there is accuracy to tell."""
        return self.results.labelled

    @property
    def comparison(self) -> Comparison | None:
        """The judged model against the first reference; None without one."""
        return self.results.comparison[0] if self.results.comparison else None

    def charted(self) -> Evaluated:
        """Return what charts are drawn from."""
        return Evaluated(
            models=self.models,
            keypoints=self.skeleton.names,
            people=self.results.data.people,
            threshold=self.settings.operating_confidence,
            images=tuple(
                ImageOks(one.path.name, tuple(group.oks for group in one.groups), one.agreement) for one in self.images
            ),
            images_missing=self.images_missing,
            errors_kept=any(one.groups[0].errors for one in self.images if one.groups),
            classes_kept=any(one.groups[0].taken for one in self.images if one.groups),
            board=self.results.board,
        )


def load_evaluation(outputs: Mapping[str, Path]) -> ShownEvaluation:
    """Read the files of a finished evaluation.

    Args:
        outputs: role -> path: results, people, report.

    Raises:
        ResultsUnusable: they are missing, damaged or of a later release.
    """
    path = outputs.get("results")
    if path is None:
        raise ResultsUnusable(texts.NO_RESULTS)
    results = _results(path)
    if not results.models:
        raise ResultsUnusable(texts.not_results(path))
    skeleton, images, missing = _images(outputs.get("people"), results)
    return ShownEvaluation(
        results=results,
        settings=_settings(results),
        skeleton=skeleton,
        models=shown_models(results.models, ROLES),
        images=images,
        images_missing=missing,
        report=outputs.get("report"),
    )


def _settings(results: Evaluation) -> EvaluateSettings:
    """Return how models were judged; defaults where another release judged by settings that are not known here."""
    try:
        return from_recorded(EvaluateSettings, results.settings)
    except SettingInvalid:
        return EvaluateSettings()


class _Versioned(msgspec.Struct):
    schema: int | None = None


def _results(path: Path) -> Evaluation:
    try:
        content = read_bytes(path)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        reason = "no longer exists" if gone else f"cannot be read: {reason_of(error)}"
        raise ResultsUnusable(texts.not_read(path, reason)) from error
    try:
        schema = decoded(content, _Versioned).schema
        if schema != SCHEMA:
            raise ResultsUnusable(texts.other_schema(path.name, schema, SCHEMA))
        return decoded(content, Evaluation)
    except msgspec.ValidationError as error:
        raise ResultsUnusable(texts.not_results(path)) from error
    except msgspec.DecodeError as error:
        raise ResultsUnusable(texts.damaged(path)) from error


def _images(path: Path | None, results: Evaluation) -> tuple[Skeleton, tuple[Image, ...], str]:
    """Return how to draw, the images, and why there are none: figures are worth showing without them."""
    plain = generic(len(results.data.keypoints), results.data.keypoints)
    if path is None:
        return plain, (), texts.NO_PEOPLE
    try:
        with opened(path) as file:
            skeleton = _skeleton(decoded(next(file), PeopleHeading))
            lines = (decoded(line, ImagePeople) for line in file)
            return skeleton, tuple(_image(line, len(skeleton), len(results.models)) for line in lines), ""
    except OSError:
        return plain, (), f"{path} cannot be read. Evaluate again to see the images."
    except (msgspec.MsgspecError, ValueError, StopIteration):
        return plain, (), texts.damaged(path, " to see the images")


def _skeleton(heading: PeopleHeading) -> Skeleton:
    count = len(heading.keypoints)
    if len(heading.colours) != count or not all(0 <= place < count for edge in heading.edges for place in edge):
        raise ValueError("its skeleton has edges or colours of keypoints that it does not have")
    plain = generic(count, heading.keypoints)
    return dataclasses.replace(plain, edges=heading.edges, colours=heading.colours)


def _image(line: ImagePeople, keypoints: int, models: int) -> Image:
    """Return a line as what is shown.

    Raises:
        ValueError: it is not of so many models, or not of as many people throughout.
    """
    labelled = 0 if line.truth is None else len(line.truth.boxes)
    fits = len(line.models) == models and all(
        len(one.oks or ()) == len(one.who or ()) == labelled
        and all(who is None or 0 <= who < len(one.boxes) for who in one.who or ())
        and len(one.taken) in (0, labelled)
        and len(one.errors) in (0, len(KINDS))
        for one in line.models
    )
    truth = line.truth
    if truth is not None:
        fits = fits and all(len(some) in (0, labelled) for some in (truth.areas, truth.classes))
        fits = fits and all(0 <= number < _MOST_CLASSES for number in truth.classes)
    if not fits or (line.agreement and len(line.models) > 1 and len(line.agreement) != len(line.models[1].boxes)):
        raise ValueError("its people are not as many throughout")
    people = None if truth is None else _people(truth, (1.0,) * labelled, keypoints)
    return Image(
        Path(line.image),
        line.size,
        people if people is None or truth is None else dataclasses.replace(people, classes=_classes(truth)),
        tuple(_group(one, keypoints) for one in line.models),
        line.agreement or (),
        line.lost,
        np.zeros(0) if truth is None or people is None else np.array(truth.areas or object_areas(people.boxes)),
    )


def _classes(truth: LabelledPeople) -> npt.NDArray[np.int32] | None:
    return np.array(truth.classes, np.int32) if truth.classes else None


def _group(one: FoundPeople, keypoints: int) -> Group:
    found = _people(one, one.scores, keypoints)
    return Group(found, one.oks or (), one.who or (), one.errors, one.taken, one.nobody)


def _people(drawn: DrawnPeople, scores: tuple[float, ...], keypoints: int) -> People[ImagePixels]:
    count = len(drawn.boxes)
    return People(
        np.array(drawn.boxes, np.float32).reshape(count, 4),
        np.array(scores, np.float32).reshape(count),
        np.array(drawn.keypoints, np.float32).reshape(count, keypoints, 3),
    )
