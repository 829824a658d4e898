"""The panel of a first start: five lines that say how far somebody gets on this machine, each with what to do."""

import functools
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton

from n6studio.domain.states import FindingState
from n6studio.engine.doctor.finding import Finding
from n6studio.engine.doctor.self_test import LOOKS
from n6studio.ui.background import run_in_background
from n6studio.ui.frame.doctor_dialog import mark_of
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import Card, StateIcon, button, label

TITLES = ("Engine", "TFLite runtime", "Sandbox", "ST's tools", "USB access")
_WORDS = {FindingState.OK: "OK", FindingState.UNKNOWN: "not known"}


class SelfTestPanel(Card):
    """Every line is looked at in the background and filled in when it is known.

    Signals:
        put_away: the user has seen it.
        details_wanted: more is wanted: the check of this computer.
    """

    put_away = Signal()
    details_wanted = Signal()

    def __init__(self, looks: Sequence[Callable[[], Finding]] = LOOKS) -> None:
        super().__init__("Self-test of this computer")
        self._looks = looks
        self.findings: dict[int, Finding] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        self.texts = [label("", TextRole.MUTED, select=True) for _ in TITLES]
        self._rows = [self._row(number, title) for number, title in enumerate(TITLES)]
        self.body.addLayout(self._grid)
        row = QHBoxLayout()
        self.again = button("Check again", self.start, name="Run the self-test again")
        row.addWidget(self.again)
        row.addWidget(button("Check this computer", self.details_wanted.emit, ButtonRole.PLAIN))
        row.addStretch(1)
        row.addWidget(button("Close", self.put_away.emit, ButtonRole.PLAIN, "Close the self-test"))
        self.body.addLayout(row)
        self.setMaximumHeight(self.sizeHint().height() + 120)

    def _row(self, number: int, title: str) -> tuple[StateIcon, QPushButton]:
        icon = StateIcon(PageState.EMPTY)
        copy = button("Copy", lambda: None, ButtonRole.PLAIN, f"Copy what to do about: {title}")
        copy.clicked.connect(functools.partial(self._copy, number))
        copy.hide()
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(icon, number, 0, top)
        self._grid.addWidget(label(title, wrap=False), number, 1, top)
        self._grid.addWidget(self.texts[number], number, 2)
        self._grid.addWidget(copy, number, 3, top)
        return icon, copy

    def start(self) -> None:
        """Look at everything, all at once, off the GUI thread."""
        self.findings = {}
        self.again.setEnabled(False)
        for number, look in enumerate(self._looks):
            icon, copy = self._rows[number]
            icon.show_mark(PageState.RUNNING)
            copy.hide()
            self.texts[number].setText("looking...")
            run_in_background(self, look, functools.partial(self._show, number))

    def _show(self, number: int, finding: Finding) -> None:
        self.findings[number] = finding
        icon, copy = self._rows[number]
        icon.show_mark(mark_of(finding))
        word = _WORDS.get(finding.state, "Not ready")
        text = ". ".join(part for part in (f"{word}: {finding.found}".rstrip(": "), finding.what_to_do) if part)
        self.texts[number].setText(text)
        copy.setVisible(bool(finding.what_to_do))
        self.again.setEnabled(len(self.findings) == len(self._looks))

    def _copy(self, number: int) -> None:
        QGuiApplication.clipboard().setText(self.findings[number].what_to_do)
