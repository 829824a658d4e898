"""Alarms, statistics and drawings: what is told about a stream."""

import dataclasses

import numpy as np
import pytest
from link_builders import VECTORS, frame, results

from n6studio.domain.live import Frame, Timings
from n6studio.domain.pose.drawing import draw_people
from n6studio.domain.pose.people import nobody
from n6studio.domain.pose.skeleton import COCO, for_keypoints
from n6studio.link.session.alarms import PATIENCE, Alarm, AlarmWatch
from n6studio.link.session.statistics import SPAN, Stage, StreamStatistics
from n6studio.link.wire.parser import StreamParser

NOISE = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def moving(step):
    return np.roll(NOISE, step, axis=1)


def watched(look, seconds=PATIENCE + 1, watch=None):
    """Show an image every 0.1 s; `look(step)` returns it and its results. Return what is wrong at the end."""
    watch = watch or AlarmWatch("0" * 16)
    for step in range(int(seconds * 10)):
        watch.look(*look(step), 50 + step / 10)
    return watch.active()


def other_people(step):
    people = VECTORS.people(1, 5)
    people.keypoints[..., 0] += step / 1000
    return people


def test_a_sound_stream_alarms_nobody():
    assert watched(lambda step: (moving(step), results(step, people=other_people(step), model="0" * 16))) == ()
    assert watched(lambda step: (moving(step), None)) == ()
    assert (
        watched(lambda step: (moving(step), results(step, people=nobody(5), top_score=0.1 + step / 100, model="")))
        == ()
    )


@pytest.mark.parametrize("top", [None, 0.31])
def test_frozen_results(top):
    people = VECTORS.people(1, 5) if top is None else nobody(5)
    look = lambda step: (moving(step), results(step, people=people, top_score=top, model=""))  # noqa: E731
    assert watched(look) == (Alarm.FROZEN_RESULTS,)
    assert watched(look, PATIENCE - 0.5) == ()


def test_frozen_results_of_a_still_image_are_right():
    assert watched(lambda step: (NOISE, results(step, people=VECTORS.people(1, 5), model=""))) == ()


def test_an_empty_scene_is_not_frozen():
    assert watched(lambda step: (moving(step), results(step, people=nobody(5), top_score=None, model=""))) == ()


def test_dead_scores():
    dead = dataclasses.replace(VECTORS.people(2, 5), confidences=np.zeros(2, np.float32))
    assert Alarm.ALL_ZERO in watched(lambda step: (moving(step), results(step, people=nobody(5), top_score=0.0)))
    assert Alarm.ALL_ZERO in watched(lambda step: (moving(step), results(step, people=dead, top_score=None)))


def test_a_black_image():
    black = np.zeros((48, 64, 3), np.uint8)
    assert watched(lambda step: (black, None)) == (Alarm.BLACK_IMAGE,)
    assert watched(lambda step: (black if step != 20 else NOISE, None)) == ()  # it must last


def test_another_model():
    look = lambda step: (moving(step), results(step, people=other_people(step), model="f" * 16))  # noqa: E731
    assert watched(look) == (Alarm.OTHER_MODEL,)
    assert watched(look, watch=AlarmWatch("")) == ()


def test_a_reconnect_starts_anew():
    watch = AlarmWatch()
    watched(lambda step: (np.zeros((8, 8, 3), np.uint8), None), watch=watch)
    assert watch.active()
    watch.forget()
    assert watch.active() == ()


# --- statistics ------------------------------------------------------------------------------------------------------


def arrived(statistics, count, fps=30.0, first=1000.0, device_first=0, lag=lambda number: 0.0):
    parser = StreamParser()
    for number in range(count):
        at = first + number / fps + lag(number)
        clock = int(device_first + number / fps * 1e6)
        data = frame(number, device_time=clock, timings=Timings(20_000, 35_000, 800, None))
        parser.feed(data[:100], at - 0.01)
        for one in parser.feed(data[100:], at):
            statistics.received(one)


def test_rates_and_times():
    statistics = StreamStatistics()
    arrived(statistics, 90)
    for number in range(45):
        statistics.shown(1000 + number / 15)
        statistics.took(1000 + number / 15, Stage.DECODE, 2.0 if number else 40.0)
    statistics.dropped(1001.0)
    figures = statistics.summary(1003.0)
    assert figures.received_fps == pytest.approx(30)
    assert figures.shown_fps == pytest.approx(15)
    assert figures.sent_fps == pytest.approx(30, rel=1e-3)
    assert figures.dropped == 1
    assert list(figures.stages) == [Stage.EXPOSURE, Stage.NPU, Stage.POST_PROCESSING, Stage.TRANSFER, Stage.DECODE]
    assert figures.stages[Stage.NPU].p50 == 35
    assert figures.stages[Stage.TRANSFER].p95 == pytest.approx(10)
    assert (figures.stages[Stage.DECODE].p50, figures.stages[Stage.DECODE].most) == (2, 40)
    assert sum(second.received for second in figures.seconds) == 90
    assert sum(second.shown for second in figures.seconds) == 45
    assert figures.seconds[-1].people == 2
    assert figures.megabytes_per_second > 0


def test_rates_of_slow_and_of_uneven_streams():
    statistics = StreamStatistics()
    arrived(statistics, 4, fps=1 / 20)
    assert statistics.summary(1075.0).recent_fps == pytest.approx(1 / 20)
    assert statistics.summary(1200.0).recent_fps == 0
    uneven = StreamStatistics()
    for number, at in enumerate([0, 0.01, 0.1, 0.11, 0.2, 0.21, 0.3, 0.31, 0.4]):
        uneven.received(Frame(b"x", results(number, device_time=round(at * 1e6)), 1000 + at, number, began=1000 + at))
    figures = uneven.summary(1000.5)
    assert (figures.sent_fps, figures.received_fps, figures.recent_fps) == pytest.approx((20, 20, 20))


def test_a_clock_that_was_set_is_no_rate():
    statistics = StreamStatistics()
    arrived(statistics, 30)
    arrived(statistics, 30, first=1001.0, device_first=3_600_000_000)
    assert statistics.summary(1002.0).sent_fps == pytest.approx(30, rel=0.01)


def test_results_of_this_computer_count():
    statistics = StreamStatistics()
    frame = Frame(b"x", None, 1000.0, 0)
    statistics.received(frame)
    assert statistics.summary(1000.5).results == 0
    statistics.annotated(1000.1, results(0))
    figures = statistics.summary(1000.5)
    assert (figures.results, figures.seconds[-1].people) == (1, 2)
    statistics.received(Frame(b"x", results(1), 1000.2, 1), replaced=True)
    assert statistics.summary(1000.5).results == 1, "those of the other model count in their place"


def test_a_lag_stays_known_for_more_than_a_minute():
    statistics = StreamStatistics()
    arrived(statistics, 10, fps=1.0)
    arrived(statistics, 90, fps=1.0, first=1010.0 + 27, device_first=10_000_000)
    assert statistics.summary(1010.0 + 27 + 90).lag == pytest.approx(27_000, abs=1)


def test_old_figures_are_forgotten():
    statistics = StreamStatistics()
    arrived(statistics, 10)
    figures = statistics.summary(1000 + SPAN + 5)
    assert figures.received_fps == 0
    assert figures.stages == {}
    assert figures.lag is None


def test_growing_delay_is_seen_and_a_restart_is_none():
    statistics = StreamStatistics()
    arrived(statistics, 60, lag=lambda number: number * 0.01)
    assert statistics.summary(1003).lag == pytest.approx(590, abs=5)
    arrived(statistics, 30, first=1010.0, device_first=0)
    assert statistics.summary(1012).lag == pytest.approx(0, abs=5)


def test_memory_is_bounded_at_a_thousand_frames_a_second():
    statistics = StreamStatistics()
    (one,) = StreamParser().feed(frame(0), 1000.0)
    for number in range(30_000):
        statistics.received(dataclasses.replace(one, received=1000 + number / 1000))
    assert statistics.summary(1030.0).received_fps == pytest.approx(1000, rel=0.01)
    assert len(statistics._sizes._rows) <= 20_000
    assert len(statistics._sizes.since(1000.0)[0]) >= 10_000


def test_memory_is_as_much_as_a_minute_takes():
    """And stays so: what is older than a minute goes, however many more would fit."""
    statistics, rooms = StreamStatistics(), set()
    for number in range(36_000):  # 20 minutes
        statistics.took(1000 + number / 30, Stage.DECODE, 2.0)
        if number > 3600:
            rooms.add(len(statistics._times[Stage.DECODE]._rows))
    assert max(rooms) <= 2 * 60 * 30 + 2
    assert statistics.summary(1000 + 36_000 / 30).stages[Stage.DECODE].count in (1799, 1800)


# --- drawings --------------------------------------------------------------------------------------------------------


def test_people_are_drawn_where_they_are():
    canvas = np.zeros((200, 400, 3), np.uint8)
    draw_people(canvas, VECTORS.people(1, 17), COCO, confidences=False)
    drawn = np.argwhere(canvas.any(axis=2))
    top, left = drawn.min(axis=0)
    bottom, right = drawn.max(axis=0)
    assert (left, top, right, bottom) == pytest.approx((50, 50, 125, 175), abs=4)


@pytest.mark.parametrize("keypoints", [0, 1, 5, 17, 133])
def test_any_number_of_keypoints_and_far_away_ones_are_drawn(keypoints):
    people = VECTORS.people(2, keypoints)
    people.boxes[1] = (-8, -8, 9, 9)
    people.keypoints[1, :, :2] = 9
    canvas = np.zeros((60, 80, 3), np.uint8)
    draw_people(canvas, people, for_keypoints(max(1, keypoints)))
    assert canvas.any()
