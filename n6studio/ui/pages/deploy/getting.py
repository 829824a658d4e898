"""Getting ST's tools: what this board needs, each ticked off as soon as it is there, with where ST offers the rest.

While the dialog is open, the usual places of downloads and installations are looked at every few seconds, in a thread
of their own; when something came or went there, the page looks anew.
"""

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from n6studio.board.registry import board
from n6studio.board.tools.choices import read_choices
from n6studio.board.tools.getting import footprint
from n6studio.domain.deploy import Getting, ToGet
from n6studio.domain.states import CheckState
from n6studio.ui.background import run_in_background
from n6studio.ui.opening import open_page
from n6studio.ui.pages.deploy import texts
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import StateIcon, button, clear, label, scrolled

WATCH_MS = 3000
WIDTH, HEIGHT = 760, 560


class GettingDialog(QDialog):
    """One row for each thing; stays beside the work, and may be left open.

    Signals:
        path_wanted(setting, folder): the user wants to say where something is.
        changed: something came or went in the places that are watched, or the user wants a new look.
    """

    path_wanted = Signal(str, bool)
    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Get ST's tools")
        self.resize(WIDTH, HEIGHT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        self.title, self.pair = label(role=TextRole.HEADING), label(select=True)
        layout.addWidget(self.title)
        layout.addWidget(self.pair)
        layout.addWidget(label(texts.GETTING, TextRole.MUTED))
        content = QWidget()
        self._rows = QGridLayout(content)
        self._rows.setColumnStretch(1, 1)
        self._rows.setVerticalSpacing(4)
        self._rows.setHorizontalSpacing(10)
        layout.addWidget(scrolled(content), 1)
        self.summary = label(role=TextRole.MUTED)
        self.again_button = button("Check again", self.changed.emit, ButtonRole.PLAIN, texts.CHECK_AGAIN_TIP)
        below = QHBoxLayout()
        below.addWidget(self.summary, 1)
        below.addWidget(self.again_button)
        below.addWidget(button("Close", self.accept))
        layout.addLayout(below)
        self.marks: dict[str, StateIcon] = {}
        self.choose_buttons: dict[str, QPushButton] = {}
        self.page_buttons: dict[str, QPushButton] = {}
        self._seen: frozenset[str] | None = None
        self._asking = False
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MS)
        self._timer.timeout.connect(self._watch)
        self.finished.connect(lambda _: self._timer.stop())

    def open_for(self, getting: Getting) -> None:
        """Show the dialog and begin to watch."""
        self.show_getting(getting)
        self._seen = None
        self._timer.start()
        self._watch()
        self.show()

    def show_getting(self, getting: Getting | None) -> None:
        """Show what is needed, and what of it is there."""
        if getting is None:
            self.reject()
            return
        self.title.setText(f"{board(getting.board).name}: {texts.GETTING_TITLE}")
        self.pair.setText(f"Recommended releases: {getting.title}")
        clear(self._rows)
        self.marks, self.choose_buttons, self.page_buttons = {}, {}, {}
        for number, row in enumerate(getting.rows):
            self._add(number, row)
        self._rows.setRowStretch(len(getting.rows), 1)
        missing = [row for row in getting.rows if not row.found]
        self.summary.setText(texts.still_to_get(len(missing)))

    def _add(self, number: int, row: ToGet) -> None:
        state = CheckState.OK if row.found else CheckState.WARN if row.unread or row.downloaded else CheckState.FAIL
        self.marks[row.key] = StateIcon(state)
        self._rows.addWidget(self.marks[row.key], number, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.setContentsMargins(0, 0, 0, 10)
        column.addWidget(label(row.title if row.found else f"{row.title} {row.release}", select=True))
        column.addWidget(label(texts.state_of(row), TextRole.GOOD if row.found else TextRole.WARN, select=True))
        if not row.found:
            column.addWidget(label(f"{row.where} (size: {row.size})", TextRole.MUTED, select=True))
            column.addWidget(label(row.what_to_do, TextRole.MUTED, select=True))
        self._rows.addLayout(column, number, 1)
        buttons = QVBoxLayout()
        choose = button(
            "Choose…", partial(self.path_wanted.emit, row.setting, row.folder), ButtonRole.PLAIN, f"Choose {row.title}"
        )
        self.choose_buttons[row.key] = choose
        if not row.found:
            page = button("Open page", partial(open_page, row.where), tip=row.where)
            page.setAccessibleName(f"Open ST's page of {row.title}")
            self.page_buttons[row.key] = page
            buttons.addWidget(page)
        buttons.addWidget(choose)
        buttons.addStretch(1)
        self._rows.addLayout(buttons, number, 2)

    def _watch(self) -> None:
        """Look for what came or went; a slow disk makes the looks rarer, not more."""
        if self._asking:
            return
        self._asking = True
        run_in_background(self, lambda: footprint(choices=read_choices()), self._watched, self._not_watched)

    def _watched(self, found: frozenset[str]) -> None:
        self._asking = False
        before, self._seen = self._seen, found
        if before is not None and before != found:
            self.changed.emit()

    def _not_watched(self, _error: Exception) -> None:
        self._asking = False  # a place that cannot be read now may be readable at the next look
