"""Figures of a handful of people, each worked out by hand: what counts on a limit, and what is not counted at all."""

import numpy as np
import pytest

from n6studio.domain.evaluation.model import PeopleCount
from n6studio.domain.evaluation.results import Agreement
from n6studio.domain.metrics.average_precision import (
    ap_coco,
    ap_interpolated,
    confidence_curves,
    interval,
    precision_recall,
    rank,
    resamples,
)
from n6studio.domain.metrics.errors import error_kinds
from n6studio.domain.metrics.keypoints import empty_tally, keypoint_figures, people_figures, tally_keypoints
from n6studio.domain.metrics.matching import THRESHOLDS, match_mutual, match_pairs
from n6studio.domain.metrics.pairs import PairOfImage, compare_people, pair_figures
from n6studio.domain.pose import skeleton
from n6studio.domain.pose.people import People, nobody

# Sigmas of 0.5 make a keypoint's similarity exp(-d^2 / (2 area)).
HANDS = skeleton.generic(3, ("nose", "left hand", "right hand"), (0, 2, 1), (0.5, 0.5, 0.5))
AREA = np.array([2500.0])
POINTS = [[150, 110, 2], [120, 150, 2], [180, 150, 2]]


def person(points, box=(100, 100, 200, 150)):
    """One person; the box is 100 wide, so a keypoint is near within 10 pixels, and begins away from 0."""
    return People(np.array([box], np.float32), np.ones(1, np.float32), np.array([points], np.float32))


def moved(points, x, y=0):
    return [[a + x, b + y, c] for a, b, c in points]


def tally(truth, found, **options):
    return tally_keypoints(person(truth), AREA, person(found), HANDS, **options)


# --- keypoints -------------------------------------------------------------------------------------------------------


def test_who_is_hardly_alike_has_no_keypoints_and_who_is_half_alike_is_right():
    # exp(-100^2 / 5000) = 0.135 and exp(-110^2 / 5000) = 0.089
    assert tally(POINTS, moved(POINTS, 100)).labelled.tolist() == [1, 1, 1]
    assert tally(POINTS, moved(POINTS, 110)).labelled.tolist() == [0, 0, 0]
    # exp(-50^2 / 5000) = 0.61 and exp(-60^2 / 5000) = 0.49
    assert tally(POINTS, moved(POINTS, 50)).people.tolist() == [1, 1, 1, 0]
    assert tally(POINTS, moved(POINTS, 60)).people.tolist() == [1, 1, 0, 1]
    # One of two keypoints in its place, the other so far away that its similarity is 0: exactly 0.5.
    half = [POINTS[0], POINTS[1], [180, 150, 0]]
    assert tally(half, [POINTS[0], [9000, 9000, 1], POINTS[2]]).people.tolist() == [1, 1, 1, 0]


def test_near_ends_at_a_tenth_of_the_longer_side():
    found = [[150, 120, 1], [131, 150, 1], [180, 150, 1]]  # 10 and 11 pixels away, and none
    one = tally(POINTS, found)
    assert one.near.tolist() == [1, 0, 1]
    assert one.seen.tolist() == [1, 0, 1]
    assert one.distance.tolist() == [10 / 50, 11 / 50, 0]


def test_only_labelled_and_visible_keypoints_count():
    truth = [[150, 110, 1], [120, 150, 0], [180, 150, 1.5]]
    one = tally(truth, POINTS)
    assert one.labelled.tolist() == [1, 0, 1]
    assert one.distance.tolist() == [0, 0, 0]
    assert one.near.tolist() == [1, 0, 1]
    assert one.visible.tolist() == [0, 0, 0]
    assert one.seen.tolist() == [0, 0, 0]
    assert one.pairs.tolist() == [0, 0, 0]  # of the hands only one is labelled


def test_a_person_of_no_area_has_distances_in_billionths():
    point = [[150, 111, 1], *POINTS[1:]]
    one = tally_keypoints(person(POINTS), np.zeros(1), person(point), HANDS)
    assert one.distance.tolist() == [pytest.approx(1e9), 0, 0]


def test_hands_closer_than_near_cannot_be_swapped():
    for apart, pairs in ((5, 0), (10, 0), (11, 1)):
        hands = [POINTS[0], [120, 150, 2], [120 + apart, 150, 2]]
        one = tally(hands, [hands[0], hands[2], hands[1]])
        assert one.pairs.tolist() == [0, pairs, pairs]
        assert one.swapped.tolist() == [0, pairs, pairs]


def test_hands_are_swapped_where_both_lie_nearer_to_the_other():
    between = [POINTS[0], [150, 150, 1], [150, 150, 1]]
    assert tally(POINTS, between).swapped.tolist() == [0, 0, 0]
    both_right = [POINTS[0], POINTS[2], POINTS[2]]
    assert tally(POINTS, both_right).swapped.tolist() == [0, 0, 0]
    assert tally(POINTS, both_right).pairs.tolist() == [0, 1, 1]


def test_kinds_of_errors_are_counted():
    # The nose is 30 pixels away, exp(-900 / 5000) = 0.84, which is jitter; the hands are in their places.
    one = tally(POINTS, [[150, 80, 1], *POINTS[1:]])
    assert one.kinds.tolist() == [2, 1, 0, 0, 0]
    assert empty_tally(3).kinds.tolist() == [0] * 5


def test_a_stranger_is_nobody_unless_in_a_crowd():
    far = moved(POINTS, 900)
    for aside, strangers in ((None, 1), ([0.0], 1), ([0.01], 0)):
        given = None if aside is None else np.array(aside)
        expected = PeopleCount(labelled=1, found=1, right=0, missed=1, false=strangers)
        assert people_figures(tally(POINTS, far, aside=given)) == expected


def test_tallies_add_up_to_shares_of_six_digits():
    near, off = tally(POINTS, POINTS), tally(POINTS, [[150, 130, 1], *POINTS[1:]])
    whole = near + off + off
    assert whole.people.tolist() == [3, 3, 3, 0]
    nose = keypoint_figures(whole, HANDS)[0]
    assert (nose.labelled, nose.pck, nose.recall, nose.error) == (3, 0.333333, 0.333333, 0.266667)


# --- two models ------------------------------------------------------------------------------------------------------


def test_who_found_nobody_has_no_oks_and_the_other_loses_less_than_nothing():
    pair = compare_people((person(POINTS), AREA), nobody(3), person(POINTS), HANDS)
    assert (pair.reference_oks.tolist(), pair.judged_oks.tolist()) == ([0], [1])
    assert pair.oks_lost().tolist() == [-1]
    assert (pair.lost, pair.invented) == (0, 1)
    lost = compare_people((person(POINTS), AREA), person(POINTS), nobody(3), HANDS)
    assert (lost.agreement.tolist(), np.isnan(lost.distance).tolist()) == ([0], [True])


def test_every_keypoint_of_the_reference_is_compared_whatever_its_confidence():
    reference = person([[a, b, 0] for a, b, _ in POINTS])
    pair = compare_people(None, reference, person(POINTS), HANDS)
    assert pair.agreement.tolist() == [1]
    assert len(pair.reference_oks) == len(pair.judged_oks) == 0
    assert reference.keypoints[0, :, 2].tolist() == [0, 0, 0]


def test_figures_of_two_models_over_two_images():
    first = PairOfImage(
        np.array([0.9, 0.7, 0.5]), np.array([0.4, 0.5, 0.5]), True, np.array([0.5, 0.0, 0.5]),
        np.array([1.0, np.nan, 2.0]), lost=1, invented=2,
    )  # fmt: skip
    second = PairOfImage(np.ones(3), np.array([0.0, 0.0, 1.0]), True, np.zeros(0), np.zeros(0), lost=0, invented=1)
    draws = np.array([[1.0, 0.0]] * 5 + [[0.0, 3.0]] * 5)  # only the first, or three times the second
    figures = pair_figures([first, second], draws)
    assert figures.people == 6
    assert figures.oks_lost_mean == 0.45  # (0.7 + 2) / 6
    assert figures.oks_lost_interval == (0.233333, 0.666667)
    assert figures.agreement == Agreement(
        people=3, kept=2, lost=1, invented=3, oks_mean=0.333333, oks_mean_kept=0.5, pixels_mean=1.5
    )


# --- average precision -----------------------------------------------------------------------------------------------


def ranking(hits, positives, ignored=None, scores=None):
    count = len(hits)
    falling = np.array(scores if scores is not None else [0.9 - 0.1 * n for n in range(count)], np.float32)
    aside = None if ignored is None else [np.array(ignored, bool).reshape(count, -1)]
    return rank([falling], [np.array(hits, bool).reshape(count, -1)], [positives], aside)


def test_a_threshold_that_nobody_reaches_does_not_end_the_others():
    assert ap_coco(ranking([[0, 1]], 1)).tolist() == [0, 1]


def test_areas_below_the_two_interpolated_curves():
    one = ranking([1, 0, 1, 1], 4)
    # Recall 0.25, 0.25, 0.5, 0.75 with precision 1, then at best 0.75. Dropped behind 0.75, with half a hundredth lost
    # at each of the two drops:
    assert ap_interpolated(one, drop=True)[0] == pytest.approx(0.25 + 0.5 * 0.75 - 0.005 * 0.25 - 0.005 * 0.75)
    # Straight from 1 at 0.25 to 0.75 at 0.5, level to 0.75, straight to 0 at 1:
    assert ap_interpolated(one, drop=False)[0] == pytest.approx(0.25 + 0.25 * 0.875 + 0.25 * 0.75 + 0.25 * 0.375)
    # The only person: nothing is lost but half a hundredth at the end.
    assert ap_interpolated(ranking([1], 1), drop=True)[0] == pytest.approx(0.995)


def test_precision_recall_leaves_out_who_is_ignored():
    curve = precision_recall(ranking([1, 0, 0, 1], 4, ignored=[0, 1, 0, 0]))
    # Counted are right, wrong, right: precision 1 up to recall 0.25, 2/3 up to 0.5, nothing beyond.
    assert curve.precision == (1.0,) * 26 + (0.666667,) * 25 + (0.0,) * 50
    assert curve.recall == tuple(round(n / 100, 6) for n in range(101))


def test_nobody_labelled_divides_nothing_by_zero():
    with np.errstate(all="raise"):
        assert precision_recall(ranking([0, 0], 0)).precision == (0.0,) * 101
        curves = confidence_curves(ranking([1], 0))  # a hit without labels cannot be, and is no best either
        assert curves.best is None
        assert confidence_curves(ranking([0, 0], 3)).best is None
        nothing = confidence_curves(rank([np.zeros(0, np.float32)], [np.zeros((0, 1), bool)], [0]))
    assert (set(nothing.precision), set(nothing.recall), set(nothing.f1)) == ({1.0}, {0.0}, {0.0})


def test_curves_over_the_confidence():
    # Scores that single precision has exactly, one of them on the grid.
    curves = confidence_curves(ranking([1, 0, 1], 4, scores=[0.75, 0.5, 0.25]))
    assert curves.confidence == tuple(round(n / 100, 6) for n in range(101))
    assert curves.precision == (0.666667,) * 26 + (0.5,) * 25 + (1.0,) * 50
    assert curves.recall == (0.5,) * 26 + (0.25,) * 50 + (0.0,) * 25
    assert curves.f1 == (0.571429,) * 26 + (0.333333,) * 25 + (0.4,) * 25 + (0.0,) * 25
    assert curves.best.confidence == 0.25


def test_of_equal_confidences_the_last_is_a_threshold_wherever_they_stand():
    # Best by count alone would be the first of the three at 0.5: 2 right of 2; but they come together, 2 of 4.
    best = confidence_curves(ranking([1, 1, 0, 0], 2, scores=[0.75, 0.5, 0.5, 0.5])).best
    assert (best.confidence, best.precision, best.recall) == (0.75, 1.0, 0.5)
    only_one = confidence_curves(ranking([1], 1)).best
    assert (only_one.f1, only_one.precision, only_one.recall) == (1.0, 1.0, 1.0)


def test_an_interval_needs_ten_values_and_cuts_a_fortieth_on_each_side():
    assert interval(np.arange(9.0)) is None
    assert interval(np.append(np.arange(9.0), np.inf)) is None
    assert interval(np.arange(41.0)) == (1.0, 39.0)
    assert interval(np.arange(10.0)) == pytest.approx((0.225, 8.775))
    assert resamples(3, 2, 1).shape == (2, 3)


# --- who is who, and what is wrong -----------------------------------------------------------------------------------


def test_thresholds_are_what_they_are_called():
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def test_who_is_just_alike_enough_is_a_pair():
    assert match_pairs(np.array([[0.5, 0.2]]), 0.5) == [(0, 0)]
    assert match_pairs(np.array([[0.49, 0.2]]), 0.5) == []


def test_whom_nobody_chose_gets_nobody():
    # Both found people choose the first true one; the second is as alike as 0.9, but was not chosen.
    assert match_mutual(np.array([[0.95, 0.94], [0.9, 0.9]])).sum(axis=1).tolist() == [9, 0]


POINT = skeleton.generic(1, ("point",), (0,), (0.5,))


@pytest.mark.parametrize(
    ("distance", "kind"),
    [
        (0, 0),
        (25, 0),  # exp(-625 / 5000) = 0.88
        (30, 1),  # 0.84
        (50, 1),  # 0.61
        (58, 1),  # 0.51
        (60, 4),  # 0.49
    ],
)
def test_kinds_of_errors_by_distance(distance, kind):
    truth, found = np.array([[[100, 100, 1]]], np.float32), np.array([[[100 + distance, 100, 1]]], np.float32)
    expected = [0.0] * 5
    expected[kind] = 1.0
    assert error_kinds(truth, AREA, found, [(0, 0)], POINT).tolist() == expected


def test_who_lies_on_another_person_is_swapped_where_that_one_is_labelled():
    for labelled, kind in ((2, 3), (1, 3), (0, 4)):
        truth = np.array([[[100, 100, 1]], [[900, 100, labelled]]], np.float32)
        found = np.array([[[900, 100, 1]]], np.float32)
        counts = error_kinds(truth, np.array([2500.0, 2500.0]), found, [(0, 0)], POINT)
        assert (counts.sum(), counts[kind]) == (1, 1)


def test_a_person_of_no_area_is_right_only_in_its_place():
    for distance, kind in ((0, 0), (1, 4)):
        truth, found = np.array([[[9, 9, 1]]], np.float32), np.array([[[9 + distance, 9, 1]]], np.float32)
        assert error_kinds(truth, np.zeros(1), found, [(0, 0)], POINT)[kind] == 1
