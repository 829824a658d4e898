"""The pages, one of which is shown; each is made when it is first needed."""

import importlib
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget

from n6studio.ui.context import Context
from n6studio.ui.frame.page_list import available_pages
from n6studio.ui.pages.page import Page
from n6studio.ui.widgets.parts import scrolled


class PageStack(QStackedWidget):
    """Makes pages and shows one of them.

    Attributes:
        pages: key -> page, of those that have been made.
        current_key: of the page that is shown; "" before the first.

    Signals:
        made(page): a page has been made.
        shown(key): another page is shown.
    """

    made = Signal(object)
    shown = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._known = {page[0]: page for page in available_pages()}
        self._areas: dict[str, QScrollArea] = {}
        self.pages: dict[str, Page] = {}
        self.current_key = ""

    @property
    def titles(self) -> list[tuple[str, str]]:
        """(key, title) of every page, in order."""
        return [(page[0], page[1]) for page in self._known.values()]

    @property
    def missing(self) -> Sequence[str]:
        """Keys of the pages that have not been made yet."""
        return [key for key in self._known if key not in self.pages]

    def page(self, key: str) -> Page:
        """Return a page; it is made when it is first needed."""
        if key not in self.pages:
            _, title, module, name, _ = self._known[key]
            made: Page = getattr(importlib.import_module(f"n6studio.ui.pages.{module}.page"), name)(self._context)
            made.setAccessibleName(title)
            self.pages[key] = made
            self._areas[key] = area = scrolled(made)  # where the window is small or letters are large
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.addWidget(area)
            self.made.emit(made)
        return self.pages[key]

    def title(self, key: str) -> str:
        """Return what a page is called."""
        return self._known[key][1]

    def stage(self, key: str) -> str:
        """Return the stage that a page is about, "" where it is about none."""
        return self._known[key][4]

    def state(self, key: str) -> tuple[str, str]:
        """Return (kind, reason) of a page, made or not; see `Page.state`."""
        if key in self.pages:
            return self.pages[key].state()
        stage = self.stage(key)
        return self._context.stage_state(stage) if stage else ("empty", "")

    def show_page(self, key: str) -> None:
        """Show a page; keys that are not known are left out."""
        if key in self._known:
            self.current_key = key
            self.page(key)
            self.setCurrentWidget(self._areas[key])
            self.shown.emit(key)

    def step(self, steps: int) -> None:
        """Show the page so many steps on; the first follows the last."""
        keys = list(self._known)
        self.show_page(keys[(keys.index(self.current_key) + steps) % len(keys)])

    def current_page(self) -> Page:
        """Return the page that is shown."""
        return self.page(self.current_key)
