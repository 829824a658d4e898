"""What the checkpoint of the open project is, and whether it can go to the board."""

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.states import CheckState
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.figures import InspectFigures
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context
from n6studio.ui.pages.import_ import texts
from n6studio.ui.pages.import_.skeleton import SkeletonCard
from n6studio.ui.pages.import_.texts import SHOWN_FIRST, VERDICT_ROLES, fact_rows, later_text, outcome
from n6studio.ui.states import CHECK_WORDS
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import Card, Facts, StateIcon, button, clear, in_a_column, label, set_role
from n6studio.ui.widgets.size_choice import SizeChoice
from n6studio.ui.widgets.turning_row import TurningRow


class CheckpointView(QWidget):
    """Draws from the result of the stage "inspect", which runs by itself when a project is opened."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._shown: InspectFigures | None = None
        self._lay_out()
        context.project_changed.connect(self._project_changed)
        context.result_changed.connect(lambda _: self._show())
        context.job_started.connect(lambda stage: self._show() if stage == INSPECT.name else None)
        context.job_failed.connect(self._failed)
        self._project_changed()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        top = QHBoxLayout()
        self._name = label(role=TextRole.HEADING, select=True)
        top.addWidget(self._name, 1)
        self._replace = button("Choose another...", self.context.browse_requested.emit, command="open")
        top.addWidget(self._replace)
        layout.addLayout(top)
        self._waiting = label("Reading the model...", TextRole.MUTED)
        layout.addWidget(self._waiting)
        self.card = ErrorCard()
        layout.addWidget(self.card)
        self._found = TurningRow(in_a_column(*self._left()), in_a_column(*self._right()))
        layout.addWidget(self._found)
        self.keypoints = SkeletonCard(self.context)
        layout.addWidget(self.keypoints)
        layout.addStretch(1)

    def _left(self) -> tuple[Card, ...]:
        self._facts = Facts()
        about = Card("Model")
        about.body.addWidget(self._facts)
        self._verdict = label()
        self._checks = QGridLayout()
        self._checks.setHorizontalSpacing(10)
        self._checks.setVerticalSpacing(7)
        self._checks.setColumnStretch(2, 1)
        self._later = label(role=TextRole.MUTED)
        ready = Card("STM32N6 readiness")
        ready.body.addWidget(self._verdict)
        ready.body.addLayout(self._checks)
        ready.body.addWidget(self._later)
        return about, ready

    def _right(self) -> tuple[Card, ...]:
        self.sizes = SizeChoice()
        self.sizes.chosen.connect(self._choose_size)
        self._size_card = Card("Input size", texts.SIZE_HINT)
        self._size_card.body.addWidget(self.sizes)
        self.layouts = QComboBox()
        self.layouts.setAccessibleName(texts.LAYOUT_TITLE)
        self.layouts.activated.connect(self._choose_layout)
        self._layout_card = Card(texts.LAYOUT_TITLE, texts.LAYOUT_HINT)
        self._layout_card.body.addWidget(self.layouts)
        return self._layout_card, self._size_card

    def _choose_layout(self, row: int) -> None:
        """Take over how the output is read, for every stage that reads it, and look again."""
        project, code = self.context.project, self.layouts.itemData(row)
        if project is None or not code:
            return
        settings = {
            INSPECT.name: dataclasses.replace(project.settings_of(INSPECT), layout=code),
            QUANTIZE.name: dataclasses.replace(project.settings_of(QUANTIZE), layout=code),
            EVALUATE.name: dataclasses.replace(project.settings_of(EVALUATE), layout=code),
        }
        self.context.change_project(settings={**project.settings, **settings})
        self.context.submit(INSPECT.name)

    def _choose_size(self, size: InputSize) -> None:
        project = self.context.project
        if project is not None:
            settings = dataclasses.replace(project.settings_of(EXPORT), imgsz=size)
            self.context.change_settings(EXPORT, settings)

    # --- what is shown

    def _project_changed(self) -> None:
        project = self.context.project
        if project is not None:
            self._name.setText(project.model.name)
            self._name.setToolTip(str(project.model))
        self._show()

    def _failed(self, stage: str, error: StudioError) -> None:
        if stage == INSPECT.name and not isinstance(error, Cancelled):
            self.card.show_error(error, lambda: self.context.submit(INSPECT.name))
        if stage == INSPECT.name:
            self._show()

    def _show(self) -> None:
        result, project = self.context.result(INSPECT), self.context.project
        if self.context.running == INSPECT.name or INSPECT.name not in self.context.errors:
            self.card.clear()
        failed = INSPECT.name in self.context.errors
        known = result is not None and not failed
        self._waiting.setVisible(not known and not failed)
        self._found.setVisible(known)
        self.keypoints.setVisible(known)
        if result is not None and project is not None and known:
            self._show_facts(result.figures, project.settings_of(EXPORT).imgsz)

    def _show_facts(self, facts: InspectFigures, size: InputSize) -> None:
        self.sizes.show_size(size, facts)
        self.keypoints.show_facts(facts)
        self._size_card.setVisible(facts.format == "pt")
        self._show_layouts(facts)
        self._show_verdict(facts)
        self._facts.show_rows(fact_rows(facts, size))
        if facts is self._shown:
            return
        self._shown = facts
        self._show_checks(facts)

    def _show_layouts(self, facts: InspectFigures) -> None:
        """Offer the readings where the file does not tell which is right."""
        self._layout_card.setVisible(facts.ambiguous)
        self.layouts.clear()
        self.layouts.addItem("Choose...", "")
        for text, code in texts.layout_choices(facts):
            self.layouts.addItem(text, code)

    def _show_verdict(self, facts: InspectFigures) -> None:
        """Say what the file needs; where the project is further than the file, say that."""
        context = self.context
        done = [name for name in ("quantize", "deploy") if name in context.results and name not in context.stale]
        self._verdict.setText(texts.FURTHER[done[-1]] if done else facts.verdict.sentence)
        set_role(self._verdict, TextRole.GOOD if done else VERDICT_ROLES[facts.verdict.state])

    def _show_checks(self, facts: InspectFigures) -> None:
        clear(self._checks)
        shown = [(outcome(check, facts.format), check) for check in facts.checks]
        now = [item for item in shown if item[0] is not CheckState.LATER]
        now.sort(key=lambda item: SHOWN_FIRST.index(item[0]))
        for row, (mark, check) in enumerate(now):
            self._checks.addWidget(StateIcon(mark), row, 0, Qt.AlignmentFlag.AlignTop)
            self._checks.addWidget(label(CHECK_WORDS[mark], wrap=False), row, 1, Qt.AlignmentFlag.AlignTop)
            text = " ".join([check.reason, check.remedy]).strip()
            self._checks.addWidget(label(text, select=True), row, 2)
        later = later_text([check for mark, check in shown if mark is CheckState.LATER])
        self._later.setText(later)
        self._later.setVisible(bool(later))
