"""Charts as SVG. Text is escaped where it is written, so that no name can become markup."""

from collections.abc import Sequence
from functools import singledispatch

from n6studio.domain.charts.bars import Bars
from n6studio.domain.charts.chart import Chart, Key, shown
from n6studio.domain.charts.columns import Columns
from n6studio.domain.charts.heat_map import HeatMap
from n6studio.domain.charts.histogram import Histogram
from n6studio.domain.charts.lines import Lines, Mark
from n6studio.domain.charts.points import Points
from n6studio.domain.colours import Colours
from n6studio.report.svg_parts import HEIGHT, PER_SIGN, TOP, WIDTH, Plot, hint, left_of, short, tag, text

_LEGEND_ROW = 17
_SIGN = 22  # width of a sign in the legend


def drawing(chart: Chart, look: Colours) -> str:
    """Return a chart as an svg element.

    Args:
        chart: what to draw.
        look: the colours, as CSS understands them: "#rrggbb", or "var(--name)" where a style sheet has them.
    """
    body, bottom = (_nothing(chart.nothing, look), HEIGHT) if chart.nothing else _drawn(chart, look)
    keys = () if chart.nothing else chart.legend()
    if len(keys) > 1:
        legend, bottom = _legend(keys, bottom, look)
        body += legend
    return tag(
        "svg",
        tag("rect", x=0, y=0, width=WIDTH, height=bottom, fill=look.surface),
        text(8, 18, chart.title, look.text, size=14, font_weight="bold"),
        body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:g} {bottom:g}",
        role="img",
        aria_label=chart.title,
        font_family="system-ui, Segoe UI, Roboto, Arial, sans-serif",
    )


def _nothing(why: str, look: Colours) -> str:
    lines = [""]
    for word in why.split():
        if len(lines[-1]) + len(word) > 46:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "".join(
        text(WIDTH / 2, HEIGHT / 2 + 18 * place, line, look.muted, size=13.5, anchor="middle")
        for place, line in enumerate(lines)
    )


def _legend(keys: Sequence[Key], top: float, look: Colours) -> tuple[str, float]:
    """Return the legend in as many rows as it needs, and where it ends."""
    parts, x, y = [], 8.0, top + _LEGEND_ROW / 2
    for key in keys:
        name = short(key.name, 54)
        wide = _SIGN + 20 + PER_SIGN * len(name)
        if x > 8 and x + wide > WIDTH:
            x, y = 8.0, y + _LEGEND_ROW
        parts += [_sign(key, x, y, look), text(x + _SIGN + 6, y + 4, name, look.muted)]
        x += wide
    return "".join(parts), y + _LEGEND_ROW / 2 + 4


def _sign(key: Key, x: float, y: float, look: Colours) -> str:
    colour = getattr(look, key.colour)
    if key.sign == "box":
        return tag(
            "rect", x=x, y=y - 5, width=_SIGN, height=9, fill=colour, fill_opacity=f"{key.strength:.3f}",
            stroke=colour, stroke_opacity=0.4,
        )  # fmt: skip
    if key.sign == "dot":
        return tag("circle", cx=x + _SIGN / 2, cy=y, r=4, fill=colour)
    if key.sign == "ring":
        return tag("circle", cx=x + _SIGN / 2, cy=y, r=4, fill="none", stroke=colour, stroke_width=2)
    return tag("line", x1=x, x2=x + _SIGN, y1=y, y2=y, **_stroke(colour, key.sign == "dashes"))


def _stroke(colour: str, dashed: bool) -> dict[str, str | float]:
    dashes: dict[str, str | float] = {"stroke_dasharray": "7 4"} if dashed else {}
    return {"fill": "none", "stroke": colour, "stroke_width": 2.2, "stroke_linejoin": "round", **dashes}


# --- one function a kind of chart: what lies between title and legend, and where it ends -----------------------------


@singledispatch
def _drawn(chart: Chart, look: Colours) -> tuple[str, float]:
    raise TypeError(type(chart).__name__)


@_drawn.register
def _(chart: Lines, look: Colours) -> tuple[str, float]:
    plot = Plot(chart.x, chart.y, left_of(chart.y))
    parts = [plot.grid(look)]
    for line in chart.lines:
        colour = getattr(look, line.colour)
        known = [(plot.at_x(x), plot.clip_y(y)) for x, y in zip(line.x, line.y, strict=True) if y is not None]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        parts.append(tag("polyline", points=points, **_stroke(colour, line.dashed)))
        parts += [tag("circle", cx=x, cy=y, r=3.5, fill=colour) for x, y in known if line.dots]
    parts.append(plot.thresholds(chart.thresholds, look))
    parts += [_mark(plot, mark, look) for mark in chart.marks]
    return "".join(parts), plot.end


def _mark(plot: Plot, mark: Mark, look: Colours) -> str:
    colour = getattr(look, mark.colour)
    inside = {"fill": look.surface, "stroke": colour} if mark.hollow else {"fill": colour, "stroke": look.surface}
    return tag("circle", hint(mark.hint), cx=plot.at_x(mark.x), cy=plot.clip_y(mark.y), r=4, stroke_width=2, **inside)


@_drawn.register
def _(chart: Points, look: Colours) -> tuple[str, float]:
    plot = Plot(chart.x, chart.y, left_of(chart.y))
    low, high = chart.x.low, chart.x.high
    diagonal = tag(
        "line", x1=plot.at_x(low), x2=plot.at_x(high), y1=plot.at_y(low), y2=plot.at_y(high),
        stroke=look.muted, stroke_dasharray="4 4",
    )  # fmt: skip
    dots = [
        tag("circle", hint(chart.read_point(point)), cx=plot.at_x(point.x), cy=plot.clip_y(point.y), r=3)
        for point in chart.drawn
    ]
    colour = getattr(look, chart.colour)
    group = tag("g", *dots, fill=colour, fill_opacity="0.75", stroke=look.surface, stroke_width="0.8")
    return plot.grid(look) + diagonal + group, plot.end


@_drawn.register
def _(chart: Histogram, look: Colours) -> tuple[str, float]:
    plot = Plot(chart.x, chart.y, left_of(chart.y))
    parts = [plot.grid(look)]
    for place, group in enumerate(chart.groups):
        colour = getattr(look, group.colour)
        if chart.overlaid and place:
            parts.append(_steps(plot, chart.edges, group.counts, colour))
            continue
        for low, high, count in zip(chart.edges, chart.edges[1:], group.counts, strict=False):
            if count:
                sides = (low, high) if chart.overlaid else chart.sides(low, high, place)
                title = hint(chart.read_out((low + high) / 2, 0))
                shade = "0.35" if chart.overlaid else "1"
                parts.append(plot.box(sides, (0, count), title, fill=colour, fill_opacity=shade))
    return "".join(parts) + plot.thresholds(chart.thresholds, look), plot.end


def _steps(plot: Plot, edges: Sequence[float], counts: Sequence[float], colour: str) -> str:
    corners = [(x, count) for low, high, count in zip(edges, edges[1:], counts, strict=False) for x in (low, high)]
    points = " ".join(f"{plot.at_x(x):.1f},{plot.clip_y(y):.1f}" for x, y in corners)
    return tag("polyline", points=points, fill="none", stroke=colour, stroke_width=1.6)


@_drawn.register
def _(chart: Columns, look: Colours) -> tuple[str, float]:
    plot = Plot(chart.x, chart.y, left_of(chart.y))
    parts = [plot.grid(look)]
    if chart.chosen >= 0:
        sides = (chart.chosen - 0.5, chart.chosen + 0.5)
        parts.append(plot.box(sides, (chart.y.low, chart.y.high), fill=look.accent, fill_opacity="0.3"))
    colour, points_colour = getattr(look, chart.colour), getattr(look, chart.points_colour)
    for place, ((low, high), note) in enumerate(zip(chart.ranges, chart.notes, strict=True)):
        parts.append(plot.box((place - 0.4, place + 0.4), (low, high), hint(note), fill=colour))
    for place, value in enumerate(chart.points):
        if value is not None:
            parts.append(tag("circle", cx=plot.at_x(place), cy=plot.clip_y(value), r=2.5, fill=points_colour))
    return "".join(parts) + plot.thresholds(chart.thresholds, look), plot.end


@_drawn.register
def _(chart: HeatMap, look: Colours) -> tuple[str, float]:
    plot = Plot(chart.x, chart.y, left_of(chart.y), upside_down=True)
    parts = [plot.grid(look)]
    colour = getattr(look, chart.colour)
    for y, row in enumerate(chart.counts):
        high = 1 / len(chart.counts)
        for x, count in enumerate(row):
            if count:
                wide = 1 / len(row)
                cell = ((x * wide, (x + 1) * wide), (y * high, (y + 1) * high))
                title = hint(chart.read_out((x + 0.5) * wide, (y + 0.5) * high))
                parts.append(plot.box(*cell, title, fill=colour, fill_opacity=f"{chart.strength(count):.3f}"))
    return "".join(parts), plot.end


_THICK, _THIN, _STACKED = 10, 7, 14  # of a bar: alone, one of a group, and of parts
_GAP = 6  # between groups of bars
_LONG = 22  # signs; longer names stand above their bars
_ABOVE = 15  # what a name above a bar takes


@_drawn.register
def _(chart: Bars, look: Colours) -> tuple[str, float]:
    longest = max(map(len, chart.labels), default=0)
    above = _ABOVE if longest > _LONG else 0
    thick = _STACKED if chart.stacked else _THICK if len(chart.series) == 1 else _THIN
    bars = thick * (1 if chart.stacked else len(chart.series))
    group = above + bars + _GAP
    left = 24.0 if above else 26 + PER_SIGN * longest
    bottom = TOP + group * len(chart.labels) + _GAP
    plot = Plot(chart.x, chart.y, left=left, bottom=bottom)
    parts = [plot.grid(look, upright_only=True)]
    for row, label in enumerate(chart.labels):
        top = TOP + row * group + _GAP
        if above:
            parts.append(text(left, top + 10, short(label, 58), look.muted))
        else:
            parts.append(text(left - 6, top + bars / 2 + 4, label, look.muted, anchor="end"))
        parts += _bars_of(chart, plot, row, top + above, thick, look)
    return "".join(parts), plot.end


def _bars_of(chart: Bars, plot: Plot, row: int, top: float, thick: float, look: Colours) -> list[str]:
    """Return the bars of one label, the first from `top` on."""
    parts, begin = [], 0.0
    for place, series in enumerate(chart.series):
        value = series.values[row]
        if value is None:
            continue
        y = top if chart.stacked else top + place * thick
        x, end = plot.at_x(begin), plot.at_x(begin + value)
        title = hint(f"{series.name}, {chart.labels[row]}: {shown(value, chart.x.digits)} {chart.x.unit}")
        colour = getattr(look, series.colour)
        parts.append(tag("rect", title, x=x, y=y, width=max(0.5, end - x), height=thick - 1, fill=colour))
        begin += value if chart.stacked else 0.0
    if written := chart.end_text(row):
        parts.append(text(plot.at_x(begin) + 5, top + thick - 3, written, look.muted))
    return parts
