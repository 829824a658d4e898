"""The dashed field that says what may be dropped; the window itself takes the drop, wherever it falls."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import label


class DropZone(QFrame):
    """A field with a title, a line below it and buttons."""

    def __init__(self, title: str, hint: str, buttons: list[QWidget]) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.setAccessibleName(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        self.setMinimumHeight(170)
        layout.addStretch(1)
        for text, role in ((title, TextRole.TITLE), (hint, TextRole.MUTED)):
            made = label(text, role)
            made.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(made)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch(1)
        for made_button in buttons:
            row.addWidget(made_button)
        row.addStretch(1)
        layout.addSpacing(6)
        layout.addLayout(row)
        layout.addStretch(1)

    def show_inside(self, inside: bool) -> None:
        """Light up while something droppable is dragged over the window."""
        self.setProperty("inside", "true" if inside else "false")
        self.style().unpolish(self)
        self.style().polish(self)
