"""Playing, seeking in and exporting a recording."""

import threading
from pathlib import Path

from PySide6.QtCore import QObject

from n6studio.domain.errors.stages import Cancelled
from n6studio.link.recording.exports import EXPORTS
from n6studio.link.recording.marks import Mark, read_marks, toggle_mark
from n6studio.link.recording.recording import read_recording
from n6studio.link.recording.timeline import Timeline, examine
from n6studio.ui.background import one_thread, run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.dialogs import ask_for_target
from n6studio.ui.pages.live.models import Models
from n6studio.ui.pages.live.recording import CLIP, EVALUATION_IMAGES, Recording
from n6studio.ui.pages.live.replay_bar import ReplayBar

# Title of the dialog that asks for the file, and the kinds of files in it.
_ASKED = {
    "csv": ("Save values", "CSV (*.csv)"),
    "mcap": ("Save MCAP", "MCAP (*.mcap)"),
    "rrd": ("Save for Rerun", "Rerun (*.rrd)"),
    CLIP: ("Save part", "Recordings (*.mjpeg)"),
    "video": ("Save video", "Videos (*.mp4)"),
    "lines": ("Save results", "JSON Lines (*.jsonl)"),
}


class ReplayControl(QObject):
    """Connects the replay bar with the source. Lives on the GUI thread.

    Args:
        context: of the window.
        controller: whose source is steered, where it is something stored.
        recording: makes what is wanted of a recording.
        models: of which one may look at all frames.
        bar: with the buttons.
    """

    def __init__(
        self, context: Context, controller: LiveController, recording: Recording, models: Models, bar: ReplayBar
    ) -> None:
        super().__init__(bar)
        self._context, self._controller, self._recording = context, controller, recording
        self._models, self._bar = models, bar
        bar.sought.connect(lambda index: controller.steer(lambda replay: replay.wind(index)))
        bar.speed_chosen.connect(lambda speed: controller.steer(lambda replay: replay.set_speed(speed)))
        bar.wanted.connect(self._wanted)
        bar.through_toggled.connect(self._through)
        bar.cancelled.connect(recording.cancel_export)
        bar.event_wanted.connect(self.go_to_event)
        bar.mark_wanted.connect(self.toggle_mark)
        bar.range_wanted.connect(self.set_range)
        self._timeline: Timeline | None = None
        self._marks: tuple[Mark, ...] = ()
        self.paused = False  # whether a recording stands still, so that `here` is what is on the screen
        self._repeated: list[int | None] = [None, None]
        self._marking = one_thread(self)  # a mark is read and written again
        self._looking = threading.Event()  # set where nobody waits for the timeline any more
        recording.progressed.connect(bar.show_progress)
        recording.changed.connect(lambda: bar.show_exporting(bool(recording.exporting)))
        bar.hide()

    @property
    def path(self) -> Path | None:
        """The recording that is open."""
        kind, _, rest = self._controller.address.partition(":")
        return Path(rest) if kind == "recording" and rest else None

    def source_opened(self) -> None:
        """Show the bar for what can be sought in, and hide it for everything else."""
        replay = self._controller.replay
        self._bar.setVisible(replay is not None)
        if replay is not None:
            self._bar.speed.setCurrentText("1×")
            self._bar.export.setEnabled(self.path is not None)
        self._bar.through.setChecked(False)
        self._look_through()

    def _look_through(self) -> None:
        """Find out what happens in the recording, in the background."""
        self._looking.set()
        self._timeline, self._marks, self._repeated = None, (), [None, None]
        self._bar.strip.show_timeline(None, ())
        self._bar.strip.show_range(None)
        path = self.path
        if path is None or self._controller.replay is None:
            return
        stopped = self._looking = threading.Event()

        def heard(done: int, total: int) -> None:
            if stopped.is_set():
                raise Cancelled(stage="timeline")

        def look() -> tuple[Timeline, tuple[Mark, ...]]:
            return examine(read_recording(path), heard), read_marks(path)

        def found(what: tuple[Timeline, tuple[Mark, ...]]) -> None:
            if not stopped.is_set():
                self._timeline, self._marks = what
                self._bar.strip.show_timeline(*what)

        run_in_background(self, look, found, lambda error: None)

    @property
    def here(self) -> int:
        """The frame that is shown, from 0."""
        replay = self._controller.replay
        return max(0, replay.position[0] - 1) if replay is not None else 0

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds from the first frame to each, as far as the recording was looked through."""
        return self._timeline.times if self._timeline is not None else ()

    def go_to_event(self, forward: bool) -> None:
        """Show the frame of the next event, or of the one before."""
        here = self.here
        places = [one.frame for one in self._bar.strip.happenings()]
        places = [place for place in places if (place > here if forward else place < here)]
        if not places:
            self._context.notice.emit(texts.NO_EVENT)
            return
        wanted = min(places) if forward else max(places)
        self._controller.steer(lambda replay: replay.wind(wanted))

    def toggle_mark(self) -> None:
        """Mark the frame that is shown, or take its mark away."""
        path, here = self.path, self.here
        if path is not None and self._controller.replay is not None:
            failed = self._controller.failed.emit
            run_in_background(self, lambda: toggle_mark(path, here), self._marked, failed, self._marking)

    def _marked(self, marks: tuple[Mark, ...]) -> None:
        self._marks = marks
        self._bar.strip.show_timeline(self._timeline, marks)

    def set_range(self, end: str) -> None:
        """Let the part that is repeated begin ('a') or end ('b') at the frame that is shown, or repeat all ('')."""
        if end:
            self._repeated["ab".index(end)] = self.here
        else:
            self._repeated = [None, None]
        repeated = self.repeated
        self._bar.strip.show_range(repeated)
        first, last = repeated or (0, -1)
        self._controller.steer(lambda replay: replay.set_range(first, last))

    @property
    def repeated(self) -> tuple[int, int] | None:
        """(first, last) frame of the part that is repeated; None where not both ends are chosen."""
        first, last = self._repeated
        return None if first is None or last is None else (min(first, last), max(first, last))

    def pause(self, paused: bool) -> None:
        """Stop, or go on."""
        self.paused = paused
        self._controller.steer(lambda replay: replay.pause(paused))

    def step(self, frames: int) -> None:
        """Show another frame while it is paused."""
        self._controller.steer(lambda replay: replay.step(frames))

    def show_place(self) -> None:
        """Show where the recording is; call it a few times a second."""
        replay = self._controller.replay
        if replay is not None:
            number, frames = replay.position
            self._bar.show_length(frames)
            self._bar.show_place(max(0, number - 1))

    def _through(self, wanted: bool) -> None:
        self._models.set_all(wanted)
        if wanted and self._models.chosen is None:
            self._context.notice.emit(texts.CHOOSE_MODEL)
            self._bar.through.setChecked(False)
        self.show_again()

    def show_again(self) -> None:
        """Give the frame of a recording that stands still once more, as another model is to look at it."""
        self._controller.steer(lambda replay: replay.step(0))

    @property
    def through(self) -> bool:
        """Whether the chosen model looks at all frames."""
        return self._bar.through.isChecked()

    def _wanted(self, what: str) -> None:
        path, recording = self.path, self._recording
        if path is None:
            return
        if what == EVALUATION_IMAGES:
            recording.to_evaluation(path)
            return
        if what == CLIP and self.repeated is None:
            self._context.notice.emit(texts.NO_RANGE)
            return
        title, kinds = _ASKED[what]
        ending = "-part.mjpeg" if what == CLIP else EXPORTS[what].ending
        skeleton, part = self._context.skeleton(), self.repeated
        ask_for_target(
            self._bar,
            title,
            path.with_name(path.stem + ending),
            kinds,
            lambda target: recording.export(what, path, target, skeleton, part),
        )
