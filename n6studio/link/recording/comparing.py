"""A recording, seen twice: by two models, by board and this computer, or by a model and whoever labelled it."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.errors.datasets import KeypointCountMismatch, LabelFormUnknown
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.domain.errors.labels import LabelsMatchNothing
from n6studio.domain.live import Frame
from n6studio.domain.metrics.tuning import TwoViews
from n6studio.domain.pose.frames import pixels_of_image
from n6studio.domain.pose.people import ImagePixels, People, nobody
from n6studio.gates.json_texts import json_file
from n6studio.link.recording.recording import Recording

Look = Callable[[Frame], People[ImagePixels] | None]
"""Who is in a frame; None where it cannot be said."""

_NUMBERED = re.compile(r"-(\d{6,9})\.[A-Za-z]+$")  # as `export_images` names them
LARGEST_LABELS = 256 << 20  # bytes
MOST_FRAMES = 2000  # that are kept, each with 67 KB of candidates at most; of longer recordings every second, third...


def recorded(frame: Frame) -> People[ImagePixels] | None:
    """Return whom the results in the frame itself name."""
    return None if frame.results is None else pixels_of_image(frame.results.people, frame.size)


def seen_twice(
    recording: Recording,
    judged: Look,
    reference: Look,
    progress: Callable[[int, int], None],
    average: bool = False,
) -> tuple[TwoViews, ...]:
    """Return the frames of which both say something, at most `MOST_FRAMES` that are equally far apart.

    Args:
        recording: the frames.
        judged: gives candidates, highest confidence first.
        reference: who is there.
        progress: called with (done, total) frames; it may raise to stop.
        average: whether keypoints of what is judged are averaged over all candidates of a person; what is recorded is
            as the board found it.

    Raises:
        KeypointCountMismatch: they do not see the same keypoints.
        FileUnreadable, RecordingUnreadable.
    """
    found = []
    total = len(recording.entries)
    step = max(1, -(-total // MOST_FRAMES))
    for number in range(0, total, step):
        frame = recording.frame(number)
        there, candidates = reference(frame), judged(frame)
        if there is not None and candidates is not None:
            points, wanted = there.keypoints.shape[1], candidates.keypoints.shape[1]
            if points != wanted and len(there) and len(candidates):
                raise KeypointCountMismatch(
                    data="The reference", data_keypoints=points, model="The model", model_keypoints=wanted
                )
            found.append(TwoViews(number, there if len(there) else nobody(wanted), candidates, average))
        progress(min(total, number + step), total)
    return tuple(found)


def read_labels(path: Path) -> Look:
    """Return who is there by a COCO keypoint file for images that were exported from the recording.

    Their names say which frame each is. Frames that the file does not name are not judged; crowds are left out.

    Raises:
        FileMissing, FileUnreadable; LabelsUnreadable.
    """
    try:
        with reading(path):
            data = json_file(path, LARGEST_LABELS)
        images = {row["id"]: int(found[1]) for row in data["images"] if (found := _NUMBERED.search(row["file_name"]))}
        people: dict[int, list[Mapping[str, Any]]] = {number: [] for number in images.values()}
        for row in data["annotations"]:
            if row["image_id"] in images and not row.get("iscrowd") and any(row.get("keypoints") or ()):
                people[images[row["image_id"]]].append(row)
        labelled = {number: _people(rows) for number, rows in people.items()}
    except Unparsable as error:
        raise LabelFormUnknown(path=path, reason=error.where) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LabelFormUnknown(path=path, reason="it is no COCO file with images, annotations and keypoints") from error
    if not labelled:
        raise LabelsMatchNothing(path=path, reason="none of its images is named like a frame that was exported")
    return lambda frame: labelled.get(frame.number)


def _people(rows: list[Mapping[str, Any]]) -> People[ImagePixels]:
    if not rows:
        return nobody(0)
    keypoints = np.array([row["keypoints"] for row in rows], np.float32).reshape(len(rows), -1, 3)
    boxes = np.array([row["bbox"] for row in rows], np.float32).reshape(len(rows), 4)
    boxes[:, 2:] += boxes[:, :2]
    if not (np.isfinite(keypoints).all() and np.isfinite(boxes).all()):
        raise ValueError("no numbers")
    return People(boxes, np.ones(len(rows), np.float32), keypoints)
