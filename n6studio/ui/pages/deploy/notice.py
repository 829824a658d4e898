"""The notice that is read and confirmed before ST's software is combined with a model for the first time."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.licence_notice import PARAGRAPHS, TITLE
from n6studio.engine.deploy.confirmations import confirm_notice, confirmations_file
from n6studio.ui.background import run_in_background
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label


def ask_notice(parent: QWidget, confirmed: Callable[[], None], not_done: Callable[[Exception], None]) -> None:
    """Let the user read and confirm the notice, and remember it; then go on with `confirmed`."""

    def keep() -> None:
        run_in_background(parent, lambda: confirm_notice(confirmations_file()), lambda _: confirmed(), not_done)

    dialog = NoticeDialog(parent)
    dialog.confirmed.connect(keep)
    dialog.open()


class NoticeDialog(QDialog):
    """Goes on only once the tick is set.

    Signals:
        confirmed: the user has read it and goes on.
    """

    confirmed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Licences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label(TITLE, TextRole.HEADING))
        for paragraph in PARAGRAPHS:
            layout.addWidget(label(paragraph, select=True))
        self.tick = QCheckBox("I have read this")
        layout.addWidget(self.tick)
        self.go_button = button("Continue", self._go, ButtonRole.PRIMARY)
        self.go_button.setEnabled(False)
        self.tick.toggled.connect(self.go_button.setEnabled)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Not now", self.reject))
        row.addWidget(self.go_button)
        layout.addLayout(row)

    def _go(self) -> None:
        self.accept()
        self.confirmed.emit()
