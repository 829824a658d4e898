import csv
import io
import xml.etree.ElementTree as ElementTree

import pytest
from event_loop import pause

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from n6studio.domain.charts.axis import COUNT, FRACTION, Axis
from n6studio.domain.charts.bars import Bars, Series
from n6studio.domain.charts.chart import Table, Threshold
from n6studio.domain.charts.columns import Columns
from n6studio.domain.charts.heat_map import HeatMap
from n6studio.domain.charts.histogram import Group, Histogram, counted, even_edges
from n6studio.domain.charts.lines import Line, Lines, Mark
from n6studio.domain.charts.points import MOST_POINTS, Point, Points
from n6studio.ui import theme
from n6studio.ui.charts.canvas import thinned
from n6studio.ui.charts.view import ChartView


@pytest.fixture
def shown(application, wait):
    made = []

    def show(chart):
        made.append(chart)
        chart.resize(420, 340)
        chart.show()
        pause(50)
        wait(lambda: chart._drawn, "the chart to be drawn")
        pause(20)
        return chart

    yield show
    for chart in made:
        chart.close()
        chart.deleteLater()


def described(threshold=None, marks=()):
    return Lines(
        title="Precision <and> recall",
        x=Axis("recall", FRACTION),
        y=Axis("precision", FRACTION),
        lines=(
            Line("int8", "int8_colour", (0.0, 0.5, 1.0), (1.0, 0.6, None)),
            Line("float", "float_colour", (0.0, 0.5, 1.0), (1.0, 0.8, 0.1), dashed=True),
        ),
        marks=marks,
        thresholds=() if threshold is None else (Threshold(threshold, "confidence threshold", movable=True),),
    )


@pytest.fixture
def lines(shown):
    return shown(ChartView(described()))


def in_viewport(chart, x, y):
    scene = chart.canvas.plot.getViewBox().mapViewToScene(QPointF(x, y))
    return chart.canvas.mapFromScene(scene)


def mouse(chart, kind, at, button=Qt.MouseButton.NoButton, held=Qt.MouseButton.NoButton):
    viewport = chart.canvas.viewport()
    event = QMouseEvent(
        kind, QPointF(at), QPointF(viewport.mapToGlobal(at)), button, held, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, event)
    pause(20)


def drag(chart, start, end):
    left = Qt.MouseButton.LeftButton
    mouse(chart, QEvent.Type.MouseMove, start)
    mouse(chart, QEvent.Type.MouseButtonPress, start, left, left)
    for step in range(1, 9):
        at = QPoint(start.x() + (end.x() - start.x()) * step // 8, start.y() + (end.y() - start.y()) * step // 8)
        mouse(chart, QEvent.Type.MouseMove, at, held=left)
    mouse(chart, QEvent.Type.MouseButtonRelease, end, left)


def test_the_value_under_the_pointer_is_read_out(lines):
    mouse(lines, QEvent.Type.MouseMove, in_viewport(lines, 0.52, 0.5))
    assert lines.reading.text() == "recall 0.50: int8 0.600, float 0.800"
    mouse(lines, QEvent.Type.MouseMove, in_viewport(lines, 0.98, 0.5))
    assert lines.reading.text() == "recall 1.00: int8 –, float 0.100"


def test_the_threshold_can_be_dragged(lines, wait):
    moved = []
    lines.threshold_moved.connect(moved.append)
    lines.set_chart(described(0.3))
    wait(lambda: lines._items.thresholds)
    drawn = lines._items.thresholds[0]
    lines.set_chart(described(0.2, (Mark(0.2, 0.5, "good"),)))
    assert drawn.value() == 0.2
    assert lines._items.thresholds[0] is drawn, "moved, not drawn again"
    assert lines._items.marks.getData()[0].tolist() == [0.2]
    assert moved == []
    drag(lines, in_viewport(lines, 0.2, 0.4), in_viewport(lines, 0.7, 0.4))
    assert moved[-1] == pytest.approx(0.7, abs=0.03)
    drag(lines, in_viewport(lines, moved[-1], 0.4), in_viewport(lines, 1.0, 0.4) + QPoint(60, 0))
    assert moved[-1] == 1.0


def test_the_same_data_is_a_table_and_csv(lines):
    assert lines.chart.table().headers == ("recall (fraction)", "int8", "float")
    rows = list(csv.reader(io.StringIO(lines.csv())))
    assert rows == [
        ["recall (fraction)", "int8", "float"],
        ["0.0", "1.0", "1.0"],
        ["0.5", "0.6", "0.8"],
        ["1.0", "", "0.1"],
    ]
    lines.as_table.trigger()
    assert lines._table.isVisible()
    assert lines._table.item(2, 1).text() == "–"
    lines.as_table.trigger()
    assert lines.canvas.isVisible()


def test_a_drawing_is_valid_and_has_lines_not_pixels(lines):
    tree = ElementTree.fromstring(lines.svg())
    words = "".join(tree.itertext())
    assert "Precision <and> recall" in words
    assert "float" in words
    assert not [element for element in tree.iter() if element.tag.endswith("image")]
    assert len([element for element in tree.iter() if element.tag.endswith("polyline")]) == 2
    assert theme.colours(False).int8_colour in lines.svg()


def test_an_image_shows_both_colours(lines):
    image = lines.image()
    assert image.width() > 2 * lines.canvas.width()
    chosen = theme.colours(False)
    found = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert {chosen.float_colour, chosen.int8_colour, chosen.surface} <= found


@pytest.mark.parametrize("ending", ["png", "svg", "csv"])
def test_charts_are_saved_in_the_background(lines, tmp_path, wait, ending):
    saved = []
    lines.exported.connect(saved.append)
    path = tmp_path / f"ä chart.{ending}"
    lines.save(path)
    assert saved == []
    wait(lambda: saved)
    if ending == "png":
        assert not QImage(str(path)).isNull()
    elif ending == "csv":
        assert path.read_text(encoding="utf-8-sig") == lines.csv()
    else:
        assert path.read_bytes().startswith(b"<?xml")


def test_a_chart_that_cannot_be_saved_says_so(lines, tmp_path, wait):
    failed = []
    lines.failed.connect(failed.append)
    (tmp_path / "no").write_text("a file")
    lines.save(tmp_path / "no" / "folder.png")
    wait(lambda: failed)
    assert "not saved" in lines.reading.text()
    assert "path=" not in lines.reading.text() + failed[0], "sentences, no fields"


def test_copying(lines):
    lines.copy_image()
    assert not QGuiApplication.clipboard().image().isNull()
    lines.copy_table()
    assert QGuiApplication.clipboard().text().splitlines()[1].split("\t")[1] == "1.000000"


def test_keyboard_and_screen_reader_reach_everything(lines):
    assert lines.menu_button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert lines.menu_button.menu() is lines.menu
    assert [action.text() for action in lines.menu.actions() if action.text()] == [
        "Show as table", "Copy image", "Copy table", "Save as PNG, SVG or CSV…",
    ]  # fmt: skip
    for widget in (lines, lines.menu_button, lines.canvas, lines._table, lines.reading):
        assert "Precision" in widget.accessibleName()


def test_charts_follow_light_and_dark(lines, application, wait):
    theme.apply(application, "dark")
    try:
        wait(lambda: lines.canvas.backgroundBrush().color().name() == theme.colours(True).surface)
        assert theme.colours(True).int8_colour in lines._legend.text()
    finally:
        theme.apply(application, "light")
    wait(lambda: lines.canvas.backgroundBrush().color().name() == theme.colours(False).surface)


def test_the_wheel_scrolls_the_page_and_does_not_zoom(lines):
    before = lines.canvas.plot.viewRange()
    from PySide6.QtGui import QWheelEvent

    at = QPointF(100, 100)
    event = QWheelEvent(
        at, at, QPoint(0, 120), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    lines.canvas.wheelEvent(event)
    assert not event.isAccepted()
    assert lines.canvas.plot.viewRange() == before


def bars(values, labels=("nose", "left eye", "right eye"), **more):
    series = tuple(Series(name, "int8_colour", column) for name, column in values.items())
    return Bars(title="Error", x=Axis("distance", "px", digits=3), y=Axis("keypoint"), labels=labels, series=series,
                **more).fitted()  # fmt: skip


def test_bars_read_out_their_row_and_say_when_there_are_none(shown):
    view = shown(ChartView(bars({"int8": (0.1, None, 0.3)})))
    mouse(view, QEvent.Type.MouseMove, in_viewport(view, 0.05, 0))
    assert view.reading.text() == "nose: int8 0.100"
    mouse(view, QEvent.Type.MouseMove, in_viewport(view, 0.05, 1))
    assert view.reading.text() == "left eye: int8 –"
    assert view.chart.has_data
    view.set_chart(bars({"int8": (None,) * 3}, nothing="No people found."))
    assert view._nothing.isVisible()
    assert view._nothing.text() == "No people found."
    assert not view.chart.has_data
    view.set_chart(bars({"int8": (1.0,) * 3}))
    assert view.canvas.isVisible()


def test_stacked_bars_begin_where_the_last_ended(shown):
    view = shown(ChartView(bars({"read": (2.0,), "inference": (6.0,)}, ("int8",), stacked=True, totals=True)))
    items = [item for item in view.canvas.plot.items if hasattr(item, "opts") and "x0" in item.opts]
    assert [float(item.opts["x0"][0]) for item in items] == [0.0, 2.0]
    assert [item.toPlainText() for item in view.canvas.plot.items if hasattr(item, "toPlainText")] == ["8.000"]


def scatter(points):
    return Points(
        title="OKS", x=Axis("OKS float", FRACTION), y=Axis("OKS int8", FRACTION), points=points, each="person",
        hint="Click a point to open its image.",
    )  # fmt: skip


def test_points_open_with_a_click(shown):
    view = shown(ChartView(scatter((Point(0.2, 0.8, "a.jpg", 7), Point(0.6, 0.3, "b.jpg", 9)))))
    opened = []
    view.opened.connect(opened.append)
    at = in_viewport(view, 0.6, 0.3)
    mouse(view, QEvent.Type.MouseMove, at)
    assert view.reading.text() == "b.jpg: 0.60 → 0.30"
    left = Qt.MouseButton.LeftButton
    mouse(view, QEvent.Type.MouseButtonPress, at, left, left)
    mouse(view, QEvent.Type.MouseButtonRelease, at, left)
    assert opened == [9]


def test_no_more_points_are_drawn_than_can_be_seen(shown):
    view = shown(ChartView(scatter(tuple(Point(place / 10000, 0.5, "", place) for place in range(10000)))))
    assert 1000 < len(view._items.points.data) <= MOST_POINTS
    assert len(view.chart.table().rows) == 10000
    assert scatter(()).read_out(0.5, 0.5) == ""


def histogram(values):
    edges = even_edges(-1, 1, 4)
    groups = (Group("people", "accent", counted(values, edges)),)
    return Histogram(
        title="Lost", x=Axis("OKS lost", FRACTION, -1, 1), y=Axis("people", COUNT, 0, 2, whole=True), edges=edges,
        groups=groups, one="person", many="people",
    )  # fmt: skip


def test_a_histogram_counts_everything(shown):
    view = shown(ChartView(histogram([-5, -0.9, -0.1, 0.1, 0.2, 1.0, 7])))
    assert [row[2] for row in view.chart.table().rows] == [2, 1, 2, 2]
    mouse(view, QEvent.Type.MouseMove, in_viewport(view, -0.25, 0.5))
    assert view.reading.text() == "1 person between −0.50 and 0.00"
    view.set_chart(histogram([]))
    assert view.svg()


def test_a_click_on_a_column_picks_it(shown):
    columns = Columns(
        title="Loss", x=Axis("layer", "number", -1, 3, whole=True), y=Axis("SNR", "dB", 0, 60), name="all",
        ranges=((0.0, 30.0), (0.0, 5.0), (0.0, 90.0)), colour="accent", notes=("a", "b", "c"),
        data=Table(("layer",), (("a",), ("b",), ("c",))), points=(40.0, None, 90.0), chosen=1,
        thresholds=(Threshold(10, "10 dB", "bad", upright=False),),
    )  # fmt: skip
    view = shown(ChartView(columns))
    picked = []
    view.picked.connect(picked.append)
    at = in_viewport(view, 2.1, 20)
    left = Qt.MouseButton.LeftButton
    mouse(view, QEvent.Type.MouseMove, at)
    assert view.reading.text() == "c"
    mouse(view, QEvent.Type.MouseButtonPress, at, left, left)
    mouse(view, QEvent.Type.MouseButtonRelease, at, left)
    assert picked == [2]


def test_a_map_has_a_scale_of_its_colours(shown):
    unit = Axis("place", FRACTION)
    view = shown(ChartView(HeatMap(title="Where", x=unit, y=unit, counts=((0, 16), (4, 0)), counted="points")))
    assert [key.name for key in view.chart.legend()] == ["0", "1", "4", "9", "16 points"]
    assert theme.colours(False).accent in view._legend.text()
    mouse(view, QEvent.Type.MouseMove, in_viewport(view, 0.75, 0.25))
    assert view.reading.text() == "16 points here"


def test_ends_of_axes_are_labelled(shown):
    view = shown(ChartView(scatter((Point(0.2, 0.8, "a.jpg"),))))
    for side in ("bottom", "left"):
        written = [text for _, text in view.canvas.plot.getAxis(side)._tickLevels[0]]
        assert (written[0], written[-1]) == ("0", "1")
        assert view.canvas.plot.getAxis(side).labelText.endswith("(fraction)")


def test_nothing_is_drawn_before_it_is_seen(application):
    view = ChartView(described())
    assert view._canvas is None
    assert view.svg()
    assert view.image().width() > 800  # an export draws at once
    assert view.canvas.plot.listDataItems()
    view.deleteLater()


@pytest.mark.parametrize(
    ("count", "most", "kept"),
    [
        (6, 6, [0, 1, 2, 3, 4, 5]),
        (6, 5, [0, 2, 5]),
        (6, 2, [0, 5]),
        (5, 3, [0, 2, 4]),
        (5, 4, [0, 2, 4]),
        (2, 2, [0, 1]),
    ],
)
def test_labels_of_an_axis_are_left_out_evenly_and_never_its_ends(count, most, kept):
    ticks = [(float(place), str(place)) for place in range(count)]
    assert thinned(ticks, most) == [ticks[place] for place in kept]
