"""Images with labels, and what models found in them, as files: for an evaluation whose images are run in parts.

Plain data, to the last bit: classes by name out of a table, arrays as their bytes. Nothing in such a file is called.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from n6studio.domain.errors.datasets import PartUnreadable
from n6studio.domain.errors.foreign import reading
from n6studio.domain.metrics.keypoints import KeypointTally
from n6studio.domain.pose.people import People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.gates.files import read_bytes
from n6studio.stages.datasets.model import FractionTruth, Item, Truth
from n6studio.stages.evaluate.one_image import ByUltralytics, ImageRecord, Judging, Matched, Seen

LARGEST = 2 << 30  # bytes of a part; an image takes some ten thousand
_TYPES = frozenset({"|b1", "<f4", "<f8", "<i4", "<i8"})
_ARRAY, _TUPLE, _PATH = "array", "tuple", "path"


@dataclass(frozen=True, eq=False)
class Part:
    """Some of an evaluation's images, ready to be run.

    Attributes:
        judging: by what people are judged.
        expected: keypoints that the labels have, a hint for models that do not say it themselves; None without labels.
        items: the images; their paths are names in the folder that comes with the part.
    """

    judging: Judging
    expected: int | None
    items: tuple[Item, ...]


@dataclass(frozen=True, eq=False)
class Records:
    """What came of a part.

    Attributes:
        records: one an image, in the part's order.
        seconds: that the part took.
        workers: images that were worked on at once.
    """

    records: tuple[ImageRecord, ...]
    seconds: float
    workers: int


_CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Part, Records, Judging, Skeleton, Item, Truth, FractionTruth, People, ImageRecord, Seen, Matched, ByUltralytics,
        KeypointTally,
    )
}  # fmt: skip
P = TypeVar("P", Part, Records)


def packed(value: Part | Records) -> bytes:
    """Return a part, or what came of one, as bytes."""
    return msgspec.msgpack.encode(_flat(value))


def unpacked(path: Path, kind: type[P]) -> P:
    """Return what a file holds.

    Raises:
        FileMissing, FileUnreadable...: it cannot be read.
        PartUnreadable: it holds something else.
    """
    with reading(path):
        data = read_bytes(path, LARGEST)
    try:
        found = _whole(msgspec.msgpack.decode(data))
    except (msgspec.MsgspecError, TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
        raise PartUnreadable(path=path, reason=str(error)[:200]) from error
    if not isinstance(found, kind):
        raise PartUnreadable(path=path, reason=f"it holds no {kind.__name__}")
    return found


def _flat(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, np.ndarray):
        plain = np.ascontiguousarray(value)
        return [_ARRAY, plain.dtype.str, list(plain.shape), plain.tobytes()]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return [_PATH, str(value)]
    if isinstance(value, tuple):
        return [_TUPLE, *map(_flat, value)]
    if type(value).__name__ in _CLASSES:
        return [type(value).__name__, *(_flat(getattr(value, one.name)) for one in dataclasses.fields(value))]
    raise TypeError(f"{type(value).__name__} is not part of an evaluation")


def _whole(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == _ARRAY:
        dtype, shape, data = rest
        if dtype not in _TYPES:
            raise ValueError(f"it has numbers of the type {str(dtype)[:20]!r}")
        return np.frombuffer(data, np.dtype(dtype)).reshape(shape).copy()
    if kind == _PATH:
        return Path(rest[0])
    if kind == _TUPLE:
        return tuple(map(_whole, rest))
    return _CLASSES[kind](*map(_whole, rest))


def in_place(parts: Sequence[Records], items: Sequence[Item]) -> list[ImageRecord]:
    """Return the records of all parts, each with its image as this computer knows it.

    Raises:
        ValueError: there are more or fewer than images.
    """
    records = [record for part in parts for record in part.records]
    return [dataclasses.replace(record, item=item) for record, item in zip(records, items, strict=True)]
