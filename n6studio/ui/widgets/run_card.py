"""Run and cancel, and how a run fares: step, images per second, time left, memory."""

import contextlib
import time

import psutil
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy

from n6studio.domain.messages import Hello, JobMessage
from n6studio.domain.progress import JobProgress
from n6studio.domain.texts import begun, bytes_text
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import Card, button, label

TICK_MS = 500
NOTE_WIDTH = 180  # pixels that the note has beside the buttons, at least


def memory_of(pid: int) -> int:
    """Return the bytes a process holds; 0 where there is none."""
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


class RunCard(Card):
    """Knows nothing of the engine: the page tells it what happens.

    Signals:
        run_wanted, cancel_wanted: buttons.
    """

    run_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, text: str, tip: str = "", role: ButtonRole = ButtonRole.PRIMARY, command: str = "") -> None:
        super().__init__()
        self.run_button = button(text, self.run_wanted.emit, role, tip=tip, command=command)
        self.cancel_button = button("Cancel", self.cancel_wanted.emit, tip="Stop; earlier results are kept")
        self.note = label(role=TextRole.MUTED)
        self.step, self.rate, self.memory = label(), label(role=TextRole.MUTED), label(role=TextRole.MUTED, wrap=False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"Progress of: {text}")
        self.note.setMinimumWidth(NOTE_WIDTH)
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        top, below = Flow(spacing=6), QHBoxLayout()
        for made in (self.run_button, self.cancel_button, self.note):
            top.addWidget(made)
        self.memory_bar = QProgressBar()
        self.memory_bar.setTextVisible(False)
        self.memory_bar.setFixedWidth(110)
        self.memory_bar.setAccessibleName("Memory of the stage's process and of the computer")
        self.memory_bar.setRange(0, max(1, psutil.virtual_memory().total // 2**20))
        below.addWidget(self.rate, 1)
        below.addWidget(self.memory_bar)
        below.addWidget(self.memory)
        self.body.addLayout(top)
        self.body.addWidget(self.step)
        self.body.addWidget(self.bar)
        self.body.addLayout(below)
        self._progress, self._pid = JobProgress(), 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.show_running(False)

    def show_running(self, running: bool) -> None:
        """Begin or end the display of progress."""
        self._progress, self._pid = JobProgress(), 0
        self.run_button.setEnabled(not running)
        self.cancel_button.setEnabled(True)
        for widget in (self.cancel_button, self.step, self.bar, self.rate, self.memory, self.memory_bar):
            widget.setVisible(running)
        self.note.setVisible(not running)
        if running:
            self.step.setText("Starting…")
            self.rate.setText("")
            self.memory.setText("")
            self.memory_bar.setValue(0)
            self.bar.setRange(0, 0)
            self._timer.start()
        else:
            self._timer.stop()

    def show_cancelling(self) -> None:
        """Say that the run was asked to stop."""
        self.cancel_button.setEnabled(False)
        self.step.setText("Stopping…")

    def show_message(self, message: JobMessage) -> None:
        """Follow a message of the stage."""
        if isinstance(message, Hello):
            self._pid = message.pid
        self._progress = self._progress.after(message, time.monotonic())
        if self.cancel_button.isEnabled():
            self.step.setText(begun(self._progress.step_text()))
        self.bar.setRange(0, self._progress.total)
        self.bar.setValue(self._progress.done)
        self._tick()

    def _tick(self) -> None:
        self.rate.setText(self._progress.rate_text(time.monotonic()))
        held = memory_of(self._pid) if self._pid else 0
        self.memory_bar.setValue(held // 2**20)
        total = self.memory_bar.maximum() * 2**20
        self.memory.setText(f"memory {bytes_text(held)} of {bytes_text(total)}" if held else "")
