"""The data check, on the pages where images are chosen: button, progress, and what was found, leaks first."""

from PySide6.QtWidgets import QVBoxLayout

from n6studio.domain.data_check import DataFinding
from n6studio.domain.states import CheckState, Grade
from n6studio.stages.data_check.figures import DataCheckFigures
from n6studio.stages.data_check.stage import DATA_CHECK
from n6studio.ui.context import Context
from n6studio.ui.pages.stage_view import StageView
from n6studio.ui.states import CHECK_WORDS
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import clear, label

STAGE = DATA_CHECK.name
TITLE = "Check data"
HINT = (
    "Reads every label and image, says what Ultralytics, COCO and ST's model zoo make of them, and finds images that "
    "calibration, training and evaluation share."
)
_ROLES = {Grade.WARN: TextRole.WARN, Grade.BAD: TextRole.BAD}
_STATES = {Grade.OK: CheckState.OK, Grade.WARN: CheckState.WARN, Grade.BAD: CheckState.FAIL}


class DataCheckView(StageView):
    """Button, progress and findings; follows the context by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, STAGE, TITLE, HINT)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.run_card)
        layout.addWidget(self.card)
        layout.addLayout(self.rows)
        self.follow()

    @property
    def shown(self) -> tuple[DataFinding, ...]:
        """The findings that are shown."""
        result = self._context.result(DATA_CHECK)
        figures = result.figures if result is not None else None
        return figures.findings if isinstance(figures, DataCheckFigures) else ()

    def refresh(self) -> None:
        """Show the findings of the latest check."""
        self.run_card.note.setText(self.note(HINT))
        clear(self.rows)
        for one in self.shown:
            grade = Grade(one.state)
            text = f"{CHECK_WORDS[_STATES.get(grade, CheckState.LATER)]}: {one.title}. {one.reason}"
            self.rows.addWidget(label(text, _ROLES.get(grade, TextRole.MUTED), select=True))
