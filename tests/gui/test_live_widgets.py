import time
from types import SimpleNamespace

import numpy as np
import pytest
from event_loop import pause
from live_frames import drawn_image, frame, people, results
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from n6studio.domain.charts.axis import Axis
from n6studio.domain.charts.chart import Key
from n6studio.domain.pose import marker
from n6studio.domain.pose.people import People
from n6studio.domain.pose.skeleton import COCO, generic
from n6studio.link.session.session import LiveFrame
from n6studio.link.sources.base import Capability, SourceInfo
from n6studio.ui.pages.live import overlay
from n6studio.ui.pages.live import shown as shown_frames
from n6studio.ui.pages.live import surface as surface_module
from n6studio.ui.pages.live.banner import Banner
from n6studio.ui.pages.live.board_control import BoardControl
from n6studio.ui.pages.live.board_panel import BoardPanel
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.image_view import ImageView
from n6studio.ui.pages.live.overlay import Overlay, OverlayOptions, Place
from n6studio.ui.pages.live.panels import ParityPanel
from n6studio.ui.pages.live.shown import brightness
from n6studio.ui.pages.live.source_bar import Choice, SourceBar
from n6studio.ui.pages.live.strips import Strip, make_strips
from n6studio.ui.pages.live.surface import Surface

NOTHING = dict.fromkeys(("points", "names", "edges", "boxes", "scores"), False)


def shown(number=0, said=None, size=(160, 96)):
    image = np.ascontiguousarray(drawn_image(number, size)[:, :, ::-1])
    return shown_frames.shown(LiveFrame(frame(number, said, size), image, said, time.monotonic()))


@pytest.fixture
def view(application):
    painted = []
    made = ImageView(lambda shown, when: painted.append((shown, when)))
    made.painted = painted
    made.resize(320, 192)
    made.show()
    QTest.qWaitForWindowExposed(made)
    yield made
    made.close()
    made.deleteLater()


# --- overlay ---------------------------------------------------------------------------------------------------------


def drawn(said, options, place=None, skeleton=COCO, by_host=False):
    """Return what an overlay draws on black, (H, W, 3) uint8."""
    image = QImage(320, 192, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    Overlay(skeleton).paint(painter, said, place or Place(0, 0, 320, 192), options, by_host)
    painter.end()
    return np.array(image.constBits()).reshape(192, 320, 4)[:, :, :3].copy()


@pytest.mark.parametrize("part", sorted(NOTHING))
def test_each_part_of_the_overlay_is_drawn_by_itself(part):
    nothing = drawn(people(), OverlayOptions(**NOTHING))
    alone = drawn(people(), OverlayOptions(**{**NOTHING, part: True}))
    assert not nothing.any()
    assert alone.any()


def crowd(count):
    random = np.random.default_rng(1)
    corner = random.random((count, 2)).astype(np.float32) * 0.8
    boxes = np.concatenate([corner, corner + 0.1], axis=1)
    spots = corner[:, None] + random.random((count, 17, 2)).astype(np.float32) * 0.1
    keypoints = np.concatenate([spots, np.full((count, 17, 1), 0.9, np.float32)], axis=2)
    return People(boxes, np.linspace(0.9, 0.5, count).astype(np.float32), keypoints)


@pytest.mark.parametrize("part", ["points", "edges", "boxes", "scores"])
def test_many_people_are_drawn_plainly_and_the_first_of_them(part):
    options = OverlayOptions(**{**NOTHING, part: True})
    everybody = crowd(1000)
    assert drawn(everybody[: overlay.CROWD], options).any()
    assert (drawn(everybody, options) == drawn(everybody[: overlay.MOST_DRAWN], options)).all()
    assert not drawn(everybody, OverlayOptions(**NOTHING)).any()


def test_points_are_where_the_people_are():
    one = People(
        np.array([[0.1, 0.1, 0.9, 0.9]], np.float32), np.array([0.8], np.float32), np.zeros((1, 2, 3), np.float32)
    )
    one.keypoints[0] = [(0.25, 0.5, 0.9), (0.75, 0.25, 0.9)]
    options = OverlayOptions(**{**NOTHING, "points": True})
    plain = drawn(one, options, skeleton=generic(2))
    mirrored = drawn(one, options, Place(0, 0, 320, 192, mirrored=True), generic(2))
    for image, first, second in ((plain, (96, 80), (48, 240)), (mirrored, (96, 240), (48, 80))):
        assert image[first].any()
        assert image[second].any()
        assert not image[96, 160].any()


def test_points_that_the_model_is_not_sure_of_are_rings_and_absent_ones_are_not_drawn():
    one = People(
        np.array([[0.1, 0.1, 0.9, 0.9]], np.float32), np.array([0.8], np.float32), np.zeros((1, 3, 3), np.float32)
    )
    one.keypoints[0] = [(0.25, 0.5, 0.9), (0.5, 0.5, 0.3), (0.75, 0.5, 0.01)]
    image = drawn(one, OverlayOptions(**{**NOTHING, "points": True}), skeleton=generic(3))
    assert image[96, 80].any(), "a full point"
    assert not image[96, 160].any(), "a ring is hollow"
    assert image[90:103, 153:168].any(), "but there"
    assert not image[90:103, 233:248].any(), "nothing"


def test_impossible_coordinates_and_scores_are_survived():
    wild = people(3)
    wild.keypoints[0, :, 0] = np.nan
    wild.keypoints[1, :, 1] = np.inf
    wild.keypoints[1, :, 2] = np.nan
    wild.boxes[2] = (-1e30, np.nan, 1e30, np.inf)
    wild.confidences[0] = np.nan
    drawn(wild, OverlayOptions(names=True))
    assert drawn(people(1), OverlayOptions()).any()


def test_any_number_of_keypoints_is_drawn(view):
    view.set_skeleton(generic(5, names=("a", "b", "c", "d", "e")))
    for count in (1, 5, 17, 33):
        view.show_frame(shown(said=results(found=people(2, count))))
        view.repaint()
        assert len(view.overlay_for(people(1, count)).skeleton) == count
    assert view.overlay_for(people(1, 5)).skeleton.names[0] == "a"
    assert view.overlay_for(people(1, 17)).skeleton is COCO


# --- image ---------------------------------------------------------------------------------------------------------


def test_a_frame_is_reported_as_painted_once(view):
    one = shown()
    view.show_frame(one)
    for _ in range(3):
        view.repaint()
    assert [frame for frame, _ in view.painted] == [one]
    assert view.painted[0][1] >= one.live.decoded


def test_zoom_fits_shows_pixels_and_keeps_the_point_under_the_pointer(view):
    view.show_frame(shown())
    assert view.scale() == 2.0
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert view.scale() == 1.0
    assert not view.fitted
    view.fit()
    before = view.place().fraction(100, 50)
    view.zoom(3.0, QPointF(100, 50))
    assert view.place().fraction(100, 50) == pytest.approx(before, abs=1e-6)
    assert view.scale() == 6.0
    for _ in range(60):
        view.zoom(1.25)
    assert view.scale() == 40.0


def test_panning_moves_the_image_with_the_pointer_in_a_mirror_too(view):
    view.show_frame(shown())
    for mirrored in (False, True):
        view.set_mirrored(mirrored)
        view.fit()
        view.zoom(4.0)
        grabbed = view.place().fraction(100, 100)
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
        QTest.mouseMove(view, QPoint(130, 80))
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(130, 80))
        assert view.place().fraction(130, 80) == pytest.approx(grabbed, abs=1e-3)


def test_mirror_exchanges_left_and_right(view):
    view.show_frame(shown(1))
    plain = view.grab().toImage()
    view.set_mirrored(True)
    mirrored = view.grab().toImage()
    assert plain.pixel(54, 96) == mirrored.pixel(319 - 54, 96)
    assert plain.pixel(54, 96) != plain.pixel(319 - 54, 96)


def test_a_dragged_region_is_told_in_fractions_of_the_drawn_image(view):
    told = []
    view.region_changed.connect(told.append)
    view.show_frame(shown())
    view.set_selecting(True)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(80, 48))
    QTest.mouseMove(view, QPoint(240, 144))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(240, 144))
    assert told[-1] == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=0.01)
    view.set_selecting(False)
    assert told[-1] is None


def test_the_last_frame_is_dimmed_and_the_words_are_seen(view):
    view.show_frame(shown())
    bright = view.grab().toImage().pixelColor(10, 10).lightness()
    view.show_text("No frame for 3 s", veiled=True)
    assert view.grab().toImage().pixelColor(10, 10).lightness() < bright


# --- pixels ----------------------------------------------------------------------------------------------------------


def test_histogram_counts_the_region_only():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, 30:] = (8, 100, 255)
    left, right = brightness(pixels, (0, 0, 0.5, 1)), brightness(pixels, (0.5, 0, 1, 1))
    assert (left.brightest, left.pixels, left.clipped) == (0, 1200, 1.0)
    assert right.counts[0, 2] == right.counts[1, 25] == right.counts[2, 63] == 1.0
    assert right.mean == pytest.approx(0.299 * 8 + 0.587 * 100 + 0.114 * 255, abs=1)
    assert brightness(pixels, (0.5, 0.5, 0.5, 0.9)) is None


# --- strips ----------------------------------------------------------------------------------------------------------


def test_a_strip_shows_values_as_curves_table_and_words(application, wait):
    strip = Strip("Frames", Axis("frame rate", "frames/s", high=10), (Key("camera", "muted"), Key("screen", "accent")))
    strip.resize(260, 160)
    strip.show()
    values = np.full((2, 60), np.nan)
    values[0, -4:] = 30.0
    values[1, -2:] = 12.5
    strip.set_values(values)
    wait(lambda: strip._curves, "the drawing")
    assert strip.chart.table().rows[-1][1:] == (30.0, 12.5)
    assert strip.chart.table().rows[0][1:] == (None, None)
    assert "camera 30.0" in strip.chart.read_out(0, 0)
    assert "12.5" in strip.chart.read_out(0, 0)
    assert len(strip._curves) == 2
    assert strip._curves[0].getData()[1][-1] == 30.0
    strip.close()
    strip.deleteLater()


def test_stacked_stages_add_up(application, wait):
    strip = make_strips()["delays"]
    strip.show()
    strip.set_values(np.full((8, 60), 2.0))
    wait(lambda: strip._curves, "the drawing")
    assert strip._curves[-1].getData()[1][-1] == 16.0
    assert strip.chart.table().rows[-1][-1] == 2.0
    strip.close()
    strip.deleteLater()


# --- bars and panels -------------------------------------------------------------------------------------------------


def test_source_list_keeps_the_choice_and_names_problems(application):
    bar = SourceBar()
    bar.show_choices([Choice("serial:/dev/a", "Board", "/dev/a"), Choice("webcam:0", "Webcam")], "webcam:0")
    assert bar.uri() == "webcam:0"
    bar.show_choices([Choice("webcam:0", "Webcam"), Choice("serial:/dev/b", "Board", "", "in use")], "")
    assert bar.uri() == "webcam:0"
    assert bar.list.itemText(1).startswith("! Board")
    bar._address_given("10.0.0.1:5000")
    assert bar.uri() == "tcp:10.0.0.1:5000"
    asked = []
    bar.connect_wanted.connect(asked.append)
    bar.connect_button.click()
    assert asked == ["tcp:10.0.0.1:5000"]
    bar.show_connected(True)
    assert bar.connect_button.text() == "Disconnect"
    assert not bar.list.isEnabled()
    bar.deleteLater()


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (SourceInfo("rtsp://a/b", "a", "", Capability.NONE, plain="H.264"), "sends H.264, which carries no results"),
        (SourceInfo("camera:0", "a", "", Capability.NONE), "decoded before they arrive"),
        (SourceInfo("camera:0", "a", "", Capability.CAN_HAVE_RESULTS), ""),
        (SourceInfo("camera:0", "a", "", Capability.NONE, drawn_in=True), "draws what it finds"),
    ],
)
def test_it_is_said_why_a_source_has_no_results(info, words):
    session = SimpleNamespace(source=SimpleNamespace(info=info))
    controller = SimpleNamespace(session=session, can=lambda capability: capability in info.capabilities)
    said = LiveController.why_no_results(controller)
    assert words in said
    assert bool(said) == bool(words)


def test_a_threshold_is_told_once_it_rests(application, wait):
    panel = BoardPanel()
    told = []
    panel.changed.connect(lambda name, value: told.append((name, value)))
    for value in (30, 40, 55):
        panel.sliders["confidence"].slider.setValue(value)
    assert told == []
    wait(lambda: told, "the slider to rest")
    assert told == [("confidence", pytest.approx(0.55))]
    panel.sliders["iou"].show_value(0.7)
    pause(350)
    assert len(told) == 1, "what the board says is not sent back"
    panel.deleteLater()


def test_averaging_is_told_at_once_and_an_older_answer_does_not_turn_the_switch_back(application):
    panel = BoardPanel()
    told = []
    panel.average_wanted.connect(told.append)
    panel.show_average(True, True, "what it does")
    assert (panel.average.isChecked(), panel.average.isEnabled(), panel.average.toolTip()) == (
        True,
        True,
        "what it does",
    )
    panel.average.click()
    panel.show_average(True, True, "what it does")
    assert (told, panel.average.isChecked()) == ([False], False)
    panel.clear()
    panel.show_average(False, False, "why not")
    assert (told, panel.average.isChecked(), panel.average.isEnabled()) == ([False], False, False)
    panel.deleteLater()


def test_without_a_board_the_switch_is_about_models_that_run_here_and_else_they_do_as_the_board_does(application):
    panel, models, status, sent = BoardPanel(), SimpleNamespace(average=False), {}, []
    controller = SimpleNamespace(
        session=SimpleNamespace(board_status=lambda: status), is_open=True, can=lambda capability: False, virtual=None,
        fault=sent.append, send=lambda *command: sent.append(command),
    )  # fmt: skip
    control = BoardControl(None, controller, models, panel)
    control.show_abilities()
    assert (panel.average.isEnabled(), panel.average.isChecked(), models.average) == (True, True, True)
    panel.average.click()
    control.show_abilities()
    assert (panel.average.isChecked(), models.average, sent) == (False, False, [])
    panel.clear()
    status.update(board="STM32N6570-DK", average="on")  # a recording of one
    control.show_abilities()
    assert (panel.average.isEnabled(), panel.average.isChecked(), models.average) == (False, True, True)
    status.clear()
    control.show_abilities()
    assert (panel.average.isEnabled(), panel.average.isChecked(), models.average) == (True, False, False)
    panel.deleteLater()


def test_alarms_are_words_and_go_again(application):
    banner = Banner()
    banner.show_alarms((("results are frozen", "The image changes, the people do not."),))
    assert banner.isVisibleTo(banner.parentWidget())
    assert "frozen" in banner.accessibleDescription()
    banner.show_alarms(())
    assert banner.texts() == []
    banner.clear()
    banner.deleteLater()


def test_parity_says_its_verdict_with_a_sign(application):
    panel = ParityPanel()
    panel.show_result("0.0 px apart at most", True, [("People", "2")])
    assert panel.verdict.text().startswith("✓")
    panel.show_result("12.0 px apart", False, [])
    assert panel.verdict.text().startswith("!")
    panel.deleteLater()


# --- scene to screen -------------------------------------------------------------------------------------------------


@pytest.fixture
def marked(view):
    """A view of an image with a moment in it, and what its surface says."""

    def show(milliseconds: int, size=(320, 192)):
        image = marker.draw(np.ascontiguousarray(drawn_image(0, size)[:, :, ::-1]), milliseconds)
        view.show_frame(shown_frames.shown(LiveFrame(frame(0, None, size), image, None, time.monotonic())))
        view.repaint()
        pause(20)

    surface = Surface(view)
    told = []
    surface.seen.connect(told.append)
    return view, surface, told, show


@pytest.mark.parametrize("size", [(320, 192), (480, 288), (640, 384)])
def test_the_surface_is_read_back(marked, size, monkeypatch):
    view, surface, told, show = marked
    now = marker.moment()
    monkeypatch.setattr(surface_module, "moment", lambda: now)
    show((now - 300) % 2**24, size)
    surface.look()
    assert told == [300]
    surface.look()
    assert told == [300], "the same frame counts once"
    show((now - 40) % 2**24, size)
    surface.look()
    assert told == [300, 40]
    view.set_mirrored(True)
    show(now, size)
    surface.look()
    assert told == [300, 40]


def test_the_surface_is_read_after_a_frame_was_painted_where_that_is_wanted(marked, monkeypatch, wait):
    _, surface, told, show = marked
    clock = [100.0]
    monkeypatch.setattr(surface_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    show(marker.moment())
    surface.painted()
    pause(30)
    assert told == []
    surface.watch(True)
    surface.painted()
    wait(lambda: len(told) == 1, "the look")
    show(marker.moment())
    clock[0] += 0.09
    surface.painted()  # not so soon again
    pause(30)
    assert len(told) == 1
    clock[0] += 0.02
    surface.painted()
    wait(lambda: len(told) == 2, "the next look")
