"""Parity: one frame's exact model input, run through the same file on this computer and compared with the board."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from n6studio.domain.live import Frame, FrameResults
from n6studio.domain.pose.parity import Parity, compare
from n6studio.link.processes.host_model import HostModel
from n6studio.link.session.commands import CommandName
from n6studio.link.sources.base import Capability
from n6studio.ui.background import run_in_background
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.models import Models
from n6studio.ui.pages.live.panels import ParityPanel
from n6studio.ui.theme import TextRole

PATIENCE_MS = 5000  # for the board to send the input
CLOSE_ENOUGH = 1.0  # pixels of the network's input; rounding in int8 moves a point by less


@dataclass(frozen=True)
class Compared:
    """A comparison: how far apart, of how many people, how long it took here."""

    parity: Parity
    board: int
    seconds: float


class ParityCheck(QObject):
    """Asks, waits for the frame, compares. Lives on the GUI thread.

    It looks at every frame on the reader's thread: the one that is waited for may be overtaken on its way.
    """

    _came = Signal(object)

    def __init__(
        self, controller: LiveController, models: Models, panel: ParityPanel, failed: Callable[[Exception], None]
    ) -> None:
        super().__init__(panel)
        self._controller, self._models, self._panel, self._failed = controller, models, panel, failed
        self._waiting = False
        self._running: HostModel | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._gave_up)
        self._came.connect(self._compare_frame)
        controller.tap(self._look)
        panel.wanted.connect(self.start)

    def start(self) -> None:
        """Ask the board for the exact input of its next frame."""
        if not self._controller.can(Capability.COMMANDS):
            self._panel.say(texts.NO_PARITY)
            return
        self._waiting = True
        self._panel.say(texts.WAITING_FOR_INPUT)
        self._timer.start()
        self._controller.send(CommandName.EXACT_INPUT)

    def stop(self) -> None:
        """Wait no longer, and end a comparison that runs."""
        self._waiting = False
        self._timer.stop()
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def _look(self, frame: Frame) -> None:
        """Called on the reader's thread."""
        if self._waiting and frame.results is not None and frame.results.exact_input is not None:
            self._came.emit(frame.results)

    def _compare_frame(self, results: FrameResults) -> None:
        if not self._waiting:
            return
        self.stop()
        path = self._models.path_of(results.model) or self._models.chosen
        if path is None:
            self._panel.say(texts.UNKNOWN_MODEL, TextRole.WARN)
            return
        self._panel.say(texts.RUNNING_MODEL)
        limits = self._limits(results)
        made = self._running = self._models.host(path)
        run_in_background(self, lambda: _compare(made, results, limits), self._show, self._failed)

    def _limits(self, results: FrameResults) -> tuple[float, float, bool]:
        """Return the board's thresholds, and whether it averages keypoints: one that does not say so does not."""
        session = self._controller.session
        status = {**(session.board_status() if session else {}), **dict(results.status)}
        averages = status.get(CommandName.AVERAGE) == "on"
        return _number(status.get("confidence"), 0.5), _number(status.get("iou"), 0.5), averages

    def _show(self, compared: Compared | None) -> None:
        self._running = None
        if compared is None:
            self._panel.say(texts.NOT_RUN, TextRole.BAD)
            return
        parity = compared.parity
        good = parity.unmatched == 0 and parity.keypoints <= CLOSE_ENOUGH
        if compared.board == 0 and parity.unmatched == 0:
            sentence = texts.NOBODY
        elif parity.unmatched:
            sentence = texts.unmatched(parity.unmatched)
        else:
            sentence = f"Largest difference {parity.keypoints:.2f} px"
        rows = [
            ("Keypoints", f"{parity.keypoints:.3f} input px, largest"),
            ("Boxes", f"{parity.boxes:.3f} input px, largest"),
            ("Confidence", f"{parity.confidences:.4f}, largest"),
            ("Visibility", f"{parity.visibilities:.4f}, largest"),
            ("People", f"{parity.people} in both, {parity.unmatched} in one"),
            ("Time on this computer", f"{1e3 * compared.seconds:.0f} ms including start-up"),
        ]
        self._panel.show_result(sentence, good, rows)

    def _gave_up(self) -> None:
        self._waiting = False
        self._panel.say(texts.NO_INPUT, TextRole.WARN)


def _compare(model: HostModel, results: FrameResults, limits: tuple[float, float, bool]) -> Compared | None:
    begun = time.monotonic()
    try:
        here = model.on_exact_input(results, *limits)
    finally:
        model.close()
    if here is None or results.view is None:
        return None
    return Compared(compare(results.people, here.people, results.view), len(results.people), time.monotonic() - begun)


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default
