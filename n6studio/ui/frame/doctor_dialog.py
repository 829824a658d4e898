"""What this computer has and lacks, as the doctor finds it; looked at off the GUI thread."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.states import CheckState, FindingState
from n6studio.domain.texts import counted
from n6studio.engine.doctor.deployment import look_at_deployment
from n6studio.engine.doctor.examine import examine, is_fit
from n6studio.engine.doctor.finding import Finding
from n6studio.engine.doctor.walls import look_at_walls
from n6studio.ui.background import run_in_background
from n6studio.ui.theme import TextRole
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


def mark_of(finding: Finding) -> CheckState:
    """Return the icon of a finding: an error only where nothing works without."""
    known = _MARKS.get(finding.state)
    return known or (CheckState.FAIL if finding.needed_for == "everything" else CheckState.WARN)


class DoctorDialog(QDialog):
    """Opens at once and fills in what was found; what is fine is summed up, what is not is listed with its remedy."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check this computer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 460)
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
        run_in_background(self, lambda: examine(more=(lambda: [look_at_walls()], look_at_deployment)), self._show)

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
            self._grid.addWidget(label(_described(item), select=True), row, 2)
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
    return f"{found}. {item.what_to_do}{purpose}" if item.what_to_do or purpose else found


_MACHINE = {"Python", "memory", "processors", "disk", "data folder", "display", "sandbox"}
