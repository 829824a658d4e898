"""Says where the diagnostics were written and what is in them."""

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.errors.advice import advice
from n6studio.ui.background import run_in_background
from n6studio.ui.error_report import expected
from n6studio.ui.frame.diagnostics import Diagnostics, write_diagnostics
from n6studio.ui.opening import open_with_system
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label


class DiagnosticsDialog(QDialog):
    """Says where the diagnostics were written and what is in them."""

    def __init__(self, wanted: Diagnostics, contents: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._wanted = wanted
        path = wanted.folder / wanted.name
        self.setWindowTitle("Diagnostics")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.path = path
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label("Diagnostics are saved", TextRole.HEADING))
        layout.addWidget(label(str(path), select=True))
        layout.addWidget(
            label(
                "Attach this file when you report a problem. It holds no images and no model. Your name, the name of "
                "this computer and paths outside the project are left out. You can review it before you send it. It "
                "contains:",
                TextRole.MUTED,
            )
        )
        layout.addWidget(label("\n".join(f"•  {name}" for name in contents)))
        self.whole = QCheckBox("Include full paths and names")
        self.whole.setToolTip("Write the file again with paths, your name and the name of this computer in it")
        self.whole.toggled.connect(self._write_again)
        layout.addWidget(self.whole)
        row = QHBoxLayout()
        row.addWidget(button("Open folder", self._open, ButtonRole.PRIMARY, "Open the folder with the diagnostics"))
        row.addWidget(button("Copy path", lambda: QGuiApplication.clipboard().setText(str(path))))
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        self.setMinimumWidth(520)

    def _write_again(self, whole: bool) -> None:
        wanted = dataclasses.replace(self._wanted, whole=whole)
        self.whole.setEnabled(False)
        run_in_background(self, lambda: write_diagnostics(wanted), self._written, self._not_written)

    def _written(self, _: object) -> None:
        self.whole.setEnabled(True)

    def _not_written(self, error: Exception) -> None:
        self.whole.setText(f"Not written: {advice(expected(error, 'diagnostics')).title}")

    def _open(self) -> None:
        open_with_system(self, self.path.parent, self.whole.setText)
