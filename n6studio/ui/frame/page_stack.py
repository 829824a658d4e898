"""The pages, one of which is shown; each is made when it is first needed."""

import importlib

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QScrollArea, QStackedWidget

from n6studio.stages.registry import STAGES
from n6studio.ui.context import Context
from n6studio.ui.pages.listing import ListedPage, pages
from n6studio.ui.pages.page import Page
from n6studio.ui.road import state_before_it_is_made
from n6studio.ui.states import PageState
from n6studio.ui.theme import Restyling
from n6studio.ui.widgets.parts import scrolled

_AHEAD = (
    "n6studio.engine.chain.states",
    "n6studio.engine.project.opening",
    "n6studio.ui.charts.view",
    "n6studio.link.session.session",
    "n6studio.link.sources.finder",
    "n6studio.link.recording.export",
)


def load_ahead() -> None:
    """Import what pages need and what takes long to import. Call it off the GUI thread, while the first is seen."""
    for name in _AHEAD:
        importlib.import_module(name)


class PageStack(QStackedWidget):
    """Makes pages and shows one of them.

    Attributes:
        context: of the window.
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
        self.context = context
        self._known = pages()
        self._areas: dict[str, QScrollArea] = {}
        self.pages: dict[str, Page] = {}
        self.current_key = ""

    @property
    def titles(self) -> list[tuple[str, str]]:
        """(key, title) of every page, in order."""
        return [(key, page.entry.title) for key, page in self._known.items()]

    def page(self, key: str) -> Page:
        """Return a page; it is made when it is first needed."""
        if key not in self.pages:
            made = self._make(self._known[key])
            made.setAccessibleName(self.title(key))
            self.pages[key] = made
            self._areas[key] = area = scrolled(made, self)  # where the window is small or letters are large
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.addWidget(area)
            self.made.emit(made)
        return self.pages[key]

    def _make(self, page: ListedPage) -> Page:
        if not page.entry.widget:
            from n6studio.ui.pages.stage_page import StagePage

            return StagePage(self.context, STAGES[page.stage])
        module, _, name = page.widget.partition(":")
        cls: type[Page] = getattr(importlib.import_module(module), name)
        return cls(self.context)

    def title(self, key: str) -> str:
        """Return what a page is called."""
        return self._known[key].entry.title

    def stage(self, key: str) -> str:
        """Return the stage that a page is about, "" where it is about none."""
        return self._known[key].stage

    def state(self, key: str) -> tuple[PageState, str]:
        """Return (state, reason) of a page, made or not; see `Page.state`."""
        if key in self.pages:
            return self.pages[key].state()
        return state_before_it_is_made(self.context, key, self._known[key].stage)

    def show_page(self, key: str) -> None:
        """Show a page; keys that are not known are left out."""
        if key in self._known:
            self.current_key = key
            self.page(key)
            application = QApplication.instance()
            if isinstance(application, QApplication):
                Restyling.of(application).within(self._areas[key])
            self.setCurrentWidget(self._areas[key])
            self.shown.emit(key)

    def step(self, steps: int) -> None:
        """Show the page so many steps on; the first follows the last."""
        keys = list(self._known)
        self.show_page(keys[(keys.index(self.current_key) + steps) % len(keys)])

    def current_page(self) -> Page:
        """Return the page that is shown."""
        return self.page(self.current_key)
