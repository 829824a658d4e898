"""What kind of file this is, by what it contains; the ending of its name only decides how a fault is worded."""

import zipfile
from pathlib import Path

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.foreign import reading
from n6studio.gates.archives import Archive, ArchiveTooLarge
from n6studio.gates.files import require_present
from n6studio.stages.inspect.stage import KERAS_ENDINGS
from n6studio.stages.model.keras_gate import is_keras_zip

_HEAD_BYTES = 4096
_HDF5 = b"\x89HDF\r\n\x1a\n"
_CHECKPOINT_ENDINGS = (".pt", ".pth")

_KNOWN_BEGINNINGS = (
    (b"version https://git-lfs", "a Git LFS pointer: the small text that stands for a file not yet downloaded"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x7fELF", "a program for Linux or for a board"),
    (b"MZ", "a Windows program"),
)


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
        head = _head(path)
    if head[4:8] == b"TFL3":
        return "tflite"
    if _looks_like_onnx(head):
        return "onnx"
    if head[:8] == _HDF5 or (head[:2] == b"PK" and _claims_keras(path)):
        return "keras"
    # Whether a file that calls itself a checkpoint is one, the scan finds out; old pickles have no beginning of their
    # own, and one that is cut off must not pass for another kind of file.
    if path.suffix.lower() in _CHECKPOINT_ENDINGS or head[:1] == b"\x80" or (head[:2] == b"PK" and _holds_pickle(path)):
        return "pt"
    raise UnknownFormat(path=path, found=describe_content(path).removeprefix("it is "))


def _claims_keras(path: Path) -> bool:
    """Whether a zip is a Keras file, or was one before it was cut off and lost its end, which lists what is in it."""
    if path.suffix.lower() in KERAS_ENDINGS:
        return is_keras_zip(path) or not zipfile.is_zipfile(path)
    return is_keras_zip(path)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _holds_pickle(path: Path) -> bool:
    try:
        with Archive(path) as archive:
            return any(entry.filename.endswith("data.pkl") for entry in archive.entries)
    except zipfile.BadZipFile:
        return False


def _looks_like_onnx(head: bytes) -> bool:
    """Whether it begins as ONNX files do: field 1 (ir_version, below 32), then producer, domain or graph."""
    return len(head) > 4 and head[0] == 0x08 and head[1] < 32 and head[2] in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42)


def describe_content(path: Path) -> str:
    """Return what a file that is no model seems to be, as "it is ..."."""
    head = _head(path)
    if not head:
        return "it is an empty file"
    for beginning, name in _KNOWN_BEGINNINGS:
        if head.startswith(beginning):
            return f"it is {name}"
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "it is a web page: the download saved a page in place of the file"
    if head[:2] == b"PK":
        return _describe_zip(path)
    if not any(head):
        return "it is a file of zeros, as an interrupted download leaves it"
    try:
        # The head may end within a character; only its inside counts.
        text = head.decode("utf-8", errors="strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return "it is data of an unknown kind"
    printable = sum(character.isprintable() or character in "\r\n\t" for character in text)
    if "\0" not in text and printable >= 0.95 * len(head.decode("utf-8", errors="replace")):
        return "it is a text file"
    return "it is data of an unknown kind"


def _describe_zip(path: Path) -> str:
    try:
        with Archive(path) as archive:
            names = [entry.filename for entry in archive.entries]
    except ArchiveTooLarge as error:
        return f"it is a zip archive, and {error}"
    except zipfile.BadZipFile:
        return "it is a zip archive whose end is missing"
    if any(name.endswith("saved_model.pb") for name in names):
        return "it is a zipped SavedModel; unpack it first"
    if any(name.lower().endswith((".pt", ".onnx", ".tflite")) for name in names):
        return "it is a zip archive with a model in it; unpack it first"
    return "it is a zip archive without a model"
