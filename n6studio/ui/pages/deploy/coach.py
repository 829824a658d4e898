"""The boot coach: what to do at the board now, as a drawing and as steps, and what it waits for."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from n6studio.board.description import Board
from n6studio.domain.deploy import Ask, Instruction
from n6studio.ui.pages.deploy import texts
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.board_drawing import BoardDrawing
from n6studio.ui.widgets.parts import Card, StateIcon, button, label


class CoachCard(Card):
    """Hidden unless something is to be done.

    Signals:
        done_pressed: the user says that it has been done.
        do_it_pressed: the user lets the virtual board's switches and cable be moved for them.
    """

    done_pressed = Signal()
    do_it_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.drawing = BoardDrawing()
        self.title, self.steps = label(role=TextRole.HEADING), label(select=True)
        self.watching = label(role=TextRole.MUTED)
        self.done_button = button("Done", self.done_pressed.emit, ButtonRole.PRIMARY)
        self.do_it_button = button(
            "Set the virtual board", self.do_it_pressed.emit, ButtonRole.PRIMARY,
            tip=texts.OBEY_TIP,
        )  # fmt: skip
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self.drawing, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.addWidget(self.title)
        column.addWidget(self.steps)
        watch = QHBoxLayout()
        watch.addWidget(StateIcon(PageState.RUNNING), 0, Qt.AlignmentFlag.AlignTop)
        watch.addWidget(self.watching, 1)
        column.addLayout(watch)
        buttons = QHBoxLayout()
        buttons.addWidget(self.done_button)
        buttons.addWidget(self.do_it_button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)
        both.addLayout(column, 1)
        self.body.addLayout(both)
        self.instruction: Instruction | None = None
        self.hide()

    def show_instruction(self, instruction: Instruction, board: Board) -> None:
        """Show an instruction."""
        self.instruction = instruction
        seen = frozenset() if instruction.kind == Ask.PLUG else frozenset({board.probe_connector.key})
        self.drawing.show_board(board, instruction.position, seen)
        self.title.setText(instruction.title)
        steps = instruction.steps
        numbered = [f"{number}.  {step}" for number, step in enumerate(steps, 1)] if len(steps) > 1 else list(steps)
        self.steps.setText("\n".join(numbered))
        watching = f"{instruction.detects} {texts.CONTINUES}"
        self.watching.setText(watching)
        self.done_button.setVisible(board.needs_hands)
        self.do_it_button.setVisible(not board.needs_hands)
        self.setAccessibleName(instruction.title)
        self.setAccessibleDescription(" ".join([*steps, watching]))
        self.show()

    def clear(self) -> None:
        """Nothing is to be done."""
        self.instruction = None
        self.hide()
