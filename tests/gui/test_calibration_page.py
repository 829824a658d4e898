import collections
import shutil
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import cv2
import msgspec
import numpy as np
import pytest
from event_loop import pause, settle
from own_time import OwnTime
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest

from n6studio.domain.calibration.convergence import convergence
from n6studio.domain.calibration.facts import CalibrationFacts, ImageFacts, heat_cells
from n6studio.domain.encoding import encoded
from n6studio.domain.pose.people import People
from n6studio.domain.project import Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageResult
from n6studio.engine.project.project import load_project
from n6studio.gates.images import ImageUnreadable
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread
from n6studio.ui.pages.calibration.convergence import ConvergenceView
from n6studio.ui.pages.calibration.files import LastUse
from n6studio.ui.pages.calibration.health_panel import FindingRow, HealthPanel
from n6studio.ui.pages.calibration.page import CalibrationPage
from n6studio.ui.widgets.gallery import Entry, Gallery, GalleryView
from n6studio.ui.widgets.thumbnail_grid import ThumbnailGrid
from n6studio.ui.widgets.thumbnails import KEPT, Thumbnails, read_scaled


def write_image(path, seed, size=(96, 64)):
    noise = np.random.default_rng(seed)
    large = cv2.resize(noise.integers(30, 220, (4, 6, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), np.clip(large + noise.integers(-20, 20, large.shape), 0, 255).astype(np.uint8))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "my images ü"
    made.mkdir()
    for number in range(24):
        write_image(made / f"{number:02}.jpg", number)
    return made


@pytest.fixture
def page(application, tmp_path, folder, wait):
    """A page with a project on `folder` and the real engine behind it."""
    context = Context()
    engine = EngineThread(context, tmp_path)
    engine.start()
    made = CalibrationPage(context)
    made.resize(1060, 640)
    made.show()
    model = tmp_path / "model.pt"
    model.write_bytes(b"not looked at here")
    context.set_project(Project(tmp_path / "project.n6", model, calibration=folder))
    wait(lambda: made.grid.images.rowCount() == 24, "the list of images")
    yield made
    engine.stop()
    made.close()
    made.deleteLater()


def excluded(page):
    return page.context.project.settings_of(QUANTIZE).exclude


def select(page, *names):
    page.grid.select(names)
    page.grid.setFocus()


def test_without_a_project_it_asks_for_one(application):
    page = CalibrationPage(Context())
    assert page.state() == ("empty", "")
    assert page.views.currentIndex() == 0
    page.deleteLater()


def test_images_are_counted(page, reset):
    assert page.state()[0] == "done"
    assert page.bar.counts.text() == "24 images, 24 used"
    page.form.editor("max_images").setValue(10)
    assert page.context.project.settings_of(QUANTIZE).max_images == 10
    assert page.bar.counts.text() == "24 images, 10 used"
    reset(page.form, "Max images")
    assert page.context.project.settings_of(QUANTIZE).max_images == 0


def test_del_excludes_and_ctrl_z_brings_back(page, wait):
    select(page, "03.jpg", "07.jpg")
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    assert excluded(page) == ("03.jpg", "07.jpg")
    assert page.bar.counts.text().startswith("24 images, 2 excluded, 22 used")
    wait(lambda: (page.context.project.folder / "project.n6.yaml").is_file(), "the project to be saved")
    wait(lambda: load_project(page.context.project.folder).settings_of(QUANTIZE).exclude == excluded(page))
    QTest.keyClick(page.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert excluded(page) == ()
    page.excluding.undo_stack.redo()
    assert excluded(page) == ("03.jpg", "07.jpg")
    select(page, "03.jpg")
    assert page.bar.exclude_button.text() == "Include"
    page.bar.exclude_button.click()
    assert excluded(page) == ("07.jpg",)
    page.bar.undo_button.click()
    assert excluded(page) == ("03.jpg", "07.jpg")


def test_filter_by_name_and_by_exclusion(page, wait):
    page.excluding.toggle(["03.jpg"])
    QTest.keyClick(page.grid, "/")
    QTest.keyClicks(page.finding.bar.line, "0")
    wait(lambda: page.grid.images.rowCount() == 12, "the filter")
    bar = page.finding.bar
    bar.views.setCurrentText("Excluded")
    bar.views.activated.emit(bar.views.currentIndex())
    assert page.grid.images.rowCount() == 1
    page.select_images(["11.jpg"])
    assert page.grid.images.rowCount() == 24
    assert page.grid.selected() == ["11.jpg"]


def test_space_shows_a_image_in_large_and_arrows_go_on(page, wait):
    select(page, "03.jpg")
    QTest.keyClick(page.grid, Qt.Key.Key_Space)
    preview = page.large._preview
    wait(lambda: not preview._image.isNull(), "the large image")
    assert preview.name == "03.jpg"
    QTest.keyClick(preview, Qt.Key.Key_Right)
    assert preview.name == "04.jpg"
    assert page.grid.selected() == ["04.jpg"]
    QTest.keyClick(preview, Qt.Key.Key_Delete)
    assert excluded(page) == ("04.jpg",)
    QTest.keyClick(preview, Qt.Key.Key_Space)
    assert not preview.isVisible()


def test_a_dropped_folder_is_taken(page, tmp_path, wait):
    other = tmp_path / "other"
    other.mkdir()
    write_image(other / "only.png", 1)
    page.excluding.toggle(["03.jpg"])
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(other / "only.png"))])
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, *none))
    wait(lambda: page.grid.images.names() == ("only.png",), "the dropped folder")
    assert page.context.project.calibration == other
    assert excluded(page) == ()


def test_a_folder_that_is_gone_shows_the_card(page, folder, wait):
    shutil.rmtree(folder)
    page._list()
    wait(lambda: page.error_card.isVisible(), "the card")
    assert page.state()[0] == "failed"
    folder.mkdir()
    write_image(folder / "new.jpg", 5)
    page.error_card._again.click()
    wait(lambda: page.grid.images.rowCount() == 1, "the folder again")
    assert not page.error_card.isVisible()


def test_health_is_checked_in_a_child_process_and_findings_select_images(page, folder, wait):
    shutil.copy(folder / "05.jpg", folder / "copy.jpg")
    (folder / "broken.jpg").write_bytes((folder / "06.jpg").read_bytes()[:500])
    page._list()
    wait(lambda: page.grid.images.rowCount() == 26, "the new images")
    states = []
    page.context.job_started.connect(lambda stage: states.append((stage, page.context.running, page.state()[0])))
    QTest.mouseClick(page.health.check_button, Qt.MouseButton.LeftButton)
    wait(lambda: page.health.findings(), "findings", 60)
    assert ("calibration_health", "calibration_health", "running") in states
    rows = {row.finding.key: row for row in page.health.findChildren(FindingRow)}
    rows["same"].show_button.click()
    assert page.grid.selected() == ["copy.jpg"]
    rows["unreadable"].show_button.click()
    assert page.grid.selected() == ["broken.jpg"]
    QTest.keyClick(page.grid, Qt.Key.Key_D)
    assert page.grid.selected() == ["copy.jpg"]
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    assert {finding.key: finding.state for finding in page.health.findings()}["same"] == "ok"
    page.excluding.undo_stack.undo()
    assert {finding.key: finding.state for finding in page.health.findings()}["same"] == "warn"


def test_ten_thousand_images_stay_smooth(application, tmp_path, wait):
    folder = tmp_path / "many"
    folder.mkdir()
    write_image(tmp_path / "one.jpg", 1, (32, 24))
    content = (tmp_path / "one.jpg").read_bytes()
    names = [f"{number:05}.jpg" for number in range(10_000)]
    for name in names:
        (folder / name).write_bytes(content)
    grid = ThumbnailGrid()
    grid.resize(900, 600)
    grid.show()
    slowest = longest_gap(grid, folder, names, wait)
    model = grid.images
    assert model.rowCount() == 10_000
    assert 0 < model.thumbnails.made < 2000, "only what was seen is decoded"
    assert len(model.thumbnails) <= KEPT
    assert slowest < 0.5
    grid.select(names[100:9000])
    assert len(grid.selected()) == 8900
    grid.close()
    grid.deleteLater()


@pytest.mark.parametrize("made", [ThumbnailGrid, lambda: GalleryView(Gallery())])
def test_laying_out_many_images_asks_python_for_those_in_sight(application, made):
    """Each answer of Python can wait for another thread's turn, and 20,000 of them for half a second."""
    view = made()
    view.resize(900, 600)
    view.show()
    calls = collections.Counter()
    sys.setprofile(lambda frame, event, _: calls.update([frame.f_code.co_name] if event == "call" else []))
    try:
        if isinstance(view, GalleryView):
            view.gallery.set_entries([Entry(Path(f"/nowhere/{number}.jpg"), "", number) for number in range(5000)])
        else:
            view.images.set_images(Path("/nowhere"), [f"{number}.jpg" for number in range(5000)])
        settle()
    finally:
        sys.setprofile(None)
    assert view.model().rowCount() == 5000
    assert calls["data"] > 0
    assert sum(calls[name] for name in ("rowCount", "data", "flags", "sizeHint")) < 2000
    view.close()
    view.deleteLater()


def test_one_look_at_the_last_use_at_a_time(page, monkeypatch, wait):
    looked, listed, gate = [], [], threading.Event()
    quantized = SimpleNamespace(figures=None)
    page.context.blockSignals(True)  # what the engine and a listing still find would be one more wish
    monkeypatch.setattr(page.context, "result", lambda kind: quantized)
    monkeypatch.setattr(page, "_listed", lambda folder, names: listed.append(names))
    page._list()
    wait(lambda: listed and not page.last_use._settle.isActive() and not page.last_use._looking, "what was begun")

    def last_use(project, result):
        looked.append(threading.get_ident())
        gate.wait(10)
        return LastUse(len(looked), "digest", ())

    monkeypatch.setattr("n6studio.ui.pages.calibration.last_use_line.last_use", last_use)
    for _ in range(5):
        page.last_use.look()
    gate.set()
    wait(lambda: "Last quantization: 2 images" in page.last_use.text.text(), "the second look, the last")
    assert len(looked) == 2
    page.context.blockSignals(False)


def longest_gap(grid, folder, names, wait):
    """Fill the grid and scroll through it; return the longest time the GUI thread was busy, in seconds."""
    begun = OwnTime()
    grid.images.set_images(folder, names)
    pause(10)
    slowest = begun.seconds - 0.01
    bar = grid.verticalScrollBar()
    wait(lambda: bar.maximum() > 0, "the layout")
    for step in range(60):
        begun = OwnTime()
        bar.setValue(bar.maximum() * step // 60)
        grid.viewport().repaint()
        slowest = max(slowest, begun.seconds)
        pause(5)
    last = names[-1]
    bar.setValue(bar.maximum())
    wait(lambda: grid.images.thumbnails.get(folder / last) is not None, "the last image")
    return slowest


def test_images_are_read_small_and_turned(tmp_path):
    write_image(tmp_path / "large.jpg", 1, (1200, 600))
    image = read_scaled(tmp_path / "large.jpg", QSize(128, 128))
    assert (image.width(), image.height()) == (128, 64)
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter turn to the right
    Image.open(tmp_path / "large.jpg").save(tmp_path / "turned.jpg", exif=turned)
    image = read_scaled(tmp_path / "turned.jpg", QSize(176, 132))
    assert (image.width(), image.height()) == (66, 132)
    (tmp_path / "bad.jpg").write_text("no")
    for path in (tmp_path / "bad.jpg", Path("missing.jpg")):
        with pytest.raises(ImageUnreadable):
            read_scaled(path, QSize(128, 128))


def test_thumbnails_are_made_on_other_threads_and_null_where_unreadable(application, tmp_path, wait):
    seen = []

    def make(path):
        seen.append(threading.get_ident())
        return read_scaled(path, QSize(64, 64))

    write_image(tmp_path / "one.jpg", 1)
    thumbnails = Thumbnails(make)
    paths = [tmp_path / "one.jpg", tmp_path / "gone.jpg"]
    wait(lambda: None not in [thumbnails.get(path) for path in paths], "both")
    assert [thumbnails.get(path).isNull() for path in paths] == [False, True]
    assert (len(seen), threading.get_ident() in seen) == (2, False)
    thumbnails.forget()
    assert len(thumbnails) == 0
    thumbnails.deleteLater()


def test_what_was_read_before_all_thumbnails_were_forgotten_is_read_again(application, wait):
    gate, sizes = threading.Event(), iter((8, 16))

    def make(path):
        size = next(sizes)
        gate.wait(10)
        return QImage(size, size, QImage.Format.Format_RGB32)

    thumbnails, path = Thumbnails(make), Path("one.jpg")
    assert thumbnails.get(path) is None
    thumbnails.forget()  # while it is read; the file may be another now
    gate.set()
    wait(lambda: thumbnails.get(path) is not None, "the thumbnail")
    assert thumbnails.get(path).width() == 16
    thumbnails.deleteLater()


# --- video, lock, map, and whether there are enough ------------------------------------------------------------------


def video(path, frames=60, size=(64, 48)):
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, size)
    frame = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    for _ in range(frames):
        video.write(frame)
    video.release()
    return path


def drop(page, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, *none))


def test_frames_of_a_dropped_video_become_the_images(page, tmp_path, wait):
    drop(page, video(tmp_path / "walk.avi"))
    card = page.video
    assert card.isVisible()
    card.form.editor("every").setValue(6)
    card.slider.setValue(8)
    assert (card.settings.every, card.settings.max_frames) == (6, 8)
    QTest.mouseClick(card.run_card.run_button, Qt.MouseButton.LeftButton)
    wait(lambda: page.grid.images.rowCount() == 8, "the frames", 60)
    assert page.grid.images.names()[1] == "walk_0000006.jpg"
    assert page.context.project.calibration.is_relative_to(page.context.project.folder)
    assert not card.isVisible()


def test_a_file_that_is_no_video_shows_a_card_and_keeps_the_images(page, tmp_path, wait):
    (tmp_path / "notes.mp4").write_text("no video")
    drop(page, tmp_path / "notes.mp4")
    QTest.mouseClick(page.video.run_card.run_button, Qt.MouseButton.LeftButton)
    wait(page.video.card.isVisible, "the card", 60)
    assert page.video.card._code.text() == "N6S-D06"
    assert page.grid.images.rowCount() == 24
    page.video.forget()
    assert not page.video.isVisible()


def test_taking_frames_can_be_cancelled(page, tmp_path, wait):
    drop(page, video(tmp_path / "long.avi", 1500, (320, 240)))
    page.video.form.editor("every").setValue(1)
    page.video.form.editor("max_frames").setValue(1500)
    QTest.mouseClick(page.video.run_card.run_button, Qt.MouseButton.LeftButton)
    wait(lambda: page.video.run_card.bar.maximum() == 1500, "progress", 60)
    QTest.mouseClick(page.video.run_card.cancel_button, Qt.MouseButton.LeftButton)
    wait(lambda: page.context.running is None, "the end", 30)
    assert page.video.isVisible()
    assert not page.video.card.isVisible()
    assert page.grid.images.rowCount() == 24


def test_a_locked_set_cannot_be_changed_and_is_refused_once_it_is_another(page, folder, wait):
    page.excluding.toggle(["03.jpg"])
    QTest.mouseClick(page.lock.button, Qt.MouseButton.LeftButton)
    wait(lambda: page.lock.locked, "the lock")
    digest = page.context.project.calibration_lock
    assert digest[:12] in page.lock.text.text()
    assert page.lock.text.toolTip() == digest
    told = []
    page.context.notice.connect(told.append)
    page.excluding.toggle(["04.jpg"])
    assert excluded(page) == ("03.jpg",)
    assert "locked" in told[0]
    assert not page.form.isEnabled()
    wait(lambda: (page.context.project.folder / "project.n6.yaml").is_file())
    wait(lambda: load_project(page.context.project.folder).calibration_lock == digest)
    write_image(folder / "new.jpg", 77)
    page.health.check_button.click()
    wait(page.error_card.isVisible, "the refusal", 30)
    assert page.error_card._code.text() == "N6S-D07"
    QTest.mouseClick(page.lock.button, Qt.MouseButton.LeftButton)
    assert not page.lock.locked
    assert page.form.isEnabled()


def test_the_slider_chooses_how_many(page):
    assert (page.slider.minimum(), page.slider.maximum(), page.slider.value()) == (1, 24, 24)
    page.slider.setValue(5)
    assert page.context.project.settings_of(QUANTIZE).max_images == 5
    assert page.bar.counts.text() == "24 images, 5 used"
    page.slider.setValue(24)
    assert page.context.project.settings_of(QUANTIZE).max_images == 0


def test_the_map_shows_where_keypoints_are_and_forgets_what_is_excluded(application, wait):
    points = np.array([[[0, 0, 1], [0.99, 0.99, 1]], [[0.5, 0, 1], [0.5, 0.5, 0]]], np.float32)
    cells = heat_cells(People(np.zeros((2, 4), np.float32), np.ones(2, np.float32), points), 0.5)
    facts = CalibrationFacts(
        tuple(ImageFacts(name, people=2, seen=(2, 1), cells=cells) for name in ("a.jpg", "b.jpg")),
        keypoints=("nose", "tail"),
        size=(100, 100),
    )
    assert msgspec.json.decode(encoded(facts), type=CalibrationFacts) == facts
    panel = HealthPanel()
    panel.resize(360, 1400)
    panel.show()
    panel.show_facts(facts, stale=False)
    assert panel.heat.chart.table().rows[0] == (0.0208, 0.0208, 2)
    assert sum(row[2] for row in panel.heat.chart.table().rows) == 6
    panel.which.setCurrentText("tail")
    assert panel.heat.chart.table().rows == ((0.9792, 0.9792, 2),)
    assert panel.heat.chart.read_out(0.99, 0.99) == "2 keypoints here"
    panel.set_excluded(frozenset({"b.jpg"}))
    wait(lambda: panel.heat.chart.table().rows == ((0.9792, 0.9792, 1),), "the map without b.jpg")
    old = CalibrationFacts((ImageFacts("a.jpg", people=1, seen=(1, 1)),), keypoints=("nose", "tail"))
    panel.show_facts(old, stale=False)
    assert "check again" in panel.heat._nothing.text()
    panel.close()
    panel.deleteLater()


def test_convergence_says_whether_there_are_enough(application, tmp_path, wait):
    found = convergence(np.zeros((12, 1)), np.array([[1.0]] + [[4.0]] * 11), ("conv",))
    file = tmp_path / "convergence.json"
    file.write_bytes(encoded(found))
    context, request = Context(), StageRequest("range_convergence", {}, {})
    view = ConvergenceView(context)
    view.resize(360, 500)
    view.show()
    assert not view.chart.isVisible()
    context.results["range_convergence"] = StageResult(tmp_path, request, {"convergence": file}, {}, (), {})
    context.result_changed.emit("range_convergence")
    wait(lambda: view.verdict.text().startswith("Large enough: from 2 of 12"))
    assert view.chart.chart.table().rows[0][1] == 0.75
    context.stale["range_convergence"] = ("seed changed from 1 to 2",)
    context.result_changed.emit("range_convergence")
    assert "Out of date: seed changed" in view.run_card.note.text()
    view.close()
    view.deleteLater()


# --- one folder for both, and nothing in it --------------------------------------------------------------------------


def test_one_folder_for_calibration_and_evaluation_is_red(page, folder):
    assert not page.leak.isVisible()
    page.context.change_project(data=folder)
    assert page.leak.isVisible()
    page.context.change_project(data=folder.parent / "labels.json")
    assert not page.leak.isVisible()


def test_a_folder_without_images_shows_no_blank_grid(page, tmp_path, wait):
    (tmp_path / "empty").mkdir()
    page.set_folder(tmp_path / "empty")
    wait(lambda: page.state()[0] == "failed", "the listing of the empty folder")
    assert page.views.currentIndex() == 0
