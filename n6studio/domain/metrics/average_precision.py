"""From matched people to average precision, curves and how sure one can be of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from n6studio.domain.evaluation.model import BestF1, F1Curve, PrecisionRecall
from n6studio.domain.metrics.matching import THRESHOLDS, Hits
from n6studio.domain.metrics.oks import Float64Array

_RECALLS = np.linspace(0.0, 1.0, 101)  # where COCO and its followers read the precision


@dataclass(frozen=True, eq=False)
class Ranking:
    """All people that one model found in a data set, best score first, and which of them count as right.

    Attributes:
        scores: (D,) falling.
        images: (D,) index of the image each was found in.
        hits: (D, T) whether it is right at each threshold.
        ignored: (D, T) whether it counts neither as right nor as wrong.
        positives: (images,) true people in each image.
    """

    scores: npt.NDArray[np.float32]
    images: npt.NDArray[np.intp]
    hits: Hits
    ignored: Hits
    positives: npt.NDArray[np.intp]


def rank(
    scores: list[npt.NDArray[np.float32]], hits: list[Hits], positives: list[int], ignored: list[Hits] | None = None
) -> Ranking:
    """Return the ranking over a data set from what was found per image; equal scores keep the images' order.

    Args:
        scores: per image (P,).
        hits: per image (P, T).
        positives: true people per image.
        ignored: per image (P, T), or None for nobody.
    """
    count = np.array([len(part) for part in scores], np.intp)
    every = np.concatenate([np.zeros(0, np.float32), *scores])
    width = hits[0].shape[1] if hits else len(THRESHOLDS)
    all_hits = np.concatenate([np.zeros((0, width), bool), *hits])
    left_out = np.zeros_like(all_hits) if ignored is None else np.concatenate([np.zeros((0, width), bool), *ignored])
    order = np.argsort(-every, kind="stable")
    images = np.repeat(np.arange(len(count)), count)
    return Ranking(every[order], images[order], all_hits[order], left_out[order], np.array(positives, np.intp))


def ap_coco(ranking: Ranking, weights: Float64Array | None = None) -> Float64Array:
    """Return the average precision at each threshold, (T,), as pycocotools computes it; NaN without true people.

    The precision at a recall is the best precision at that or a higher recall, read at 101 recalls and averaged.
    Recall only rises where somebody was rightly found, so only those places are looked at.

    Args:
        ranking: see `Ranking`.
        weights: (images,) how often each image counts; None for once each.
    """
    often = np.ones(len(ranking.positives)) if weights is None else weights
    positives = float((ranking.positives * often).sum())
    columns = ranking.hits.shape[1]
    if positives == 0:
        return np.full(columns, np.nan)
    each = often[ranking.images]
    result = np.zeros(columns)
    total = np.cumsum(each)
    for column in range(columns):
        right = np.flatnonzero(ranking.hits[:, column] & ~ranking.ignored[:, column])
        if len(right) == 0:
            continue
        aside = np.flatnonzero(ranking.ignored[:, column])
        aside_total = np.concatenate([[0.0], np.cumsum(each[aside])])
        counted = total[right] - aside_total[np.searchsorted(aside, right)]
        rightly = np.cumsum(each[right])
        precision = rightly / np.maximum(counted, np.spacing(1.0))
        best = np.maximum.accumulate(precision[::-1])[::-1]
        place = np.searchsorted(rightly / positives, _RECALLS, side="left")
        result[column] = np.where(place < len(best), best[np.minimum(place, len(best) - 1)], 0.0).mean()
    return result


def ap_interpolated(ranking: Ranking, drop: bool) -> Float64Array:
    """Return the average precision at each threshold, (T,), as the area under the interpolated curve.

    Ultralytics and ST's model zoo both join the points of the curve by straight lines, read it at 101 recalls and sum
    trapezoids. They differ behind the last point: Ultralytics lets the curve drop to 0 there (`drop`), the model zoo
    lets it fall slowly to 0 at recall 1. Nobody is ignored here. NaN without true people.
    """
    positives = int(ranking.positives.sum())
    columns = ranking.hits.shape[1]
    if positives == 0:
        return np.full(columns, np.nan)
    result = np.zeros(columns)
    if len(ranking.scores) == 0:
        return result
    rank_of = np.arange(1, len(ranking.scores) + 1)
    for column in range(columns):
        rightly = np.cumsum(ranking.hits[:, column])
        recall, precision = rightly / positives, rightly / rank_of
        recalls = np.concatenate([[0.0], recall, [recall[-1] if drop else 1.0]])
        precisions = np.concatenate([[1.0], precision, [0.0]])  # and 0 from there on
        best = np.maximum.accumulate(precisions[::-1])[::-1]
        if not drop:
            recalls, first = np.unique(recalls, return_index=True)
            best = best[first]
        result[column] = np.trapezoid(np.interp(_RECALLS, recalls, best), _RECALLS)
    return result


def ap_per_class(
    scores: list[npt.NDArray[np.float32]],
    hits: list[Hits],
    classes: list[npt.NDArray[np.int32]],
    labelled: list[npt.NDArray[np.int32]],
) -> dict[int, Float64Array]:
    """Return Ultralytics' average precision of each class that is labelled, by its number: (T,) each.

    As its `ap_per_class` does, all found are sorted at once, with the same sort: equal scores, common in int8, come in
    the same order (ultralytics/utils/metrics.py).

    Args:
        scores: per image (P,).
        hits: per image (P, T); a hit is of the same class.
        classes: per image (P,) of those found.
        labelled: per image the classes of the true people.
    """
    every = np.concatenate([np.zeros(0, np.float32), *scores])
    order = np.argsort(-every)
    of_class = np.concatenate([np.zeros(0, np.int32), *classes])[order]
    right = np.concatenate([np.zeros((0, len(THRESHOLDS)), bool), *hits])[order]
    targets, counts = np.unique(np.concatenate([np.zeros(0, np.int32), *labelled]), return_counts=True)
    found = {}
    for number, count in zip(targets, counts, strict=True):
        mine = of_class == number
        own = right[mine]
        ranking = Ranking(every[order][mine], np.zeros(len(own), np.intp), own, np.zeros_like(own), np.array([count]))
        found[int(number)] = ap_interpolated(ranking, drop=True)
    return found


def ap_over_classes(rankings: Sequence[Ranking], weights: Float64Array | None = None) -> Float64Array:
    """Return COCO's average precision at each threshold, (T,), averaged over the classes that have true people.

    Args:
        rankings: one a class.
        weights: as for `ap_coco`.
    """
    every = np.array([ap_coco(one, weights) for one in rankings])
    known = every[np.isfinite(every).all(axis=1)]
    return np.asarray(known.mean(axis=0)) if len(known) else np.full(every.shape[1], np.nan)


def precision_recall(ranking: Ranking) -> PrecisionRecall:
    """Return the precision-recall curve at the first threshold, read at 101 recalls as COCO does, as fractions."""
    positives = int(ranking.positives.sum())
    counted = ~ranking.ignored[:, 0]
    right = np.cumsum(ranking.hits[counted, 0])
    precision = right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    curve = np.zeros(len(_RECALLS))
    if positives and len(best):
        place = np.searchsorted(right / positives, _RECALLS, side="left")
        curve = np.where(place < len(best), best[np.minimum(place, len(best) - 1)], 0.0)
    return PrecisionRecall(recall=_plain(_RECALLS), precision=_plain(curve))


def confidence_curves(ranking: Ranking) -> F1Curve:
    """Return precision, recall and F1 over the score from which people count, at the first threshold."""
    positives = int(ranking.positives.sum())
    counted = ~ranking.ignored[:, 0]
    scores, right = ranking.scores[counted], np.cumsum(ranking.hits[counted, 0])
    grid = np.linspace(0.0, 1.0, 101)
    passed = np.searchsorted(-scores, -grid, side="right")  # how many have at least this score
    found, rightly = passed, np.concatenate([[0], right])[passed]
    precision = np.where(found > 0, rightly / np.maximum(found, 1), 1.0)
    recall = rightly / max(positives, 1)
    best = None
    if positives and len(right) and right[-1] > 0:
        every = 2 * right / (np.arange(1, len(right) + 1) + positives)
        # Of equal scores all or none count, so only the last of them is a possible threshold.
        every = np.where(np.append(scores[1:] < scores[:-1], True), every, 0.0)
        place = int(every.argmax())
        best = BestF1(
            confidence=_round(scores[place]),
            f1=_round(every[place]),
            precision=_round(right[place] / (place + 1)),
            recall=_round(right[place] / positives),
        )
    return F1Curve(
        confidence=_plain(grid),
        precision=_plain(precision),
        recall=_plain(recall),
        f1=_plain(2 * rightly / np.maximum(found + positives, 1)),
        best=best,
    )


def resamples(images: int, count: int, seed: int) -> Float64Array:
    """Return (count, images): how often each image is drawn in each bootstrap resample."""
    generator = np.random.default_rng(seed)
    if images == 0:
        return np.zeros((count, 0))
    return generator.multinomial(images, np.full(images, 1 / images), size=count).astype(np.float64)


def ap_difference_intervals(
    judged: Sequence[Ranking], reference: Sequence[Ranking], draws: Float64Array
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Return the 95 % intervals of AP(judged) - AP(reference) over bootstrap resamples of the images.

    Args:
        judged: ranking of one model, one a class.
        reference: those of the other over the same images.
        draws: from `resamples`.

    Returns:
        The interval of the mean over all thresholds, and that of the first threshold.
    """
    pairs = ((ap_over_classes(judged, often), ap_over_classes(reference, often)) for often in draws)
    differences = np.array([first - second for first, second in pairs])
    if not len(differences):
        return None, None
    return interval(differences.mean(axis=1)), interval(differences[:, 0])


def interval(values: Float64Array) -> tuple[float, float] | None:
    """Return the 2.5 and 97.5 percentiles of the finite `values`, or None where fewer than ten are."""
    finite = values[np.isfinite(values)]
    if len(finite) < 10:
        return None
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)


def _plain(values: npt.NDArray[Any]) -> tuple[float, ...]:
    return tuple(_round(value) for value in values)


def _round(value: Any) -> float:
    return round(float(value), 6)
