"""Contents of files and folders as SHA-256, remembered by size and time of change."""

import contextlib
import hashlib
import json
import stat
from collections.abc import Iterable
from pathlib import Path

from n6studio.domain.errors.files import PathRefused, StorageError
from n6studio.domain.errors.foreign import reading, reading_error
from n6studio.domain.model.formats import IMAGE_SUFFIXES, MODEL_ENDINGS
from n6studio.domain.requests import InputFile
from n6studio.gates.files import LARGEST_HASHED, sha256_of
from n6studio.gates.folders import every_file, within_limit
from n6studio.gates.inside import inside
from n6studio.gates.json_texts import json_file
from n6studio.gates.onnx_weights import weights_beside
from n6studio.gates.stopping import go_on
from n6studio.system.files import replace_text

# Bytes of a model, or of one file in a folder: no image and no part of a SavedModel comes near. Files full of holes are
# made in no time and would be hashed for minutes.
LARGEST_PART = 4 << 30
LARGEST_CACHE = 256 << 20  # bytes: of a million files
_DATA_SUFFIXES = IMAGE_SUFFIXES | {".txt"}
# Digests by the file they are kept in: several threads of the window look at one folder, and it is hashed once.
_opened: dict[Path, dict[str, str]] = {}


class HashCache:
    """Remembers digests between runs, keyed by path, size, and times of modification and change in nanoseconds.

    The time of change is what nobody sets at will: an archive that is unpacked brings its own times of modification.

    Args:
        file: JSON file to keep it in, or None to remember only while the program runs.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known = {} if file is None else _opened.setdefault(file, {})
        if file is not None and not self._known:
            with contextlib.suppress(OSError, ValueError, TypeError):  # only a cache, and at first there is none
                self._known.update(json_file(file, LARGEST_CACHE))

    def file(self, path: Path, largest: int = LARGEST_HASHED) -> str:
        """Return the hex SHA-256 of a file's contents, of at most `largest` bytes.

        Raises:
            FileMissing, FileUnreadable, NotAFile, FileTooLarge.
        """
        go_on()
        with reading(path):
            status = path.stat()
            key = f"{path}|{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}"
            if key not in self._known:
                self._known[key] = sha256_of(path, largest)
        return self._known[key]

    def many(self, folder: Path, files: Iterable[Path]) -> str:
        """Return one digest over the names (relative to `folder`) and contents of `files`."""
        digest = hashlib.sha256()
        for path in sorted(files):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{self.file(path, LARGEST_PART)}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def save(self) -> None:
        """Write the cache to its file, if it has one and that can be written."""
        if self._file is not None:
            with contextlib.suppress(StorageError):  # only a cache; a read-only home must not stop the work
                replace_text(self._file, json.dumps(self._known.copy()), durable=False)


def folder_state(folder: Path) -> str:
    """Return a digest of the names, sizes and times of change of the images and label files in `folder` itself.

    "" where there is no such folder. Nothing is read, so thousands of images cost a moment.
    """
    digest = hashlib.sha256()
    try:
        for path in sorted(within_limit(folder, folder.iterdir())):
            if path.suffix.lower() in _DATA_SUFFIXES:
                status = path.stat()
                line = f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\n"
                digest.update(line.encode("utf-8", "surrogateescape"))
    except OSError:
        return ""
    return digest.hexdigest()


def input_of(path: Path, hashes: HashCache, images_only: bool = False) -> InputFile:
    """Return a file or folder as a stage's input, with its digest.

    Args:
        path: file or folder; made absolute.
        hashes: cache to use.
        images_only: of a folder, let only images count (other files there may change freely).

    Raises:
        FileMissing, FileUnreadable, NotAFile, FileTooLarge, LinkBroken.
    """
    path = path.expanduser().absolute()
    with reading(path):
        folder = stat.S_ISDIR(path.stat().st_mode)
    if folder:
        return InputFile(str(path), hashes.many(path, files_below(path, images_only)))
    digest = hashes.file(path, LARGEST_PART if path.suffix.lower() in MODEL_ENDINGS else LARGEST_HASHED)
    beside = weights_of(path)
    if beside:
        digest = hashlib.sha256(f"{digest}\n{hashes.many(path.parent, beside)}".encode()).hexdigest()
    return InputFile(str(path), digest)


def weights_of(path: Path) -> set[Path]:
    """Return the files in which an .onnx leaves its weights: it stays the same while they change."""
    if path.suffix.lower() != ".onnx":
        return set()
    with reading(path):
        names = weights_beside(path)
    found = set()
    for name in names:
        with contextlib.suppress(PathRefused):  # whoever opens the model refuses it with its reason
            file = inside(path.parent, name, path)
            if file.is_file():
                found.add(file)
    return found


def files_below(folder: Path, images_only: bool) -> list[Path]:
    """Return all files below `folder`, sorted; hidden ones are left out.

    Raises:
        FileMissing, FileUnreadable: the folder cannot be listed, or one below it vanished meanwhile.
        FolderTooLarge: it has more files than are looked at.
    """
    suffixes = tuple(IMAGE_SUFFIXES) if images_only else ""
    try:
        found = [
            Path(entry.path)
            for entry in every_file(folder)
            if entry.name[0] != "." and entry.name.lower().endswith(suffixes)
        ]
    except OSError as error:
        raise reading_error(error.filename or folder, error) from error
    return sorted(found, key=lambda path: path.parts)
