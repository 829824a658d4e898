"""What a board found beside what this computer finds with the same models, and where the two part."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.evaluation.board import BoardFacts
from n6studio.domain.evaluation.board_texts import (
    ACCURACY_HEADS,
    LADDER_HEADS,
    TIMES_HEADS,
    accuracy_rows,
    divergence,
    ladder_rows,
    link_text,
    times_rows,
)
from n6studio.domain.evaluation.results import Evaluation
from n6studio.ui.background import Latest
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.pages.evaluate.data import ResultsUnusable, load_evaluation
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import ElidedLabel, button, label, set_role

Rows = tuple[tuple[str, ...], ...]


class BoardTab(QWidget):
    """The board of the evaluation that is shown, or of one that was opened: accuracy, ladder of parity, times, link.

    Signals:
        seen: the tab comes into sight.
        run_wanted(address): the chosen board is to be asked.
        cancel_wanted: it is not to be asked any longer.
    """

    seen = Signal()
    run_wanted = Signal(str)
    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._opened = False
        self._reading = Latest(self)
        self.boards = QComboBox()
        self.boards.setAccessibleName("Board to evaluate on")
        self.boards.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.run_button = button(
            "Evaluate on board", lambda: self.run_wanted.emit(self.boards.currentData() or ""), ButtonRole.PRIMARY
        )
        self.cancel_button = button("Cancel", self.cancel_wanted.emit, name="Cancel the evaluation on the board")
        self.progress = ElidedLabel(role=TextRole.MUTED)
        self.reason = label("", TextRole.MUTED)
        self.error = ErrorCard()
        self.name = label("", TextRole.MUTED, select=True)
        self.sentence = label(texts.NO_BOARD, select=True)
        self.open_button = button("Open results…", self.ask_for_results, tip=texts.OPEN_BOARD_TIP)
        self.accuracy = _table("Accuracy of every model", ACCURACY_HEADS)
        self.ladder = _table("Ladder of parity", LADDER_HEADS)
        self.times = _table("Milliseconds of an image on the board", TIMES_HEADS)
        self.link = label("", TextRole.MUTED, select=True)
        top = QHBoxLayout()
        top.addWidget(self.sentence, 1)
        top.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.setSpacing(10)
        ask = QHBoxLayout()
        for made in (self.boards, self.run_button, self.cancel_button):
            ask.addWidget(made)
        ask.addWidget(self.progress, 1)
        ask.addWidget(self.reason, 1)
        ask.addStretch(0)
        layout.addLayout(ask)
        layout.addWidget(self.error)
        layout.addLayout(top)
        for widget in (self.name, self.accuracy, self.ladder, self.times, self.link):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._show(None, None)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802, D102
        super().showEvent(event)
        self.seen.emit()

    def show_boards(self, found: Sequence[tuple[str, str]]) -> None:
        """List boards as (address, what it is called); the choice stays where it can."""
        before = self.boards.currentData()
        self.boards.clear()
        for address, title in found:
            self.boards.addItem(title, address)
        self.boards.setCurrentIndex(max(0, self.boards.findData(before)))

    def show_running(self, running: bool, missing: str) -> None:
        """Show whether a board is being asked; `missing` is why none can be, as a sentence."""
        self.boards.setEnabled(not running)
        self.run_button.setVisible(not running)
        self.run_button.setEnabled(not missing)
        self.cancel_button.setVisible(running)
        self.progress.setVisible(running)
        self.reason.setText(missing)
        self.reason.setVisible(bool(missing) and not running)

    def show_evaluation(self, results: Evaluation) -> None:
        """Show the board of an evaluation; one without leaves what was opened by hand."""
        if results.board is not None or not self._opened:
            self._opened = False
            self._show(results, results.board)

    def ask_for_results(self) -> None:
        """Let the user choose what `evaluate --on-board` wrote."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Results of an evaluation on a board", "", "results.json (*.json)"
        )
        if chosen:
            self.open_results(Path(chosen))

    def open_results(self, path: Path) -> None:
        """Show the board of an evaluation in a file; it is read off the window's thread."""
        self._reading.ask(
            lambda: load_evaluation({"results": path}).results,
            lambda results: self._show_opened(path, results),
            lambda error: self._say(
                str(error) if isinstance(error, ResultsUnusable) else f"{path} cannot be read: {reason_of(error)}.",
                TextRole.BAD,
            ),
        )

    def _show_opened(self, path: Path, results: Evaluation) -> None:
        if results.board is None:
            self._say(texts.no_board_in(path), TextRole.BAD)
            return
        self._opened = True
        self._show(results, results.board)

    def _show(self, results: Evaluation | None, board: BoardFacts | None) -> None:
        there = results is not None and board is not None
        for widget in (self.name, self.accuracy, self.ladder, self.times, self.link):
            widget.setVisible(there)
        if results is None or board is None:
            self._say(texts.NO_BOARD, TextRole.MUTED)
            return
        self.name.setText(f"{board.name}, {board.firmware}; it ran {board.model}")
        self._say(divergence(board), TextRole.GOOD if board.divergence is None else TextRole.WARN)
        self.link.setText("\n".join(link_text(board)))
        for table, rows in (
            (self.accuracy, accuracy_rows(results)), (self.ladder, ladder_rows(board)), (self.times, times_rows(board)),
        ):  # fmt: skip
            _fill(table, rows)

    def _say(self, text: str, role: TextRole) -> None:
        self.sentence.setText(text)
        set_role(self.sentence, role)


def _table(name: str, heads: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(heads))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels([head or name for head in heads])
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table


def _fill(table: QTableWidget, rows: Rows) -> None:
    """Show rows, and no more room than they take."""
    table.setRowCount(len(rows))
    for place, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            table.setItem(place, column, QTableWidgetItem(cell))
    table.resizeRowsToContents()
    height = table.horizontalHeader().sizeHint().height() + sum(table.rowHeight(place) for place in range(len(rows)))
    table.setFixedHeight(height + 2 * table.frameWidth())
