"""Leaving images out of the calibration set and taking them in again, with undo."""

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.ui.context import Context
from n6studio.ui.pages.calibration import texts
from n6studio.ui.pages.calibration.lock import CalibrationLock


class _Exclude(QUndoCommand):
    """Replace the list of excluded images."""

    def __init__(self, excluding: "Excluding", before: tuple[str, ...], after: tuple[str, ...]) -> None:
        super().__init__("Change which images are excluded")
        self._excluding, self._before, self._after = excluding, before, after

    def redo(self) -> None:
        self._excluding.store(self._after)

    def undo(self) -> None:
        self._excluding.store(self._before)


class Excluding(QObject):
    """Keeps the list of excluded images in the project's settings; `undo_stack` takes changes of it back."""

    def __init__(self, context: Context, lock: CalibrationLock, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._lock = context, lock
        self.undo_stack = QUndoStack(self)

    def toggle(self, names: Sequence[str]) -> None:
        """Leave these images out; where all of them are out already, take them in again."""
        if self._lock.locked:
            self._context.notice.emit(texts.LOCKED_NOTICE)
            return
        before = self._settings().exclude
        out = set(before)
        all_out = bool(names) and set(names) <= out
        after = tuple(sorted(out - set(names) if all_out else out | set(names)))
        if after != before:
            self.undo_stack.push(_Exclude(self, before, after))

    def store(self, names: tuple[str, ...]) -> None:
        """Write the list of excluded images into the project."""
        self._context.change_settings(QUANTIZE, dataclasses.replace(self._settings(), exclude=names))

    def _settings(self) -> QuantizeSettings:
        project = self._context.project
        return project.settings_of(QUANTIZE) if project else QuantizeSettings()
