"""How the images relate to those of the last quantization."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.calibration import texts
from n6studio.ui.pages.calibration.files import LastUse, last_use
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import label

SETTLE_MS = 250


class LastUseLine(QWidget):
    """A sentence that follows the project and its result; the folder is hashed off the GUI thread."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._looking = self._look_again = False
        self.text = label(role=TextRole.MUTED, select=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        self._settle = QTimer(self)  # a held key must not compare digests at every step
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.look)
        context.project_changed.connect(self._settle.start)
        context.result_changed.connect(lambda stage: self.look() if stage == QUANTIZE.name else None)
        self._settle.start()

    def look(self) -> None:
        """Look anew; of several wishes while it looks, the last one counts: hashing takes seconds."""
        project, result = self._context.project, self._context.result(QUANTIZE)
        if self._looking:
            self._look_again = True
        elif project is None or result is None:
            self.text.setText(texts.NOT_USED)
        else:
            self._looking = True
            run_in_background(self, lambda: last_use(project, result), self._show, lambda error: self._show(None))

    def _show(self, used: LastUse | None) -> None:
        self._looking, again, self._look_again = False, self._look_again, False
        if again:
            self.look()
            return
        self.text.setText("" if used is None else texts.last_use_text(used.images, used.digest, used.changes))
        self.text.setToolTip("" if used is None else used.digest)
