"""What a project asks to use on this computer, which only the user can allow."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from n6studio.domain.deploy import ToolWish
from n6studio.ui.pages.deploy import texts
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import Card, button, clear, label


class WishesCard(Card):
    """Hidden where the project asks for nothing that is not allowed yet.

    Signals:
        allowed(setting): the user wants it to be used on this computer.
    """

    allowed = Signal(str)

    def __init__(self) -> None:
        super().__init__("Requested by this project")
        self.body.addWidget(label(texts.WISHES, TextRole.MUTED))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)
        self.buttons: dict[str, QPushButton] = {}
        self.hide()

    def show_wishes(self, wishes: Iterable[ToolWish]) -> None:
        """Show what is not allowed, with a button for each that can be."""
        clear(self._rows)
        self.buttons = {}
        open_wishes = [wish for wish in wishes if not wish.allowed]
        for wish in open_wishes:
            self._rows.addWidget(label(texts.wish(wish.path, wish.title), select=True))
            if wish.problem:
                self._rows.addWidget(label(wish.problem, TextRole.WARN, select=True))
                continue
            tip = f"Use {wish.path} as {wish.title} on this computer"
            allow = button("Use on this computer", partial(self.allowed.emit, wish.setting), ButtonRole.PLAIN, tip)
            self.buttons[wish.setting] = allow
            row = QHBoxLayout()
            row.addWidget(allow)
            row.addStretch(1)
            self._rows.addLayout(row)
        self.setVisible(bool(open_wishes))
