"""Whether there are enough pictures: how the ranges settle as pictures are added, measured on demand."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from n6studio.domain.errors import Cancelled, StudioError
from n6studio.domain.range_convergence import SETTLED, Convergence, convergence_from_json, enough, verdict
from n6studio.ui.background import run_in_background
from n6studio.ui.charts.line import LineChart, Series
from n6studio.ui.context import Context
from n6studio.ui.pages.quantize_run import RunCard
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import label, set_role

STAGE = "range_convergence"
_HINT = "Runs the float network over the pictures, at most 200, in an order of chance."


def read_convergence(path: Path) -> Convergence:
    """Read what the stage `range_convergence` wrote."""
    return convergence_from_json(json.loads(path.read_text(encoding="utf-8")))


class ConvergenceView(QWidget):
    """Button, progress, verdict and chart; follows the context by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._path: Path | None = None
        self.run_card = RunCard("Are there enough?", _HINT, "")
        self.card = ErrorCard()
        self.verdict = label(select=True)
        self.chart = LineChart("How ranges of tensors settle", "pictures", "share still missing")
        self.chart.setMinimumHeight(250)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.run_card, self.card, self.verdict, self.chart):
            layout.addWidget(widget)
        self.run_card.run_wanted.connect(self.start)
        self.run_card.cancel_wanted.connect(self._cancel)
        context.result_changed.connect(lambda _: self.refresh())
        context.project_opened.connect(self.refresh)
        context.job_started.connect(lambda stage: self._job_changed(stage, True))
        context.job_finished.connect(lambda stage, _: self._job_changed(stage, False))
        context.job_message.connect(self._message)
        context.job_failed.connect(self._failed)
        self.refresh()

    def start(self) -> None:
        """Measure; exports first where that is not done."""
        self.card.clear()
        self._context.submit(STAGE)

    def refresh(self) -> None:
        """Show the latest result; its file is read off the GUI thread."""
        context = self._context
        stale = context.stale.get(STAGE, ()) if STAGE in context.results else ()
        self.run_card.note.setText(f"Out of date: {'; '.join(stale)}." if stale else _HINT)
        path = context.output(STAGE, "convergence")
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

    def _job_changed(self, stage: str, running: bool) -> None:
        if stage == STAGE:
            self.run_card.show_running(running)
        self.refresh()

    def _cancel(self) -> None:
        self.run_card.show_cancelling()
        self._context.cancel()

    def _message(self, stage: str, message: dict[str, Any]) -> None:
        if stage == STAGE:
            self.run_card.show_message(message)

    def _failed(self, stage: str, error: StudioError) -> None:
        if stage == STAGE:
            self._job_changed(stage, False)
            if not isinstance(error, Cancelled):
                self.card.show_error(error, self.start)
