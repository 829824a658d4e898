"""The charts about scores: a threshold that moves the numbers, AP by OKS, who loses how much, and the time."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from n6studio.domain.metrics.matching import THRESHOLDS
from n6studio.ui.charts.bars import BarChart, BarSeries
from n6studio.ui.charts.chart import Chart
from n6studio.ui.charts.line import LineChart, Series
from n6studio.ui.charts.points import HistogramChart, Point, ScatterChart
from n6studio.ui.pages.evaluate.data import PARTS, Curves, Evaluation, Model
from n6studio.ui.widgets.parts import Card, button, label

_ROWS = ("precision", "recall", "F1", "people found", "right", "missed", "false")
_PART_COLOURS = ("muted", "good", "accent", "warn")
_NO_LABELS = "Nothing is labelled, so accuracy cannot be told. Choose labelled data to see this chart."


def figures_at(curves: Curves, people: int, threshold: float) -> tuple[float | None, ...]:
    """Return what holds from a score on, in the order of the threshold card's rows.

    Precision and recall are of the curves; the counts follow from them and the labelled people. Where nobody is right,
    precision does not tell how many were found: None.
    """
    steps = len(curves.confidence) - 1
    place = min(steps, max(0, round(threshold * steps)))
    precision, recall, f1 = curves.precision[place], curves.recall[place], curves.f1[place]
    right = round(recall * people)
    found: int | None = round(right / precision) if precision > 0 else None
    false = None if found is None else found - right
    return precision, recall, f1, found, right, people - right, false


class ThresholdCard(Card):
    """The score from which people count, and what follows from it.

    Signals:
        moved(value): another threshold was chosen here.
    """

    moved = Signal(float)

    def __init__(self) -> None:
        super().__init__("Score threshold", "Drag the dashed line, or set it here (T). At OKS 0.50; crowds left out.")
        self.spin = QDoubleSpinBox()
        self.spin.setRange(0, 1)
        self.spin.setDecimals(2)
        self.spin.setSingleStep(0.01)
        self.spin.setKeyboardTracking(False)
        self.spin.setAccessibleName("Score threshold")
        self.spin.valueChanged.connect(self.moved)
        self.best = button("Best F1", self._to_best, tip="The score at which int8's F1 is highest")
        row = QHBoxLayout()
        row.addWidget(self.spin)
        row.addWidget(self.best)
        row.addStretch(1)
        self.body.addLayout(row)
        self.numbers = QTableWidget(len(_ROWS), 0)
        self.numbers.setAccessibleName("Figures at the score threshold")
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
        """Take the curves of these networks."""
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
            if model.curves is not None:
                for row, figure in enumerate(figures_at(model.curves, self._people, value)):
                    item = self.numbers.item(row, 1 + column)
                    if item is not None:
                        item.setText(_text(figure))

    def _to_best(self) -> None:
        curves = self._models[0].curves if self._models else None
        if curves is not None and curves.best is not None:
            self.spin.setValue(round(curves.best, 2))


def _text(figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:.3f}" if isinstance(figure, float) else str(figure)


class ScoresTab(QWidget):
    """The charts.

    Signals:
        picture_wanted(place): somebody clicked a person; the place of the picture in the evaluation.
    """

    picture_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.threshold = ThresholdCard()
        self.pr = LineChart("Precision and recall", "recall", "precision")
        self.f1 = LineChart("F1 over the score threshold", "score threshold", "F1")
        self.by_threshold = LineChart("AP by OKS threshold", "OKS threshold", "AP", (0.5, 0.95))
        self.scatter = ScatterChart("OKS of each person", "OKS float", "OKS int8", colour="accent")
        self.lost = HistogramChart("OKS lost per person", "OKS float − OKS int8", (-1, 1), 40, "int8_colour")
        self.agreement = HistogramChart("OKS between int8 and float", "OKS", (0, 1), 20, "int8_colour")
        self.times = BarChart("Time for a picture on this computer", "milliseconds (median, one core)", True, 2)
        self.charts: tuple[Chart, ...] = (
            self.pr, self.f1, self.by_threshold, self.scatter, self.lost, self.agreement, self.times,
        )  # fmt: skip
        self._models: tuple[Model, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 10, 0, 0)
        self._grid.setSpacing(10)
        self._columns = 3
        self._shown: tuple[QWidget, ...] = (self.threshold, *self.charts)
        self._arrange()
        self.threshold.moved.connect(self.set_threshold)
        self.f1.threshold_moved.connect(lambda value: self.set_threshold(round(value, 2)))
        self.scatter.opened.connect(self.picture_wanted)

    def _arrange(self) -> None:
        columns = min(self._columns, len(self._shown))
        for place, widget in enumerate(self._shown):
            widget.setMinimumHeight(310)
            self._grid.addWidget(widget, place // columns, place % columns)
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for widget in (self.threshold, *self.charts):
            widget.setVisible(widget in self._shown)

    @property
    def shown(self) -> tuple[Chart, ...]:
        """The charts that say something about this evaluation."""
        return tuple(chart for chart in self.charts if chart in self._shown)

    def set_columns(self, width: int) -> None:
        """Lay the charts out for a width in pixels."""
        columns = 4 if width >= 1500 else 3 if width >= 930 else 2
        if columns != self._columns:
            self._columns = columns
            self._arrange()

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Draw everything."""
        self._models = evaluation.models
        compared = evaluation.comparison is not None
        if evaluation.labelled:
            self._show_curves(evaluation)
        if compared:
            self._show_people(evaluation)
        labels = [model.role for model in evaluation.models]
        series = [
            BarSeries(part, colour, tuple(model.ms[place] for model in evaluation.models))
            for place, (part, colour) in enumerate(zip(PARTS, _PART_COLOURS, strict=True))
        ]
        self.times.set_bars(labels, series)
        shown: list[QWidget] = []
        if evaluation.labelled:
            shown += [self.threshold, self.pr, self.f1, self.by_threshold]
        if compared:
            shown += [self.scatter, self.lost] if evaluation.labelled else [self.agreement]
        self._shown = (*shown, self.times)
        self._arrange()

    def _show_curves(self, evaluation: Evaluation) -> None:
        def lines(points: Callable[[Model], tuple[tuple[float, ...], tuple[float | None, ...]]]) -> list[Series]:
            return [
                Series(model.role, model.colour, *points(model), dashed=place > 0)
                for place, model in enumerate(evaluation.models)
                if model.curves is not None
            ]

        self.pr.set_series(lines(lambda model: (_of(model).pr_recall, _of(model).pr_precision)))
        self.f1.set_series(lines(lambda model: (_of(model).confidence, _of(model).f1)))
        self.by_threshold.set_series(lines(lambda model: (THRESHOLDS, model.by_threshold)))
        threshold = float(evaluation.settings.get("operating_confidence", 0.25))
        self.threshold.show_models(evaluation.models, evaluation.people, threshold)
        self.set_threshold(threshold)

    def _show_people(self, evaluation: Evaluation) -> None:
        found: list[Point] = []
        agreement: list[float] = []
        for place, picture in enumerate(evaluation.pictures):
            agreement += picture.agreement
            if picture.truth is not None:
                after, before = picture.groups[0].oks, picture.groups[1].oks
                found += [Point(x, y, picture.path.name, place) for x, y in zip(before, after, strict=True)]
        self.scatter.set_points(found)
        self.lost.set_values([point.x - point.y for point in found])
        self.agreement.set_values(agreement)
        for chart in (self.scatter, self.lost, self.agreement):
            if evaluation.pictures_missing:
                chart.show_nothing(evaluation.pictures_missing)

    def set_threshold(self, value: float) -> None:
        """Move the threshold everywhere: line, marks and numbers."""
        self.threshold.show_threshold(value)
        self.f1.set_threshold(value)
        curves = [model.curves for model in self._models if model.curves is not None]
        at = [figures_at(one, 0, value) for one in curves]
        self.pr.set_marks([(recall or 0.0, precision or 0.0) for precision, recall, *_ in at])
        self.f1.set_marks([(value, f1 or 0.0) for _, _, f1, *_ in at])


def _of(model: Model) -> Curves:
    if model.curves is None:
        raise ValueError(model.name)
    return model.curves


_KEYPOINT_CHARTS = (
    ("error", "Keypoint error", "mean distance / √area"),
    ("pck", "Keypoints in place (PCK@0.1)", "share of labelled points"),
    ("recall", "Visible keypoints found", "share of visible points"),
    ("swap_rate", "Left and right swapped", "share of mirror pairs"),
)


class KeypointsTab(QWidget):
    """Bars for each keypoint: how far off, how often in place, found, and the wrong way round."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 10, 0, 0)
        self._grid.setSpacing(10)
        self.charts = tuple(BarChart(title, words) for _, title, words in _KEYPOINT_CHARTS)
        self._labelled = False
        self._note = label(_NO_LABELS, "muted")
        self._grid.addWidget(self._note, 0, 0, 1, 2)
        for place, chart in enumerate(self.charts):
            self._grid.addWidget(chart, 1 + place // 2, place % 2)

    @property
    def shown(self) -> tuple[Chart, ...]:
        """The charts that say something about this evaluation."""
        return self.charts if self._labelled else ()

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Draw everything."""
        self._labelled = evaluation.labelled
        self._note.setVisible(not evaluation.labelled)
        for (measure, _, _), chart in zip(_KEYPOINT_CHARTS, self.charts, strict=True):
            chart.setVisible(evaluation.labelled)
            if evaluation.labelled:
                series = [BarSeries(model.role, model.colour, model.keypoints[measure]) for model in evaluation.models]
                chart.set_bars(evaluation.skeleton.names, series)
