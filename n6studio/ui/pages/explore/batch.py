"""What a batch explores: models, input sizes and schemes, chosen in a dialog."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.exploration import SCHEMES
from n6studio.domain.model.architectures import ARCHITECTURES
from n6studio.domain.model.input_size import FORMS, InputSize
from n6studio.domain.project import Project
from n6studio.domain.settings import RESIZES
from n6studio.domain.texts import counted
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, keep_off_the_edge, label, make_clearable

EXPLAINED = (
    "Every model is exported at every size and quantized by every scheme; all are evaluated on the same images. That "
    "takes some minutes for each candidate. The window can be used meanwhile."
)
_SCHEME_TIPS = {
    "default": "The settings that a new project has",
    "thorough": "Ranges searched by the model's answers: slower, often more accurate",
    "tuned": "Ranges of each layer tuned",
    "per-tensor": "One scale for each tensor in place of one for each channel",
    "int8-head": "The output head in int8, too",
    "st": "As ST's scripts quantize: int8 head, ranges by extremes",
    "int4": "Weights of 4 bits, an experiment for ST Edge AI Core 3.0 and later",
}
_AVERAGE_TIP = "Evaluate all with averaged keypoints; N6 Studio's firmware can average, ST's post-processing cannot"


@dataclass(frozen=True)
class Batch:
    """What is to be explored.

    Attributes:
        models: checkpoints, or names of architectures that are built untrained.
        calibration: folder of images.
        data: labels, or a folder of images; None where every model is untrained.
        sizes: input sizes.
        schemes: names out of `SCHEMES`.
        resize: resize mode of all.
        max_images: images evaluated at most; 0 for all.
        folder: where results go.
        cluster: address of a Dask scheduler whose workers do it; "" for this computer.
        average: whether all are evaluated with averaged keypoints.
    """

    models: tuple[Path, ...]
    calibration: Path
    data: Path | None
    sizes: tuple[InputSize, ...]
    schemes: tuple[str, ...]
    resize: str
    max_images: int
    folder: Path
    cluster: str = ""
    average: bool = False

    def words(self) -> list[str]:
        """Return the command with its options."""
        options = {
            "--calibration": self.calibration,
            **({} if self.data is None else {"--data": self.data}),
            "--sizes": ",".join(map(str, self.sizes)),
            "--schemes": ",".join(self.schemes),
            "--resize": self.resize,
            "--max-images": self.max_images,
            **({"--cluster": self.cluster} if self.cluster else {}),
            "-o": self.folder,
        }
        words = ["explore", *map(str, self.models), *(str(word) for pair in options.items() for word in pair)]
        return [*words, "--average"] if self.average else words


class BatchDialog(QDialog):
    """Begins with the project's own model and data.

    Signals:
        wanted(batch): a `Batch` is to be run.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget, project: Project | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Start a batch")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(720, 460)
        own = project.model if project is not None and project.model.suffix.lower() == ".pt" else None
        self.models = QPlainTextEdit("" if own is None else str(own))
        self.models.setAccessibleName("Models")
        self.models.setPlaceholderText("One .pt file a line, or a name such as yolov8s-pose, which is built untrained")
        self.models.setTabChangesFocus(True)
        self.models.setMaximumHeight(84)
        self.calibration = _line("Calibration images", project.calibration if project is not None else None)
        self.data = _line("Labelled data", project.data if project is not None else None)
        name = datetime.datetime.now().strftime("exploration-%Y%m%d-%H%M")
        self.folder = _line("Results", (project.folder.parent if project is not None else Path.home()) / name)
        self.cluster = _line("Cluster", None)
        self.cluster.setPlaceholderText("tcp://HOST:PORT of a Dask scheduler; empty for this computer")
        self.sizes = _line("Input sizes", None)
        self.sizes.setText("192, 256, 320")
        self.schemes = {key: QCheckBox(key) for key in SCHEMES}
        for key, box in self.schemes.items():
            box.setToolTip(_SCHEME_TIPS[key])
            box.setChecked(key == "default")
        self.resize_mode = QComboBox()
        self.resize_mode.setAccessibleName("Resize mode")
        self.resize_mode.addItems(list(RESIZES))
        if project is not None:
            self.resize_mode.setCurrentText(project.settings_of(EVALUATE).resize)
        self.average = QCheckBox()
        self.average.setAccessibleName("Average keypoints")
        self.average.setToolTip(_AVERAGE_TIP)
        self.average.setChecked(project is not None and project.settings_of(EVALUATE).average)
        self.max_images = QSpinBox()
        keep_off_the_edge(self.max_images)
        self.max_images.setAccessibleName("Max images")
        self.max_images.setRange(0, 1_000_000)
        self.max_images.setSpecialValueText("all")
        self.told = label(role=TextRole.MUTED)
        self.start_button = button("Start", self._start, ButtonRole.PRIMARY, name="Start the batch")
        self._paths = (self.calibration, self.data, self.folder)
        self._lay_out()
        for field in (self.calibration, self.data, self.folder, self.sizes):
            field.textChanged.connect(lambda _: self._look())
        self.models.textChanged.connect(self._look)
        for box in self.schemes.values():
            box.toggled.connect(lambda _: self._look())
        self._look()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        rows: tuple[tuple[QWidget, Callable[[], None] | None], ...] = (
            (self.models, self._ask_models),
            (self.calibration, lambda: self._ask_folder(self.calibration)),
            (self.data, self._ask_data),
            (self.sizes, None),
            (self.resize_mode, None),
            (self.average, None),
            (self.max_images, None),
            (self.folder, lambda: self._ask_folder(self.folder)),
            (self.cluster, None),
        )
        for row, (field, ask) in enumerate(rows):
            name = field.accessibleName()
            heading = label(name, wrap=False)
            heading.setBuddy(field)
            grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, row, 1)
            if ask is not None:
                browse = button("Browse…", ask, name=f"Browse: {name}")
                grid.addWidget(browse, row, 2, Qt.AlignmentFlag.AlignTop)
        schemes = QHBoxLayout()
        for box in self.schemes.values():
            schemes.addWidget(box)
        schemes.addStretch(1)
        grid.addWidget(label("Schemes", wrap=False), len(rows), 0)
        grid.addLayout(schemes, len(rows), 1, 1, 2)
        below = QHBoxLayout()
        below.addWidget(self.told, 1)
        below.addWidget(button("Cancel", self.reject))
        below.addWidget(self.start_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label(EXPLAINED, TextRole.MUTED))
        layout.addLayout(grid)
        layout.addStretch(1)
        layout.addLayout(below)

    def batch(self) -> Batch | str:
        """Return what is chosen, or what is missing as a sentence."""
        lines = [line.strip() for line in self.models.toPlainText().splitlines() if line.strip()]
        models = tuple(Path(line) if line in ARCHITECTURES else _whole(line) for line in lines)
        needed = [self.calibration, self.folder] if set(lines) <= set(ARCHITECTURES) else list(self._paths)
        schemes = tuple(key for key, box in self.schemes.items() if box.isChecked())
        try:
            sizes = tuple(dict.fromkeys(InputSize.parse(one) for one in self.sizes.text().split(",") if one.strip()))
        except ValueError:
            return f"Input sizes: with commas, each {FORMS}."
        paths = {field: field.text().strip() for field in self._paths}
        if not models:
            return "Choose a checkpoint, or name a model."
        if missing := next((field.accessibleName() for field in needed if not paths[field]), ""):
            return f"{missing}: nothing is chosen."
        if not sizes or not schemes:
            return "Choose an input size." if not sizes else "Choose a scheme."
        return Batch(
            models,
            _whole(paths[self.calibration]),
            _whole(paths[self.data]) if paths[self.data] else None,
            sizes,
            schemes,
            self.resize_mode.currentText(),
            self.max_images.value(),
            _whole(paths[self.folder]),
            self.cluster.text().strip(),
            self.average.isChecked(),
        )

    def _look(self) -> None:
        found = self.batch()
        self.start_button.setEnabled(isinstance(found, Batch))
        count = len(found.models) * len(found.sizes) * len(found.schemes) if isinstance(found, Batch) else 0
        self.told.setText(counted(count, "candidate") if isinstance(found, Batch) else found)

    def _start(self) -> None:
        if isinstance(found := self.batch(), Batch):
            self.accept()
            self.wanted.emit(found)

    def _ask_models(self) -> None:
        dialog = QFileDialog(self, "Choose checkpoints", "", "Checkpoints (*.pt)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._open(dialog, lambda: self.models.setPlainText("\n".join(dialog.selectedFiles())))

    def _ask_data(self) -> None:
        dialog = QFileDialog(self, "Choose labelled data", self.data.text(), "Labels (*.json *.yaml *.yml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._open(dialog, lambda: self.data.setText(dialog.selectedFiles()[0]))

    def _ask_folder(self, field: QLineEdit) -> None:
        dialog = QFileDialog(self, f"Choose a folder: {field.accessibleName().lower()}", field.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog, lambda: field.setText(dialog.selectedFiles()[0]))

    def _open(self, dialog: QFileDialog, take: Callable[[], object]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(take)
        dialog.open()


def _whole(text: str) -> Path:
    """Return a typed path wherever the command runs; file managers copy paths in quotation marks."""
    return Path(text.strip().strip('"')).expanduser().absolute()


def _line(name: str, path: Path | None) -> QLineEdit:
    made = QLineEdit(str(path) if path is not None else "")
    made.setAccessibleName(name)
    make_clearable(made)
    return made
