"""Whether there are enough images: how the ranges settle as images are added, measured on demand."""

from pathlib import Path

from PySide6.QtWidgets import QVBoxLayout

from n6studio.domain.calibration.convergence import Convergence, enough, verdict
from n6studio.domain.charts.calibration import range_convergence
from n6studio.domain.encoding import decoded
from n6studio.gates.files import read_bytes
from n6studio.stages.range_convergence.stage import RANGE_CONVERGENCE
from n6studio.ui.background import run_in_background
from n6studio.ui.charts.view import ChartView
from n6studio.ui.context import Context
from n6studio.ui.pages.calibration import texts
from n6studio.ui.pages.stage_view import StageView
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import label, set_role

STAGE = RANGE_CONVERGENCE.name
_NOTHING = Convergence(0, (), (), (), "")


def read_convergence(path: Path) -> Convergence:
    """Read what the stage `range_convergence` wrote."""
    return decoded(read_bytes(path), Convergence)


class ConvergenceView(StageView):
    """Button, progress, verdict and chart; follows the context by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, STAGE, texts.CONVERGENCE_TITLE, texts.CONVERGENCE_HINT)
        self.verdict = label(select=True)
        self.chart = ChartView(range_convergence(_NOTHING))
        self.chart.setMinimumHeight(250)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.run_card, self.card, self.verdict, self.chart):
            layout.addWidget(widget)
        self.follow()

    def refresh(self) -> None:
        """Show the latest result; its file is read off the GUI thread."""
        self.run_card.note.setText(self.note(texts.CONVERGENCE_HINT))
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
        set_role(self.verdict, TextRole.WARN if enough(found) is None else TextRole.GOOD)
        self.chart.set_chart(range_convergence(found))
        self.chart.setToolTip(f"Last tensor to settle: {found.worst}")
