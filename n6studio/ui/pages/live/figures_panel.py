"""Latency and counts of the stream, beside the image."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from n6studio.domain.colours import LIGHT
from n6studio.domain.texts import counted
from n6studio.link.session.reasons import reasons
from n6studio.link.session.statistics import Spread, Stage
from n6studio.link.wire.frame import Blame
from n6studio.link.wire.sequence import EventKind
from n6studio.ui.pages.live.history import STAGES
from n6studio.ui.pages.live.strips import STAGE_COLOURS
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Facts, column, label

if TYPE_CHECKING:
    from n6studio.ui.pages.live.controller import Figures

_SWATCHES: dict[Stage, QColor] = {  # the same in both themes
    stage: QColor(getattr(LIGHT, colour)) for stage, colour in zip(STAGES, STAGE_COLOURS, strict=True)
}


_TOLD = (EventKind.RESTARTED, EventKind.REPEATED, EventKind.OLD, EventKind.CLOCK)
_BLAMED = (Blame.UNSUPPORTED, Blame.SENDER)  # the others have rows of their own


class FiguresPanel(QWidget):
    """Delay by stage as p50 and p95, and what was counted."""

    def __init__(self) -> None:
        super().__init__()
        layout = column(self)
        layout.addWidget(label("Latency (ms), last minute", TextRole.HEADING))
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Latency by stage in milliseconds")
        self.table.setHorizontalHeaderLabels(["Stage", "p50", "p95"])
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 2)
        self.table.setIconSize(QSize(8, 8))
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self.table)
        layout.addWidget(label("Since connecting", TextRole.HEADING))
        self.facts = Facts(spacing=1)
        layout.addWidget(self.facts)
        layout.addStretch(1)
        self._rows: list[tuple[str, str]] = []
        self.show_delays({})

    def clear(self) -> None:
        """Show nothing: another source is open, or none."""
        self._rows = []
        self.facts.show_rows([])
        self.show_delays({})

    def show_figures(self, figures: "Figures") -> None:
        """Show delays and counts."""
        counts, statistics = figures.counts, figures.statistics
        self.show_delays(statistics.stages)
        damaged = counts.damaged
        rows = [
            ("Received", f"{counted(counts.frames, 'frame')}, {statistics.megabytes_per_second:.1f} MB/s"),
            ("Skipped", f"{statistics.dropped}"),
            ("Lost", f"{counts.lost}"),
            ("Damaged", f"{damaged}, {counts.repaired} repaired" if counts.repaired else f"{damaged}"),
            ("Without results", f"{counts.without_results}"),
            ("Lag behind fastest frame", f"{statistics.lag:.1f} ms" if statistics.lag is not None else ""),
        ]
        rows += [(str(kind).capitalize(), f"{count:,}") for kind, count in counts.events.items() if kind in _TOLD]
        found = reasons(counts, statistics.dropped, figures.undecodable)
        rows += [(str(one.blame).capitalize(), f"{one.count:,}: {one.text}") for one in found if one.blame in _BLAMED]
        if rows != self._rows:
            self._rows = rows
            self.facts.show_rows(rows)

    def show_delays(self, stages: Mapping[Stage, Spread]) -> None:
        """Show p50 and p95 of each stage in milliseconds, each with its colour in the strip; what has none is a sum."""
        self.table.setRowCount(len(stages))
        for row, (stage, delay) in enumerate(stages.items()):
            for place, text in enumerate((str(stage), f"{delay.p50:.1f}", f"{delay.p95:.1f}")):
                item = self.table.item(row, place)
                if item is None:
                    item = QTableWidgetItem()
                    if place:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(row, place, item)
                item.setText(text)
                if not place:
                    item.setData(Qt.ItemDataRole.DecorationRole, _SWATCHES.get(stage))
        height = self.table.horizontalHeader().height() + 4
        self.table.setFixedHeight(height + sum(self.table.rowHeight(row) for row in range(len(stages))))
