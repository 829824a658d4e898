"""Says loudly where evaluation and board differ, with the one button that mends it."""

from PySide6.QtWidgets import QFrame, QHBoxLayout

from n6studio.domain.states import CheckState
from n6studio.ui.context import Context
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import StateIcon, button, label


class TruthBar(QFrame):
    """Below the header of the pages that show a board or what was evaluated for it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._mend: object = None
        self.setProperty("role", "error")
        self.text = label(role=TextRole.WARN)
        self.button = button("", self._press, ButtonRole.NORMAL)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 10, 8)
        row.addWidget(StateIcon(CheckState.WARN, 20))
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.hide()

    def show_page(self, key: str) -> None:
        """Show what differs, on the pages where it matters."""
        if self._context.project is None or not self._context.results:
            self.hide()
            return
        from n6studio.ui.truth import PAGES, mismatch  # a start of the window does without boards

        found = mismatch(self._context) if key in PAGES else None
        self.setVisible(found is not None)
        if found is not None:
            self._mend = found.mend
            self.text.setText(found.text)
            self.button.setText(found.button)
            self.button.setAccessibleName(found.button)
            self.setAccessibleName(f"Warning: {found.text}")

    def _press(self) -> None:
        if callable(self._mend):
            self._mend()
