"""The card with a quantization's result, and the one that compares it with an earlier run."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QHeaderView, QTableWidget, QTableWidgetItem

from n6studio.domain.results import AnyResult
from n6studio.domain.states import CheckState
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.quantize.texts import Run, differences, guard_verdict, result_rows
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Card, Facts, StateIcon, button, label


class ResultCard(Card):
    """What was made. Hidden while there is nothing.

    Signals:
        step_wanted(by): an earlier run (1) or a later one (-1) is to be shown.
        settings_wanted(result): the settings of the run that is shown are to be taken over.
    """

    step_wanted = Signal(int)
    settings_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__("Result")
        self._result: AnyResult | None = None
        self._icon = StateIcon(CheckState.LATER, 20)
        self.verdict, self.stale, self.warnings = (
            label(select=True),
            label(role=TextRole.WARN),
            label(role=TextRole.WARN, select=True),
        )
        self.which = label(role=TextRole.MUTED)
        self.back = button("[", lambda: self.step_wanted.emit(1), name="Previous run", tip="Show the run before ([)")
        self.on = button("]", lambda: self.step_wanted.emit(-1), name="Next run", tip="Show the run after (])")
        self.use = button("Use its settings", self._use, tip="Use the settings of the run shown")
        self.facts = Facts()
        self.folder_button = button("Open folder", self._open, tip="Show the file in the file manager")
        row = QHBoxLayout()
        row.addWidget(self._icon)
        row.addWidget(self.verdict, 1)
        steps = QHBoxLayout()
        steps.addWidget(self.which, 1)
        for made in (self.use, self.back, self.on):
            steps.addWidget(made)
        self.body.addLayout(steps)
        self.body.addWidget(self.stale)
        self.body.addLayout(row)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.warnings)
        below = QHBoxLayout()
        below.addWidget(self.folder_button)
        below.addStretch(1)
        self.body.addLayout(below)
        self.hide()

    def show_result(self, result: AnyResult | None, stale: Sequence[str]) -> None:
        """Show a result, and why it would be made anew."""
        self._result = result
        self.setVisible(result is not None)
        if result is None:
            return
        kind, sentence = guard_verdict(result.figures)
        self._icon.show_mark(kind)
        self.verdict.setText(sentence)
        self.facts.show_rows(result_rows(result))
        self.stale.setText(f"Out of date: {'; '.join(stale)}.")
        self.stale.setVisible(bool(stale))
        self.warnings.setText("\n".join(result.warnings))
        self.warnings.setVisible(bool(result.warnings))

    def show_place(self, place: int, runs: Sequence[Run]) -> None:
        """Say which of the runs is shown; 0 is the newest."""
        many = len(runs) > 1
        for made in (self.which, self.back, self.on):
            made.setVisible(many)
        self.use.setVisible(many and place > 0)
        self.back.setEnabled(place + 1 < len(runs))
        self.on.setEnabled(place > 0)
        if many and place < len(runs):
            when = f"{runs[place].ended:%d %b %H:%M:%S}"
            self.which.setText(f"Run {len(runs) - place} of {len(runs)}, {when}")

    def _use(self) -> None:
        if self._result is not None:
            self.settings_wanted.emit(self._result)

    def _open(self) -> None:
        if self._result is not None:
            open_with_system(self, self._result.folder, self.warnings.setText)


class CompareCard(Card):
    """Differences to an earlier run, chosen from a list. Hidden while there is none."""

    def __init__(self) -> None:
        super().__init__("Compare with an earlier run")
        self._runs: tuple[Run, ...] = ()
        self._result: AnyResult | None = None
        self.runs = QComboBox()
        self.runs.setAccessibleName("Earlier run")
        self.runs.currentIndexChanged.connect(self._show)
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["", "Earlier run", "This run"])
        self.table.setAccessibleName("Differences between the runs")
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.same = label("The runs do not differ.", TextRole.MUTED)
        for widget in (self.runs, self.table, self.same):
            self.body.addWidget(widget)
        self.hide()

    def show_runs(self, result: AnyResult | None, runs: Sequence[Run]) -> None:
        """Offer all runs but the one that is shown."""
        self._result = result
        others = tuple(run for run in runs if result is not None and run.result.folder != result.folder)
        chosen = self._runs[self.runs.currentIndex()].result.folder if self._runs else None
        self._runs = others
        self.runs.blockSignals(True)
        self.runs.clear()
        self.runs.addItems([run.title() for run in others])
        place = next((index for index, run in enumerate(others) if run.result.folder == chosen), 0)
        self.runs.setCurrentIndex(place if others else -1)
        self.runs.blockSignals(False)
        self.setVisible(bool(others))
        self._show()

    def _show(self) -> None:
        index = self.runs.currentIndex()
        if self._result is None or not 0 <= index < len(self._runs):
            return
        rows = differences(self._runs[index].result, self._result)
        self.table.setRowCount(len(rows))
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        self.table.setVisible(bool(rows))
        self.same.setVisible(not rows)
        height = self.table.horizontalHeader().sizeHint().height() + 4
        self.table.setFixedHeight(height + sum(self.table.rowHeight(row) for row in range(len(rows))))
