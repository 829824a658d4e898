"""What to evaluate on and how: two paths, the resize mode, and the options behind a button."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from n6studio.domain.settings import settings_of
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.ui.context import Context
from n6studio.ui.pages.evaluate import texts
from n6studio.ui.widgets.parts import Card, button, in_a_column, label, make_clearable
from n6studio.ui.widgets.settings_form import SettingsForm
from n6studio.ui.widgets.turning_row import TurningRow

LABEL_FILES = ("json", "yaml", "yml")
RESIZE = "resize"  # the setting that stays in view
COLUMNS = 3


def local_path(event: QDragEnterEvent | QDropEvent, folders_only: bool) -> Path | None:
    """Return the dragged file or folder if it can be evaluated on; only its name is looked at."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    ending = path.suffix.lower().lstrip(".")
    # A folder seldom has an ending; what it really is, the stage finds out and says.
    return path if (ending in LABEL_FILES and not folders_only) or not ending else None


class PathField(QLineEdit):
    """A path that can be typed, pasted, browsed for or dropped.

    Signals:
        chosen(path): a Path, or None where the field was emptied.
    """

    chosen = Signal(object)

    def __init__(self, name: str, hint: str, folders_only: bool = False) -> None:
        super().__init__()
        self._folders_only = folders_only
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setToolTip(hint)
        make_clearable(self)
        self.setAcceptDrops(True)
        self.editingFinished.connect(self._typed)
        self._known = ""

    def show_path(self, path: Path | None) -> None:
        """Show a path without telling anybody."""
        self._known = str(path) if path is not None else ""
        if not self.hasFocus() or not self.isModified():
            self.setText(self._known)

    def _typed(self) -> None:
        text = self.text().strip().strip('"')
        if text != self._known:
            self._known = text
            self.setModified(False)
            self.chosen.emit(Path(text) if text else None)

    def take(self, path: Path) -> None:
        """Show a path and tell that it was chosen."""
        self.setText(str(path))
        self._typed()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept what can be evaluated on, and leave the rest to the window."""
        event.setAccepted(local_path(event, self._folders_only) is not None)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take what was dropped."""
        path = local_path(event, self._folders_only)
        if path is not None:
            event.acceptProposedAction()
            self.take(path)


class SetupPanel(Card):
    """The form. It writes to the project and reads it back; it holds nothing of its own."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.setAccessibleName("Evaluation data and options")
        self.data = PathField("Labelled data", texts.DATA_HINT)
        self.images = PathField("Image folder", texts.IMAGES_HINT, True)
        self.data.chosen.connect(lambda path: context.change_project(data=path))
        self.images.chosen.connect(lambda path: context.change_project(images=path))
        self.resize_form = SettingsForm(EvaluateSettings, (RESIZE,))
        self.columns = _columns()
        for form in self._forms():
            form.changed.connect(lambda settings: context.change_settings(EVALUATE, settings))
        self.options = TurningRow(*(in_a_column(form) for form in self.columns), spacing=24)
        self.more = button("Options", lambda: None, tip=texts.OPTIONS_TIP)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_options)
        self.options.setVisible(False)
        self._lay_out()
        context.project_changed.connect(self.show_project)
        self.show_project()

    def _show_options(self, wanted: bool) -> None:
        self.options.setVisible(wanted)
        self._keep_height()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the height for the width."""
        super().resizeEvent(event)
        self._keep_height()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Return that the height is fixed: a layout short of space would cut wrapped captions off."""
        return False

    def _keep_height(self) -> None:
        self.setFixedHeight(self.heightForWidth(self.width()))

    def _forms(self) -> tuple[SettingsForm, ...]:
        return (self.resize_form, *self.columns)

    def editor(self, name: str) -> QWidget:
        """Return the widget that edits a setting."""
        return next(form.editor(name) for form in self._forms() if name in form.names)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        names = [one.label for one in settings_of(EvaluateSettings) if one.name == RESIZE]
        grid.setColumnMinimumWidth(0, label(names[0], wrap=False).sizeHint().width())
        file, folder, images = (
            button("File…", lambda: self._ask(self.data, True), name=texts.CHOOSE_LABELS),
            button("Folder…", lambda: self._ask(self.data, False), name=texts.CHOOSE_FOLDER),
            button("Folder…", lambda: self._ask(self.images, False), name=texts.CHOOSE_IMAGES),
        )
        for row, (text, field, buttons) in enumerate(
            (("&Data", self.data, (file, folder)), ("&Images", self.images, (images,)))
        ):
            name = label(text, wrap=False)
            name.setBuddy(field)
            grid.addWidget(name, row, 0)
            grid.addWidget(field, row, 1)
            side = QHBoxLayout()
            side.setSpacing(6)
            for made in buttons:
                side.addWidget(made)
            grid.addLayout(side, row, 2)
        grid.addWidget(self.resize_form, 2, 0, 1, 2)
        grid.addWidget(self.more, 2, 2, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(grid)
        self.body.addWidget(self.options)

    def show_project(self) -> None:
        """Show what the project says."""
        project = self.context.project
        self.setEnabled(project is not None)
        if project is None:
            return
        self.data.show_path(project.data)
        self.images.show_path(project.images)
        for form in self._forms():
            form.show_settings(project.settings_of(EVALUATE))

    def ask_for_data(self) -> None:
        """Let the user choose a file of labels."""
        self._ask(self.data, True)

    def _ask(self, field: PathField, file: bool) -> None:
        title = f"Choose: {field.accessibleName().lower()}"
        dialog = QFileDialog(self, title, field.text(), texts.LABEL_FILES if file else "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if file else QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: field.take(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _columns() -> tuple[SettingsForm, ...]:
    """Return forms for all settings but the resize mode, in as many columns as fit beside each other."""
    names = [one.name for one in settings_of(EvaluateSettings) if one.name != RESIZE]
    height = -(-len(names) // COLUMNS)
    return tuple(
        SettingsForm(EvaluateSettings, names[first : first + height]) for first in range(0, len(names), height)
    )
