"""Where images and labels lie that a file only names.

Without numpy: a stage's process asks here before its walls stand, and numpy starts threads that would stay outside.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

LARGEST_LIST = 256 << 20  # bytes of a list of images: of some millions
SPLITS = ("val", "test", "train")
_WINDOWS = re.compile(r"^[A-Za-z]:[\\/]|\\")
_PATTERN = re.compile(r"[*?\[]")


def image_folders(path: Path, images: Path | None = None) -> list[Path]:
    """Return where the images of a COCO JSON are looked for, in this order; not all of them need to be there.

    Args:
        path: the JSON.
        images: the folder that the user gave; else the JSON's own folder and its parent.
    """
    split = path.stem.removeprefix("person_keypoints_")
    inner: tuple[str, ...] = (
        ".",
        "images",
        split,
        f"images/{split}",
        "val2017",
        "images/val2017",
        "train2017",
        "images/train2017",
    )
    inner += tuple(f"{folder}{part}" for folder in ("", "images/") for part in SPLITS)
    roots = [images] if images is not None else [path.parent, path.parent.parent]
    return list(dict.fromkeys(root / part for root in roots for part in inner))


def label_path(image: Path) -> Path:
    """Return where Ultralytics expects an image's labels: last folder `images` -> `labels`, suffix .txt."""
    parts = list(image.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def forward(name: str) -> str:
    """Return a name with forward slashes, which one that was written on Windows need not have."""
    return PureWindowsPath(name).as_posix() if _WINDOWS.search(name) else name


def is_pattern(part: str) -> bool:
    """Return whether a part of an Ultralytics YAML stands for several files, as in images/*/val."""
    return bool(_PATTERN.search(part))


def fixed_part(place: Path, part: str) -> Path:
    """Return the folder that all lies in that a place for a part stands for, where the part is a pattern."""
    names = [name for name in forward(part).split("/") if name not in ("", ".")]
    tails = (tuple(names[start:]) for start in range(len(names)))  # a place may be tried for an end of the part only
    tail = next((one for one in tails if place.parts[-len(one) :] == one), tuple(names[-1:]))
    closed = next((index for index, name in enumerate(tail) if is_pattern(name)), 0)
    return Path(*place.parts[: len(place.parts) - len(tail) + closed])


def part_places(path: Path, root: str, part: str, images: Path | None = None) -> list[Path]:
    """Return where a part of an Ultralytics YAML is looked for, in this order; not all of them need to be there.

    As written; beside the YAML; one folder up (Ultralytics keeps YAMLs and data sets apart); and, since data sets move
    and their YAMLs keep the old folders, the ends of the path below the YAML's folder.

    Args:
        path: the YAML.
        root: its `path`.
        part: what stands under 'val', 'test' or 'train'; may be a pattern.
        images: the folder that the user gave, in which nothing but the ends of the path count; else None.
    """
    here, top, name = path.absolute().parent, Path(forward(root)), forward(part)
    bases = [here / top, here.parent / top, here / top.name, here] if images is None else [images]
    found = [base / one for base in bases for one in (name, name.removeprefix("../"))]
    ends = [end for end in _ends(name) if is_pattern(end) == is_pattern(name)]
    found += [base / end for end in ends for base in ((here / top.name, here) if images is None else (images,))]
    return list(dict.fromkeys(found if images is None else [*found, images]))


def listed_places(listing: Path, path: Path, root: str, name: str, images: Path | None = None) -> Iterator[Path]:
    """Yield where an image of a list is looked for, in this order.

    Ultralytics takes paths without ./ from the working folder, which says nothing about the data set. Those of the
    list's own folder and of the YAML's are what is meant.

    Args:
        listing: a text with the path of an image on each line.
        path: the YAML that names it.
        root: its `path`.
        name: a line.
        images: the folder that the user gave, or None.
    """
    here, name = path.absolute().parent, forward(name.strip())
    bases = [images] if images is not None else [listing.parent, path.parent, here / forward(root)]
    yield from (base / name for base in bases)
    for end in _ends(name):
        yield from (base / end for base in (bases[0], bases[-1]))


def _ends(name: str) -> list[str]:
    """Return the ends of a path, the longest first, without the whole of it: b/c and c of a/b/c."""
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return ["/".join(parts[start:]) for start in range(0 if name[:1] in "/." else 1, len(parts))]
