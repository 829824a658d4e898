"""What happened in a recording, frame by frame: so that one can go from event to event. Without decoding an image."""

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from n6studio.domain.live import FrameResults, all_zero
from n6studio.domain.texts import counted
from n6studio.link.recording.recording import Recording
from n6studio.link.wire.sequence import EventKind, Sequence

_SHORTEST_PAUSE, _PAUSE = 1.0, 5.0  # seconds, and usual distances between frames, from which nothing came
_PATIENCE = 2.0  # seconds for which an output must be dead
_SETTLED = 3  # frames for which a number of people must last to be an event


class Kind(enum.StrEnum):
    """What an event is."""

    LOST = "lost"
    RESTART = "restart"
    DAMAGED = "damaged"
    PAUSE = "pause"
    PEOPLE = "people"
    ALARM = "alarm"
    MARK = "mark"


@dataclass(frozen=True)
class Happening:
    """Something that happened in a recording.

    Attributes:
        frame: number of the first frame that it concerns, from 0.
        kind: see `Kind`.
        text: for people.
    """

    frame: int
    kind: Kind
    text: str


@dataclass(frozen=True)
class Timeline:
    """A recording at a glance.

    Attributes:
        times: seconds since the first frame, one per frame.
        people: how many each frame's results name; -1 where it has none.
        confidences: of each frame's people, the highest first.
        happenings: in the order of their frames.
    """

    times: tuple[float, ...]
    people: tuple[int, ...]
    confidences: tuple[tuple[float, ...], ...]
    happenings: tuple[Happening, ...]

    def next_happening(self, frame: int, forward: bool) -> int | None:
        """Return the frame of the next event behind (or before) a frame, None where there is none."""
        places = [one.frame for one in self.happenings if (one.frame > frame if forward else one.frame < frame)]
        return (min(places) if forward else max(places)) if places else None

    def people_at(self, confidence: float) -> tuple[int, ...]:
        """Return how many people each frame would have, were those at or below a confidence dropped; -1 as above."""
        return tuple(
            -1 if count < 0 else sum(value > confidence for value in values)
            for count, values in zip(self.people, self.confidences, strict=True)
        )


def examine(recording: Recording, progress: Callable[[int, int], None]) -> Timeline:
    """Return what happened in a recording.

    Args:
        recording: what to look at.
        progress: called with (done, total) frames; it may raise to stop.

    Raises:
        FileUnreadable, RecordingUnreadable.
    """
    watch = _Watch(recording)
    for number in range(len(recording.entries)):
        watch.see(number, recording.frame(number).results)
        progress(number + 1, len(recording.entries))
    watch.settle_people()
    times = tuple(entry.time for entry in recording.entries)
    happenings = sorted(watch.happenings, key=lambda one: one.frame)
    return Timeline(times, tuple(watch.people), tuple(watch.confidences), tuple(happenings))


class _Watch:
    """Looks at one frame after the other."""

    def __init__(self, recording: Recording) -> None:
        self._entries = recording.entries
        steps = [after.time - before.time for before, after in itertools.pairwise(recording.entries)]
        self._pause = max(_SHORTEST_PAUSE, _PAUSE * median(steps)) if steps else float("inf")
        self._sequence = Sequence()
        self._zero_since: float | None = None
        self._model = ""
        self.people: list[int] = []
        self.confidences: list[tuple[float, ...]] = []
        self.happenings: list[Happening] = []

    def _note(self, frame: int, kind: Kind, text: str) -> None:
        self.happenings.append(Happening(frame, kind, text))

    def see(self, number: int, results: FrameResults | None) -> None:
        entry = self._entries[number]
        if number:
            before = self._entries[number - 1]
            if entry.at > before.end:
                self._note(number, Kind.DAMAGED, f"{counted(entry.at - before.end, 'byte')} that are no frame")
            if entry.time - before.time > self._pause:
                self._note(number, Kind.PAUSE, f"no frame for {entry.time - before.time:.1f} s")
        self.people.append(-1 if results is None else len(results.people))
        self.confidences.append(() if results is None else tuple(map(float, results.people.confidences)))
        if results is not None:
            self._see_results(number, results)

    def _see_results(self, number: int, results: FrameResults) -> None:
        time = self._entries[number].time
        event = self._sequence.see(results.sequence, results.device_time, time)
        if event is not None and event.kind is EventKind.LOST:
            self._note(number, Kind.LOST, f"{counted(event.count, 'frame')} lost")
        elif event is not None:
            self._note(number, Kind.RESTART, str(event.kind))
        if results.model and self._model and results.model != self._model:
            self._note(number, Kind.ALARM, f"another model: {results.model}")
        self._model = results.model or self._model
        if not all_zero(results):
            self._zero_since = None
        elif self._zero_since is None:
            self._zero_since = time
        elif 0 <= self._zero_since <= time - _PATIENCE:
            self._note(number, Kind.ALARM, "all confidences are zero")
            self._zero_since = -1.0  # told

    def settle_people(self) -> None:
        """Note where another number of people begins and lasts; a single odd frame is none."""
        told: int | None = None
        for first, group in itertools.groupby(range(len(self.people)), key=self.people.__getitem__):
            frames = list(group)
            if first >= 0 and len(frames) >= _SETTLED and first != told:
                if told is not None:
                    self._note(frames[0], Kind.PEOPLE, counted(first, "person", "people"))
                told = first
