"""The dock at the right: every parameter of the page that is shown, as JSON to read and copy."""

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label

SETTLE_MS = 150
MOST_LETTERS = 200_000  # more than anybody reads; a text field of a megabyte is slow to lay out


class DetailsDock(QDockWidget):
    """Reads nothing and waits for nothing: what it shows is in memory. It writes only while it is visible."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Details", parent)
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)  # floating and moving would want a mouse
        self.setObjectName("details")
        self.setAllowedAreas(Qt.DockWidgetArea.RightDockWidgetArea | Qt.DockWidgetArea.LeftDockWidgetArea)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(4, 8, 12, 8)
        row = QHBoxLayout()
        self.about = label("", TextRole.MUTED)
        row.addWidget(self.about, 1)
        self.copy = button("Copy", self._copy, name="Copy the details as JSON")
        row.addWidget(self.copy)
        layout.addLayout(row)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAcceptDrops(False)
        self.text.setAccessibleName("Details as JSON")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        layout.addWidget(self.text, 1)
        content.setMinimumWidth(240)
        self.setWidget(content)
        self._whole = ""
        self._make: Callable[[], dict[str, Any]] = dict
        self._title = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._write)
        self.visibilityChanged.connect(lambda visible: self._settle.start() if visible else None)

    def show_details(self, title: str, make: Callable[[], dict[str, Any]]) -> None:
        """Show what `make()` returns, a little later and only if the dock is visible."""
        self._title, self._make = title, make
        if self.isVisible():
            self._settle.start()

    def _write(self) -> None:
        if not self.isVisible():
            return
        details = self._make()
        self._whole = json.dumps(details, indent=1, ensure_ascii=False, default=str) if details else ""
        shown = self._whole[:MOST_LETTERS]
        if len(shown) < len(self._whole):
            shown += "\n... shortened; Copy copies everything"
        self.about.setText(f"{self._title}: all parameters" if details else f"{self._title}: no data yet")
        self.copy.setEnabled(bool(details))
        if shown != self.text.toPlainText():
            place = self.text.verticalScrollBar().value()
            self.text.setPlainText(shown)
            self.text.verticalScrollBar().setValue(place)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._whole)
