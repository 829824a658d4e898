"""Matched layers: their numbers, their weights, and their values on images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.model.difference import LayerPair, Side, Weights
from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.preprocess import Image
from n6studio.gates.files import read_bytes
from n6studio.stages.diff.matching import Match
from n6studio.stages.diff.wiring import Wiring, reach, real_type, stored
from n6studio.stages.layer_errors.run import decibel, keeping_interpreter, short_name, squashed_tensors
from n6studio.stages.model.pixels import pixel_table, takes_signed
from n6studio.stages.model.tflite_format import BITS, Tensor
from n6studio.stages.quantize.graph import Graph


@dataclass
class _Sums:
    """What adds up over the images for one pair."""

    signal: float = 0.0
    error: float = 0.0
    cut: int = 0
    count: int = 0
    equal: bool = True


class Layers:
    """Matched operations of two files, in the order of the first.

    Args:
        paths: of the two files.
        wirings: their graphs.
        matches: see `matched`.
    """

    def __init__(self, paths: tuple[Path, Path], wirings: tuple[Wiring, Wiring], matches: Sequence[Match]) -> None:
        self._paths, self._first, self._second = paths, *wirings
        self._matches = matches
        self._sums = [_Sums() for _ in matches]
        self._runners: tuple[_Runner, ...] = ()
        self._pairs = [(self._first.result(one.first), self._second.result(one.second)) for one in matches]

    def measure(self, image: Image) -> None:
        """Run both files on an image of their input size, and compare every matched result.

        Raises:
            ModelDamaged: LiteRT cannot run one.
        """
        self._runners = self._runners or tuple(_Runner(path) for path in self._paths)
        for one in self._runners:
            one.run(image)
        for match, tensors, sums in zip(self._matches, self._pairs, self._sums, strict=True):
            if all(_measurable(tensor) for tensor in tensors) and tensors[0].shape == tensors[1].shape:
                ours = self._runners[0].real(self._first.operator(match.first).outputs[0], tensors[0])
                theirs = self._runners[1].real(self._second.operator(match.second).outputs[0], tensors[1])
                _add(sums, ours, theirs, tensors[1])

    def pairs(self) -> tuple[LayerPair, ...]:
        """Return all of them, with what was measured."""
        squashed = squashed_tensors(Graph(read_bytes(self._paths[0])))
        db_of: dict[int, float] = {}
        makers = {index: one.first for one in self._matches for index in self._first.operator(one.first).outputs}
        found = []
        for match, tensors, sums in zip(self._matches, self._pairs, self._sums, strict=True):
            db = decibel(sums.signal, sums.error) if sums.count else None
            read = self._first.read[match.first]
            before = [db_of[source] for source in read if source in db_of]
            if db is not None:
                # What only a sigmoid reads may differ without harm: for what comes after, what it reads itself counts.
                kept = min(before) if before and tensors[0].name in squashed else db
                db_of.update(dict.fromkeys(self._first.operator(match.first).outputs, kept))
            found.append(
                LayerPair(
                    place=match.first,
                    kind=self._first.operator(match.first).name,
                    shape=tensors[0].shape,
                    by=match.by,
                    first=side(tensors[0]),
                    second=side(tensors[1]),
                    squashed=tensors[0].name in squashed,
                    weights=self._weights(match),
                    db=db,
                    before_db=min(before) if before else None,
                    reads=tuple(dict.fromkeys(makers[source] for source in read if source in makers)),
                    equal=sums.equal if sums.count else None,
                    cut=round(sums.cut / sums.count, 6) if sums.count and tensors[1].scales else None,
                )
            )
        return tuple(found)

    def _weights(self, match: Match) -> Weights | None:
        ours, theirs = self._first.weights(match.first), self._second.weights(match.second)
        if ours is None or theirs is None:
            return None
        biases = self._first.bias(match.first), self._second.bias(match.second)
        return Weights(
            types=(real_type(ours), real_type(theirs)),
            scales=(len(ours.scales), len(theirs.scales)),
            db=_likeness(ours, theirs),
            bias_db=_likeness(*biases),
        )


def side(tensor: Tensor) -> Side:
    """Return what results say of a tensor."""
    low, high = reach(tensor)
    scale, zero = (tensor.scales[0], tensor.zeros[0] if tensor.zeros else 0) if len(tensor.scales) == 1 else (0.0, 0)
    return Side(name=short_name(tensor.name), type=real_type(tensor), scale=scale, zero_point=zero, low=low, high=high)


def _likeness(ours: Tensor | None, theirs: Tensor | None) -> float | None:
    """Return the signal-to-noise ratio of the second's constants against the first's, dB."""
    first, second = (None if one is None else stored(one) for one in (ours, theirs))
    if first is None or second is None or first.shape != second.shape:
        return None
    return decibel(_power(first), _power(second - first))


def _power(values: FloatArray) -> float:
    return float(np.square(values, dtype=np.float64).sum())


def _measurable(tensor: Tensor) -> bool:
    """Whether its numbers stand for values, and not for shapes and places."""
    return tensor.type.startswith("FLOAT") or ("INT" in tensor.type and len(tensor.scales) == 1 and tensor.type in BITS)


def _add(sums: _Sums, first: FloatArray, second: FloatArray, tensor: Tensor) -> None:
    sums.signal += _power(first)
    sums.error += _power(second - first)
    sums.count += first.size
    sums.equal = sums.equal and bool(np.array_equal(first, second))
    low, high = reach(tensor)
    if high > low:
        half = tensor.scales[0] / 2
        sums.cut += int(((first < low - half) | (first > high + half)).sum())


class _Runner:
    """An interpreter that keeps every result, fed with images as a board feeds it."""

    def __init__(self, path: Path) -> None:
        self._interpreter: Any = keeping_interpreter(path)
        self._input = self._interpreter.get_input_details()[0]
        kind = self._input["dtype"]
        signed = bool(np.issubdtype(kind, np.floating)) and takes_signed(path)
        self._table = pixel_table(kind, self._input["quantization"], signed)

    def run(self, image: Image) -> None:
        """Compute everything for one image."""
        values: npt.NDArray[Any] = image if self._table is None else self._table[image]
        self._interpreter.set_tensor(self._input["index"], values[None])
        self._interpreter.invoke()

    def real(self, index: int, tensor: Tensor) -> FloatArray:
        """Return a result's values as real numbers."""
        codes = self._interpreter.get_tensor(index).astype(np.float32)
        if len(tensor.scales) != 1:
            return np.asarray(codes, np.float32)
        zero = tensor.zeros[0] if tensor.zeros else 0
        return np.asarray((codes - np.float32(zero)) * np.float32(tensor.scales[0]), np.float32)
