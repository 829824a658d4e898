"""The layers of packages in the window: which are there, and getting one while everything else goes on."""

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.window_words import window_text
from n6studio.engine.layers import LayerProgress, LayerState, get_layer, layer_states
from n6studio.layers.layer import CONVERSION, MEDIA, Layer
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.frame.fetching import Fetching, progress_text, show_progress
from n6studio.ui.theme import ButtonRole, TextRole
from n6studio.ui.widgets.parts import button, label

WORK = "layer"  # under which it is told that a layer is coming

Getting = Callable[[Layer, Callable[[LayerProgress], None], threading.Event], bool]


class LayerGetter(Fetching):
    """Gets one layer at a time; outlives the dialog, so that its closing stops nothing."""

    def __init__(self, context: Context, get: Getting = get_layer) -> None:
        super().__init__(context, WORK, "the layer")
        self._get = get
        self.layer: Layer = CONVERSION  # that is on its way, or was last

    def start(self, layer: Layer) -> None:
        """Begin, where nothing is on its way yet."""
        if not self.running:
            self.layer = layer
            self.begin(f"Getting the {layer.title}", lambda told, cancel: self._get(layer, told, cancel))


class LayersDialog(QDialog):
    """Shows the layers; gets one with progress, and can be closed meanwhile.

    Attributes:
        gets: layer's name -> the button that gets it; of the base there is none.
    """

    def __init__(self, getter: LayerGetter, parent: QWidget, states: Callable[[], object] = layer_states) -> None:
        super().__init__(parent)
        self.setWindowTitle("Layers")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 320)
        self._getter, self._look = getter, states
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        self.state = label("Checking...", select=True)
        layout.addWidget(self.state)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the layer")
        self.told = label("", TextRole.MUTED, select=True)
        layout.addWidget(self.bar)
        layout.addWidget(self.told)
        layout.addStretch(1)
        row = QHBoxLayout()
        self.gets: dict[str, QPushButton] = {}
        for layer, role in ((CONVERSION, ButtonRole.PRIMARY), (MEDIA, ButtonRole.NORMAL)):
            get = button(f"Get the {layer.title}", partial(self._start, layer), role)
            get.setEnabled(False)
            row.addWidget(get)
            self.gets[layer.name] = get
        self.stop = button("Cancel", getter.cancel, name="Cancel getting the layer")
        row.addWidget(self.stop)
        row.addStretch(1)
        row.addWidget(button("Close", self.reject))
        layout.addLayout(row)
        getter.progressed.connect(self._progressed)
        getter.ended.connect(self._ended)
        self._wanted: frozenset[str] = frozenset()
        self._show_running()
        self._refresh()

    def _refresh(self) -> None:
        run_in_background(self, self._look, self._show)

    def _show(self, states: tuple[LayerState, ...]) -> None:
        self.state.setText("\n\n".join(_described(state) for state in states))
        self._wanted = frozenset(state.name for state in states if not state.present or state.outdated)
        self._show_running()

    def _start(self, layer: Layer) -> None:
        self.told.setText("")
        self._getter.start(layer)
        self._show_running()

    def _show_running(self) -> None:
        running = self._getter.running
        for name, get in self.gets.items():
            get.setEnabled(not running and name in self._wanted)
        self.stop.setVisible(running)
        self.bar.setVisible(running)
        if running:
            self.bar.setRange(0, 0)

    def _progressed(self, progress: LayerProgress) -> None:
        show_progress(self.bar, progress)
        self.told.setText(progress_text(progress))

    def _ended(self, error: StudioError | None) -> None:
        self._show_running()
        if error is None:
            self.told.setText(f"The {self._getter.layer.title} is installed.")
        elif isinstance(error, Cancelled):
            self.told.setText("Cancelled. What has been downloaded is kept.")
        else:
            self.told.setText(window_text(error))
        self._refresh()


def _described(state: LayerState) -> str:
    shown = "installed"
    if not state.present:
        shown = (
            f"not installed; about {state.download_megabytes} MB to download, {state.installed_megabytes} MB on disk"
        )
    elif state.outdated:
        shown = f"of another version of N6 Studio; about {state.download_megabytes} MB to download"
    return f"{state.name.capitalize()} layer: {shown}\n{state.purpose}"
