"""A new user's own checkpoint, by mouse, to the skeletons that a virtual board sends."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from n6studio.ui.states import PageState

pytestmark = pytest.mark.slow  # exports, quantizes, evaluates and deploys
LEFT = Qt.MouseButton.LeftButton


def test_from_a_checkpoint_to_the_board_in_few_clicks(window, checkpoint, carried, wait, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # the virtual board of this test
    clicks = []

    def click(button):
        clicks.append(button.text())
        QTest.mouseClick(button, LEFT)

    window.opening.open_path(checkpoint)
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 60)
    click(window.head.next_button)
    road = window.stack.page("road")
    assert window.stack.current_page() is road
    click(road.go_button)
    assert road.driver.question is not None, "it asks before anything runs"
    assert road.answer.isVisible()
    clicks.append("Choose a folder…")
    road.set_images(carried.images)
    wait(lambda: window.context.stage_state("quantize")[0] is not PageState.BLOCKED, "the images")
    click(road.go_button)
    wait(lambda: not road.driver.going, "the end of the road", 300)
    assert road.state() == (PageState.DONE, "on the board"), window.context.errors
    click(window.head.next_button)
    live = window.stack.page("live")
    wait(lambda: live.image.frame is not None and live.image.frame.results is not None, "a frame with results", 30)
    assert not window.truth.isVisible() or "resize" in window.truth.text.text()
    assert len(clicks) <= 8
    live.disconnect_source()
