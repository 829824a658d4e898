import re
from xml.etree import ElementTree

import pytest

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Table, Threshold
from n6studio.domain.charts.columns import Columns
from n6studio.domain.charts.deployment import memory_map
from n6studio.domain.charts.heat_map import HeatMap
from n6studio.domain.charts.histogram import Group, Histogram
from n6studio.domain.charts.lines import Line, Lines, Mark
from n6studio.domain.charts.points import Point, Points
from n6studio.domain.colours import LIGHT
from n6studio.domain.model.memory_map import MemoryRegion
from n6studio.report.svg import drawing

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script>&\''


def lines(name="int8", **more):
    return Lines(
        title="Precision and recall",
        x=Axis("recall", FRACTION),
        y=Axis("precision", FRACTION),
        lines=(
            Line(name, "int8_colour", (0.0, 0.5, 1.0), (1.0, 0.6, None)),
            Line("float", "float_colour", (0.0, 0.5, 1.0), (1.0, 0.8, 0.1), dashed=True),
        ),
        **more,
    )


def every_kind(name):
    """Return a chart of each kind in which everything that can be named has this name."""
    unit = Axis("share", FRACTION)
    edge = Threshold(0.5, name)
    return [
        lines(name, marks=(Mark(0.5, 0.6, "good", name),), thresholds=(edge,)),
        Bars(title=name, x=Axis("time", "ms"), y=Axis("image"), labels=(name,), series=(Series(name, "good", (1.0,)),)),
        Points(title=name, x=unit, y=unit, points=(Point(0.2, 0.8, name),), each="person"),
        Histogram(title=name, x=unit, y=Axis("people", COUNT), edges=(0.0, 1.0), groups=(Group(name, "good", (1.0,)),),
                  one="person", many="people", thresholds=(edge,)),
        HeatMap(title=name, x=unit, y=unit, counts=((0, 3), (1, 0)), counted=name),
        Columns(title=name, x=Axis("layer", COUNT, -1, 1, whole=True), y=Axis("loss", "dB", 0, 60), name=name,
                ranges=((0.0, 5.0),), colour="accent", notes=(name,), data=Table((name,), ((name,),)), points=(3.0,),
                points_name=name, thresholds=(Threshold(20, name, upright=False),)),
        memory_map([MemoryRegion(name, 0x34000000, 1024, {"weights": 512})]),
    ]  # fmt: skip


def texts(tree):
    return [element.text for element in tree.iter(f"{SVG}text")]


@pytest.mark.parametrize("place", range(7))
def test_no_name_becomes_markup(place):
    chart = every_kind(HOSTILE)[place]
    markup = drawing(chart, LIGHT)
    assert "<script" not in markup
    tree = ElementTree.fromstring(markup)
    assert {element.tag.removeprefix(SVG) for element in tree.iter()} <= {
        "svg", "g", "rect", "circle", "line", "polyline", "text", "title",
    }  # fmt: skip
    assert any(HOSTILE[:8] in words for words in tree.itertext())
    assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]


@pytest.mark.parametrize("place", range(7))
def test_axes_have_name_and_unit_and_colours_a_legend(place):
    chart = every_kind("a name")[place]
    words = texts(ElementTree.fromstring(drawing(chart, LIGHT)))
    assert chart.x.unit
    assert chart.x.label in words
    assert chart.y.label in words
    for key in chart.legend() if len(chart.legend()) > 1 else ():
        assert key.name in words


def test_both_ends_of_an_axis_are_labelled():
    chart = lines()
    words = texts(ElementTree.fromstring(drawing(chart, LIGHT)))
    assert words.count("0") == words.count("1") == 2
    assert Axis("OKS threshold", FRACTION, 0.5, 0.95).ticks() == (0.5, 0.6, 0.7, 0.8, 0.95)
    assert Axis("run", COUNT, 0.5, 7.5, whole=True).ticks() == (1, 2, 3, 4, 5, 6, 7)
    assert Axis("still", FRACTION, 2, 2).ticks() == (2,)


def test_lines_lie_where_their_values_are():
    tree = ElementTree.fromstring(drawing(lines(), LIGHT))
    judged, reference = tree.iter(f"{SVG}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in judged.attrib["points"].split()]
    assert len(points) == 2  # nothing is drawn where nothing is known
    grid = {
        (round(float(line.attrib["x1"]), 1), round(float(line.attrib["y1"]), 1)) for line in tree.iter(f"{SVG}line")
    }
    assert points[0] in grid  # recall 0, precision 1: the upper left corner
    assert "stroke-dasharray" not in judged.attrib
    assert reference.attrib["stroke"] == LIGHT.float_colour
    assert reference.attrib["stroke-dasharray"]


def test_stacked_bars_begin_where_the_last_ended_and_tell_their_sum():
    parts = tuple(Series(name, "good", (value,)) for name, value in (("read", 2.0), ("inference", 6.0)))
    chart = Bars(title="Time", x=Axis("time", "ms", digits=1), y=Axis("model"), labels=("int8",), series=parts,
                 stacked=True, totals=True).fitted()  # fmt: skip
    tree = ElementTree.fromstring(drawing(chart, LIGHT))
    first, second = [element for element in tree.iter(f"{SVG}rect") if len(element)]
    end = float(first.attrib["x"]) + float(first.attrib["width"])
    assert float(second.attrib["x"]) == pytest.approx(end, abs=0.11)
    assert float(second.attrib["width"]) == pytest.approx(3 * float(first.attrib["width"]), abs=0.2)
    assert "8.0" in texts(tree)
    assert "inference, int8: 6.0 ms" in list(tree.itertext())


def test_a_row_without_a_bar_says_whether_it_is_nothing_or_unknown():
    bars = Bars(
        title="AP",
        x=Axis("AP", FRACTION),
        y=Axis("size"),
        labels=("small", "medium", "large"),
        series=(Series("int8", "accent", (None, 0.0, 0.5)), Series("float", "muted", (None, 0.0, None))),
    )
    assert [bars.end_text(row) for row in range(3)] == ["none", "0", ""]
    written = texts(ElementTree.fromstring(drawing(bars, LIGHT)))
    assert written.count("none") == 1


def test_a_chart_without_data_says_why():
    tree = ElementTree.fromstring(drawing(lines(nothing="No people found at the operating confidence."), LIGHT))
    assert " ".join(texts(tree)[1:]) == "No people found at the operating confidence."
    assert not list(tree.iter(f"{SVG}polyline"))


def test_colours_may_come_from_a_style_sheet():
    look = type(LIGHT)(**{name: f"var(--{name})" for name in vars(LIGHT)})
    for chart in every_kind("a"):
        assert not re.search(r"#[0-9a-f]{6}", drawing(chart, look))


def test_the_memory_maps_axis_ends_where_the_fullest_region_does():
    regions = [
        MemoryRegion("flash", 0, 1 << 27, {"weights": 1 << 22}),
        MemoryRegion("RAM", 0, 1000, {"activations": 90}),
    ]
    made = memory_map(regions)
    assert made.x.high == pytest.approx(10)
    assert "9.0 %" in texts(ElementTree.fromstring(drawing(made, LIGHT))), "what is used of the fullest"
    assert memory_map([MemoryRegion("RAM", 0, 100, {"activations": 99})]).x.high == 100
    assert not memory_map(()).has_data
