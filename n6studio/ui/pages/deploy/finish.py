"""How a deployment ended, what the compiler made of the model, and what to do next."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from n6studio.domain.charts.deployment import epochs, memory_map
from n6studio.domain.charts.speed import memory_life, time_by_part
from n6studio.domain.model.compiled import CompiledModel, Epochs
from n6studio.domain.model.memory_map import MemoryRegion
from n6studio.domain.model.speed_text import NOT_MEASURED, changes, predicted
from n6studio.domain.results import StageResult
from n6studio.domain.texts import bytes_text, gmac
from n6studio.engine.deploy.flow import addresses_in_words
from n6studio.engine.deploy.report import outcome
from n6studio.stages.deploy.figures import DeployFigures
from n6studio.ui.charts.view import ChartView
from n6studio.ui.pages.deploy import texts
from n6studio.ui.states import PageState
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import Card, Facts, StateIcon, button, label


class FinishCard(Card):
    """Hidden until something was deployed.

    Signals:
        live_wanted, another_wanted, release_wanted, report_wanted: buttons.
    """

    live_wanted = Signal()
    another_wanted = Signal()
    release_wanted = Signal()
    report_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        top = QHBoxLayout()
        self.icon = StateIcon(PageState.DONE, 20)
        self.title, self.text = label(role=TextRole.HEADING), label(select=True)
        self.when, self.stale = label(role=TextRole.MUTED, wrap=False), label(role=TextRole.WARN)
        top.addWidget(self.icon)
        top.addWidget(self.title, 1)
        top.addWidget(self.when)
        self.body.addLayout(top)
        self.body.addWidget(self.text)
        self.body.addWidget(self.stale)
        self.live_button = button("Open live view", self.live_wanted.emit)
        self.another_button = button("Flash another board", self.another_wanted.emit, tip=texts.ANOTHER_TIP)
        self.release_button = button(
            "Save release…",
            self.release_wanted.emit,
            tip=texts.RELEASE_TIP,
        )
        self.report_button = button("Open report", self.report_wanted.emit)
        flow = Flow()
        for made in (self.live_button, self.another_button, self.release_button, self.report_button):
            flow.addWidget(made)
        self.body.addLayout(flow)
        self.hide()

    def show_result(self, result: StageResult[DeployFigures] | None, stale: tuple[str, ...]) -> None:
        """Show the latest deployment, or nothing."""
        self.setVisible(result is not None)
        if result is None:
            return
        figures = result.figures
        on_board = figures.programmed is not None
        silent = figures.running is not None and figures.running.runs is False
        self.icon.show_mark(PageState.STALE if stale else PageState.FAILED if silent else PageState.DONE)
        name = figures.board.name
        self.title.setText(f"{name} programmed" if on_board else f"{name}: {texts.IMAGES_READY}")
        self.when.setText(figures.finished[:16].replace("T", " "))
        self.text.setText("\n".join([outcome(figures), *addresses_in_words(figures)]))
        self.stale.setText(f"Out of date: {'; '.join(stale)}." if stale else "")
        self.stale.setVisible(bool(stale))
        self.live_button.setVisible(on_board)
        self.another_button.setVisible(on_board)
        self.setAccessibleName(f"{self.title.text()}. {self.when.text()}. {self.text.text()}")


class CompileCard(Card):
    """The compiler's report: figures, and where the model is computed."""

    def __init__(self) -> None:
        super().__init__("Compiled model")
        self.facts = Facts()
        self.body.addWidget(self.facts)
        self.changes = label(role=TextRole.MUTED, select=True)
        self.body.addWidget(self.changes)
        self.epochs, self.memory = ChartView(epochs(Epochs(0, 0, 0, 0))), ChartView(memory_map(()))
        self.time, self.life = ChartView(time_by_part(())), ChartView(memory_life(()))
        charts = QGridLayout()
        charts.setSpacing(10)
        charts.addWidget(self.memory, 0, 0)
        charts.addWidget(self.epochs, 1, 0)
        charts.addWidget(self.time, 2, 0)
        charts.addWidget(self.life, 3, 0)
        self.body.addLayout(charts)
        self.show_figures(None)

    def show_figures(self, figures: DeployFigures | None) -> None:
        """Show what a deployment found of the model; hidden without one."""
        if figures is None:
            self.hide()
            return
        self.show_compiled(figures.compile, figures.application.name)
        self.show_memory(figures.memory)

    def show_compiled(self, found: CompiledModel, application: str = "") -> None:
        """Show the compiler's report."""
        self.show()
        counts, time = found.epochs, predicted(found)
        self.facts.show_rows(
            [
                ("Compiler", found.compiler),
                ("Multiply-accumulates", gmac(found.macc) if found.macc else ""),
                ("Weights", _size(found.weights_bytes)),
                ("Activations", _size(found.activations_bytes)),
                ("Epochs", str(counts.total) if counts is not None else ""),
                ("Application", application),
                ("Predicted time", time),
            ]
        )
        advised = [*changes(found), *([NOT_MEASURED] if time else [])]
        self.changes.setText("\n".join(advised))
        self.changes.setVisible(bool(advised))
        for view, chart in ((self.time, time_by_part(found.steps)), (self.life, memory_life(found.pools))):
            view.setVisible(chart.has_data)
            view.set_chart(chart)
        self.epochs.setVisible(counts is not None)
        if counts is not None:
            self.epochs.set_chart(epochs(counts))

    def show_memory(self, regions: Sequence[MemoryRegion]) -> None:
        """Show what fills the board's memories."""
        self.show()
        self.memory.set_chart(memory_map(regions))


def _size(size: int | None) -> str:
    return "" if size is None else f"{bytes_text(size)} ({size:,} bytes)"
