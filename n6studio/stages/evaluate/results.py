"""From the records of all images to results.json and images.csv. docs/results.md explains every name."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from n6studio.domain.evaluation.account import Account, LeftOut
from n6studio.domain.evaluation.model import (
    BoxAccuracy,
    F1Curves,
    Groups,
    ModelFile,
    ModelResults,
    PartTimes,
    PeopleCount,
    PrecisionRecalls,
    SizeGroup,
    Spread,
    YoloAccuracy,
    ZooAccuracy,
)
from n6studio.domain.evaluation.results import Comparison, DataFacts, Interval, UnreadableImage
from n6studio.domain.metrics.average_precision import (
    Ranking,
    ap_coco,
    ap_difference_intervals,
    ap_interpolated,
    ap_over_classes,
    ap_per_class,
    confidence_curves,
    precision_recall,
    rank,
    resamples,
)
from n6studio.domain.metrics.errors import error_figures
from n6studio.domain.metrics.groups import by_crowd, by_hidden, confidence_calibration, hidden_share, people_by_size
from n6studio.domain.metrics.keypoints import empty_tally, keypoint_figures, people_figures
from n6studio.domain.metrics.oks import Float64Array, oks_matrix
from n6studio.domain.metrics.pairs import PairOfImage, compare_people, pair_figures, rounded
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.domain.texts import plural
from n6studio.stages.datasets.model import Dataset
from n6studio.stages.evaluate.classes import class_accuracies, confusion
from n6studio.stages.evaluate.coco import CocoResult, evaluate_coco
from n6studio.stages.evaluate.one_image import ImageRecord

RESAMPLES = 200  # of the bootstrap: enough for a 95 % interval good to about a tenth of its width
_SEED = 42


@dataclass(frozen=True, eq=False)
class Judgement:
    """Everything known after the images have gone through the models.

    Attributes:
        records: all images that could be read, in order.
        unreadable: those that could not.
        models: the judged model first, then the references.
        comparison: the judged model against each reference.
        pairs: for each other model one entry an image.
        rankings: COCO's matching of each model, one a class; empty without labels.
    """

    records: list[ImageRecord]
    unreadable: list[ImageRecord]
    models: tuple[ModelResults, ...]
    comparison: tuple[Comparison, ...]
    pairs: list[list[PairOfImage]]
    rankings: list[tuple[Ranking, ...]]


def judge(
    records: list[ImageRecord],
    dataset: Dataset,
    skeleton: Skeleton,
    files: Sequence[ModelFile],
    classes: tuple[str, ...] = (),
) -> Judgement:
    """Compute all figures from the images' records; `files` says which models these are of, the judged one first."""
    read = [record for record in records if not record.problem]
    unreadable = [record for record in records if record.problem]
    models: list[ModelResults] = []
    rankings: list[tuple[Ranking, ...]] = []
    for index, file in enumerate(files):
        result = _coco(read, index, skeleton, classes) if dataset.labelled else None
        if result is not None:
            rankings.append(result.by_class)
        models.append(_model_results(file, read, index, skeleton, result, classes))
    comparison, pairs = [], []
    draws = resamples(len(read), RESAMPLES if len(files) > 1 else 0, _SEED)
    for reference in range(1, len(files)):
        pairs.append([_pair(record, reference, skeleton) for record in read])
        found = pair_figures(pairs[-1], draws)
        (ap, ap_interval), (ap50, ap50_interval) = _ap_differences(rankings, reference, draws)
        comparison.append(
            Comparison(
                judged=files[0].name,
                reference=files[reference].name,
                basis="labels" if dataset.labelled else "reference",
                people=found.people,
                oks_lost_mean=found.oks_lost_mean,
                oks_lost_interval=found.oks_lost_interval,
                agreement=found.agreement,
                ap_difference=ap,
                ap_interval=ap_interval,
                ap50_difference=ap50,
                ap50_interval=ap50_interval,
            )
        )
    return Judgement(read, unreadable, tuple(models), tuple(comparison), pairs, rankings)


def _coco(records: list[ImageRecord], index: int, skeleton: Skeleton, classes: tuple[str, ...]) -> CocoResult:
    truths = [record.truth for record in records if record.truth is not None]
    return evaluate_coco(truths, [record.seen[index].people for record in records], skeleton, max(1, len(classes)))


def _model_results(
    file: ModelFile,
    records: list[ImageRecord],
    index: int,
    skeleton: Skeleton,
    coco: CocoResult | None,
    classes: tuple[str, ...],
) -> ModelResults:
    found = sum(record.seen[index].operating for record in records)
    without_labels = ModelResults(
        **msgspec.structs.asdict(file),
        coco=None,
        zoo=None,
        yolo=None,
        box=None,
        pr=None,
        f1=None,
        keypoints=(),
        people=PeopleCount(labelled=None, found=found, right=None, missed=None, false=None),
        ms=_times(records, index),
    )
    if coco is None:
        return without_labels
    known = [one for record in records if (one := record.seen[index].matched) is not None]
    scores = [record.seen[index].confidences for record in records]
    # The model zoo's data sets hold only images with at least one labelled person (its converter drops the others).
    peopled = [place for place, one in enumerate(known) if one.positives[0]]
    zoo = rank([scores[p] for p in peopled], [known[p].zoo for p in peopled], [known[p].positives[0] for p in peopled])
    yolo = _ultralytics(records, index, classes)
    box = rank(scores, [one.box for one in known], [one.positives[2] for one in known], [m.box_aside for m in known])
    tally = sum((one.tally for one in known), empty_tally(len(skeleton)))
    by_zoo = ap_interpolated(zoo, drop=False)
    by_yolo = np.array(list(yolo.values())) if yolo else np.full((1, 1), np.nan)
    return msgspec.structs.replace(
        without_labels,
        coco=coco.figures,
        zoo=ZooAccuracy(map=_figure(by_zoo.mean()), map50=_figure(by_zoo[0]), images=len(peopled)),
        yolo=YoloAccuracy(map=_figure(by_yolo.mean()), map50=_figure(by_yolo[:, 0].mean())),
        box=BoxAccuracy(ap50=_figure(ap_coco(box)[0])),
        pr=PrecisionRecalls(pose=precision_recall(coco.ranking), box=precision_recall(box)),
        f1=F1Curves(pose=confidence_curves(coco.ranking), box=confidence_curves(box)),
        keypoints=keypoint_figures(tally, skeleton),
        errors=error_figures(tally.kinds),
        groups=_groups(records, index, skeleton, coco),
        calibration=confidence_calibration(coco.ranking),
        people=people_figures(tally),
        classes=class_accuracies(classes, records, coco, yolo) if classes else (),
        confusion=confusion(classes, records, index, skeleton) if classes else None,
    )


def _ultralytics(records: list[ImageRecord], index: int, classes: tuple[str, ...]) -> dict[int, Float64Array]:
    """Return AP at each threshold of each labelled class by Ultralytics' rule, without images that it drops."""
    found, labelled = [], []
    for record in records:
        truth, matched = record.truth, record.seen[index].matched
        if truth is not None and matched is not None and not truth.refused:
            targets = truth.people[~truth.crowd if truth.bare_count else truth.counts()]
            found.append(matched.yolo)
            labelled.append(targets.class_numbers if classes else np.zeros(len(targets), np.int32))
    return ap_per_class(
        [one.confidences for one in found], [one.hits for one in found], [one.classes for one in found], labelled
    )


def _groups(records: list[ImageRecord], index: int, skeleton: Skeleton, coco: CocoResult) -> Groups:
    """Return accuracy by size, by how many people are in the image, and by how much of a person is hidden."""
    truths = [(record.truth, record.truth.counts()) for record in records if record.truth is not None]
    sizes = people_by_size([truth.areas[counts] for truth, counts in truths])
    shares = [hidden_share(truth.people.keypoints[counts]) for truth, counts in truths]
    oks = [best_oks(record, index, skeleton) for record in records if record.truth is not None]
    none = np.zeros(0)
    ap = {"small": coco.figures.ap_small, "medium": coco.figures.ap_medium, "large": coco.figures.ap_large}
    return Groups(
        size=tuple(SizeGroup(name=name, people=count, ap=ap[name]) for name, count in sizes.items()),
        crowd=by_crowd(coco.ranking),
        hidden=by_hidden(np.concatenate([none, *shares]), np.concatenate([none, *oks])),
    )


def _figure(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 6)


def _times(records: list[ImageRecord], index: int) -> PartTimes:
    resize, inference, decode = (_spread([record.seen[index].ms[place] for record in records]) for place in range(3))
    read = _spread([record.read_ms for record in records])
    return PartTimes(read=read, resize=resize, inference=inference, decode=decode)


def _spread(times: list[float]) -> Spread:
    if not times:
        return Spread(median=None, p95=None, mean=None)
    values = np.array(times)
    return Spread(
        median=round(float(np.median(values)), 3),
        p95=round(float(np.percentile(values, 95)), 3),
        mean=round(float(values.mean()), 3),
    )


def _pair(record: ImageRecord, reference: int, skeleton: Skeleton) -> PairOfImage:
    truth = record.truth
    labels = None
    if truth is not None:
        counts = truth.counts()
        labels = truth.people[counts], truth.areas[counts]
    return compare_people(
        labels,
        record.seen[reference].counting,
        record.seen[0].counting,
        skeleton,
    )


_Difference = tuple[float | None, Interval | None]


def _ap_differences(
    rankings: list[tuple[Ranking, ...]], reference: int, draws: Float64Array
) -> tuple[_Difference, _Difference]:
    """Return by how much AP and AP50 of the first model differ, each with its interval; None without labels."""
    if not rankings:
        return (None, None), (None, None)
    judged, other = ap_over_classes(rankings[0]), ap_over_classes(rankings[reference])
    ap_limits, ap50_limits = ap_difference_intervals(rankings[0], rankings[reference], draws)
    return (
        (_figure(judged.mean() - other.mean()), rounded(ap_limits)),
        (_figure(judged[0] - other[0]), rounded(ap50_limits)),
    )


def best_oks(record: ImageRecord, model: int, skeleton: Skeleton) -> Float64Array:
    """Return for each labelled person of an image the best OKS among the people that count, 0 for the missed."""
    if record.truth is None:
        return np.zeros(0)
    counts = record.truth.counts()
    found = record.seen[model].counting
    truth = record.truth.people[counts]
    oks = oks_matrix(truth.keypoints, found.keypoints, record.truth.areas[counts], skeleton.sigmas)
    return np.asarray(oks.max(axis=1, initial=0.0))


def worst_of_image(judgement: Judgement, place: int, skeleton: Skeleton) -> float:
    """Return by how much the first model fails on the image's worst person: OKS lost, or 1 - OKS without a rival.

    0 where nobody is there to lose.
    """
    if judgement.pairs:
        return float(judgement.pairs[0][place].oks_lost().max(initial=0.0))
    return float((1 - best_oks(judgement.records[place], 0, skeleton)).max(initial=0.0))


COLUMNS = (
    "image", "image_id", "model", "problem", "width", "height", "labelled", "found", "right", "missed", "false",
    "oks_mean", "oks_lost_mean", "oks_lost_worst", "read_ms", "resize_ms", "inference_ms", "decode_ms",
)  # fmt: skip


def write_csv(path: Path, judgement: Judgement, skeleton: Skeleton) -> None:
    """Write one row an image and model; `oks_lost_*` is against the first reference, for the judged model only."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for place, record in enumerate(judgement.records):
            for index, model in enumerate(judgement.models):
                table.writerow(_row(judgement, record, place, index, model.name, skeleton))
        for record in judgement.unreadable:
            table.writerow(
                {"image": str(record.item.path), "image_id": record.item.image_id, "problem": record.problem}
            )


def _row(
    judgement: Judgement, record: ImageRecord, place: int, index: int, name: str, skeleton: Skeleton
) -> dict[str, object]:
    seen = record.seen[index]
    row: dict[str, object] = {"image": str(record.item.path), "image_id": record.item.image_id, "model": name}
    row |= {"width": record.size[0], "height": record.size[1], "found": seen.operating}
    row |= {"read_ms": round(record.read_ms, 3)}
    row |= dict(zip(("resize_ms", "inference_ms", "decode_ms"), (round(ms, 3) for ms in seen.ms), strict=True))
    if seen.matched is not None:
        row |= msgspec.structs.asdict(people_figures(seen.matched.tally))
        oks = best_oks(record, index, skeleton)
        row["oks_mean"] = round(float(oks.mean()), 6) if len(oks) else ""
    if index == 0 and judgement.pairs:
        lost = judgement.pairs[0][place].oks_lost()
        if len(lost):
            row |= {"oks_lost_mean": round(float(lost.mean()), 6), "oks_lost_worst": round(float(lost.max()), 6)}
    return row


def data_facts(dataset: Dataset, judgement: Judgement, skeleton: Skeleton) -> DataFacts:
    """Return what was looked at."""
    truths = [record.truth for record in judgement.records if record.truth is not None]
    return DataFacts(
        path=str(dataset.path),
        name=dataset.name,
        kind=dataset.kind,
        images=len(dataset.items),
        images_read=len(judgement.records),
        unreadable=tuple(UnreadableImage(path=str(one.item.path), reason=one.problem) for one in judgement.unreadable),
        images_with_people=sum(bool(truth.counts().any()) for truth in truths),
        people=sum(int(truth.counts().sum()) for truth in truths),
        keypoints=skeleton.names,
        sigmas=skeleton.sigmas,
        sigmas_known=skeleton.sigmas_known,
        area_source=dataset.area_source if dataset.labelled else None,
        account=account(dataset, judgement),
    )


def account(dataset: Dataset, judgement: Judgement) -> Account:
    """Return how many images and labels were read, and what became of those that are not used."""
    broken, truths = judgement.unreadable, [record.truth for record in judgement.records if record.truth is not None]
    images, labels = list(dataset.left_out), list(dataset.labels_left_out)
    for reason, unreadable in _by_reason(broken).items():
        images.append(LeftOut(count=len(unreadable), reason=f"cannot be read: {reason}", example=unreadable[0].name))
    in_broken = sum(len(one.item.truth.people) for one in broken if one.item.truth is not None)
    used = sum(int(truth.counts().sum()) for truth in truths)
    crowds = sum(int(truth.crowd.sum()) for truth in truths)
    bare = sum(len(truth.people) for truth in truths) - used - crowds
    for count, reason in (
        (in_broken, "in images that cannot be read"),
        (crowds, plural(crowds, "a crowd, which counts neither way", "crowds, which count neither way")),
        (bare, "without a labelled keypoint"),
    ):
        if count:
            labels.append(LeftOut(count=count, reason=reason))
    return Account(
        images=len(judgement.records) + sum(one.count for one in images),
        images_used=len(judgement.records),
        labels=used + sum(one.count for one in labels),
        labels_used=used,
        images_left_out=tuple(images),
        labels_left_out=tuple(labels),
    )


def _by_reason(records: Sequence[ImageRecord]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for record in records:
        found.setdefault(record.problem, []).append(record.item.path)
    return found
