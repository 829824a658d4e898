"""Candidates of an exploration: chart, table, and from each to a project, to a comparison, and to the board."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from n6studio.domain.errors.base import StudioError
from n6studio.domain.exploration import Exploration, chart_of, ram_chart_of
from n6studio.domain.pages import PageKey
from n6studio.domain.texts import counted
from n6studio.engine.project.explorations import file_of, read_exploration
from n6studio.report.exploration import HEADINGS, figures_of
from n6studio.ui.background import run_in_background
from n6studio.ui.charts.view import ChartView
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import expected
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.explore.actions import ACTIONS
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.runs.difference import DifferenceDialog
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import button, label

NOTHING = "No table is open. Make one with n6studio explore, then open its explore.json."


class ExplorePage(Page):
    """Shows a table that the command made; the file is read off the GUI thread."""

    key, title = PageKey.EXPLORE, "Explore"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.path: Path | None = None
        self.exploration = Exploration(schema=1, command="", candidates=(), front=())
        self.error_card = ErrorCard()
        self.summary = label(NOTHING, role=TextRole.MUTED, select=True)
        self.charts = ChartView(chart_of(self.exploration)), ChartView(ram_chart_of(self.exploration))
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["Candidate", *HEADINGS])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAccessibleName("Candidates")
        self.table.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.buttons = {
            "table": button("Open table…", self.ask_table, tip="An explore.json that n6studio explore wrote"),
            "candidate": button("Open as a project", self.open_candidate, ButtonRole.PRIMARY),
            "compare": button("Compare two", self.compare),
            "report": button("Open report", self.open_report),
        }
        self._lay_out()
        self.offer(
            ACTIONS,
            table=self.ask_table,
            candidate=self.open_candidate,
            compare=self.compare,
            report=self.open_report,
        )
        self.table.itemSelectionChanged.connect(self._look)
        self.table.itemDoubleClicked.connect(lambda *_: self.open_candidate())
        context.project_opened.connect(self._look)  # two are compared inside a project
        for chart in self.charts:
            chart.failed.connect(context.notice)
        self._look()

    def _lay_out(self) -> None:
        row, charts = QHBoxLayout(), QSplitter(Qt.Orientation.Horizontal)
        for made in self.buttons.values():
            row.addWidget(made)
        row.addStretch(1)
        for chart in self.charts:
            charts.addWidget(chart)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(charts)
        halves.addWidget(self.table)
        halves.setStretchFactor(0, 3)
        halves.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(row)
        layout.addWidget(self.summary)
        layout.addWidget(self.error_card)
        layout.addWidget(halves, 1)

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        count = len(self.exploration.candidates)
        return (PageState.DONE, counted(count, "candidate")) if count else (PageState.EMPTY, "")

    def selected(self) -> list[Path]:
        """Return the files of the selected candidates, in the order of the table; none where one lies elsewhere."""
        places = sorted(self.table.indexOfTopLevelItem(item) for item in self.table.selectedItems())
        if self.path is None:
            return []
        try:
            return [file_of(self.path, self.exploration.candidates[place]) for place in places]
        except StudioError as error:
            self._failed(error)
            return []

    def _look(self) -> None:
        chosen = len(self.table.selectedItems())
        self.buttons["candidate"].setEnabled(chosen == 1)
        self.buttons["compare"].setEnabled(chosen == 2 and self.context.project is not None)
        self.buttons["report"].setEnabled(self.path is not None)

    # --- what can be done

    def ask_table(self) -> None:
        """Ask which table is to be shown."""
        dialog = QFileDialog(self, "Open a table", "", "Explorations (explore.json);;JSON (*.json)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.open_table(Path(chosen)))
        dialog.open()

    def open_table(self, path: Path) -> None:
        """Read a table and show it."""
        run_in_background(self, lambda: read_exploration(path), lambda found: self._show(path, found), self._failed)

    def _failed(self, error: Exception) -> None:
        self.error_card.show_error(expected(error, "explore"))

    def _show(self, path: Path, exploration: Exploration) -> None:
        self.path, self.exploration = path, exploration
        self.error_card.clear()
        self.table.clear()
        for place, one in enumerate(exploration.candidates):
            mark = "★ " if place in exploration.front else ""
            item = QTreeWidgetItem([mark + one.title, *figures_of(one)])
            item.setToolTip(0, f"{one.path}\nSHA-256 {one.sha256}")
            self.table.addTopLevelItem(item)
        for chart, made in zip(self.charts, (chart_of, ram_chart_of), strict=True):
            chart.set_chart(made(exploration))
        self.summary.setText(exploration.command)
        self._look()
        self.state_changed.emit()

    def open_candidate(self) -> None:
        """Open the selected candidate as a project, from where it goes to the board."""
        if len(files := self.selected()) == 1:
            self.context.request_open(files[0])

    def compare(self) -> None:
        """Let two candidates be compared."""
        if len(files := self.selected()) == 2 and self.context.project is not None:
            DifferenceDialog(self, self.context, tuple(files)).open()

    def open_report(self) -> None:
        """Open the report that lies beside the table."""
        if self.path is not None:
            open_with_system(self, self.path.with_suffix(".html"), self.context.notice.emit)
