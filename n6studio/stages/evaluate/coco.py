"""COCO's keypoint figures, by pycocotools."""

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from n6studio.domain.evaluation.model import CocoAccuracy
from n6studio.domain.metrics.average_precision import Ranking, rank
from n6studio.domain.metrics.matching import THRESHOLDS
from n6studio.domain.metrics.oks import Float64Array, oks_matrix
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton
from n6studio.stages.datasets.model import Truth
from n6studio.stages.evaluate.one_image import COCO_MOST, best_of_each

_CATEGORY = 1


@dataclass(frozen=True, eq=False)
class CocoResult:
    """What COCO's evaluation says.

    Attributes:
        figures: accuracy; `by_threshold` is of `matching.THRESHOLDS`.
        ranking: its matching over all sizes and classes, for curves.
        by_class: the same, one a class, for the bootstrap.
        class_ap: (AP, AP50) of each class; None of one that nobody has.
    """

    figures: CocoAccuracy
    ranking: Ranking
    by_class: tuple[Ranking, ...]
    class_ap: tuple[tuple[float | None, float | None], ...]


class _FastEval(COCOeval):  # type: ignore[misc]
    """COCOeval with OKS of a whole image at once; pycocotools computes it pair by pair in Python.

    Images in which nobody is labelled take a short way, too: there is nothing to match. A test proves that neither
    changes a figure.
    """

    def computeOks(self, imgId: int, catId: int) -> Any:  # noqa: N802, N803
        truths, found = self._gts[imgId, catId], self._dts[imgId, catId]
        order = np.argsort([-one["score"] for one in found], kind="mergesort")[: self.params.maxDets[-1]]
        if not truths or len(order) == 0:
            return []
        points = np.stack([found[index]["keypoints"] for index in order]).reshape(len(order), -1, 3)
        labels = np.stack([one["keypoints"] for one in truths]).reshape(len(truths), -1, 3)
        areas = np.array([one["area"] for one in truths])
        oks = oks_matrix(labels, points, areas, self.params.kpt_oks_sigmas)
        for index in np.flatnonzero(~(labels[..., 2] > 0).any(axis=1)):
            oks[index] = _oks_to_region(truths[index]["bbox"], areas[index], points, self.params.kpt_oks_sigmas)
        return oks.T

    def evaluateImg(self, imgId: int, catId: int, aRng: list[float], maxDet: int) -> Any:  # noqa: N802, N803
        found = self._dts[imgId, catId]
        if self._gts[imgId, catId] or not found:
            return super().evaluateImg(imgId, catId, aRng, maxDet)
        order = np.argsort([-one["score"] for one in found], kind="mergesort")[:maxDet]
        best = [found[index] for index in order]
        areas, steps = np.array([one["area"] for one in best]), len(self.params.iouThrs)
        return {
            "image_id": imgId,
            "category_id": catId,
            "aRng": aRng,
            "maxDet": maxDet,
            "dtIds": [one["id"] for one in best],
            "gtIds": [],
            "dtMatches": np.zeros((steps, len(best))),
            "gtMatches": np.zeros((steps, 0)),
            "dtScores": [one["score"] for one in best],
            "gtIgnore": np.zeros(0),
            "dtIgnore": np.repeat(((areas < aRng[0]) | (areas > aRng[1]))[None], steps, axis=0),
        }


def _oks_to_region(
    box: list[float], area: float, points: npt.NDArray[Any], sigmas: npt.NDArray[np.float64]
) -> Float64Array:
    """OKS to a person without labelled keypoints: by how far keypoints lie outside the box grown threefold."""
    left, top, width, height = box
    x, y = points[..., 0].astype(np.float64), points[..., 1].astype(np.float64)
    dx = np.maximum(0, left - width - x) + np.maximum(0, x - (left + 2 * width))
    dy = np.maximum(0, top - height - y) + np.maximum(0, y - (top + 2 * height))
    exponent = (dx**2 + dy**2) / (2 * sigmas) ** 2 / (area + np.spacing(1)) / 2
    return np.asarray(np.exp(-exponent).mean(axis=-1))


def evaluate_coco(
    truths: list[Truth], found: list[People[ImagePixels]], skeleton: Skeleton, classes: int = 1
) -> CocoResult:
    """Return COCO's figures over a data set; entry i of both lists is the same image.

    Args:
        truths: what is labelled.
        found: what was found.
        skeleton: for the sigmas.
        classes: how many are told apart; with 1, whoever is found counts, whatever the class.
    """
    images, categories = list(range(1, len(truths) + 1)), list(range(_CATEGORY, _CATEGORY + classes))
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints what it does
        labelled, detected = _truth_rows(truths, classes > 1), _found_rows(found, classes > 1)
        judge = _FastEval(_indexed(images, categories, labelled), _indexed(images, categories, detected), "keypoints")
        judge.params.kpt_oks_sigmas = np.array(skeleton.sigmas)
        # The keypoint task leaves small people out, as COCO labels no keypoints on them; other data does. Last, so that
        # everybody stays first.
        judge.params.areaRng = [*judge.params.areaRng, [0, 32**2]]
        judge.params.areaRngLbl = [*judge.params.areaRngLbl, "small"]
        judge.params.imgIds, judge.params.catIds = images, categories
        judge.evaluate()
        judge.accumulate()
    each = len(images) * len(judge.params.areaRng)  # one class after the other, and all sizes first in each
    parts = [judge.evalImgs[first : first + len(images)] for first in range(0, each * classes, each)]
    by_class = tuple(_ranking([part]) for part in parts)
    ranking = by_class[0] if classes == 1 else _ranking(parts)
    return CocoResult(_figures(judge.eval), ranking, by_class, _class_figures(judge.eval))


def _indexed(images: list[int], categories: list[int], rows: list[dict[str, Any]]) -> COCO:
    data = COCO()
    data.dataset = {
        "images": [{"id": number} for number in images],
        "annotations": rows,
        "categories": [{"id": number, "name": f"class {number}"} for number in categories],
    }
    data.createIndex()
    return data


def _truth_rows(truths: list[Truth], by_class: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, truth in enumerate(truths, 1):
        classes = truth.people.class_numbers if by_class else None
        for index in range(len(truth.people)):
            left, top, right, bottom = (float(value) for value in truth.people.boxes[index])
            points = truth.people.keypoints[index]
            rows.append(
                {
                    "id": len(rows) + 1,  # not 0: pycocotools takes a match with 0 for no match
                    "image_id": number,
                    "category_id": _CATEGORY if classes is None else _CATEGORY + int(classes[index]),
                    "bbox": [left, top, right - left, bottom - top],
                    "area": float(truth.areas[index]),
                    "iscrowd": int(truth.crowd[index]),
                    "num_keypoints": int((points[:, 2] > 0).sum()),
                    "keypoints": points.astype(np.float64).reshape(-1),
                }
            )
    return rows


def _found_rows(found: list[People[ImagePixels]], by_class: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, people in enumerate(found, 1):
        best = people[best_of_each(people.class_numbers)] if by_class else people[:COCO_MOST]
        classes = best.class_numbers if by_class else None
        corners = np.concatenate([best.keypoints[..., :2].min(axis=1), best.keypoints[..., :2].max(axis=1)], axis=1)
        for index in range(len(best)):
            left, top, right, bottom = (float(value) for value in corners[index])
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": number,
                    "category_id": _CATEGORY if classes is None else _CATEGORY + int(classes[index]),
                    # As pycocotools' loadRes does: a found person is as large as its keypoints reach.
                    "bbox": [left, top, right - left, bottom - top],
                    "area": (right - left) * (bottom - top),
                    "score": float(best.confidences[index]),
                    "keypoints": best.keypoints[index].astype(np.float64).reshape(-1),
                }
            )
    return rows


def _figures(result: dict[str, Any]) -> CocoAccuracy:
    # (thresholds, recalls, classes, sizes) and (thresholds, classes, sizes)
    precision, recall = result["precision"][..., 0], result["recall"][..., 0]

    def mean(values: npt.NDArray[np.float64]) -> float | None:
        known = values[values > -1]  # -1 stands for "nobody of that size is labelled"
        return round(float(known.mean()), 6) if known.size else None

    everybody, medium, large, small = 0, 1, 2, 3
    half, three_quarters = THRESHOLDS.index(0.5), THRESHOLDS.index(0.75)
    return CocoAccuracy(
        ap=mean(precision[..., everybody]),
        ap50=mean(precision[half, ..., everybody]),
        ap75=mean(precision[three_quarters, ..., everybody]),
        ap_small=mean(precision[..., small]),
        ap_medium=mean(precision[..., medium]),
        ap_large=mean(precision[..., large]),
        ar=mean(recall[..., everybody]),
        ar50=mean(recall[half, ..., everybody]),
        ar75=mean(recall[three_quarters, ..., everybody]),
        ar_medium=mean(recall[..., medium]),
        ar_large=mean(recall[..., large]),
        by_threshold=tuple(mean(precision[index, ..., everybody]) for index in range(len(THRESHOLDS))),
    )


def _class_figures(result: dict[str, Any]) -> tuple[tuple[float | None, float | None], ...]:
    """Return (AP, AP50) of each class over all sizes; None of one that nobody has."""
    precision = result["precision"][:, :, :, 0, 0]
    figures: list[tuple[float | None, float | None]] = []
    for number in range(precision.shape[2]):
        own = precision[:, :, number]
        half = own[THRESHOLDS.index(0.5)]
        known = bool((own > -1).any())
        figures.append((round(float(own.mean()), 6), round(float(half.mean()), 6)) if known else (None, None))
    return tuple(figures)


def _ranking(parts: list[list[dict[str, Any] | None]]) -> Ranking:
    """Return the matching over all sizes; pycocotools leaves None for an image with nobody labelled or found.

    Args:
        parts: the images of each class.
    """
    nothing = np.zeros((0, len(THRESHOLDS)), bool)
    scores, hits, ignored, positives = [], [], [], []
    for one in (image for part in parts for image in part):
        scores.append(np.array(one["dtScores"] if one else [], np.float32))
        hits.append((one["dtMatches"] > 0).T if one else nothing)
        ignored.append(np.asarray(one["dtIgnore"], bool).T if one else nothing)
        positives.append(int((np.asarray(one["gtIgnore"]) == 0).sum()) if one else 0)
    right = [hit & ~out for hit, out in zip(hits, ignored, strict=True)]
    if len(parts) == 1:
        return rank(scores, right, positives, ignored)
    count = len(parts[0])

    def together(values: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        return [np.concatenate(values[image::count]) for image in range(count)]

    of_image = [sum(positives[image::count]) for image in range(count)]
    return rank(together(scores), together(right), of_image, together(ignored))
