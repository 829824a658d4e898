import shutil
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from n6studio.engine.project import Project, load_project
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread
from n6studio.ui.pages.calibration_page import CalibrationPage
from n6studio.ui.widgets.thumbnail_grid import CACHED, ThumbnailGrid, read_thumbnail


def picture(path, seed, size=(96, 64)):
    noise = np.random.default_rng(seed)
    large = cv2.resize(noise.integers(30, 220, (4, 6, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), np.clip(large + noise.integers(-20, 20, large.shape), 0, 255).astype(np.uint8))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "my pictures ü"
    made.mkdir()
    for number in range(24):
        picture(made / f"{number:02}.jpg", number)
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
    wait(lambda: made.grid.pictures.rowCount() == 24, "the list of pictures")
    yield made
    engine.stop()
    made.close()
    made.deleteLater()


def excluded(page):
    return page.context.project.stage_settings("quantize").exclude


def select(page, *names):
    page.grid.select(names)
    page.grid.setFocus()


def test_without_a_project_it_asks_for_one(application):
    page = CalibrationPage(Context())
    assert page.state() == ("empty", "")
    assert page.views.currentIndex() == 0
    page.deleteLater()


def test_pictures_are_counted(page):
    assert page.state()[0] == "done"
    assert page.bar.counts.text() == "24 pictures, 24 will be used"
    page.form.editor("count").setValue(10)
    assert page.context.project.stage_settings("quantize").count == 10
    assert page.bar.counts.text() == "24 pictures, 10 will be used"
    page.form.reset_button("count").click()
    assert page.context.project.stage_settings("quantize").count == 0


def test_del_excludes_and_ctrl_z_brings_back(page, wait):
    select(page, "03.jpg", "07.jpg")
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    assert excluded(page) == ("03.jpg", "07.jpg")
    assert page.bar.counts.text().startswith("24 pictures, 2 excluded, 22 will be used")
    wait(lambda: (page.context.project.folder / "project.n6.yaml").is_file(), "the project to be saved")
    wait(lambda: load_project(page.context.project.folder).stage_settings("quantize").exclude == excluded(page))
    QTest.keyClick(page.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert excluded(page) == ()
    page.undo_stack.redo()
    assert excluded(page) == ("03.jpg", "07.jpg")
    select(page, "03.jpg")
    assert page.bar.exclude_button.text() == "Include again"
    page.bar.exclude_button.click()
    assert excluded(page) == ("07.jpg",)
    page.bar.undo_button.click()
    assert excluded(page) == ("03.jpg", "07.jpg")


def test_filter_by_name_and_by_exclusion(page, wait):
    page.toggle_excluded(["03.jpg"])
    QTest.keyClick(page.grid, "/")
    QTest.keyClicks(page.bar.text, "0")
    wait(lambda: page.grid.pictures.rowCount() == 12, "the filter")
    page.bar.which.setCurrentText("Excluded")
    assert page.grid.pictures.rowCount() == 1
    page.select_pictures(["11.jpg"])
    assert page.grid.pictures.rowCount() == 24
    assert page.grid.selected() == ["11.jpg"]


def test_space_shows_a_picture_in_large_and_arrows_go_on(page, wait):
    select(page, "03.jpg")
    QTest.keyClick(page.grid, Qt.Key.Key_Space)
    preview = page._preview
    wait(lambda: not preview._image.isNull(), "the large picture")
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
    picture(other / "only.png", 1)
    page.toggle_excluded(["03.jpg"])
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(other / "only.png"))])
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, *none))
    wait(lambda: page.grid.pictures.names() == ("only.png",), "the dropped folder")
    assert page.context.project.calibration == other
    assert excluded(page) == ()


def test_a_folder_that_is_gone_shows_the_card(page, folder, wait):
    shutil.rmtree(folder)
    page._list()
    wait(lambda: page.error_card.isVisible(), "the card")
    assert page.state()[0] == "failed"
    folder.mkdir()
    picture(folder / "new.jpg", 5)
    page.error_card._again.click()
    wait(lambda: page.grid.pictures.rowCount() == 1, "the folder again")
    assert not page.error_card.isVisible()


def test_health_is_checked_in_a_child_process_and_findings_select_pictures(page, folder, wait):
    shutil.copy(folder / "05.jpg", folder / "copy.jpg")
    (folder / "broken.jpg").write_bytes((folder / "06.jpg").read_bytes()[:500])
    page._list()
    wait(lambda: page.grid.pictures.rowCount() == 26, "the new pictures")
    QTest.mouseClick(page.health.check_button, Qt.MouseButton.LeftButton)
    wait(lambda: page.context.running == "calibration_health", "the job")
    assert page.state()[0] == "running"
    wait(lambda: page.health.findings(), "findings", 60)
    rows = {row.finding.key: row for row in page.health.finding_rows()}
    rows["same"].show_button.click()
    assert page.grid.selected() == ["copy.jpg"]
    rows["unreadable"].show_button.click()
    assert page.grid.selected() == ["broken.jpg"]
    QTest.keyClick(page.grid, Qt.Key.Key_D)
    assert page.grid.selected() == ["copy.jpg"]
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    assert {finding.key: finding.state for finding in page.health.findings()}["same"] == "ok"
    page.undo_stack.undo()
    assert {finding.key: finding.state for finding in page.health.findings()}["same"] == "warn"


def test_ten_thousand_pictures_stay_smooth(application, tmp_path, wait):
    folder = tmp_path / "many"
    folder.mkdir()
    picture(tmp_path / "one.jpg", 1, (32, 24))
    content = (tmp_path / "one.jpg").read_bytes()
    names = [f"{number:05}.jpg" for number in range(10_000)]
    for name in names:
        (folder / name).write_bytes(content)
    grid = ThumbnailGrid()
    grid.resize(900, 600)
    grid.show()
    slowest = longest_gap(grid, folder, names, wait)
    model = grid.pictures
    assert model.rowCount() == 10_000
    assert 0 < model.thumbnails.decoded < 2000, "only what was seen is decoded"
    assert len(model.thumbnails._known) <= CACHED
    assert slowest < 0.5
    grid.select(names[100:9000])
    assert len(grid.selected()) == 8900
    grid.close()
    grid.deleteLater()


def longest_gap(grid, folder, names, wait):
    """Fill the grid and scroll through it; return the longest time the GUI thread was busy, in seconds."""
    import time

    slowest = 0.0
    begun = time.monotonic()
    grid.pictures.set_pictures(folder, names)
    QTest.qWait(10)
    slowest = max(slowest, time.monotonic() - begun - 0.01)
    bar = grid.verticalScrollBar()
    wait(lambda: bar.maximum() > 0, "the layout")
    for step in range(60):
        begun = time.monotonic()
        bar.setValue(bar.maximum() * step // 60)
        grid.viewport().repaint()
        slowest = max(slowest, time.monotonic() - begun)
        QTest.qWait(5)
    last = names[-1]
    bar.setValue(bar.maximum())
    wait(lambda: grid.pictures.thumbnails.get(last) is not None, "the last picture")
    return slowest


def test_thumbnails_are_small_turned_and_null_where_unreadable(tmp_path):
    picture(tmp_path / "large.jpg", 1, (1200, 600))
    image = read_thumbnail(tmp_path / "large.jpg")
    assert (image.width(), image.height()) == (128, 64)
    (tmp_path / "bad.jpg").write_text("no")
    assert read_thumbnail(tmp_path / "bad.jpg").isNull()
    assert read_thumbnail(Path("missing.jpg")).isNull()


def test_decoding_never_happens_on_the_gui_thread(application, tmp_path, monkeypatch, wait):
    from n6studio.ui.widgets import thumbnail_grid

    seen = []
    read = thumbnail_grid.read_thumbnail
    monkeypatch.setattr(
        thumbnail_grid, "read_thumbnail", lambda path: (seen.append(threading.get_ident()), read(path))[1]
    )
    picture(tmp_path / "one.jpg", 1)
    grid = ThumbnailGrid()
    grid.pictures.set_pictures(tmp_path, ["one.jpg"])
    wait(lambda: grid.pictures.thumbnails.get("one.jpg") is not None)
    assert seen
    assert threading.get_ident() not in seen
    grid.deleteLater()
