"""Alarms on their limits: the grey value, the change and the moment from which each is told."""

import dataclasses

import numpy as np
import pytest
from link_builders import VECTORS, results

from n6studio.domain.pose.people import nobody
from n6studio.link.session import alarms
from n6studio.link.session.alarms import Alarm, AlarmWatch

PEOPLE = VECTORS.people(1, 5)


def grey(value, size=(8, 8)):
    return np.full((*size, 3), value, np.uint8)


def told(*looks, expected=""):
    """Show (image, results) at 10 s, 12 s, 14 s...; return what is told at the end."""
    watch = AlarmWatch(expected)
    for number, (image, found) in enumerate(looks):
        watch.look(image, found, 10.0 + 2 * number)
    return watch.active()


def seen(people=PEOPLE, top_score=None, model=""):
    return results(1, people=people, top_score=top_score, model=model)


def test_a_condition_is_told_once_it_has_lasted_two_seconds():
    watch = AlarmWatch()
    for now, expected in ((5.0, ()), (6.99, ()), (7.0, (Alarm.BLACK_IMAGE,)), (9.0, (Alarm.BLACK_IMAGE,))):
        watch.look(grey(0), None, now)
        assert watch.active() == expected
    watch.look(grey(200), None, 9.1)
    assert watch.active() == ()
    watch.look(grey(0), None, 9.2)
    watch.look(grey(0), None, 11.1)
    assert watch.active() == ()  # it counts anew
    watch.look(grey(0), None, 11.2)
    assert watch.active() == (Alarm.BLACK_IMAGE,)
    watch.forget()
    assert watch.active() == ()


def test_an_image_is_black_below_a_mean_of_six():
    assert told((grey(5), None), (grey(5), None)) == (Alarm.BLACK_IMAGE,)
    assert told((grey(6), None), (grey(6), None)) == ()


def test_all_is_told_in_the_order_of_the_alarms():
    wrong = seen(nobody(5), 0.0, "f" * 16)
    expected = (Alarm.ALL_ZERO, Alarm.BLACK_IMAGE, Alarm.OTHER_MODEL)
    assert told((grey(0), wrong), (grey(0), wrong), expected="0" * 16) == expected


@pytest.mark.parametrize(
    ("change", "frozen"),
    [(0, False), (1, False), (2, True), (-1, False), (-2, True)],
)
def test_results_are_frozen_where_pixels_change_by_more_than_one(change, frozen):
    assert (told(*[(grey(100 + change * n), seen()) for n in range(4)]) != ()) is (frozen or abs(change) == 1)
    # All images are held against the first, so what creeps by one is more than one from the third on.
    assert (told((grey(100), seen()), (grey(100 + change), seen()), (grey(100 + change), seen())) != ()) is frozen


def test_a_change_of_one_and_a_quarter_is_one():
    changed = grey(101)
    changed[:4, :4] = 102  # 16 of 64 pixels
    assert told((grey(100), seen()), (changed, seen()), (changed, seen())) == (Alarm.FROZEN_RESULTS,)


def test_frozen_results_stay_frozen_where_the_image_returns():
    looks = [(grey(100), seen()), (grey(150), seen()), (grey(100), seen()), (grey(100), seen())]
    assert told(*looks) == (Alarm.FROZEN_RESULTS,)


def moved(name):
    values = getattr(PEOPLE, name).copy()
    values[0, ..., 0] += 0.01
    return dataclasses.replace(PEOPLE, **{name: values})


@pytest.mark.parametrize(
    "other", [seen(moved("boxes")), seen(moved("keypoints")), seen(PEOPLE, 0.5), seen(nobody(5), 0.5)]
)
def test_other_results_begin_anew(other):
    assert told((grey(100), seen()), (grey(150), seen()), (grey(200), other), (grey(250), other)) == ()


def test_images_of_another_size_begin_anew():
    looks = [(grey(100), seen()), (grey(150, (8, 9)), seen()), (grey(150, (8, 9)), seen())]
    assert told(*looks) == ()


def test_nobody_proves_nothing_unless_there_is_a_score():
    for top, expected in ((None, ()), (0.3, (Alarm.FROZEN_RESULTS,))):
        found = seen(nobody(5), top)
        assert told(*[(grey(100 + 20 * n), found) for n in range(3)]) == expected
    still = [(grey(100 + 20 * n), None) for n in range(3)]
    assert told(*still) == ()


def test_after_a_reconnect_results_are_held_against_the_new_image():
    watch = AlarmWatch()
    watch.look(grey(100), seen(), 1.0)
    watch.forget()
    watch.look(grey(150), seen(), 2.0)
    watch.look(grey(150), seen(), 5.0)
    assert watch.active() == ()


DEAD = dataclasses.replace(PEOPLE, confidences=np.zeros(len(PEOPLE), np.float32))

HALF_DEAD = dataclasses.replace(VECTORS.people(2, 5), confidences=np.array([0, 0.5], np.float32))


@pytest.mark.parametrize(
    ("people", "top_score", "zero"),
    [
        (nobody(5), 0.0, True),
        (PEOPLE, 0.0, True),
        (DEAD, 0.1, False),
        (DEAD, None, True),
        (HALF_DEAD, None, False),
        (PEOPLE, None, False),
        (nobody(5), None, False),
    ],
)
def test_when_every_score_is_zero(people, top_score, zero):
    found = seen(people, top_score)
    assert (Alarm.ALL_ZERO in told((grey(100), found), (grey(100), found))) is zero


@pytest.mark.parametrize(
    ("model", "expected", "other"), [("a", "b", True), ("a", "a", False), ("", "b", False), ("a", "", False)]
)
def test_which_model_is_another(model, expected, other):
    found = seen(model=model)
    assert (Alarm.OTHER_MODEL in told((grey(100), found), (grey(100), found), expected=expected)) is other


def test_at_most_32_rows_and_columns_are_looked_at_from_the_first_to_the_last():
    rows, columns = np.arange(94), np.arange(63)
    image = np.stack([np.broadcast_to(rows[:, None], (94, 63)), np.broadcast_to(columns, (94, 63)), np.zeros((94, 63))])
    sampled = alarms._sampled(image.transpose(1, 2, 0).astype(np.uint8))
    assert sampled.shape == (32, 32)
    # Every third row, every second column; the mean of three channels.
    assert sampled[:, 0].tolist() == pytest.approx([3 * n / 3 for n in range(32)])
    assert sampled[0].tolist() == pytest.approx([2 * n / 3 for n in range(32)])
    assert alarms._sampled(grey(7, (5, 3))).tolist() == [[7.0] * 3] * 5
