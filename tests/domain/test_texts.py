"""Sizes, durations, plurals and progress in words."""

import pytest

from n6studio.domain.messages import Progressed, StepBegan, Warned
from n6studio.domain.progress import JobProgress, Pace
from n6studio.domain.texts import begun, bytes_text, change, counted, duration, gmac, listed, plural, size_span, span


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2**20, "1.00 MiB"),
        (3_343_585, "3.19 MiB"),
        (2**31, "2.00 GiB"),
    ],
)
def test_sizes(size, text):
    assert bytes_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (0, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (80, "1 min 20 s"), (3700, "1 h 1 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_multiply_accumulates():
    assert [gmac(count) for count in (9_200_000_000, 100_000_000, 99_900_000)] == [
        "9.20 GMAC",
        "0.10 GMAC",
        "99.9 MMAC",
    ]


def test_counts_and_ranges():
    assert [counted(count, "image") for count in (0, 1, 2, 1204)] == ["0 images", "1 image", "2 images", "1,204 images"]
    assert [counted(count, "person", "people") for count in (1, 2)] == ["1 person", "2 people"]
    assert plural(1.0, "is", "are") == "is"
    assert [span(4, 4, "row"), span(4, 9, "row"), span(4, 4), span(4, 9)] == ["row 4", "rows 4 to 9", "4", "4 to 9"]
    assert size_span((640, 480), (640, 480)) == "640 x 480"
    assert size_span((320, 240), (640, 480)) == "320 x 240 to 640 x 480"
    assert [listed(names) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]


def test_pace():
    assert (Pace(500, 1000, 0.4).rate, Pace(500, 1000, 0.4).seconds_left) == (None, None)
    assert (Pace(500, 1000, 2.0).rate, Pace(500, 1000, 2.0).seconds_left) == (250.0, 2.0)
    assert (Pace(1200, 1000, 2.0).fraction, Pace(1200, 1000, 2.0).seconds_left) == (1.0, 0.0)
    assert (Pace(5, 0, 2.0).fraction, Pace(5, 0, 2.0).seconds_left) == (None, None)
    assert Pace(3 * 2**20, 6 * 2**20, 3.0, "bytes").text() == "3.00 MiB of 6.00 MiB, 1.00 MiB/s, 3 s left"
    assert Pace(5, 0, 2.0, "frames").text() == "5 frames, 2.5 frames/s"
    assert Pace(0, 7, 2.0, "frames").text() == "0 of 7 frames"


def test_progress_in_words():
    start = JobProgress(step_began=10.0)
    assert start.step_text() == "starting"
    step = start.after(StepBegan("draw", 2, 3), 10.0)
    assert step.step_text() == "step 2 of 3: draw"
    half = step.after(Progressed(10, 20, "images"), 12.0)
    assert half.rate_text(12.0) == "10 of 20 images, 5.0 images/s, 2 s left"
    assert half.after(Warned("dim"), 12.0).warnings == ("dim",)
    then = half.after(StepBegan("pack", 3, 3), 14.0)
    assert then.steps == (("draw", 4.0),)
    assert then.rate_text(20.0) == "6 s"


def test_a_difference_that_rounds_to_nothing_has_no_minus():
    assert [change(value) for value in (-0.01, 0.0, -0.06, 1.25, None)] == ["+0.0", "+0.0", "−0.1", "+1.2", "–"]


def test_names_in_a_sentence_keep_their_letters():
    assert begun("step 3 of 4: SavedModel and TFLite") == "Step 3 of 4: SavedModel and TFLite"
    assert begun("") == ""
