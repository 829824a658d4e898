"""The flash plan, what is irreversible, the one button, and the progress of the deployment."""

import time
from collections.abc import Iterable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from n6studio.domain.deploy import (
    STEPS,
    FlashAction,
    Fuses,
    FuseState,
    ImageState,
    PlannedWrite,
    Risk,
    Role,
    Step,
    WriteAction,
)
from n6studio.domain.messages import ImageHandled, ImageProgressed, JobMessage, StepBegan
from n6studio.domain.progress import JobProgress
from n6studio.domain.texts import begun, bytes_text, percent
from n6studio.ui.pages.deploy import texts
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import Card, ElidedLabel, button, clear, label, set_role
from n6studio.ui.widgets.segmented_bar import SegmentedBar

TICK_MS = 500
_ACTIONS = {
    WriteAction.WRITE: "write what differs",
    WriteAction.SAME: "unchanged",
    WriteAction.KNOWN: "written before, compared first",
    WriteAction.EXPECTED: "not built yet",
}


_DOING = {
    FlashAction.ERASE: "erasing",
    FlashAction.WRITE: "writing",
    FlashAction.VERIFY: "verifying",
    FlashAction.READ: "reading back",
}
_STATES = {
    ImageState.COMPARE: "comparing",
    ImageState.WRITE: "writing",
    ImageState.VERIFY: "verifying",
    ImageState.UNCHANGED: "unchanged",
    ImageState.WRITTEN: "written and verified",
}


class FlashCard(Card):
    """Knows nothing of the engine: the page tells it what happens.

    Signals:
        flash_wanted, prepare_wanted, cancel_wanted: buttons.
        confirmed_changed: a tick for something irreversible was set or taken away.
    """

    flash_wanted = Signal()
    prepare_wanted = Signal()
    cancel_wanted = Signal()
    confirmed_changed = Signal()

    def __init__(self) -> None:
        super().__init__("Flash plan")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(12)
        self._table.setVerticalSpacing(3)
        self._table.setColumnStretch(0, 2)
        self._table.setColumnStretch(4, 3)
        self.body.addLayout(self._table)
        self.contents = label(role=TextRole.MUTED, select=True)
        self.body.addWidget(self.contents)
        self._risks = QVBoxLayout()
        self.body.addLayout(self._risks)
        self.ticks: dict[str, QCheckBox] = {}
        self.flash_button = button("Flash board", self.flash_wanted.emit, ButtonRole.PRIMARY, tip="Ctrl+Enter")
        self.prepare_button = button("Prepare only", self.prepare_wanted.emit, tip=texts.PREPARE_TIP)
        self.cancel_button = button("Cancel", self.cancel_wanted.emit, tip=texts.CANCEL_TIP)
        self.reason = label(role=TextRole.MUTED)
        row = QHBoxLayout()
        for made in (self.flash_button, self.prepare_button, self.cancel_button):
            row.addWidget(made)
        row.addWidget(self.reason, 100)
        row.addStretch(1)  # keeps the buttons small while the reason is hidden
        self.body.addLayout(row)
        self.bar = SegmentedBar([step.value for step in STEPS])
        self.step, self.rate = ElidedLabel(), ElidedLabel(role=TextRole.MUTED)
        self.warning = label(texts.KEEP_CONNECTED, TextRole.WARN)
        below = QHBoxLayout()
        below.addWidget(self.step, 1)
        below.addWidget(self.rate)
        self.body.addWidget(self.bar)
        self.body.addLayout(below)
        self.body.addWidget(self.warning)
        self._progress = JobProgress()
        self._step: Step | None = None
        self._actions: dict[Role, QLabel] = {}  # of each image, what is done with it
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.running = False
        self.show_running(False)

    def show_contents(self, text: str) -> None:
        """Say what is on the board now."""
        self.contents.setText(text)

    # --- before

    def show_writes(self, writes: Iterable[PlannedWrite]) -> None:
        """Show the plan, or what is known of it so far."""
        clear(self._table)
        self._actions = {}
        shown = list(writes)
        if not shown:
            self._table.addWidget(label(texts.NO_PLAN, TextRole.MUTED), 0, 0, 1, 5)
            return
        for column, head in enumerate(("Image", "Address", "Size", "Available", "Action")):
            self._table.addWidget(label(head, TextRole.MUTED, wrap=False), 0, column)
        for row, one in enumerate(shown, 1):
            size = "after the build" if one.size is None else bytes_text(one.size)
            about = "approx. " if one.size is not None and one.action == WriteAction.EXPECTED else ""
            cells = (one.title, f"0x{one.address:08X}", about + size, bytes_text(one.room))
            for column, text in enumerate(cells):
                cell = label(text, wrap=column == 0, select=column == 1)
                self._table.addWidget(cell, row, column, Qt.AlignmentFlag.AlignTop)
            action = _ACTIONS[one.action] + (f". {one.note}" if one.note else "")
            told = label(
                action, TextRole.GOOD if one.action in (WriteAction.SAME, WriteAction.KNOWN) else TextRole.MUTED
            )
            self._actions[one.role] = told
            self._table.addWidget(told, row, 4, Qt.AlignmentFlag.AlignTop)

    def show_risks(self, risks: Iterable[Risk], fuses: Iterable[Fuses] = ()) -> None:
        """Show a tick box for each risk, and fuses that are set already; boxes that were ticked stay ticked."""
        kept = self.confirmed()
        clear(self._risks)
        self.ticks = {}
        for risk in risks:
            tick = QCheckBox(f"Confirm: {risk.title}{' (irreversible)' if risk.permanent else ''}")
            tick.setChecked(risk.key in kept)
            tick.setAccessibleDescription(risk.message)
            tick.setToolTip(risk.message)
            tick.toggled.connect(lambda _: self.confirmed_changed.emit())
            self._risks.addWidget(tick)
            self._risks.addWidget(label(risk.message, TextRole.MUTED, select=True))
            self.ticks[risk.key] = tick
        for one in fuses:
            if one.state is FuseState.SET:
                self._risks.addWidget(label(one.message, TextRole.GOOD, select=True))

    def confirmed(self) -> frozenset[str]:
        """Return the keys of what was ticked."""
        return frozenset(key for key, tick in self.ticks.items() if tick.isChecked())

    def show_button(self, text: str, blocked: str, may_prepare: bool) -> None:
        """Set the one button's text, and why it cannot be pressed; "" where it can."""
        self.flash_button.setText(text)
        self.flash_button.setAccessibleName(text)
        self.flash_button.setEnabled(not blocked and not self.running)
        self.flash_button.setToolTip(blocked or "Ctrl+Enter")
        self.prepare_button.setEnabled(may_prepare and not self.running)
        self.reason.setText(blocked)

    # --- while it runs

    def show_running(self, running: bool) -> None:
        """Begin or end the display of progress."""
        self.running = running
        self._progress, self._step = JobProgress(), None
        self.flash_button.setEnabled(not running)
        self.prepare_button.setVisible(not running)
        self.cancel_button.setVisible(running)
        self.cancel_button.setEnabled(True)
        self.reason.setVisible(not running)
        for tick in self.ticks.values():
            tick.setEnabled(not running)
        for widget in (self.step, self.rate):
            widget.setVisible(running)
        self.bar.setVisible(running)
        self.warning.hide()
        if running:
            self.step.setText("Starting…")
            self.rate.setText("")
            self.bar.show_progress(-1, 0.0)
            self._timer.start()
        else:
            self._timer.stop()

    def show_cancelling(self) -> None:
        """Say that the deployment is being cancelled."""
        self.cancel_button.setEnabled(False)
        self.step.setText("Cancelling…")

    def show_stopped(self, failed: bool) -> None:
        """Keep the bar to show where it ended."""
        if self._at >= 0:
            self.bar.show_progress(self._at if failed else len(STEPS), 0.0, failed)
        at = self._at
        self.show_running(False)
        self.bar.setVisible(failed and at >= 0)

    @property
    def _at(self) -> int:
        return STEPS.index(self._step) if self._step is not None else -1

    def show_message(self, message: JobMessage) -> None:
        """Follow a message of the deployment."""
        self._progress = self._progress.after(message, time.monotonic())
        if isinstance(message, StepBegan):
            self._step = Step(message.name)
        if isinstance(message, ImageProgressed | ImageHandled):
            self._show_image(message)
        if self.cancel_button.isEnabled():
            role = message.role if isinstance(message, ImageProgressed) else None
            self.step.setText(begun(self._progress.step_text()) + (f" ({role})" if role else ""))
        share = self._progress.done / self._progress.total if self._progress.total else 0.0
        self.bar.show_progress(self._at, share)
        self.warning.setVisible(self._step == Step.PROGRAM)
        self._tick()

    def _show_image(self, message: ImageProgressed | ImageHandled) -> None:
        """Say in an image's row what is done with it, how far that is, and what has become of it."""
        told = self._actions.get(message.role) if message.role is not None else None
        if told is None:
            return
        if isinstance(message, ImageHandled):
            done = message.state in (ImageState.UNCHANGED, ImageState.WRITTEN)
            told.setText(_STATES[message.state])
            set_role(told, TextRole.GOOD if done else TextRole.PLAIN)
        else:
            share = percent(message.done / message.total, 0) if message.total else ""
            told.setText(f"{_DOING[message.action]} {share}".rstrip())
            set_role(told, TextRole.PLAIN)

    def _tick(self) -> None:
        self.rate.setText(self._progress.rate_text(time.monotonic()))
