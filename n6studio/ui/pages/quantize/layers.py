"""The per-layer view: run on demand, then a bar a layer and the chosen layer's values."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from n6studio.domain.charts.layers import layer_losses, layer_text, layer_values, layer_weights
from n6studio.domain.encoding import decoded
from n6studio.domain.model.layer_advice import suggestions
from n6studio.domain.model.layer_errors import HINT_DB, LayerError, LayerErrors
from n6studio.gates.files import read_bytes
from n6studio.stages.layer_errors.stage import LAYER_ERRORS
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.background import run_in_background
from n6studio.ui.charts.view import ChartView
from n6studio.ui.context import Context
from n6studio.ui.pages.quantize import texts
from n6studio.ui.pages.stage_view import StageView
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.parts import label
from n6studio.ui.widgets.turning_row import TurningRow

STAGE = LAYER_ERRORS.name
_HEIGHT = 330  # pixels of a chart


def read_layers(path: Path) -> LayerErrors:
    """Read what the stage `layer_errors` wrote."""
    return decoded(read_bytes(path), LayerErrors)


class LayersView(StageView):
    """Button, progress, charts; follows the context by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, STAGE, "Compare layers", texts.LAYERS_TIP)
        self._errors: LayerErrors | None = None
        self._layers: tuple[LayerError, ...] = ()
        self.summary = label(role=TextRole.MUTED)
        self.silu = QCheckBox(texts.SIGMOID)
        self.silu.setToolTip(texts.SIGMOID_TIP)
        self.layer_box = QComboBox()
        self.layer_box.setAccessibleName("Layer")
        self.layer_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layer_box.setMinimumContentsLength(20)
        self.chart = ChartView(layer_losses(()))
        self.values, self.weights = ChartView(layer_values(None)), ChartView(layer_weights(None))
        for chart in (self.chart, self.values, self.weights):
            chart.setMinimumHeight(_HEIGHT)
        self.advice = QListWidget()
        self.advice.setAccessibleName("Advice on the layers with the largest loss")
        self.advice.setWordWrap(True)
        self.advice.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.advice.setMaximumHeight(150)
        self.details = label(role=TextRole.MUTED, select=True)
        self.layer_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = Flow()
        row.addWidget(self.layer_box)
        row.addWidget(self.silu)
        self.found = QWidget()
        inside = QVBoxLayout(self.found)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.summary)
        inside.addWidget(self.chart)
        inside.addWidget(self.advice)
        inside.addLayout(row)
        inside.addWidget(TurningRow(self.values, self.weights))
        inside.addWidget(self.details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label("Layer comparison", TextRole.HEADING))
        for widget in (self.run_card, self.card, self.found):
            layout.addWidget(widget)
        self.chart.picked.connect(self.choose)
        self.layer_box.currentIndexChanged.connect(self.choose)
        self.advice.itemActivated.connect(self._advised)
        self.advice.itemClicked.connect(self._advised)
        self.silu.toggled.connect(lambda: self._show_layers())
        self.found.hide()
        self.follow()

    def refresh(self) -> None:
        """Show the latest result; its file is read off the GUI thread."""
        context = self._context
        self.run_card.run_button.setEnabled(QUANTIZE.name in context.results and context.running != STAGE)
        self.run_card.note.setText(self.note(texts.LAYERS_HINT))
        path = context.output(STAGE, "layers")
        if path == self._path and (self._errors is not None or path is None):
            return
        self._path = path
        if path is None:
            self._show(None, None)
        else:
            run_in_background(
                self,
                lambda: read_layers(path),
                lambda errors: self._show(path, errors),
                lambda _: self._show(path, None),
            )

    def _show(self, path: Path | None, errors: LayerErrors | None) -> None:
        if path == self._path:
            self._errors = errors
            self.found.setVisible(errors is not None)
            self._show_layers()

    def _show_layers(self) -> None:
        every = self._errors.layers if self._errors else ()
        self._layers = tuple(layer for layer in every if self.silu.isChecked() or not layer.squashed)
        rated = [layer.snr for layer in self._layers if layer.snr is not None]
        low = sum(1 for value in rated if value < HINT_DB)
        self.summary.setText(texts.layers_text(len(self._layers), self._errors.images, low) if self._errors else "")
        self.layer_box.blockSignals(True)
        self.layer_box.clear()
        self.layer_box.addItems([layer_text(layer) for layer in self._layers])
        self.layer_box.blockSignals(False)
        self._show_advice()
        worst = min(range(len(self._layers)), key=lambda i: _ratio(self._layers[i]), default=-1)
        self.choose(worst)

    def _show_advice(self) -> None:
        self.advice.clear()
        result = self._context.result(QUANTIZE)
        if result is None:
            return
        granularity = str(result.request.settings.get("granularity"))
        for one in suggestions(self._layers, granularity, result.figures.ranges):
            item = QListWidgetItem(one.text)
            item.setData(Qt.ItemDataRole.UserRole, one.place)
            self.advice.addItem(item)
        self.advice.setVisible(self.advice.count() > 0)

    def _advised(self, item: QListWidgetItem) -> None:
        self.choose(int(item.data(Qt.ItemDataRole.UserRole)))

    def choose(self, place: int) -> None:
        """Show a layer's values."""
        layer = self._layers[place] if 0 <= place < len(self._layers) else None
        self.chart.set_chart(layer_losses(self._layers, place if layer else -1))
        self.layer_box.blockSignals(True)
        self.layer_box.setCurrentIndex(place if layer else -1)
        self.layer_box.blockSignals(False)
        self.values.set_chart(layer_values(layer))
        self.weights.set_chart(layer_weights(layer))
        self.details.setText(texts.layer_details(layer) if layer else "")


def _ratio(layer: LayerError) -> float:
    return layer.snr if layer.snr is not None else 1e9
