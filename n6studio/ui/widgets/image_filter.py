"""Which images are shown: words that are typed, as a condition on what is known of an image. No widgets.

Each place that shows images has a `Vocabulary` of what it knows of them; the grammar is the same everywhere: parts of
names, ``people>2``, ``conf=0.2..0.4`` (some value from 0.2 on and below 0.4; an end may be missing), ``tag:dark``,
``off:"left wrist"``, and a minus before a word turns it round. All words must fit.
"""

import math
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
Tags = Mapping[Path, Sequence[str]]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq,
}  # fmt: skip
_TERM = re.compile(r"(-?)(?:(\w+)(>=|<=|>|<|=)([-\d.]+)|(\w+):(\"[^\"]*\"|\S+)|(\S+))")


class NoFilter(ValueError):
    """What was typed is no filter; its text says why."""


@dataclass(frozen=True)
class Number(Generic[T]):
    """A number that is known of an image.

    Attributes:
        help: what it is.
        value: returns it, None where it is not known of this image; then no comparison fits.
        values: returns all values that a range is held against, where an image has several.
    """

    help: str
    value: Callable[[T], float | None]
    values: Callable[[T], Sequence[float]] | None = None


Kind = Callable[[str], Callable[[T], bool]]
"""Takes what stands behind a word's colon and returns the condition; raises `NoFilter`."""


@dataclass(frozen=True)
class Vocabulary(Generic[T]):
    """What can be said of the images of one place.

    Attributes:
        path: returns an image's file, by which tags are kept.
        name: returns what it is called.
        numbers: by name.
        kinds: by the word before the colon, besides ``tag``.
    """

    path: Callable[[T], Path]
    name: Callable[[T], str]
    numbers: Mapping[str, Number[T]] = field(default_factory=dict)
    kinds: Mapping[str, Kind[T]] = field(default_factory=dict)

    def help(self) -> str:
        """Return every word with what it means, a line each."""
        lines = [f"{name}>1  {one.help}" for name, one in self.numbers.items()]
        lines += [f"{kind}:…" for kind in (*self.kinds, "tag")]
        return "\n".join(("part of the name", *lines, "-tag:done  all that do not fit"))


@dataclass(frozen=True)
class Filter(Generic[T]):
    """A condition on images.

    Attributes:
        text: as it was typed.
        terms: all of these must hold.
    """

    text: str
    terms: tuple[Callable[[T, Tags], bool], ...]

    def accepts(self, image: T, tags: Tags) -> bool:
        """Return whether an image is shown."""
        return all(term(image, tags) for term in self.terms)


def parsed(text: str, words: Vocabulary[T]) -> Filter[T]:
    """Return what was typed as a filter.

    Raises:
        NoFilter: a word, number or value that is not known.
    """
    return Filter(text, tuple(_term(found, words) for found in _TERM.finditer(text)))


def one_of(values: Collection[str], what: str, holds: Callable[[T, str], bool]) -> Kind[T]:
    """Return a kind of word whose values are known beforehand, whatever their case and whether by spaces or lines."""

    def kind(value: str) -> Callable[[T], bool]:
        wanted = _plain(value)
        known = next((one for one in values if _plain(one) == wanted), None)
        if known is None:
            raise NoFilter(f"'{value}' is no {what}")
        return lambda image: holds(image, known)

    return kind


def _plain(value: str) -> str:
    return value.lower().replace("_", " ")


def _term(found: re.Match[str], words: Vocabulary[T]) -> Callable[[T, Tags], bool]:
    minus, name, sign, number, kind, value, word = found.groups()
    if name:
        term = _number(name, sign, number, words)
    elif kind:
        term = _kind(kind, value.strip('"'), words)
    else:
        term = lambda image, tags: word.lower() in words.name(image).lower()  # noqa: E731
    return (lambda image, tags: not term(image, tags)) if minus else term


def _kind(kind: str, value: str, words: Vocabulary[T]) -> Callable[[T, Tags], bool]:
    if kind == "tag":
        wanted = value.lower()
        return lambda image, tags: wanted in {one.lower() for one in tags.get(words.path(image), ())}
    if kind not in words.kinds:
        raise NoFilter(f"'{kind}:' is not known. {_known(words)}")
    condition = words.kinds[kind](value)
    return lambda image, tags: condition(image)


def _number(name: str, sign: str, number: str, words: Vocabulary[T]) -> Callable[[T, Tags], bool]:
    if name not in words.numbers:
        raise NoFilter(f"'{name}' is not known. {_known(words)}")
    known = words.numbers[name]
    low, dots, high = number.partition("..")
    try:
        limit, end = float(low or (-math.inf if dots else "")), float(high or math.inf)
    except ValueError:
        raise NoFilter(f"'{number}' is no number") from None
    if dots:
        return lambda image, tags: any(limit <= one < end for one in _values(known, image))
    compare = _COMPARE[sign]
    return lambda image, tags: (value := known.value(image)) is not None and compare(value, limit)


def _values(known: Number[T], image: T) -> Sequence[float]:
    if known.values is not None:
        return known.values(image)
    value = known.value(image)
    return () if value is None else (value,)


def _known(words: Vocabulary[T]) -> str:
    return f"Known are {', '.join((*words.numbers, *(f'{kind}:' for kind in (*words.kinds, 'tag'))))}"
