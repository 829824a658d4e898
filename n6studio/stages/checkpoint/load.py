"""Ultralytics .pt checkpoints: looked through without running anything, then loaded with nothing else admitted.

A .pt holds a pickle, which is a program. `scan` reads what that program would call and refuses it by name; `load`
scans, and then builds the network with torch's restricted unpickler and Ultralytics' own list of what a checkpoint
may contain, so that a file which deceives the scan is stopped there.
"""

import pickle
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from n6studio.domain.errors.files import FileMissing, FileUnreadable
from n6studio.domain.errors.models import (
    CheckpointCustomClass,
    CheckpointDamaged,
    CheckpointUnknownClass,
    CheckpointUnsafe,
    WrongTask,
)
from n6studio.stages.checkpoint.names import ALLOWED, CUSTOM, UNKNOWN, UNSAFE, installed_ultralytics, judge, spoken
from n6studio.stages.checkpoint.pickle import PickleFacts, read_pickles
from n6studio.stages.inspect.file_format import describe_content

# The first pickle of torch's format before 1.6 is this number.
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
_LARGEST_PICKLE = 256 * 2**20  # a checkpoint's is 0.1 to 1 MiB; the weights lie outside

_TASKS = {
    "PoseModel": "pose",
    "SegmentationModel": "segment",
    "YOLOESegModel": "segment",
    "SemanticSegmentationModel": "semantic",
    "ClassificationModel": "classify",
    "OBBModel": "obb",
    "DepthModel": "depth",
    "DetectionModel": "detect",
    "YOLOv10DetectionModel": "detect",
    "RTDETRDetectionModel": "detect",
    "WorldModel": "detect",
    "YOLOEModel": "detect",
}


@dataclass(frozen=True)
class CheckpointScan:
    """What reading a checkpoint's opcodes revealed.

    Attributes:
        names: every class and function it refers to, "module.name"; all of them admitted.
        task: 'pose', 'detect'... by the class of its network; None if it holds none of Ultralytics'.
        version: release of Ultralytics that wrote it; None if it does not say.
        legacy: True for torch's format before 1.6.
    """

    names: tuple[str, ...]
    task: str | None
    version: str | None
    legacy: bool = False


@dataclass(frozen=True, eq=False)
class LoadedCheckpoint:
    """A pose network out of a checkpoint, as Ultralytics' own `load_checkpoint` prepares it.

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


def scan(path: Path) -> CheckpointScan:
    """Look through a checkpoint without importing torch and without running anything of it.

    Raises:
        FileMissing, FileUnreadable.
        CheckpointDamaged: cut off, or no checkpoint.
        CheckpointUnsafe: it calls what a network does not need.
        CheckpointCustomClass: it contains classes from outside Ultralytics and torch.
        CheckpointUnknownClass: it contains classes of Ultralytics that the installed release lacks.
    """
    if not path.exists():
        raise FileMissing(path=path)
    try:
        pickles, legacy, complaint = _pickles_of(path)
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or str(error)) from error
    names = list(dict.fromkeys(name for facts in pickles for name in facts.names))
    version = next((facts.version() for facts in pickles if facts.version()), None)
    # Danger first: what is called before a fault would have run before the fault was met.
    _refuse(path, names, version)
    if complaint:
        raise CheckpointDamaged(path=path, reason=complaint)
    task = next((task for name, task in _TASKS.items() if ("ultralytics.nn.tasks", name) in names), None)
    return CheckpointScan(tuple(".".join(name) for name in names), task, version, legacy)


def _refuse(path: Path, names: list[tuple[str, str]], version: str | None) -> None:
    judged: dict[str, list[str]] = {ALLOWED: [], UNKNOWN: [], CUSTOM: [], UNSAFE: []}
    for name in names:
        judged[judge(name)].append(spoken(name))
    if judged[UNSAFE]:
        raise CheckpointUnsafe(path=path, names=tuple(judged[UNSAFE]))
    if judged[CUSTOM]:
        raise CheckpointCustomClass(path=path, names=tuple(judged[CUSTOM]))
    if judged[UNKNOWN]:
        need = f"Ultralytics {version}" if version else "a newer release"
        raise CheckpointUnknownClass(path=path, names=tuple(judged[UNKNOWN]), have=installed_ultralytics(), need=need)


def _pickles_of(path: Path) -> tuple[list[PickleFacts], bool, str]:
    """Return the facts of all pickles in the file, whether its format is the old one, and what is wrong with it."""
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"PK":
        return *_zipped_pickles(path), False, _complaint_of_zip(path)
    with path.open("rb") as file:
        data = file.read(_LARGEST_PICKLE)
    pickles = read_pickles(data)
    legacy = _LEGACY_MAGIC in data[:16]
    if legacy:
        whole = len(pickles) >= 4 and all(facts.complete for facts in pickles[:4])
        return pickles, True, "" if whole else "its end is missing"
    if pickles and pickles[0].complete:
        return pickles, False, "it is a plain Python pickle, which torch did not write"
    return pickles, False, describe_content(path)


def _zipped_pickles(path: Path) -> tuple[list[PickleFacts]]:
    found: list[PickleFacts] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():  # all of them: two entries may have one name
                if entry.filename.endswith(".pkl") and entry.file_size <= _LARGEST_PICKLE:
                    found += read_pickles(archive.read(entry))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        pass  # `_complaint_of_zip` says what is wrong
    return (found,)


def _complaint_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            pickles = [entry for entry in archive.infolist() if entry.filename.rpartition("/")[2] == "data.pkl"]
            if any("/code/" in name or name.endswith("/constants.pkl") for name in names):
                return "it is a TorchScript archive, an export without the network's description"
            if len(pickles) != 1:
                return "it is a zip archive, but none that torch wrote"
            if pickles[0].file_size > _LARGEST_PICKLE:
                return "its description of the network is larger than any checkpoint's"
            whole = read_pickles(archive.read(pickles[0]))
            return "" if whole and whole[0].complete else "its description of the network is cut off"
    except zipfile.BadZipFile as error:
        return "its end is missing" if "not a zip" in str(error) else "its contents do not match their checksum"
    except (EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        return f"it cannot be unpacked ({error})"


def load(path: Path) -> LoadedCheckpoint:
    """Load a pose checkpoint. Nothing is run that a network does not need, nothing is written or fetched.

    Raises:
        as `scan`, and WrongTask: a network for another task than pose.
    """
    facts = scan(path)
    if facts.task not in (None, "pose"):
        raise WrongTask(path=path, task=facts.task)
    content = _unpickled(path, facts)
    model = _network_in(path, content)
    prepared = _prepare(model, content, path)
    if prepared.task != "pose":
        raise WrongTask(path=path, task=prepared.task)
    return _described(prepared, content, path)


def _unpickled(path: Path, facts: CheckpointScan) -> dict[str, Any]:
    """Return the checkpoint's dictionary, built by torch's restricted unpickler.

    `ultralytics.nn.tasks.torch_safe_load` does the same, but goes looking on the network for files that it does not
    find and strips quotation marks from their names.
    """
    import torch
    from ultralytics.nn.tasks import _SafeLoad

    try:
        with _SafeLoad.loading(str(path)):
            content = torch.load(str(path), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        refused = re.findall(r"GLOBAL (\S+)", str(error))
        if refused and not facts.legacy:
            raise CheckpointCustomClass(path=path, names=tuple(sorted(set(refused)))) from error
        reason = "it was saved in the format that torch wrote before release 1.6" if facts.legacy else _brief(error)
        raise CheckpointDamaged(path=path, reason=reason) from error
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointDamaged(path=path, reason=_brief(error)) from error
    if not isinstance(content, dict):
        raise CheckpointDamaged(path=path, reason=f"it holds a {type(content).__name__} in place of a checkpoint")
    return content


def _brief(error: BaseException) -> str:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return first[:200].rstrip(". ")


def _network_in(path: Path, content: dict[str, Any]) -> Any:
    """Return the network of a checkpoint; the averaged one (ema) is preferred, as Ultralytics does."""
    import torch

    if content.get("modelopt"):
        raise CheckpointCustomClass(path=path, names=("modelopt (quantization-aware training)",))
    for key in ("ema", "model"):
        if isinstance(content.get(key), torch.nn.Module):
            return content[key]
    if content and all(isinstance(value, torch.Tensor) for value in content.values()):
        reason = "it holds only weights (a state_dict), not the network they belong to"
    else:
        reason = "it holds no network under 'model'"
    raise CheckpointDamaged(path=path, reason=reason)


def _prepare(candidate: Any, content: dict[str, Any], path: Path) -> Any:
    """Do to a network what `ultralytics.nn.tasks.load_checkpoint` does, fusing left out."""
    import torch
    from ultralytics.nn.tasks import guess_model_task
    from ultralytics.utils import DEFAULT_CFG_DICT

    model = candidate.float()
    model.args = {**DEFAULT_CFG_DICT, **_train_args(content)}
    model.pt_path = str(path)
    if not hasattr(model, "task"):
        model.task = guess_model_task(model)
    if not hasattr(model, "stride"):
        model.stride = torch.tensor([32.0])
    model = model.eval()
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = True
        elif isinstance(module, torch.nn.Upsample) and not hasattr(module, "recompute_scale_factor"):
            module.recompute_scale_factor = None
    return model


def _train_args(content: dict[str, Any]) -> dict[str, Any]:
    values = content.get("train_args")
    return dict(values) if isinstance(values, dict) else {}


def _described(model: Any, content: dict[str, Any], path: Path) -> LoadedCheckpoint:
    stored = getattr(model, "kpt_shape", None) or (getattr(model, "yaml", None) or {}).get("kpt_shape")
    if stored is None or len(stored) != 2:
        raise CheckpointDamaged(path=path, reason="it does not say how many keypoints it finds")
    arguments = _train_args(content)
    by_class = getattr(model, "kpt_names", None) or {}
    points = next(iter(by_class.values()), None) if isinstance(by_class, dict) else by_class
    mirror = getattr(model, "flip_idx", None) or (getattr(model, "yaml", None) or {}).get("flip_idx")
    names = getattr(model, "names", None) or {0: "person"}
    epoch = content.get("epoch")
    metrics = content.get("train_metrics") or {}
    size = arguments.get("imgsz")
    return LoadedCheckpoint(
        model=model,
        task=model.task,
        names={int(key): str(name) for key, name in (names.items() if isinstance(names, dict) else enumerate(names))},
        keypoint_shape=(int(stored[0]), int(stored[1])),
        keypoint_names=tuple(map(str, points)) if points and len(points) == int(stored[0]) else None,
        flip_idx=tuple(map(int, mirror)) if mirror else None,
        imgsz=size if isinstance(size, int) else max(size) if isinstance(size, list | tuple) and size else None,
        version=_text(content.get("version")),
        date=_text(content.get("date")),
        licence=_text(content.get("license")),
        epoch=epoch if isinstance(epoch, int) and epoch >= 0 else None,
        metrics={str(key): float(value) for key, value in metrics.items() if isinstance(value, int | float)},
        train_args={k: v for k, v in arguments.items() if v is None or isinstance(v, str | int | float | bool)},
    )


def _text(value: Any) -> str | None:
    return str(value) if value else None
