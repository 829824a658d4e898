"""What is said while the carried demo model runs: what it is good for, and the ways on from it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout

from n6studio.domain.pages import PageKey
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.theme import ButtonRole
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import button, label

TEXT_WIDTH = 220  # pixels that the text has beside the buttons, at least


class DemoBar(QFrame):
    """A row above the image; hidden unless the demo model looks at it.

    Signals:
        camera_wanted: this computer's camera is to be looked at instead of the drawn scene.
        file_wanted(kind): 'video' or 'folder' is to be asked for.
    """

    camera_wanted = Signal()
    file_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setProperty("role", "card")
        self.setAccessibleName("Demo")
        self.text = label()
        self.camera = button("My camera", self.camera_wanted.emit, tip=texts.DEMO_CAMERA_TIP)
        self.video = button("A video…", lambda: self.file_wanted.emit("video"))
        self.folder = button("A folder of images…", lambda: self.file_wanted.emit("folder"))
        self.own = button(texts.OWN_CHECKPOINT, self._go_on, ButtonRole.PRIMARY)
        self.text.setMinimumWidth(TEXT_WIDTH)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = Flow(spacing=6)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(14, 8, 10, 8)
        inside.addLayout(row)
        row.addWidget(self.text)
        for made in (self.camera, self.video, self.folder, self.own):
            row.addWidget(made)
        self.hide()

    def show_demo(self, runs: bool) -> None:
        """Show that the demo model runs, or nothing."""
        project = self._context.project
        self.text.setText(texts.DEMO_IN_PROJECT if project is not None else texts.DEMO)
        self.own.setText(texts.OWN_MODEL if project is not None else texts.OWN_CHECKPOINT)
        self.own.setAccessibleName(self.own.text())
        self.setVisible(runs)

    def _go_on(self) -> None:
        if self._context.project is None:
            self._context.browse_requested.emit()
        else:
            self._context.page_requested.emit(PageKey.QUANTIZE)
