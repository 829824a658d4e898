import csv
import io
import xml.etree.ElementTree as ElementTree

import pytest
from event_loop import pause

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from n6studio.ui import theme
from n6studio.ui.charts.bars import BarChart, BarSeries
from n6studio.ui.charts.line import LineChart, Series
from n6studio.ui.charts.points import MOST_POINTS, HistogramChart, Point, ScatterChart


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


@pytest.fixture
def lines(shown):
    chart = LineChart("Precision <and> recall", "recall", "precision")
    chart.set_series(
        [
            Series("int8", "int8_colour", (0.0, 0.5, 1.0), (1.0, 0.6, None)),
            Series("float", "float_colour", (0.0, 0.5, 1.0), (1.0, 0.8, 0.1), dashed=True),
        ]
    )
    return shown(chart)


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


def test_the_threshold_can_be_dragged(lines):
    moved = []
    lines.threshold_moved.connect(moved.append)
    lines.set_threshold(0.2)
    pause(30)
    assert moved == []
    drag(lines, in_viewport(lines, 0.2, 0.4), in_viewport(lines, 0.7, 0.4))
    assert moved[-1] == pytest.approx(0.7, abs=0.03)
    drag(lines, in_viewport(lines, moved[-1], 0.4), in_viewport(lines, 1.0, 0.4) + QPoint(60, 0))
    assert moved[-1] == 1.0


def test_the_same_data_is_a_table_and_csv(lines):
    assert lines.table().headers == ("recall", "int8", "float")
    rows = list(csv.reader(io.StringIO(lines.csv())))
    assert rows == [["recall", "int8", "float"], ["0.0", "1.0", "1.0"], ["0.5", "0.6", "0.8"], ["1.0", "", "0.1"]]
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
    assert len([element for element in tree.iter() if element.tag.endswith(("polyline", "path"))]) > 5


def test_a_picture_shows_both_colours(lines):
    image = lines.picture()
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
    lines.save(tmp_path / "no" / "folder.png")
    wait(lambda: failed)
    assert "was not saved" in lines.reading.text()


def test_copying(lines):
    lines.copy_image()
    assert not QGuiApplication.clipboard().image().isNull()
    lines.copy_table()
    assert QGuiApplication.clipboard().text().splitlines()[1].split("\t")[1] == "1.000000"


def test_keyboard_and_screen_reader_reach_everything(lines):
    assert lines.menu_button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert lines.menu_button.menu() is lines.menu
    assert [action.text() for action in lines.menu.actions() if action.text()] == [
        "Show as table", "Copy picture", "Copy table", "Save as PNG, SVG or CSV…",
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


def test_bars_read_out_their_row_and_say_when_there_are_none(shown):
    chart = BarChart("Keypoint error", "distance")
    names = ("nose", "left eye", "right eye")
    chart.set_bars(names, [BarSeries("int8", "int8_colour", (0.1, None, 0.3))])
    shown(chart)
    mouse(chart, QEvent.Type.MouseMove, in_viewport(chart, 0.05, 0))
    assert chart.reading.text() == "nose: int8 0.100"
    mouse(chart, QEvent.Type.MouseMove, in_viewport(chart, 0.05, 1))
    assert chart.reading.text() == "left eye: int8 –"
    assert chart.has_data
    chart.set_bars(names, [BarSeries("int8", "int8_colour", (None,) * 3)])
    assert chart._nothing.isVisible()
    assert not chart.has_data
    chart.set_bars(names, [BarSeries("int8", "int8_colour", (1.0,) * 3)])
    assert chart.canvas.isVisible()


def test_stacked_bars_begin_where_the_last_ended(shown):
    chart = BarChart("Time", "ms", stacked=True)
    parts = [BarSeries(name, "accent", (value,)) for name, value in (("read", 2.0), ("inference", 6.0))]
    chart.set_bars(("int8",), parts)
    shown(chart)
    items = [item for item in chart.canvas.plot.items if hasattr(item, "opts") and "x0" in item.opts]
    assert [float(item.opts["x0"][0]) for item in items] == [0.0, 2.0]


def test_points_open_with_a_click(shown):
    chart = ScatterChart("OKS", "OKS float", "OKS int8")
    chart.set_points([Point(0.2, 0.8, "a.jpg", 7), Point(0.6, 0.3, "b.jpg", 9)])
    shown(chart)
    opened = []
    chart.opened.connect(opened.append)
    at = in_viewport(chart, 0.6, 0.3)
    mouse(chart, QEvent.Type.MouseMove, at)
    assert chart.reading.text() == "b.jpg: 0.60 → 0.30"
    left = Qt.MouseButton.LeftButton
    mouse(chart, QEvent.Type.MouseButtonPress, at, left, left)
    mouse(chart, QEvent.Type.MouseButtonRelease, at, left)
    assert opened == [9]


def test_no_more_points_are_drawn_than_can_be_seen(shown):
    chart = ScatterChart("OKS", "x", "y")
    chart.set_points([Point(place / 10000, 0.5, "", place) for place in range(10000)])
    shown(chart)
    assert len(chart._drawn_points) <= MOST_POINTS
    assert len(chart.table().rows) == 10000
    chart.set_points([])
    assert chart.read_out(0.5, 0.5) == ""


def test_a_histogram_counts_everything(shown):
    chart = HistogramChart("Lost", "OKS lost", (-1, 1), 4)
    chart.set_values([-5, -0.9, -0.1, 0.1, 0.2, 1.0, 7])
    shown(chart)
    assert [row[2] for row in chart.table().rows] == [2, 1, 2, 2]
    mouse(chart, QEvent.Type.MouseMove, in_viewport(chart, -0.25, 0.5))
    assert chart.reading.text() == "1 person between −0.50 and 0.00"
    chart.set_values([])
    assert chart.svg()


def test_nothing_is_drawn_before_it_is_seen(application):
    chart = LineChart("Hidden", "x", "y")
    chart.set_series([Series("a", "accent", (0.0, 1.0), (0.0, 1.0))])
    assert chart._canvas is None
    assert chart.svg()  # an export draws at once
    assert chart.canvas.plot.listDataItems()
    assert chart.picture().width() > 800
    chart.deleteLater()
