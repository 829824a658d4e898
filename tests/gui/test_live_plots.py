"""Plots on the Live page: added, zoomed, told as CSV."""

import csv
import io
from types import SimpleNamespace

import pytest
from event_loop import settle
from live_frames import jpeg, people, results
from PySide6.QtWidgets import QWidget

from n6studio.domain.charts.axis import tick_text
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.live import Frame
from n6studio.domain.pose.skeleton import COCO, for_keypoints
from n6studio.domain.pose.tracks import Tracker
from n6studio.link.recording.quantities import Quantity, quantities, sample
from n6studio.link.recording.recorder import write_recording
from n6studio.link.session.session import LiveFrame
from n6studio.link.wire import frame as wire
from n6studio.ui.context import Context
from n6studio.ui.pages.live.page import LivePage
from n6studio.ui.pages.live.plots_panel import MOST_PLOTS, PlotsPanel
from n6studio.ui.pages.live.plotting import Plotting


@pytest.fixture
def panel(application):
    made = PlotsPanel()
    made.offer(quantities(COCO))
    yield made
    made.deleteLater()


def choose(panel: PlotsPanel, group: str, name: str):
    panel.group.setCurrentText(group)
    panel.quantity.setCurrentText(name)
    panel.add_button.click()
    return panel.plots[-1]


def samples(count=50):
    tracker = Tracker()
    return [sample(results(n, people(2, shift=n / 1000)), n / 10, (160, 96), tracker) for n in range(count)]


def test_any_value_is_plotted(panel):
    panel.show_samples(samples(), (0.0, 4.9))
    plot = choose(panel, "left wrist", "x")
    line = plot.chart.lines[0]
    assert plot.chart.title == "left wrist x"
    assert (plot.chart.x.low, plot.chart.x.high, plot.chart.y.unit) == (0.0, 4.9, "px")
    wanted = [float(people(2, shift=n / 1000).keypoints[0, 9, 0]) * 160 for n in range(50)]
    assert line.y == pytest.approx(wanted)
    panel.person.setValue(2)
    second = choose(panel, "Person", "Confidence")
    assert second.chart.title == "Confidence, person 2"
    assert second.chart.lines[0].y == pytest.approx([0.6] * 50)
    assert second.chart.lines[0].colour != line.colour
    choose(panel, "Frame", "NPU time")
    assert not panel.person.isEnabled()
    assert panel.plots[-1].chart.title == "NPU time"
    panel.remove(plot)
    assert len(panel.plots) == 2


def test_plots_are_zoomed_together_and_the_csv_has_everything(panel):
    panel.show_samples(samples(), (0.0, 4.9))
    plot, other = choose(panel, "nose", "y"), choose(panel, "Frame", "People")
    panel.show_place(1.0)
    assert [one.value for one in plot.chart.thresholds] == [1.0]
    for _ in range(3):
        plot.zoomed.emit(1 / 1.5)
    low, high = plot.chart.x.low, plot.chart.x.high
    assert high - low == pytest.approx(4.9 / 1.5**3)
    assert (other.chart.x.low, other.chart.x.high) == (low, high)
    assert low <= 1.0 <= high
    assert all(low <= x <= high for x in plot.chart.lines[0].x)
    rows = list(csv.reader(io.StringIO(plot.csv())))
    assert rows[0] == ["time (s)", "nose y (px)"]
    assert len(rows) == 51
    panel.zoom(0)
    assert (plot.chart.x.low, plot.chart.x.high) == (0.0, 4.9)


def test_there_is_an_end_of_plots_and_another_skeleton_takes_some_away(panel):
    for _ in range(MOST_PLOTS):
        choose(panel, "nose", "x")
    assert not panel.add_button.isEnabled()
    panel.add()
    assert len(panel.plots) == MOST_PLOTS
    panel.remove(panel.plots[0])
    kept = choose(panel, "Frame", "People")
    panel.offer(quantities(for_keypoints(5)))
    assert panel.plots == [kept]
    assert panel.add_button.isEnabled()


@pytest.mark.parametrize(
    ("group", "name", "value", "wanted"),
    [
        ("Frame", "People", 0, (0, 2)),
        ("Frame", "People", 2, (1, 3)),
        ("Person", "Confidence", 1.0, (0.9, 1.0)),
        ("Person", "Confidence", 0.5, (0.45, 0.55)),
        ("nose", "x", 80.0, (78, 82)),
        ("nose", "x", 0.0, (-2, 2)),
    ],
)
def test_an_axis_of_a_constant_has_ticks_that_differ(panel, group, name, value, wanted):
    found = people(int(value) if name == "People" else 2)
    found.confidences[:1] = value
    found.keypoints[:1, 0, 0] = value / 160
    panel.show_samples([sample(results(n, found), n / 10, (160, 96), Tracker()) for n in range(9)], (0.0, 0.8))
    axis = choose(panel, group, name).chart.y
    assert (axis.low, axis.high) == pytest.approx(wanted)
    assert len({tick_text(tick) for tick in axis.ticks()}) == len(axis.ticks()) > 2


def test_an_axis_of_almost_the_same_large_values_has_ticks_that_differ(panel):
    quantity = Quantity("Frame", "Large", "px", lambda one, _: 4000.0 + one.time / 1e6, of_person=False)
    panel.offer((quantity,))
    panel.show_samples(samples(), (0.0, 4.9))
    axis = choose(panel, "Frame", "Large").chart.y
    assert len({tick_text(tick) for tick in axis.ticks()}) == len(axis.ticks()) > 2
    assert axis.low < 4000 < axis.high


def test_a_streams_time_begins_with_its_first_frame(panel):
    plotting = Plotting(Context(), no_recording(), panel, pytest.fail)
    plot = choose(panel, "Frame", "People")
    panel.show()
    for number in range(100):  # a computer that has run for days, and 99 seconds of a stream
        plotting.add(
            LiveFrame(Frame(b"", None, 5e5 + number, number, (160, 96)), None, results(number, people(2)), 0.0)
        )
    plotting.refresh()
    assert (plot.chart.x.low, plot.chart.x.high) == (39.0, 99.0)
    plotting.source_opened()
    plotting.add(LiveFrame(Frame(b"", None, 6e5, 0, (160, 96)), None, results(0, people(2)), 0.0))
    plotting.refresh()
    assert plot.chart.lines[0].x == (0.0,)


def test_a_recording_that_cannot_be_read_is_told(panel, tmp_path, wait):
    told = []
    plotting = Plotting(Context(), SimpleNamespace(path=tmp_path / "gone.mjpeg", times=(), here=0), panel, told.append)
    choose(panel, "Frame", "People")
    wait(lambda: told, "what went wrong")
    assert isinstance(told[0], FileMissing)
    plotting.close_down()


def no_recording():
    return SimpleNamespace(path=None, times=(), here=0)


def test_nothing_known_is_said(panel):
    plot = choose(panel, "nose", "x")
    assert plot.chart.nothing
    assert isinstance(plot, QWidget)


@pytest.mark.slow
def test_a_recordings_values_are_plotted(application, tmp_path, wait):
    made = [
        Frame(wire.encode_frame(jpeg(n), results(n, people(n % 3))), None, n / 10, n, (160, 96), 0.0) for n in range(30)
    ]
    write_recording(tmp_path / "take.mjpeg", made, "test:")
    page = LivePage(Context())
    page.show()
    page.sources.open(f"recording:{tmp_path / 'take.mjpeg'}")
    wait(lambda: page.image.frame is not None, "an image")
    page.body.show_panel("Plots")
    plot = choose(page.body.plots, "Frame", "People")
    wait(lambda: len(plot.chart.lines[0].y) == 30, "all of the recording")
    assert plot.chart.lines[0].y == tuple(float(n % 3) for n in range(30))
    wait(lambda: plot.chart.thresholds, "the place of the frame")
    page.close_down()
    page.close()
    page.deleteLater()
    settle()
