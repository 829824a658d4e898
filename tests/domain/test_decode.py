"""From a model's output to people: vectors that can be worked out on paper, and the same in plain Python."""

import numpy as np
import plain_pose
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6studio.domain.pose.decode import OutputLayout, candidate_count, decode, suppress

WIDTH, HEIGHT = 200, 100  # of the network's input, so that x and y cannot be taken for each other
ONE_CLASS = OutputLayout(classes=1, keypoints=2)

# centre x, centre y, width, height | score | x, y, visibility of two keypoints; fractions of 200 x 100 pixels
ANNE = [0.5, 0.5, 0.4, 0.2, 0.75, 0.25, 0.4, 0.875, 0.625, 0.6, 0.125]
ANNE_BOX = [60, 40, 140, 60]  # centre (100, 50), 80 wide and 20 high: 100 -+ 40, 50 -+ 10
ANNE_POINTS = [[50, 40, 0.875], [125, 60, 0.125]]


def columns(*candidates):
    """Return the output tensor (channels, N) of some candidates."""
    return np.array(candidates, np.float32).T


def at(x, score, width=0.05):
    """Return a candidate of 10 x 10 pixels at x (fraction of the width) whose first keypoint is at its centre."""
    return [x, 0.5, width, 0.1, score, x, 0.5, 1, 0, 0, 0]


def found(output, layout=ONE_CLASS, size=(WIDTH, HEIGHT), **limits):
    """Return (boxes, scores, keypoints) as lists."""
    people = decode(output, layout, size, **limits)
    assert people.boxes.dtype == people.confidences.dtype == people.keypoints.dtype == np.float32
    return people.boxes.tolist(), people.confidences.tolist(), people.keypoints.tolist()


def places(output, layout=ONE_CLASS, **limits):
    """Return x of everybody's first keypoint as fraction of the width: who was found, in which order."""
    people = decode(output, layout, (WIDTH, HEIGHT), **limits)
    return [round(float(x) / WIDTH, 3) for x in people.keypoints[:, 0, 0]]


# --- one person ------------------------------------------------------------------------------------------------------


def test_one_person_by_hand():
    boxes, scores, keypoints = found(columns(ANNE))
    assert boxes == [pytest.approx(ANNE_BOX, abs=1e-4)]
    assert scores == [0.75]
    assert np.array(keypoints[0]) == pytest.approx(np.array(ANNE_POINTS), abs=1e-4)


def test_an_output_in_pixels_is_not_multiplied():
    layout = OutputLayout(classes=1, keypoints=2, normalised=False)
    pixels = [100, 50, 80, 20, 0.75, 50, 40, 0.875, 125, 60, 0.125]
    assert found(columns(pixels), layout) == ([ANNE_BOX], [0.75], [ANNE_POINTS])


def test_two_values_a_keypoint_count_as_seen():
    layout = OutputLayout(classes=1, keypoints=2, dims=2)
    boxes, _, keypoints = found(columns([0.5, 0.5, 0.4, 0.2, 0.75, 0.25, 0.4, 0.625, 0.6]), layout)
    assert boxes == [pytest.approx(ANNE_BOX, abs=1e-4)]
    assert np.array(keypoints[0]) == pytest.approx(np.array([[50, 40, 1], [125, 60, 1]]), abs=1e-4)


def test_of_several_classes_the_best_one_is_the_score_and_keypoints_start_behind_all_of_them():
    layout = OutputLayout(classes=3, keypoints=2)
    candidate = [*ANNE[:4], 0.03125, 0.75, 0.5, *ANNE[5:]]
    boxes, scores, keypoints = found(columns(candidate), layout)
    assert scores == [0.75]
    assert boxes == [pytest.approx(ANNE_BOX, abs=1e-4)]
    assert np.array(keypoints[0]) == pytest.approx(np.array(ANNE_POINTS), abs=1e-4)


def test_of_several_classes_each_can_be_the_best():
    layout = OutputLayout(classes=2, keypoints=2)
    first, second = [*at(0.2, 0.5)[:5], 0.0, *at(0.2, 0)[5:]], [*at(0.8, 0.0)[:5], 0.75, *at(0.8, 0)[5:]]
    assert places(columns(first, second), layout) == [0.8, 0.2]


@pytest.mark.parametrize(
    ("layout", "channels"),
    [
        (OutputLayout(1, 17), 56),  # 4 + 1 + 17 * 3
        (OutputLayout(1, 17, dims=2), 39),  # 4 + 1 + 17 * 2
        (OutputLayout(3, 5), 22),  # 4 + 3 + 5 * 3
        (OutputLayout(1, 17, end_to_end=True), 57),  # 4 + 1 + 1 + 17 * 3
        (OutputLayout(80, 17, end_to_end=True), 57),  # it names its class, however many there are
    ],
)
def test_values_per_candidate(layout, channels):
    assert layout.channels == channels


def test_candidates_of_an_input():
    assert candidate_count(256, 256) == 32 * 32 + 16 * 16 + 8 * 8
    assert candidate_count(320, 192) == 40 * 24 + 20 * 12 + 10 * 6


def test_a_batch_axis_is_looked_through():
    assert found(columns(ANNE)[None]) == found(columns(ANNE))


def test_another_number_of_channels_is_refused():
    with pytest.raises(ValueError, match="11 channels"):
        decode(columns(ANNE[:-1]), ONE_CLASS, (WIDTH, HEIGHT))


def test_doubles_give_the_same():
    assert found(columns(ANNE).astype(np.float64)) == found(columns(ANNE))


# --- who counts ------------------------------------------------------------------------------------------------------


def test_best_first_and_of_equals_the_first():
    output = columns(at(0.1, 0.5), at(0.3, 0.875), at(0.5, 0.5), at(0.7, 0.625), at(0.9, 0.5))
    assert places(output) == [0.3, 0.7, 0.1, 0.5, 0.9]


def test_a_score_at_the_limit_does_not_count_and_the_next_number_does():
    just_above = float(np.nextafter(np.float32(0.25), np.float32(1)))
    output = columns(at(0.2, 0.25), at(0.5, just_above), at(0.8, 0.125))
    assert places(output, confidence=0.25) == [0.5]
    assert places(output) == [0.5], "0.25 is what counts where nothing is said"
    assert places(output, confidence=0.0) == [0.5, 0.2, 0.8]
    assert places(columns(at(0.2, 0.0)), confidence=0.0) == []


def test_nobody_has_keypoints_all_the_same():
    people = decode(columns(at(0.5, 0.125)), ONE_CLASS, (WIDTH, HEIGHT))
    assert (people.boxes.shape, people.confidences.shape, people.keypoints.shape) == ((0, 4), (0,), (0, 2, 3))


def test_scores_that_are_no_numbers_do_not_count():
    assert places(columns(at(0.2, np.nan), at(0.5, 0.5)), confidence=0.0) == [0.5]


def test_the_best_are_kept_where_there_are_too_many():
    output = columns(*(at(0.05 + 0.1 * place, 0.3 + 0.05 * place) for place in range(8)))
    assert places(output, max_detections=3) == [0.75, 0.65, 0.55]
    many = columns(*(at(place / 400, 0.5, width=1 / 400) for place in range(400)))
    assert len(places(many)) == 300, "300 where nothing is said"


# --- overlap ---------------------------------------------------------------------------------------------------------

# 10 x 10 pixels, and its upper half: 50 shared of 100 that both cover together, an overlap of exactly 0.5.
WHOLE, HALF = [0, 0, 10, 10], [0, 0, 10, 5]


def survivors(*boxes, iou, max_detections=300):
    return suppress(np.array(boxes, np.float32), iou, max_detections).tolist()


def test_an_overlap_at_the_limit_is_allowed():
    assert survivors(WHOLE, HALF, iou=0.5) == [0, 1]
    assert survivors(WHOLE, HALF, iou=0.4999) == [0]


def test_boxes_that_only_touch_or_have_no_area_do_not_overlap():
    assert survivors(WHOLE, [10, 0, 20, 10], [0, 10, 10, 20], iou=0.0) == [0, 1, 2]
    assert survivors([5, 5, 5, 5], [5, 5, 5, 5], iou=0.0) == [0, 1]


def test_boxes_apart_on_both_axes_do_not_overlap():
    """The two negative distances multiply to a positive number."""
    assert survivors(WHOLE, [15, 15, 25, 25], iou=0.0) == [0, 1]


def test_what_was_suppressed_suppresses_nobody():
    # Each overlaps its neighbour by 5 of 15 pixels, so a third; the first and the last not at all.
    assert survivors([0, 0, 10, 1], [5, 0, 15, 1], [10, 0, 20, 1], iou=0.3) == [0, 2]


def test_suppression_stops_at_the_most():
    assert survivors(WHOLE, [20, 0, 30, 10], [40, 0, 50, 10], iou=0.7, max_detections=2) == [0, 1]
    assert survivors(WHOLE, iou=0.7, max_detections=0) == []


def test_of_two_on_one_place_the_better_one_stays():
    # 10 x 10 pixels, the second moved by 1: 90 shared of 110, an overlap of 0.818.
    output = columns(at(0.5, 0.5), at(0.505, 0.75))
    assert places(output) == [0.505]
    assert places(output, iou=0.8) == [0.505]
    assert places(output, iou=0.82) == [0.505, 0.5]


def test_an_overlap_of_0_7_is_allowed_where_nothing_is_said():
    # 20 pixels wide, moved by 3: 17 shared of 23 is 0.739. By 4: 16 of 24 is 0.667.
    assert places(columns(at(0.5, 0.75, width=0.1), at(0.515, 0.5, width=0.1))) == [0.5]
    assert places(columns(at(0.5, 0.75, width=0.1), at(0.52, 0.5, width=0.1))) == [0.5, 0.52]


# --- networks that suppress by themselves -----------------------------------------------------------------------------

END_TO_END = OutputLayout(classes=1, keypoints=2, end_to_end=True)
# left, top, right, bottom | score, class | keypoints; the same Anne
ANNE_ROW = [0.3, 0.4, 0.7, 0.6, 0.75, 0, *ANNE[5:]]


def row(x, score):
    return [x, 0.4, x + 0.1, 0.5, score, 0, x, 0.4, 1, 0, 0, 0]


def test_end_to_end_by_hand():
    boxes, scores, keypoints = found(np.array([ANNE_ROW], np.float32), END_TO_END)
    assert boxes == [pytest.approx(ANNE_BOX, abs=1e-4)]
    assert scores == [0.75]
    assert np.array(keypoints[0]) == pytest.approx(np.array(ANNE_POINTS), abs=1e-4)
    assert found(np.array([[ANNE_ROW]], np.float32), END_TO_END) == (boxes, scores, keypoints)


def test_end_to_end_in_pixels():
    layout = OutputLayout(classes=1, keypoints=2, normalised=False, end_to_end=True)
    pixels = [*ANNE_BOX, 0.75, 0, 50, 40, 0.875, 125, 60, 0.125]
    assert found(np.array([pixels], np.float32), layout) == ([ANNE_BOX], [0.75], [ANNE_POINTS])


def test_end_to_end_nobody_is_suppressed_a_second_time():
    output = np.array([row(0.5, 0.75), row(0.5, 0.5)], np.float32)
    assert places(output, END_TO_END, iou=0.1) == [0.5, 0.5]


def test_end_to_end_limits_and_order_hold_as_well():
    output = np.array([row(0.1, 0.5), row(0.3, 0.25), row(0.5, 0.875), row(0.7, 0.625)], np.float32)
    assert places(output, END_TO_END) == [0.5, 0.7, 0.1]
    assert places(output, END_TO_END, max_detections=2) == [0.5, 0.7]


# --- averaged keypoints ----------------------------------------------------------------------------------------------


def test_keypoints_are_averaged_over_those_who_stand_for_the_same_person():
    """Of 10 pixels: moved by 1, boxes share 9 of 11; by 2, 8 of 12, which is too little."""
    best, near, far = at(0.5, 0.75), at(0.505, 0.5), at(0.51, 0.5)
    assert places(columns(best, near, far), iou=0.6, average=True) == [0.502]  # (0.5 * 3 + 0.505 * 2) / 5
    assert places(columns(best, near, far), iou=0.6) == [0.5]


def test_candidates_of_less_than_half_the_confidence_or_of_another_class_are_not_averaged():
    assert places(columns(at(0.5, 0.75), at(0.505, 0.37)), average=True) == [0.5]
    assert places(columns(at(0.5, 0.75), at(0.505, 0.375)), average=True) == [pytest.approx(0.502, abs=1e-3)]
    layout = OutputLayout(classes=2, keypoints=2)
    first, second = [*at(0.5, 0.75)[:5], 0.0, *at(0.5, 0)[5:]], [*at(0.505, 0)[:5], 0.5, *at(0.505, 0)[5:]]
    assert places(columns(first, second), layout, average=True) == [0.5, 0.505]


def test_who_has_no_second_candidate_keeps_the_same_bits():
    assert found(columns(ANNE), average=True) == found(columns(ANNE))


def test_boxes_and_confidences_are_those_of_the_best_candidate_and_nobody_is_added():
    both = columns(at(0.5, 0.75), at(0.505, 0.5), at(0.8, 0.5))
    assert found(both, average=True)[:2] == found(both)[:2]
    assert places(both, average=True, max_detections=1) == [0.502]


def test_what_suppression_keeps_is_not_averaged():
    assert places(columns(at(0.5, 0.75), at(0.505, 0.5)), iou=0.9, average=True) == [0.5, 0.505]


def test_a_model_that_suppresses_itself_has_nothing_to_average():
    output = np.array([row(0.5, 0.75), row(0.505, 0.5)], np.float32)
    assert places(output, END_TO_END, average=True) == places(output, END_TO_END)


# --- anything else: against plain Python ------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 25),
    classes=st.integers(1, 3),
    keypoints=st.integers(1, 5),
    dims=st.sampled_from([2, 3]),
    normalised=st.booleans(),
    confidence=st.floats(0, 0.9),
    iou=st.floats(0.05, 0.95),
    max_detections=st.integers(1, 12),
    average=st.booleans(),
)
def test_the_plain_way_finds_the_same(
    seed, count, classes, keypoints, dims, normalised, confidence, iou, max_detections, average
):
    layout = OutputLayout(classes, keypoints, dims, normalised)
    generator = np.random.default_rng(seed)
    output = generator.uniform(0.02, 1, (layout.channels, count)).astype(np.float32)
    output[4 : 4 + classes] = (output[4 : 4 + classes] * 8).round() / 8  # equal scores are common then
    candidates = output.T.tolist()
    unit = (WIDTH, HEIGHT) if normalised else (1, 1)
    if average:  # boxes that stand for few people, as a model's do
        output[:4] = output[:4, :1] + 0.1 * output[:4]
        candidates = output.T.tolist()
    if any(plain_pose.plain_overlapping(limit, candidates, unit) for limit in (iou, 0.75)):
        return
    limits = (confidence, iou, max_detections)
    wanted = plain_pose.plain_decode(candidates, classes, keypoints, dims, unit, *limits, average)
    people = decode(output, layout, (WIDTH, HEIGHT), *limits, average=average)
    assert people.confidences.tolist() == [one.score for one in wanted]
    assert people.boxes == pytest.approx(np.array([one.box for one in wanted]).reshape(-1, 4), abs=1e-3)
    points = np.array([one.keypoints for one in wanted]).reshape(-1, keypoints, 3)
    assert people.keypoints == pytest.approx(points, abs=1e-3)


def suppressed_one_by_one(boxes, iou, most, classes):
    """Return the survivors by the rule in words: the best stays, and whatever overlaps it too much goes."""
    waiting, kept = list(range(len(boxes))), []
    while waiting and len(kept) < most:
        best = waiting.pop(0)
        kept.append(best)
        waiting = [
            other
            for other in waiting
            if (classes is not None and classes[other] != classes[best]) or overlap(boxes[best], boxes[other]) <= iou
        ]
    return kept


def overlap(first, second):
    sides = [min(first[end + 2], second[end + 2]) - max(first[end], second[end]) for end in (0, 1)]
    shared = max(sides[0], 0) * max(sides[1], 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return shared / max(sum(areas) - shared, 1e-9)


@pytest.mark.parametrize("several_classes", [False, True])
@pytest.mark.parametrize(("count", "most"), [(0, 300), (1, 300), (40, 300), (300, 300), (300, 7)])
def test_suppression_of_several_boxes_at_a_time_keeps_whom_the_rule_keeps(count, most, several_classes):
    generator = np.random.default_rng(count + most)
    centre = generator.uniform(0, 300, (max(1, count // 9), 2))[generator.integers(0, max(1, count // 9), count)]
    corner = centre + generator.normal(0, 5, (count, 2))
    boxes = np.concatenate([corner, corner + generator.uniform(20, 60, (count, 2))], axis=1).astype(np.float32)
    classes = generator.integers(0, 3, count).astype(np.int32) if several_classes else None
    found = suppress(boxes, 0.5, most, classes).tolist()
    assert found == suppressed_one_by_one(boxes.astype(float).tolist(), 0.5, most, classes)
