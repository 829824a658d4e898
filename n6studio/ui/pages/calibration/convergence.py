"""Whether there are enough pictures: how the ranges settle as pictures are added, measured on demand."""

import json
from pathlib import Path

from PySide6.QtWidgets import QVBoxLayout

from n6studio.domain.calibration.convergence import SETTLED, Convergence, convergence_from_json, enough, verdict
from n6studio.ui.background import run_in_background
from n6studio.ui.charts.line import LineChart, Series
from n6studio.ui.context import Context
from n6studio.ui.pages.stage_view import StageView
from n6studio.ui.widgets.parts import label, set_role

STAGE = "range_convergence"
_HINT = "Runs the float network over the pictures, at most 200, in an order of chance."


def read_convergence(path: Path) -> Convergence:
    """Read what the stage `range_convergence` wrote."""
    return convergence_from_json(json.loads(path.read_text(encoding="utf-8")))


class ConvergenceView(StageView):
    """Button, progress, verdict and chart; follows the context by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, STAGE, "Are there enough?", _HINT)
        self.verdict = label(select=True)
        self.chart = LineChart("How ranges of tensors settle", "pictures", "share still missing")
        self.chart.setMinimumHeight(250)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.run_card, self.card, self.verdict, self.chart):
            layout.addWidget(widget)
        self.follow()

    def refresh(self) -> None:
        """Show the latest result; its file is read off the GUI thread."""
        self.run_card.note.setText(self.note(_HINT))
        path = self._context.output(STAGE, "convergence")
        if path == self._path and path is not None:
            return
        self._path = path
        if path is None:
            self._show(None, None)
        else:
            run_in_background(
                self,
                lambda: read_convergence(path),
                lambda found: self._show(path, found),
                lambda _: self._show(path, None),
            )

    def _show(self, path: Path | None, found: Convergence | None) -> None:
        if path != self._path:
            return
        self.verdict.setVisible(found is not None)
        self.chart.setVisible(found is not None)
        if found is None:
            return
        self.verdict.setText(verdict(found))
        set_role(self.verdict, "warn" if enough(found) is None else "good")
        x = tuple(float(count) for count in range(1, found.pictures + 1))
        limit = Series("5 %", "muted", (x[0], x[-1]), (SETTLED, SETTLED), dashed=True)
        lines = [
            Series("95 % of them", "accent", x, found.most),
            Series("median", "good", x, found.middle),
            Series("worst", "warn", x, found.largest, dashed=True),
        ]
        self.chart.set_series([*lines, limit])
        self.chart.set_ranges((1, max(2, found.pictures)), (0, 1))
        self.chart.setToolTip(f"Last to settle: {found.worst}")
