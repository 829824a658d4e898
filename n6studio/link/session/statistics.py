"""Figures of a stream over the last minute: rates, where the time goes, what was lost. One writer per kind of event."""

import enum
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from n6studio.domain.live import Frame, FrameResults

Numbers = npt.NDArray[np.float64]

SPAN = 60.0  # seconds that are looked at
RECENT = 5.0  # seconds of `Statistics.recent_fps`
_PATIENCE = 3.0  # usual distances between frames after which a slow stream has stopped
_SUSPICIOUS = 20.0  # usual steps of a sender's clock above which it was set, or the board was silent
_SECONDS = int(SPAN)
_FEWEST_SAMPLES, _MOST_SAMPLES = 256, 20_000  # room for; a source of 1000 frames a second must not fill the memory


class Stage(enum.StrEnum):
    """Where the time of a frame goes, in the order in which it goes."""

    EXPOSURE = "exposure to NPU"
    NPU = "NPU"
    POST_PROCESSING = "post-processing"
    ENCODE = "encode"
    TRANSFER = "transfer"
    DECODE = "decode"
    HOST = "model on this computer"
    PAINT = "paint"
    SHOWN = "received to painted"
    SCREEN = "scene to screen"


@dataclass(frozen=True)
class Spread:
    """How a time is distributed, in milliseconds."""

    count: int
    p50: float
    p95: float
    most: float


@dataclass(frozen=True)
class Second:
    """One second of the stream, for strips.

    Attributes:
        ago: how many seconds before the newest, 0..59.
        received: frames that arrived.
        shown: images that were decoded.
        dropped: frames that a newer one overtook before they were decoded or taken.
        people: mean number per frame with results, NaN where there was none.
        confidence: mean keypoint visibility, NaN where there was nobody.
        times: mean milliseconds per stage, where known.
    """

    ago: int
    received: int
    shown: int
    dropped: int
    people: float
    confidence: float
    times: dict[Stage, float]


@dataclass(frozen=True)
class Statistics:
    """The last minute.

    Attributes:
        span: seconds that the figures cover, 60 at most.
        received_fps: frames that arrived, per second, from the first to the last of the span.
        shown_fps: images that were decoded, per second.
        sent_fps: frames that arrived, per second of the sender's clock, None without results.
        megabytes_per_second: of JPEG data in delivered frames.
        stages: see `Stage`; only what was measured.
        lag: milliseconds that the newest frame took longer from exposure to arrival than the fastest one since the
            board started; None without results. Clocks of board and computer differ, so the whole cannot be known.
        dropped: frames overtaken before they were decoded or taken, since the start.
        seconds: oldest first.
        recent_fps: like `received_fps` for the last seconds; of slower streams for as long as they go on.
        results: frames with results, of the board or of this computer, since the start.
    """

    span: float
    received_fps: float
    shown_fps: float
    sent_fps: float | None
    megabytes_per_second: float
    stages: dict[Stage, Spread]
    lag: float | None
    dropped: int
    seconds: tuple[Second, ...]
    recent_fps: float = 0.0
    results: int = 0


class _Series:
    """The numbers of one kind that are not older than `SPAN`, each with its time."""

    def __init__(self) -> None:
        self._rows = np.zeros((_FEWEST_SAMPLES, 2))
        self._count = 0

    def add(self, at: float, value: float = 0.0) -> None:
        """Add a number."""
        if self._count == len(self._rows):
            self._make_room(at)
        self._rows[self._count] = at, value
        self._count += 1

    def _make_room(self, at: float) -> None:
        """Forget what is too old, and of the others the oldest where they are too many; the rest gets as much again."""
        kept = self._rows[self._rows[:, 0] > at - SPAN][-_MOST_SAMPLES // 2 :]
        self._rows = np.zeros((max(2 * len(kept), _FEWEST_SAMPLES), 2))
        self._rows[: len(kept)] = kept
        self._count = len(kept)

    def since(self, first: float) -> tuple[Numbers, Numbers]:
        """Return (times, numbers) later than `first`, oldest first."""
        rows = self._rows[: self._count]
        rows = rows[rows[:, 0] > first]  # a copy
        return rows[:, 0], rows[:, 1]


class StreamStatistics:
    """Collects events and sums them up. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes, self._shown, self._drops = _Series(), _Series(), _Series()
        self._clock, self._people, self._confidence = _Series(), _Series(), _Series()
        self._times = {stage: _Series() for stage in Stage}
        self._dropped = self._results = 0
        self._newest_clock = self._newest_delay = self._fastest = float("nan")

    def received(self, frame: Frame, replaced: bool = False) -> None:
        """Count a frame that arrived.

        Args:
            frame: the frame.
            replaced: whether a model of this computer looks at it although it has results.
        """
        at, results = frame.received, frame.results
        with self._lock:
            self._sizes.add(at, len(frame.jpeg))
            if frame.began:
                self._times[Stage.TRANSFER].add(at, (at - frame.began) * 1e3)
            if results is None:
                return
            self._follow_clock(at, results.device_time / 1e6)
            if not replaced:
                self._add_people(at, results)
            for stage, microseconds in zip(_ON_THE_BOARD, vars(results.timings).values(), strict=True):
                if microseconds is not None:
                    self._times[stage].add(at, microseconds / 1e3)

    def annotated(self, at: float, results: FrameResults) -> None:
        """Count what a model of this computer found in a frame that it finished at `at` (`time.monotonic()`)."""
        with self._lock:
            self._add_people(at, results)

    def _add_people(self, at: float, results: FrameResults) -> None:
        visibility = mean_visibility(results)
        self._results += 1
        self._people.add(at, len(results.people))
        if visibility is not None:
            self._confidence.add(at, visibility)

    def _follow_clock(self, at: float, clock: float) -> None:
        self._clock.add(at, clock)
        if not clock >= self._newest_clock:  # a board that starts anew sets its clock back
            self._fastest = float("inf")
        self._newest_clock, self._newest_delay = clock, at - clock
        self._fastest = min(self._fastest, self._newest_delay)

    def dropped(self, at: float) -> None:
        """Count a frame that a newer one overtook at `at` (`time.monotonic()`)."""
        with self._lock:
            self._dropped += 1
            self._drops.add(at)

    def shown(self, at: float) -> None:
        """Count an image that was decoded at `at`."""
        with self._lock:
            self._shown.add(at)

    def took(self, at: float, stage: Stage, milliseconds: float) -> None:
        """Note how long a stage on this computer took for one frame."""
        with self._lock:
            self._times[stage].add(at, milliseconds)

    def summary(self, now: float) -> Statistics:
        """Return the figures of the last minute before `now` (`time.monotonic()`)."""
        first = now - SPAN
        with self._lock:
            arrivals, sizes = self._sizes.since(first)
            shown, drops = self._shown.since(first)[0], self._drops.since(first)[0]
            clock, people, confidence = (
                series.since(first) for series in (self._clock, self._people, self._confidence)
            )
            times = {stage: series.since(first) for stage, series in self._times.items()}
            dropped, results = self._dropped, self._results
            lag = self._newest_delay - self._fastest
        times = {stage: values for stage, values in times.items() if len(values[0])}
        span = min(SPAN, now - float(arrivals[0])) if len(arrivals) else 0.0
        return Statistics(
            span=span,
            received_fps=_rate(arrivals),
            recent_fps=_recent_rate(arrivals, now),
            shown_fps=_rate(shown),
            sent_fps=_sent(clock[1]),
            megabytes_per_second=float(sizes.sum()) / span / 1e6 if span > 0 else 0.0,
            stages={stage: _spread(values) for stage, (_, values) in times.items()},
            lag=lag * 1e3 if len(clock[0]) else None,
            dropped=dropped,
            results=results,
            seconds=_seconds(now, (arrivals, shown, drops), (people, confidence), times),
        )


_ON_THE_BOARD = (Stage.EXPOSURE, Stage.NPU, Stage.POST_PROCESSING, Stage.ENCODE)  # in the order of `Timings`


def mean_visibility(results: FrameResults) -> float | None:
    """Return the mean keypoint visibility of everybody, 0..1; None where there is nobody."""
    visibility = results.people.keypoints[..., 2]
    return float(visibility.mean()) if visibility.size else None


def _rate(times: Numbers) -> float:
    return float((len(times) - 1) / (times[-1] - times[0])) if len(times) > 1 and times[-1] > times[0] else 0.0


def _recent_rate(times: Numbers, now: float) -> float:
    recent = times[times > now - RECENT]
    if len(recent) > 2 and now - recent[-1] < 1:
        return _rate(recent)
    usual = _rate(times)
    if usual and now - times[-1] < _PATIENCE / usual:
        return usual
    return len(recent) / RECENT


def _sent(clock: Numbers) -> float | None:
    steps = np.diff(clock)
    steps = steps[steps > 0]
    steps = steps[steps <= _SUSPICIOUS * np.median(steps)] if len(steps) else steps
    return float(len(steps) / steps.sum()) if len(steps) else None


def _spread(values: Numbers) -> Spread:
    p50, p95 = np.percentile(values, (50, 95))
    return Spread(len(values), float(p50), float(p95), float(values.max()))


def _seconds(
    now: float,
    events: tuple[Numbers, Numbers, Numbers],
    means: tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]],
    times: dict[Stage, tuple[Numbers, Numbers]],
) -> tuple[Second, ...]:
    received, shown, dropped = (np.bincount(_ago(now, at), minlength=_SECONDS).tolist() for at in events)
    people, confidence = (_means(now, *series) for series in means)
    stages = {stage: _means(now, *series) for stage, series in times.items()}
    return tuple(
        Second(
            ago,
            received[ago],
            shown[ago],
            dropped[ago],
            people[ago],
            confidence[ago],
            {stage: values[ago] for stage, values in stages.items() if values[ago] == values[ago]},
        )
        for ago in reversed(range(_SECONDS))
    )


def _ago(now: float, at: Numbers) -> npt.NDArray[np.intp]:
    return np.clip(now - at, 0, _SECONDS - 1).astype(np.intp)


def _means(now: float, at: Numbers, values: Numbers) -> list[float]:
    """Return the mean of each second, NaN where there is none."""
    ago = _ago(now, at)
    counts = np.bincount(ago, minlength=_SECONDS)
    sums = np.bincount(ago, weights=values, minlength=_SECONDS)
    found: list[float] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).tolist()
    return found
