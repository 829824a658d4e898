"""Changes to a skeleton, one at a time: each returns a new, checked `Skeleton` and leaves the old one as it was."""

import dataclasses
import math
from collections.abc import Iterable
from typing import TypeVar

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose.skeleton import Colour, Skeleton, mirror_by_name, side_colour, stand_in_sigmas
from n6studio.domain.whole_numbers import whole_number

Value = TypeVar("Value")

LONGEST_NAME = 60  # letters; what a table and a chart's axis can show
LARGEST_SIGMA = 1.0  # of the square root of the area: a point that lies anywhere on the person


def renamed(skeleton: Skeleton, index: int, name: str) -> Skeleton:
    """Return the skeleton with another name for one keypoint.

    Raises:
        SettingInvalid: an empty, long or taken name.
    """
    name = " ".join(name.split())
    others = [other.lower() for place, other in enumerate(skeleton.names) if place != index]
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise SettingInvalid(name=f"the name of keypoint {index}", value=f"'{name}'", allowed=_NAMES)
    if name.lower() in others:
        taken = others.index(name.lower())
        raise SettingInvalid(
            name=f"the name of keypoint {index}",
            value=f"'{name}'",
            allowed=f"a unique name; keypoint {taken if taken < index else taken + 1} has this one",
        )
    return dataclasses.replace(skeleton, names=_with(skeleton.names, index, name))


_NAMES = f"1 to {LONGEST_NAME} characters"


def with_sigma(skeleton: Skeleton, index: int, sigma: float) -> Skeleton:
    """Return the skeleton with another sigma; once none is the stand-in any more, the sigmas count as known.

    Raises:
        SettingInvalid: not above 0, or above 1.
    """
    if not (math.isfinite(sigma) and 0 < sigma <= LARGEST_SIGMA):
        raise SettingInvalid(
            name=f"the sigma of {skeleton.names[index]}",
            value=f"{sigma:g}",
            allowed=f"a number above 0, at most {LARGEST_SIGMA:g}; COCO's are 0.025 to 0.107",
        )
    sigmas = _with(skeleton.sigmas, index, float(sigma))
    stand_in = 1 / len(skeleton)
    known = skeleton.sigmas_known or all(value != stand_in for value in sigmas)
    return dataclasses.replace(skeleton, sigmas=sigmas, sigmas_known=known)


def without_sigmas(skeleton: Skeleton) -> Skeleton:
    """Return the skeleton with the stand-in 1/K for every keypoint, marked as such."""
    return dataclasses.replace(skeleton, sigmas=stand_in_sigmas(len(skeleton)), sigmas_known=False)


def paired(skeleton: Skeleton, index: int, partner: int) -> Skeleton:
    """Return the skeleton with two keypoints as each other's mirror image; their earlier partners become single."""
    mirror = list(skeleton.mirror)
    for one in (index, partner):
        mirror[mirror[one]] = mirror[one]
    mirror[index], mirror[partner] = partner, index
    return dataclasses.replace(skeleton, mirror=tuple(mirror))


def paired_by_name(skeleton: Skeleton) -> Skeleton:
    """Return the skeleton with 'left x' and 'right x' paired, and each coloured by its side."""
    return dataclasses.replace(
        skeleton, mirror=mirror_by_name(skeleton.names), colours=tuple(side_colour(name) for name in skeleton.names)
    )


def coloured(skeleton: Skeleton, index: int, colour: Colour) -> Skeleton:
    """Return the skeleton with another colour for one keypoint."""
    return dataclasses.replace(skeleton, colours=_with(skeleton.colours, index, colour))


def joined_to(skeleton: Skeleton, index: int) -> tuple[int, ...]:
    """Return the keypoints that a skeleton edge joins to this one."""
    ends = [second if first == index else first for first, second in skeleton.edges if index in (first, second)]
    return tuple(sorted(set(ends)))


def joined(skeleton: Skeleton, index: int, others: Iterable[int]) -> Skeleton:
    """Return the skeleton in which skeleton edges lead from this keypoint to `others` and nowhere else.

    Raises:
        SettingInvalid: to a keypoint that is not there, or to itself.
    """
    wanted = sorted(set(others))
    for other in wanted:
        if other == index or not 0 <= other < len(skeleton):
            raise SettingInvalid(
                name=f"skeleton edges of {skeleton.names[index]}",
                value=other,
                allowed=f"names or numbers (0 to {len(skeleton) - 1}) of other keypoints, separated by commas",
            )
    kept = tuple(edge for edge in skeleton.edges if index not in edge or _other(edge, index) in wanted)
    have = {_other(edge, index) for edge in kept if index in edge}
    return dataclasses.replace(skeleton, edges=kept + tuple((index, other) for other in wanted if other not in have))


def joined_by_names(skeleton: Skeleton, index: int, names: str) -> Skeleton:
    """Return `joined` for names or numbers with commas between, as somebody typed them.

    Raises:
        SettingInvalid: a word is no keypoint.
    """
    lower = [name.lower() for name in skeleton.names]
    others = []
    for word in (part.strip() for part in names.split(",")):
        if word.lower() in lower:
            others.append(lower.index(word.lower()))
        elif (number := whole_number(word)) is not None:
            others.append(number)
        elif word:
            raise SettingInvalid(
                name=f"skeleton edges of {skeleton.names[index]}",
                value=f"'{word}'",
                allowed=f"names or numbers (0 to {len(skeleton) - 1}) of other keypoints, separated by commas",
            )
    return joined(skeleton, index, others)


def _other(edge: tuple[int, int], index: int) -> int:
    return edge[1] if edge[0] == index else edge[0]


def _with(values: tuple[Value, ...], index: int, value: Value) -> tuple[Value, ...]:
    return (*values[:index], value, *values[index + 1 :])
