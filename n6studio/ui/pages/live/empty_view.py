"""What the page shows before anything is connected: which socket, and what to do without a board."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from n6studio.ui.pages.live.sockets_drawing import BoardDrawing
from n6studio.ui.widgets.parts import button, label


class EmptyView(QWidget):
    """The drawing, a sentence, and the ways to a picture."""

    def __init__(self, virtual: Callable[[], object], recording: Callable[[], object]) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        self.title = label("No board is connected", "title")
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.title)
        self.hint = label(
            "Plug a second USB-C cable into CN18: CN6 alone gives power and the debugger, but no picture.\n"
            "Boards, cameras and what else sends pictures appear in the list above.",
            "muted",
        )
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.hint)
        layout.addWidget(BoardDrawing(), 0, Qt.AlignmentFlag.AlignHCenter)
        row = QHBoxLayout()
        row.addStretch(1)
        self.virtual = button("Use the virtual board", virtual, "primary", tip="A board played by this computer")
        self.recording = button("Open recording…", recording)
        row.addWidget(self.virtual)
        row.addWidget(self.recording)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addStretch(3)
