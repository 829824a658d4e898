"""What is really on the screen: reads back the marker that the virtual board drew into the image."""

import time

import numpy as np
from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QImage

from n6studio.domain.pose.marker import CELL, CELLS, WIDTH, age, moment, read
from n6studio.ui.pages.live.image_view import ImageView

EVERY = 0.1  # seconds: reading the surface back costs a copy of it
_SMALLEST = 3.0  # pixels of the screen a square


class Surface(QObject):
    """Looks at a view's own pixels on the screen, while it is wanted. Lives on the GUI thread.

    Signals:
        seen(milliseconds): what is on the screen now was in front of the camera so long ago.
    """

    seen = Signal(int)

    def __init__(self, view: ImageView) -> None:
        super().__init__(view)
        self._view = view
        self._last: int | None = None
        self._due = 0.0
        self._watching = False

    def watch(self, wanted: bool) -> None:
        """Look at what is painted from now on, or no more."""
        self._watching = wanted

    def painted(self) -> None:
        """Say that a new frame was painted; it is on the screen when the event loop comes round next."""
        now = time.monotonic()
        if self._watching and now >= self._due:
            self._due = now + EVERY
            QTimer.singleShot(0, self, self.look)

    def look(self) -> None:
        """Read the marker once. The same frame counts once."""
        place, frame = self._view.place(), self._view.frame
        if frame is None or not self._view.isVisible() or self._view.mirrored or frame.size[0] < WIDTH:
            return
        scale = place.width / frame.size[0]
        if scale * CELL < _SMALLEST or place.left < 0 or place.top < 0:
            return
        high = max(1, round(CELL * scale))
        now = moment()
        grabbed = self._grab(QRect(round(place.left), round(place.top), round(WIDTH * scale) + 1, high))
        if grabbed is None:
            return
        middles = (np.arange(CELLS) + 0.5) * CELL * scale * grabbed.devicePixelRatio()
        values = [_grey(grabbed, int(x), grabbed.height() // 2) for x in middles.tolist()]
        found = read(np.array(values, np.float64))
        if found is None or found == self._last:
            return
        self._last = found
        passed = age(found, now)
        if passed is not None:
            self.seen.emit(passed)

    def _grab(self, part: QRect) -> QImage | None:
        """Return a part of the view as it is on the screen; None where the system does not show that to programs."""
        window, screen = self._view.window(), self._view.screen()
        corner = self._view.mapTo(window, QPoint(part.left(), part.top()))
        found = screen.grabWindow(window.winId(), corner.x(), corner.y(), part.width(), part.height())
        return None if found.isNull() else found.toImage()


def _grey(grabbed: QImage, x: int, y: int) -> int:
    return grabbed.pixelColor(min(x, grabbed.width() - 1), y).lightness()
