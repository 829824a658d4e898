"""Tags that a person gives images of a project; they lie in the project's folder, by the images' paths."""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from n6studio.domain.encoding import decoded
from n6studio.gates.files import read_bytes
from n6studio.gates.inside import inside
from n6studio.system.files import replace_bytes

TAGS_FILE = "tags.json"
LARGEST = 64 << 20  # bytes: 50,000 images with long paths are a tenth of it

_LOCK = threading.Lock()  # several pages give tags, each on a thread of its own


def read_tags(folder: Path) -> dict[Path, tuple[str, ...]]:
    """Return the tags of a project's images; nothing where the file cannot be read."""
    try:
        known = decoded(read_bytes(inside(folder, TAGS_FILE, folder), LARGEST), dict[str, tuple[str, ...]])
    except (OSError, msgspec.MsgspecError):
        return {}
    return {folder / name: tags for name, tags in known.items()}


def write_tags(folder: Path, tags: Mapping[Path, Iterable[str]]) -> None:
    """Remember the tags of a project's images.

    Raises:
        DiskFull, NotWritable.
    """
    kept = {
        path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path): sorted(set(one))
        for path, one in tags.items()
        if one
    }
    replace_bytes(inside(folder, TAGS_FILE, folder), msgspec.json.encode(kept))


def give_tags(folder: Path, images: Iterable[Path], text: str) -> dict[Path, tuple[str, ...]]:
    """Add tags to what these images have by now, whoever gave it, and return those of all images.

    Args:
        folder: of the project.
        images: whose tags change.
        text: tags with commas in between; without any, all that the images have are taken away.

    Raises:
        DiskFull, NotWritable.
    """
    given = [one.strip() for one in text.split(",") if one.strip()]
    with _LOCK:
        tags = read_tags(folder)
        for path in images:
            tags[path] = tuple(dict.fromkeys((*tags.get(path, ()), *given))) if given else ()
        write_tags(folder, tags)
    return tags
