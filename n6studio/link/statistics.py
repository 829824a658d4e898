"""Figures of a stream over the last minute: rates, where the time goes, what was lost. One writer per kind of event."""

import enum
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from n6studio.domain.live import Frame, FrameResults

SPAN = 60.0  # seconds that are looked at
_MOST_SAMPLES = 20_000  # a source of 1000 frames a second must not fill the memory


class Stage(enum.StrEnum):
    """Where the time of a frame goes, in the order in which it goes."""

    EXPOSURE = "exposure to NPU"
    NPU = "NPU"
    POST_PROCESSING = "post-processing"
    ENCODE = "encode"
    TRANSFER = "transfer"
    DECODE = "decode"
    HOST = "network on this computer"
    PAINT = "paint"
    SHOWN = "received to painted"


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
        shown: pictures that were decoded.
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
        received_fps: frames that arrived, per second.
        shown_fps: pictures that were decoded, per second.
        sent_fps: by the sender's clock, None without results.
        megabytes_per_second: of JPEG data in delivered frames.
        stages: see `Stage`; only what was measured.
        lag: milliseconds that the newest frame took longer from exposure to arrival than the fastest one of the span;
            None without results. Clocks of board and computer differ, so the whole of it cannot be known.
        dropped: frames overtaken before they were decoded or taken, since the start.
        seconds: oldest first.
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


@dataclass(frozen=True)
class _Arrival:
    at: float
    size: int
    device_time: int | None
    people: int | None
    confidence: float | None
    times: tuple[tuple[Stage, float], ...]


class StreamStatistics:
    """Collects events and sums them up. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: deque[_Arrival] = deque(maxlen=_MOST_SAMPLES)
        self._times: deque[tuple[float, Stage, float]] = deque(maxlen=_MOST_SAMPLES)
        self._shown: deque[float] = deque(maxlen=_MOST_SAMPLES)
        self._drops: deque[float] = deque(maxlen=_MOST_SAMPLES)
        self._dropped = 0

    def received(self, frame: Frame) -> None:
        """Count a frame that arrived."""
        arrival = _arrival(frame)
        with self._lock:
            self._arrivals.append(arrival)

    def dropped(self, at: float) -> None:
        """Count a frame that a newer one overtook at `at` (`time.monotonic()`)."""
        with self._lock:
            self._dropped += 1
            self._drops.append(at)

    def shown(self, at: float) -> None:
        """Count a picture that was decoded at `at`."""
        with self._lock:
            self._shown.append(at)

    def took(self, at: float, stage: Stage, milliseconds: float) -> None:
        """Note how long a stage on this computer took for one frame."""
        with self._lock:
            self._times.append((at, stage, milliseconds))

    def summary(self, now: float) -> Statistics:
        """Return the figures of the last minute before `now` (`time.monotonic()`)."""
        first = now - SPAN
        with self._lock:
            arrivals = [arrival for arrival in self._arrivals if arrival.at > first]
            times = [(at, stage, value) for at, stage, value in self._times if at > first]
            shown = [at for at in self._shown if at > first]
            drops = [at for at in self._drops if at > first]
            dropped = self._dropped
        span = min(SPAN, now - arrivals[0].at) if arrivals else 0.0
        times += [(arrival.at, stage, value) for arrival in arrivals for stage, value in arrival.times]
        return Statistics(
            span=span,
            received_fps=_rate([arrival.at for arrival in arrivals]),
            shown_fps=_rate(shown),
            sent_fps=_sent(arrivals),
            megabytes_per_second=sum(arrival.size for arrival in arrivals) / span / 1e6 if span > 0 else 0.0,
            stages=_spreads(times),
            lag=_lag(arrivals),
            dropped=dropped,
            seconds=_seconds(now, arrivals, times, shown, drops),
        )


def _arrival(frame: Frame) -> _Arrival:
    times: list[tuple[Stage, float]] = []
    if frame.began:
        times.append((Stage.TRANSFER, (frame.received - frame.began) * 1e3))
    results = frame.results
    if results is None:
        return _Arrival(frame.received, len(frame.jpeg), None, None, None, tuple(times))
    told = results.timings
    for stage, value in (
        (Stage.EXPOSURE, told.exposure_to_npu),
        (Stage.NPU, told.npu),
        (Stage.POST_PROCESSING, told.post_processing),
        (Stage.ENCODE, told.encode),
    ):
        if value is not None:
            times.append((stage, value / 1e3))
    people = len(results.people)
    return _Arrival(
        frame.received, len(frame.jpeg), results.device_time, people, mean_visibility(results), tuple(times)
    )


def mean_visibility(results: FrameResults) -> float | None:
    """Return the mean keypoint visibility of everybody, 0..1; None where there is nobody."""
    visibility = results.people.keypoints[..., 2]
    return float(visibility.mean()) if visibility.size else None


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0


def _sent(arrivals: list[_Arrival]) -> float | None:
    clock = [arrival.device_time / 1e6 for arrival in arrivals if arrival.device_time is not None]
    steps = np.diff(clock) if len(clock) > 1 else np.zeros(0)
    steps = steps[steps > 0]
    return float(1 / np.median(steps)) if len(steps) else None


def _lag(arrivals: list[_Arrival]) -> float | None:
    delays: list[float] = []
    before = 0
    for arrival in arrivals:
        if arrival.device_time is None:
            continue
        if arrival.device_time < before:  # a board that starts anew sets its clock back
            delays.clear()
        before = arrival.device_time
        delays.append(arrival.at - before / 1e6)
    return (delays[-1] - min(delays)) * 1e3 if delays else None


def _spreads(times: list[tuple[float, Stage, float]]) -> dict[Stage, Spread]:
    by_stage: dict[Stage, list[float]] = {}
    for _, stage, value in times:
        by_stage.setdefault(stage, []).append(value)
    return {stage: _spread(by_stage[stage]) for stage in Stage if stage in by_stage}


def _spread(values: list[float]) -> Spread:
    p50, p95 = np.percentile(values, (50, 95))
    return Spread(len(values), float(p50), float(p95), float(max(values)))


def _seconds(
    now: float,
    arrivals: list[_Arrival],
    times: list[tuple[float, Stage, float]],
    shown: list[float],
    drops: list[float],
) -> tuple[Second, ...]:
    count = int(SPAN)

    def ago(at: float) -> int:
        return min(count - 1, max(0, int(now - at)))

    received, seen, dropped = [0] * count, [0] * count, [0] * count
    people: list[list[float]] = [[] for _ in range(count)]
    confidence: list[list[float]] = [[] for _ in range(count)]
    stages: list[dict[Stage, list[float]]] = [{} for _ in range(count)]
    for arrival in arrivals:
        place = ago(arrival.at)
        received[place] += 1
        if arrival.people is not None:
            people[place].append(arrival.people)
        if arrival.confidence is not None:
            confidence[place].append(arrival.confidence)
    for at in shown:
        seen[ago(at)] += 1
    for at in drops:
        dropped[ago(at)] += 1
    for at, stage, value in times:
        stages[ago(at)].setdefault(stage, []).append(value)
    return tuple(
        Second(
            place,
            received[place],
            seen[place],
            dropped[place],
            _mean(people[place]),
            _mean(confidence[place]),
            {stage: _mean(values) for stage, values in stages[place].items()},
        )
        for place in reversed(range(count))
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
