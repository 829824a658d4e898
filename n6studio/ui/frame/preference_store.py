"""The preferences of a window that is open: what is changed acts at once and is written off the GUI thread."""

import dataclasses
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from n6studio.ui.background import one_thread, run_in_background
from n6studio.ui.frame.preferences import Preferences, load_preferences, save_preferences


class PreferenceStore(QObject):
    """Holds the preferences, read from and written to `file`. Lives on the GUI thread.

    Attributes:
        file: where they lie.
        now: the preferences as they are.

    Signals:
        changed: `now` is another one.
    """

    changed = Signal()

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.now: Preferences = load_preferences(file)
        self._pool = one_thread(self)  # the last change is written last

    def change(self, **values: object) -> None:
        """Change fields of the preferences."""
        changed: Preferences = dataclasses.replace(self.now, **values)  # type: ignore[arg-type]
        if changed != self.now:
            self.now = changed
            run_in_background(self, lambda: save_preferences(changed, self.file), lambda _: None, pool=self._pool)
            self.changed.emit()

    def forget_recent(self, folder: str) -> None:
        """Take a project off the list of recent ones."""
        self.change(recent=tuple(one for one in self.now.recent if one != folder))

    def save(self) -> None:
        """Write them now, on this thread: the window closes."""
        self._pool.waitForDone()
        save_preferences(self.now, self.file)
