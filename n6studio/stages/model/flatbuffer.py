"""Tables, vectors and strings of a flatbuffer, each checked to lie within the file before it is read.

The layout is https://flatbuffers.dev/internals: a table begins with the distance back to its vtable, which says where
in the table each field lies; references are distances forwards, so nothing can refer to itself.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

_SIZES = {"?": 1, "b": 1, "B": 1, "H": 2, "i": 4, "I": 4, "f": 4, "Q": 8}


class FlatbufferDamaged(ValueError):
    """A reference leaves the file, or what it refers to does."""


class Table:
    """One table of a flatbuffer.

    Args:
        data: the whole file.
        at: where the table begins.

    Raises:
        FlatbufferDamaged: it, its vtable or one of its fields is not within the file.
    """

    __slots__ = ("_at", "_data", "_fields", "_size")

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at
        if at % 4 or not 4 <= at <= len(data) - 4:
            raise FlatbufferDamaged("a table lies outside")
        vtable = at - int(struct.unpack_from("<i", data, at)[0])
        if vtable % 2 or not 0 <= vtable <= len(data) - 4:
            raise FlatbufferDamaged("the description of a table lies outside")
        length, self._size = struct.unpack_from("<HH", data, vtable)
        if length < 4 or length % 2 or vtable + length > len(data) or self._size < 4 or at + self._size > len(data):
            raise FlatbufferDamaged("a table is cut off")
        self._fields = struct.unpack_from(f"<{length // 2 - 2}H", data, vtable + 4)
        if any(field and not 4 <= field < self._size for field in self._fields):
            raise FlatbufferDamaged("a field lies outside of its table")

    def has(self, slot: int) -> bool:
        """Return whether the field with this number is there."""
        return slot < len(self._fields) and self._fields[slot] != 0

    def number(self, slot: int, kind: str, default: Any = 0) -> Any:
        """Return a number.

        Args:
            slot: number of the field.
            kind: its type, as `struct` names it.
            default: what it is where it is not there.
        """
        if not self.has(slot):
            return default
        size, field = _SIZES[kind], self._fields[slot]
        if field + size > self._size or (self._at + field) % size:
            raise FlatbufferDamaged("a number lies outside of its table")
        return struct.unpack_from("<" + kind, self._data, self._at + field)[0]

    def _target(self, slot: int) -> int | None:
        return None if not self.has(slot) else self._followed(self._at + self._fields[slot])

    def _followed(self, at: int) -> int:
        if at % 4 or at + 4 > len(self._data):
            raise FlatbufferDamaged("a reference lies outside")
        target = at + int(struct.unpack_from("<I", self._data, at)[0])
        if target == at or target % 4 or target + 4 > len(self._data):
            raise FlatbufferDamaged("a reference leads outside")
        return target

    def table(self, slot: int) -> "Table | None":
        """Return the table that a field refers to; None where it is not there."""
        target = self._target(slot)
        return None if target is None else Table(self._data, target)

    def vector(self, slot: int, kind: str, most: int) -> npt.NDArray[Any]:
        """Return a vector of numbers; an empty one where it is not there.

        Args:
            slot: number of the field.
            kind: numpy's name of the numbers' type.
            most: how many there may be.
        """
        target, dtype = self._target(slot), np.dtype(kind).newbyteorder("<")
        if target is None:
            return np.zeros(0, dtype)
        (count,) = struct.unpack_from("<I", self._data, target)
        if count > most or target + 4 + count * dtype.itemsize > len(self._data):
            raise FlatbufferDamaged("a list is too long")
        # Some converters put numbers of 8 bytes where 4 would do, as in MediaPipe's hand_landmarks_full_224.tflite.
        if (target + 4) % min(dtype.itemsize, 4):
            raise FlatbufferDamaged("a list lies in the wrong place")
        return np.frombuffer(self._data, dtype, count, target + 4)

    def tables(self, slot: int, most: int) -> list["Table"]:
        """Return the tables that a vector refers to, `most` at most; [] where it is not there."""
        target = self._target(slot)
        count = len(self.vector(slot, "u4", most))
        first = 0 if target is None else target + 4
        return [Table(self._data, self._followed(first + 4 * number)) for number in range(count)]

    def text(self, slot: int) -> str:
        """Return a string; '' where it is not there."""
        target = self._target(slot)
        if target is None:
            return ""
        content = self.vector(slot, "u1", 1 << 20)
        end = target + 4 + len(content)
        if end >= len(self._data) or self._data[end] != 0:
            raise FlatbufferDamaged("a text has no end")
        try:
            return content.tobytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise FlatbufferDamaged("a text is not UTF-8") from error


def root(data: bytes, identifier: bytes) -> Table:
    """Return the outermost table of a file with this identifier.

    Raises:
        FlatbufferDamaged: there is none.
    """
    if len(data) < 12 or data[4:8] != identifier:
        raise FlatbufferDamaged(f"it does not begin as a {identifier.decode()} file does")
    return Table(data, int(struct.unpack_from("<I", data, 0)[0]))
