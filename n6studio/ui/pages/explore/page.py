"""Candidates of an exploration: chart, table, and from each to a project, to a comparison, and to the board."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.exploration import AVERAGED, Exploration, chart_of, ram_chart_of
from n6studio.domain.pages import PageKey
from n6studio.domain.texts import counted
from n6studio.engine.project.explorations import file_of, read_exploration
from n6studio.report.exploration import HEADINGS, figures_of
from n6studio.ui.background import Latest
from n6studio.ui.charts.view import ChartView
from n6studio.ui.command_run import CommandRun
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.explore.actions import ACTIONS
from n6studio.ui.pages.explore.batch import Batch, BatchDialog
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.runs.difference import DifferenceDialog
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import ElidedLabel, button, label
from n6studio.ui.widgets.turning_splitter import TurningSplitter

NOTHING = "No table is open. Start a batch, or open the explore.json of an earlier one."
SIDE_BY_SIDE = 700  # pixels of the page from which its charts stand beside each other
CLICK = "Click a point to open, compare or deploy it."


class ExplorePage(Page):
    """Makes tables with the command, and shows them; files are read off the GUI thread."""

    key, title = PageKey.EXPLORE, "Explore"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.path: Path | None = None
        self.exploration = Exploration(schema=1, command="", candidates=(), front=())
        self._reading = Latest(self)
        self.error_card = ErrorCard()
        self._again: Batch | None = None  # what was started last
        self._to_board: Path | None = None  # what is opened to be deployed
        self.summary = label(NOTHING, role=TextRole.MUTED, select=True)
        self.charts = ChartView(chart_of(self.exploration)), ChartView(ram_chart_of(self.exploration))
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["Candidate", *HEADINGS])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAccessibleName("Candidates")
        self.table.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.command = CommandRun(context, self)
        self.progress = ElidedLabel(role=TextRole.MUTED)
        self.cancel_button = button("Cancel", self.command.cancel, name="Cancel the batch")
        self.buttons = {
            "batch": button("Start a batch…", self.ask_batch, tip="Choose models, input sizes and schemes"),
            "table": button("Open table…", self.ask_table, tip="An explore.json that n6studio explore wrote"),
            "candidate": button("Open as a project", self.open_candidate, ButtonRole.PRIMARY),
            "board": button("Take to the board", self.take_to_board, tip="Open it as a project and go to Deploy"),
            "compare": button("Compare two", self.compare),
            "report": button("Open report", self.open_report),
        }
        self._lay_out()
        self.offer(
            ACTIONS,
            batch=self.ask_batch,
            table=self.ask_table,
            board=self.take_to_board,
            candidate=self.open_candidate,
            compare=self.compare,
            report=self.open_report,
        )
        self.table.itemSelectionChanged.connect(self._look)
        self.table.itemDoubleClicked.connect(lambda *_: self.open_candidate())
        context.project_opened.connect(self._opened)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(lambda at: self._menu(self.table.viewport().mapToGlobal(at)))
        for chart in self.charts:
            chart.failed.connect(context.notice)
            chart.opened.connect(self.choose)
        self.command.told.connect(self.progress.setText)
        self.command.changed.connect(self._look)
        self.command.done.connect(self._made)
        self.command.failed.connect(self._not_made)
        self._look()

    def _lay_out(self) -> None:
        row, charts = Flow(), TurningSplitter(SIDE_BY_SIDE)
        for made in self.buttons.values():
            row.addWidget(made)
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
        running = QHBoxLayout()
        running.addWidget(self.progress, 1)
        running.addWidget(self.cancel_button)
        layout.addLayout(running)
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
        chosen, running = len(self.table.selectedItems()), self.command.running
        self.progress.setVisible(running)
        self.cancel_button.setVisible(running)
        self.buttons["batch"].setEnabled(not running)
        for name in ("candidate", "board"):
            self.buttons[name].setEnabled(chosen == 1)
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
        self._reading.ask(lambda: read_exploration(path), lambda found: self._show(path, found), self._failed)

    def _failed(self, error: Exception) -> None:
        self.error_card.show_error(expected(error, "explore"))

    # --- a batch

    def ask_batch(self) -> None:
        """Ask what is to be explored."""
        if not self.command.running:
            dialog = BatchDialog(self, self.context.project)
            dialog.wanted.connect(self.start)
            dialog.open()

    def start(self, batch: Batch) -> None:
        """Explore in a process of its own."""
        self.error_card.clear()
        self._again = batch
        self.progress.setText("Starting…")
        self.command.begin("Exploration", batch.words(), Path.home())

    def _made(self, outputs: Mapping[str, Path]) -> None:
        self.open_table(outputs["table"])

    def _not_made(self, error: StudioError) -> None:
        batch = self._again
        if isinstance(error, Cancelled):
            self.context.notice.emit("Cancelled. The same batch goes on with what is finished.")
        else:
            self.error_card.show_error(error, None if batch is None else lambda: self.start(batch))

    def close_down(self) -> None:  # noqa: D102
        self.command.close_down()

    # --- a table

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
        averaged = f" {AVERAGED}" if exploration.average else ""
        self.summary.setText(f"{CLICK}{averaged}\n{exploration.command}")
        self._look()
        self.state_changed.emit()

    def open_candidate(self) -> None:
        """Open the selected candidate as a project, from where it goes to the board."""
        if len(files := self.selected()) == 1:
            self.context.request_open(files[0])

    def take_to_board(self) -> None:
        """Open the selected candidate as a project, and go on to Deploy once it is open."""
        if len(files := self.selected()) == 1:
            self._to_board = files[0]
            self.context.request_open(files[0])

    def _opened(self) -> None:
        """Go on to Deploy, if the project that was opened is the candidate that was to go to the board."""
        wanted, self._to_board = self._to_board, None
        if wanted is not None and self.context.project is not None and self.context.project.model == wanted:
            self.context.page_requested.emit(PageKey.DEPLOY)
        self._look()

    def choose(self, place: int) -> None:
        """Offer what can be done with a candidate whose point was clicked; what was selected can be compared with."""
        before = self.table.selectedItems()
        item = self.table.topLevelItem(place)
        if item is None:
            return
        if len(before) != 1 or before[0] is item:
            self.table.clearSelection()
        item.setSelected(True)
        self.table.scrollToItem(item)
        self._menu(QCursor.pos(), place)

    def _menu(self, at: QPoint, place: int = -1) -> None:
        """Show what the buttons do, at a point of the screen; of a clicked point, for it alone where it must be one."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ("candidate", "board", "compare"):
            made = self.buttons[name]
            action = menu.addAction(made.text())
            action.setEnabled(made.isEnabled() or (place >= 0 and name != "compare"))
            action.triggered.connect(partial(self._do, name, place))
        menu.popup(at)

    def _do(self, name: str, place: int, _: bool = False) -> None:
        item = self.table.topLevelItem(place)
        if name != "compare" and item is not None:
            self.table.clearSelection()
            item.setSelected(True)
        self.buttons[name].click()

    def compare(self) -> None:
        """Let two candidates be compared."""
        if len(files := self.selected()) == 2 and self.context.project is not None:
            DifferenceDialog(self, self.context, tuple(files)).open()

    def open_report(self) -> None:
        """Open the report that lies beside the table."""
        if self.path is not None:
            open_with_system(self, self.path.with_suffix(".html"), self.context.notice.emit)
