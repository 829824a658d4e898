"""Playing, seeking in and exporting a recording."""

from pathlib import Path

from PySide6.QtCore import QObject

from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.dialogs import ask_for_target
from n6studio.ui.pages.live.models import Models
from n6studio.ui.pages.live.recording import Recording
from n6studio.ui.pages.live.replay_bar import ReplayBar

_TARGETS = {
    "mp4": ("Save video", ".mp4", "Videos (*.mp4)"),
    "jsonl": ("Save results", ".jsonl", "JSON Lines (*.jsonl)"),
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
            self._bar.show_playing(True)
            self._controller.steer(lambda opened: opened.set_loop(True))
        self._bar.through.setChecked(False)

    def pause(self, paused: bool) -> None:
        """Stop, or go on."""
        self._bar.show_playing(not paused)
        self._controller.steer(lambda replay: replay.pause(paused))

    def step(self, frames: int) -> None:
        """Show another frame while it is paused."""
        self._controller.steer(lambda replay: replay.step(frames))

    def show_place(self) -> None:
        """Show where the recording is; call it a few times a second."""
        replay = self._controller.replay
        if replay is not None:
            following, frames = replay.position
            self._bar.show_length(frames)
            self._bar.show_place(max(0, following - 1))

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
        if what == "evaluation":
            recording.to_evaluation(path)
            return
        title, ending, kinds = _TARGETS[what]
        skeleton = self._context.skeleton()
        ask_for_target(
            self._bar,
            title,
            path.with_suffix(ending),
            kinds,
            lambda target: recording.export(what, path, target, skeleton),
        )
