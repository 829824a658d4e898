"""Two quantized files side by side: chosen, compared in a process of their own, and the answer in words."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import JobMessage
from n6studio.domain.results import StageResult
from n6studio.engine.chain.requests import Ask
from n6studio.stages.diff.figures import DiffFigures
from n6studio.stages.diff.stage import DIFF, DiffSettings
from n6studio.ui.context import Context
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.parts import button, label, make_clearable
from n6studio.ui.widgets.run_card import RunCard

MODELS = "Quantized models (*.tflite);;All files (*)"
EXPLAINED = (
    "Why does one file lose people and another not? B is compared with A: operations, numbers, every layer on your "
    "images, and the people found."
)
NO_IMAGES = "Without images, the demo scene is drawn; models of people may find nobody in it"


class DifferenceDialog(QDialog):
    """Compares two files while the window goes on.

    Args:
        parent: in front of which it stands.
        context: what pages share.
        files: what to begin with: A, then B.
    """

    def __init__(self, parent: QWidget, context: Context, files: tuple[Path, ...] = ()) -> None:
        super().__init__(parent)
        self._context, self._asked = context, False
        self.setWindowTitle("Compare two files")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(720, 460)
        project = context.project
        images = None if project is None else project.images or project.calibration
        self.first = _field("File A", "the .tflite that the other is compared with", files[0] if files else None)
        self.second = _field("File B", "the .tflite in question", files[1] if len(files) > 1 else None)
        self.images = _field("Images", NO_IMAGES, images)
        self.run_card = RunCard("Compare", "Run both files on the images, layer by layer")
        self.error_card = ErrorCard()
        self.answer = label(select=True)
        self.answer.setAccessibleName("How the files differ")
        self._lay_out()
        self.run_card.run_wanted.connect(self.start)
        self.run_card.cancel_wanted.connect(self._cancel)
        for field in (self.first, self.second):
            field.textChanged.connect(lambda _: self._look())
        context.project_opened.connect(self._look)
        context.job_started.connect(self._started)  # methods: a function would be called when the dialog is gone
        context.job_message.connect(self._message)
        context.job_finished.connect(self._finished)
        context.job_failed.connect(self._failed)
        self._look()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        rows = ((self.first, self._ask_file), (self.second, self._ask_file), (self.images, self._ask_folder))
        for row, (field, ask) in enumerate(rows):
            name = field.accessibleName()
            heading = label(name, wrap=False)
            heading.setBuddy(field)
            grid.addWidget(heading, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(_browse(name, field, ask), row, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.addWidget(label(EXPLAINED, TextRole.MUTED))
        layout.addLayout(grid)
        layout.addWidget(self.run_card)
        layout.addWidget(self.error_card)
        layout.addWidget(self.answer)
        layout.addStretch(1)

    def start(self) -> None:
        """Compare the chosen files."""
        paths = [Path(text) for field in (self.first, self.second) if (text := _path(field))]
        if len(paths) < 2 or self._context.project is None:
            return
        self.error_card.clear()
        self.answer.clear()
        self._asked = True
        inputs = {"first": (paths[0],), "second": (paths[1],)}
        if images := _path(self.images):
            inputs["images"] = (Path(images),)
        self._context.submit(DIFF.name, Ask(DiffSettings(), inputs))

    def _look(self) -> None:
        ready = bool(_path(self.first) and _path(self.second) and self._context.project is not None)
        self.run_card.run_button.setEnabled(ready and self._context.running is None)

    def _ask_file(self, field: QLineEdit) -> None:
        dialog = QFileDialog(self, f"Choose {field.accessibleName().lower()}", field.text(), MODELS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._open(dialog, field)

    def _ask_folder(self, field: QLineEdit) -> None:
        dialog = QFileDialog(self, "Choose a folder of images", field.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog, field)

    def _open(self, dialog: QFileDialog, field: QLineEdit) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(field.setText)
        dialog.open()

    # --- what the engine tells

    def _started(self, stage: str) -> None:
        self._job_changed(stage, True)

    def _job_changed(self, stage: str, running: bool) -> None:
        if stage == DIFF.name:
            self.run_card.show_running(running)
        self._look()

    def _message(self, stage: str, message: JobMessage) -> None:
        if stage == DIFF.name:
            self.run_card.show_message(message)

    def _cancel(self) -> None:
        self.run_card.show_cancelling()
        self._context.cancel()

    def _finished(self, stage: str, result: StageResult[DiffFigures]) -> None:
        self._job_changed(stage, False)
        if stage == DIFF.name and self._asked:
            self._asked = False
            self.answer.setText("\n\n".join(result.figures.verdict))

    def _failed(self, stage: str, error: StudioError) -> None:
        self._job_changed(stage, False)
        if stage == DIFF.name and self._asked:
            self._asked = False
            if not isinstance(error, Cancelled):
                self.error_card.show_error(error, self.start)


def _field(name: str, hint: str, path: Path | None) -> QLineEdit:
    made = QLineEdit(str(path) if path is not None else "")
    made.setAccessibleName(name)
    made.setPlaceholderText(hint)
    made.setToolTip(hint)
    make_clearable(made)
    return made


def _browse(name: str, field: QLineEdit, ask: Callable[[QLineEdit], None]) -> QPushButton:
    return button("Browse…", lambda: ask(field), name=f"Browse: {name}")


def _path(field: QLineEdit) -> str:
    return field.text().strip().strip('"')
