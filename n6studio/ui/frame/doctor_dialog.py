"""What this computer has and lacks, as the doctor finds it; looked at off the GUI thread."""

import re
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from n6studio.domain.errors.window_words import window_step
from n6studio.domain.states import CheckState, FindingState
from n6studio.domain.texts import counted
from n6studio.engine.doctor.deployment import look_at_deployment
from n6studio.engine.doctor.examine import examine, is_fit
from n6studio.engine.doctor.finding import Finding
from n6studio.engine.doctor.walls import look_at_walls
from n6studio.layers.layer import CONVERSION, MEDIA
from n6studio.ui.background import run_in_background
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.error_card import Helpful
from n6studio.ui.widgets.parts import StateIcon, button, label, scrolled

_MARKS = {FindingState.OK: CheckState.OK, FindingState.UNKNOWN: CheckState.LATER}
_WORDS = {
    FindingState.OK: "OK",
    FindingState.MISSING: "Missing",
    FindingState.WRONG_VERSION: "Other version",
    FindingState.TOO_OLD: "Too old",
    FindingState.KNOWN_BAD: "Known not to work",
    FindingState.TOO_LITTLE: "Too little",
    FindingState.UNKNOWN: "Not known",
}
_FETCHED = (CONVERSION.title, MEDIA.title)  # what a button brings
_TERMINAL = re.compile(r"(?:python3 bootstrap\.py --repair|sudo apt-get install [a-z0-9.+ -]*[a-z0-9])")


def look() -> tuple[Finding, ...]:
    """Return everything that the doctor finds; takes seconds."""
    return examine(more=(lambda: [look_at_walls()], look_at_deployment))


def mark_of(finding: Finding) -> CheckState:
    """Return the icon of a finding: an error only where nothing works without."""
    known = _MARKS.get(finding.state)
    return known or (CheckState.FAIL if finding.needed_for == "everything" else CheckState.WARN)


def mending(finding: Finding) -> tuple[str, str] | None:
    """Return (text of the button, name of the window's action) that helps with a finding; None where none does."""
    if finding.state in (FindingState.OK, FindingState.UNKNOWN):
        return None
    if finding.name in _FETCHED:
        return "Get the layer", "layers"
    return ("Show what to get", "deploy.get") if finding.needed_for == "deployment" else None


def terminal_command(finding: Finding) -> str:
    """Return the command that mends a finding in a terminal, "" where there is none."""
    found = _TERMINAL.search(finding.what_to_do) if finding.state is not FindingState.OK else None
    return found[0] if found else ""


class DoctorDialog(QDialog):
    """Opens at once and fills in what was found; what is fine is summed up, what is not is listed with its remedy.

    Attributes:
        fixes: finding's name -> the button that mends it or copies the command that does.
    """

    def __init__(self, parent: QWidget, look: Callable[[], tuple[Finding, ...]] = look) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check this computer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 500)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        self.verdict = label("Checking...", TextRole.HEADING)
        layout.addWidget(self.verdict)
        content = QWidget()
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setColumnStretch(2, 1)
        layout.addWidget(scrolled(content), 1)
        row = QHBoxLayout()
        self._copy = button("Copy", self._copy_text, name="Copy the findings")
        self._copy.setEnabled(False)
        row.addWidget(self._copy)
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        self._findings: tuple[Finding, ...] = ()
        self.fixes: dict[str, QPushButton] = {}
        run_in_background(self, look, self._show)

    def _show(self, findings: tuple[Finding, ...]) -> None:
        self._findings = findings
        self._copy.setEnabled(True)
        fit = is_fit(findings)
        remarkable = [item for item in findings if item.state is not FindingState.OK]
        self.verdict.setText(_verdict(fit, len(remarkable)))
        shown = (item for item in findings if item.state is FindingState.OK)
        plain = [item for item in shown if item.name in _MACHINE or item.needed_for == "deployment"]
        for row, item in enumerate([*remarkable, *plain]):
            mark = mark_of(item)
            self._grid.addWidget(StateIcon(mark), row, 0, Qt.AlignmentFlag.AlignTop)
            word = _WORDS[item.state]
            self._grid.addWidget(label(f"{word}: {item.name}", wrap=False), row, 1, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(_described(item), select=True), row, 2, Qt.AlignmentFlag.AlignTop)
            if (fix := self._fix_of(item)) is not None:
                self.fixes[item.name] = fix
                self._grid.addWidget(fix, row, 3, Qt.AlignmentFlag.AlignTop)
        others = sum(item.state is FindingState.OK for item in findings) - len(plain)
        last = self._grid.rowCount()
        self._grid.addWidget(
            label(f"{counted(others, 'other package or library', 'other packages and libraries')} OK.", TextRole.MUTED),
            last,
            1,
            1,
            2,
        )
        self._grid.setRowStretch(last + 1, 1)

    def _fix_of(self, item: Finding) -> QPushButton | None:
        if (mend := mending(item)) is not None:
            return button(mend[0], lambda: self._go(mend[1]), name=f"{mend[0]}: {item.name}")
        if command := terminal_command(item):
            copy = QGuiApplication.clipboard().setText
            return button("Copy command", lambda: copy(command), name=f"Copy command: {item.name}", tip=command)
        return None

    def _go(self, name: str) -> None:
        """Leave the dialog for the place in the window that mends it."""
        window = self.parent()
        action = window.action_named(name) if isinstance(window, Helpful) else None
        self.accept()
        if action is not None:
            action.trigger()

    def _copy_text(self) -> None:
        lines = [f"{item.state}: {item.name}: {item.found or 'not found'} {item.what_to_do}" for item in self._findings]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self._copy.setText("Copied")


def _verdict(fit: bool, remarkable: int) -> str:
    if not fit:
        return "Something is missing or unsuitable"
    if not remarkable:
        return "Everything is installed"
    return f"Ready to work; {counted(remarkable, 'part')} for boards or single steps missing or unsuitable"


def _described(item: Finding) -> str:
    found = item.found or "Not found"
    if item.state is not FindingState.OK:
        found += f" (required: {item.wanted})"
    purpose = " For deployment only." if item.state is not FindingState.OK and item.needed_for == "deployment" else ""
    advice = item.what_to_do if terminal_command(item) else window_step(item.what_to_do)
    if item.name in _FETCHED:
        advice = ""  # a command; the button does it
    return f"{found}. {advice}{purpose}" if advice or purpose else found


_MACHINE = {"Python", "memory", "processors", "disk", "data folder", "display", "sandbox"}
