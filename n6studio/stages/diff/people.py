"""Whom two files find in the same images, and what became of those whom only the first finds."""

from pathlib import Path

import numpy as np

from n6studio.domain.metrics.keypoints import FOUND_OKS
from n6studio.domain.metrics.matching import match_pairs
from n6studio.domain.metrics.oks import Float64Array, object_areas, oks_matrix
from n6studio.domain.model.difference import KeypointDifference, LostPerson, PeopleDifference
from n6studio.domain.pose.frames import input_to_image
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.preprocess import Image, Resize, lay_in
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.stages.diff.stage import DiffSettings
from n6studio.stages.evaluate.one_image import laid_out, people_in
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.runner import Model

_FAINT = 0.01  # confidence from which a lost person is looked for


class PeopleComparison:
    """Two models on one image after another.

    Args:
        models: both, with the same number of keypoints.
        settings: thresholds and resize mode.
    """

    def __init__(self, models: tuple[Model, Model], settings: DiffSettings) -> None:
        self._models, self._settings = models, settings
        self.skeleton: Skeleton = for_keypoints(models[0].info.layout.keypoints)
        self._images = self._first = self._second = 0
        self._alike: list[Float64Array] = []
        self._apart: list[Float64Array] = []
        self._lost: list[LostPerson] = []

    def look(self, path: Path, image: Image) -> None:
        """Compare the people of one image."""
        first, second = (self._people(model, image, self._settings.confidence) for model in self._models)
        self._images += 1
        self._first += len(first)
        self._second += len(second)
        pairs = match_pairs(_oks(first, second, self.skeleton), FOUND_OKS)
        for one, other in pairs:
            self._alike.append(_each_keypoint(first[[one]], second[[other]], self.skeleton))
            apart = first.keypoints[one, :, :2].astype(np.float64) - second.keypoints[other, :, :2]
            self._apart.append(np.hypot(*apart.T))
        left = [place for place in range(len(first)) if place not in {one for one, _ in pairs}]
        if left:
            faint = self._people(self._models[1], image, min(_FAINT, self._settings.confidence))
            self._lost += [_lost(path.name, first[[place]], faint, self.skeleton) for place in left]

    def result(self) -> PeopleDifference:
        """Return what all images together say."""
        count = len(self._alike)
        alike = np.mean(self._alike, axis=0) if count else np.zeros(0)
        apart = np.mean(self._apart, axis=0) if count else np.zeros(0)
        return PeopleDifference(
            images=self._images,
            first=self._first,
            second=self._second,
            matched=count,
            invented=self._second - count,
            oks_mean=round(float(alike.mean()), 4) if count else None,
            keypoints=tuple(
                KeypointDifference(name=name, oks=round(float(oks), 4), pixels=round(float(pixels), 2))
                for name, oks, pixels in zip(self.skeleton.names, alike, apart, strict=bool(count))
            ),
            lost=tuple(sorted(self._lost, key=lambda one: -one.confidence)),
        )

    def _people(self, model: Model, image: Image, confidence: float) -> People[ImagePixels]:
        mode = Resize(self._settings.resize)
        placement = laid_out((image.shape[1], image.shape[0]), model.info.size, mode)
        rules = EvaluateSettings(confidence=confidence, iou=self._settings.iou, average=self._settings.average)
        return input_to_image(people_in(model.run(lay_in(image, placement)), model.info, rules), placement)


def _oks(first: People[ImagePixels], second: People[ImagePixels], skeleton: Skeleton) -> Float64Array:
    return oks_matrix(_all_given(first), second.keypoints, object_areas(first.boxes), skeleton.sigmas)


def _all_given(people: People[ImagePixels]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    points = people.keypoints.copy()
    points[..., 2] = 1  # a model gives every keypoint, so every one is compared
    return points


def _each_keypoint(one: People[ImagePixels], other: People[ImagePixels], skeleton: Skeleton) -> Float64Array:
    """Return (K,) the similarity of each keypoint of two people."""
    points, area = _all_given(one), object_areas(one.boxes)
    columns = range(len(skeleton))
    return np.array(
        [
            oks_matrix(points[:, [place]], other.keypoints[:, [place]], area, skeleton.sigmas[place : place + 1])[0, 0]
            for place in columns
        ]
    )


def _lost(image: str, person: People[ImagePixels], faint: People[ImagePixels], skeleton: Skeleton) -> LostPerson:
    """Return what the second file has of a person: the most confident who is alike enough, else the most alike."""
    confidence = round(float(person.confidences[0]), 4)
    oks = _oks(person, faint, skeleton)[0] if len(faint) else np.zeros(0)
    alike = np.flatnonzero(oks >= FOUND_OKS)
    if len(alike):
        best = int(alike[np.argmax(faint.confidences[alike])])
    elif len(oks) and oks.max() > 0:
        best = int(oks.argmax())
    else:
        return LostPerson(image=image, confidence=confidence, second_confidence=None)
    return LostPerson(
        image=image,
        confidence=confidence,
        second_confidence=round(float(faint.confidences[best]), 4),
        oks=round(float(oks[best]), 4),
    )
