import numpy as np
import pytest

from n6studio.ui.live.history import BIN, STAGES, Counters, History

NOTHING = np.full(len(STAGES), np.nan)


def test_rates_losses_and_delays_of_a_second():
    history = History(100.0)
    delays = NOTHING.copy()
    delays[[1, 5, 6]] = 24.0, 3.0, 2.0
    for number in range(15):
        history.painted(100.0 + number / 30, delays, 2, 0.8, (number, 33_333 * number))
    assert not history.advance(100.0 + BIN / 2, Counters())
    assert history.advance(100.0 + BIN, Counters(received=15, with_results=15, dropped=1, lost=2, damaged=3))
    assert history.rates[:, -1] == pytest.approx([30.0, 30.0, 30.0], rel=0.01)
    assert history.losses[:, -1] == pytest.approx([2.0, 4.0, 6.0])
    assert history.delays[1, -1] == 24.0
    assert np.isnan(history.delays[0, -1])
    assert (history.people[0, -1], history.confidence[0, -1]) == pytest.approx((2.0, 0.8))
    assert np.isnan(history.rates[:, :-1]).all()
    told = {row.stage: row for row in history.quantiles()}
    assert set(told) == {"NPU", "decode", "paint", "in all"}
    assert told["in all"].p95 == 29.0


def test_a_silence_shows_as_zero_not_as_the_last_value():
    history = History(0.0)
    history.painted(0.1, NOTHING, None, None, None)
    history.advance(0.5, Counters(received=1))
    history.advance(1.0, Counters(received=1))
    assert history.rates[2, -2:].tolist() == [2.0, 0.0]
    assert np.isnan(history.rates[0, -1])


def test_a_late_call_fills_the_bins_it_missed():
    history = History(0.0)
    history.advance(0.5, Counters())
    for number in range(40):
        history.painted(1.0, NOTHING, 1, None, (number, number * 1000))
    history.advance(2.5, Counters())
    assert history.rates[2, -4:].tolist() == [20.0] * 4
    history.advance(1000.0, Counters())
    assert (history.rates[2] == 0).all()


def test_a_sequence_that_wraps_or_restarts_gives_no_nonsense():
    history = History(0.0)
    for number, when in ((2**32 - 1, 0), (0, 33_333), (1, 66_666)):
        history.painted(0.1, NOTHING, 0, None, (number, when))
    history.advance(0.5, Counters())
    assert history.rates[0, -1] == pytest.approx(30.0, rel=0.01)
    history.painted(0.6, NOTHING, 0, None, (900, 10**9))
    history.painted(0.7, NOTHING, 0, None, (3, 100))
    history.advance(1.0, Counters())
    assert np.isnan(history.rates[0, -1])


def test_counters_that_start_anew_are_no_negative_loss():
    history = History(0.0)
    history.advance(0.5, Counters(lost=10))
    history.advance(1.0, Counters(lost=0))
    assert history.losses[1, -1] == 0.0
