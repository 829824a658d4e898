"""What stands above the grid: folder, filter, counts, exclude and undo."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from n6studio.ui.pages.calibration import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.filter_bar import FilterBar
from n6studio.ui.widgets.parts import button, label, set_role


class CalibrationBar(QWidget):
    """Signals say what the user wants; the page does it."""

    folder_wanted = Signal()
    video_wanted = Signal()
    exclude_wanted = Signal()
    undo_wanted = Signal()

    def __init__(self, finding: FilterBar) -> None:
        super().__init__()
        self.finding = finding
        self.folder = label(role=TextRole.MUTED, wrap=False, select=True)
        self.folder.setMinimumWidth(60)
        self.folder_button = button("Change folder…", self.folder_wanted.emit)
        self.exclude_button = button("Exclude", self.exclude_wanted.emit, tip="Exclude the selected images (Del)")
        self.undo_button = button("Undo", self.undo_wanted.emit, tip="Undo the last change (Ctrl+Z)")
        self.undo_button.setEnabled(False)
        self.counts = label(role=TextRole.MUTED)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.folder, 1)
        first.addWidget(self.folder_button)
        first.addWidget(button("From a video…", self.video_wanted.emit, tip=texts.VIDEO_TIP))
        second.addWidget(self.counts, 1)
        for widget in (self.exclude_button, self.undo_button):
            second.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addWidget(finding)
        layout.addLayout(second)

    def show_folder(self, path: str) -> None:
        """Show which folder it is."""
        self.folder.setText(path)
        self.folder.setToolTip(path)

    def show_inside(self, inside: bool) -> None:
        """Say what happens to what is dragged over the page."""
        self.folder.setText(texts.DROP_HERE if inside else self.folder.toolTip())
        set_role(self.folder, TextRole.GOOD if inside else TextRole.MUTED)

    def show_counts(self, total: int, excluded: int, used: int, shown: int, selected: int) -> None:
        """Say how many images there are."""
        self.counts.setText(texts.counts_text(total, excluded, used, shown, selected))

    def show_selection(self, some: bool, all_excluded: bool) -> None:
        """Offer what can be done with the selected images."""
        self.exclude_button.setEnabled(some)
        self.exclude_button.setText("Include" if all_excluded else "Exclude")
