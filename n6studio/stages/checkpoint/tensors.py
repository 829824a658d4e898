"""Tensors of a checkpoint: numbers out of the zip archive that torch wrote, each held against the room it has."""

import zipfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from n6studio.gates.archives import Archive
from n6studio.stages.checkpoint.plain_pickle import Global, Persistent, Unbuilt

LARGEST_NUMBERS = 4 * 2**30  # bytes of all tensors together; the largest pose networks have 0.4 GiB
_MOST_DIMENSIONS = 8
_LONGEST_WORD = 64  # bytes of the files that hold one word

# Storage classes and dtypes by their name in torch -> how numpy reads them. bfloat16 is the upper half of a float32.
_DTYPES = {
    "FloatStorage": "f4", "HalfStorage": "f2", "DoubleStorage": "f8", "LongStorage": "i8", "IntStorage": "i4",
    "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?", "BFloat16Storage": "bf16",
    "float32": "f4", "float16": "f2", "float64": "f8", "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1",
    "uint8": "u1", "bool": "?", "bfloat16": "bf16",
}  # fmt: skip
_REBUILDERS = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"}
_PARAMETERS = {"_rebuild_parameter", "_rebuild_parameter_with_state"}


class UnreadableTensor(ValueError):
    """A tensor is not what a checkpoint holds, or its numbers are not there."""


@dataclass(frozen=True)
class TensorPlace:
    """Where a tensor's numbers lie.

    Attributes:
        key: name of the storage in the archive.
        dtype: of the numbers, one of numpy's codes or 'bf16'.
        count: numbers in the storage.
        offset: of the tensor's first number in it.
        shape: of the tensor.
        stride: numbers from one index to the next, for each dimension.
    """

    key: str
    dtype: str
    count: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def as_tensor(value: object) -> TensorPlace | None:
    """Return where a tensor or parameter lies; None where `value` is something else.

    Raises:
        UnreadableTensor: it is a tensor of a kind that no network needs.
    """
    if not isinstance(value, Unbuilt) or not isinstance(value.callee, Global):
        return None
    if value.callee.module == "torch._utils" and value.callee.name in _PARAMETERS and value.arguments:
        return as_tensor(value.arguments[0])
    if value.callee == Global("torch.nn.parameter", "Parameter") and value.arguments:
        return as_tensor(value.arguments[0])
    if value.callee.module != "torch._utils" or value.callee.name not in _REBUILDERS:
        return None
    arguments = value.arguments
    if len(arguments) < 4:
        raise UnreadableTensor("a tensor is described incompletely")
    storage, offset, shape, stride = arguments[:4]
    kind, key, count = _storage(storage)
    if value.callee.name == "_rebuild_tensor_v3" and len(arguments) > 6 and isinstance(arguments[6], Global):
        kind = arguments[6].name
    if kind not in _DTYPES:
        raise UnreadableTensor(f"a tensor is made of {kind}")
    sizes, steps = _whole_numbers(shape), _whole_numbers(stride)
    if not isinstance(offset, int) or offset < 0 or len(sizes) != len(steps) or len(sizes) > _MOST_DIMENSIONS:
        raise UnreadableTensor("a tensor has an impossible shape")
    return TensorPlace(key, _DTYPES[kind], count, offset, sizes, steps)


def _storage(value: object) -> tuple[str, str, int]:
    identity = value.identity if isinstance(value, Persistent) else None
    if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
        raise UnreadableTensor("a tensor has no storage")
    kind, key, count = identity[1], identity[2], identity[4]
    if not isinstance(kind, Global) or not isinstance(key, str) or not isinstance(count, int) or count < 0:
        raise UnreadableTensor("a tensor's storage is described wrongly")
    return kind.name, key, count


def _whole_numbers(value: object) -> tuple[int, ...]:
    if isinstance(value, Unbuilt) and value.callee == Global("torch", "Size") and value.arguments:
        value = value.arguments[0]
    if not isinstance(value, tuple):
        raise UnreadableTensor("a tensor has an impossible shape")
    numbers = tuple(item for item in value if isinstance(item, int) and not isinstance(item, bool) and item >= 0)
    if len(numbers) != len(value):
        raise UnreadableTensor("a tensor has an impossible shape")
    return numbers


class TensorReader:
    """Reads tensors out of a checkpoint's archive; a storage that several tensors share is read once.

    Args:
        path: the checkpoint, in torch's zip format.
    """

    def __init__(self, path: Path) -> None:
        self._archive = Archive(path)
        pickles = [name for entry in self._archive.entries if (name := entry.filename).rpartition("/")[2] == "data.pkl"]
        self._root = pickles[0].rpartition("/")[0]
        self._order: Literal["<", ">"] = ">" if self._text("byteorder") == "big" else "<"
        self._storages: dict[str, npt.NDArray[np.generic]] = {}
        self._total = 0

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def _text(self, name: str) -> str:
        try:
            return self._archive.unpacked(f"{self._root}/{name}", _LONGEST_WORD).decode("ascii", "replace").strip()
        except (KeyError, zipfile.BadZipFile):
            return ""

    def read(self, place: TensorPlace) -> npt.NDArray[np.generic]:
        """Return the numbers as an array of `place.shape`; floats as float32, whole numbers as they are.

        Raises:
            UnreadableTensor: they are not there, or reach beyond the storage.
        """
        numbers = self._storage(place)
        if 0 not in place.shape:
            last = place.offset + sum((size - 1) * step for size, step in zip(place.shape, place.stride, strict=True))
            if last >= len(numbers) or prod(place.shape) > len(numbers):
                raise UnreadableTensor("a tensor reaches beyond its numbers")
        width = numbers.itemsize
        view = np.lib.stride_tricks.as_strided(
            numbers[place.offset :] if 0 not in place.shape else numbers[:0],
            place.shape,
            tuple(step * width for step in place.stride),
            writeable=False,
        )
        return np.ascontiguousarray(view).reshape(place.shape)

    def _storage(self, place: TensorPlace) -> npt.NDArray[np.generic]:
        known = self._storages.get(place.key)
        if known is None:
            known = self._storages[place.key] = self._read_storage(place)
        if len(known) != place.count:
            raise UnreadableTensor("two tensors disagree about the numbers they share")
        return known

    def _read_storage(self, place: TensorPlace) -> npt.NDArray[np.generic]:
        width = 2 if place.dtype == "bf16" else np.dtype(place.dtype).itemsize
        wanted = place.count * width
        self._total += wanted
        if self._total > LARGEST_NUMBERS:
            raise UnreadableTensor("it contains more numbers than any pose model")
        try:
            entry = self._archive.entry(f"{self._root}/data/{place.key}")
            if entry.file_size != wanted:
                raise UnreadableTensor("some of its numbers are missing")
            raw = self._archive.unpacked(entry, wanted)
        except KeyError:
            raise UnreadableTensor("some of its numbers are missing") from None
        except zipfile.BadZipFile as error:
            raise UnreadableTensor("its contents do not match their checksum") from error
        if place.dtype == "bf16":
            halves = np.frombuffer(raw, self._order + "u2").astype(np.uint32)
            return (halves << 16).view(np.float32)
        numbers = np.frombuffer(raw, np.dtype(place.dtype).newbyteorder(self._order))
        return numbers.astype(np.float32 if numbers.dtype.kind == "f" else numbers.dtype.newbyteorder("="))
