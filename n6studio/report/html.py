"""Pages from templates: one file each, with style and charts inside, to read, to print and to send."""

import functools
from collections.abc import Callable

import jinja2
from markupsafe import Markup

from n6studio.domain import texts
from n6studio.domain.charts.chart import Chart
from n6studio.domain.colours import DARK, LIGHT, Colours
from n6studio.report.svg import drawing

LOOK = Colours(**{name: f"var(--{name})" for name in vars(LIGHT)})  # as the style sheet names them

_FILTERS: dict[str, Callable[..., str]] = {
    "change": texts.change,
    "counted": texts.counted,
    "decimals": texts.decimals,
    "duration": texts.duration,
    "percent": texts.percent,
    "points": texts.points,
    "size": texts.bytes_text,
}


@functools.cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("n6studio.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= _FILTERS | {"svg": _svg}
    made.globals |= {"light": vars(LIGHT), "dark": vars(DARK)}
    return made


def _svg(chart: Chart) -> Markup:
    """Return a chart as markup; its texts are escaped where they are written."""
    return Markup(drawing(chart, LOOK))


def render(template: str, **values: object) -> str:
    """Return the page that a template makes of these values.

    Args:
        template: name of a file in n6studio/report/templates.
        values: what it names; one that it names and that is missing is an error.
    """
    return _environment().get_template(template).render(values)
