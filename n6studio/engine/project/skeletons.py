"""Skeletons on disk: read from files that people have, and handed to the stages as a file named for its contents."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from n6studio.domain.errors.datasets import SkeletonUnreadable
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.pose.skeleton_file import NotASkeleton, skeleton_from_values, skeleton_of_document, skeleton_values
from n6studio.domain.requests import InputFile
from n6studio.domain.texts import counted
from n6studio.gates.inside import inside
from n6studio.gates.json_texts import json_file
from n6studio.gates.texts import yaml_file
from n6studio.system.files import replace_text


def read_skeleton(path: Path, count: int | None = None) -> Skeleton:
    """Read a skeleton from Ultralytics' data YAML, from a project file, or from one of ours.

    Args:
        path: the file.
        count: how many keypoints it must have; None for any number.

    Raises:
        FileMissing, FileUnreadable: it cannot be read.
        SkeletonUnreadable: it holds none, a wrong one, or one of another number of keypoints.
    """
    try:
        with reading(path):
            data = yaml_file(path)
    except Unparsable as error:
        raise SkeletonUnreadable(path=path, reason=error.reason) from error
    try:
        skeleton = skeleton_of_document(data)
    except NotASkeleton as error:
        raise SkeletonUnreadable(path=path, reason=str(error)) from error
    if count is not None and len(skeleton) != count:
        reason = f"it describes {counted(len(skeleton), 'keypoint')}, and the model has {count}"
        raise SkeletonUnreadable(path=path, reason=reason)
    return skeleton


def write_skeleton(path: Path, skeleton: Skeleton) -> None:
    """Write a skeleton as YAML that `read_skeleton` reads.

    Raises:
        DiskFull, NotWritable.
    """
    replace_text(path, yaml.safe_dump(skeleton_values(skeleton), sort_keys=False, allow_unicode=True))


def _text(skeleton: Skeleton) -> str:
    return json.dumps(skeleton_values(skeleton), sort_keys=True, indent=1)


def skeleton_input(folder: Path, skeleton: Skeleton) -> InputFile:
    """Return the project's skeleton as an input of stages. Nothing is written; `save_skeleton` does that."""
    digest = hashlib.sha256(_text(skeleton).encode()).hexdigest()
    return InputFile(str(folder / "runs" / "skeleton" / f"{digest[:12]}.json"), digest)


def skeleton_change(before: Sequence[InputFile], after: Sequence[InputFile]) -> str:
    """Return in words what differs between the skeletons of two requests, each () or the file of `skeleton_input`."""
    if not before or not after:
        return "keypoints were edited" if after else "keypoints were restored from the checkpoint"
    try:
        old, new = (json_file(Path(files[0].path)) for files in (before, after))
        first, second = skeleton_from_values(old), skeleton_from_values(new)
    except (OSError, ValueError):
        return "keypoints changed"
    parts = [name for name in _PARTS if getattr(first, name) != getattr(second, name)]
    changed = [_PARTS[name] for name in parts if name != "sigmas_known" or len(parts) == 1]
    return f"{' and '.join(changed) or 'something'} of the keypoints changed"


_PARTS = {
    "names": "names",
    "edges": "skeleton edges",
    "mirror": "left/right pairs",
    "sigmas": "sigmas",
    "colours": "colours",
    "sigmas_known": "sigma source",
}


def save_skeleton(folder: Path, skeleton: Skeleton) -> None:
    """Write the file of `skeleton_input`, which a change of the project does not touch while a stage reads it.

    Raises:
        PathRefused: there is a link on the way.
        DiskFull, NotWritable.
    """
    name = Path(skeleton_input(folder, skeleton).path).relative_to(folder)
    path, text = inside(folder, name.as_posix(), folder), _text(skeleton)
    if not (path.is_file() and path.stat().st_size <= 4 * len(text) and path.read_text("utf-8", "replace") == text):
        replace_text(path, text)  # what a project carries under this name need not be it
