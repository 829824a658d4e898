"""people.jsonl: who is labelled and who was found in each picture, for drawing. docs/results.md explains the names."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.metrics.oks import oks_matrix
from n6studio.domain.metrics.pairs import PairOfPicture
from n6studio.domain.pose.people import FloatArray, ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.evaluate.one_image import PictureRecord
from n6studio.stages.evaluate.results import Judgement

SCHEMA = 1


def write_people(path: Path, judgement: Judgement, names: list[str], skeleton: Skeleton) -> None:
    """Write a line that says how to draw, then one line a picture that could be read, in the data set's order."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_line(_heading(names, skeleton)))
        for place, record in enumerate(judgement.records):
            pairs = [pictures[place] for pictures in judgement.pairs]
            file.write(_line(_picture(record, pairs, skeleton)))


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":")) + "\n"


def _heading(names: list[str], skeleton: Skeleton) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "models": names,
        "keypoints": list(skeleton.names),
        "bones": [list(bone) for bone in skeleton.bones],
        "colours": [list(colour) for colour in skeleton.colours],
    }


def _picture(record: PictureRecord, pairs: list[PairOfPicture], skeleton: Skeleton) -> dict[str, Any]:
    line: dict[str, Any] = {"image": str(record.item.path), "image_id": record.item.image_id, "size": list(record.size)}
    line["truth"] = None
    line["models"] = [_people(seen.counting) | {"scores": _plain(seen.counting.confidences, 4)} for seen in record.seen]
    if record.truth is not None:
        counts = record.truth.counts()
        truth, areas = record.truth.people[counts], record.truth.areas[counts]
        line["truth"] = _people(truth)
        for place, seen in enumerate(record.seen):
            oks = oks_matrix(truth.keypoints, seen.counting.keypoints, areas, skeleton.sigmas)
            line["models"][place] |= _best(oks)
    elif pairs:
        line["agreement"] = _plain(pairs[0].agreement, 4)
    if pairs:
        line["lost"] = round(float(pairs[0].oks_lost().max(initial=0.0)), 4)
    elif record.truth is not None:
        # Without a rival, what is lost is what is missing to 1.
        line["lost"] = round(max((1 - value for value in line["models"][0]["oks"]), default=0.0), 4)
    else:
        line["lost"] = 0.0
    return line


def _best(oks: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Return for each labelled person the best OKS and the place of who has it, None where that is nobody."""
    best = _plain(oks.max(axis=1, initial=0.0), 4)
    return {
        "oks": best,
        "who": [int(row.argmax()) if value > 0 else None for row, value in zip(oks, best, strict=True)],
    }


def _people(people: People[ImagePixels]) -> dict[str, Any]:
    return {
        "boxes": [_plain(box, 1) for box in people.boxes],
        "keypoints": [_points(points) for points in people.keypoints],
    }


def _points(points: FloatArray) -> list[float]:
    """Return x, y, visibility of each keypoint in a row: tenths of a pixel, hundredths of a probability."""
    rounded = np.column_stack([np.round(points[:, :2].astype(np.float64), 1), np.round(points[:, 2:], 2)])
    return _plain(rounded.reshape(-1), 2)


def _plain(values: npt.NDArray[Any], digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]
