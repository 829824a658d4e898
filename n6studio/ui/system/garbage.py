"""Lets Python look for unreachable objects on the GUI thread only.

Python collects cycles in whatever thread happens to allocate. A closed page or dialog is often part of one; collected
in a worker thread, its widgets and scenes are destroyed there. Qt allows that on their own thread only, and crashes.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500


class Collector(QObject):
    """Switches Python's own collection off and does the same by a timer of the thread it is made on."""

    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect what Python would have collected by now."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

    def settle(self) -> None:
        """Leave everything that exists now out of every look: the modules and pages of a window that is complete.

        It is a few hundred thousand objects that live until the end; to go through them takes longer than a frame.
        """
        gc.freeze()

    def stop(self) -> None:
        """Leave the collection to Python again."""
        self._timer.stop()
        gc.enable()
