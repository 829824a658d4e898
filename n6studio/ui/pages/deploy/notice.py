"""The notice that is read and confirmed before ST's software is combined with a model for the first time."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.licence_notice import PARAGRAPHS, TITLE
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label


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
