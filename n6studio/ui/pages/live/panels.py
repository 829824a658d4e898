"""Parity and brightness, beside the image."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.shown import LEVELS, Brightness
from n6studio.ui.theme import TextRole, colours_of
from n6studio.ui.widgets.parts import Facts, button, column, label, set_role

Counts = npt.NDArray[np.float64]


class ParityPanel(QWidget):
    """How far the board's results are from those of this computer for the very same input.

    Signals:
        wanted: a frame shall be compared.
    """

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = column(self)
        layout.addWidget(label("Parity with this computer", TextRole.HEADING))
        layout.addWidget(
            label(
                texts.PARITY,
                TextRole.MUTED,
            )
        )
        self.ask = button("Compare frame", self.wanted.emit, tip=f"{texts.VIEW_TIPS['parity']} (Y)")
        layout.addWidget(self.ask)
        self.verdict = label("", TextRole.HEADING)
        self.facts = Facts()
        layout.addWidget(self.verdict)
        layout.addWidget(self.facts)
        layout.addStretch(1)

    def say(self, text: str, role: TextRole = TextRole.HEADING) -> None:
        """Show a sentence in place of a result."""
        self.verdict.setText(text)
        set_role(self.verdict, role)
        self.facts.show_rows([])

    def show_result(self, sentence: str, good: bool, rows: list[tuple[str, str]]) -> None:
        """Show a result with its figures."""
        self.verdict.setText(("✓ " if good else "! ") + sentence)
        set_role(self.verdict, TextRole.GOOD if good else TextRole.WARN)
        self.facts.show_rows(rows)


class HistogramPanel(QWidget):
    """Brightness of a region."""

    def __init__(self) -> None:
        super().__init__()
        layout = column(self)
        layout.addWidget(label("Region brightness", TextRole.HEADING))
        self.hint = label(texts.CHOOSE_REGION, TextRole.MUTED)
        self.plot = _HistogramPlot()
        self.facts = Facts()
        for widget in (self.hint, self.plot, self.facts):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_brightness(self, found: Brightness | None) -> None:
        """Show it, or ask for a region."""
        self.plot.show_counts(found.counts if found else None)
        self.hint.setVisible(found is None)
        rows = []
        if found is not None:
            rows = [
                ("Mean", f"{found.mean:.1f}"),
                ("Standard deviation", f"{found.spread:.1f}"),
                ("Range", f"{found.darkest} to {found.brightest}"),
                ("Clipped", f"{100 * found.clipped:.1f} % of values"),
                ("Pixels", f"{found.pixels:,}"),
            ]
        self.facts.show_rows(rows)


class _HistogramPlot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Histogram of red, green and blue")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._counts: Counts | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 120)

    def show_counts(self, counts: Counts | None) -> None:
        self._counts = counts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = colours_of(self)
        painter.fillRect(self.rect(), QColor(colours.window))
        if self._counts is not None:
            top = max(1e-9, float(np.quantile(self._counts, 0.99)) * 1.2)  # one clipped level must not flatten the rest
            x = (np.arange(LEVELS) + 0.5) * self.width() / LEVELS
            for line, colour in zip(self._counts, ("#e0453a", "#3c9a46", "#3a72e0"), strict=True):
                y = self.height() * (1 - np.minimum(1.0, line / top))
                painter.setPen(QPen(QColor(colour), 1.6))
                painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
        painter.setPen(QColor(colours.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()
