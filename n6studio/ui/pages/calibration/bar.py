"""The row above the grid: folder, filter, counts, exclude and undo."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from n6studio.ui.pages.calibration import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import button, label, make_clearable

TYPING_MS = 120
SHOWN = {"All images": None, "Used": False, "Excluded": True}


class CalibrationBar(QWidget):
    """Signals say what the user wants; the page does it."""

    folder_wanted = Signal()
    video_wanted = Signal()
    filter_changed = Signal()
    exclude_wanted = Signal()
    undo_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.folder = label(role=TextRole.MUTED, wrap=False, select=True)
        self.folder.setMinimumWidth(60)
        self.folder_button = button("Change folder…", self.folder_wanted.emit)
        self.text = QLineEdit()
        self.text.setPlaceholderText("Filter by name  ( / )")
        self.text.setAccessibleName("Filter by name")
        make_clearable(self.text)
        self.which = QComboBox()
        self.which.setAccessibleName("Which images are shown")
        for name, value in SHOWN.items():
            self.which.addItem(name, value)
        self.exclude_button = button("Exclude", self.exclude_wanted.emit, tip="Exclude the selected images (Del)")
        self.undo_button = button("Undo", self.undo_wanted.emit, tip="Undo the last change (Ctrl+Z)")
        self.undo_button.setEnabled(False)
        self.counts = label(role=TextRole.MUTED)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self.filter_changed)
        self.text.textChanged.connect(lambda: self._timer.start())
        self.which.currentIndexChanged.connect(lambda: self.filter_changed.emit())
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.folder, 1)
        first.addWidget(self.folder_button)
        first.addWidget(button("From a video…", self.video_wanted.emit, tip=texts.VIDEO_TIP))
        second.addWidget(self.text, 1)
        for widget in (self.which, self.exclude_button, self.undo_button):
            second.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.counts)

    def show_folder(self, path: str) -> None:
        """Show which folder it is."""
        self.folder.setText(path)
        self.folder.setToolTip(path)

    def clear_filter(self) -> None:
        """Show all images."""
        self.text.clear()
        self.which.setCurrentIndex(0)
        self._timer.stop()
        self.filter_changed.emit()

    def accepts(self) -> Callable[[str, bool], bool]:
        """Return which images pass: a function of name and whether it is excluded."""
        text, wanted = self.text.text().strip().lower(), self.which.currentData()
        return lambda name, excluded: text in name.lower() and wanted in (None, excluded)

    def show_counts(self, total: int, excluded: int, used: int, shown: int, selected: int) -> None:
        """Say how many images there are."""
        self.counts.setText(texts.counts_text(total, excluded, used, shown, selected))

    def show_selection(self, some: bool, all_excluded: bool) -> None:
        """Offer what can be done with the selected images."""
        self.exclude_button.setEnabled(some)
        self.exclude_button.setText("Include" if all_excluded else "Exclude")
