"""Where accuracy is lost: by size, crowd and occlusion, by kind of error, by score, and over the project's runs."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.metrics.errors import KINDS
from n6studio.engine.project.history import EvaluatedRun
from n6studio.ui.charts.bars import BarChart, BarSeries
from n6studio.ui.charts.chart import Chart, shown
from n6studio.ui.charts.line import LineChart, Series
from n6studio.ui.charts.points import HistogramChart
from n6studio.ui.pages.evaluate.data import Evaluation, Model
from n6studio.ui.widgets.parts import label

_AGAIN = "This evaluation was made by an earlier release, which did not measure it. Evaluate again to see it."
FEWEST = 5  # people of a score, below which the share that is right says nothing
_SIZES = {"small": "small, to 32²", "medium": "medium, to 96²", "large": "large"}
_HINTS = (
    "Sizes are COCO's, by a person's area in square pixels of the picture. Hidden points are labelled so; found people "
    "cannot be sorted by them, so that chart shows mean OKS, not AP. Kinds of error after Ronchi and Perona: jitter is "
    "near its place, inversion on another point of the same person, swap on somebody else's, miss is none of these. "
    "Scores are taken by tenths, where at least 5 people have one. Numbers in brackets count people."
)


class BreakdownTab(QWidget):
    """Charts of parts of the people, each int8 beside float."""

    def __init__(self) -> None:
        super().__init__()
        self.by_size = BarChart("AP by size of the person", "AP")
        self.by_crowd = BarChart("AP by people in the picture", "AP")
        self.by_hidden = BarChart("OKS by what is hidden", "mean OKS")
        self.errors = BarChart("Kinds of error", "share, see below")
        self.oks = HistogramChart("OKS of the labelled people", "OKS, 0 for the missed", (0, 1), 20)
        self.calibration = LineChart("Can the score be trusted?", "score", "share right")
        self.charts: tuple[Chart, ...] = (
            self.by_size, self.by_crowd, self.by_hidden, self.errors, self.oks, self.calibration,
        )  # fmt: skip
        self._note = label("", "muted")
        self._hint = label(_HINTS, "muted")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 10, 0, 0)
        self._grid.setSpacing(10)
        self._grid.addWidget(self._note, 0, 0, 1, 4)
        self._labelled, self._columns = False, 0
        self.set_columns(1000)

    def set_columns(self, width: int) -> None:
        """Lay the charts out for a width in pixels."""
        columns = 3 if width >= 930 else 2
        if columns == self._columns:
            return
        self._columns = columns
        for place, chart in enumerate(self.charts):
            chart.setMinimumHeight(290)
            self._grid.addWidget(chart, 1 + place // columns, place % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._grid.addWidget(self._hint, 10, 0, 1, columns)

    @property
    def shown(self) -> tuple[Chart, ...]:
        """The charts that say something about this evaluation."""
        return self.charts if self._labelled else ()

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Draw everything."""
        self._labelled = evaluation.labelled
        self._note.setText("Nothing is labelled, so there is no accuracy to break down. Choose labelled data.")
        self._note.setVisible(not evaluation.labelled)
        self._hint.setVisible(evaluation.labelled)
        for chart in self.charts:
            chart.setVisible(evaluation.labelled)
        if not evaluation.labelled:
            return
        self._show_groups(evaluation.models)
        self._show_errors(evaluation.models)
        self._show_calibration(evaluation.models)
        if evaluation.pictures_missing:
            self.oks.show_nothing(evaluation.pictures_missing)
            return
        groups = [
            (model.role, model.colour, [value for one in evaluation.pictures for value in one.groups[place].oks])
            for place, model in enumerate(evaluation.models)
        ]
        self.oks.set_groups(groups)

    def _show_groups(self, models: Sequence[Model]) -> None:
        for chart, group, figure in (
            (self.by_size, "size", "ap"),
            (self.by_crowd, "crowd", "ap"),
            (self.by_hidden, "hidden", "oks"),
        ):
            rows = [model.parts.groups.get(group, ()) for model in models]
            if not rows[0]:
                chart.show_nothing(_AGAIN)
                continue
            names = [f"{_SIZES.get(row['name'], row['name'])} ({row['people']})" for row in rows[0]]
            chart.set_bars(
                names, [_series(model, [row[figure] for row in of]) for model, of in zip(models, rows, strict=True)]
            )

    def _show_errors(self, models: Sequence[Model]) -> None:
        if not models[0].parts.errors:
            self.errors.show_nothing(_AGAIN)
            return
        kinds = KINDS[1:]
        names = [f"{kind}, of points" for kind in kinds] + ["missed people, of labelled", "false people, of found"]
        self.errors.set_bars(names, [_series(model, _error_shares(model, kinds)) for model in models])

    def _show_calibration(self, models: Sequence[Model]) -> None:
        if not models[0].parts.calibration:
            self.calibration.show_nothing(_AGAIN)
            return
        lines = [Series("as good as the score", "muted", (0.0, 1.0), (0.0, 1.0), dashed=True)]
        for model in models:
            known = [row for row in model.parts.calibration if row["people"] >= FEWEST]
            x, y = (tuple(float(row[name]) for row in known) for name in ("score", "right"))
            lines.append(Series(model.role, model.colour, x, y, dots=True))
        self.calibration.set_series(lines[::-1])


def _series(model: Model, values: Sequence[float | None]) -> BarSeries:
    return BarSeries(model.role, model.colour, tuple(None if value is None else float(value) for value in values))


def _error_shares(model: Model, kinds: Sequence[str]) -> list[float | None]:
    errors, figures = model.parts.errors, model.figures
    shares = [_share(errors[kind], errors["labelled"]) for kind in kinds]
    return [*shares, _share(figures["missed"], figures["labelled"]), _share(figures["false"], figures["found"])]


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


_COLUMNS = (
    "#",
    "Finished",
    "Data",
    "Pictures",
    "Resize",
    "Quantized with",
    "AP int8",
    "AP float",
    "AP50 int8",
    "OKS lost",
)


class RunsTab(QWidget):
    """AP over the project's evaluations, and all of them as a table."""

    def __init__(self) -> None:
        super().__init__()
        self.chart = LineChart("AP over the runs on this data", "run", "AP", whole_x=True)
        self.chart.setMinimumHeight(260)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setAccessibleName("Evaluations of this project")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_COLUMNS.index("Quantized with"), QHeaderView.ResizeMode.Stretch)
        self.note = label("", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self.chart, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.table, 1)

    @property
    def shown(self) -> tuple[Chart, ...]:
        """The chart, where it says something."""
        return (self.chart,) if self.chart.has_data else ()

    def show_runs(self, runs: Sequence[EvaluatedRun], current: Any) -> None:
        """Show all runs; lines join those on the same data as the run whose folder is `current`."""
        mine = next((run.data for run in runs if run.folder == current), None)
        like = [(number, run) for number, run in enumerate(runs, 1) if run.data == mine and run.ap is not None]
        others = len(runs) - len(like)
        self.note.setText(
            f"{others} of {len(runs)} runs looked at other pictures or had no labels; they are in the table only."
            if others and like else ""
        )  # fmt: skip
        self.note.setVisible(bool(self.note.text()))
        self._draw(like, len(runs))
        self._fill(runs, current)

    def _draw(self, like: Sequence[tuple[int, EvaluatedRun]], count: int) -> None:
        x = tuple(float(number) for number, _ in like)
        lines = [
            Series("AP int8", "int8_colour", x, tuple(run.ap for _, run in like), dots=True),
            Series("AP float", "float_colour", x, tuple(run.reference_ap for _, run in like), dashed=True, dots=True),
            Series("AP50 int8", "good", x, tuple(run.ap50 for _, run in like), dots=True),
        ]
        self.chart.set_series(lines)
        known = [value for one in lines for value in one.y if value is not None]
        self.chart.set_ranges((0.5, max(2, count) + 0.5), (0, min(1.0, max(known, default=1.0) * 1.15)))
        if not like:
            self.chart.show_nothing("No run on labelled data can be drawn.")

    def _fill(self, runs: Sequence[EvaluatedRun], current: Any) -> None:
        self.table.setRowCount(len(runs))
        for row, run in enumerate(reversed(runs)):
            when = run.finished[:16].replace("T", " ") + ("  (shown)" if run.folder == current else "")
            cells = (
                len(runs) - row, when, run.data_name, run.images, run.resize, run.quantized or "defaults",
                run.ap, run.reference_ap, run.ap50, run.oks_lost,
            )  # fmt: skip
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(shown(cell))
                if not isinstance(cell, str):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
