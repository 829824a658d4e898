"""Charts as inline SVG. Colours and fonts come from the page's style sheet, so that charts follow light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 34, 46
_LEGEND_ROW = 16
SERIES_COLOURS = 5  # the style sheet defines s0 to s4

Range = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One line of a chart; `colour` is the number of a series colour, references are dashed."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int
    dashed: bool = False


@dataclass(frozen=True)
class Mark:
    """A point of a chart with what is shown when the pointer rests on it."""

    x: float
    y: float
    colour: int
    hint: str = ""


def colour_of(index: int) -> str:
    """Return the style class of series `index`."""
    return f"s{index % SERIES_COLOURS}"


def _frame(title: str, body: str, height: int = HEIGHT) -> str:
    name = escape(title)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">'
        f'<text class="t" x="8" y="18">{name}</text>{body}</svg>'
    )


def empty(title: str, why: str) -> str:
    """Return a chart's frame that says why there is nothing to draw."""
    lines = _wrapped(why, 46)
    body = "".join(
        f'<text class="none" x="{WIDTH / 2}" y="{HEIGHT / 2 + 18 * place}" text-anchor="middle">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return _frame(title, body)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values between `low` and `high`, about that many."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 10) for place in range(first, math.floor(high / step + 1e-9) + 1)]


class _Axes:
    """Maps values to the drawing, and draws grid, ticks and labels."""

    def __init__(self, x: Range, y: Range, bottom: int = HEIGHT - _BOTTOM) -> None:
        self._x, self._y, self._bottom = x, y, bottom

    def at_x(self, value: float) -> float:
        low, high = self._x
        return _LEFT + (value - low) / ((high - low) or 1) * (WIDTH - _LEFT - _RIGHT)

    def at_y(self, value: float) -> float:
        low, high = self._y
        return self._bottom - (value - low) / ((high - low) or 1) * (self._bottom - _TOP)

    def grid(self, x_label: str, y_label: str) -> str:
        parts = []
        for tick in nice_ticks(*self._y):
            y = self.at_y(tick)
            parts.append(f'<line class="g" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text class="n" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
        for tick in nice_ticks(*self._x):
            x = self.at_x(tick)
            parts.append(f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{self._bottom}"/>')
            parts.append(f'<text class="n" x="{x:.1f}" y="{self._bottom + 15}" text-anchor="middle">{tick:g}</text>')
        middle = (_TOP + self._bottom) / 2
        across = (_LEFT + WIDTH - _RIGHT) / 2
        parts.append(
            f'<text class="n" x="{across}" y="{self._bottom + 31}" text-anchor="middle">{escape(_short(x_label, 54))}'
            "</text>"
        )
        parts.append(
            f'<text class="n" transform="translate(13 {middle:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(_short(y_label, 34))}</text>"
        )
        return "".join(parts)


def lines(
    title: str, x_label: str, y_label: str, series: Sequence[Line], x: Range, y: Range, marks: Sequence[Mark] = ()
) -> str:
    """Return a line chart with a legend."""
    room = _LEGEND_ROW * len(series) if len(series) > 1 else 0
    axes = _Axes(x, y)
    parts = [axes.grid(x_label, y_label)]
    for one in series:
        points = " ".join(f"{axes.at_x(a):.1f},{axes.at_y(b):.1f}" for a, b in zip(one.x, one.y, strict=True))
        style = " d" if one.dashed else ""
        parts.append(f'<polyline class="l {colour_of(one.colour)}{style}" points="{points}"/>')
    parts += [_dot(axes, mark, 4) for mark in marks]
    parts.append(_legend([(one.name, one.colour, one.dashed) for one in series], HEIGHT + 4) if room else "")
    return _frame(title, "".join(parts), HEIGHT + room)


def _dot(axes: _Axes, mark: Mark, radius: float) -> str:
    hint = f"<title>{escape(mark.hint)}</title>" if mark.hint else ""
    return (
        f'<circle class="p {colour_of(mark.colour)}" cx="{axes.at_x(mark.x):.1f}" cy="{axes.at_y(mark.y):.1f}" '
        f'r="{radius}">{hint}</circle>'
    )


def _legend(entries: Sequence[tuple[str, int, bool]], top: float, solid: bool = False) -> str:
    parts = []
    for place, (name, colour, dashed) in enumerate(entries):
        y = top + place * _LEGEND_ROW
        style = " d" if dashed else ""
        if solid:
            parts.append(f'<rect class="b {colour_of(colour)}" x="{_LEFT}" y="{y - 5}" width="26" height="9"/>')
        else:
            parts.append(
                f'<line class="l {colour_of(colour)}{style}" x1="{_LEFT}" x2="{_LEFT + 26}" y1="{y}" y2="{y}"/>'
            )
        parts.append(f'<text class="n" x="{_LEFT + 34}" y="{y + 4}">{escape(_short(name, 48))}</text>')
    return "".join(parts)


def _short(text: str, most: int) -> str:
    """Cut the middle out of a long name: its beginning and its end tell it apart."""
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-(most // 2 - 1) :]}"


def scatter(title: str, x_label: str, y_label: str, marks: Sequence[Mark], limits: Range) -> str:
    """Return a scatter chart on a square range, with the diagonal on which both are equal."""
    axes = _Axes(limits, limits)
    low, high = limits
    diagonal = (
        f'<line class="diag" x1="{axes.at_x(low):.1f}" y1="{axes.at_y(low):.1f}" '
        f'x2="{axes.at_x(high):.1f}" y2="{axes.at_y(high):.1f}"/>'
    )
    return _frame(title, axes.grid(x_label, y_label) + diagonal + "".join(_dot(axes, mark, 3) for mark in marks))


def histogram(title: str, x_label: str, values: Sequence[float], limits: Range, bins: int, colour: int = 0) -> str:
    """Return a histogram; values outside `limits` go into the outermost bars."""
    low, high = limits
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int((value - low) / (high - low) * bins)))] += 1
    axes = _Axes(limits, (0, max(1, *counts) * 1.05))
    width = (high - low) / bins
    parts = [axes.grid(x_label, "people")]
    for place, count in enumerate(counts):
        if count:
            left, right, top = axes.at_x(low + place * width), axes.at_x(low + (place + 1) * width), axes.at_y(count)
            hint = f"{count} between {low + place * width:.2f} and {low + (place + 1) * width:.2f}"
            parts.append(
                f'<rect class="b {colour_of(colour)}" x="{left + 0.7:.1f}" y="{top:.1f}" '
                f'width="{right - left - 1.4:.1f}" height="{axes.at_y(0) - top:.1f}"><title>{hint}</title></rect>'
            )
    return _frame(title, "".join(parts))


def bars(
    title: str, x_label: str, labels: Sequence[str], series: Sequence[tuple[str, int, Sequence[float | None]]]
) -> str:
    """Return horizontal bars, one group a label and one bar a series; None leaves a gap."""
    thick = 7 if len(series) > 1 else 10
    group = thick * len(series) + 6
    room = _LEGEND_ROW * len(series) if len(series) > 1 else 0
    bottom = _TOP + group * len(labels)
    known = [value for _, _, values in series for value in values if value is not None]
    limit = max([*known, 1e-9]) * 1.05
    left = 118
    scale = (WIDTH - left - _RIGHT) / limit
    parts = []
    for tick in nice_ticks(0, limit):
        x = left + tick * scale
        parts.append(f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="n" x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{tick:g}</text>')
    for row, label in enumerate(labels):
        top = _TOP + row * group + 3
        middle = top + thick * len(series) / 2 + 4
        parts.append(f'<text class="n" x="{left - 6}" y="{middle:.1f}" text-anchor="end">{escape(label)}</text>')
        for place, (name, colour, values) in enumerate(series):
            value = values[row]
            if value is not None:
                hint = escape(f"{name}, {label}: {value:.3f}")
                parts.append(
                    f'<rect class="b {colour_of(colour)}" x="{left}" y="{top + place * thick}" '
                    f'width="{max(0.5, value * scale):.1f}" height="{thick - 1}"><title>{hint}</title></rect>'
                )
    across = (left + WIDTH - _RIGHT) / 2
    parts.append(f'<text class="n" x="{across}" y="{bottom + 30}" text-anchor="middle">{escape(x_label)}</text>')
    if room:
        parts.append(_legend([(name, colour, False) for name, colour, _ in series], bottom + 48, solid=True))
    return _frame(title, "".join(parts), bottom + 42 + room)


def stacked(title: str, x_label: str, rows: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """Return stacked horizontal bars: a row has a name and (part, value) pairs, the same parts in every row."""
    totals = [sum(value for _, value in parts) for _, parts in rows]
    limit = max([*totals, 1e-9]) * 1.12
    scale = (WIDTH - 2 * _RIGHT) / limit
    drawn = []
    for row, ((name, parts), total) in enumerate(zip(rows, totals, strict=True)):
        top, x = _TOP + 14 + row * 46, float(_RIGHT)
        drawn.append(f'<text class="n" x="{_RIGHT}" y="{top - 6}">{escape(_short(name, 56))}</text>')
        for place, (part, value) in enumerate(parts):
            hint = escape(f"{part}: {value:.2f} ms")
            drawn.append(
                f'<rect class="b k{place % 4}" x="{x:.1f}" y="{top}" width="{max(0.3, value * scale):.1f}" '
                f'height="18"><title>{hint}</title></rect>'
            )
            x += value * scale
        drawn.append(f'<text class="n" x="{x + 5:.1f}" y="{top + 13}">{total:.1f}</text>')
    bottom = _TOP + 46 * len(rows) + 4
    for tick in nice_ticks(0, limit):
        x = _RIGHT + tick * scale
        drawn.append(f'<text class="n" x="{x:.1f}" y="{bottom + 8}" text-anchor="middle">{tick:g}</text>')
    drawn.append(f'<text class="n" x="{WIDTH / 2}" y="{bottom + 25}" text-anchor="middle">{escape(x_label)}</text>')
    x = float(_RIGHT)
    for place, (part, _) in enumerate(rows[0][1] if rows else ()):
        drawn.append(f'<rect class="b k{place % 4}" x="{x:.0f}" y="{bottom + 36}" width="11" height="11"/>')
        drawn.append(f'<text class="n" x="{x + 16:.0f}" y="{bottom + 46}">{escape(part)}</text>')
        x += 34 + 6.5 * len(part)
    return _frame(title, "".join(drawn), bottom + 56)
