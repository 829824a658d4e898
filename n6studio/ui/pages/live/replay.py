"""Playing, winding and exporting a recording."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from n6studio.ui.pages.live.dialogs import ask_for_target

if TYPE_CHECKING:
    from n6studio.ui.pages.live.page import LivePage

_TARGETS = {
    "mp4": ("Save the film as", ".mp4", "Films (*.mp4)"),
    "jsonl": ("Save the results as", ".jsonl", "JSON lines (*.jsonl)"),
}


class ReplayControl(QObject):
    """Connects the replay bar with the source. Lives on the GUI thread."""

    def __init__(self, page: "LivePage") -> None:
        super().__init__(page)
        self._page, self._bar, self._controller = page, page.body.replay_bar, page.controller
        bar, controller = self._bar, self._controller
        bar.play_toggled.connect(lambda: page.view_bar.action("pause").trigger())
        bar.sought.connect(lambda index: controller.steer(lambda replay: replay.wind(index)))
        bar.speed_chosen.connect(lambda speed: controller.steer(lambda replay: replay.set_speed(speed)))
        bar.wanted.connect(self._wanted)
        bar.through_toggled.connect(self._through)
        bar.cancelled.connect(page.recording.cancel_export)
        page.recording.progressed.connect(bar.show_progress)
        page.recording.changed.connect(lambda: bar.show_exporting(bool(page.recording.exporting)))
        bar.hide()

    @property
    def path(self) -> Path | None:
        """The recording that is open."""
        kind, _, rest = self._controller.address.partition(":")
        return Path(rest) if kind == "recording" and rest else None

    def source_opened(self) -> None:
        """Show the bar for what can be wound, and hide it for everything else."""
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
        self._page.networks.set_all(wanted)
        if wanted and self._page.networks.chosen is None:
            self._page.context.notice.emit("Choose a network above first")
            self._bar.through.setChecked(False)

    def _wanted(self, what: str) -> None:
        path, recording, page = self.path, self._page.recording, self._page
        if path is None:
            return
        if what == "evaluation":
            recording.to_evaluation(path)
            return
        title, ending, kinds = _TARGETS[what]
        skeleton = page.picture.skeleton
        ask_for_target(
            page, title, path.with_suffix(ending), kinds, lambda target: recording.export(what, path, target, skeleton)
        )
