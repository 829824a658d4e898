"""Freezing what is shown, and going through frames one by one: of a recording, or of the last seconds of a stream."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from n6studio.domain.live import Frame
from n6studio.link.session.session import LiveFrame
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.image_view import ImageView
from n6studio.ui.pages.live.replay import ReplayControl
from n6studio.ui.pages.live.shown import shown
from n6studio.ui.pages.live.stepping import Stepping
from n6studio.ui.pages.live.view_bar import ViewBar


class Playback(QObject):
    """Follows the view bar's pause, step and preview. Lives on the GUI thread.

    Args:
        controller: of the stream.
        bar: whose actions are followed.
        view: where what is on the screen is asked for.
        replay: steers a recording.
        recent: returns the frames of the last seconds, the oldest first.

    Signals:
        frame_ready(ShownFrame): a frame that was stepped to is to be shown.
        changed: it was frozen, or goes on, or the preview was switched.
    """

    frame_ready = Signal(object)
    changed = Signal()

    def __init__(
        self,
        controller: LiveController,
        bar: ViewBar,
        view: ImageView,
        replay: ReplayControl,
        recent: Callable[[], tuple[Frame, ...]],
    ) -> None:
        super().__init__(bar)
        self._controller, self._view, self._replay, self._recent = controller, view, replay, recent
        self._pause, self._preview = bar.action("pause"), bar.action("preview")
        self._stepping = Stepping(self, self._stepped)
        self._pause.toggled.connect(self._paused)
        self._preview.toggled.connect(self._preview_off)
        bar.action("back").triggered.connect(lambda: self._step(-1))
        bar.action("forward").triggered.connect(lambda: self._step(1))

    @property
    def takes_newest(self) -> bool:
        """Whether an image that has just come goes to the screen."""
        if self._preview.isChecked():
            return False
        return not self._pause.isChecked() or self._controller.replay is not None

    @property
    def preview_off(self) -> bool:
        """Whether nothing is decoded and drawn."""
        return self._preview.isChecked()

    @property
    def frozen_at(self) -> tuple[int, int] | None:
        """(number of the frame from 1, how many there are) of a stream that is frozen, None of one that goes on."""
        return self._stepping.place if self._pause.isChecked() and self._controller.replay is None else None

    @property
    def paused_at(self) -> tuple[int, int] | None:
        """(number of the frame from 1, how many there are) of a recording that stands still, else None."""
        replay = self._controller.replay
        if replay is None or not self._pause.isChecked():
            return None
        number, frames = replay.position
        return max(1, number), frames

    def source_opened(self) -> None:
        """Go on: another source is open."""
        self._stepping.stop()
        self._pause.setChecked(False)
        self._replay.source_opened()

    def close_down(self) -> None:
        """End what runs."""
        self._stepping.close_down()

    def _paused(self, paused: bool) -> None:
        if self._controller.replay is not None:
            self._replay.pause(paused)
        elif paused:
            frame = self._view.frame
            self._stepping.start(self._recent(), frame.live.frame if frame is not None else None)
        else:
            self._stepping.stop()
        self.changed.emit()

    def _step(self, frames: int) -> None:
        self._pause.setChecked(True)
        if self._controller.replay is not None:
            self._replay.step(frames)
        else:
            host = self._controller.host
            self._stepping.step(frames, host.annotate if host is not None else None)

    def _stepped(self, image: LiveFrame) -> None:
        if self._pause.isChecked():
            self.frame_ready.emit(shown(image))
            self.changed.emit()

    def _preview_off(self, off: bool) -> None:
        self._controller.set_preview(not off)
        self.changed.emit()
