"""Which images of an evaluation are shown: words that are typed, as a condition on what is known of an image."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from n6studio.ui.pages.evaluate.data import Image
from n6studio.ui.pages.evaluate.images import RIGHT_OKS

FAR = 0.1  # of the root of a person's box: from there on a keypoint counts as off
NUMBERS: dict[str, str] = {
    "people": "labelled people, or people found where nothing is labelled",
    "oks": "lowest OKS of a labelled person",
    "lost": "largest OKS lost to int8",
    "fn": "labelled people that int8 does not find",
    "fp": "people found by int8 that are not labelled",
    "width": "width of the image, pixels",
    "height": "height of the image, pixels",
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq,
}  # fmt: skip
_TERM = re.compile(r"(-?)(?:(\w+)(>=|<=|>|<|=)(-?[\d.]+)|(tag|off):(\"[^\"]*\"|\S+)|(\S+))")

Tags = Mapping[Path, Sequence[str]]


class NoFilter(ValueError):
    """What was typed is no filter; its text says why."""


@dataclass(frozen=True)
class Filter:
    """A condition on images.

    Attributes:
        text: as it was typed.
        terms: all of these must hold.
    """

    text: str
    terms: tuple[Callable[[Image, Tags], bool], ...]

    def accepts(self, image: Image, tags: Tags) -> bool:
        """Return whether an image is shown."""
        return all(term(image, tags) for term in self.terms)


def parsed(text: str, keypoints: Sequence[str]) -> Filter:
    """Return what was typed as a filter: parts of names, ``people>2``, ``tag:dark``, ``off:"left wrist"``, ``-``.

    Args:
        text: what was typed.
        keypoints: names of the model's keypoints, for ``off:``.

    Raises:
        NoFilter: a number or keypoint that is not known.
    """
    return Filter(text, tuple(_term(found, keypoints) for found in _TERM.finditer(text)))


def _term(found: re.Match[str], keypoints: Sequence[str]) -> Callable[[Image, Tags], bool]:
    minus, name, sign, number, kind, value, word = found.groups()
    if name:
        term = _number(name, sign, number)
    elif kind == "tag":
        wanted = value.strip('"').lower()
        term = lambda image, tags: wanted in {one.lower() for one in tags.get(image.path, ())}  # noqa: E731
    elif kind == "off":
        term = _keypoint_off(value.strip('"'), keypoints)
    else:
        term = lambda image, tags: word.lower() in image.path.name.lower()  # noqa: E731
    return (lambda image, tags: not term(image, tags)) if minus else term


def _number(name: str, sign: str, number: str) -> Callable[[Image, Tags], bool]:
    if name not in NUMBERS:
        raise NoFilter(f"'{name}' is not known. Known are {', '.join(NUMBERS)}, tag: and off:")
    try:
        limit = float(number)
    except ValueError:
        raise NoFilter(f"'{number}' is no number") from None
    compare = _COMPARE[sign]
    return lambda image, tags: compare(value_of(image, name), limit)


def value_of(image: Image, name: str) -> float:
    """Return one of `NUMBERS` of an image."""
    judged = image.groups[0] if image.groups else None
    oks = judged.oks if judged is not None else ()
    if name == "people":
        return float(len(image.truth) if image.truth is not None else len(judged.people) if judged is not None else 0)
    if name == "oks":
        return min(oks, default=1.0)
    if name == "lost":
        return image.lost
    if name == "fn":
        return float(sum(value < RIGHT_OKS for value in oks))
    if name == "fp":
        if judged is None:
            return 0.0
        right = {who for who, one in zip(judged.who, oks, strict=True) if who is not None and one >= RIGHT_OKS}
        return float(len(judged.people) - len(right))
    return float(image.size[0] if name == "width" else image.size[1])


def _keypoint_off(name: str, keypoints: Sequence[str]) -> Callable[[Image, Tags], bool]:
    known = [one.lower().replace("_", " ") for one in keypoints]
    wanted = name.lower().replace("_", " ")
    if wanted not in known:
        raise NoFilter(f"'{name}' is no keypoint of this model")
    place = known.index(wanted)
    return lambda image, tags: _is_off(image, place)


def _is_off(image: Image, place: int) -> bool:
    """Return whether int8 puts a keypoint of a person that it finds further than `FAR` from where it is labelled."""
    if image.truth is None or not image.groups:
        return False
    judged = image.groups[0]
    for person, who in enumerate(judged.who):
        x, y, seen = image.truth.keypoints[person, place]
        if who is None or seen <= 0:
            continue
        left, top, right, bottom = image.truth.boxes[person]
        size = max(1.0, float(np.sqrt(max(0.0, (right - left) * (bottom - top)))))
        found = judged.people.keypoints[who, place]
        if float(np.hypot(found[0] - x, found[1] - y)) > FAR * size:
            return True
    return False
