"""Elements of SVG, and the part of a drawing that two axes span."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from n6studio.domain.charts.axis import Axis, tick_text
from n6studio.domain.charts.chart import Threshold
from n6studio.domain.colours import Colours

WIDTH, HEIGHT = 400.0, 284.0
TOP = 34.0  # below the title
_RIGHT, _BOTTOM = 14.0, 46.0  # beside and below the plot, for ticks and names of axes
_NAME = 24.0  # what the name of the y axis takes
PER_SIGN = 6.3  # pixels of a sign, about; wider than most


def tag(element: str, *inner: str, **attributes: str | float) -> str:
    """Return an element; values of attributes are escaped, `inner` is markup. `stroke_width` means stroke-width."""
    parts = [f' {name.replace("_", "-")}="{_value(value)}"' for name, value in attributes.items()]
    name = element.replace("_", "-")
    return f"<{name}{''.join(parts)}>{''.join(inner)}</{name}>" if inner else f"<{name}{''.join(parts)}/>"


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def text(
    x: float, y: float, content: str, colour: str, size: float = 11.5, anchor: str = "start", **more: str | float
) -> str:
    """Return a line of text, escaped."""
    return tag("text", escape(content), x=x, y=y, fill=colour, font_size=size, text_anchor=anchor, **more)


def hint(content: str) -> str:
    """Return what a browser shows where the pointer rests on the element around."""
    return tag("title", escape(content)) if content else ""


def short(content: str, most: int) -> str:
    """Cut the middle out of a long name: its beginning and its end tell it apart."""
    return content if len(content) <= most else f"{content[: most // 2]}…{content[-(most // 2 - 1) :]}"


def _share(axis: Axis, value: float) -> float:
    """Return how far along an axis a value lies, from 0 to 1."""
    low, high = axis.place(axis.low), axis.place(axis.high)
    return (axis.place(value) - low) / ((high - low) or 1)


def left_of(y: Axis) -> float:
    """Return where a plot begins, so that name and numbers of its y axis have room."""
    return _NAME + max(3, *(len(tick_text(tick)) for tick in y.ticks())) * PER_SIGN + 4


@dataclass(frozen=True)
class Plot:
    """Where values lie in the drawing. `upside_down` where the y axis counts from the top."""

    x: Axis
    y: Axis
    left: float
    right: float = WIDTH - _RIGHT
    top: float = TOP
    bottom: float = HEIGHT - _BOTTOM
    upside_down: bool = False

    def at_x(self, value: float) -> float:
        """Return where a value of the x axis lies."""
        return self.left + _share(self.x, value) * (self.right - self.left)

    def at_y(self, value: float) -> float:
        """Return where a value of the y axis lies."""
        share = _share(self.y, value)
        return self.top + (share if self.upside_down else 1 - share) * (self.bottom - self.top)

    def clip_y(self, value: float) -> float:
        """Return where a value lies, or the end of the axis beyond which it is."""
        return self.at_y(min(max(value, self.y.low), self.y.high))

    @property
    def end(self) -> float:
        """Where the name of the x axis ends."""
        return self.bottom + _BOTTOM - 8

    def box(self, x: tuple[float, float], y: tuple[float, float], *inner: str, **attributes: str | float) -> str:
        """Return a rectangle between two values of each axis."""
        left, right = sorted(map(self.at_x, x))
        top, bottom = sorted(map(self.clip_y, y))
        return tag("rect", *inner, x=left, y=top, width=right - left, height=bottom - top, **attributes)

    def grid(self, look: Colours, upright_only: bool = False) -> str:
        """Return the grid with its values and the names of both axes; `upright_only` where names stand along y."""
        parts = []
        for tick in () if upright_only else self.y.ticks():
            y = self.at_y(tick)
            parts.append(tag("line", x1=self.left, x2=self.right, y1=y, y2=y, stroke=look.line))
            parts.append(text(self.left - 6, y + 4, tick_text(tick), look.muted, anchor="end"))
        for tick in self.x.ticks():
            x = self.at_x(tick)
            parts.append(tag("line", x1=x, x2=x, y1=self.top, y2=self.bottom, stroke=look.line))
            parts.append(text(x, self.bottom + 15, tick_text(tick), look.muted, anchor="middle"))
        across, middle = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        parts.append(text(across, self.bottom + 31, short(self.x.label, 54), look.muted, anchor="middle"))
        turned = f"translate(13 {middle:.0f}) rotate(-90)"
        name = short(self.y.label, int((self.bottom - self.top) / PER_SIGN) + 4)
        parts.append(text(0, 0, name, look.muted, anchor="middle", transform=turned))
        return "".join(parts)

    def thresholds(self, found: Sequence[Threshold], look: Colours) -> str:
        """Return dashed lines across."""
        parts = []
        for one in found:
            if one.upright:
                x = self.at_x(one.value)
                ends = {"x1": x, "x2": x, "y1": self.top, "y2": self.bottom}
            else:
                y = self.clip_y(one.value)
                ends = {"x1": self.left, "x2": self.right, "y1": y, "y2": y}
            colour = getattr(look, one.colour)
            parts.append(tag("line", hint(one.name), **ends, stroke=colour, stroke_width=1.4, stroke_dasharray="5 4"))
        return "".join(parts)
