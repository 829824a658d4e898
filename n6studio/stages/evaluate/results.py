"""From the records of all pictures to results.json and images.csv. docs/results.md explains every name."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.metrics.average_precision import (
    Ranking,
    ap_coco,
    ap_difference_intervals,
    ap_interpolated,
    confidence_curves,
    precision_recall,
    rank,
    resamples,
)
from n6studio.domain.metrics.errors import error_figures
from n6studio.domain.metrics.groups import by_crowd, by_hidden, hidden_share, people_by_size, score_calibration
from n6studio.domain.metrics.keypoints import empty_tally, keypoint_figures, people_figures
from n6studio.domain.metrics.oks import Float64Array, oks_matrix
from n6studio.domain.metrics.pairs import PairOfPicture, compare_people, pair_figures
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.evaluate.coco import CocoResult, evaluate_coco
from n6studio.stages.evaluate.one_image import PictureRecord

Figures = dict[str, Any]

RESAMPLES = 200  # of the bootstrap: enough for a 95 % interval good to about a tenth of its width
_SEED = 42


@dataclass(frozen=True, eq=False)
class Judgement:
    """Everything known after the pictures have gone through the networks.

    Attributes:
        records: all pictures that could be read, in order.
        unreadable: those that could not.
        models: JSON-ready figures of each network.
        comparison: JSON-ready figures of the first network against each other one, which are named by their place.
        pairs: for each other network one entry a picture.
        rankings: COCO's matching of each network; empty without labels.
    """

    records: list[PictureRecord]
    unreadable: list[PictureRecord]
    models: list[Figures]
    comparison: list[Figures]
    pairs: list[list[PairOfPicture]]
    rankings: list[Ranking]


def judge(records: list[PictureRecord], dataset: Dataset, skeleton: Skeleton, networks: int) -> Judgement:
    """Compute all figures from the pictures' records."""
    read = [record for record in records if not record.problem]
    unreadable = [record for record in records if record.problem]
    models: list[Figures] = []
    rankings: list[Ranking] = []
    for index in range(networks):
        result = _coco(read, index, skeleton) if dataset.labelled else None
        if result is not None:
            rankings.append(result.ranking)
        models.append(_model_figures(read, index, skeleton, result))
    comparison, pairs = [], []
    draws = resamples(len(read), RESAMPLES if networks > 1 else 0, _SEED)
    for reference in range(1, networks):
        pairs.append([_pair(record, reference, skeleton) for record in read])
        figures: Figures = {"judged": 0, "reference": reference, "basis": "labels" if dataset.labelled else "reference"}
        figures |= pair_figures(pairs[-1], draws) | _ap_difference(rankings, reference, draws)
        comparison.append(figures)
    return Judgement(read, unreadable, models, comparison, pairs, rankings)


def _coco(records: list[PictureRecord], index: int, skeleton: Skeleton) -> CocoResult:
    truths = [record.truth for record in records if record.truth is not None]
    return evaluate_coco(truths, [record.seen[index].people for record in records], skeleton)


def _model_figures(records: list[PictureRecord], index: int, skeleton: Skeleton, coco: CocoResult | None) -> Figures:
    figures: Figures = {"coco": None, "zoo": None, "yolo": None, "box": None, "ultralytics": None}
    figures |= {"errors": None, "groups": None, "calibration": None}
    figures |= {"pr": None, "f1": None, "keypoints": [], "people": None, "ms": _times(records, index)}
    found = sum(record.seen[index].operating for record in records)
    figures["people"] = {"labelled": None, "found": found, "right": None, "missed": None, "false": None}
    matched = [record.seen[index].matched for record in records]
    known = [one for one in matched if one is not None]
    if coco is None:
        return figures
    scores = [record.seen[index].confidences for record in records]
    # The model zoo's data sets hold only pictures with at least one labelled person (its converter drops the others).
    peopled = [place for place, one in enumerate(known) if one.positives[0]]
    zoo = rank([scores[p] for p in peopled], [known[p].zoo for p in peopled], [known[p].positives[0] for p in peopled])
    yolo = rank(scores, [one.yolo for one in known], [one.positives[1] for one in known])
    box = rank(scores, [one.box for one in known], [one.positives[2] for one in known], [m.box_aside for m in known])
    tally = sum((one.tally for one in known), empty_tally(len(skeleton)))
    figures |= {
        "coco": coco.figures,
        "zoo": _map(ap_interpolated(zoo, drop=False)) | {"images": len(peopled)},
        "yolo": _map(ap_interpolated(yolo, drop=True)),
        "box": {"ap50": _figure(ap_coco(box)[0])},
        "pr": {"pose": precision_recall(coco.ranking), "box": precision_recall(box)},
        "f1": {"pose": confidence_curves(coco.ranking), "box": confidence_curves(box)},
        "keypoints": keypoint_figures(tally, skeleton),
        "errors": error_figures(tally.kinds),
        "groups": _groups(records, index, skeleton, coco),
        "calibration": score_calibration(coco.ranking),
        "people": people_figures(tally),
    }
    return figures


def _groups(records: list[PictureRecord], index: int, skeleton: Skeleton, coco: CocoResult) -> Figures:
    """Return accuracy by size, by how many people are in the picture, and by how much of a person is hidden."""
    truths = [(record.truth, record.truth.counts()) for record in records if record.truth is not None]
    sizes = people_by_size([truth.areas[counts] for truth, counts in truths])
    shares = [hidden_share(truth.people.keypoints[counts]) for truth, counts in truths]
    oks = [best_oks(record, index, skeleton) for record in records if record.truth is not None]
    none = np.zeros(0)
    return {
        "size": [{"name": name, "people": count, "ap": coco.figures[f"ap_{name}"]} for name, count in sizes.items()],
        "crowd": by_crowd(coco.ranking),
        "hidden": by_hidden(np.concatenate([none, *shares]), np.concatenate([none, *oks])),
    }


def _map(values: Float64Array) -> Figures:
    return {"map": _figure(values.mean()), "map50": _figure(values[0])}


def _figure(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 6)


def _times(records: list[PictureRecord], index: int) -> Figures:
    names = ("resize", "inference", "decode")
    columns = {"read": [record.read_ms for record in records]}
    columns |= {name: [record.seen[index].ms[place] for record in records] for place, name in enumerate(names)}
    return {name: _spread(np.array(values)) for name, values in columns.items()}


def _spread(values: Float64Array) -> Figures:
    if not len(values):
        return {"median": None, "p95": None, "mean": None}
    return {
        "median": round(float(np.median(values)), 3),
        "p95": round(float(np.percentile(values, 95)), 3),
        "mean": round(float(values.mean()), 3),
    }


def _pair(record: PictureRecord, reference: int, skeleton: Skeleton) -> PairOfPicture:
    truth = record.truth
    counts = truth.counts() if truth is not None else None
    return compare_people(
        truth.people[counts] if truth is not None and counts is not None else None,
        truth.areas[counts] if truth is not None and counts is not None else None,
        record.seen[reference].counting,
        record.seen[0].counting,
        skeleton,
    )


def _ap_difference(rankings: list[Ranking], reference: int, draws: Float64Array) -> Figures:
    names = ("ap", "ap50")
    if not rankings:
        return {f"{name}_{what}": None for name in names for what in ("difference", "interval")}
    judged, other = ap_coco(rankings[0]), ap_coco(rankings[reference])
    differences = (judged.mean() - other.mean(), judged[0] - other[0])
    intervals = ap_difference_intervals(rankings[0], rankings[reference], draws)
    figures: Figures = {}
    for name, difference, limits in zip(names, differences, intervals, strict=True):
        figures[f"{name}_difference"] = _figure(difference)
        figures[f"{name}_interval"] = None if limits is None else [round(value, 6) for value in limits]
    return figures


def best_oks(record: PictureRecord, model: int, skeleton: Skeleton) -> Float64Array:
    """Return for each labelled person of a picture the best OKS among the people that count, 0 for the missed."""
    if record.truth is None:
        return np.zeros(0)
    counts = record.truth.counts()
    found = record.seen[model].counting
    truth = record.truth.people[counts]
    oks = oks_matrix(truth.keypoints, found.keypoints, record.truth.areas[counts], skeleton.sigmas)
    return np.asarray(oks.max(axis=1, initial=0.0))


def worst_of_picture(judgement: Judgement, place: int, skeleton: Skeleton) -> float:
    """Return by how much the first network fails on the picture's worst person: OKS lost, or 1 - OKS without a rival.

    0 where nobody is there to lose.
    """
    if judgement.pairs:
        return float(judgement.pairs[0][place].oks_lost().max(initial=0.0))
    return float((1 - best_oks(judgement.records[place], 0, skeleton)).max(initial=0.0))


COLUMNS = (
    "image", "image_id", "model", "problem", "width", "height", "labelled", "found", "right", "missed", "false",
    "oks_mean", "oks_lost_mean", "oks_lost_worst", "read_ms", "resize_ms", "inference_ms", "decode_ms",
)  # fmt: skip


def write_csv(path: Path, judgement: Judgement, names: list[str], skeleton: Skeleton) -> None:
    """Write one row a picture and network; `oks_lost_*` is against the first reference, for the judged network only."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for place, record in enumerate(judgement.records):
            for index, name in enumerate(names):
                table.writerow(_row(judgement, record, place, index, name, skeleton))
        for record in judgement.unreadable:
            table.writerow(
                {"image": str(record.item.path), "image_id": record.item.image_id, "problem": record.problem}
            )


def _row(
    judgement: Judgement, record: PictureRecord, place: int, index: int, name: str, skeleton: Skeleton
) -> dict[str, Any]:
    seen = record.seen[index]
    row: dict[str, Any] = {"image": str(record.item.path), "image_id": record.item.image_id, "model": name}
    row |= {"width": record.size[0], "height": record.size[1], "found": seen.operating}
    row |= {"read_ms": round(record.read_ms, 3)}
    row |= dict(zip(("resize_ms", "inference_ms", "decode_ms"), (round(ms, 3) for ms in seen.ms), strict=True))
    if seen.matched is not None:
        row |= people_figures(seen.matched.tally)
        oks = best_oks(record, index, skeleton)
        row["oks_mean"] = round(float(oks.mean()), 6) if len(oks) else ""
    if index == 0 and judgement.pairs:
        lost = judgement.pairs[0][place].oks_lost()
        if len(lost):
            row |= {"oks_lost_mean": round(float(lost.mean()), 6), "oks_lost_worst": round(float(lost.max()), 6)}
    return row


def data_figures(dataset: Dataset, judgement: Judgement, skeleton: Skeleton) -> Figures:
    """Return what was looked at."""
    truths = [record.truth for record in judgement.records if record.truth is not None]
    return {
        "path": str(dataset.path),
        "name": dataset.name,
        "kind": dataset.kind,
        "images": len(dataset.items),
        "images_read": len(judgement.records),
        "unreadable": [{"path": str(one.item.path), "reason": one.problem} for one in judgement.unreadable],
        "images_with_people": sum(bool(truth.counts().any()) for truth in truths),
        "people": sum(int(truth.counts().sum()) for truth in truths),
        "keypoints": list(skeleton.names),
        "sigmas": list(skeleton.sigmas),
        "sigmas_known": skeleton.sigmas_known,
        "area_source": dataset.area_source if dataset.labelled else None,
    }
