import numpy as np
import pytest

from n6studio.link.session.statistics import Second, Stage, Statistics
from n6studio.link.wire.counts import Counts
from n6studio.ui.pages.live.history import STAGES, History, Sample


def sample(at, frames=0, painted=0, exposure=None, dropped=0, times=None, people=float("nan"), **counts):
    seconds = (Second(0, 30, 30, 0, people, 0.8, times or {}),)
    results = frames - counts.get("without_results", 0)
    figures = Statistics(at, 30.0, 30.0, 30.0, 1.0, {}, None, dropped, seconds, results=results)
    return Sample(at, figures, Counts(frames=frames, **counts), painted, exposure)


def test_what_happened_in_a_second():
    history = History()
    history.add(sample(10.0, exposure=(100, 1_000_000)))
    assert np.isnan(history.rates).all(), "one moment is no second"
    times = {Stage.NPU: 24.0, Stage.DECODE: 3.0}
    now = sample(11.0, 30, 28, (130, 2_000_000), 2, times, 2.0, lost=1, damaged=3, without_results=10)
    history.add(now)
    assert history.rates[:, -1] == pytest.approx([30.0, 20.0, 28.0])
    assert history.losses[:, -1] == pytest.approx([2.0, 1.0, 3.0])
    assert history.delays[STAGES.index(Stage.NPU), -1] == 24.0
    assert np.isnan(history.delays[STAGES.index(Stage.ENCODE), -1])
    assert (history.people[0, -1], history.confidence[0, -1]) == (2.0, 0.8)
    assert np.isnan(history.rates[:, :-1]).all()


def test_rates_are_means_over_some_seconds():
    """20 and 40 frames a second in turns are 30; the three rates are of the same seconds."""
    history, frames = History(), 0
    for at in range(9):
        history.add(sample(float(at + 1), frames, frames, (frames, (at + 1) * 10**6)))
        frames += 20 if at % 2 else 40
    assert history.rates[:, -1] == pytest.approx([28.0] * 3) or history.rates[:, -1] == pytest.approx([32.0] * 3)


def test_the_cameras_rate_is_known_from_the_second_image_on():
    """The first second may end before the first image has come."""
    history = History()
    history.add(sample(1.0))
    history.add(sample(2.0, exposure=(100, 1_000_000)))
    assert np.isnan(history.rates[0, -1])
    history.add(sample(3.0, exposure=(130, 2_000_000)))
    assert history.rates[0, -1] == pytest.approx(30.0)


def test_a_silence_shows_as_zero_not_as_the_last_value():
    history = History()
    for at in range(1, 4):
        history.add(sample(float(at), frames=30, painted=30, exposure=(30, 10**6)))
    assert history.rates[1:, -1].tolist() == [0.0, 0.0]
    assert np.isnan(history.rates[0, -1])


def test_a_sequence_that_wraps_or_starts_anew_gives_no_nonsense():
    history = History()
    history.add(sample(1.0, exposure=(2**32 - 10, 10**6)))
    history.add(sample(2.0, exposure=(20, 2 * 10**6)))
    assert history.rates[0, -1] == pytest.approx(30.0)
    history.add(sample(3.0, frames=3, exposure=(3, 100)))
    assert np.isnan(history.rates[0, -1])


def test_counts_that_start_anew_are_no_negative_loss():
    history = History()
    history.add(sample(1.0, lost=10))
    history.add(sample(2.0, lost=0))
    assert history.losses[1, -1] == 0.0


def test_a_minute_is_kept():
    history = History()
    for at in range(200):
        history.add(sample(float(at + 1), painted=at * at))
    assert history.rates.shape == (3, 60)
    assert np.diff(history.rates[2]) == pytest.approx(np.full(59, 2.0))
    assert history.rates[2, -1] == pytest.approx((199**2 - 194**2) / 5)
