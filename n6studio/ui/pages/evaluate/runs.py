"""The project's evaluations, one after the other: AP as lines, and all of them as a table."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from n6studio.domain.charts.chart import shown
from n6studio.domain.charts.evaluation.runs import RunFigures, ap_over_runs
from n6studio.engine.project.history import EvaluatedRun
from n6studio.ui.charts.view import ChartView
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import label

_COLUMNS = (
    "#",
    "Finished",
    "Data",
    "Images",
    "Resize mode",
    "Average keypoints",
    "Quantization",
    "AP int8",
    "AP float",
    "AP50 int8",
    "OKS lost",
)


class RunsTab(QWidget):
    """AP over the project's evaluations, and all of them as a table."""

    def __init__(self) -> None:
        super().__init__()
        self.chart = ChartView(ap_over_runs((), 0))
        self.chart.setMinimumHeight(260)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setAccessibleName("Evaluations of this project")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_COLUMNS.index("Quantization"), QHeaderView.ResizeMode.Stretch)
        self.note = label("", TextRole.MUTED)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.addWidget(self.chart, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.table, 1)

    @property
    def shown(self) -> tuple[ChartView, ...]:
        """The chart, where it says something."""
        return (self.chart,) if self.chart.chart.has_data else ()

    def show_runs(self, runs: Sequence[EvaluatedRun], current: Any) -> None:
        """Show all runs; lines join those on the same data as the run whose folder is `current`, averaged like it."""
        mine = next((_alike(run) for run in runs if run.folder == current), None)
        like = [(number, run) for number, run in enumerate(runs, 1) if _alike(run) == mine and run.ap is not None]
        others = len(runs) - len(like)
        self.note.setText(texts.other_runs(others, len(runs)) if others and like else "")
        self.note.setVisible(bool(self.note.text()))
        figures = [RunFigures(number, run.ap, run.ap50, run.reference_ap) for number, run in like]
        self.chart.set_chart(ap_over_runs(figures, len(runs)))
        self._fill(runs, current)

    def _fill(self, runs: Sequence[EvaluatedRun], current: Any) -> None:
        self.table.setRowCount(len(runs))
        for row, run in enumerate(reversed(runs)):
            when = run.finished[:16].replace("T", " ") + ("  (shown)" if run.folder == current else "")
            cells = (
                len(runs) - row, when, run.data_name, run.images, run.resize, "on" if run.average else "off",
                run.quantized or "defaults", run.ap, run.reference_ap, run.ap50, run.oks_lost,
            )  # fmt: skip
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(shown(cell))
                if not isinstance(cell, str):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)


def _alike(run: EvaluatedRun) -> tuple[str, bool]:
    """Return what two runs have in common whose AP is compared."""
    return run.data, run.average
