"""Which files a stage's inputs lead to: what it may read when reading is closed.

A folder leads to what links in it point to, an ONNX file to what lies beside it (its numbers may), labels to the images
that they name. Foreign labels may name any place, so a place as wide as a home is never opened as a whole: of such only
images and label files are.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.requests import InputFile
from n6studio.gates.files import read_bytes, read_text
from n6studio.gates.texts import yaml_file
from n6studio.stages.datasets.places import (
    LARGEST_LIST,
    SPLITS,
    fixed_part,
    image_folders,
    is_pattern,
    label_path,
    listed_places,
    part_places,
)
from n6studio.stages.process.wide import is_wide

_NUMBERS_OF_ONNX = frozenset({".data", ".bin", ".raw", ".weight", ".weights"})
_FILE_NAME = re.compile(rb'"file_name"\s*:\s*("(?:[^"\\]|\\.)*")')
_LEAVING = re.compile(r"^(?:[/\\]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)")


def readable_by(inputs: Mapping[str, Sequence[InputFile]]) -> list[Path]:
    """Return the files and folders that a stage's inputs lead to; places that are not there may be among them."""
    found: list[Path] = []
    for role, files in inputs.items():
        for file in files:
            # Names that no file can have; the stage itself will say what is wrong with them.
            with contextlib.suppress(OSError, ValueError, RuntimeError, MemoryError):
                for place in _reach(Path(file.path), role):
                    found.append(place)
    return list(dict.fromkeys(found))


def _reach(path: Path, role: str) -> Iterator[Path]:
    if path.is_dir():
        if is_wide(path):  # it was chosen, and not named by a foreign file
            yield path
        yield from opened(path)
        if role == "images":  # the labels of a YAML's images lie beside them
            yield from opened(label_path(path / "any").parent)
        return
    yield path
    suffix = path.suffix.lower()
    if role == "data" and suffix in (".json", ".xml", ".ndjson", ".jsonl"):
        yield from _coco(path)
    elif role == "data" and suffix in (".yaml", ".yml"):
        yield from _yolo(path)
    elif suffix == ".onnx":
        if not is_wide(path.parent):
            yield path.parent
        else:
            yield from (
                one
                for one in _plain_files(path.parent)
                if one.name.startswith(path.stem) or one.suffix.lower() in _NUMBERS_OF_ONNX
            )


def opened(folder: Path, deep: bool = True) -> Iterator[Path]:
    """Yield a folder and where the links in it lead; of one as wide as a home, only the images and label files in it.

    Args:
        folder: need not be there.
        deep: look for links in the folders below it, too.
    """
    if is_wide(folder):
        yield from (one for one in _plain_files(folder) if one.suffix.lower() in IMAGE_SUFFIXES | {".txt"})
        return
    yield folder
    waiting, seen = [str(folder)], set()
    while waiting:
        here = waiting.pop()
        real = os.path.realpath(here)
        if real in seen:
            continue
        seen.add(real)
        for entry in _entries(here):
            if entry.is_symlink():
                target = Path(os.path.realpath(entry.path))  # which, unlike resolve(), takes links that lead in circles
                if not target.is_dir():
                    yield target
                elif not is_wide(target):
                    yield target
                    waiting += [str(target)] if deep else []
            elif deep and entry.is_dir():
                waiting.append(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _coco(path: Path) -> Iterator[Path]:
    """Yield where the images of a COCO JSON are looked for, and the images whose names lead elsewhere."""
    roots, folders = (path.parent, path.parent.parent), image_folders(path)
    for folder in folders:
        yield from opened(folder, deep=folder not in roots)
    try:
        names = {json.loads(found) for found in _FILE_NAME.findall(read_bytes(path))}
    except (OSError, ValueError, MemoryError):
        return
    for name in names:
        if _LEAVING.search(name) and Path(name).suffix.lower() in IMAGE_SUFFIXES:
            yield from (folder / name for folder in folders)


def _yolo(path: Path) -> Iterator[Path]:
    """Yield where the images and labels of an Ultralytics YAML may lie: every place that is tried for its parts."""
    data = _mapping(path)
    root = data.get("path") or "."
    parts = [one for split in (*SPLITS, "validation") for one in _listed(data.get(split)) if isinstance(one, str)]
    for part in parts if isinstance(root, str) else []:
        for place in part_places(path, root, part):
            if is_pattern(part):
                yield from _with_labels([fixed_part(place, part)])
            elif place.is_dir():
                yield from _with_labels([place])
            elif place.suffix.lower() in IMAGE_SUFFIXES:
                yield from (place, label_path(place))
            elif place.is_file():
                yield place
                yield from _listed_images(place, path, root)


def _mapping(path: Path) -> dict[Any, Any]:
    try:
        data = yaml_file(path)
    except (OSError, ValueError, MemoryError):
        return {}  # whoever reads it in earnest says what is wrong
    return data if isinstance(data, dict) else {}


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value] if value else []


def _listed_images(listing: Path, path: Path, root: str) -> Iterator[Path]:
    """Yield what a text with a path of an image on each line leads to."""
    try:
        lines = read_text(listing, LARGEST_LIST, "utf-8-sig", "replace").splitlines()
    except (OSError, MemoryError):
        return
    folders = {line.strip().replace("\\", "/").rpartition("/")[0] for line in lines if line.strip()}
    places = {one.parent for name in folders for one in listed_places(listing, path, root, f"{name}/any")}
    yield from _with_labels(sorted(place for place in places if place.is_dir()))


def _with_labels(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from opened(folder)
        yield from opened(label_path(folder / "any").parent)


def _plain_files(folder: Path) -> list[Path]:
    try:
        return [one for one in folder.iterdir() if not one.name.startswith(".") and one.is_file()]
    except OSError:
        return []
