import dataclasses

import cv2
import numpy as np
import pytest
from event_loop import pause
from own_time import OwnTime
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.project import Project
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context
from n6studio.ui.pages.export.page import ExportPage
from n6studio.ui.pages.export.resize import ResizeCard
from n6studio.ui.widgets.output_strip import parts


def texts(widget):
    pause(50)  # labels put into a layout are shown by an event
    return "\n".join(item.text() for item in widget.findChildren(QLabel) if item.isVisibleTo(widget))


def opened(window, checkpoint, wait):
    window.opening.open_path(checkpoint)
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 90)
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    return window.stack.page("export")


def test_without_a_project_it_leads_to_import(application):
    context = Context()
    wanted = []
    context.page_requested.connect(wanted.append)
    page = ExportPage(context)
    assert page.state() == ("empty", "")
    assert "Nothing to export yet" in texts(page)
    page.main_action()
    assert wanted == ["import"]
    page.deleteLater()


@pytest.mark.slow
def test_export_runs_goes_stale_and_is_known_again(window, checkpoint, wait):
    page = opened(window, checkpoint, wait)
    QTest.mouseClick(page.sizes.buttons[192, 192], Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.run, Qt.MouseButton.LeftButton)
    wait(lambda: window.context.running == "export", "the export to start", 30)
    assert "Running" in window.row.buttons["export"].accessibleName()
    assert not page.run.isEnabled()
    wait(lambda: not window.engine.job, "the export", 240)
    wait(lambda: page.state() == ("done", "192 x 192"), "the state")
    shown = texts(page)
    assert "Passed: both find the same" in shown
    assert "jogger_192_float32.tflite" in shown
    assert window.context.output("export", "saved_model").is_dir()
    assert [row[0] for row in page.times.chart.table().rows] == ["Load", "ONNX", "SavedModel and TFLite", "Self-check"]
    points = page.scatter.chart.table().rows
    assert len(points) >= 2 * 17
    assert max(abs(x - y) for _, x, y in points) < 1
    assert {name for name, _, _ in points} <= set(window.context.results["export"].figures.self_check.files)
    assert page.strip.sentence.startswith("Output 1 x 56 x 756: 756 candidates")
    assert "rows 5 to 55: 17 x 3 keypoints" in page.strip_text.text()

    QTest.mouseClick(page.sizes.buttons[256, 256], Qt.MouseButton.LeftButton)
    wait(lambda: page.state()[0] == "stale", "staleness")
    assert "input size changed from 192 px to 256 px" in page.state()[1]
    assert "input size changed" in window.row.buttons["export"].toolTip()
    QTest.mouseClick(page.sizes.buttons[192, 192], Qt.MouseButton.LeftButton)
    wait(lambda: page.state()[0] == "done", "the earlier result to count again")


@pytest.mark.slow
def test_escape_stops_an_export_half_way(window, checkpoint, wait):
    page = opened(window, checkpoint, wait)
    QTest.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: window.context.running == "export" and page._progress.index >= 1, "the export to start", 30)
    own = OwnTime()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    wait(lambda: not window.engine.job, "the end", 30)
    assert own.seconds < 15
    assert page.state()[0] == "ready"
    assert not page.card.isVisible()
    assert "stopped" in window.toast.text()
    assert not list((window.context.project.folder / "runs" / "export").glob("*/*.tflite"))


@pytest.mark.slow
def test_closing_during_a_job_asks_by_name(window, checkpoint, wait, answers):
    opened(window, checkpoint, wait)
    QTest.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: window.context.running == "export", "the export to start", 30)
    answers.append(False)
    assert not window.close()
    assert "Export is still running" in answers.texts[-1]
    assert window.isVisible()
    assert window.engine.job == "export"
    answers.append(True)
    assert window.close()
    assert not window.engine._threads[0].isRunning()


def write_image(path, size=(64, 32)):
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[:, : size[0] // 4] = (0, 0, 255)  # a red stripe at the left, as OpenCV counts colours
    cv2.imwrite(str(path), image)


@pytest.fixture
def card(application, tmp_path):
    context = Context()
    made = ResizeCard(context)
    context.project_changed.connect(lambda: made.show_project(context.project))
    context.set_project(Project(tmp_path / "a.n6", tmp_path / "a.pt"))
    made.show()
    yield made
    made.close()
    made.deleteLater()


def colour_at(card, key, x, y):
    image = card.images[key].pixmap().toImage()
    return QColor(image.pixel(int(x * image.width()), int(y * image.height()))).getRgb()[:3]


def test_each_way_to_the_input_is_shown_on_a_image_of_the_project(card, tmp_path, wait):
    wait(lambda: "a drawn image" in card.note.text(), "the drawn image")
    folder = tmp_path / "pictures"
    folder.mkdir()
    write_image(folder / "one.png")
    card._context.change_project(calibration=folder)
    wait(lambda: "one.png" in card.note.text(), "the image of the project")
    assert colour_at(card, "stretch", 0.1, 0.5) == (255, 0, 0)
    assert colour_at(card, "crop", 0.1, 0.5) == (0, 0, 0)  # the stripe is cut off
    assert colour_at(card, "letterbox", 0.1, 0.5) == (255, 0, 0)
    assert colour_at(card, "letterbox", 0.5, 0.1) == (114, 114, 114)


def test_the_way_counts_for_calibration_and_evaluation_and_differences_are_said(card, wait):
    context = card._context
    QTest.mouseClick(card.buttons["crop"], Qt.MouseButton.LeftButton)
    assert context.project.settings_of(QUANTIZE).resize == "crop"
    assert context.project.settings_of(EVALUATE).resize == "crop"
    evaluate = dataclasses.replace(context.project.settings_of(EVALUATE), resize="letterbox")
    context.change_settings(EVALUATE, evaluate)
    assert "Calibration uses crop, evaluation letterbox" in card.note.text()
    assert not any(made.isChecked() for made in card.buttons.values())
    QTest.mouseClick(card.heads["int8"], Qt.MouseButton.LeftButton)
    assert context.project.settings_of(QUANTIZE).head == "int8"


def test_a_damaged_image_still_shows_an_example(card, tmp_path, wait):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "bad.jpg").write_bytes(b"no picture")
    card._context.change_project(calibration=folder)
    wait(lambda: "drawn image" in card.note.text() and card._asked[2] == folder, "the drawn image")
    assert not card.images["stretch"].pixmap().isNull()


def test_the_strip_names_every_row_of_the_output():
    three, two = parts(OutputLayout(1, 17, 3)), parts(OutputLayout(2, 5, 2))
    assert [(part.name, part.first, part.last) for part in three] == [
        ("4 box", 0, 3), ("confidence", 4, 4), ("17 x 3 keypoints", 5, 55),
    ]  # fmt: skip
    assert [(part.name, part.first, part.last) for part in two] == [
        ("4 box", 0, 3), ("2 confidences", 4, 5), ("5 x 2 keypoints", 6, 15),
    ]  # fmt: skip
    assert sum(part.share for part in three) == pytest.approx(1)
