"""Where images and labels lie that a file only names.

Without numpy: a stage's process asks here before its walls stand, and numpy starts threads that would stay outside.
"""

from pathlib import Path

LARGEST_LIST = 256 << 20  # bytes of a list of images: of some millions


def image_folders(path: Path, images: Path | None = None) -> list[Path]:
    """Return where the images of a COCO JSON are looked for, in this order; not all of them need to be there.

    Args:
        path: the JSON.
        images: the folder that the user gave; else the JSON's own folder and its parent.
    """
    split = path.stem.removeprefix("person_keypoints_")
    inner = (".", "images", split, f"images/{split}", "val2017", "images/val2017", "train2017", "images/train2017")
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
