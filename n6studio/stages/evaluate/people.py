"""people.jsonl: who is labelled and who was found in each image, for drawing. docs/results.md explains the names."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.encoding import encoded
from n6studio.domain.evaluation.people import (
    SCHEMA,
    DrawnPeople,
    FoundPeople,
    ImagePeople,
    LabelledPeople,
    PeopleHeading,
)
from n6studio.domain.metrics.oks import oks_matrix
from n6studio.domain.metrics.pairs import PairOfImage
from n6studio.domain.pose.people import FloatArray, ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.datasets.model import Truth
from n6studio.stages.evaluate.classes import Taken, taken_for
from n6studio.stages.evaluate.one_image import ImageRecord, Seen
from n6studio.stages.evaluate.results import Judgement


def write_people(path: Path, judgement: Judgement, skeleton: Skeleton) -> None:
    """Write a line that says how to draw, then one line an image that could be read, in the data set's order."""
    names = tuple(model.name for model in judgement.models)
    several = judgement.models[0].confusion is not None
    with path.open("wb") as file:
        file.write(encoded(_heading(names, skeleton)) + b"\n")
        for place, record in enumerate(judgement.records):
            pairs = [images[place] for images in judgement.pairs]
            file.write(encoded(_image(record, pairs, skeleton, several)) + b"\n")


def _heading(names: tuple[str, ...], skeleton: Skeleton) -> PeopleHeading:
    return PeopleHeading(
        schema=SCHEMA, models=names, keypoints=skeleton.names, edges=skeleton.edges, colours=skeleton.colours
    )


def _image(record: ImageRecord, pairs: list[PairOfImage], skeleton: Skeleton, several: bool) -> ImagePeople:
    taken = [taken_for(record, place, skeleton) if several else Taken() for place in range(len(record.seen))]
    models = tuple(_found(record, seen, skeleton, one) for seen, one in zip(record.seen, taken, strict=True))
    truth = None if record.truth is None else _labelled(record.truth, several)
    if pairs:
        lost = round(float(pairs[0].oks_lost().max(initial=0.0)), 4)
    else:  # without a rival, what is lost is what is missing to 1
        lost = round(max((1 - value for value in models[0].oks or ()), default=0.0), 4)
    return ImagePeople(
        image=str(record.item.path),
        image_id=record.item.image_id,
        size=record.size,
        truth=truth,
        models=models,
        agreement=_plain(pairs[0].agreement, 4) if truth is None and pairs else None,
        lost=lost,
    )


def _labelled(truth: Truth, several: bool) -> LabelledPeople:
    counts = truth.counts()
    people = truth.people[counts]
    drawn, classes = _drawn(people), tuple(map(int, people.class_numbers)) if several else ()
    areas = _plain(truth.areas[counts], 2)
    return LabelledPeople(boxes=drawn.boxes, keypoints=drawn.keypoints, areas=areas, classes=classes)


def _found(record: ImageRecord, seen: Seen, skeleton: Skeleton, taken: Taken) -> FoundPeople:
    drawn, scores = _drawn(seen.counting), _plain(seen.counting.confidences, 4)
    if record.truth is None:
        return FoundPeople(boxes=drawn.boxes, keypoints=drawn.keypoints, scores=scores)
    counts = record.truth.counts()
    truth, areas = record.truth.people[counts], record.truth.areas[counts]
    oks = oks_matrix(truth.keypoints, seen.counting.keypoints, areas, skeleton.sigmas)
    best = _plain(oks.max(axis=1, initial=0.0), 4)
    who = tuple(int(row.argmax()) if value > 0 else None for row, value in zip(oks, best, strict=True))
    return FoundPeople(
        boxes=drawn.boxes,
        keypoints=drawn.keypoints,
        scores=scores,
        oks=best,
        who=who,
        errors=() if seen.matched is None else tuple(int(count) for count in seen.matched.tally.kinds),
        taken=taken.people,
        nobody=taken.nobody,
    )


def _drawn(people: People[ImagePixels]) -> DrawnPeople:
    boxes = tuple(_box(*_plain(box, 1)) for box in people.boxes)
    return DrawnPeople(boxes=boxes, keypoints=tuple(_points(points) for points in people.keypoints))


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left, top, right, bottom


def _points(points: FloatArray) -> tuple[float, ...]:
    """Return x, y, visibility of each keypoint in a row: tenths of a pixel, hundredths of a probability."""
    rounded = np.column_stack([np.round(points[:, :2].astype(np.float64), 1), np.round(points[:, 2:], 2)])
    return _plain(rounded.reshape(-1), 2)


def _plain(values: npt.NDArray[Any], digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)
