"""The last minute of the stream in figures: rates, delays by stage, losses, people. No Qt, no clock of its own."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SPAN = 60.0  # seconds that the strips show
BIN = 0.5  # seconds a point of a strip stands for
BINS = round(SPAN / BIN)
RECENT = 10.0  # seconds over which p50 and p95 are taken
STAGES = ("exposure to NPU", "NPU", "post-processing", "encode", "receive", "decode", "paint")
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counters:
    """Counts since the connection was made; None where the source cannot tell."""

    received: int = 0
    with_results: int = 0
    dropped: int = 0
    lost: int = 0
    damaged: int = 0


@dataclass(frozen=True)
class Quantiles:
    """A stage's delay in milliseconds over the last `RECENT` seconds."""

    stage: str
    p50: float
    p95: float


class _Bin:
    """What is gathered within one bin."""

    def __init__(self) -> None:
        self.delays: list[Array] = []
        self.people: list[int] = []
        self.confidence: list[float] = []
        self.painted = 0
        self.exposures: list[tuple[int, int]] = []


class History:
    """Takes what was painted and what was counted; gives one value a bin.

    Values are NaN where nothing is known. Not safe for threads: it belongs to the one that feeds it.
    """

    def __init__(self, now: float) -> None:
        """Begin at `now`, seconds of a monotonic clock, as all times here."""
        self.rates = np.full((3, BINS), np.nan)  # camera, network, screen; frames a second
        self.delays = np.full((len(STAGES), BINS), np.nan)  # medians in milliseconds
        self.losses = np.full((3, BINS), np.nan)  # dropped here, lost on the way, damaged; frames a second
        self.people = np.full((1, BINS), np.nan)
        self.confidence = np.full((1, BINS), np.nan)
        self._recent: deque[tuple[float, Array]] = deque()
        self._bin, self._begun = _Bin(), now
        self._counters = Counters()

    def painted(
        self, now: float, delays: Array, people: int | None, confidence: float | None, exposure: tuple[int, int] | None
    ) -> None:
        """Take a frame that reached the screen.

        Args:
            now: when.
            delays: (len(STAGES),) milliseconds, NaN where not told.
            people: how many were found; None without results.
            confidence: mean visibility of their keypoints.
            exposure: (sequence number, microseconds on the sender's clock).
        """
        self._recent.append((now, delays))
        gathered = self._bin
        gathered.painted += 1
        gathered.delays.append(delays)
        if people is not None:
            gathered.people.append(people)
        if confidence is not None:
            gathered.confidence.append(confidence)
        if exposure is not None:
            gathered.exposures.append(exposure)

    def advance(self, now: float, counters: Counters) -> bool:
        """Close the bins that are over; return whether any was. Call it a few times a second."""
        while self._recent and self._recent[0][0] < now - RECENT:
            self._recent.popleft()
        seconds = now - self._begun
        if seconds < BIN:
            return False
        steps = min(BINS, int(seconds / BIN))
        for kept in (self.rates, self.delays, self.losses, self.people, self.confidence):
            kept[:, :-steps] = kept[:, steps:]
            kept[:, -steps:] = np.nan
        self._close(self._bin, counters, seconds, steps)
        self._bin, self._begun, self._counters = _Bin(), now, counters
        return True

    def _close(self, gathered: _Bin, counters: Counters, seconds: float, steps: int) -> None:
        before, here = self._counters, slice(-steps, None)
        self.rates[0, here] = _camera_rate(gathered.exposures)
        self.rates[1, here] = max(0, counters.with_results - before.with_results) / seconds
        self.rates[2, here] = gathered.painted / seconds
        pairs = ((counters.dropped, before.dropped), (counters.lost, before.lost), (counters.damaged, before.damaged))
        self.losses[:, here] = np.array([[max(0, new - old) / seconds] for new, old in pairs])
        if gathered.delays:
            self.delays[:, here] = _median(np.array(gathered.delays))[:, None]
        if gathered.people:
            self.people[0, here] = np.mean(gathered.people)
        if gathered.confidence:
            self.confidence[0, here] = np.mean(gathered.confidence)

    def quantiles(self) -> list[Quantiles]:
        """Return p50 and p95 of each stage, and of their sum, over the last seconds; stages never told are left out."""
        if not self._recent:
            return []
        table = np.array([delays for _, delays in self._recent])
        rows = [(stage, table[:, column]) for column, stage in enumerate(STAGES)]
        rows.append(("in all", np.nansum(table, axis=1)))
        told = [(stage, values[np.isfinite(values)]) for stage, values in rows]
        return [
            Quantiles(stage, float(np.percentile(values, 50)), float(np.percentile(values, 95)))
            for stage, values in told
            if len(values)
        ]

    @staticmethod
    def times() -> Array:
        """Return the middle of each bin in seconds before now, (BINS,), negative."""
        return (np.arange(BINS, dtype=np.float64) - BINS + 0.5) * BIN


def _camera_rate(exposures: list[tuple[int, int]]) -> float:
    """Return frames a second on the sender's own clock; NaN where fewer than two frames tell."""
    if len(exposures) < 2:
        return float("nan")
    frames = (exposures[-1][0] - exposures[0][0]) % 2**32
    micros = exposures[-1][1] - exposures[0][1]
    return 1e6 * frames / micros if micros > 0 and frames < 2**31 else float("nan")


def _median(table: Array) -> Array:
    told = np.isfinite(table).any(axis=0)
    medians = np.full(table.shape[1], np.nan)
    medians[told] = np.nanmedian(table[:, told], axis=0)
    return medians
