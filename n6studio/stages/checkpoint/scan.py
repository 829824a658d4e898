"""A checkpoint looked through by the opcodes of its pickles: what it would call, and whether it is whole.

Imports neither torch nor numpy, and runs nothing of the file.
"""

import contextlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.models import (
    CheckpointCustomClass,
    CheckpointDamaged,
    CheckpointUnknownClass,
    CheckpointUnsafe,
    NotACheckpoint,
    TorchScriptFile,
)
from n6studio.gates.archives import Archive, ArchiveTooLarge
from n6studio.gates.contents import describe_content
from n6studio.gates.files import require_file
from n6studio.stages.checkpoint.names import ALLOWED, CUSTOM, UNKNOWN, UNSAFE, installed_ultralytics, judge, spoken
from n6studio.stages.checkpoint.pickle import PickleFacts, read_pickles
from n6studio.stages.model.file_format import detect_format

# The first pickle of torch's format before 1.6 is this number.
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
_LARGEST_PICKLE = 64 * 2**20  # bytes; a checkpoint's is 0.1 to 1 MiB, for the weights lie outside

_TORCHSCRIPT = "it is a TorchScript archive"

_OTHER_MODELS = {"tflite": "a .tflite model", "onnx": "an .onnx model", "keras": "a Keras model"}

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


def scan(path: Path) -> CheckpointScan:
    """Look through a checkpoint without importing torch and without running anything of it.

    Raises:
        FileMissing, FileUnreadable.
        CheckpointDamaged: cut off, or no checkpoint.
        NotACheckpoint: a model in another format.
        TorchScriptFile: an export of torch.
        CheckpointUnsafe: it calls what a network does not need.
        CheckpointCustomClass: it contains classes from outside Ultralytics and torch.
        CheckpointUnknownClass: it contains classes of Ultralytics that the installed release lacks.
    """
    with reading(path):
        require_file(path)
        pickles, legacy, complaint = _pickles_of(path)
    names = list(dict.fromkeys(name for facts in pickles for name in facts.names))
    version = next((facts.version() for facts in pickles if facts.version()), None)
    # Danger first: what is called before a fault would have run before the fault was met.
    _refuse(path, names, version, complaint == _TORCHSCRIPT)
    if complaint:
        _refuse_other_model(path)
        raise CheckpointDamaged(path=path, reason=complaint)
    task = next((task for name, task in _TASKS.items() if ("ultralytics.nn.tasks", name) in names), None)
    return CheckpointScan(tuple(".".join(name) for name in names), task, version, legacy)


def _refuse(path: Path, names: list[tuple[str, str]], version: str | None, torchscript: bool) -> None:
    judged: dict[str, list[str]] = {ALLOWED: [], UNKNOWN: [], CUSTOM: [], UNSAFE: []}
    for name in names:
        judged[judge(name)].append(spoken(name))
    if judged[UNSAFE]:
        raise CheckpointUnsafe(path=path, names=tuple(judged[UNSAFE]))
    if torchscript:  # its own classes are part of it
        raise TorchScriptFile(path=path)
    if judged[CUSTOM]:
        raise CheckpointCustomClass(path=path, names=tuple(judged[CUSTOM]))
    if judged[UNKNOWN]:
        need = f"Ultralytics {version}" if version else "a newer release"
        raise CheckpointUnknownClass(path=path, names=tuple(judged[UNKNOWN]), have=installed_ultralytics(), need=need)


def _refuse_other_model(path: Path) -> None:
    with contextlib.suppress(UnknownFormat):
        kind = detect_format(path)
        if kind in _OTHER_MODELS:
            raise NotACheckpoint(path=path, kind=_OTHER_MODELS[kind])


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
    room = _LARGEST_PICKLE
    try:
        with Archive(path) as archive:
            for entry in archive.entries:  # all of them: two entries may have one name
                if entry.filename.endswith(".pkl") and entry.file_size <= room:
                    room -= entry.file_size  # entries may overlap, and unpack to far more than the file
                    found += read_pickles(archive.unpacked(entry, _LARGEST_PICKLE))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        pass  # `_complaint_of_zip` says what is wrong
    return (found,)


def _complaint_of_zip(path: Path) -> str:
    try:
        with Archive(path) as archive:
            names = [entry.filename for entry in archive.entries]
            pickles = [entry for entry in archive.entries if entry.filename.rpartition("/")[2] == "data.pkl"]
            if any("/code/" in name or name.endswith("/constants.pkl") for name in names):
                return _TORCHSCRIPT
            if len(pickles) != 1:
                described = describe_content(path)
                return described if ";" in described else "it is a zip archive, but none that torch wrote"
            if pickles[0].file_size > _LARGEST_PICKLE:
                return "its description of the network is larger than any checkpoint's"
            whole = read_pickles(archive.unpacked(pickles[0], _LARGEST_PICKLE))
            return "" if whole and whole[0].complete else "its description of the network is cut off"
    except ArchiveTooLarge as error:
        return str(error)
    except zipfile.BadZipFile as error:
        return "its end is missing" if "not a zip" in str(error) else f"its contents are damaged ({error})"
    except (EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        return f"it cannot be unpacked ({error})"
