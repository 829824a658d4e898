"""What kind of file this is, by what it contains; the ending of its name only decides how a fault is worded."""

import zipfile
from pathlib import Path

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.foreign import reading
from n6studio.domain.model.formats import CHECKPOINT_ENDINGS, KERAS_ENDINGS
from n6studio.gates.archives import Archive
from n6studio.gates.contents import describe_content, head_of
from n6studio.gates.files import require_present
from n6studio.stages.model.keras_gate import is_keras_zip

_HDF5 = b"\x89HDF\r\n\x1a\n"

FORMATS = {
    "pt": "a checkpoint",
    "onnx": "an .onnx file",
    "tflite": "a .tflite file",
    "saved_model": "a SavedModel",
    "keras": "a Keras file",
}
"""What `detect_format` returns, and how sentences call it."""


def detect_format(path: Path) -> str:
    """Return 'pt', 'onnx', 'tflite', 'keras' or 'saved_model' by what the file or folder contains.

    Raises:
        FileMissing, FileUnreadable.
        UnknownFormat: it is no model, and does not call itself a checkpoint.
    """
    with reading(path):
        require_present(path)
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return "saved_model"
        raise UnknownFormat(path=path, found="a folder without saved_model.pb")
    with reading(path):
        head = head_of(path)
    if head[4:8] == b"TFL3":
        return "tflite"
    if path.name == "saved_model.pb":  # its first bytes are those of some .onnx
        raise UnknownFormat(path=path, found="one file of a SavedModel; choose the folder that it lies in")
    if _looks_like_onnx(head):
        return "onnx"
    if head[:8] == _HDF5 or (head[:2] == b"PK" and _claims_keras(path)):
        return "keras"
    # Whether a file that calls itself a checkpoint is one, the scan finds out; old pickles have no beginning of their
    # own, and one that is cut off must not pass for another kind of file.
    if path.suffix.lower() in CHECKPOINT_ENDINGS or head[:1] == b"\x80" or (head[:2] == b"PK" and _holds_pickle(path)):
        return "pt"
    raise UnknownFormat(path=path, found=describe_content(path).removeprefix("it is "))


def _claims_keras(path: Path) -> bool:
    """Whether a zip is a Keras file, or was one before it was cut off and lost its end, which lists what is in it."""
    if path.suffix.lower() in KERAS_ENDINGS:
        return is_keras_zip(path) or not zipfile.is_zipfile(path)
    return is_keras_zip(path)


def _holds_pickle(path: Path) -> bool:
    try:
        with Archive(path) as archive:
            return any(entry.filename.endswith("data.pkl") for entry in archive.entries)
    except zipfile.BadZipFile:
        return False


def _looks_like_onnx(head: bytes) -> bool:
    """Whether it begins as ONNX files do: field 1 (ir_version, below 32), then producer, domain or graph."""
    return len(head) > 4 and head[0] == 0x08 and head[1] < 32 and head[2] in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42)
