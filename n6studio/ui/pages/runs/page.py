"""The timeline of everything the project ever made: name, pin, note, compare, go back, share, tidy."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHeaderView,
    QInputDialog,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.pages import PageKey
from n6studio.domain.project import Project
from n6studio.domain.texts import bytes_text, counted
from n6studio.engine.project.timeline import (
    RunNote,
    TimelineRun,
    gone_back,
    share,
    tidied,
    timeline,
    write_note,
)
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.stages.registry import STAGES
from n6studio.ui.ask import ask
from n6studio.ui.background import Latest, one_thread, run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.outcomes import outcome
from n6studio.ui.pages.page import Page
from n6studio.ui.pages.runs.actions import ACTIONS
from n6studio.ui.pages.runs.comparing import compared
from n6studio.ui.pages.runs.difference import DifferenceDialog
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import button, label, nothing_yet, widest_text

NOTHING_TITLE = "No runs yet"
NOTHING = (
    "Everything that this project makes is kept here: every export, quantization, evaluation and deployment.\n"
    "Name, pin and compare runs, go back to one, or share it as a zip."
)
CHOOSE = "Select a run to see its settings and figures, or several to compare them."
COLUMNS = ("", "When", "Step", "Name", "Result", "Disk")
KEY = int(Qt.ItemDataRole.UserRole)


class RunsPage(Page):
    """Reads the project's folder off the GUI thread whenever it is shown or a result changes."""

    key, title = PageKey.RUNS, "Runs"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.runs: tuple[TimelineRun, ...] = ()
        self._looks = Latest(self)
        self._writing = one_thread(self)  # notes of all runs lie in one file
        self.error_card = ErrorCard()
        self.table, self.detail = _table(COLUMNS, "Runs"), _table(("", "Value"), "Settings and figures")
        self.table.header().setStretchLastSection(False)
        self.table.header().setSectionResizeMode(COLUMNS.index("Result"), QHeaderView.ResizeMode.Stretch)
        self.table.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.note = label(role=TextRole.MUTED, select=True)
        self._lay_out()
        self.offer(
            ACTIONS,
            pin=self.pin,
            name=self.ask_name,
            back=self.go_back,
            share=self.ask_share,
            folder=self._open_folder,
            tidy=self.tidy,
            difference=self.compare_files,
        )
        self.table.itemSelectionChanged.connect(self._show_selected)
        context.project_opened.connect(self.look)
        context.result_changed.connect(lambda _: self.look())
        self._show_selected()

    def _lay_out(self) -> None:
        self.buttons = {
            "pin": button("Pin", self.pin, tip="Pinned runs stay when the project is tidied"),
            "name": button("Name and note…", self.ask_name),
            "back": button("Go back to this", self.go_back, ButtonRole.PRIMARY, tip="Take over its settings"),
            "share": button("Share…", self.ask_share, tip="Write a zip that opens elsewhere"),
            "folder": button("Open folder", self._open_folder, name="Open the run's folder"),
        }
        self.tidy_button = button("Tidy…", self.tidy, tip="Delete the runs that nothing needs")
        tip = "Why does one quantized file lose people and another not? Selected runs are filled in"
        self.difference_button = button("Compare two files…", self.compare_files, tip=tip)
        row = Flow(spacing=6)
        for made in (*self.buttons.values(), self.difference_button, self.tidy_button):
            row.addWidget(made)
        widest_text(self.buttons["pin"], ("Pin", "Unpin"))
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.note)
        column.addWidget(self.detail, 1)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.addWidget(self.table)
        halves.addWidget(right)
        halves.setStretchFactor(0, 3)
        halves.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(row)
        layout.addWidget(self.error_card)
        layout.addWidget(halves, 1)
        self.nothing = nothing_yet(NOTHING_TITLE, NOTHING)
        layout.addWidget(self.nothing, 1)
        self._halves = halves

    # --- the page's contract

    def state(self) -> tuple[PageState, str]:  # noqa: D102
        if self.context.project is None or not self.runs:
            return PageState.EMPTY, ""
        total = sum(run.disk_bytes for run in self.runs)
        return PageState.DONE, f"{counted(len(self.runs), 'run')}, {bytes_text(total)}"

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """Read the project's runs anew."""
        project = self.context.project
        if project is None:
            self._show(None, ())
        elif self.isVisible():
            self._looks.ask(lambda: timeline(project), lambda runs: self._show(project, runs), self._failed)

    def _failed(self, error: Exception) -> None:
        self.error_card.show_error(expected(error, "runs"))

    # --- what is shown

    def _show(self, project: Project | None, runs: tuple[TimelineRun, ...]) -> None:
        now = self.context.project
        if (project.folder if project else None) != (now.folder if now else None):
            return
        chosen = {run.key for run in self.selected()}
        self.runs = runs
        self.table.clear()
        for run in runs:
            item = QTreeWidgetItem(self._columns(run))
            item.setData(0, KEY, run.key)
            item.setToolTip(4, run.note.text or item.text(4))
            self.table.addTopLevelItem(item)
            item.setSelected(run.key in chosen)
        self._show_selected()
        self.state_changed.emit()

    def _columns(self, run: TimelineRun) -> list[str]:
        when = run.result.finished[:16].replace("T", " ")
        shown = self.context.results.get(run.stage)
        mark = "★" if run.note.pinned else "●" if shown is not None and shown.folder == run.result.folder else ""
        return [mark, when, STAGES[run.stage].title, run.note.name, outcome(run.result), bytes_text(run.disk_bytes)]

    def selected(self) -> list[TimelineRun]:
        """Return the runs that are selected, in the order of the table."""
        keys = {item.data(0, KEY) for item in self.table.selectedItems()}
        return [run for run in self.runs if run.key in keys]

    def _show_selected(self) -> None:
        chosen = self.selected()
        for made in self.buttons.values():
            made.setEnabled(len(chosen) == 1)
        self.tidy_button.setEnabled(bool(self.runs))
        if len(chosen) == 1:
            self.buttons["pin"].setText("Unpin" if chosen[0].note.pinned else "Pin")
        self._halves.setVisible(bool(self.runs))
        self.nothing.setVisible(not self.runs)
        if chosen and self.detail.isHidden():  # its columns want more than what a list of runs leaves
            wide = self._halves.width()
            self._halves.setSizes([wide // 2, wide - wide // 2])
        self.detail.setVisible(bool(chosen))
        self.note.setText(CHOOSE if not chosen else chosen[0].note.text if len(chosen) == 1 else "")
        self.note.setVisible(bool(self.note.text()))
        self.detail.clear()
        self.detail.setColumnCount(1 + len(chosen))
        self.detail.setHeaderLabels(["", *(run.note.name or run.result.folder.name[:6] for run in chosen)])
        for name, values in compared(chosen) if chosen else ():
            self.detail.addTopLevelItem(QTreeWidgetItem([name, *values]))

    def _one(self) -> tuple[Project, TimelineRun] | None:
        chosen, project = self.selected(), self.context.project
        return (project, chosen[0]) if project is not None and len(chosen) == 1 else None

    # --- what can be done with one

    def pin(self) -> None:
        """Pin the run, or let it go again."""
        if (one := self._one()) is not None:
            note = one[1].note
            self._keep(one[0], one[1], RunNote(note.name, note.text, not note.pinned))

    def ask_name(self) -> None:
        """Ask for a name and, behind the first line, a note."""
        if (one := self._one()) is None:
            return
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Name and note")
        dialog.setLabelText("The first line is the name, the rest a note:")
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setTextValue("\n".join(part for part in (one[1].note.name, one[1].note.text) if part))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(lambda text: self.name_run(one[1], text))
        dialog.open()

    def name_run(self, run: TimelineRun, text: str) -> None:
        """Take the first line as the run's name and the rest as a note."""
        name, _, rest = text.strip().partition("\n")
        if self.context.project is not None:
            self._keep(self.context.project, run, RunNote(name.strip(), rest.strip(), run.note.pinned))

    def _keep(self, project: Project, run: TimelineRun, note: RunNote) -> None:
        run_in_background(
            self, lambda: write_note(project, run.key, note), lambda _: self.look(), self._failed, self._writing
        )

    def go_back(self) -> None:
        """Take over the settings of the run, and of those that it was made from."""
        if (one := self._one()) is None:
            return
        try:
            then = gone_back(one[0], one[1], self.runs)
        except Exception as error:
            self._failed(error)
            return
        self.context.change_project(settings=then.settings)
        self.context.notice.emit("The run's settings are back. Undo in the command palette takes that back.")

    def ask_share(self) -> None:
        """Ask where the zip goes, and write it."""
        if (one := self._one()) is None:
            return
        name = f"{one[0].folder.stem}-{one[1].note.name or one[1].result.folder.name[:6]}.zip"
        dialog = QFileDialog(self, "Share a run", name, "Zip (*.zip)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.share_run(one[0], one[1], Path(chosen)))
        dialog.open()

    def share_run(self, project: Project, run: TimelineRun, path: Path) -> None:
        """Write the run's zip."""
        runs = self.runs
        run_in_background(
            self,
            lambda: share(project, run, runs, path),
            lambda _: self.context.notice.emit(f"Shared as {path.name}"),
            self._failed,
        )

    def _open_folder(self) -> None:
        if (one := self._one()) is not None:
            open_with_system(self, one[1].result.folder, self.context.notice.emit)

    def compare_files(self) -> None:
        """Let two quantized files be compared: those of selected runs, the older one first, or any others."""
        if self.context.project is not None:
            files = [run.result.outputs["tflite"] for run in self.selected() if run.stage == QUANTIZE.name]
            DifferenceDialog(self, self.context, tuple(reversed(files[:2]))).open()

    def tidy(self) -> None:
        """Ask, then delete what is neither pinned, named nor shown."""
        project, runs = self.context.project, self.runs
        if project is None or self.context.running is not None:
            self.context.notice.emit("A job is running: tidy up afterwards")
            return
        text = "Runs that are neither pinned, named nor shown on a page are deleted. This cannot be undone."
        if ask(self, "Tidy up", text, "Delete them", "Keep everything"):
            current = [result.folder for result in self.context.results.values()]
            run_in_background(self, lambda: tidied(project, runs, current), self._tidied, self._failed)

    def _tidied(self, freed: int) -> None:
        self.context.notice.emit(f"{bytes_text(freed)} freed")
        self.look()


def _table(columns: tuple[str, ...], name: str) -> QTreeWidget:
    made = QTreeWidget()
    made.setHeaderLabels(list(columns))
    made.setRootIsDecorated(False)
    made.setUniformRowHeights(True)
    made.setAccessibleName(name)
    made.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return made
