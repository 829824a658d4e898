"""How images are brought to the model's size, shown on one of the user's own; and which head the board gets."""

import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import Project
from n6studio.engine.jobs.hashing import files_below
from n6studio.stages.calibration_health.stage import CALIBRATION_HEALTH
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.image_files import read_facts, with_people
from n6studio.ui.pages.export.texts import DRAWN, HEAD_HINT, HEADS, RESIZES, example_text
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.parts import Card, label, set_role

SHOWN = 132  # pixels of a preview's side: three of them fit into a small window


def example(project: Project, size: InputSize, checked: Path | None = None) -> tuple[str, list[QImage]]:
    """Return the name of an image, and what each of `RESIZES` makes of it. Reads files; not for the GUI thread.

    The image is one that shows people well where the calibration images were `checked`; else the first that the project
    knows of; without one, a drawn one.
    """
    from n6studio.domain.pose.preprocess import Resize, lay_in, place
    from n6studio.gates.images import ImageUnreadable, read_image

    path, data = _checked_image(project, checked) or _first_image(project), None
    if path is not None:
        with contextlib.suppress(ImageUnreadable):
            data = read_image(path)
    if data is None:
        from n6studio.demo.scene import still

        name, image = DRAWN, still(7, 3).image
    else:
        name, image = path.name if path is not None else "", data
    images = []
    for mode, _, _ in RESIZES:
        laid = lay_in(image, place((image.shape[1], image.shape[0]), size, Resize(mode)))
        images.append(QImage(laid.tobytes(), *size, 3 * size.width, QImage.Format.Format_RGB888).copy())
    return name, images


def _checked_image(project: Project, checked: Path | None) -> Path | None:
    if checked is None or project.calibration is None:
        return None
    try:
        return with_people(project.calibration, read_facts(checked))
    except (OSError, msgspec.MsgspecError):
        return None


def _first_image(project: Project) -> Path | None:
    for folder in (project.calibration, project.check_images, project.images):
        if folder is not None and folder.is_dir():
            found = files_below(folder, images_only=True)
            if found:
                return found[0]
    return None


class ResizeCard(Card):
    """Three images to choose from, and the form of the head. Writes the settings of quantize and evaluate."""

    def __init__(self, context: Context) -> None:
        super().__init__("Model input and output")
        self._context = context
        self._asked: Any = None
        self.note = label(role=TextRole.MUTED)
        self.images: dict[str, QLabel] = {}
        self.buttons: dict[str, QRadioButton] = {}
        self.heads: dict[str, QRadioButton] = {}
        self._modes, self._forms = QButtonGroup(self), QButtonGroup(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        for column, (key, title, caption) in enumerate(RESIZES):
            shown = self.images[key] = QLabel()
            shown.setFixedSize(SHOWN, SHOWN)
            shown.setAccessibleName(f"Example: {title.lower()}")
            made = self.buttons[key] = QRadioButton(title)
            made.setAccessibleDescription(caption)
            made.clicked.connect(lambda _=False, key=key: self._choose(key))
            self._modes.addButton(made)
            grid.addWidget(shown, 0, column, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(made, 1, column)
            grid.addWidget(label(caption, TextRole.MUTED), 2, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self.note)
        self.body.addWidget(label(HEAD_HINT))
        heads = QGridLayout()
        for row, (key, title, caption) in enumerate(HEADS):
            made = self.heads[key] = QRadioButton(title)
            made.setAccessibleDescription(caption)
            made.clicked.connect(lambda _=False, key=key: self._choose_head(key))
            self._forms.addButton(made)
            heads.addWidget(made, row, 0)
            heads.addWidget(label(caption, TextRole.MUTED), row, 1)
        heads.setColumnStretch(1, 1)
        self.body.addLayout(heads)

    def _choose(self, mode: str) -> None:
        project = self._context.project
        if project is not None:
            both = {
                QUANTIZE.name: dataclasses.replace(project.settings_of(QUANTIZE), resize=mode),
                EVALUATE.name: dataclasses.replace(project.settings_of(EVALUATE), resize=mode),
            }
            self._context.change_project(settings={**project.settings, **both})

    def _choose_head(self, form: str) -> None:
        project = self._context.project
        if project is not None:
            settings = dataclasses.replace(project.settings_of(QUANTIZE), head=form)
            self._context.change_settings(QUANTIZE, settings)

    def show_project(self, project: Project) -> None:
        """Show what the project says, and the example for its size."""
        calibrated, judged = project.settings_of(QUANTIZE).resize, project.settings_of(EVALUATE).resize
        same = calibrated == judged
        for group, buttons, chosen in (
            (self._modes, self.buttons, calibrated if same else ""),
            (self._forms, self.heads, project.settings_of(QUANTIZE).head),
        ):
            group.setExclusive(False)
            for key, made in buttons.items():
                made.setChecked(key == chosen)
            group.setExclusive(True)
        self._different = "" if same else f"Calibration uses {calibrated}, evaluation {judged}: choose one for both. "
        size = project.settings_of(EXPORT).imgsz
        checked = self._context.output(CALIBRATION_HEALTH.name, "facts")
        wanted = (project.folder, size, project.calibration, project.check_images, project.images, checked)
        if wanted != self._asked:
            self._asked = wanted
            run_in_background(
                self,
                lambda: example(project, size, checked),
                lambda found: self._show(wanted, *found),
                lambda error: self._say(f"No example: {reason_of(error)}."),
            )
        self._say(getattr(self, "_name", ""))

    def _show(self, wanted: object, name: str, images: list[QImage]) -> None:
        if wanted != self._asked:
            return
        for (key, _, _), image in zip(RESIZES, images, strict=True):
            pixmap = QPixmap.fromImage(image)
            mode = Qt.TransformationMode.SmoothTransformation
            self.images[key].setPixmap(pixmap.scaled(SHOWN, SHOWN, Qt.AspectRatioMode.KeepAspectRatio, mode))
        self._say(example_text(name))

    def _say(self, text: str) -> None:
        self._name = text
        self.note.setText(self._different + text)
        set_role(self.note, TextRole.WARN if self._different else TextRole.MUTED)


_USERS = ("quantize", "evaluate")
