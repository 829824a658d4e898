"""The last minute of the stream as rows for the strips, one a second. No Qt, no clock of its own."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.link.session.statistics import Stage, Statistics
from n6studio.link.wire.counts import Counts

SECONDS, RATE_SECONDS = 60, 5
STAGES = tuple(stage for stage in Stage if stage not in (Stage.SHOWN, Stage.SCREEN))  # the others are sums
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """What is known at one moment.

    Attributes:
        at: seconds of a monotonic clock.
        figures: of the last minute.
        counts: since the connection was made.
        painted: images that this window has painted so far.
        exposure: (sequence number, microseconds on the sender's clock) of the newest frame, None where not told.
    """

    at: float
    figures: Statistics
    counts: Counts
    painted: int
    exposure: tuple[int, int] | None


class History:
    """Keeps (traces, SECONDS) arrays, the newest second at the end; NaN where nothing is known.

    Attributes:
        rates: camera, model and screen in frames/s, each over the last `RATE_SECONDS`.
        delays: means of `STAGES` in milliseconds.
        losses: frames/s that were skipped here, lost on the way, damaged.
        people: how many, on average.
        confidence: mean visibility of their keypoints.
    """

    def __init__(self) -> None:
        self.rates = np.full((3, SECONDS), np.nan)
        self.delays = np.full((len(STAGES), SECONDS), np.nan)
        self.losses = np.full((3, SECONDS), np.nan)
        self.people = np.full((1, SECONDS), np.nan)
        self.confidence = np.full((1, SECONDS), np.nan)
        self._samples: deque[Sample] = deque(maxlen=1 + RATE_SECONDS)

    def add(self, sample: Sample) -> None:
        """Add the second that has just passed; call it once a second."""
        if self._samples and sample.at <= self._samples[-1].at:
            return
        last = self._samples[-1] if self._samples else None
        self._samples.append(sample)
        if last is None:
            return
        seconds = sample.at - last.at
        now, before = sample.counts, last.counts
        newest = sample.figures.seconds[-1] if sample.figures.seconds else None
        first = self._samples[0]
        span = sample.at - first.at
        skipped = sample.figures.dropped - last.figures.dropped
        missing = (skipped, now.lost - before.lost, now.damaged - before.damaged)
        told = next((one.exposure for one in self._samples if one.exposure is not None), None)
        rates = [
            _camera_rate(told, sample.exposure),
            max(0, sample.figures.results - first.figures.results) / span,
            max(0, sample.painted - first.painted) / span,
        ]
        _push(self.rates, rates)
        _push(self.losses, [max(0, count) / seconds for count in missing])
        _push(self.delays, [newest.times.get(stage, np.nan) if newest else np.nan for stage in STAGES])
        _push(self.people, [newest.people if newest else np.nan])
        _push(self.confidence, [newest.confidence if newest else np.nan])

    @staticmethod
    def times() -> Array:
        """Return the middle of each row's second, in seconds before now, (SECONDS,), negative."""
        return np.arange(SECONDS, dtype=np.float64) - SECONDS + 0.5


def _push(kept: Array, values: list[float]) -> None:
    kept[:, :-1] = kept[:, 1:]
    kept[:, -1] = values


def _camera_rate(before: tuple[int, int] | None, now: tuple[int, int] | None) -> float:
    """Return frames/s on the sender's own clock; NaN where that is not known or it started anew."""
    if before is None or now is None:
        return float("nan")
    frames, micros = (now[0] - before[0]) % 2**32, now[1] - before[1]
    return 1e6 * frames / micros if micros > 0 and frames < 2**31 else float("nan")
