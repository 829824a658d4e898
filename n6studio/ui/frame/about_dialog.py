"""What this installation is: versions, every package with its licence, and the bill of materials to save."""

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QListWidget, QPlainTextEdit, QSplitter, QVBoxLayout
from PySide6.QtWidgets import QWidget as Widget

from n6studio.domain.errors.foreign import reason_of
from n6studio.engine.about import Package, licence_text, packages, sbom, versions_text
from n6studio.system.files import replace_text
from n6studio.ui.background import Latest, run_in_background
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label


class AboutDialog(QDialog):
    """Opens at once; packages are read off the GUI thread, and so is each licence."""

    def __init__(self, parent: Widget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About N6 Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 520)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        self.versions = label("", select=True)
        layout.addWidget(self.versions)
        layout.addWidget(label("Everything inside, with its licence:", TextRole.MUTED))
        both = QSplitter()
        self.list = QListWidget()
        self.list.setAccessibleName("Packages")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Licence of the package")
        both.addWidget(self.list)
        both.addWidget(self.text)
        both.setStretchFactor(1, 1)
        layout.addWidget(both, 1)
        row = QHBoxLayout()
        self.save = button("Save bill of materials", self._save, tip="CycloneDX, as JSON")
        row.addWidget(self.save)
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        self._packages: tuple[Package, ...] = ()
        self._licence = Latest(self)
        self.list.currentRowChanged.connect(self._chosen)
        run_in_background(self, lambda: (versions_text(), packages()), self._show)

    def _show(self, found: tuple[str, tuple[Package, ...]]) -> None:
        versions, self._packages = found
        self.versions.setText(versions)
        self.list.addItems([f"{one.name} {one.version}  {one.licence}" for one in self._packages])

    def _chosen(self, row: int) -> None:
        if 0 <= row < len(self._packages):
            package = self._packages[row]
            self._licence.ask(lambda: licence_text(package), self.text.setPlainText)

    def _save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save bill of materials", "n6studio.cdx.json", "CycloneDX (*.json)")
        if path:
            found = self._packages
            run_in_background(
                self,
                lambda: replace_text(Path(path), json.dumps(sbom(found), indent=1)),
                lambda _: self.save.setText("Saved"),
                lambda error: self.versions.setText(f"Not saved: {reason_of(error)}."),
            )
