"""A recording at a glance: people over time, events as ticks, the part that is repeated, and where it is now."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from n6studio.domain.colours import ColourName
from n6studio.link.recording.marks import Mark
from n6studio.link.recording.timeline import Happening, Kind, Timeline
from n6studio.ui.theme import colours_of

_HIGH = 26  # pixels
_NEAR = 4.0  # pixels around an event in which it is named
_COLOURS: dict[Kind, ColourName] = {
    Kind.LOST: "warn", Kind.RESTART: "bad", Kind.DAMAGED: "bad", Kind.PAUSE: "muted", Kind.PEOPLE: "float_colour",
    Kind.ALARM: "bad", Kind.MARK: "int8_colour",
}  # fmt: skip


class TimelineStrip(QWidget):
    """Paints a timeline; where it is clicked is sought.

    Signals:
        sought(index): show the frame of this index.
    """

    sought = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Timeline of the recording")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._timeline: Timeline | None = None
        self._marks: tuple[Mark, ...] = ()
        self._frames = self._at = 0
        self._range: tuple[int, int] | None = None

    def show_timeline(self, timeline: Timeline | None, marks: tuple[Mark, ...]) -> None:
        """Show what is known of a recording."""
        self._timeline, self._marks = timeline, marks
        self.setAccessibleDescription("; ".join(f"frame {one.frame + 1}: {one.text}" for one in self.happenings()[:50]))
        self.update()

    def show_place(self, index: int, frames: int) -> None:
        """Show which frame is on the screen."""
        if (index, frames) != (self._at, self._frames):
            self._at, self._frames = index, frames
            self.update()

    def show_range(self, repeated: tuple[int, int] | None) -> None:
        """Show which part is repeated, None for all."""
        self._range = repeated
        self.update()

    def happenings(self) -> list[Happening]:
        """Return all events and marks in order."""
        known = list(self._timeline.happenings) if self._timeline is not None else []
        known += [Happening(mark.frame, Kind.MARK, mark.text or "mark") for mark in self._marks]
        return sorted(known, key=lambda one: one.frame)

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(300, _HIGH)

    def _x(self, frame: float) -> float:
        return frame / max(1, self._frames - 1) * (self.width() - 1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter, chosen = QPainter(self), colours_of(self)
        painter.fillRect(self.rect(), QColor(chosen.window))
        if self._range is not None:
            first, last = (self._x(frame) for frame in self._range)
            shade = QColor(chosen.accent)
            shade.setAlpha(50)
            painter.fillRect(QRectF(first, 0, max(2.0, last - first), _HIGH), shade)
        self._paint_people(painter, QColor(chosen.float_colour))
        for one in self.happenings():
            painter.setPen(QPen(QColor(getattr(chosen, _COLOURS[one.kind])), 2 if one.kind is Kind.MARK else 1))
            x = self._x(one.frame)
            painter.drawLine(QPointF(x, 0), QPointF(x, _HIGH if one.kind is not Kind.PEOPLE else 7))
        painter.setPen(QPen(QColor(chosen.text), 2))
        painter.drawLine(QPointF(self._x(self._at), 0), QPointF(self._x(self._at), _HIGH))
        painter.end()

    def _paint_people(self, painter: QPainter, colour: QColor) -> None:
        if self._timeline is None or not self._timeline.people:
            return
        people = np.maximum(0, np.array(self._timeline.people))
        columns = np.linspace(0, len(people), max(2, self.width()), endpoint=False).astype(int)
        highest = np.maximum.reduceat(people, np.unique(columns))
        top = max(1, int(highest.max()))
        step = (self.width() - 1) / max(1, len(highest) - 1)
        points = [QPointF(x * step, _HIGH - 1 - (_HIGH - 6) * float(count) / top) for x, count in enumerate(highest)]
        painter.setPen(QPen(colour, 1))
        painter.drawPolyline(QPolygonF(points))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        self._seek(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event.position().x())

    def _seek(self, x: float) -> None:
        if self._frames:
            self.sought.emit(min(self._frames - 1, max(0, round(x / max(1, self.width() - 1) * (self._frames - 1)))))

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            near = [one for one in self.happenings() if abs(self._x(one.frame) - event.pos().x()) <= _NEAR]
            text = "\n".join(f"{one.kind.capitalize()}: {one.text} (frame {one.frame + 1})" for one in near[:8])
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
