"""What a file is that is not what it should be, by how it begins."""

import zipfile
from pathlib import Path

from n6studio.gates.archives import Archive, ArchiveTooLarge
from n6studio.gates.files import opened

_HEAD_BYTES = 4096
_LARGEST_HEADER = 100_000_000  # bytes that safetensors allows for the description of tensors
_TEXT, _UNKNOWN = "it is a text file", "it is data of an unknown kind"
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
    (b"\x93NUMPY", "an array of NumPy"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
)


def head_of(path: Path) -> bytes:
    """Return how a file begins, at most 4096 bytes.

    Raises:
        OSError: as for `opened`.
    """
    with opened(path) as file:
        return file.read(_HEAD_BYTES)


def what_instead(path: Path) -> str:
    """Return what a file is in which no text of some language could be read, as "it is ..."; "" where it is text.

    Raises:
        OSError: as for `opened`.
    """
    found = describe_content(path)
    return "" if found in (_TEXT, _UNKNOWN) else found


def describe_content(path: Path) -> str:
    """Return what a file that is no model seems to be, as "it is ..."."""
    head = head_of(path)
    if not head:
        return "it is an empty file"
    for beginning, name in _KNOWN_BEGINNINGS:
        if head.startswith(beginning):
            return f"it is {name}"
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "it is a web page: the download saved a page in place of the file"
    if head[:2] == b"PK":
        return _describe_zip(path)
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < _LARGEST_HEADER:
        return "it is a safetensors file: weights, without the model that they belong to"
    if not any(head):
        return "it is a file of zeros, as an interrupted download leaves it"
    try:
        # The head may end within a character; only its inside counts.
        text = head.decode("utf-8", errors="strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return _UNKNOWN
    printable = sum(character.isprintable() or character in "\r\n\t" for character in text)
    if "\0" not in text and printable >= 0.95 * len(head.decode("utf-8", errors="replace")):
        return _TEXT
    return _UNKNOWN


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
