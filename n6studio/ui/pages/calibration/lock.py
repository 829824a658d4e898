"""Locking the set of calibration images: what was looked through is what is used, or nothing is."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from n6studio.engine.jobs.hashing import input_of
from n6studio.engine.project.runs import hashes_of
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.pages.calibration.texts import lock_text
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label, set_role


class CalibrationLock(QWidget):
    """A button and what it means.

    Signals:
        failed(error): the images could not be read.
    """

    failed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.button = button("Lock", self.toggle, name="Lock the calibration images")
        self.text = label(role=TextRole.MUTED, select=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addWidget(self.text)
        context.project_changed.connect(self.refresh)
        self.refresh()

    @property
    def locked(self) -> bool:
        """Whether the set must not be changed."""
        project = self._context.project
        return project is not None and project.calibration_lock is not None

    def toggle(self) -> None:
        """Lock the set as it is, or unlock it. The images are hashed off the GUI thread."""
        project = self._context.project
        if project is None or project.calibration is None:
            return
        if self.locked:
            self._context.change_project(calibration_lock=None)
            return
        folder, hashes = project.calibration, hashes_of(project)
        self.button.setEnabled(False)
        self.text.setText("Reading the images...")
        run_in_background(
            self,
            lambda: input_of(folder, hashes, images_only=True).sha256,
            lambda digest: self._lock(folder, digest),
            self._not_locked,
        )

    def _lock(self, folder: Path, digest: str) -> None:
        project = self._context.project
        if project is not None and project.calibration == folder:
            self._context.change_project(calibration_lock=digest)
        self.refresh()

    def _not_locked(self, error: Exception) -> None:
        self.refresh()
        self.failed.emit(expected(error, "locking"))

    def refresh(self) -> None:
        """Show whether the set is locked."""
        project = self._context.project
        digest = project.calibration_lock if project is not None else None
        self.button.setEnabled(project is not None and project.calibration is not None)
        self.button.setText("Unlock" if digest else "Lock")
        set_role(self.text, TextRole.GOOD if digest else TextRole.MUTED)
        self.text.setText(lock_text(digest))
        self.text.setToolTip(digest or "")
