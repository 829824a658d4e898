import numpy as np
import pytest

from n6studio.domain.evaluation.model import ConfidenceBin, KeypointErrors
from n6studio.domain.metrics.average_precision import ap_coco, rank
from n6studio.domain.metrics.errors import KINDS, error_figures, error_kinds
from n6studio.domain.metrics.groups import by_crowd, by_hidden, confidence_calibration, hidden_share, people_by_size
from n6studio.domain.pose.skeleton import generic

PAIR = generic(2, ("left hand", "right hand"), (1, 0), (0.1, 0.1))
AREA = np.array([10_000.0, 10_000.0])
# With sigma 0.1 and an area of 100 x 100 pixels, the similarity is exp(-d^2 / 800).
JITTER, AWAY = 15.0, 60.0  # pixels: 0.75, and 0.01


def kinds(*found):
    """Count the kinds of two true people's keypoints, at (0, 0), (100, 0) and (0, 300), (100, 300)."""
    truth = np.array([[[0, 0, 2], [100, 0, 2]], [[0, 300, 2], [100, 300, 2]]], np.float32)
    people = np.array(found, np.float32)
    counts = error_kinds(truth, AREA, people, [(index, index) for index in range(len(found))], PAIR)
    return dict(zip(KINDS, counts.astype(int).tolist(), strict=True))


def test_each_kind_of_error_is_told_apart():
    right = [[0, 0, 1], [100, 0, 1]]
    assert kinds(right) == {"good": 2, "jitter": 0, "inversion": 0, "swap": 0, "miss": 0}
    assert kinds([[JITTER, 0, 1], [100, 0, 1]])["jitter"] == 1
    assert kinds([[100, 0, 1], [0, 0, 1]])["inversion"] == 2  # left and right the wrong way round
    assert kinds([[0, 300, 1], [100, 0, 1]])["swap"] == 1  # the other person's left hand
    assert kinds([[100, 300, 1], [100, 0, 1]])["swap"] == 1  # or their right one
    assert kinds([[-AWAY, -AWAY, 1], [100, 0, 1]])["miss"] == 1


def test_only_what_is_labelled_is_counted_and_errors_need_somebody_found():
    truth = np.array([[[0, 0, 0], [100, 0, 1]]], np.float32)
    counts = error_kinds(truth, AREA[:1], np.array([[[0, 0, 1], [0, 0, 1]]], np.float32), [(0, 0)], PAIR)
    # Where the right hand was put lies a left one that nobody labelled, so that it is no inversion.
    assert error_figures(counts) == KeypointErrors(labelled=1, good=0, jitter=0, inversion=0, swap=0, miss=1)
    assert error_kinds(truth, AREA[:1], np.zeros((0, 2, 3), np.float32), [], PAIR).sum() == 0


def test_figures_by_how_many_people_are_in_the_image():
    def hits(*values):
        return np.array(values, bool).reshape(-1, 1)

    scores = [np.array([0.9], np.float32), np.array([0.8, 0.7], np.float32), np.array([0.6], np.float32)]
    ranking = rank(scores, [hits(True), hits(True, False), hits(False)], [1, 3, 0])
    alone, some, many = by_crowd(ranking)
    assert (alone.images, alone.people, alone.ap) == (1, 1, pytest.approx(1.0))
    only = rank(scores[1:2], [hits(True, False)], [3])
    assert some.ap == pytest.approx(float(ap_coco(only).mean()), abs=1e-6)
    assert (many.images, many.ap) == (0, None)


def test_figures_by_what_is_hidden():
    points = np.zeros((4, 4, 3), np.float32)
    points[:, :, 2] = [[2, 2, 2, 2], [2, 2, 1, 0], [1, 1, 1, 2], [0, 0, 0, 0]]
    shares = hidden_share(points)
    assert shares.tolist() == pytest.approx([0, 1 / 3, 3 / 4, 0])
    groups = by_hidden(shares[:3], np.array([0.9, 0.4, 0.5]))
    assert [(one.people, one.oks, one.found) for one in groups] == [
        (1, 0.9, 1.0),
        (1, 0.4, 0.0),
        (1, 0.5, 1.0),
    ]
    assert by_hidden(np.zeros(0), np.zeros(0))[0].oks is None


def test_sizes_are_cocos():
    areas = [np.array([1.0, 32**2]), np.array([96**2 + 1.0]), np.zeros(0)]
    assert people_by_size(areas) == {"small": 2, "medium": 1, "large": 1}  # 32^2 itself belongs to both, as there


def test_scores_are_compared_with_how_often_they_are_right():
    scores = [np.array([1.0, 0.95, 0.94, 0.05], np.float32)]
    hits = np.array([True, True, False, False]).reshape(-1, 1)
    ignored = np.array([False, False, False, True]).reshape(-1, 1)
    rows = confidence_calibration(rank(scores, [hits], [2], [ignored]))
    assert rows[9] == ConfidenceBin(low=0.9, high=1.0, people=3, score=0.963333, right=0.666667)
    assert rows[0].people == 0
    assert rows[0].right is None


def test_sizes_end_where_cocos_do_and_limits_belong_to_both_sides():
    """32 x 32 and 96 x 96 pixels; nothing is above COCO's 1e10."""
    areas = [np.array([0.0, 1023.9, 1024.0, 1024.1, 9215.9, 9216.0, 9216.1, 1e10, 1.1e10])]
    assert people_by_size(areas) == {"small": 3, "medium": 4, "large": 3}
    assert people_by_size([]) == {"small": 0, "medium": 0, "large": 0}


@pytest.mark.parametrize(("people", "group"), [(1, 0), (2, 1), (4, 1), (5, 2), (10_000_000, 2)])
def test_crowds_begin_at_two_and_at_five(people, group):
    ranking = rank([np.zeros(1, np.float32)], [np.zeros((1, 1), bool)], [people])
    assert [one.images for one in by_crowd(ranking)] == [int(place == group) for place in range(3)]


def test_hidden_is_what_is_labelled_and_marked_hidden():
    keypoints = np.zeros((4, 4, 3), np.float32)
    keypoints[:, :, 2] = [[0, 0, 0, 0], [1, 1.5, 2, 0], [1, 1, 1, 2], [1, 0, 0, 0]]
    assert hidden_share(keypoints).tolist() == pytest.approx([0, 1 / 3, 0.75, 1])
    groups = by_hidden(np.array([0.0, 0.5, 0.51, 1.0]), np.array([0.5, 0.49, 1.0, 0.0]))
    assert [(one.people, one.oks, one.found) for one in groups] == [(1, 0.5, 1.0), (1, 0.49, 0.0), (2, 0.5, 0.5)]
