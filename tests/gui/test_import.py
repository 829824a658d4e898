import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from n6studio.engine.project import load_project
from n6studio.ui.pages.import_texts import outcome, remedy_text, sigma_note
from n6studio.ui.widgets.keypoint_table import KeypointTable
from n6studio.ui.widgets.size_choice import SizeChoice, nearest


def texts(widget):
    QTest.qWait(50)  # labels put into a layout are shown by an event
    return "\n".join(item.text() for item in widget.findChildren(QLabel) if item.isVisibleTo(widget))


def test_text_file_named_pt_shows_what_is_wrong(window, tmp_path, wait):
    file = tmp_path / "notes.pt"
    file.write_text("shopping list")
    window.open_path(file)
    page = window.page("import")
    wait(lambda: page.card.isVisible(), "the card", 60)
    assert page.card._code.text().startswith("N6S-")
    assert page.state()[0] == "failed"
    assert "Failed" in window.row.buttons["import"].accessibleName()
    assert not page.go_on.isEnabled()


@pytest.mark.slow
def test_checkpoint_is_inspected_by_itself(window, checkpoint, wait):
    window.open_path(checkpoint)
    wait(lambda: window.engine.job == "inspect", "the job")
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 60)
    page = window.page("import")
    shown = texts(page)
    assert "jogger.pt" in shown
    assert "yolov8n-pose" in shown
    assert "Not yet ready for STM32N6" in shown
    assert "ST's figures for YOLOv8n-pose" in shown
    assert page.keypoints.rowCount() == 17
    assert page.keypoints.item(5, 1).text() == "left shoulder"
    assert page.keypoints.item(5, 2).text() == "right shoulder"
    QTest.mouseClick(page.sizes.buttons[320], Qt.MouseButton.LeftButton)
    folder = window.context.project.folder
    wait(lambda: load_project(folder).stage_settings("export").imgsz == 320, "the project's file")
    QTest.mouseClick(page.go_on, Qt.MouseButton.LeftButton)
    assert window.current_page().key == "export"


def test_sizes_are_multiples_of_32(application):
    choice = SizeChoice()
    chosen = []
    choice.chosen.connect(chosen.append)
    choice.show_size(256, None)
    assert choice.buttons[256].isChecked()
    QTest.mouseClick(choice.buttons[192], Qt.MouseButton.LeftButton)
    choice.show_size(288, None)
    assert choice.custom.isChecked()
    choice.spin.setFocus()
    choice.spin.lineEdit().setText("300 px")
    QTest.keyClick(choice.spin, Qt.Key.Key_Return)
    assert chosen == [192, 288] or chosen[-1] == 288 or choice.spin.value() == 288
    assert [nearest(value) for value in (1, 300, 5000)] == [32, 288, 2048]
    choice.deleteLater()


def test_other_skeletons_say_that_their_sigmas_are_made_up(application):
    table = KeypointTable()
    table.show_keypoints(5, ("tip", "left wing", "right wing", "tail", "beak"))
    assert table.rowCount() == 5
    assert table.item(1, 1).text() == "left wing"
    assert table.item(0, 3).text() == "0.200"
    assert "not comparable" in sigma_note(5)
    assert "COCO" in sigma_note(17)
    table.deleteLater()


def test_what_later_pages_put_right_is_no_fault_of_a_checkpoint():
    check = {"name": "quantization", "state": "fail", "reason": "", "remedy": "Quantize it: n6studio quantize."}
    assert outcome(check, "pt") == "later"
    assert outcome(check, "tflite") == "fail"
    assert "n6studio" not in remedy_text(check)
