"""Plots of any value over time: of the last minute of a stream, or of a whole recording."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis
from n6studio.domain.charts.chart import Table, Threshold
from n6studio.domain.charts.lines import Line, Lines
from n6studio.domain.colours import ColourName
from n6studio.link.recording.quantities import Array, Quantity, Sample, series, thinned
from n6studio.ui.charts import export
from n6studio.ui.charts.view import ChartView
from n6studio.ui.pages.live import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, column, keep_off_the_edge, label

MOST_PLOTS = 8
MOST_POINTS = 1200  # that are drawn of one plot
ZOOM = 1.5  # of one step
SHORTEST = 0.5  # seconds that are shown
_COLOURS: tuple[ColourName, ...] = ("part_1", "part_2", "part_3", "part_4", "part_5", "part_6", "part_7", "part_8")
_LEAST = {FRACTION: 0.1, COUNT: 2.0, "px": 4.0, "ms": 0.5, "degrees": 4.0}  # length of an axis
_ENDS = {FRACTION: (0.0, 1.0), COUNT: (0.0, np.inf), "ms": (0.0, np.inf)}  # that no value is beyond
Span = tuple[float, float]


class Plot(ChartView):
    """One quantity over time. Ctrl and the wheel zoom; the table and CSV have every value.

    Signals:
        zoomed(factor): the user wants to see so many times as much.
    """

    zoomed = Signal(float)

    def __init__(self, quantity: Quantity, person: int, colour: ColourName) -> None:
        self.quantity, self.person, self._colour = quantity, person, colour
        self._times: Array = np.zeros(0)
        self._values: Array = np.zeros(0)
        super().__init__(self._described((0.0, 1.0), None))

    @property
    def title(self) -> str:
        """What it shows, and of whom."""
        who = f", person {self.person}" if self.person and self.quantity.of_person else ""
        return f"{self.quantity.title}{who}"

    def show_samples(self, samples: Sequence[Sample], span: Span, here: float | None) -> None:
        """Show the part of these that lies in `span`, with a line where the frame on the screen is."""
        self._times, self._values = series(samples, self.quantity, self.person)
        self.show_part(span, here)

    def show_part(self, span: Span, here: float | None) -> None:
        """Show another part of what is known."""
        self.set_chart(self._described(span, here))

    def _described(self, span: Span, here: float | None) -> Lines:
        seen = (self._times >= span[0]) & (self._times <= span[1])
        times, values = thinned(self._times[seen], self._values[seen], MOST_POINTS)
        known = values[np.isfinite(values)]
        y = tuple(None if np.isnan(value) else float(value) for value in values)
        return Lines(
            title=self.title,
            x=Axis("time", "s", *span, digits=2),
            y=_axis(self.quantity, known),
            lines=(Line(self.title, self._colour, tuple(times.tolist()), y),),
            thresholds=() if here is None else (Threshold(here, "shown frame"),),
            nothing="" if len(known) else texts.NO_VALUES,
        )

    def csv(self) -> str:
        """Return every value that is known, also of what is not in sight."""
        rows = zip(self._times.round(6).tolist(), self._values.tolist(), strict=True)
        unit = f" ({self.quantity.unit})"
        table = Table(
            ("time (s)", self.title + unit), tuple((time, None if np.isnan(value) else value) for time, value in rows)
        )
        return export.csv_text(table)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom with Ctrl; without it the panel scrolls."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit(ZOOM ** (-event.angleDelta().y() / 120))
            event.accept()
        else:
            event.ignore()


def _axis(quantity: Quantity, known: Array) -> Axis:
    """Return an axis for these values that shows their changes, and is no shorter than makes sense for their unit."""
    unit = quantity.unit
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    # What is written beside the ticks has four digits: on a shorter axis all would be the same.
    span = max(1.1 * (high - low), _LEAST.get(unit, 1.0), 0.02 * max(abs(low), abs(high)))
    least, most = _ENDS.get(unit, (-np.inf, np.inf))
    start = min(max(least, (low + high - span) / 2), max(least, most - span))
    end = min(most, start + span)
    step = 1.0 if unit == COUNT else 10.0 ** np.floor(np.log10(span / 5))  # to which both ends are rounded
    start, end = (
        round(float(place * step), 9) for place in (np.floor(start / step + 1e-9), np.ceil(end / step - 1e-9))
    )
    return Axis(quantity.name, unit, start, end, whole=unit == COUNT, digits=3 if unit == FRACTION else 1)


class PlotsPanel(QWidget):
    """Adds and removes plots, and shows the same part of time in all of them.

    Signals:
        added: there is a first plot, or another one.
    """

    added = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._quantities: tuple[Quantity, ...] = ()
        self._samples: Sequence[Sample] = ()
        self._all: Span = (0.0, 1.0)
        self._span: Span | None = None  # None for all
        self._here: float | None = None
        self.plots: list[Plot] = []
        layout = column(self)
        layout.addWidget(label("Plots", TextRole.HEADING))
        layout.addWidget(label(texts.PLOTS, TextRole.MUTED))
        self.group, self.quantity, self.person = QComboBox(), QComboBox(), QSpinBox()
        for widget, name in ((self.group, "Kind of value"), (self.quantity, "Value"), (self.person, "Person")):
            widget.setAccessibleName(name)
            layout.addWidget(widget)
        keep_off_the_edge(self.person)
        self.person.setRange(0, 9999)
        self.person.setPrefix("Person ")
        self.person.setSpecialValueText("Most confident person")
        self.person.setToolTip(texts.PERSON_TIP)
        self.group.currentIndexChanged.connect(self._fill)
        self.quantity.currentIndexChanged.connect(self._show_person)
        self.add_button = button("Add plot", self.add, tip=texts.ADD_PLOT_TIP)
        layout.addWidget(self.add_button)
        row = QHBoxLayout()
        row.addWidget(button("+", lambda: self.zoom(1 / ZOOM), tip=texts.ZOOM_TIP, name="Zoom in"))
        row.addWidget(button("\u2212", lambda: self.zoom(ZOOM), tip=texts.ZOOM_TIP, name="Zoom out"))
        row.addWidget(button("All", lambda: self.zoom(0.0), name="Show all of the time"))
        row.addStretch(1)
        layout.addLayout(row)
        self._layout = layout
        layout.addStretch(1)

    def offer(self, quantities: tuple[Quantity, ...]) -> None:
        """List what can be plotted; plots of what is no longer there go."""
        self._quantities = quantities
        chosen = self.group.currentText()
        self.group.blockSignals(True)
        self.group.clear()
        self.group.addItems(list(dict.fromkeys(one.group for one in quantities)))
        self.group.setCurrentIndex(max(0, self.group.findText(chosen)))
        self.group.blockSignals(False)
        self._fill()
        known = {(one.group, one.name): one for one in quantities}
        for plot in list(self.plots):
            found = known.get((plot.quantity.group, plot.quantity.name))
            if found is None:
                self.remove(plot)
            else:
                plot.quantity = found

    def _fill(self) -> None:
        self.quantity.clear()
        for one in self._quantities:
            if one.group == self.group.currentText():
                self.quantity.addItem(one.name, one)

    def _show_person(self) -> None:
        chosen = self.quantity.currentData()
        self.person.setEnabled(isinstance(chosen, Quantity) and chosen.of_person)

    def add(self) -> None:
        """Add a plot of what is chosen."""
        chosen = self.quantity.currentData()
        if not isinstance(chosen, Quantity) or len(self.plots) >= MOST_PLOTS:
            return
        used = {plot.property("colour") for plot in self.plots}
        colour = next(one for one in _COLOURS if one not in used)
        plot = Plot(chosen, self.person.value() if chosen.of_person else 0, colour)
        plot.setProperty("colour", colour)
        plot.menu.addAction("Remove plot").triggered.connect(lambda: self.remove(plot))
        plot.zoomed.connect(self.zoom)
        self.plots.append(plot)
        self._layout.insertWidget(self._layout.count() - 1, plot)
        self.add_button.setEnabled(len(self.plots) < MOST_PLOTS)
        plot.show_samples(self._samples, self._shown, self._here)
        self.added.emit()

    def remove(self, plot: Plot) -> None:
        """Take a plot away."""
        self.plots.remove(plot)
        self._layout.removeWidget(plot)
        plot.deleteLater()
        self.add_button.setEnabled(True)

    @property
    def _shown(self) -> Span:
        return self._span or self._all

    def show_samples(self, samples: Sequence[Sample], span: Span) -> None:
        """Show these; without a zoom what lies in `span`."""
        self._samples, self._all = samples, span
        for plot in self.plots:
            plot.show_samples(samples, self._shown, self._here)

    def show_place(self, here: float | None) -> None:
        """Mark the moment of the frame that is shown; None where that is always the last."""
        if here != self._here:
            self._here = here
            for plot in self.plots:
                plot.show_part(self._shown, here)

    def zoom(self, factor: float) -> None:
        """Show so many times as much of the time around the frame that is shown; 0 for all."""
        low, high = self._shown
        wanted = max(SHORTEST, (high - low) * factor)
        if factor == 0 or wanted >= self._all[1] - self._all[0]:
            self._span = None
        else:
            centre = self._here if self._here is not None and low <= self._here <= high else (low + high) / 2
            start = min(max(self._all[0], centre - wanted / 2), self._all[1] - wanted)
            self._span = (start, start + wanted)
        for plot in self.plots:
            plot.show_part(self._shown, self._here)
