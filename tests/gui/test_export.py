import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from n6studio.ui.context import Context
from n6studio.ui.pages.export_page import ExportPage


def texts(widget):
    QTest.qWait(50)  # labels put into a layout are shown by an event
    return "\n".join(item.text() for item in widget.findChildren(QLabel) if item.isVisibleTo(widget))


def opened(window, checkpoint, wait):
    window.open_path(checkpoint)
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 90)
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    return window.page("export")


def test_without_a_project_it_leads_to_import(application):
    context = Context()
    wanted = []
    context.page_requested.connect(wanted.append)
    page = ExportPage(context)
    assert page.state() == ("empty", "")
    assert "Import a checkpoint first" in texts(page)
    page.main_action()
    assert wanted == ["import"]
    page.deleteLater()


@pytest.mark.slow
def test_export_runs_goes_stale_and_is_known_again(window, checkpoint, wait):
    page = opened(window, checkpoint, wait)
    QTest.mouseClick(page.sizes.buttons[192], Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.run, Qt.MouseButton.LeftButton)
    wait(lambda: window.context.running == "export", "the export to start", 30)
    assert "Running" in window.row.buttons["export"].accessibleName()
    assert not page.run.isEnabled()
    wait(lambda: not window.engine.job, "the export", 240)
    wait(lambda: page.state() == ("done", "192 x 192"), "the state")
    shown = texts(page)
    assert "Passed: both see the same" in shown
    assert "jogger_192_float32.tflite" in shown
    assert window.context.output("export", "saved_model").is_dir()

    QTest.mouseClick(page.sizes.buttons[256], Qt.MouseButton.LeftButton)
    wait(lambda: page.state()[0] == "stale", "staleness")
    assert "input size changed from 192 to 256" in page.state()[1]
    assert "input size changed" in window.row.buttons["export"].toolTip()
    QTest.mouseClick(page.sizes.buttons[192], Qt.MouseButton.LeftButton)
    wait(lambda: page.state()[0] == "done", "the earlier result to count again")


@pytest.mark.slow
def test_escape_stops_an_export_half_way(window, checkpoint, wait):
    page = opened(window, checkpoint, wait)
    QTest.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: window.context.running == "export" and page._progress.index >= 1, "the export to start", 30)
    began = time.monotonic()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    wait(lambda: not window.engine.job, "the end", 30)
    assert time.monotonic() - began < 15
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
