"""Data to judge models on: COCO keypoint JSON, Ultralytics pose YAML, or images without labels."""

import contextlib
import dataclasses
from pathlib import Path

from n6studio.domain.errors.datasets import LabelFormUnknown, NoImages
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.labels import LabelEntryUnusable
from n6studio.domain.evaluation.account import LeftOut
from n6studio.domain.model.formats import IMAGE_SUFFIXES
from n6studio.domain.texts import counted, plural
from n6studio.gates.files import require_present
from n6studio.gates.texts import yaml_file
from n6studio.stages.datasets import coco as datasets_coco
from n6studio.stages.datasets import cvat, ndjson
from n6studio.stages.datasets import yolo as datasets_yolo
from n6studio.stages.datasets.images import list_images, other_formats
from n6studio.stages.datasets.model import Dataset, Item
from n6studio.stages.datasets.places import SPLITS, label_path

# In one image; the time of the figures grows with their square. The densest photographs with single people have some
# hundreds.
MOST_PEOPLE = 2000


def open_dataset(
    path: Path, images: Path | None = None, split: str = "val", limit: int = 0, skip_missing: bool = False
) -> Dataset:
    """Read the labels and find the images; no image is opened.

    Args:
        path: COCO keypoint .json, Ultralytics .yaml or .ndjson, CVAT .xml, Label Studio .json, a folder of images or
            one image.
        images: folder of the images, where they are not where the JSON or YAML leads.
        split: which part of a YAML: 'val', 'test' or 'train'.
        limit: take only the first images; 0 for all.
        skip_missing: leave out images that are not there, with a note, instead of refusing.

    Raises:
        FileMissing, LabelsUnreadable, LabelsFaulty, ImagesMissing, NoImages.
    """
    with reading(path):
        require_present(path)
    suffix = path.suffix.lower()
    if path.is_dir() or suffix in IMAGE_SUFFIXES:
        found = _images_only(path)
    elif suffix == ".json":
        found = datasets_coco.read(path, images, skip_missing)
    elif suffix == ".xml":
        found = datasets_coco.read_rows(path, cvat.as_coco(path), images, skip_missing)
    elif suffix in (".ndjson", ".jsonl"):
        rows, told = ndjson.as_coco(path, split)
        found = datasets_coco.read_rows(path, rows, images, skip_missing, told)
    elif suffix in (".yaml", ".yml"):
        found = datasets_yolo.read(path, split, skip_missing, images)
    else:
        raise LabelFormUnknown(path=path, reason=f"it ends in '{suffix}', which is not a supported label format")
    if not found.items:
        raise NoImages(path=path, seen=0)
    for item in found.items:
        if item.truth is not None and len(item.truth.areas) > MOST_PEOPLE:
            people = counted(len(item.truth.areas), "person", "people")
            reason = f"{item.path.name} has {people}, and at most {MOST_PEOPLE:,} of an image are read"
            raise LabelEntryUnusable(path=path, reason=reason)
    if found.labelled and not any(item.truth is not None and item.truth.counts().any() for item in found.items):
        note = "Not one person has a labelled keypoint, so there is nothing to compare with: accuracy stays unknown."
        found = dataclasses.replace(found, notes=(*found.notes, note))
    if limit and limit < len(found.items):
        note = (
            f"Only the first {limit} of {counted(len(found.items), 'image')} {plural(limit, 'was', 'were')} evaluated."
        )
        beyond = LeftOut(count=len(found.items) - limit, reason="beyond the number that was asked for")
        labels = sum(len(item.truth.people) for item in found.items[limit:] if item.truth is not None)
        of_them = (LeftOut(count=labels, reason="in images that were not asked for"),) if labels else ()
        found = dataclasses.replace(
            found,
            items=found.items[:limit],
            notes=(*found.notes, note),
            left_out=(*found.left_out, beyond),
            labels_left_out=(*found.labels_left_out, *of_them),
        )
    return found


def described_by(path: Path) -> Path:
    """Return the file that describes a folder's data set: a YAML with kpt_shape, or labels; the path itself else."""
    if not path.is_dir():
        return path
    names = sorted(one for one in path.iterdir() if one.is_file() and one.name[0] != ".")
    for one in names:
        if one.suffix.lower() in (".yaml", ".yml"):
            with contextlib.suppress(OSError, ValueError):
                data = yaml_file(one)
                if isinstance(data, dict) and data.get("kpt_shape"):
                    return one
    labels = [one for one in names if one.suffix.lower() in (".json", ".xml", ".ndjson")]
    return labels[0] if len(labels) == 1 else path


def parts_of(path: Path) -> tuple[str, ...]:
    """Return which of 'val', 'test' and 'train' a YAML has, in this order; () for anything else."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        return ()
    try:
        data = yaml_file(path)
    except (OSError, ValueError):
        return ()  # whoever reads it in earnest says what is wrong
    named = {"val": "validation"}
    if not isinstance(data, dict):
        return ()
    return tuple(name for name in SPLITS if data.get(name) or data.get(named.get(name, "")))


def _images_only(path: Path) -> Dataset:
    paths = list_images(path)
    if not paths and path.is_dir():
        raise NoImages(path=path, seen=sum(1 for _ in path.iterdir()))
    formats = other_formats(path)
    items = tuple(Item(one, number) for number, one in enumerate(paths, 1))
    notes = tuple(note for note, _ in formats)
    described = described_by(path)
    if described != path:
        notes += (f"{described.name} lies in {path.name}: choose it instead of the folder, for its labels.",)
    return Dataset(path.name, "pictures", path, items, notes=notes, left_out=tuple(one for _, one in formats))


def referred_folders(dataset: Dataset) -> tuple[str, ...]:
    """Return the folders of the images and label files that a JSON or YAML only names: what a result has to watch."""
    if dataset.kind == "pictures":
        return ()
    images = {item.path.parent for item in dataset.items}
    labels = {label_path(item.path).parent for item in dataset.items} if dataset.kind == "yolo" else set()
    return tuple(sorted(str(folder.absolute()) for folder in images | labels))
