"""How a model's output is to be read: proved by its metadata or its graph, or told by the user; never assumed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from n6studio.domain.errors.models import InputSizeOpen, LayoutUnknown, NotAPoseModel, OutputPerLevel, WrongTask
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.starts import BatchFixed, LayoutNotStorable
from n6studio.domain.model.next_steps import SAYING
from n6studio.domain.model.readings import (
    BOX_VALUES,
    Channel,
    Reading,
    other_task,
    possible_readings,
    read_code,
    readings_of,
    stated_reading,
    strides_of,
)
from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.texts import counted

END_TO_END_VALUES = 6  # corners, confidence and class number
_MOST_ROWS = 1000  # of a model that suppresses overlaps itself; Ultralytics gives 300
_LEVELS = (8, 16, 32, 64)

Trace = Callable[[int], tuple[Channel, ...]]
"""Takes the dimension that the channels are; returns what the graph says of each."""


class Source(StrEnum):
    """What says how an output is to be read."""

    METADATA = "metadata"
    GRAPH = "graph"
    TOLD = "told"
    NOTHING = ""


@dataclass(frozen=True)
class Found:
    """How an output is to be read.

    Attributes:
        readings: all that fit; one where it is known.
        source: what singles the one out; `NOTHING` where several fit.
        channels: values per candidate.
        candidates: N; of an end-to-end model the rows.
        strides: of the levels that the candidates belong to; () where no set of levels fits.
        candidates_first: True for (1, N, channels).
        end_to_end: whether the model suppresses overlaps itself.
    """

    readings: tuple[Reading, ...]
    source: Source
    channels: int
    candidates: int
    strides: tuple[int, ...] = ()
    candidates_first: bool = False
    end_to_end: bool = False

    @property
    def known(self) -> bool:
        """Whether there is one reading, and something that proves it."""
        return len(self.readings) == 1 and self.source is not Source.NOTHING

    def layout(self, reading: Reading) -> OutputLayout:
        """Return a reading as the decoder takes it; whether coordinates are normalised is measured later."""
        return OutputLayout(
            classes=reading.classes,
            keypoints=reading.keypoints,
            dims=reading.values,
            end_to_end=self.end_to_end,
            candidates_first=self.candidates_first,
        )


def told_reading(text: str) -> Reading | None:
    """Return what the user typed as a layout; None for nothing.

    Raises:
        SettingInvalid: it is no layout.
    """
    try:
        return read_code(text) if text else None
    except ValueError as error:
        allowed = "CLASSESxKEYPOINTSxVALUES with 2 or 3 values per keypoint, for example 1x17x3"
        raise SettingInvalid(name="layout", value=text, allowed=allowed) from error


def image_size(path: Path, shapes: Sequence[Sequence[int]]) -> tuple[tuple[int, int], bool]:
    """Return (width, height) of the one image that a model takes, and whether its channels come first.

    Args:
        path: of the model, for messages.
        shapes: of its inputs; -1 stands for what is open.

    Raises:
        NotAPoseModel: it takes something else.
        BatchFixed: it takes several images at a time.
        InputSizeOpen: width and height are open.
    """
    if len(shapes) != 1 or len(shapes[0]) != 4 or 3 not in (shapes[0][1], shapes[0][3]):
        inputs = " and ".join(str(list(shape)) for shape in shapes[:12]) or "none"
        raise NotAPoseModel(path=path, found=f"input {inputs}, where one RGB image is expected")
    batch, first, second, third = shapes[0]
    if batch not in (1, -1):
        raise BatchFixed(path=path, count=batch)
    if -1 in (first, second, third):
        raise InputSizeOpen(path=path, found=str(list(shapes[0])))
    channels_first = third != 3
    return ((third, second) if channels_first else (second, first)), channels_first


def require_pose(path: Path, metadata: Mapping[str, Any]) -> None:
    """Return where a model's metadata do not name another task than pose.

    Raises:
        WrongTask.
    """
    task = metadata.get("task")
    if isinstance(task, str) and task.strip().lower() not in ("pose", ""):
        raise WrongTask(path=path, task=task)


def check_outputs(path: Path, shapes: Sequence[tuple[int, ...]], size: tuple[int, int]) -> None:
    """Return where there is one output that may be a pose model's.

    Args:
        path: of the model, for messages.
        shapes: of its outputs.
        size: (width, height) of its input in pixels.

    Raises:
        WrongTask: the shapes are those of a segmentation model.
        OutputPerLevel: each detection level has an output of its own.
        NotAPoseModel: they cannot be a pose model's.
    """
    if len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][1] > 1:
        found = f"{shapes[0][1]} values for the whole image, as classifiers and feature extractors have"
        raise NotAPoseModel(path=path, found=found)
    if len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][0] in (1, -1):
        return
    listed = " and ".join(str(list(shape)) for shape in shapes[:12])
    tables = [shape for shape in shapes if len(shape) == 3]
    prototypes = [shape for shape in shapes if len(shape) == 4 and _is_level(shape, size, (4,)) and 32 in shape]
    if len(shapes) == 2 and len(tables) == len(prototypes) == 1:
        raise WrongTask(path=path, task="segment")
    if len(shapes) > 1 and all(_is_level(shape, size, _LEVELS) for shape in shapes):
        raise OutputPerLevel(path=path, outputs=listed)
    if len(shapes) > 1 and any(len(shape) < 3 for shape in shapes):
        raise NotAPoseModel(path=path, found=f"outputs {listed}, as a model has that suppresses overlaps itself")
    what = f"{len(shapes)} outputs, {listed}" if len(shapes) != 1 else f"an output of shape {list(shapes[0])}"
    if len(shapes) == 1 and len(shapes[0]) == 4:
        what += ", as models for one person or of heat maps have"
    raise NotAPoseModel(path=path, found=what)


def _is_level(shape: tuple[int, ...], size: tuple[int, int], strides: Sequence[int]) -> bool:
    """Whether a tensor holds values for every cell of one level."""
    if len(shape) == 4:
        cells = [(size[1] // stride, size[0] // stride) for stride in strides]
        return shape[2:] in cells or shape[1:3] in cells
    counts = [(size[0] // stride) * (size[1] // stride) for stride in strides]
    return len(shape) == 3 and (shape[1] in counts or shape[2] in counts)


def find_layout(
    path: Path,
    shape: tuple[int, ...],
    size: tuple[int, int],
    metadata: Mapping[str, Any],
    trace: Trace | None = None,
    told: Reading | None = None,
) -> Found:
    """Return how an output of `shape` is to be read.

    Args:
        path: of the model, for messages.
        shape: of its one output, as `check_outputs` let it pass.
        size: (width, height) of its input in pixels.
        metadata: what its maker embedded, as Ultralytics writes it.
        trace: what the graph says of the channels; None where metadata are enough, if they say it in whole.
        told: what the user says; it counts where it fits.

    Raises:
        NotAPoseModel: no reading yields as many values.
        WrongTask: the graph proves that it is for another task.
    """
    _, first, second = shape
    normal, turned = strides_of(second, size), strides_of(first, size)
    if normal and turned:  # both could be counts; there are more candidates than values
        normal, turned = (normal, None) if second >= first else (None, turned)
    if normal is None and turned is None:
        return _end_to_end(path, first, second, metadata, told)
    channels, count = (first, second) if normal else (second, first)
    known = (channels, count, normal or turned or (), normal is None)
    if told is not None and told.channels == channels:
        return Found((told,), Source.TOLD, *known)
    stated = stated_reading(metadata, channels, BOX_VALUES)
    if stated is None and metadata.get("kpt_shape") is not None:
        raise NotAPoseModel(path=path, found=_contradiction(metadata, channels))
    if stated is not None and trace is None:
        return Found((stated,), Source.METADATA, *known)
    seen = trace(1 if normal else 2) if trace is not None else ()
    readings = readings_of(seen) if len(seen) == channels else possible_readings(channels)
    poses = tuple(one for one in readings if one.keypoints)
    if stated is not None:
        disproved = len(poses) == 1 and poses[0] != stated
        return Found(
            (*poses, stated) if disproved else (stated,), Source.NOTHING if disproved else Source.METADATA, *known
        )
    task = other_task(seen)
    if task is not None and not poses:
        raise WrongTask(path=path, task=task)
    if not poses:
        raise NotAPoseModel(path=path, found=f"{channels} values per candidate, which no pose model has")
    # Without any sign in the graph a detector always fits as well.
    proved = readings == poses and len(poses) == 1
    return Found(readings, Source.GRAPH if proved else Source.NOTHING, *known)


def _contradiction(metadata: Mapping[str, Any], channels: int) -> str:
    names = metadata.get("names")
    classes = len(names) if isinstance(names, dict | list) else None
    said = f"kpt_shape {metadata['kpt_shape']}" + (
        f" and {counted(classes, 'class', 'classes')}" if classes is not None else ""
    )
    return f"{channels} values per candidate, where its metadata say {said}"


def _end_to_end(path: Path, rows: int, channels: int, metadata: Mapping[str, Any], told: Reading | None) -> Found:
    """Return how finished rows are to be read: corners, confidence, class number, keypoints."""
    rest = channels - END_TO_END_VALUES
    known: tuple[int, int, tuple[int, ...], bool, bool] = (channels, rows, (), False, True)
    if rest == 0 and rows <= _MOST_ROWS:
        raise WrongTask(path=path, task="detect")
    if rest < 2 or rows > _MOST_ROWS:
        raise NotAPoseModel(path=path, found=f"an output of shape [1, {rows}, {channels}], which fits no input size")
    if told is not None and told.keypoints * told.values == rest:
        return Found((told,), Source.TOLD, *known)
    stated = stated_reading(metadata, channels, END_TO_END_VALUES)
    if stated is not None and stated.keypoints * stated.values == rest:
        return Found((stated,), Source.METADATA, *known)
    if metadata.get("kpt_shape") is not None:
        raise NotAPoseModel(path=path, found=_contradiction(metadata, channels))
    fitting = tuple(Reading(1, rest // values, values) for values in (3, 2) if rest % values == 0)
    if not fitting:
        raise NotAPoseModel(path=path, found=f"{channels} values per detection")
    return Found(fitting, Source.NOTHING, *known)


def one_reading(path: Path, found: Found, keypoints: int | None) -> Reading:
    """Return the reading to use.

    Args:
        path: of the model, for messages.
        found: what fits.
        keypoints: K of the labels that it is judged by; a reading with as many is taken where the file says nothing.

    Raises:
        LayoutUnknown: several fit; LayoutNotStorable where no copy of the file can say it.
    """
    if found.known:
        return found.readings[0]
    poses = [one for one in found.readings if one.keypoints]
    alike = [one for one in poses if one.keypoints == keypoints]
    if alike:
        return max(alike, key=lambda one: one.values)
    kind = LayoutUnknown if path.suffix.lower() in SAYING else LayoutNotStorable
    raise kind(
        path=path,
        readings=tuple(one.text for one in found.readings[:6]),
        code_to_type=poses[0].code if poses else "",
    )
