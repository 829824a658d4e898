"""A tab of charts: those of a group that say something about the evaluation."""

import functools
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from n6studio.domain.charts.evaluation.data import Evaluated
from n6studio.domain.charts.evaluation.groups import ChartGroup, Describe
from n6studio.domain.charts.lines import Lines
from n6studio.ui.charts.view import ChartView
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import label

_HEIGHT = 310  # pixels of a chart, at least
_MOST_COLUMNS = 4
TWO_COLUMNS = 560  # pixels of width from which two charts stand beside each other
_LAST_ROW = 100  # below all charts


class ChartsTab(QWidget):
    """The charts of a group, in as many columns as there is room for.

    Signals:
        threshold_moved(value): somebody drags the threshold in one of them.
        filter_wanted(text): somebody clicked a bar; the filter of its images.
        image_wanted(place): somebody clicked a point; the place of its image in the evaluation.
    """

    threshold_moved = Signal(float)
    image_wanted = Signal(int)
    filter_wanted = Signal(str)

    def __init__(self, group: ChartGroup, widest: int = 3, first: QWidget | None = None) -> None:
        """Make an empty tab of at most `widest` columns; `first` is a widget that stands before the charts."""
        super().__init__()
        self.group = group
        self.views: dict[Describe, ChartView] = {}
        self._data: Evaluated | None = None
        self._widest, self._columns = widest, min(3, widest)
        self._first = first
        self._note = label(texts.NO_LABELS, TextRole.MUTED)
        self._hint = label(group.note, TextRole.MUTED)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 10, 0, 0)
        self._grid.setSpacing(10)
        self._grid.addWidget(self._note, 0, 0, 1, _MOST_COLUMNS)
        if first is not None:
            self._grid.addWidget(first, 1, 0)
        self._arrange()

    @property
    def shown(self) -> tuple[ChartView, ...]:
        """The charts that say something about this evaluation."""
        return tuple(
            view for describe in self.group.charts if (view := self.views.get(describe)) and not view.isHidden()
        )

    def set_columns(self, width: int) -> None:
        """Lay the charts out for a width in pixels."""
        columns = min(self._widest, 4 if width >= 1500 else 3 if width >= 930 else 2 if width >= TWO_COLUMNS else 1)
        if columns != self._columns:
            self._columns = columns
            self._arrange()

    def show_evaluation(self, data: Evaluated) -> None:
        """Describe all charts anew."""
        for turn in self.turns(data):
            turn()

    def turns(self, data: Evaluated) -> list[Callable[[], object]]:
        """Return `show_evaluation` in parts, each short enough for a turn of the event loop."""
        self._data = data
        return [*(functools.partial(self._show_chart, data, one) for one in self.group.charts), self._arrange]

    def _show_chart(self, data: Evaluated, describe: Describe) -> None:
        chart = describe(data)
        view = self.views.get(describe)
        if chart is not None and view is None:
            view = self.views[describe] = ChartView(chart, self)
            view.threshold_moved.connect(self.threshold_moved)
            view.opened.connect(self.image_wanted)
            view.filter_wanted.connect(self.filter_wanted)
        elif chart is not None and view is not None:
            view.set_chart(chart)
        if view is not None:
            view.setVisible(chart is not None)

    def move_threshold(self, data: Evaluated) -> None:
        """Describe the charts that show the threshold anew."""
        self._data = data
        for describe, view in self.views.items():
            if isinstance(view.chart, Lines) and (view.chart.thresholds or view.chart.marks):
                chart = describe(data)
                if chart is not None:
                    view.set_chart(chart)

    def _arrange(self) -> None:
        labelled = self._data is not None and self._data.labelled
        if self._first is not None and self._data is not None:
            self._first.setVisible(labelled)
        shown: list[QWidget] = [self._first] if self._first is not None and labelled else []
        shown += self.shown
        columns = min(self._columns, max(1, len(shown)))
        for place, widget in enumerate(shown):
            widget.setMinimumHeight(_HEIGHT)
            self._grid.addWidget(widget, 1 + place // columns, place % columns)
        for column in range(_MOST_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._grid.addWidget(self._hint, _LAST_ROW, 0, 1, columns)
        self._note.setVisible(not shown)
        self._hint.setVisible(bool(shown and self.group.note))
