import json
import threading
import time

import cv2
import psutil
import pytest
from event_loop import pause, settle
from live_frames import jpeg, results
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_board import SmallBoard

from n6studio.domain.live import Frame
from n6studio.domain.project import Project
from n6studio.engine.project.project import save_project
from n6studio.link.processes.jpegs import JpegDecoder
from n6studio.link.recording.marks import read_marks
from n6studio.link.recording.recorder import RecordingFile
from n6studio.link.recording.recording import read_recording
from n6studio.link.session.session import State
from n6studio.link.sources.virtual import emulated_info
from n6studio.link.wire import frame as wire
from n6studio.ui import theme
from n6studio.ui.context import Context, LiveWish
from n6studio.ui.pages.live import captures
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.page import LivePage

pytestmark = pytest.mark.slow  # a virtual board sends through real connections
NONE = Qt.KeyboardModifier.NoModifier


def our_threads():
    return [item.name for item in threading.enumerate() if item.name.startswith(("live", "host inference", "virtual"))]


@pytest.fixture
def board():
    made = SmallBoard()
    yield made
    made.close()


@pytest.fixture
def page(application, tmp_path, monkeypatch):
    """The page by itself, as large as in a window of 1280 x 720."""
    monkeypatch.setattr(captures, "images_folder", lambda: tmp_path / "my images")
    made = LivePage(Context())
    made.resize(1048, 640)
    made.show()
    yield made
    made.close_down()
    made.close()
    made.deleteLater()
    settle()
    assert our_threads() == []


@pytest.fixture
def page_in_window(window, tmp_path, monkeypatch, board, wait):
    """The page in its window, with images of the small board on it."""
    monkeypatch.setattr(captures, "images_folder", lambda: tmp_path / "my images")
    window.stack.show_page("live")
    made = window.stack.pages["live"]
    made.sources.open(board.address)
    wait(lambda: made.image.frame is not None, "an image")
    yield made
    window.close()
    assert our_threads() == []


@pytest.fixture
def live(page, board, wait):
    """The page with images of the small board on it."""
    page.sources.open(board.address)
    wait(lambda: page.image.frame is not None, "an image")
    return page


def key(page, keys, modifiers=NONE):
    page.window().activateWindow()
    assert QTest.qWaitForWindowActive(page.window())
    page.image.setFocus()
    QTest.keyClick(page.image, keys, modifiers)
    pause(20)


def number(page):
    return page.image.frame.live.frame.number


# --- connecting ------------------------------------------------------------------------------------------------------


def test_page_is_empty_until_a_source_is_open(page, wait):
    wait(lambda: page.source_bar.list.count(), "the list of sources")
    assert page.views.currentWidget() is page.empty
    assert page.state() == ("empty", "")
    assert page.source_bar.list.findData("virtual:") >= 0
    assert not page.view_bar.action("snapshot").isEnabled()


def test_the_emulated_board_is_listed_where_it_can_run_and_gets_the_chosen_model(page, monkeypatch):
    opened = []
    monkeypatch.setattr(page.controller, "open", opened.append)
    monkeypatch.setattr(page.sources._models, "for_board", lambda: "/models/one.tflite")
    page.sources._found([emulated_info()])
    assert page.source_bar.list.findText("Emulated board", Qt.MatchFlag.MatchStartsWith) >= 0
    page.sources.open("virtual:?firmware")
    assert opened == ["virtual:/models/one.tflite?firmware"]
    page.sources._found([])
    assert page.source_bar.list.findData("virtual:?firmware") < 0


def test_connect_shows_images_people_and_figures_and_disconnect_ends_it(live, board, wait):
    page = live
    assert page.state()[0] == "running"
    assert page.image.frame.results.people.confidences.tolist() == pytest.approx([0.9, 0.6])
    wait(lambda: "frames/s" in page.state()[1], "the rate")
    wait(lambda: (page.history.rates[:, -1] > 0).all(), "a second of history")
    table = page.body.figures.table
    told = lambda: {table.item(row, 0).text() for row in range(table.rowCount())}  # noqa: E731
    wait(lambda: told() >= {"NPU", "decode", "paint", "received to painted"}, "where the time goes")
    wait(lambda: "small board" in page.board.log.toPlainText(), "the board's log")
    page.source_bar.connect_button.click()
    wait(lambda: not our_threads(), "the threads to end")
    assert page.views.currentWidget() is page.empty


def test_a_source_that_cannot_be_opened_is_a_card(page, wait):
    page.sources.open("tcp:127.0.0.1:1")
    wait(page.error_card.isVisible, "the card")
    assert page.error_card._code.text() == "N6S-L05"
    assert page.state()[0] == "failed"
    assert page.source_bar.connect_button.text() == "Connect"
    page.sources.open("nonsense:1")
    wait(lambda: page.error_card._code.text() == "N6S-L09", "the other card")


def test_what_is_wished_while_a_source_opens_reaches_it(application, board, wait):
    parent = QObject()
    controller = LiveController(parent)
    controller.open(board.address)
    end = time.monotonic() + 20
    while not controller._alive:  # the session runs, and the window has not heard of it yet
        assert time.monotonic() < end
        time.sleep(0.01)
    assert controller.session is None
    controller.expect("ffffffffffffffff")
    controller.annotate_all(True)
    controller.set_preview(False)
    wait(lambda: controller.session is not None, "the session")
    session = controller.session
    assert session._watch.expected_model == "ffffffffffffffff"
    assert session.annotate_all
    assert not session.preview
    controller.close_down()
    parent.deleteLater()


def test_the_last_source_is_remembered(page_in_window, window, board, wait):
    wait(
        lambda: board.address in window.preferences.file.read_text() if window.preferences.file.exists() else False,
        "the preferences",
    )
    assert window.preferences.now.memory["live source"] == board.address


# --- looking ---------------------------------------------------------------------------------------------------------


def test_overlays_are_toggled_by_keys_and_drawn_by_the_host(live, wait):
    page = live
    key(page, Qt.Key.Key_Space)
    everything = page.image.grab().toImage()
    key(page, Qt.Key.Key_O)
    nothing = page.image.grab().toImage()
    assert nothing != everything
    assert not page.view_bar.action("edges").isChecked()
    key(page, Qt.Key.Key_N)
    assert page.image.options.names
    assert page.image.grab().toImage() != nothing
    key(page, Qt.Key.Key_O)
    key(page, Qt.Key.Key_O)
    assert page.image.options.edges
    assert page.image.grab().toImage() == everything


def test_space_freezes_and_commas_step_through_the_last_seconds(live, wait):
    page = live
    wait(lambda: number(page) >= 5, "some frames")
    key(page, Qt.Key.Key_Space)
    frozen = number(page)
    pause(200)
    assert number(page) == frozen
    assert page.source_bar.connect_button.text() == "Disconnect", "the stream goes on behind"
    key(page, Qt.Key.Key_Comma)
    wait(lambda: number(page) == frozen - 1, "the frame before")
    key(page, Qt.Key.Key_Comma)
    wait(lambda: number(page) == frozen - 2, "the one before that")
    assert page.image.frame.results.sequence == page.image.frame.live.frame.results.sequence
    key(page, Qt.Key.Key_Period)
    wait(lambda: number(page) == frozen - 1, "one further")
    assert any("Paused" in text for text in page.banner.texts())
    key(page, Qt.Key.Key_Space)
    wait(lambda: number(page) > frozen, "the newest again")


def test_zoom_mirror_and_full_screen(live):
    page = live
    key(page, Qt.Key.Key_1)
    assert page.image.scale() == 1.0
    key(page, Qt.Key.Key_0)
    assert page.image.fitted
    key(page, Qt.Key.Key_M)
    assert page.image.mirrored
    key(page, Qt.Key.Key_F)
    assert page.image.window() is not page.window()
    assert page.image.window().isFullScreen()
    QTest.keyClick(page.image.window(), Qt.Key.Key_Escape)
    pause(20)
    assert page.image.window() is page.window()
    assert page.image.isVisible()
    assert not page.view_bar.action("full").isChecked()


def test_preview_off_decodes_nothing_and_counts_on(live, wait):
    page = live
    key(page, Qt.Key.Key_P)
    pause(100)
    seen, received = number(page), page.controller.session.counts().frames
    wait(lambda: page.controller.session.counts().frames > received + 5, "frames")
    assert number(page) == seen
    key(page, Qt.Key.Key_P)
    wait(lambda: number(page) > seen, "images again")


def test_histogram_of_a_region(live, wait):
    page = live
    key(page, Qt.Key.Key_H)
    assert page.body.tabs.tabText(page.body.tabs.currentIndex()) == "Brightness"
    page.image.set_region((0.0, 0.0, 0.5, 0.5))
    wait(lambda: page.body.histogram.plot._counts is not None, "the histogram")
    key(page, Qt.Key.Key_H)
    assert page.image.region is None
    assert page.body.histogram.plot._counts is None


# --- telling the board -----------------------------------------------------------------------------------------------


def test_thresholds_are_written_to_the_board_and_read_back(live, board, wait):
    page = live
    wait(lambda: page.board.sliders["iou"].value() == pytest.approx(0.45), "what the board says")
    key(page, Qt.Key.Key_Plus)
    wait(lambda: ("confidence", pytest.approx(0.55)) in board.commands, "the command")
    page.board.sliders["quality"].slider.setValue(40)
    wait(lambda: ("quality", 40) in board.commands, "the other command")
    board.values["confidence"] = "0.3"
    wait(lambda: page.board.sliders["confidence"].value() == pytest.approx(0.3), "what the board says now")


def test_averaging_is_switched_where_the_firmware_knows_it(live, board, wait):
    page = live
    switch = page.board.average
    wait(lambda: "Deploy the application again" in switch.toolTip(), "what an earlier firmware says of itself")
    assert (switch.isEnabled(), switch.isChecked(), page.models.average) == (False, False, False)
    board.values["average"] = "on"
    wait(lambda: switch.isEnabled() and switch.isChecked(), "what the board says")
    assert page.models.average
    switch.click()
    wait(lambda: ("average", False) in board.commands, "the command")
    wait(lambda: page.controller.session.board_status()["average"] == "off", "its answer")
    assert (switch.isChecked(), page.models.average) == (False, False)


def test_parity_needs_the_model_that_the_board_runs(live, board, wait):
    page = live
    key(page, Qt.Key.Key_Y)
    wait(lambda: ("exact_input", None) in board.commands, "the command")
    wait(lambda: "is not known" in page.body.parity.verdict.text(), "the verdict")


# --- keeping ---------------------------------------------------------------------------------------------------------


def test_snapshot_is_two_images_and_json(live, tmp_path, wait):
    page = live
    key(page, Qt.Key.Key_Space)
    key(page, Qt.Key.Key_S)
    folder = tmp_path / "my images"
    wait(lambda: len(list(folder.glob("*.png"))) == 2, "the images")
    (facts,) = folder.glob("*.json")
    plain = QImage(str(facts.with_suffix(".png")))
    drawn = QImage(str(facts.with_name(f"{facts.stem}-drawn.png")))
    assert plain.size() == drawn.size()
    assert plain != drawn
    told = json.loads(facts.read_text())
    assert told["number"] == number(page)
    assert len(told["results"]["people"]) == 2


def test_recording_is_complete_and_replays(live, board, tmp_path, wait):
    page = live
    key(page, Qt.Key.Key_R)
    wait(lambda: (page.recording.recorded() or 0) and page.recording.recorded().frames > 10, "frames")
    assert "recording" in page.context.work
    written = []
    page.recording.written.connect(written.append)
    key(page, Qt.Key.Key_R)
    wait(lambda: written, "the file")
    assert page.context.work == {}
    kept = read_recording(written[0])
    assert len(kept.entries) > 10
    page.sources.open_stored("recording", written[0])
    wait(lambda: page.body.replay_bar.isVisible(), "the replay")
    wait(lambda: page.image.frame is not None, "an image of it")
    key(page, Qt.Key.Key_Space)
    page.body.replay_bar.slider.setValue(3)
    wait(lambda: page.image.frame.results.sequence == kept.frame(3).results.sequence, "the frame that was sought")
    key(page, Qt.Key.Key_Period)
    wait(lambda: page.image.frame.results.sequence == kept.frame(4).results.sequence, "the next")
    video = tmp_path / "film.mp4"
    page.recording.export("video", written[0], video, None)
    wait(video.exists, "the video")
    assert cv2.VideoCapture(str(video)).read()[0]


def test_a_recordings_bar_fits_beside_the_panels_of_a_small_window(page):
    room, bar = page.width(), page.body.replay_bar
    page.body.show()
    bar.show()
    bar.show_length(100)
    bar.show_place(99)
    settle()
    assert page.minimumSizeHint().width() <= room
    idle = bar.sizeHint()
    bar.show_exporting(True)
    bar.show_progress(100, 100)
    settle()
    assert bar.cancel.isVisible()
    assert bar.progress.value() == 100
    assert bar.cancel.width() >= bar.cancel.sizeHint().width()
    assert bar.sizeHint() == idle
    bar.show_exporting(False)
    settle()
    assert bar.export.isVisible()


def test_a_recording_is_replayed_through_another_model(page, model, tmp_path, wait):
    take = long_recording(tmp_path / "take.mjpeg", 20)
    page.sources.open_stored("network", model)
    page.sources.open_stored("recording", take)
    wait(lambda: page.image.frame is not None, "an image")
    assert not page.image.frame.results.by_host
    page.body.replay_bar.through.click()
    wait(lambda: page.image.frame.results is not None and page.image.frame.results.by_host, "its results", 60)
    page.body.replay_bar.through.click()
    wait(lambda: not page.image.frame.results.by_host, "those that were recorded")
    page.disconnect_source()
    wait(lambda: not psutil.Process().children(recursive=True), "the process to end")


def test_a_paused_recording_is_a_clean_still(page, tmp_path, wait):
    page.sources.open_stored("recording", long_recording(tmp_path / "take.mjpeg", 60))
    wait(lambda: page.image.frame is not None, "an image")
    key(page, Qt.Key.Key_Space)
    pause(1500)
    assert page.controller.status.state is State.RUNNING
    assert page.state()[1].startswith("Paused, frame ")
    assert page.state()[1].endswith(" of 60")
    assert (page.image._text, page.image._veil) == ("", False)
    assert not any("No frame" in text for text in page.banner.texts())


def test_a_recording_is_gone_through_by_events_marks_and_parts(page, tmp_path, wait):
    take = long_recording(tmp_path / "take.mjpeg", 60)
    page.sources.open_stored("recording", take)
    wait(lambda: page.image.frame is not None, "an image")
    key(page, Qt.Key.Key_Space)
    bar, replay = page.body.replay_bar, page.replay
    bar.slider.setValue(20)
    wait(lambda: replay.here == 20, "the frame that was sought")
    QTest.mouseClick(bar.mark, Qt.MouseButton.LeftButton)
    wait(lambda: [mark.frame for mark in read_marks(take)] == [20], "the mark")
    bar.slider.setValue(40)
    wait(lambda: replay.here == 40, "another frame")
    wait(lambda: any(one.kind == "mark" for one in bar.strip.happenings()), "the mark on the timeline")
    wait(lambda: any(one.kind == "restart" for one in bar.strip.happenings()), "what happened in it")
    QTest.mouseClick(bar.behind, Qt.MouseButton.LeftButton)
    wait(lambda: replay.here == 45, "the next event")
    bar.slider.setValue(21)
    wait(lambda: replay.here == 21, "a frame behind the mark")
    QTest.mouseClick(bar.before, Qt.MouseButton.LeftButton)
    wait(lambda: replay.here == 20, "the marked frame")
    QTest.mouseClick(bar.begin, Qt.MouseButton.LeftButton)
    bar.slider.setValue(25)
    wait(lambda: replay.here == 25, "the end of the part")
    QTest.mouseClick(bar.end, Qt.MouseButton.LeftButton)
    assert replay.repeated == (20, 25)
    key(page, Qt.Key.Key_Space)
    seen = set()
    wait(lambda: seen.add(replay.here) or len(seen) >= 5, "the part, again and again")
    assert seen <= set(range(20, 27))
    page.recording.export("clip", take, tmp_path / "part.mjpeg", None, replay.repeated)
    wait(lambda: not page.recording.exporting, "the part")
    assert len(read_recording(tmp_path / "part.mjpeg").entries) == 6
    QTest.mouseClick(bar.whole, Qt.MouseButton.LeftButton)
    assert replay.repeated is None


def test_figures_are_of_one_source_and_nothing_moves_for_an_alarm(live, tmp_path, wait):
    page = live
    wait(lambda: page.figures_now is not None and page.body.figures.table.rowCount() > 2, "figures")
    wait(lambda: len(page.recording.recent()) > 3, "some frames")
    before = page.view_bar.mapTo(page, QPoint(0, 0)), page.image.size()
    page.banner.say("something happened")
    pause(50)
    assert page.banner.isVisible()
    assert (page.view_bar.mapTo(page, QPoint(0, 0)), page.image.size()) == before
    page.disconnect_source()
    assert page.body.figures.table.rowCount() == 0
    assert page.recording.recent() == ()
    assert not page.view_bar.action("full").isEnabled()


def test_speed_and_end_of_a_recording(page, tmp_path, wait):
    take = long_recording(tmp_path / "take.mjpeg", 60)
    page.sources.open_stored("recording", take)
    wait(lambda: page.image.frame is not None, "an image")
    page.body.replay_bar.speed.setCurrentText("fastest")
    wait(lambda: page.controller.session.counts().frames > 200, "more frames than it has: it starts again")
    assert page.state()[0] == "running"


def test_what_just_happened_is_saved(live, tmp_path, wait):
    page = live
    wait(lambda: len(page.recording.recent()) > 5, "some frames")
    written = []
    page.recording.written.connect(written.append)
    key(page, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    wait(lambda: written, "the file")
    assert len(read_recording(written[0]).entries) > 5


def test_a_disk_that_fills_up_ends_the_recording_and_keeps_what_was_written(live, tiny_disk, monkeypatch, wait):
    page = live
    monkeypatch.setattr(captures, "images_folder", lambda: tiny_disk)
    key(page, Qt.Key.Key_R)
    wait(page.error_card.isVisible, "the card")
    assert page.error_card._code.text() == "N6S-L13"
    assert not page.recording.is_recording
    assert not page.view_bar.action("record").isChecked()
    seen = number(page)
    wait(lambda: number(page) > seen, "the stream goes on")
    (take,) = tiny_disk.glob("*.mjpeg")
    assert len(read_recording(take).entries) > 5


def long_recording(path, frames):
    file = RecordingFile(path, "test")
    data = [wire.encode_frame(jpeg(count), results(count)) for count in range(5)]
    for count in range(frames):
        file.write(_received(data[count % 5], count))
    file.close()
    return path


def _received(data, count):
    return Frame(data, None, count / 30, count)


def test_an_export_can_be_stopped_and_leaves_nothing(page, tmp_path, wait):
    take = long_recording(tmp_path / "take.mjpeg", 3000)
    target = tmp_path / "film.mp4"
    page.recording.export("video", take, target, None)
    assert "export" in page.context.work
    told = []
    page.recording.progressed.connect(lambda done, total: told.append(done))
    wait(lambda: told, "progress")
    page.recording.cancel_export()
    wait(lambda: not page.recording.exporting, "the end")
    assert not list(tmp_path.glob("*film*"))
    assert page.context.work == {}


@pytest.fixture
def project(page, tmp_path):
    made = Project(tmp_path / "mine.n6", tmp_path / "model.pt")
    save_project(made)
    page.context.set_project(made)
    return made


def test_frames_go_to_the_calibration_images_and_the_worst_cases(project, live, wait):
    page = live
    key(page, Qt.Key.Key_Space)
    key(page, Qt.Key.Key_C)
    folder = project.folder / "live calibration"
    wait(lambda: list(folder.glob("*.jpg")), "the calibration image")
    assert page.context.project.calibration == folder
    kept = next(folder.glob("*.jpg")).read_bytes()
    assert wire.read_results(kept) is None, "images for calibration carry no results"
    key(page, Qt.Key.Key_C)
    key(page, Qt.Key.Key_X)
    worst = project.folder / "worst cases"
    wait(lambda: list(worst.glob("*.jpg")), "the worst case")
    assert json.loads(next(worst.glob("*.json")).read_text())["results"]["people"]
    assert len(list(folder.glob("*.jpg"))) == 1, "the same frame is kept once"


def test_a_recording_becomes_evaluation_images(project, page, tmp_path, wait):
    take = long_recording(tmp_path / "take.mjpeg", 5)
    page.recording.to_evaluation(take)
    wait(lambda: page.context.project.data is not None, "the project's data")
    assert len(list(page.context.project.data.glob("*.jpg"))) == 5


# --- when something is wrong -----------------------------------------------------------------------------------------


def test_a_stall_dims_the_image_and_counts(live, board, wait):
    page = live
    board.fps = 0
    wait(lambda: page.controller.status.state is State.STALLED, "the stall")
    wait(lambda: "No frame for" in page.image._text, "the words")
    assert page.image._veil
    board.fps = 25
    wait(lambda: page.image._text == "", "the image again")


def test_unplugged_it_connects_again_by_itself_and_says_so(live, board, wait):
    page = live
    board.unplug()
    wait(lambda: any("reconnected" in text for text in page.banner.texts()), "the message")
    seen = number(page)
    wait(lambda: number(page) > seen, "pictures")
    assert page.controller.status.reconnects == 1


@pytest.mark.parametrize(
    ("fault", "words"), [("frozen", "frozen"), ("zero", "confidences are zero"), ("black", "Image is black")]
)
def test_alarms_stand_while_it_lasts(live, board, wait, fault, words):
    page = live
    wait(lambda: page.banner.texts() == [], "a stream without alarms")  # frames may come late at first
    setattr(board, fault, True)
    wait(lambda: any(words in text for text in page.banner.texts()), "the alarm")
    assert words in page.banner.accessibleDescription()
    setattr(board, fault, False)
    wait(lambda: page.banner.texts() == [], "the end of it")


def test_another_model_than_the_one_evaluated_is_an_alarm(live, board, wait):
    page = live
    page.controller.expect("ffffffffffffffff")
    wait(lambda: any("Not the evaluated model" in text for text in page.banner.texts()), "the alarm")
    assert any("01234567" in text for text in page.banner.texts())
    page.controller.expect(board.model)
    wait(lambda: page.banner.texts() == [], "the end of it")


def test_images_without_results_are_shown_and_said_to_be(page, board, wait):
    board.plain = True
    page.sources.open(board.address)
    wait(lambda: page.image.frame is not None, "an image")
    assert page.image.frame.results is None
    wait(lambda: "without results" in page.state()[1], "the words")
    assert any("Choose a model" in text for text in page.banner.texts())


def test_a_board_that_sends_nothing_is_told_from_one_that_is_away(page, board, wait):
    board.fps = 0
    page.sources.open(board.address)
    wait(lambda: any("no frames received" in text for text in page.banner.texts()), "the hint")
    assert page.image.frame is None


def test_a_model_that_cannot_run_is_a_card_and_not_tried_again(page, board, tmp_path, wait):
    board.plain = True
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no network")
    page.models.add(broken)
    page.sources.open(board.address)
    wait(page.error_card.isVisible, "the card", 60)
    seen = number(page)
    wait(lambda: number(page) > seen, "images go on")
    assert page.controller.host is None
    wait(lambda: any("Choose a model" in text for text in page.banner.texts()), "the hint")


def test_damaged_frames_are_counted_and_never_shown(live, board, wait):
    page = live
    shown = []
    page.controller.image_ready.connect(lambda image: shown.append(image.frame))
    board.flip = 1 / 5000
    wait(lambda: page.controller.session.counts().damaged >= 5, "damage")
    wait(lambda: len(shown) > 5, "good frames in between")
    for frame in shown:
        assert frame.results is not None
        assert wire.read_results(frame.jpeg) is not None
    board.flip = 0
    wait(lambda: page.figures_now and page.figures_now.counts.damaged >= 5, "the count")


def test_repaired_frames_are_shown_and_counted(live, board, wait):
    page = live
    board.protect, board.flip = True, 1 / 1000
    wait(lambda: page.controller.session.counts().repaired >= 5, "repairs")
    shown = page.image.frame.live.frame.number
    wait(lambda: page.image.frame.live.frame.number > shown + 5, "pictures")
    rows = lambda: dict(page.body.figures._rows)  # noqa: E731
    wait(lambda: "repaired" in rows().get("Damaged", ""), "the count beside the damaged ones")
    board.protect = board.flip = False


# --- leaving ---------------------------------------------------------------------------------------------------------


def test_leaving_the_page_lets_go_and_coming_back_connects_again(page_in_window, window, wait):
    page = page_in_window
    window.stack.show_page("import")
    wait(lambda: not our_threads(), "the threads to end")
    assert not page._timer.isActive()
    window.stack.show_page("live")
    wait(lambda: page.image.frame is not None, "images again")


def test_a_recording_goes_on_while_another_page_is_shown(page_in_window, window, wait):
    page = page_in_window
    key(page, Qt.Key.Key_R)
    window.stack.show_page("import")
    before = page.recording.recorded().frames
    wait(lambda: page.recording.recorded().frames > before + 5, "more frames")
    page.recording.stop()
    page.disconnect_source()
    wait(lambda: not our_threads(), "the threads to end")


def test_closing_the_window_in_full_screen(page_in_window, window):
    key(page_in_window, Qt.Key.Key_F)
    window.close()
    assert our_threads() == []
    assert not [each for each in QApplication.topLevelWidgets() if each.isVisible()]


def test_closing_the_window_ends_everything_and_completes_the_recording(page_in_window, window, tmp_path, wait):
    page = page_in_window
    key(page, Qt.Key.Key_R)
    wait(lambda: page.recording.recorded().frames > 3, "some frames")
    window.close()
    assert our_threads() == []
    (take,) = (tmp_path / "my images").glob("*.mjpeg")
    assert len(read_recording(take).entries) > 3


# --- looks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(700, 480), (1048, 640), (1700, 1000)])
def test_the_image_has_room_at_every_size(live, size):
    live.resize(*size)
    pause(50)
    assert live.image.height() > 100
    assert live.image.width() > 300


def test_dark_look(live, application, wait):
    theme.apply(application, "dark")
    pause(50)
    assert live.grab().toImage().pixelColor(2, 2).lightness() < 60
    theme.apply(application, "light")


def test_the_gui_thread_never_waits_for_a_decoder(live, monkeypatch, wait):
    threads = []
    decode = JpegDecoder.decode
    monkeypatch.setattr(
        JpegDecoder, "decode", lambda self, data: (threads.append(threading.get_ident()), decode(self, data))[1]
    )
    wait(lambda: len(threads) > 5, "decoded frames")
    assert threading.get_ident() not in threads


# --- the virtual board itself ----------------------------------------------------------------------------------------


@pytest.fixture
def model(carried):
    return carried.coarse


def test_virtual_board_from_the_empty_page_with_faults_and_parity(page, model, wait):
    page.models.add(model)
    wait(lambda: model in page.models._models.values(), "its digest")
    page.empty.virtual.click()
    wait(lambda: page.image.frame is not None and page.image.frame.results is not None, "an image", 60)
    assert page.models.name_of(page.image.frame.results.model) == model.name
    children = psutil.Process().children(recursive=True)
    assert children
    page.body.parity.ask.click()
    wait(lambda: page.body.parity.verdict.text()[:1] in "✓!N", "the comparison", 60)
    assert "0.00 px" in page.body.parity.verdict.text() or "No detections" in page.body.parity.verdict.text()
    assert page.board.faults.isVisibleTo(page.board)
    page.board.fault_wanted.emit("disconnect=1")
    wait(lambda: page.controller.status.state is State.RECONNECTING, "the fault")
    wait(lambda: any("reconnected" in text for text in page.banner.texts()), "its return")
    page.source_bar.connect_button.click()
    wait(lambda: not psutil.Process().children(recursive=True), "the processes to end")
    wait(lambda: our_threads() == [], "their threads to end")


def test_a_model_of_this_computer_stands_in_for_results(page, board, model, wait):
    board.plain = True
    page.models.add(model)
    page.sources.open(board.address)
    wait(lambda: page.image.frame is not None and page.image.frame.results is not None, "results", 60)
    assert page.image.frame.results.by_host
    wait(lambda: any("runs on this computer" in text for text in page.banner.texts()), "the words")
    page.disconnect_source()
    wait(lambda: not psutil.Process().children(recursive=True), "the process to end")


def test_another_page_may_say_what_is_opened_next(page, board, wait):
    page.hide()
    page.context.live_wish = LiveWish(board.address, "Deployed board", "runs the images in its flash")
    page.show()
    wait(lambda: page.image.frame is not None, "an image")
    assert page.sources.name == "Deployed board"
    assert page.context.live_wish is None, "it is opened once"
