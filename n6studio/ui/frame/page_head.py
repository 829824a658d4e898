"""What stands above every page: its title, its state in words, and the one button that leads on."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from n6studio.ui.context import Context
from n6studio.ui.road import NextStep, next_step, other_way, state_sentence
from n6studio.ui.states import PageState
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import ElidedLabel, StateIcon, button, label, set_button_role


class PageHead(QFrame):
    """One for the window: it shows what the page that is shown says of itself."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._next: NextStep | None = None
        self._other: NextStep | None = None
        self.title = label(role=TextRole.TITLE, wrap=False)
        self.icon = StateIcon(PageState.EMPTY)
        self.sentence = ElidedLabel(role=TextRole.MUTED)
        self.other_button = button("", lambda: self._go(self._other))
        self.next_button = button("", self.go_on, command="go on")
        state = QHBoxLayout()
        state.setSpacing(6)
        state.addWidget(self.icon)
        state.addWidget(self.sentence, 1)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self.title)
        left.addLayout(state)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addLayout(left, 1)
        row.addWidget(self.other_button)
        row.addWidget(self.next_button)

    def show_page(self, key: str, title: str, state: PageState, reason: str) -> None:
        """Show what a page says of itself, and what leads on from it."""
        self.title.setText(title)
        self.icon.show_mark(state)
        self.sentence.setText(state_sentence(state, reason))
        self.setAccessibleName(f"{title}: {self.sentence.text()}")
        self._next, self._other = next_step(self._context, key, state), other_way(self._context, key)
        for made, step in ((self.next_button, self._next), (self.other_button, self._other)):
            made.setVisible(step is not None)
            if step is not None:
                made.setText(step.text)
                made.setAccessibleName(step.text)
                set_button_role(made, ButtonRole.PRIMARY if step.primary else ButtonRole.NORMAL)

    def go_on(self) -> None:
        """Do what the button does."""
        self._go(self._next)

    def _go(self, step: NextStep | None) -> None:
        if step is not None and step.run is not None:
            step.run()
        elif step is not None:
            self._context.page_requested.emit(step.page)
