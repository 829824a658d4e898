"""One bar for a job of several steps: a segment a step, each with its own state, the running one filling up."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.domain.texts import percent
from n6studio.ui.theme import colours_of

_GAP, _HEIGHT = 3, 14


class SegmentedBar(QWidget):
    """Steps before the current one are filled, that one as far as it is done; a failed one is red and crossed."""

    def __init__(self, steps: Sequence[str]) -> None:
        super().__init__()
        self._steps = tuple(steps)
        self._current, self._share, self._failed = -1, 0.0, False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT + 2)
        self._describe()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(400, _HEIGHT + 2)

    def show_progress(self, current: int, share: float, failed: bool = False) -> None:
        """Show how far the job is.

        Args:
            current: index of the step that runs; -1 before the first, the number of steps when all are done.
            share: how much of it is done, 0..1; 0 where that is not known.
            failed: whether it stopped there.
        """
        self._current, self._share, self._failed = current, min(1.0, max(0.0, share)), failed
        self._describe()
        self.update()

    def _describe(self) -> None:
        count = len(self._steps)
        if self._current < 0:
            text = "not started"
        elif self._current >= count:
            text = "all steps done"
        else:
            step = f"step {self._current + 1} of {count}: {self._steps[self._current]}"
            text = f"stopped at {step}" if self._failed else f"{step}, {percent(self._share, 0)}"
        self.setAccessibleName(f"Progress: {text}")
        self.setToolTip("\n".join(f"{number}.  {step}" for number, step in enumerate(self._steps, 1)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        chosen, painter = colours_of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = len(self._steps)
        width = (self.width() - _GAP * (count - 1)) / max(1, count)
        for number in range(count):
            place = QRectF(number * (width + _GAP) + 0.5, 0.5, width - 1, _HEIGHT)
            shape = QPainterPath()
            shape.addRoundedRect(place, 4, 4)
            painter.fillPath(shape, QColor(chosen.window))
            stopped = self._failed and number == self._current
            filled = 1.0 if number < self._current or stopped else self._share if number == self._current else 0.0
            if filled:
                painter.save()
                painter.setClipPath(shape)
                colour = chosen.bad if stopped else chosen.accent if number == self._current else chosen.good
                painter.fillRect(QRectF(place.left(), place.top(), place.width() * filled, _HEIGHT), QColor(colour))
                painter.restore()
            edge = chosen.accent if number == self._current and not stopped else chosen.line
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(edge), 1))
            painter.drawPath(shape)
            if stopped:
                painter.setPen(QPen(QColor(chosen.surface), 2))
                middle = place.center()
                for turn in (-1, 1):
                    painter.drawLine(
                        int(middle.x() - 4), int(middle.y() - 4 * turn), int(middle.x() + 4), int(middle.y() + 4 * turn)
                    )
