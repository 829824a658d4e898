"""What to evaluate on and how: two paths, the resize, and the options behind a button."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from n6studio.domain.settings import Setting, settings_of
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.ui.context import Context
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Card, button, label

LABEL_FILES = ("json", "yaml", "yml")
_FILTER = "Labels (*.json *.yaml *.yml)"


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
        self.setClearButtonEnabled(True)
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
        self.setAccessibleName("What to evaluate on")
        self.data = PathField("Labelled data", "COCO keypoints .json, YOLO-pose .yaml, or a folder of images")
        self.images = PathField("Folder of images", "only where the images do not lie beside the .json", True)
        self.data.chosen.connect(lambda path: context.change_project(data=path))
        self.images.chosen.connect(lambda path: context.change_project(images=path))
        self.resize_choice = self._choice("resize")
        self.fields: dict[str, QWidget] = {}
        self.options = QWidget()
        self._fill_options()
        self.more = button("Options", lambda: None, tip="Scores, limits and what else is measured")
        self.more.setCheckable(True)
        self.more.toggled.connect(self.options.setVisible)
        self.options.setVisible(False)
        self._lay_out()
        context.project_changed.connect(self.show_project)
        self.show_project()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        file, folder, images = (
            button("File…", lambda: self._ask(self.data, True), name="Choose a file of labels"),
            button("Folder…", lambda: self._ask(self.data, False), name="Choose a folder of images without labels"),
            button("Folder…", lambda: self._ask(self.images, False), name="Choose the folder of images"),
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
        name = label("&Resize", wrap=False)
        name.setBuddy(self.resize_choice)
        grid.addWidget(name, 2, 0)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(self.resize_choice)
        line.addWidget(label("the way the board will bring its camera's image to the model's size", TextRole.MUTED), 1)
        grid.addLayout(line, 2, 1)
        grid.addWidget(self.more, 2, 2)
        self.body.addLayout(grid)
        self.body.addWidget(self.options)

    def _fill_options(self) -> None:
        self.options.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        columns = QHBoxLayout(self.options)
        columns.setContentsMargins(0, 6, 0, 0)
        columns.setSpacing(28)
        forms = (QFormLayout(), QFormLayout())
        for form in forms:
            columns.addLayout(form, 1)
        shown = [one for one in settings_of(EvaluateSettings) if one.name != "resize"]
        for place, field in enumerate(shown):
            made = self._field(field)
            made.setAccessibleName(field.label)
            made.setToolTip(f"{field.help} ({field.allowed})")
            name = label(field.label, wrap=False)
            name.setToolTip(made.toolTip())
            forms[place * 2 // len(shown)].addRow(name, made)
            self.fields[field.name] = made

    def _field(self, field: Setting) -> QWidget:
        """Return the control for one setting, by its type."""
        low, high = field.minimum, field.maximum
        if field.choices:
            return self._choice(field.name)
        if field.kind is bool:
            box = QCheckBox()
            box.toggled.connect(self._change(field.name))
            return box
        if field.kind is float:
            number = QDoubleSpinBox()
            number.setDecimals(3)
            number.setSingleStep(0.05)
            number.setRange(low or 0.0, high if high is not None else 1e9)
            number.setKeyboardTracking(False)
            number.valueChanged.connect(self._change(field.name))
            return number
        whole = QSpinBox()
        whole.setRange(int(low or 0), int(high) if high is not None else 10_000_000)
        if field.zero:
            whole.setSpecialValueText(field.zero)
        whole.setKeyboardTracking(False)
        whole.valueChanged.connect(self._change(field.name))
        return whole

    def _choice(self, name: str) -> QComboBox:
        field = next(one for one in settings_of(EvaluateSettings) if one.name == name)
        box = QComboBox()
        box.setAccessibleName(field.label)
        box.setToolTip(field.help)
        box.addItems([str(choice) for choice in field.choices])
        box.textActivated.connect(self._change(name))
        return box

    def _change(self, name: str) -> Callable[[Any], None]:
        def change(value: Any) -> None:
            project = self.context.project
            if project is not None:
                settings = project.settings_of(EVALUATE)
                if getattr(settings, name) != value:
                    self.context.change_settings(EVALUATE, dataclasses.replace(settings, **{name: value}))

        return change

    def show_project(self) -> None:
        """Show what the project says."""
        project = self.context.project
        self.setEnabled(project is not None)
        if project is None:
            return
        self.data.show_path(project.data)
        self.images.show_path(project.images)
        settings = project.settings_of(EVALUATE)
        self.resize_choice.setCurrentText(settings.resize)
        for name, made in self.fields.items():
            value = getattr(settings, name)
            made.blockSignals(True)
            if isinstance(made, QCheckBox):
                made.setChecked(value)
            elif isinstance(made, QComboBox):
                made.setCurrentText(value)
            elif isinstance(made, QSpinBox | QDoubleSpinBox):
                made.setValue(value)
            made.blockSignals(False)

    def ask_for_data(self) -> None:
        """Let the user choose a file of labels."""
        self._ask(self.data, True)

    def _ask(self, field: PathField, file: bool) -> None:
        dialog = QFileDialog(self, f"Choose: {field.accessibleName().lower()}", field.text(), _FILTER if file else "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if file else QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: field.take(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
