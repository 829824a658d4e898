"""Updates: looks once when it is opened, shows what changed, installs it beside the program, and leads back."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

import n6studio
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.window_words import window_text
from n6studio.domain.texts import bytes_text
from n6studio.engine.layers import LayerProgress
from n6studio.engine.updates.bring import bring, other, start_next, waiting
from n6studio.engine.updates.check import Update, check
from n6studio.first_start.current import Environment
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.frame.fetching import Fetching, progress_text, show_progress
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label

WORK = "update"
ABOUT = "This looked at one small signed file just now. Nothing is looked at without a click, and nothing else is sent."

Bringing = Callable[[Update, Callable[[LayerProgress], None], threading.Event], object]


@dataclass(frozen=True)
class Found:
    """What the dialog shows.

    Attributes:
        update: what is offered, None where there is nothing newer.
        waiting: what starts the next time in place of this program, None where it is this one.
        other: what one can go back to.
        error: why it could not be looked at.
    """

    update: Update | None = None
    waiting: Environment | None = None
    other: Environment | None = None
    error: StudioError | None = None


def look() -> Found:
    """Look whether there is something newer; takes the network and seconds."""
    try:
        return Found(check(), waiting(), other())
    except Exception as error:
        return Found(None, waiting(), other(), expected(error, "updates"))


class Updater(Fetching):
    """Installs an update; outlives the dialog, so that its closing stops nothing."""

    def __init__(self, context: Context, install: Bringing = bring) -> None:
        super().__init__(context, WORK, "the update")
        self._install = install

    def start(self, update: Update) -> None:
        """Begin, where it has not begun yet."""
        self.begin(f"Getting version {update.version}", lambda told, cancel: self._install(update, told, cancel))


class UpdatesDialog(QDialog):
    """Opens at once and looks off the GUI thread; may be closed while an update is installed."""

    def __init__(
        self,
        updater: Updater,
        parent: QWidget,
        look: Callable[[], Found] = look,
        choose: Callable[[Environment | None], None] = start_next,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Updates")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 380)
        self._updater, self._look, self._choose = updater, look, choose
        self._found = Found()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        self.verdict = label("Looking for updates...", TextRole.HEADING)
        self.changes = QPlainTextEdit()
        self.changes.setReadOnly(True)
        self.changes.setAccessibleName("What changed")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the update")
        self.told = label("", TextRole.MUTED, select=True)
        layout.addWidget(self.verdict)
        layout.addWidget(self.changes, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.told)
        row = QHBoxLayout()
        self.install = button("Install", self._start, ButtonRole.PRIMARY)
        self.back = button("Go back", self._go_back)
        self.stop = button("Cancel", updater.cancel, name="Cancel the update")
        for one in (self.install, self.back, self.stop):
            row.addWidget(one)
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        updater.progressed.connect(self._progressed)
        updater.ended.connect(self._ended)
        self.changes.hide()
        self._show_buttons()
        self._refresh()

    def _refresh(self) -> None:
        run_in_background(self, self._look, self._show)

    def _show(self, found: Found) -> None:
        self._found = found
        update = found.update
        if found.waiting is not None:
            self.verdict.setText(f"Version {found.waiting.version} starts the next time")
        elif update is not None:
            self.verdict.setText(f"Version {update.version} of {update.date}")
        elif found.error is None:
            self.verdict.setText(f"N6 Studio {n6studio.__version__} is the newest")
        else:
            self.verdict.setText(f"N6 Studio {n6studio.__version__}")
        if found.error is not None:
            self.told.setText(window_text(found.error))
        elif not self.told.text():
            self.told.setText(ABOUT)
        self.changes.setVisible(update is not None)
        if update is not None:
            self.changes.setPlainText("\n".join(f"- {line}" for line in update.changes))
            self.install.setText(f"Install ({bytes_text(update.size)})")
        self._show_buttons()

    def _show_buttons(self) -> None:
        running, found = self._updater.running, self._found
        offered = found.update is not None and found.waiting is None
        self.install.setVisible(offered and not running)
        self.back.setVisible((found.waiting or found.other) is not None and not running)
        if found.waiting is not None:
            self.back.setText(f"Stay with version {n6studio.__version__}")
        elif found.other is not None:
            self.back.setText(f"Go to version {found.other.version}")
        self.stop.setVisible(running)
        self.bar.setVisible(running)
        if running:
            self.bar.setRange(0, 0)

    def _start(self) -> None:
        if self._found.update is not None:
            self.told.setText("")
            self._updater.start(self._found.update)
            self._show_buttons()

    def _go_back(self) -> None:
        """Choose this program again, or the other one."""
        chosen = None if self._found.waiting is not None else self._found.other
        run_in_background(self, lambda: self._choose(chosen), lambda _: self._refresh(), self._failed)

    def _failed(self, error: Exception) -> None:
        self.told.setText(window_text(expected(error, "updates")))

    def _progressed(self, progress: LayerProgress) -> None:
        show_progress(self.bar, progress)
        self.told.setText(progress_text(progress))

    def _ended(self, error: StudioError | None) -> None:
        if error is None:
            self.told.setText("Installed. Close N6 Studio and start it again.")
        elif isinstance(error, Cancelled):
            self.told.setText("Cancelled. What has been downloaded is kept.")
        else:
            self.told.setText(window_text(error))
        self._show_buttons()
        self._refresh()
