"""How far a quantized model agrees with the float model on calibration images, person by person."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from n6studio.domain.metrics.oks import Float64Array, object_areas, oks_matrix
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.people import InputPixels, People
from n6studio.domain.pose.preprocess import Image
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.stages.model.calibration import CalibrationSet
from n6studio.stages.model.runner import Model

MOST_IMAGES = 32
CONFIDENCE = 0.25  # from which the float model's people count
STILL_FOUND = 0.1  # of the quantized model: a confidence just below a threshold is no lost person
FEWEST_PEOPLE = 3  # with fewer, agreement says nothing


@dataclass(frozen=True)
class FloatPeople:
    """Whom the float model finds in the first calibration images.

    Attributes:
        images: (height, width, 3) uint8 each, those with people only.
        people: of each.
    """

    images: tuple[Image, ...]
    people: tuple[People[InputPixels], ...]

    @property
    def count(self) -> int:
        """All people."""
        return sum(len(one) for one in self.people)


def float_people(model: Model, calibration: CalibrationSet) -> FloatPeople:
    """Return whom the float model finds in the first calibration images."""
    seen: list[tuple[Image, People[InputPixels]]] = []
    for image in _first(calibration.images(), MOST_IMAGES):
        people = decode(model.run(image), model.info.layout, model.info.size, CONFIDENCE)
        if len(people):
            seen.append((image, people))
    return FloatPeople(tuple(image for image, _ in seen), tuple(people for _, people in seen))


def _first(images: Iterator[Image], most: int) -> Iterator[Image]:
    for _, image in zip(range(most), images, strict=False):
        yield image


def agreement(wanted: FloatPeople, model: Model) -> Float64Array:
    """Return (P,): the best OKS of the model's people to each of the float model's, 0 where lost."""
    best = [np.zeros(0)]
    sigmas = for_keypoints(model.info.layout.keypoints).sigmas
    for image, people in zip(wanted.images, wanted.people, strict=True):
        found = decode(model.run(image), model.info.layout, model.info.size, STILL_FOUND)
        areas = np.maximum(object_areas(people.boxes), 1.0)
        best.append(oks_matrix(people.keypoints, found.keypoints, areas, sigmas).max(axis=1, initial=0.0))
    return np.concatenate(best)


def is_worse(before: Float64Array, after: Float64Array) -> bool:
    """Return whether agreement fell by more than its noise: the standard error of the mean of the people's changes."""
    changes = after - before
    return bool(changes.mean() < -changes.std() / np.sqrt(len(changes)))
