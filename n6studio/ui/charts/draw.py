"""Descriptions of charts drawn with pyqtgraph: one function a kind."""

import itertools
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPen

from n6studio.domain.charts.axis import tick_text
from n6studio.domain.charts.bars import Bars
from n6studio.domain.charts.chart import Chart, Threshold
from n6studio.domain.charts.columns import Columns
from n6studio.domain.charts.heat_map import HeatMap
from n6studio.domain.charts.histogram import Histogram
from n6studio.domain.charts.lines import Lines, Mark
from n6studio.domain.charts.points import Points
from n6studio.domain.colours import ColourName, Colours
from n6studio.ui.charts.canvas import Canvas

_THICK = 0.8  # of a row's or a place's room that bars fill


@dataclass
class Items:
    """Items on a canvas that are moved or clicked after drawing."""

    thresholds: list[pg.InfiniteLine] = field(default_factory=list)
    marks: pg.ScatterPlotItem | None = None
    points: pg.ScatterPlotItem | None = None


def draw(chart: Chart, canvas: Canvas, look: Colours) -> Items:
    """Draw a chart that has data on a canvas, in place of what is there."""
    canvas.plot.clear()
    canvas.dress(look)
    canvas.plot.getViewBox().invertY(False)
    canvas.label(chart.x.label, chart.y.label)
    for side, axis in (("bottom", chart.x), ("left", chart.y)):
        canvas.plot.getAxis(side).setStyle(tickLength=-5)
        canvas.plot.getAxis(side).setTicks([[(axis.place(tick), tick_text(tick)) for tick in axis.ticks()]])
    canvas.show_range(*((axis.place(axis.low), axis.place(axis.high)) for axis in (chart.x, chart.y)))
    return _draw(chart, canvas, look)


def place_marks(item: pg.ScatterPlotItem, marks: tuple[Mark, ...], look: Colours) -> None:
    """Put marks where they belong."""
    surface = QColor(look.surface)
    colours = [QColor(getattr(look, mark.colour)) for mark in marks]
    item.setData(
        x=[mark.x for mark in marks],
        y=[mark.y for mark in marks],
        brush=[pg.mkBrush(surface if m.hollow else colour) for m, colour in zip(marks, colours, strict=True)],
        pen=[pg.mkPen(colour if m.hollow else surface, width=2) for m, colour in zip(marks, colours, strict=True)],
        size=10,
    )


def _pen(look: Colours, colour: ColourName, width: float = 2, dashed: bool = False) -> QPen:
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    pen = QPen(QColor(getattr(look, colour)), width, style)
    pen.setCosmetic(True)
    return pen


def _fill(look: Colours, colour: ColourName, strength: float = 1.0) -> QColor:
    made = QColor(getattr(look, colour))
    made.setAlphaF(strength)
    return made


def _threshold(one: Threshold, canvas: Canvas, look: Colours, bounds: tuple[float, float]) -> pg.InfiniteLine:
    pen = _pen(look, one.colour, 0 if one.movable else 1.4, dashed=True)
    line = pg.InfiniteLine(one.value, angle=90 if one.upright else 0, movable=one.movable, bounds=bounds, pen=pen)
    if one.movable:
        line.setHoverPen(_pen(look, "accent", 0))
        line.setCursor(Qt.CursorShape.SizeHorCursor)
    canvas.plot.addItem(line)
    return line


def _bars(canvas: Canvas, colour: QColor, **where: Any) -> None:
    canvas.plot.addItem(pg.BarGraphItem(**where, brush=colour, pen=QPen(Qt.PenStyle.NoPen)))


@singledispatch
def _draw(chart: Chart, canvas: Canvas, look: Colours) -> Items:
    raise TypeError(type(chart).__name__)


@_draw.register
def _(chart: Lines, canvas: Canvas, look: Colours) -> Items:
    for line in chart.lines:
        y = np.array([np.nan if value is None else value for value in line.y], np.float64)
        colour = QColor(getattr(look, line.colour))
        dots = {"symbol": "o", "symbolSize": 7, "symbolBrush": colour, "symbolPen": None} if line.dots else {}
        pen = _pen(look, line.colour, dashed=line.dashed)
        canvas.plot.addItem(pg.PlotDataItem(np.array(line.x), y, pen=pen, connect="finite", **dots))
    items = Items(marks=pg.ScatterPlotItem())
    for one in chart.thresholds:
        axis = chart.x if one.upright else chart.y
        items.thresholds.append(_threshold(one, canvas, look, (axis.low, axis.high)))
    canvas.plot.addItem(items.marks)
    place_marks(items.marks, chart.marks, look)
    return items


@_draw.register
def _(chart: Bars, canvas: Canvas, look: Colours) -> Items:
    rows = np.arange(len(chart.labels), dtype=np.float64)
    thick = _THICK if chart.stacked else _THICK / max(1, len(chart.series))
    starts = np.zeros(len(rows))
    for place, one in enumerate(chart.series):
        values = np.array([value or 0.0 for value in one.values], np.float64)
        middle = rows if chart.stacked else rows - _THICK / 2 + thick * (place + 0.5)
        colour = _fill(look, one.colour)
        _bars(canvas, colour, x0=starts.copy(), y=middle, width=values, height=thick * 0.92)
        if chart.stacked:
            starts += values
    for row, end in enumerate(starts):
        if text := chart.end_text(row):
            written = pg.TextItem(text, QColor(look.muted), anchor=(0, 0.5))
            written.setPos(end, row)
            canvas.plot.addItem(written)
    axis = canvas.plot.getAxis("left")
    axis.setTicks([list(zip(rows, chart.labels, strict=True))])
    axis.setStyle(tickLength=0)
    canvas.plot.getViewBox().invertY(True)
    canvas.plot.showGrid(x=True, y=False, alpha=0.35)
    canvas.plot.setYRange(-0.5, len(rows) - 0.5, padding=0.01)
    return Items()


@_draw.register
def _(chart: Points, canvas: Canvas, look: Colours) -> Items:
    ends = [chart.x.low, chart.x.high]
    canvas.plot.addItem(pg.PlotDataItem(ends, ends, pen=_pen(look, "muted", 1, dashed=True)))
    drawn = chart.drawn
    dots = pg.ScatterPlotItem(hoverable=True, size=8, hoverSize=12)
    x, y = [point.x for point in drawn], [point.y for point in drawn]
    brush = pg.mkBrush(_fill(look, chart.colour, 0.67))
    dots.setData(x=x, y=y, data=[point.key for point in drawn], brush=brush, pen=pg.mkPen(look.surface))
    dots.setZValue(10)
    canvas.plot.addItem(dots)
    return Items(points=dots)


@_draw.register
def _(chart: Histogram, canvas: Canvas, look: Colours) -> Items:
    edges = np.array(chart.edges)
    for place, group in enumerate(chart.groups):
        heights = np.array([chart.y.place(count) for count in group.counts])
        if chart.overlaid:
            level = {} if place else {"fillLevel": 0.0, "brush": _fill(look, group.colour, 0.35)}
            pen = _pen(look, group.colour, 1.6)
            canvas.plot.addItem(pg.PlotCurveItem(edges, heights, stepMode="center", pen=pen, **level))
            continue
        sides = np.array([chart.sides(low, high, place) for low, high in itertools.pairwise(edges)])
        _bars(canvas, _fill(look, group.colour), x0=sides[:, 0], x1=sides[:, 1], y0=0, height=heights)
    bounds = (chart.x.low, chart.x.high)
    return Items([_threshold(one, canvas, look, bounds) for one in chart.thresholds])


@_draw.register
def _(chart: Columns, canvas: Canvas, look: Colours) -> Items:
    ends = np.clip(np.array(chart.ranges).reshape(-1, 2), chart.y.low, chart.y.high)
    places = np.arange(len(ends), dtype=np.float64)
    _bars(canvas, _fill(look, chart.colour), x=places, y0=ends[:, 0], y1=ends[:, 1], width=_THICK)
    over = [(place, min(value, chart.y.high)) for place, value in enumerate(chart.points) if value is not None]
    # Points, not bars: side by side, two hundred pairs of bars are thinner than a pixel each.
    colour = _fill(look, chart.points_colour)
    canvas.plot.addItem(pg.ScatterPlotItem(pos=over, size=5, brush=colour, pen=pg.mkPen(None), symbol="d"))
    if chart.chosen >= 0:
        reach = (chart.chosen - 0.5, chart.chosen + 0.5)
        shade, pen = _fill(look, "accent", 0.3), pg.mkPen(look.accent)
        canvas.plot.addItem(pg.LinearRegionItem(reach, movable=False, brush=shade, pen=pen))
    return Items([_threshold(one, canvas, look, (chart.y.low, chart.y.high)) for one in chart.thresholds])


@_draw.register
def _(chart: HeatMap, canvas: Canvas, look: Colours) -> Items:
    low, high = QColor(look.surface), QColor(getattr(look, chart.colour))
    ends = np.array([[low.red(), low.green(), low.blue()], [high.red(), high.green(), high.blue()]], np.float64)
    steps = np.linspace(0, 1, 256)[:, None]
    shares = np.array([[chart.strength(count) for count in row] for row in chart.counts])
    item = pg.ImageItem(shares.T, levels=(0, 1), lut=(ends[0] * (1 - steps) + ends[1] * steps).astype(np.uint8))
    item.setRect(QRectF(0, 0, 1, 1))
    canvas.plot.addItem(item)
    canvas.plot.getViewBox().invertY(True)
    canvas.plot.showGrid(x=False, y=False)
    return Items()
