"""Models and labels of several classes: which are told apart, accuracy of each, and what is taken for what."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from n6studio.domain.evaluation.model import ClassAccuracy, Confusion
from n6studio.domain.metrics.matching import THRESHOLDS, match_pairs
from n6studio.domain.metrics.oks import Float64Array, covered_matrix, oks_matrix
from n6studio.domain.pose.skeleton import COCO, Skeleton
from n6studio.domain.texts import counted, listed, plural
from n6studio.domain.whole_numbers import whole_number
from n6studio.stages.datasets.model import Dataset, FractionTruth, Truth
from n6studio.stages.evaluate.coco import CocoResult
from n6studio.stages.evaluate.one_image import ImageRecord
from n6studio.stages.model.runner import ModelInfo
from n6studio.stages.process.reporter import Reporter

_IN_CROWD = 0.5  # share of a box from which who is found is one of a crowd
_NAMED = 6  # classes that a sentence names


def told_apart(dataset: Dataset, models: Sequence[ModelInfo], reporter: Reporter) -> tuple[Dataset, tuple[str, ...]]:
    """Return the data set with classes by the models' numbers, and the classes' names; () where there is one only.

    COCO's categories are matched with the model's classes by name, where the model names them all; else, and in
    Ultralytics' data sets, by number, as its validation does.

    Args:
        dataset: what to evaluate on.
        models: those that are judged.
        reporter: is told what does not fit.
    """
    most = max(info.layout.classes for info in models)
    truths = [item.truth for item in dataset.items if item.truth is not None]
    used = max((int(truth.people.class_numbers.max(initial=0)) for truth in truths), default=0)
    if not dataset.labelled or (most == 1 and used == 0):
        return dataset, ()
    of_model = _names_of(models[0])
    if dataset.kind == "coco" and of_model and {_plain(one) for one in dataset.classes} <= set(map(_plain, of_model)):
        places = [[_plain(one) for one in of_model].index(_plain(name)) for name in dataset.classes]
        dataset = _renumbered(dataset, np.array(places, np.int32))
        names = of_model
    else:
        names = dataset.classes
        differing = [
            f"{number} is '{here}' there and '{there}' in the labels"
            for number, (here, there) in enumerate(zip(of_model, names, strict=False))
            if _plain(here) != _plain(there)
        ]
        if differing:
            reporter.warn(
                f"The model's classes are called differently: {listed(differing[:_NAMED])}. They are matched by number."
            )
    total = max(most, used + 1, len(names))
    names = (*names, *of_model[len(names) :])
    names = (*names, *(f"class {number}" for number in range(len(names), total)))
    if most <= used:
        reporter.warn(
            f"The labels use class {used} ({names[used]}), and the model has {counted(most, 'class', 'classes')}: "
            "whoever is of a class that it does not know counts as missed."
        )
    return dataset, names[:total]


def ultralytics_sigmas(dataset: Dataset, skeleton: Skeleton) -> tuple[float, ...]:
    """Return the sigmas of Ultralytics' rule: the user's or the labels' own, or what it takes where none are stated."""
    if skeleton.sigmas_known and skeleton.sigmas != COCO.sigmas:
        return skeleton.sigmas
    own = dataset.ultralytics_sigmas
    return own if len(own) == len(skeleton) else skeleton.sigmas


def class_accuracies(
    names: Sequence[str], records: Sequence[ImageRecord], coco: CocoResult, yolo: dict[int, Float64Array]
) -> tuple[ClassAccuracy, ...]:
    """Return accuracy of each class by both rules.

    Args:
        names: of the classes.
        records: the images.
        coco: COCO's figures.
        yolo: Ultralytics' AP at each threshold of each class that is labelled.
    """
    labelled = [truth.people.class_numbers[truth.counts()] for truth in _truths(records)]
    found = []
    for number, name in enumerate(names):
        ap, ap50 = coco.class_ap[number]
        own = yolo.get(number)
        found.append(
            ClassAccuracy(
                name=name,
                people=sum(int((classes == number).sum()) for classes in labelled),
                images=sum(bool((classes == number).any()) for classes in labelled),
                ap=ap,
                ap50=ap50,
                yolo_map=None if own is None else round(float(own.mean()), 6),
                yolo_map50=None if own is None else round(float(own[0]), 6),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Taken:
    """What was found in an image, by classes.

    Attributes:
        people: for each labelled person that counts the class that it was found as, None for not found.
        nobody: the classes of people found where nobody is.
    """

    people: tuple[int | None, ...] = ()
    nobody: tuple[int, ...] = ()


def taken_for(record: ImageRecord, index: int, skeleton: Skeleton) -> Taken:
    """Return what a model takes an image's people for, at the operating confidence and OKS 0.50, the best first."""
    if (truth := record.truth) is None:
        return Taken()
    found, labelled = record.seen[index].counting, truth.people[truth.counts()]
    oks = oks_matrix(labelled.keypoints, found.keypoints, truth.areas[truth.counts()], skeleton.sigmas)
    pairs = dict(match_pairs(oks, THRESHOLDS[0]))
    classes = found.class_numbers
    crowded = covered_matrix(truth.people.boxes[truth.crowd], found.boxes).max(axis=0, initial=0.0) >= _IN_CROWD
    people = tuple(int(classes[pairs[true]]) if true in pairs else None for true in range(len(labelled)))
    alone = set(np.flatnonzero(~crowded).tolist()) - set(pairs.values())
    return Taken(people, tuple(int(classes[one]) for one in sorted(alone)))


def confusion(names: Sequence[str], records: Sequence[ImageRecord], index: int, skeleton: Skeleton) -> Confusion:
    """Return who was taken for what; see `taken_for`.

    Args:
        names: of the classes.
        records: the images.
        index: which model.
        skeleton: for the sigmas.
    """
    size = len(names)
    table = np.zeros((size + 1, size + 1), np.int64)  # the last row and column are nobody
    for record in records:
        if (truth := record.truth) is None:
            continue
        taken = taken_for(record, index, skeleton)
        for row, found in zip(truth.people[truth.counts()].class_numbers, taken.people, strict=True):
            table[row, size if found is None else found] += 1
        for found in taken.nobody:
            table[size, found] += 1
    return Confusion(classes=tuple(names), counts=tuple(tuple(int(count) for count in row) for row in table))


def dropped_by_ultralytics(records: Sequence[ImageRecord]) -> dict[str, int]:
    """Return why Ultralytics drops images, and how many for each reason that its label files do not tell."""
    reasons: dict[str, int] = {}
    for record in records:
        before = record.item.truth.refused if record.item.truth is not None else ""
        if record.truth is not None and record.truth.refused and not before:
            reasons[record.truth.refused] = reasons.get(record.truth.refused, 0) + 1
    return reasons


def dropped_sentence(reason: str, count: int) -> str:
    """Return the sentence on images that Ultralytics drops."""
    drops = f"Ultralytics drops {counted(count, 'image')}, and its rule counts without {plural(count, 'it', 'them')}"
    return f"{drops}: {reason}."


def _truths(records: Sequence[ImageRecord]) -> list[Truth]:
    return [record.truth for record in records if record.truth is not None]


def _names_of(info: ModelInfo) -> tuple[str, ...]:
    """Return the names of a model's classes as its metadata has them; () where they do not fit."""
    names = info.metadata.get("names")
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names, key=lambda key: whole_number(str(key)) or 0)]
    if not isinstance(names, list | tuple) or len(names) != info.layout.classes:
        return ()
    texts = tuple(str(name)[:80] for name in names)
    return texts if len(set(texts)) == len(texts) else ()  # ours says 'person' of each where nobody told more


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", " ")


def _renumbered(dataset: Dataset, places: np.typing.NDArray[np.int32]) -> Dataset:
    def renumbered(truth: Truth | FractionTruth | None) -> Truth | FractionTruth | None:
        if not isinstance(truth, Truth) or not len(truth.people):
            return truth
        people = dataclasses.replace(truth.people, classes=places[truth.people.class_numbers])
        return dataclasses.replace(truth, people=people)

    items = tuple(dataclasses.replace(item, truth=renumbered(item.truth)) for item in dataset.items)
    return dataclasses.replace(dataset, items=items)
