"""The charts of accuracy, and the confidence threshold that moves their numbers."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
)

from n6studio.domain.charts.evaluation.data import Evaluated, Model
from n6studio.domain.charts.evaluation.groups import OVERVIEW
from n6studio.domain.evaluation.model import F1Curve
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.charts_tab import ChartsTab
from n6studio.ui.widgets.parts import Card, button, keep_off_the_edge

_ROWS = ("precision", "recall", "F1", "people found", "TP", "FN", "FP")


def figures_at(curve: F1Curve, people: int, threshold: float) -> tuple[float | None, ...]:
    """Return what holds from a confidence on, in the order of the threshold card's rows.

    Precision and recall are of the curves; the counts follow from them and the labelled people. Where nobody is right,
    precision does not tell how many were found: None.
    """
    place = curve.place(threshold)
    precision, recall, f1 = curve.precision[place], curve.recall[place], curve.f1[place]
    right = round(recall * people)
    found: int | None = round(right / precision) if precision > 0 else None
    false = None if found is None else found - right
    return precision, recall, f1, found, right, people - right, false


class ThresholdCard(Card):
    """The confidence from which people count, and what follows from it.

    Signals:
        moved(value): another threshold was chosen here.
    """

    moved = Signal(float)

    def __init__(self) -> None:
        super().__init__("Confidence threshold", texts.THRESHOLD_HINT)
        self.spin = QDoubleSpinBox()
        keep_off_the_edge(self.spin)
        self.spin.setRange(0, 1)
        self.spin.setDecimals(2)
        self.spin.setSingleStep(0.01)
        self.spin.setKeyboardTracking(False)
        self.spin.setAccessibleName("Confidence threshold")
        self.spin.valueChanged.connect(self.moved)
        self.best = button("Best F1", self._to_best, tip=texts.BEST_F1_TIP)
        row = QHBoxLayout()
        row.addWidget(self.spin)
        row.addWidget(self.best)
        row.addStretch(1)
        self.body.addLayout(row)
        self.numbers = QTableWidget(len(_ROWS), 0)
        self.numbers.setAccessibleName("Figures at the confidence threshold")
        self.numbers.verticalHeader().hide()
        self.numbers.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.numbers.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.numbers.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.numbers.setShowGrid(False)
        self.numbers.setMinimumHeight(len(_ROWS) * 26 + 40)
        self.body.addWidget(self.numbers, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._models: tuple[Model, ...] = ()
        self._people = 0

    def show_models(self, models: Sequence[Model], people: int, threshold: float) -> None:
        """Take the curves of these models."""
        self._models, self._people = tuple(models), people
        self.numbers.setColumnCount(1 + len(models))
        self.numbers.setHorizontalHeaderLabels(["", *(model.role for model in models)])
        self.numbers.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for row, name in enumerate(_ROWS):
            self.numbers.setItem(row, 0, QTableWidgetItem(name))
            for column in range(1, 1 + len(models)):
                item = QTableWidgetItem()
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.numbers.setItem(row, column, item)
        for row in range(len(_ROWS)):
            self.numbers.setRowHeight(row, 26)
        self.show_threshold(threshold)

    def show_threshold(self, value: float) -> None:
        """Show the numbers at a threshold without telling anybody."""
        self.spin.blockSignals(True)
        self.spin.setValue(value)
        self.spin.blockSignals(False)
        for column, model in enumerate(self._models):
            if model.f1 is not None:
                for row, figure in enumerate(figures_at(model.f1, self._people, value)):
                    item = self.numbers.item(row, 1 + column)
                    if item is not None:
                        item.setText(_text(figure))

    def _to_best(self) -> None:
        curve = self._models[0].f1 if self._models else None
        if curve is not None and curve.best is not None:
            self.spin.setValue(round(curve.best.confidence, 2))


def _text(figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:.3f}" if isinstance(figure, float) else str(figure)


class OverviewTab(ChartsTab):
    """The charts of accuracy, with a threshold that moves their numbers."""

    def __init__(self) -> None:
        self.threshold = ThresholdCard()
        super().__init__(OVERVIEW, 4, self.threshold)
        self.threshold.moved.connect(self.set_threshold)
        self.threshold_moved.connect(lambda value: self.set_threshold(round(value, 2)))

    def turns(self, data: Evaluated) -> list[Callable[[], object]]:
        """Draw everything."""
        shown = functools.partial(self.threshold.show_models, data.models, data.people, data.threshold)
        return [*super().turns(data), shown]

    def set_threshold(self, value: float) -> None:
        """Move the threshold everywhere: line, marks and numbers."""
        self.threshold.show_threshold(value)
        if self._data is not None:
            self.move_threshold(dataclasses.replace(self._data, threshold=value))
