"""A split head in a file: which of its outputs is which, and what a step of each stands for."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from n6studio.domain.model.facts import TensorFacts
from n6studio.domain.model.readings import BOX_VALUES, MOST_CLASSES, MOST_KEYPOINTS, Reading, stated_reading
from n6studio.domain.pose.split_head import (
    BOX_CODES,
    BRANCHES,
    LARGEST_SCALE,
    Level,
    Scale,
    SplitHead,
    levels_of,
    places_of,
)
from n6studio.gates.files import read_bytes
from n6studio.stages.model.layout import Found, Source

FACTORS_NOTE = "n6studio_keypoint_factors"  # in a .tflite's own metadata: 2 K numbers of float32, little endian


def find_split(
    outputs: Sequence[TensorFacts], size: tuple[int, int], metadata: Mapping[str, Any], told: Reading | None
) -> Found | None:
    """Return how the outputs of a split head are to be read; None where they are not those of one.

    Args:
        outputs: of the model, in the order of the file.
        size: (width, height) of its input in pixels.
        metadata: what its maker embedded, as Ultralytics writes it.
        told: what the user says; it counts where it fits.
    """
    levels = _levels(outputs, size)
    if not levels:
        return None
    channels = {tuple(sorted(outputs[one].shape[3] for one in level)) for level in levels.values()}
    if len(channels) != 1:
        return None
    readings = _readings(channels.pop())
    if not readings:
        return None
    candidates = sum((size[0] // stride) * (size[1] // stride) for stride in levels)
    stated = stated_reading(metadata, readings[0].channels, BOX_VALUES)
    source = Source.GRAPH if len(readings) == 1 else Source.NOTHING
    for one, of in ((told, Source.TOLD), (stated, Source.METADATA)):
        if one in readings:
            readings, source = (one,), of
            break
    return Found(readings, source, readings[0].channels, candidates, tuple(levels))


def _usable(output: TensorFacts) -> bool:
    return 0 < (output.scale or 0) <= LARGEST_SCALE and -128 <= (output.zero_point or 0) <= 127


def _levels(outputs: Sequence[TensorFacts], size: tuple[int, int]) -> dict[int, list[int]]:
    if any(output.type != "int8" or not _usable(output) for output in outputs):
        return {}
    return levels_of([output.shape for output in outputs], size)


def _readings(channels: tuple[int, ...]) -> tuple[Reading, ...]:
    """Return every reading of three outputs' numbers of channels; three values a keypoint before two."""
    found = {
        Reading(classes, points // values, values)
        for box, classes, points in permutations(channels)
        for values in (2, 3)
        if box == BOX_CODES and points % values == 0 and classes <= MOST_CLASSES and points // values <= MOST_KEYPOINTS
    }
    return tuple(sorted(found, key=lambda one: (one.classes, -one.values)))


def outputs_of(outputs: Sequence[TensorFacts], size: tuple[int, int], reading: Reading) -> tuple[int, ...]:
    """Return the places of a split head's outputs: boxes, confidences and keypoints of the finest level, and so on."""
    channels = (BOX_CODES, reading.classes, reading.keypoints * reading.values)
    return places_of([output.shape for output in outputs], size, channels)


def split_head(
    outputs: Sequence[TensorFacts], size: tuple[int, int], reading: Reading, factors: tuple[float, ...] = ()
) -> SplitHead:
    """Return a split head as the decoder takes it; `outputs` as `find_split` let them pass."""
    strides = tuple(_levels(outputs, size))
    scales = [_scale(outputs[place]) for place in outputs_of(outputs, size, reading)]
    levels = tuple(
        Level(stride, *scales[BRANCHES * place : BRANCHES * (place + 1)]) for place, stride in enumerate(strides)
    )
    fitting = factors if len(factors) == 2 * reading.keypoints else ()
    return SplitHead(levels, reading.classes, reading.keypoints, reading.values, size, fitting)


def _scale(output: TensorFacts) -> Scale:
    return Scale(output.scale or 1.0, output.zero_point or 0)


def keypoint_factors(path: Path) -> tuple[float, ...]:
    """Return by what a .tflite says that its keypoints' offsets are multiplied; () where it says nothing.

    The file is one that `admit_tflite` let pass.
    """
    import numpy as np
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(read_bytes(path), 0))
    for note in model.metadata or ():
        if note.name == FACTORS_NOTE.encode():
            data = model.buffers[note.buffer].data
            content = b"" if data is None else np.asarray(data, np.uint8).tobytes()
            values = np.frombuffer(content[: len(content) // 4 * 4], "<f4")
            return tuple(float(one) for one in values) if np.isfinite(values).all() else ()
    return ()
