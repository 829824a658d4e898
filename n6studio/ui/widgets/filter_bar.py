"""The row above the images: what is typed to filter them, views to choose from, tags."""

import json
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QInputDialog, QLineEdit, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.foreign import reason_of
from n6studio.gates.json_texts import parsed_json
from n6studio.ui.context import Context
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label, make_clearable, set_role

SETTLE_MS = 200

Views = Sequence[tuple[str, str]]


class FilterBar(QWidget):
    """What is typed to filter images, with views to choose from and tags to give.

    Signals:
        changed(text): another filter.
        tags_wanted(text): tags for what is chosen.

    Args:
        context: remembers the user's own views.
        place: whose images they are; own views are kept by it.
        views: (name, filter) of those that everybody has.
        example: a filter in the words of this place, shown while nothing is typed.
        wide: lay it out in one row.
    """

    changed = Signal(str)
    tags_wanted = Signal(str)

    def __init__(self, context: Context, place: str, views: Views, example: str, wide: bool = False) -> None:
        super().__init__()
        self._context, self._memory, self._given = context, f"{place} views", tuple(views)
        self.views = QComboBox()
        self.views.setAccessibleName("Views of the images")
        self.views.setMinimumContentsLength(6)
        self.views.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.views.activated.connect(self._choose)
        self.line = QLineEdit()
        self.line.setPlaceholderText(f"Filter: {example} …")
        self.line.setMinimumWidth(80)
        self.line.setAccessibleName("Filter images")
        make_clearable(self.line)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(lambda: self.changed.emit(self.line.text()))
        self.line.textChanged.connect(lambda _: self._settle.start())
        self.keep = button("Keep…", self._ask_name, name="Keep the view", tip="Keep this filter under a name")
        self.tag = button("Tag…", self._ask_tags, tip="Give tags to the flagged images, or to the current one")
        self.count = label("", TextRole.MUTED)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.views, 1)
        first.addWidget(self.keep)
        second.addWidget(self.line, 1)
        second.addWidget(self.tag)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        if wide:
            row = QHBoxLayout()
            row.addLayout(second, 2)
            row.addLayout(first, 1)
            layout.addLayout(row)
        else:
            layout.addLayout(first)
            layout.addLayout(second)
        layout.addWidget(self.count)
        self._fill()

    def _own(self) -> dict[str, str]:
        try:
            known = parsed_json(self._context.memory.get(self._memory, "{}"))
        except ValueError:
            return {}
        return {str(name): str(text) for name, text in known.items()} if isinstance(known, dict) else {}

    def _fill(self) -> None:
        self.views.clear()
        for name, text in (*self._given, *self._own().items()):
            self.views.addItem(name, text)

    def _choose(self) -> None:
        self.show_filter(str(self.views.currentData() or ""))

    def show_filter(self, text: str) -> None:
        """Filter by this text now."""
        self.line.setText(text)
        self._settle.stop()
        self.changed.emit(text)

    def explain(self, words: str) -> None:
        """Say in the tool tip what can be typed, a line each."""
        self.line.setToolTip(f"All words must fit; a minus before one turns it round.\n{words}")

    def clear(self) -> None:
        """Show all images."""
        self.views.setCurrentIndex(0)
        self.show_filter("")

    def keep_view(self, name: str) -> None:
        """Keep what is typed under a name."""
        if name.strip():
            self._context.remember(self._memory, json.dumps({**self._own(), name.strip(): self.line.text()}))
            self._fill()
            self.views.setCurrentText(name.strip())

    def _ask_name(self) -> None:
        self._ask("Keep view", "Name of the view:", self.line.text(), self.keep_view)

    def _ask_tags(self) -> None:
        self._ask("Tags", "Tags, separated by commas; none takes them away:", "", self.tags_wanted.emit)

    def _ask(self, title: str, text: str, value: str, then: object) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(title)
        dialog.setLabelText(text)
        dialog.setTextValue(value)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(then)
        dialog.open()

    def show_count(self, shown: int, of: int, problem: str = "") -> None:
        """Say how many images are shown, or why what is typed is no filter."""
        self.show_problem(problem)
        if not problem:
            self.count.setText(f"{shown:,} of {of:,} images" if shown != of else f"{of:,} images")
            self.count.show()

    def show_note(self, text: str) -> None:
        """Say in place of a count what there is to know; it is no problem."""
        self.show_problem(text)
        set_role(self.count, TextRole.MUTED)

    def show_problem(self, problem: str) -> None:
        """Say why what is typed is no filter; "" where it is one."""
        self.count.setText(problem)
        self.count.setVisible(bool(problem))
        set_role(self.count, TextRole.BAD if problem else TextRole.MUTED)

    def show_failure(self, error: Exception) -> None:
        """Say why something was not done with the images; what nobody expected is raised again."""
        if not isinstance(error, StudioError):
            raise error
        self.show_problem(f"{reason_of(error)}.")
