"""Charts about single layers: what each loses, and how its values are spread in float and in int8."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPen

from n6studio.domain.colours import Colours
from n6studio.domain.model.layer_errors import HINT_DB, LayerError
from n6studio.ui.charts.chart import Chart, Table
from n6studio.ui.charts.export import Legend

HEIGHT = 240  # pixels of a chart
LOW_DB = -5.0
TOP_DB = 60.0  # ratios beyond are drawn as this: such a layer loses nothing that matters


class LayerChart(Chart):
    """Signal-to-noise ratio of every layer, in the order of computation.

    Signals:
        picked(place): a layer was clicked.
    """

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__("What each layer loses", "layer, in the order of computation", "signal to noise in dB")
        self._layers: tuple[LayerError, ...] = ()
        self._chosen = -1
        self.canvas.setMinimumHeight(HEIGHT)
        self.canvas.scene().sigMouseClicked.connect(self._clicked)

    def set_layers(self, layers: Sequence[LayerError]) -> None:
        """Show these layers."""
        self._layers = tuple(layers)
        self._chosen = -1
        self.refresh()
        if not self._layers:
            self.show_nothing("There is no layer that both networks have.")

    def choose(self, place: int) -> None:
        """Mark a layer."""
        if place != self._chosen:
            self._chosen = place
            self.refresh()

    def legend(self) -> tuple[Legend, ...]:  # noqa: D102
        return (
            Legend("everything quantized", "int8_colour"),
            Legend("this layer alone", "float_colour"),
            Legend(f"{HINT_DB:g} dB", "bad", dashed=True),
        )

    def draw(self, chosen: Colours) -> None:  # noqa: D102
        plot, places = self.canvas.plot, np.arange(len(self._layers), dtype=np.float64)
        bars = np.clip(np.array([layer.snr or 0.0 for layer in self._layers]), LOW_DB, TOP_DB)
        plot.addItem(
            pg.BarGraphItem(x=places, height=bars, width=0.8, brush=QColor(chosen.int8_colour), pen=pg.mkPen(None))
        )
        alone = [(place, min(la.own_snr, TOP_DB)) for place, la in enumerate(self._layers) if la.own_snr is not None]
        # Points, not bars: side by side, two hundred pairs of bars are thinner than a pixel each.
        plot.addItem(
            pg.ScatterPlotItem(pos=alone, size=5, brush=QColor(chosen.float_colour), pen=pg.mkPen(None), symbol="d")
        )
        pen = QPen(QColor(chosen.bad), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        plot.addItem(pg.InfiniteLine(HINT_DB, angle=0, pen=pen))
        if self._chosen >= 0:
            shade = QColor(chosen.accent)
            shade.setAlphaF(0.3)
            reach = (self._chosen - 0.5, self._chosen + 0.5)
            mark = pg.LinearRegionItem(reach, movable=False, brush=shade, pen=pg.mkPen(QColor(chosen.accent)))
            plot.addItem(mark)
        low = min((layer.snr for layer in self._layers if layer.snr is not None), default=0.0)
        self.canvas.show_range((-1.0, float(len(self._layers))), (min(0.0, max(low, LOW_DB)), TOP_DB))

    def table(self) -> Table:  # noqa: D102
        headers = ("layer", "operation", "type", "SNR dB", "SNR dB of this layer alone")
        return Table(headers, tuple((la.name, la.kind, la.type, la.snr, la.own_snr) for la in self._layers))

    def read_out(self, x: float, y: float) -> str:  # noqa: D102
        place = round(x)
        return layer_text(self._layers[place]) if 0 <= place < len(self._layers) else ""

    def _clicked(self, event: Any) -> None:
        values = self.canvas.value_at(event.scenePos())
        if values is not None and 0 <= round(values[0]) < len(self._layers):
            self.picked.emit(round(values[0]))


def layer_text(layer: LayerError) -> str:
    """Return a layer's name and ratios in one line."""
    alone = "stays in float" if layer.own_snr is None else f"alone {layer.own_snr:.1f} dB"
    ratio = "no signal" if layer.snr is None else f"{layer.snr:.1f} dB"
    return f"{layer.name} ({layer.kind.lower()}): {ratio}, {alone}"


class WeightsChart(Chart):
    """The range of a layer's weights, channel by channel, and what one scale for all of them would have to hold."""

    def __init__(self) -> None:
        super().__init__("Weights of the layer", "output channel", "weight")
        self._low: tuple[float, ...] = ()
        self._high: tuple[float, ...] = ()
        self.canvas.setMinimumHeight(HEIGHT)

    def set_layer(self, layer: LayerError | None) -> None:
        """Show a layer's weights."""
        self._low, self._high = (layer.weight_low, layer.weight_high) if layer is not None else ((), ())
        self.refresh()
        if not self._low:
            old = "This layer has no weights, or the comparison is of an earlier release."
            self.show_nothing(old if layer is not None else "Click a bar above.")

    def legend(self) -> tuple[Legend, ...]:  # noqa: D102
        return (Legend("range of each channel", "accent"), Legend("range of all together", "muted", dashed=True))

    def draw(self, chosen: Colours) -> None:  # noqa: D102
        low, high = np.array(self._low), np.array(self._high)
        if not len(low):
            return
        places = np.arange(len(low), dtype=np.float64)
        item = pg.BarGraphItem(x=places, y0=low, y1=high, width=0.8, brush=QColor(chosen.accent), pen=pg.mkPen(None))
        self.canvas.plot.addItem(item)
        dashed = QPen(QColor(chosen.muted), 1.2, Qt.PenStyle.DashLine)
        dashed.setCosmetic(True)
        for limit in (float(low.min()), float(high.max())):
            self.canvas.plot.addItem(pg.InfiniteLine(limit, angle=0, pen=dashed))
        reach = max(abs(float(low.min())), abs(float(high.max())), 1e-9) * 1.05
        self.canvas.show_range((-1.0, float(len(low))), (-reach, reach))

    def table(self) -> Table:  # noqa: D102
        rows = zip(range(len(self._low)), self._low, self._high, strict=True)
        return Table(("channel", "smallest", "largest"), tuple(rows))

    def read_out(self, x: float, y: float) -> str:  # noqa: D102
        place = round(x)
        if not 0 <= place < len(self._low):
            return ""
        return f"channel {place}: {self._low[place]:.4g} to {self._high[place]:.4g}".replace("-", "−")


class ValuesChart(Chart):
    """How a layer's values are spread, in float and in int8."""

    def __init__(self) -> None:
        super().__init__("Values of the layer", "value", "share, root scale")
        self._layer: LayerError | None = None
        self.canvas.setMinimumHeight(HEIGHT)

    def set_layer(self, layer: LayerError | None) -> None:
        """Show a layer's values."""
        self._layer = layer
        self.refresh()
        if layer is None:
            self.show_nothing("Click a bar above to see how that layer's values are spread.")

    def legend(self) -> tuple[Legend, ...]:  # noqa: D102
        entries = (Legend("float", "float_colour"), Legend("int8", "int8_colour"))
        if self._layer is not None and self._layer.scale:
            return (*entries, Legend("reach of int8", "muted", dashed=True))
        return entries

    def draw(self, chosen: Colours) -> None:  # noqa: D102
        layer = self._layer
        if layer is None:
            return
        plot, edges = self.canvas.plot, self._edges(layer)
        highest = 0.0
        for counts, colour, filled in (
            (layer.float_counts, chosen.float_colour, True),
            (layer.int8_counts, chosen.int8_colour, False),
        ):
            heights = np.sqrt(np.array(counts))
            highest = max(highest, float(heights.max(initial=0)))
            fill = QColor(colour)
            fill.setAlphaF(0.35)
            pen = QPen(QColor(colour), 1.6)
            pen.setCosmetic(True)
            level = {"fillLevel": 0.0, "brush": fill} if filled else {}
            plot.addItem(pg.PlotCurveItem(edges, heights, stepMode="center", pen=pen, **level))
        if layer.scale:
            dashed = QPen(QColor(chosen.muted), 1.2, Qt.PenStyle.DashLine)
            dashed.setCosmetic(True)
            for place in (layer.int8_low, layer.int8_high):
                plot.addItem(pg.InfiniteLine(place, angle=90, pen=dashed))
        self.canvas.show_range((layer.first, layer.last), (0.0, max(highest, 1e-3)))

    def _edges(self, layer: LayerError) -> Any:
        return np.linspace(layer.first, layer.last, len(layer.float_counts) + 1)

    def table(self) -> Table:  # noqa: D102
        if self._layer is None:
            return Table((), ())
        edges = [float(edge) for edge in self._edges(self._layer)]
        rows = zip(edges, edges[1:], self._layer.float_counts, self._layer.int8_counts, strict=False)
        return Table(("from", "to", "float", "int8"), tuple(rows))

    def read_out(self, x: float, y: float) -> str:  # noqa: D102
        layer = self._layer
        if layer is None or not layer.first <= x < layer.last:
            return ""
        place = int((x - layer.first) / (layer.last - layer.first) * len(layer.float_counts))
        return f"at {x:.3g}: float {layer.float_counts[place]:.2%}, int8 {layer.int8_counts[place]:.2%}"
