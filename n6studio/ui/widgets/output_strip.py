"""The model's output as a strip: which of its rows are boxes, scores and keypoints."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from n6studio.domain.pose.decode import OutputLayout, candidate_count
from n6studio.domain.texts import counted, span
from n6studio.ui.theme import colours_of


@dataclass(frozen=True)
class Part:
    """Rows `first` to `last` of the output; `share` of the strip's width, `colour` a field of `theme.Colours`."""

    name: str
    detail: str
    first: int
    last: int
    share: float
    colour: str

    @property
    def rows(self) -> str:
        """Which rows of the output they are, such as "row 4" or "rows 0 to 3"."""
        return span(self.first, self.last, "row")


def parts(layout: OutputLayout) -> tuple[Part, ...]:
    """Return the parts of one candidate's values, in their order. Small parts are drawn wider than they are."""
    values = "x, y, visibility" if layout.dims == 3 else "x, y"
    points = layout.keypoints * layout.dims
    scores = "confidence" if layout.classes == 1 else counted(layout.classes, "confidence")
    boxes, end = 4, 4 + layout.classes
    return (
        Part("4 box", "centre x, centre y, width, height", 0, boxes - 1, 0.2, "float_colour"),
        Part(scores, "one for each class, 0 to 1", boxes, end - 1, 0.14, "int8_colour"),
        Part(f"{layout.keypoints} x {layout.dims} keypoints", f"{values} of each", end, end + points - 1, 0.66, "good"),
    )


class OutputStrip(QWidget):
    """Draws `parts`; the text says the same for those who do not see it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[Part, ...] = ()
        self.sentence = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_layout(self, layout: OutputLayout, size: tuple[int, int]) -> None:
        """Show the output of a model of this layout and input size."""
        self._parts = parts(layout)
        count = candidate_count(*size)
        rows = "; ".join(f"{part.rows}: {part.name}, {part.detail}" for part in self._parts)
        self.sentence = f"Output 1 x {layout.channels} x {count}: {count} candidates, for each {rows}."
        self.setAccessibleName("Layout of the output")
        self.setAccessibleDescription(self.sentence)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(360, 3 * self.fontMetrics().height() + 12)

    def _rectangles(self) -> list[QRectF]:
        left, found, height = 0.0, [], 1.8 * self.fontMetrics().height()
        for part in self._parts:
            found.append(QRectF(left, 0, part.share * self.width() - 2, height))
            left += part.share * self.width()
        return found

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QHelpEvent):
            for part, area in zip(self._parts, self._rectangles(), strict=True):
                if area.left() <= event.pos().x() <= area.right():
                    QToolTip.showText(event.globalPos(), f"{part.name}: {part.detail}", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        looks = colours_of(self)
        for part, area in zip(self._parts, self._rectangles(), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(getattr(looks, part.colour)))
            painter.drawRoundedRect(area, 4, 4)
            painter.setPen(QColor(looks.surface))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, part.name)
            painter.setPen(QColor(looks.muted))
            below = area.translated(0, area.height() + 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, part.rows)
        painter.end()
