import io
from contextlib import redirect_stdout

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.cocoeval import COCOeval

from n6studio.domain.evaluation.model import KeypointAccuracy, PeopleCount
from n6studio.domain.metrics.average_precision import (
    ap_coco,
    ap_difference_intervals,
    ap_interpolated,
    confidence_curves,
    interval,
    precision_recall,
    rank,
    resamples,
)
from n6studio.domain.metrics.keypoints import empty_tally, keypoint_figures, people_figures, tally_keypoints
from n6studio.domain.metrics.matching import THRESHOLDS, match_mutual, match_pairs, match_ranked
from n6studio.domain.metrics.oks import box_iou_matrix, covered_matrix, object_areas, oks_matrix
from n6studio.domain.metrics.pairs import compare_people, pair_figures
from n6studio.domain.pose import skeleton
from n6studio.domain.pose.decode import suppress
from n6studio.domain.pose.people import People, nobody
from n6studio.stages.datasets.model import Truth
from n6studio.stages.evaluate import coco as evaluate_coco


def person(points, box=(0, 0, 10, 20), score=1.0):
    return People(np.array([box], np.float32), np.array([score], np.float32), np.array([points], np.float32))


def joined(*groups):
    return People(
        *(np.concatenate([getattr(one, name) for one in groups]) for name in ("boxes", "confidences", "keypoints"))
    )


# --- OKS and overlaps ------------------------------------------------------------------------------------------------


def test_oks_of_one_point_by_hand():
    truth, found = person([[0, 0, 2]]), person([[3, 4, 1]])
    # d^2 = 25, area 100, sigma 0.25: exponent 25 / (100 * 0.5^2 * 2) = 0.5
    assert oks_matrix(truth.keypoints, found.keypoints, np.array([100.0]), [0.25])[0, 0] == pytest.approx(np.exp(-0.5))


def test_only_labelled_points_count_and_a_person_without_any_is_like_nobody():
    truth = joined(person([[0, 0, 2], [50, 50, 0]]), person([[0, 0, 0], [0, 0, 0]]))
    found = person([[0, 0, 1], [0, 0, 1]])
    assert oks_matrix(truth.keypoints, found.keypoints, np.array([9.0, 9.0]), [0.1, 0.1])[:, 0].tolist() == [1.0, 0.0]


def test_a_person_of_no_area_does_not_divide_by_zero():
    oks = oks_matrix(person([[0, 0, 2]]).keypoints, person([[1, 0, 1]]).keypoints, np.array([0.0]), [0.1])
    assert oks[0, 0] == 0


def test_areas_overlaps_and_cover():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    assert object_areas(boxes)[0] == pytest.approx(53)
    assert box_iou_matrix(boxes[:1], boxes)[0].tolist() == pytest.approx([1, 1 / 3, 0])
    assert covered_matrix(boxes[:1], boxes)[0].tolist() == pytest.approx([1, 0.5, 0])
    assert oks_matrix(nobody(3).keypoints, nobody(3).keypoints, np.zeros(0), [1, 1, 1]).shape == (0, 0)


# --- who is who ------------------------------------------------------------------------------------------------------


def test_the_two_matching_rules_differ_where_two_people_want_the_same_one():
    # Both found people like true person 0 best; only one of them can have it.
    oks = np.array([[0.9, 0.8], [0.2, 0.7]])
    assert match_mutual(oks)[:, 0].tolist() == [True, False]  # the second chose 0 and goes away empty
    assert match_ranked(oks)[:, 0].tolist() == [True, True]  # the second takes person 1, who is still free


def test_each_true_person_is_used_once_and_thresholds_are_met():
    oks = np.array([[0.5, 0.95, 0.97]])
    assert match_mutual(oks).sum(axis=0).tolist() == [1] * 10  # 0.97 is strictly above all ten
    assert match_ranked(oks)[:, 0].tolist() == [True, False, False]  # the first reaches 0.50 and has the best score
    assert match_ranked(oks)[:, -1].tolist() == [False, True, False]
    assert match_mutual(np.array([[0.5]]))[0, 0] == np.False_


def test_nobody_matches_nobody():
    for shape in ((0, 0), (0, 3), (3, 0)):
        assert match_mutual(np.zeros(shape)).shape == (shape[1], 10)
        assert not match_ranked(np.zeros(shape)).any()
        assert match_pairs(np.zeros(shape), 0.1) == []


def test_pairs_are_formed_the_most_alike_first():
    assert match_pairs(np.array([[0.9, 0.8], [0.85, 0.3]]), 0.1) == [(0, 0), (1, 1)]
    assert match_pairs(np.array([[0.9, 0.8], [0.85, 0.05]]), 0.1) == [(0, 0)]


# --- average precision -----------------------------------------------------------------------------------------------


def ranking_of(hits, positives, scores=None):
    count = len(hits)
    falling = np.linspace(0.9, 0.1, count, dtype=np.float32) if scores is None else np.array(scores, np.float32)
    return rank([falling], [np.array(hits, bool).reshape(count, 1)], [positives])


def test_average_precision_by_hand():
    ranking = ranking_of([1, 0, 1], 2)
    # Precision 1 up to recall 0.5, 2/3 up to 1: of 101 recalls 51 read 1 and 50 read 2/3.
    assert ap_coco(ranking)[0] == pytest.approx((51 + 50 * 2 / 3) / 101)
    # Straight lines: 1 to recall 0.5, then falling to 2/3.
    assert ap_interpolated(ranking, drop=False)[0] == pytest.approx(0.5 + 0.5 * (1 + 2 / 3) / 2, abs=1e-6)
    # A vertical drop lies between two of the 101 places, so half a hundredth of its height is lost at 0.5 and at 1.
    expected = 0.5 + 0.5 * 2 / 3 - 0.005 * (1 / 3) - 0.005 * (2 / 3)
    assert ap_interpolated(ranking, drop=True)[0] == pytest.approx(expected, abs=1e-6)


def test_average_precision_without_people_is_not_a_number_and_without_finds_zero():
    assert np.isnan(ap_coco(ranking_of([0, 0], 0))[0])
    assert np.isnan(ap_interpolated(ranking_of([0], 0), drop=True)[0])
    nothing = rank([np.zeros(0, np.float32)], [np.zeros((0, 1), bool)], [3])
    assert ap_coco(nothing)[0] == 0
    assert ap_interpolated(nothing, drop=False)[0] == 0
    assert precision_recall(nothing).precision == (0.0,) * 101
    assert confidence_curves(nothing).best is None


def test_weights_count_a_image_as_often_as_they_say():
    generator = np.random.default_rng(1)
    scores = [generator.random(6, np.float32) for _ in range(5)]
    hits = [generator.random((6, 10)) < 0.4 for _ in range(5)]
    ignored = [(generator.random((6, 10)) < 0.2) & ~hit for hit in hits]
    often = np.array([2, 0, 1, 3, 0])
    doubled = [place for place, count in enumerate(often) for _ in range(count)]
    whole = rank(scores, hits, [4] * 5, ignored)
    drawn = rank([scores[p] for p in doubled], [hits[p] for p in doubled], [4] * 6, [ignored[p] for p in doubled])
    # Equal scores of a doubled image stand side by side; only the last of them has the weighted precision.
    assert ap_coco(whole, often.astype(float)) == pytest.approx(ap_coco(drawn), abs=0.02)
    assert ap_coco(whole, np.ones(5)) == pytest.approx(ap_coco(whole))


def test_the_bootstrap_is_seeded_and_surrounds_the_difference():
    generator = np.random.default_rng(2)
    scores = [generator.random(4, np.float32) for _ in range(40)]
    good = rank(scores, [generator.random((4, 10)) < 0.7 for _ in range(40)], [3] * 40)
    bad = rank(scores, [generator.random((4, 10)) < 0.3 for _ in range(40)], [3] * 40)
    draws = resamples(40, 200, 42)
    assert (draws.sum(axis=1) == 40).all()
    (low, high), (low50, high50) = ap_difference_intervals([good], [bad], draws)
    assert low50 <= ap_coco(good)[0] - ap_coco(bad)[0] <= high50
    assert low < ap_coco(good).mean() - ap_coco(bad).mean() < high
    assert low > 0
    assert ap_difference_intervals([good], [bad], resamples(40, 200, 42)) == ((low, high), (low50, high50))
    assert ap_difference_intervals([good], [good], draws) == ((0, 0), (0, 0))
    assert ap_difference_intervals([good], [bad], draws[:0]) == (None, None)
    assert interval(np.full(50, np.nan)) is None
    assert resamples(0, 5, 1).shape == (5, 0)


def test_f1_best_threshold_by_hand():
    curves = confidence_curves(ranking_of([1, 1, 0, 1, 0], 4, [0.9, 0.8, 0.7, 0.6, 0.5]))
    # With the first four: 3 right of 4 found and 4 labelled.
    assert msgspec.structs.astuple(curves.best) == pytest.approx((0.6, 0.75, 0.75, 0.75), abs=1e-6)
    assert curves.f1[0] == pytest.approx(2 * 3 / (5 + 4), abs=1e-6)
    assert (curves.precision[-1], curves.recall[-1]) == (1.0, 0.0)  # nobody reaches score 1


def test_equal_scores_are_one_threshold():
    curves = confidence_curves(ranking_of([1, 0, 0], 1, [0.5, 0.5, 0.5]))
    assert curves.best.precision == pytest.approx(1 / 3, abs=1e-5)


# --- pycocotools -----------------------------------------------------------------------------------------------------


def random_images(seed, images=12, keypoints=17):
    """Return truths with crowds and people without keypoints, and finds near and far of them."""
    generator = np.random.default_rng(seed)
    truths, found = [], []
    for _ in range(images):
        people, finds = int(generator.integers(0, 5)), int(generator.integers(0, 9))
        corner = generator.uniform(0, 300, (people, 2))
        extent = generator.uniform(15, 200, (people, 2))
        boxes = np.concatenate([corner, corner + extent], axis=1).astype(np.float32)
        points = (corner[:, None] + extent[:, None] * generator.random((people, keypoints, 2))).astype(np.float32)
        visible = generator.integers(0, 3, (people, keypoints, 1)).astype(np.float32)
        visible[generator.random(people) < 0.2] = 0
        labels = np.concatenate([points, visible], axis=2)
        crowd = generator.random(people) < 0.15
        truths.append(Truth(People(boxes, np.ones(people, np.float32), labels), object_areas(boxes), crowd))
        guesses = generator.uniform(0, 400, (finds, keypoints, 3)).astype(np.float32)
        for index in range(finds):
            if people and generator.random() < 0.8:
                noise = generator.normal(0, generator.uniform(0.5, 12), (keypoints, 2))
                guesses[index, :, :2] = points[generator.integers(people)] + noise
        scores = -np.sort(-generator.random(finds).round(2).astype(np.float32))
        found.append(People(np.zeros((finds, 4), np.float32), scores, guesses))
    return truths, found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("keypoints", [17, 5])
def test_our_short_cuts_in_pycocotools_change_none_of_its_figures(monkeypatch, seed, keypoints):
    truths, found = random_images(seed, keypoints=keypoints)
    edges = skeleton.for_keypoints(keypoints)
    with redirect_stdout(io.StringIO()):
        ours = evaluate_coco.evaluate_coco(truths, found, edges)
        for name in ("computeOks", "evaluateImg"):
            monkeypatch.setattr(evaluate_coco._FastEval, name, getattr(COCOeval, name))
        theirs = evaluate_coco.evaluate_coco(truths, found, edges)
    assert ours.figures == theirs.figures
    assert (ours.ranking.hits == theirs.ranking.hits).all()
    assert (ours.ranking.ignored == theirs.ranking.ignored).all()
    assert ours.figures.ap is not None


@pytest.mark.parametrize("seed", range(6))
def test_our_average_precision_is_pycocotools(seed):
    truths, found = random_images(seed, images=30)
    result = evaluate_coco.evaluate_coco(truths, found, skeleton.COCO)
    assert ap_coco(result.ranking) == pytest.approx(np.array(result.figures.by_threshold), abs=2e-6)


def test_perfect_finds_have_ap_one_and_no_labels_have_none():
    truths, _ = random_images(3)
    perfect = [truth.people[truth.counts()] for truth in truths]
    assert evaluate_coco.evaluate_coco(truths, perfect, skeleton.COCO).figures.ap == 1
    empty = [Truth(nobody(17), np.zeros(0), np.zeros(0, bool))] * 3
    assert evaluate_coco.evaluate_coco(empty, [nobody(17)] * 3, skeleton.COCO).figures.ap is None


# --- per keypoint ----------------------------------------------------------------------------------------------------

PAIR = skeleton.generic(3, ("nose", "left hand", "right hand"), (0, 2, 1), (0.5, 0.5, 0.5))


def test_keypoint_figures_by_hand():
    truth = person([[50, 10, 2], [20, 50, 2], [80, 50, 1]], (0, 0, 100, 50))
    found = person([[53, 14, 1], [20, 50, 1], [80, 69, 1]], (0, 0, 100, 50))
    tally = tally_keypoints(truth, np.array([2500.0]), found, PAIR)
    nose, left, right = keypoint_figures(tally, PAIR)
    assert nose.error == pytest.approx(5 / 50)
    assert (nose.pck, left.pck, right.pck) == (1, 1, 0)  # within 10 pixels: a tenth of 100
    assert (left.recall, right.recall) == (1, None)  # the right hand is labelled, but hidden
    assert (nose.swap_rate, left.swap_rate, right.swap_rate) == (None, 0, 0)
    assert people_figures(tally) == PeopleCount(labelled=1, found=1, right=1, missed=0, false=0)


def test_swapped_hands_are_seen():
    truth = person([[50, 10, 2], [20, 50, 2], [80, 50, 2]], (0, 0, 100, 50))
    found = person([[50, 10, 1], [80, 50, 1], [20, 50, 1]], (0, 0, 100, 50))
    figures = keypoint_figures(tally_keypoints(truth, np.array([2500.0]), found, PAIR), PAIR)
    assert [one.swap_rate for one in figures] == [None, 1, 1]


def test_missed_people_lower_recall_and_strangers_are_false_unless_in_a_crowd():
    truth = person([[5, 5, 2], [4, 5, 2], [6, 5, 2]], (0, 0, 10, 10))
    stranger = person([[500, 500, 1]] * 3, (490, 490, 510, 510))
    tally = tally_keypoints(truth, np.array([50.0]), stranger, PAIR)
    assert keypoint_figures(tally, PAIR)[0] == KeypointAccuracy(
        name="nose", labelled=0, error=None, pck=None, recall=0.0, swap_rate=None
    )
    assert people_figures(tally).false == 1
    assert people_figures(tally_keypoints(truth, np.array([50.0]), stranger, PAIR, np.array([1.0]))).false == 0
    assert people_figures(tally + empty_tally(3)) == people_figures(tally)


# --- one network against another -------------------------------------------------------------------------------------


def test_oks_lost_and_agreement():
    points = [[50, 10, 2], [20, 50, 2], [80, 50, 2]]
    truth = person(points, (0, 0, 100, 50))
    areas = np.array([2500.0])
    shifted = person([[x + 10, y, 1] for x, y, _ in points], (0, 0, 100, 50))
    pair = compare_people((truth, areas), truth, shifted, PAIR)
    after = np.exp(-100 / 2500 / 1 / 2)
    assert pair.oks_lost().tolist() == pytest.approx([1 - after])
    assert (pair.lost, pair.invented) == (0, 0)
    assert pair.distance.tolist() == [10]
    missed = compare_people((truth, areas), truth, nobody(3), PAIR)
    assert missed.oks_lost().tolist() == [1]
    assert (missed.lost, missed.invented) == (1, 0)
    alone = compare_people(None, truth, shifted, PAIR)
    assert alone.oks_lost().tolist() == pytest.approx([1 - np.exp(-100 / (5000 * 0.53) / 1 / 2)])
    figures = pair_figures([pair, missed], resamples(2, 100, 1))
    assert figures.oks_lost_mean == pytest.approx((1 - after + 1) / 2, abs=1e-6)
    assert figures.agreement.kept == 1
    assert pair_figures([], resamples(0, 5, 1)).oks_lost_mean is None


def test_where_somebody_is_labelled_only_labelled_people_lose():
    stranger = person([[5, 5, 1]] * 3)
    assert len(compare_people((nobody(3), np.zeros(0)), stranger, nobody(3), PAIR).oks_lost()) == 0


# --- decoding: against the plainest way to do it ---------------------------------------------------------------------


def naive_suppress(boxes, limit, most):
    kept = []
    for index, box in enumerate(boxes):
        if len(kept) == most:
            break
        if all(box_iou_matrix(boxes[other : other + 1], box[None])[0, 0] <= limit for other in kept):
            kept.append(index)
    return kept


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40), st.floats(0.05, 0.95), st.integers(1, 20))
def test_suppression_is_what_the_plain_loop_gives(seed, count, limit, most):
    generator = np.random.default_rng(seed)
    corner = generator.integers(0, 40, (count, 2))
    boxes = np.concatenate([corner, corner + generator.integers(1, 30, (count, 2))], axis=1).astype(np.float32)
    overlaps = box_iou_matrix(boxes, boxes)
    if len(overlaps) and np.abs(overlaps - limit).min() < 1e-6:
        return  # on the limit itself single and double precision may differ
    assert suppress(boxes, limit, most).tolist() == naive_suppress(boxes, limit, most)


def test_there_are_ten_thresholds():
    assert THRESHOLDS[0] == 0.5
    assert THRESHOLDS[-1] == 0.95
    assert len(THRESHOLDS) == 10
