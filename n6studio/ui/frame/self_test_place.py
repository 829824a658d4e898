"""Where the self-test of a first start stands, until it is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from n6studio.ui.frame.preference_store import PreferenceStore

if TYPE_CHECKING:
    from n6studio.ui.frame.self_test_panel import SelfTestPanel


class SelfTestPlace(QWidget):
    """Empty and hidden, but on the start page of somebody who has not closed the self-test yet.

    Args:
        preferences: remember that it was closed.
        details: shows the whole check of this computer.
    """

    def __init__(self, preferences: PreferenceStore, details: Callable[[], object]) -> None:
        super().__init__()
        self._preferences, self._details = preferences, details
        self.panel: SelfTestPanel | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def show_if(self, on_start_page: bool) -> None:
        """Show it where it belongs; it is made, and tests begin, when it is first shown."""
        wanted = on_start_page and not self._preferences.now.welcomed
        if wanted and self.panel is None:
            from n6studio.ui.frame.self_test_panel import SelfTestPanel  # loads the doctor

            self.panel = SelfTestPanel()
            self.panel.put_away.connect(self._put_away)
            self.panel.details_wanted.connect(lambda: self._details())
            self._layout.addWidget(self.panel)
            self.panel.start()
        self.setVisible(wanted)

    def _put_away(self) -> None:
        self._preferences.change(welcomed=True)
        self.hide()
        if self.panel is not None:
            self.panel.deleteLater()
            self.panel = None
