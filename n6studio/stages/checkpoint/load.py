"""Ultralytics .pt checkpoints: read as plain data, and built anew from what they describe.

A .pt holds a pickle, which is a program. It is never run: `scan` reads what that program would call, so that a file
which attacks is named as such; `load` takes the description of the network and its numbers out of the file, checks
every field, and has Ultralytics build the network from our copy of the description.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from n6studio.domain.errors.models import (
    CheckpointDamaged,
    CheckpointNotRebuilt,
    CheckpointOldFormat,
    CheckpointWrapped,
    WeightsOnly,
    WrongTask,
)
from n6studio.domain.errors.starts import NoModelInside, NotNumbers
from n6studio.gates.archives import Archive
from n6studio.stages.checkpoint.architecture import NothingDescribed, OnlyWeights, WrappedElse, describe_checkpoint
from n6studio.stages.checkpoint.build import NoNumbers, build
from n6studio.stages.checkpoint.plain_pickle import UnreadablePickle, read_plain
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.scan import scan
from n6studio.stages.checkpoint.tensors import TensorReader, UnreadableTensor
from n6studio.stages.checkpoint.trained_ranges import QuantizedTraining, places_of_ranges, read_ranges

LARGEST_SIDE = 8192  # pixels; no training had larger images


@dataclass(frozen=True, eq=False)
class LoadedCheckpoint:
    """A pose network built from a checkpoint's description, as Ultralytics' own `load_checkpoint` would prepare it.

    Attributes:
        model: torch.nn.Module on the CPU, float32, in evaluation mode, layers not fused.
        task: always 'pose'.
        names: class id -> name.
        keypoint_shape: (K, values per keypoint: 2 or 3).
        keypoint_names: K names, if stored.
        flip_idx: K indices of the mirrored points, if stored.
        imgsz: input size in pixels it was trained at, if stored.
        version: release of Ultralytics that wrote it, if stored.
        date: when, ISO format, if stored.
        licence: text, if stored.
        epoch: last epoch, if stored and training was not stripped.
        metrics: figures of its last validation, if stored; for example 'metrics/mAP50-95(P)', 0..1.
        train_args: settings it was trained with; plain values only.
        quantized: what quantization-aware training chose; None where it was trained in float.
    """

    model: Any
    task: str
    names: dict[int, str]
    keypoint_shape: tuple[int, int]
    keypoint_names: tuple[str, ...] | None = None
    flip_idx: tuple[int, ...] | None = None
    imgsz: int | None = None
    version: str | None = None
    date: str | None = None
    licence: str | None = None
    epoch: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    train_args: dict[str, Any] = field(default_factory=dict)
    quantized: QuantizedTraining | None = None


def load(path: Path) -> LoadedCheckpoint:
    """Read a pose checkpoint and build its network anew. Nothing in the file is called, and nothing is written.

    Raises:
        as `scan`, and
        WrongTask: a network for another task than pose.
        CheckpointDamaged: its description or its numbers are not whole.
        CheckpointOldFormat, CheckpointWrapped, WeightsOnly: it is another kind of file; each says how to get on.
        NoModelInside: there is none in it.
        NotNumbers: its weights are NaN or infinite.
        CheckpointNotRebuilt: it describes no network that can be built here.
    """
    facts = scan(path)
    if facts.task not in (None, "pose"):
        raise WrongTask(path=path, task=facts.task)
    if facts.legacy:
        raise CheckpointOldFormat(path=path)
    try:
        described = describe_checkpoint(read_plain(description_of(path)))
        reader = TensorReader(path)
        try:
            model = build(described, reader)
            quantized = _quantized(described.quantized, model, reader)
        finally:
            reader.close()
    except (UnreadablePickle, UnreadableTensor) as error:
        raise CheckpointDamaged(path=path, reason=str(error)) from error
    except WrappedElse as error:
        raise CheckpointWrapped(path=path, wrapper=error.wrapper, inner=error.inner) from error
    except OnlyWeights as error:
        raise WeightsOnly(path=path, count=error.count) from error
    except NothingDescribed as error:
        raise NoModelInside(path=path) from error
    except NoNumbers as error:
        raise NotNumbers(path=path, found=str(error)) from error
    except Undescribed as error:
        raise CheckpointNotRebuilt(path=path, reason=str(error)) from error
    size = described.arguments.get("imgsz")
    sides = size if isinstance(size, list) else [size]
    lengths = [side for side in sides if isinstance(side, int) and 0 < side <= LARGEST_SIDE]
    return LoadedCheckpoint(
        model=model,
        task="pose",
        names=described.names,
        keypoint_shape=described.keypoint_shape,
        keypoint_names=described.keypoint_names,
        flip_idx=described.flip_idx,
        imgsz=max(lengths, default=None),
        version=described.version,
        date=described.date,
        licence=described.licence,
        epoch=described.epoch,
        metrics=described.metrics,
        train_args={k: v for k, v in described.arguments.items() if not isinstance(v, list | dict)},
        quantized=quantized,
    )


def _quantized(modelopt: object, model: Any, reader: TensorReader) -> QuantizedTraining | None:
    """Return what quantization-aware training chose for the convolutions of a model."""
    places = places_of_ranges(modelopt)
    if places is None:
        return None
    convolutions = {path: module for path, module in model.named_modules() if type(module).__name__ == "Conv2d"}
    kernels = {path: module.weight.detach().numpy() for path, module in convolutions.items()}
    return read_ranges(places, kernels, len(model.model) - 1, reader)


def description_of(path: Path) -> bytes:
    """Return the pickle of a checkpoint; `scan` has seen that there is exactly one of bearable size."""
    with Archive(path) as archive:
        (entry,) = (item for item in archive.entries if item.filename.rpartition("/")[2] == "data.pkl")
        return archive.unpacked(entry, entry.file_size)
