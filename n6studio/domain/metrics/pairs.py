"""What one model loses against another: OKS lost per person, and how far the two agree where nothing is labelled."""

from dataclasses import dataclass

import numpy as np

from n6studio.domain.evaluation.results import Agreement
from n6studio.domain.metrics.average_precision import interval
from n6studio.domain.metrics.keypoints import FOUND_OKS
from n6studio.domain.metrics.matching import match_pairs
from n6studio.domain.metrics.oks import Float64Array, object_areas, oks_matrix
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton


@dataclass(frozen=True, eq=False)
class PairOfImage:
    """Two models on one image.

    Attributes:
        reference_oks: (T,) best OKS of the reference's people to each true person, 0 where it found nobody.
        judged_oks: (T,) the same of the judged model.
        labelled: whether the data set has labels; then only labelled people can lose anything.
        agreement: (R,) OKS of the judged model's person to the reference's, for each of those; 0 for the lost.
        distance: (R,) mean distance of their keypoints in pixels of the image; NaN for the lost.
        lost: people of the reference that the judged model does not find (no OKS of at least 0.5).
        invented: people of the judged model that the reference does not have.
    """

    reference_oks: Float64Array
    judged_oks: Float64Array
    labelled: bool
    agreement: Float64Array
    distance: Float64Array
    lost: int
    invented: int

    def oks_lost(self) -> Float64Array:
        """OKS lost per person: against the labels where there are any, else against the reference's people."""
        if self.labelled:
            return self.reference_oks - self.judged_oks
        return 1.0 - self.agreement


def compare_people(
    labels: tuple[People[ImagePixels], Float64Array] | None,
    reference: People[ImagePixels],
    judged: People[ImagePixels],
    skeleton: Skeleton,
) -> PairOfImage:
    """Compare what two models found in one image, with confidences that count.

    Args:
        labels: people with labelled keypoints and (T,) their areas, or None where nothing is labelled.
        reference: found by the reference.
        judged: found by the judged model.
        skeleton: sigmas.
    """
    if labels is None:
        before = after = np.zeros(0)
    else:
        truth, areas = labels
        before = oks_matrix(truth.keypoints, reference.keypoints, areas, skeleton.sigmas).max(axis=1, initial=0.0)
        after = oks_matrix(truth.keypoints, judged.keypoints, areas, skeleton.sigmas).max(axis=1, initial=0.0)
    stand_in = reference.keypoints.copy()
    stand_in[..., 2] = 1  # a model gives every point, so every point is compared
    oks = oks_matrix(stand_in, judged.keypoints, object_areas(reference.boxes), skeleton.sigmas)
    agreement, distance = np.zeros(len(reference)), np.full(len(reference), np.nan)
    pairs = match_pairs(oks, FOUND_OKS)
    for first, second in pairs:
        agreement[first] = oks[first, second]
        apart = (reference.keypoints[first, :, :2] - judged.keypoints[second, :, :2]).astype(np.float64)
        distance[first] = np.hypot(*apart.T).mean()
    lost, invented = len(reference) - len(pairs), len(judged) - len(pairs)
    return PairOfImage(before, after, labels is not None, agreement, distance, lost, invented)


@dataclass(frozen=True)
class PairFigures:
    """Two models over all images; see `n6studio.domain.evaluation.results.Comparison`."""

    people: int
    oks_lost_mean: float | None
    oks_lost_interval: tuple[float, float] | None
    agreement: Agreement


def pair_figures(images: list[PairOfImage], draws: Float64Array) -> PairFigures:
    """Return the comparison over all images.

    Args:
        images: one entry an image.
        draws: bootstrap resamples (count, images), see `metrics.resamples`.
    """
    labelled = [np.sum(pair.reference_oks - pair.judged_oks) for pair in images]
    counts = np.array([len(pair.reference_oks) for pair in images], np.float64)
    sums = np.array(labelled, np.float64)
    agreement = np.concatenate([np.zeros(0), *(pair.agreement for pair in images)])
    distance = np.concatenate([np.zeros(0), *(pair.distance for pair in images)])
    kept = distance[np.isfinite(distance)]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = draws @ sums / (draws @ counts)
    return PairFigures(
        people=int(counts.sum()),
        oks_lost_mean=_mean(sums.sum(), counts.sum()),
        oks_lost_interval=rounded(interval(means)),
        agreement=Agreement(
            people=len(agreement),
            kept=len(kept),
            lost=sum(pair.lost for pair in images),
            invented=sum(pair.invented for pair in images),
            oks_mean=_mean(agreement.sum(), len(agreement)),
            oks_mean_kept=_mean(agreement.sum(), len(kept)),
            pixels_mean=_mean(kept.sum(), len(kept)),
        ),
    )


def _mean(total: float, count: float) -> float | None:
    return round(float(total / count), 6) if count else None


def rounded(limits: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return an interval as results hold it."""
    return None if limits is None else (round(limits[0], 6), round(limits[1], 6))
