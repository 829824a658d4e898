"""The actions of pages among those of the window: in the palette, the table of shortcuts and the help alike.

For each there is one action in the keymap, also before its page is made. It shows the page and does there what
the page's own action does; that one has its keys.
"""

import functools

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from n6studio.ui.frame.keymap import Keymap
from n6studio.ui.frame.page_stack import PageStack
from n6studio.ui.pages.listing import page_actions
from n6studio.ui.pages.page import Page


class PageActions(QObject):
    """Keeps the keymap and the pages together. Lives on the GUI thread."""

    def __init__(self, stack: PageStack, keymap: Keymap) -> None:
        super().__init__(stack)
        self._stack, self._keymap = stack, keymap
        self._own: dict[str, QAction] = {}  # the pages' actions
        self._declared: set[str] = set()
        stack.made.connect(self._page_made)
        keymap.changed.connect(self._give_keys)

    def declare_all(self) -> None:
        """Let the keymap know the actions of every page, made or not."""
        for key, _ in self._stack.titles:
            self._declare(key)

    def _declare(self, key: str) -> None:
        if key in self._declared:
            return
        self._declared.add(key)
        for one in page_actions(key):
            name = f"{key}.{one.name}"
            action = QAction(f"{self._stack.title(key)}: {one.text}", self)
            action.triggered.connect(functools.partial(self._trigger, key, one.name))
            self._keymap.adopt(name, action, one.keys[0] if one.keys else "")

    def _trigger(self, key: str, name: str, _: bool = False) -> None:
        self._stack.show_page(key)
        action = self._stack.page(key).named.get(name)
        if action is None or not action.isEnabled():
            self._stack.context.notice.emit("This cannot be done now")
        else:
            action.trigger()

    def _page_made(self, page: Page) -> None:
        self._declare(page.key)
        for name, action in page.named.items():
            self._own[f"{page.key}.{name}"] = action
        self._give_keys()

    def _give_keys(self) -> None:
        """Give the pages' actions the keys that the keymap has for them; defaults with all their variants."""
        for name, action in self._own.items():
            if name not in self._keymap.actions or self._keymap.is_default(name):
                continue
            keys = self._keymap.keys(name)
            action.setShortcuts([] if keys.isEmpty() else [QKeySequence(keys)])
