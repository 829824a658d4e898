"""Questions with two named answers."""

from PySide6.QtWidgets import QMessageBox, QWidget

from n6studio.domain.states import CheckState
from n6studio.ui.icons import state_pixmap
from n6studio.ui.theme import colours_of

ICON = 32  # pixels


def ask(parent: QWidget, title: str, text: str, yes: str, no: str) -> bool:
    """Ask and wait; return whether `yes` was chosen. `no` is what Enter and Esc choose."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.NoButton, parent)
    agreed = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    refused = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    ratio = parent.devicePixelRatioF()
    box.setIconPixmap(state_pixmap(CheckState.WARN, colours_of(parent), ICON, ratio))  # the system's fits neither theme
    box.setDefaultButton(refused)
    box.setEscapeButton(refused)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    return chosen is agreed
