"""Delays and counts of the stream, beside the picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from n6studio.link.statistics import Spread, Stage
from n6studio.ui.widgets.parts import Facts, column, label

if TYPE_CHECKING:
    from n6studio.ui.live.controller import Figures


class FiguresPanel(QWidget):
    """Delay by stage as p50 and p95, and what was counted."""

    def __init__(self) -> None:
        super().__init__()
        layout = column(self)
        layout.addWidget(label("Delay in ms, last minute", "heading"))
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Delay by stage in milliseconds")
        self.table.setHorizontalHeaderLabels(["stage", "p50", "p95"])
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self.table)
        self.painted = label("", "muted")
        layout.addWidget(self.painted)
        layout.addWidget(label("Counted since connecting", "heading"))
        self.facts = Facts()
        layout.addWidget(self.facts)
        layout.addStretch(1)
        self._rows: list[tuple[str, str]] = []
        self.show_delays({})

    def show_figures(self, told: "Figures") -> None:
        """Show delays and counts."""
        counts, statistics = told.counts, told.statistics
        self.show_delays(statistics.stages)
        rows = [
            ("Received", f"{counts.frames} frames, {statistics.megabytes_per_second:.1f} MB/s"),
            ("Skipped", f"{statistics.dropped}, overtaken"),
            ("Lost", f"{counts.lost}"),
            ("Damaged", f"{counts.damaged + told.undecodable}"),
            ("Without results", f"{counts.without_results}"),
            ("Lag", f"{statistics.lag:.1f} ms behind the fastest" if statistics.lag is not None else ""),
        ]
        if rows != self._rows:
            self._rows = rows
            self.facts.show_rows(rows)

    def show_delays(self, stages: Mapping[Stage, Spread]) -> None:
        """Show p50 and p95 of each stage in milliseconds."""
        rows = [(str(stage), told) for stage, told in stages.items() if stage is not Stage.SHOWN]
        self.table.setRowCount(len(rows))
        for row, (name, told) in enumerate(rows):
            for place, text in enumerate((name, f"{told.p50:.1f}", f"{told.p95:.1f}")):
                item = self.table.item(row, place)
                if item is None:
                    item = QTableWidgetItem()
                    if place:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(row, place, item)
                item.setText(text)
        height = self.table.horizontalHeader().height() + 4
        self.table.setFixedHeight(height + sum(self.table.rowHeight(row) for row in range(len(rows))))
        painted = stages.get(Stage.SHOWN)
        self.painted.setText(
            f"From the last byte received to painted: {painted.p50:.1f} ms, p95 {painted.p95:.1f} ms" if painted else ""
        )
