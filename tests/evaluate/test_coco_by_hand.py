"""COCO's keypoint figures of a few people, worked out by hand.

Two keypoints with a sigma of a half each, the upper left and the lower right corner of a person as wide as high: a find
that lies d pixels aside has an OKS of exp(-d^2 / (2 * area)).
"""

import numpy as np
import pytest

from n6studio.domain.pose import skeleton
from n6studio.domain.pose.people import People
from n6studio.stages.datasets.model import Truth
from n6studio.stages.evaluate.coco import evaluate_coco

CORNERS = skeleton.generic(2, ("upper left", "lower right"), (0, 1), (0.5, 0.5))


def person(x, y, side, *, seen=(2, 2), area=None, crowd=False):
    return (x, y, x + side, y + side), [(x, y, seen[0]), (x + side, y + side, seen[1])], area or side * side, crowd


def labelled(*people) -> Truth:
    boxes = np.array([one[0] for one in people], np.float32).reshape(-1, 4)
    keypoints = np.array([one[1] for one in people], np.float32).reshape(-1, 2, 3)
    areas = np.array([one[2] for one in people], np.float64)
    return Truth(
        People(boxes, np.ones(len(people), np.float32), keypoints), areas, np.array([one[3] for one in people], bool)
    )


def finds(*people) -> People:
    """Return finds (x, y, side, score), the best first."""
    corners = [[(x, y, 1), (x + side, y + side, 1)] for x, y, side, _ in people]
    scores = np.array([one[3] for one in people], np.float32)
    return People(np.zeros((len(people), 4), np.float32), scores, np.array(corners, np.float32).reshape(-1, 2, 3))


def judged(*images, skeleton=CORNERS):
    return evaluate_coco([truth for truth, _ in images], [found for _, found in images], skeleton)


def figures(*images, **options):
    return judged(*images, **options).figures


def test_somebody_found_in_the_right_place():
    found = figures((labelled(person(100, 100, 100)), finds((100, 100, 100, 0.5))))
    assert (found.ap, found.ap50, found.ap75, found.ar, found.ar50, found.ar75) == (1,) * 6
    assert (found.ap_large, found.ar_large) == (1, 1)
    assert (found.ap_small, found.ap_medium, found.ar_medium) == (None,) * 3
    assert found.by_threshold == (1,) * 10


def test_somebody_found_90_pixels_aside():
    """OKS is exp(-8100 / 20000) = 0.667: enough for 0.5 to 0.65."""
    found = figures((labelled(person(100, 100, 100)), finds((190, 100, 100, 0.5))))
    assert found.by_threshold == (1, 1, 1, 1, 0, 0, 0, 0, 0, 0)
    assert (found.ap, found.ap50, found.ap75) == (0.4, 1, 0)
    assert (found.ar, found.ar50, found.ar75) == (0.4, 1, 0)


def test_sizes_and_what_is_read_off_the_curve():
    """A small one is found, a medium one is not, a large one is at four thresholds.

    There two of three are right: at 67 of the 101 recalls, up to 0.66, precision is 1. Elsewhere one is, at 34 of them.
    """
    people = labelled(person(10, 10, 20), person(200, 200, 50), person(300, 300, 100))
    found = figures((people, finds((10, 10, 20, 0.9), (390, 300, 100, 0.8))))
    assert (found.ap_small, found.ap_medium, found.ap_large) == (1, 0, 0.4)
    assert (found.ar_medium, found.ar_large) == (0, 0.4)
    assert found.by_threshold == (round(67 / 101, 6),) * 4 + (round(34 / 101, 6),) * 6
    assert found.ap == round((4 * 67 + 6 * 34) / 1010, 6)
    assert (found.ap50, found.ap75) == (round(67 / 101, 6), round(34 / 101, 6))
    assert found.ar == 0.466667, "(4 * 2 / 3 + 6 * 1 / 3) / 10"


@pytest.mark.parametrize(
    ("area", "sizes"),
    [
        (0.5, (1, None, None)),
        (1024, (1, 1, None)),
        (1025, (None, 1, None)),
        (9216, (None, 1, 1)),
        (9217, (None, None, 1)),
    ],
)
def test_small_ends_and_medium_begins_at_32_by_32(area, sizes):
    found = figures((labelled(person(100, 100, 50, area=area)), finds((100, 100, 50, 0.5))))
    assert (found.ap_small, found.ap_medium, found.ap_large) == sizes


EVERY_SIZE = labelled(person(0, 0, 10), person(200, 200, 50), person(300, 300, 100))
FOUND_ALL = [(0, 0, 10, 0.5), (200, 200, 50, 0.4), (300, 300, 100, 0.3)]


@pytest.mark.parametrize(
    ("side", "sizes"),
    [
        (0, (0.5, 1, 1)),
        (31, (0.5, 1, 1)),
        (32, (0.5, 0.5, 1)),
        (33, (1, 0.5, 1)),
        (96, (1, 0.5, 0.5)),
        (97, (1, 1, 0.5)),
    ],
)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_stranger_costs_those_of_its_size(side, sizes, elsewhere):
    """Right are the second, third and fourth best, so at every recall the best precision is 3 / 4."""
    stranger = (600, 600, side, 0.9)
    if elsewhere:
        found = figures((EVERY_SIZE, finds(*FOUND_ALL)), (labelled(), finds(stranger)))
    else:
        found = figures((EVERY_SIZE, finds(stranger, *FOUND_ALL)))
    assert (found.ap_small, found.ap_medium, found.ap_large) == sizes
    assert found.ap == 0.75


def test_a_stranger_is_as_large_as_its_keypoints_reach():
    """20 wide and 80 high, wherever it is: 1600 pixels."""
    keypoints = np.array([[[640, 600, 1], [620, 680, 1]]], np.float32)
    stranger = People(np.zeros((1, 4), np.float32), np.ones(1, np.float32), keypoints)
    found = figures((EVERY_SIZE, finds(*FOUND_ALL)), (labelled(), stranger))
    assert (found.ap_small, found.ap_medium, found.ap_large) == (1, 0.5, 1)


def test_every_image_counts_once():
    """One of three images has its person found first, one a stranger, one nobody at all."""
    someone = labelled(person(100, 100, 50))
    right, wrong = (100, 100, 50, 0.75), (400, 100, 50, 0.5)
    found = judged((someone, finds(right)), (someone, finds(wrong)), (labelled(), finds()))
    assert found.figures.by_threshold == (round(51 / 101, 6),) * 10, "precision is 1 up to a recall of 0.5"
    assert found.figures.ar == 0.5
    ranking = found.ranking
    assert ranking.scores.tolist() == [0.75, 0.5]
    assert ranking.images.tolist() == [0, 1]
    assert ranking.positives.tolist() == [1, 1, 0]
    assert ranking.hits.tolist() == [[True] * 10, [False] * 10]
    assert not ranking.ignored.any()
    first = judged((labelled(), finds()), (someone, finds(right)))
    assert first.ranking.hits.tolist() == [[True] * 10]
    empty = judged((labelled(), finds(wrong)), (someone, finds()))
    assert empty.ranking.images.tolist() == [0]
    assert empty.ranking.positives.tolist() == [0, 1]
    assert empty.figures.ap == 0


def test_several_finds_and_labels_keep_their_places():
    people = labelled(person(0, 0, 50), person(200, 0, 50), person(400, 0, 50))
    found = judged((people, finds((400, 0, 50, 0.9), (700, 0, 50, 0.8), (0, 0, 50, 0.7), (200, 0, 50, 0.6))))
    assert found.ranking.hits[:, 0].tolist() == [True, False, True, True]
    assert found.ranking.positives.tolist() == [3]
    # precision 1 up to a recall of a third, then 3 / 4
    assert found.figures.ap == round((34 + 67 * 0.75) / 101, 6)


def test_nobody_is_found_twice():
    found = judged((labelled(person(100, 100, 50)), finds((100, 100, 50, 0.75), (100, 100, 50, 0.5))))
    assert found.ranking.hits.tolist() == [[True] * 10, [False] * 10]
    other = judged((labelled(person(100, 100, 50)), finds((110, 100, 50, 0.75), (100, 100, 50, 0.5))))
    assert other.ranking.hits.sum(axis=0).tolist() == [1] * 10, (
        "who is taken for the person first is, where that is enough"
    )


def test_twenty_finds_are_looked_at():
    strangers = [(600, 20 * number, 10, 0.9) for number in range(20)]
    right = (100, 100, 100, 0.1)
    someone = labelled(person(100, 100, 100))
    assert figures((someone, finds(*strangers[:19], right))).ap == 0.05
    assert figures((someone, finds(*strangers, right))).ap == 0
    assert len(judged((someone, finds(*strangers, right))).ranking.scores) == 20
    assert len(judged((labelled(), finds(*strangers, right))).ranking.scores) == 20


# --- who counts ------------------------------------------------------------------------------------------------------


def test_hidden_keypoints_count_and_those_that_are_not_labelled_do_not():
    assert figures((labelled(person(100, 100, 100, seen=(1, 1))), finds((100, 100, 100, 0.5)))).ap == 1
    assert figures((labelled(person(100, 100, 100, seen=(1, 1))), finds((190, 100, 100, 0.5)))).ap == 0.4
    assert figures((labelled(person(100, 100, 100, seen=(1, 0))), finds((190, 100, 100, 0.5)))).ap == 0.4
    # the lower right corner is 90 pixels further away, and nobody has said where it is
    half = labelled(person(100, 100, 100, seen=(1, 0)))
    assert figures((half, finds((100, 100, 190, 0.5)))).ap == 1
    # where it is labelled, the OKS is the mean of 1 and exp(-16200 / 20000) = 0.445, which is 0.72
    assert figures((labelled(person(100, 100, 100)), finds((100, 100, 190, 0.5)))).ap == 0.5
    assert figures((labelled(person(100, 100, 100, seen=(0, 0))), finds((100, 100, 100, 0.5)))).ap is None


def test_who_is_found_in_a_crowd_is_neither_right_nor_wrong():
    images = [
        (labelled(person(100, 100, 100)), finds((100, 100, 100, 0.5))),
        (labelled(person(100, 100, 100, crowd=True)), finds((100, 100, 100, 0.9), (100, 100, 100, 0.8))),
    ]
    found = judged(*images)
    assert found.figures.ap == 1
    assert found.ranking.ignored.tolist() == [[True] * 10, [True] * 10, [False] * 10]
    assert found.ranking.hits.tolist() == [[False] * 10, [False] * 10, [True] * 10]
    assert found.ranking.positives.tolist() == [1, 0]


def near(x, y, side, *, box=(200, 300, 10), area=100, skeleton=CORNERS) -> int:
    """Return at how many thresholds somebody found here is taken for a person without labelled keypoints.

    Such a find is ignored; otherwise it stands before the one that is right.
    """
    bare = person(*box, seen=(0, 0), area=area)
    found = figures(
        (labelled(person(0, 0, 100)), finds((0, 0, 100, 0.5))),
        (labelled(bare), finds((x, y, side, 0.9))),
        skeleton=skeleton,
    )
    assert set(found.by_threshold) <= {0.5, 1}
    return found.by_threshold.count(1)


@pytest.mark.parametrize("x", [190, 200, 209])
@pytest.mark.parametrize("y", [290, 300, 309])
def test_who_lies_in_a_box_grown_threefold_is_taken_for_the_person(x, y):
    """The box goes from 200, 300 to 210, 310; grown, from 190, 290 to 220, 320."""
    assert near(x, y, 11) == 10


@pytest.mark.parametrize(
    ("x", "y", "count"),
    [
        # 5 pixels aside, to the left, right, above and below: exp(-25 / 200) = 0.882
        (185, 300, 8),
        (225, 300, 8),
        (200, 285, 8),
        (200, 325, 8),
        # in both directions: exp(-50 / 200) = 0.779
        (185, 285, 6),
        (225, 325, 6),
        (185, 325, 6),
        # 11 pixels: exp(-121 / 200) = 0.546
        (179, 300, 1),
        (231, 300, 1),
        (200, 279, 1),
        (200, 331, 1),
        (400, 300, 0),
    ],
)
def test_further_away_it_is_the_less_alike_the_further(x, y, count):
    assert near(x, y, 0) == count


def test_each_keypoint_has_its_sigma():
    """5 pixels aside: exp(-25 / 0.25 / 200) = 0.607 with a sigma of a quarter, 0.882 of a half: 0.744 on average."""
    other = skeleton.generic(2, ("upper left", "lower right"), (0, 1), (0.25, 0.5))
    assert near(185, 300, 0, skeleton=other) == 5


def test_each_keypoint_has_its_share():
    """One lies within, the other 20 pixels aside: (1 + exp(-400 / 200)) / 2 = 0.568."""
    assert near(210, 300, 10, box=(200, 300, 10)) == 10
    assert near(220, 300, 20) == 2


@pytest.mark.parametrize(
    ("area", "count"),
    [(200, 9), (100, 8), (25, 3)],  # exp(-25 / 400) = 0.939, exp(-25 / 200) = 0.882, exp(-25 / 50) = 0.607
)
def test_a_larger_person_may_be_further_away(area, count):
    assert near(185, 300, 0, area=area) == count


def test_a_person_of_no_area_lies_in_one_place():
    """As pycocotools has it: 2^-52 is added, so that exp(-1e-16 / 2 / 2^-52) = 0.798 is left after 1e-8 pixels."""
    nothing = (0, 0, 0)
    assert near(0, 0, 0, box=nothing, area=0) == 10
    assert near(1e-8, 0, 0, box=nothing, area=0) == 6
    assert near(1, 0, 0, box=nothing, area=0) == 0
