"""Names of the files that an .onnx leaves its weights in, read from its bytes alone.

Of Protocol Buffers only what leads there is followed, by the numbers of onnx.proto: ModelProto.graph,
GraphProto.initializer, TensorProto.external_data. The rest is passed over: no weight is loaded, no library parses.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from n6studio.gates.files import opened

_GRAPH, _INITIALIZER, _EXTERNAL_DATA, _KEY, _VALUE = 7, 5, 13, 1, 2
_MOST_NAMES = 4096  # a file for every tensor of the largest networks
_LONGEST_NAME = 4096  # bytes
_VARINT_BYTES = 10


class _Cut(ValueError):
    """The file ends, or contradicts itself."""


def weights_beside(path: Path) -> tuple[str, ...]:
    """Return the places that an .onnx names for weights, as they are written, sorted; () where it is no such file.

    They come from the file: only `inside` makes a path of them.

    Raises:
        OSError: as for `opened`.
    """
    found: set[str] = set()
    with opened(path) as file, suppress(_Cut):
        whole = (0, os.fstat(file.fileno()).st_size)
        for graph in _parts(file, whole, _GRAPH):
            for tensor in _parts(file, graph, _INITIALIZER):
                for entry in _parts(file, tensor, _EXTERNAL_DATA):
                    if _text(file, entry, _KEY) == "location":
                        found.add(_text(file, entry, _VALUE))
                if len(found) > _MOST_NAMES:
                    return tuple(sorted(found))
    return tuple(sorted(found))


def _parts(file: BinaryIO, place: tuple[int, int], wanted: int) -> Iterator[tuple[int, int]]:
    """Give the (begin, end) of every field with this number and a length; in bytes of the file."""
    at, end = place
    while at < end:
        file.seek(at)
        tag = _varint(file)
        number, kind = tag >> 3, tag & 7
        length = _varint(file) if kind == 2 else {1: 8, 5: 4}.get(kind, 0)
        if kind == 0:
            _varint(file)
        elif kind not in (1, 2, 5):
            raise _Cut
        at = file.tell() + length
        if at > end:
            raise _Cut
        if number == wanted and kind == 2:
            yield at - length, at


def _varint(file: BinaryIO) -> int:
    value = 0
    for place in range(_VARINT_BYTES):
        byte = file.read(1)
        if not byte:
            raise _Cut
        value |= (byte[0] & 127) << 7 * place
        if byte[0] < 128:
            return value
    raise _Cut


def _text(file: BinaryIO, place: tuple[int, int], wanted: int) -> str:
    text = ""
    for begin, end in _parts(file, place, wanted):  # of a field that is repeated, the last counts
        file.seek(begin)
        text = file.read(min(end - begin, _LONGEST_NAME)).decode("utf-8", "replace")
    return text
