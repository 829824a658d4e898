"""The first minute of somebody who has never seen the window, by mouse."""

import pytest
from event_loop import pause
from own_time import OwnTime
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from n6studio.engine.project.carried import demo_model
from n6studio.engine.project.project import save_project
from n6studio.engine.project.sample import sample_project
from n6studio.engine.project.summary import disk_bytes, summary_of
from n6studio.ui.context import Context
from n6studio.ui.pages.import_.welcome import Welcome

LEFT = Qt.MouseButton.LeftButton


@pytest.mark.slow
def test_one_click_shows_skeletons_within_five_seconds(window, wait):
    welcome = window.stack.page("import").welcome
    time = OwnTime()
    QTest.mouseClick(welcome.see, LEFT)
    live = window.stack.page("live")
    wait(lambda: live.image.frame is not None and live.image.frame.results.people, "people in the image", 60)
    assert time.seconds < 5
    assert window.stack.current_key == "live"
    assert window.context.project is None, "nothing was made or converted"
    wait(live.demo.isVisible, "the ways on")
    assert "drawn figures" in live.demo.text.text()
    asked = []
    window.context.browse_requested.disconnect()
    window.context.browse_requested.connect(lambda: asked.append("browse"))
    QTest.mouseClick(live.demo.own, LEFT)
    assert asked == ["browse"]
    live.sources.ask_for = asked.append
    live.demo.file_wanted.disconnect()
    live.demo.file_wanted.connect(live.sources.ask_for)
    QTest.mouseClick(live.demo.video, LEFT)
    QTest.mouseClick(live.demo.folder, LEFT)
    assert asked == ["browse", "video", "folder"]
    live.disconnect_source()


def test_a_summary_says_what_became_of_a_project(tmp_path):
    folder = tmp_path / "one.n6"
    project = sample_project(folder)
    save_project(project)
    images = folder / "pictures" / "calibration" / "images"
    images.mkdir(parents=True)
    (images / "a.png").write_bytes(b"x" * 1000)
    found = summary_of(folder)
    assert (found.model, found.size, found.ap, found.problem) == ("n6demo-pose.pt", (256, 256), None, "")
    assert found.image == images / "a.png"
    assert found.disk_bytes == disk_bytes(folder) == 1000 + (folder / "project.n6.yaml").stat().st_size
    assert found.board
    assert summary_of(tmp_path / "gone").problem == "Folder not found"
    (folder / "project.n6.yaml").write_text("nonsense")
    assert summary_of(folder).problem == "Cannot be read"


def test_recent_projects_are_rows_and_vanished_ones_can_be_removed(application, tmp_path, wait):
    context = Context()
    folder = tmp_path / "mine.n6"
    save_project(sample_project(folder))
    context.recent = (str(folder), str(tmp_path / "gone.n6"))
    welcome = Welcome(context)
    welcome.resize(900, 700)
    welcome.show()
    rows = welcome.recent.rows
    wait(lambda: all(row.facts() for row in rows.values()), "what is said of them")
    assert "256 px" in rows[str(folder)].facts()
    assert "not evaluated" in rows[str(folder)].accessibleName()
    gone = rows[str(tmp_path / "gone.n6")]
    assert gone.facts() == "Folder not found"
    asked = []
    context.forget_requested.connect(asked.append)
    (forget,) = [one for one in welcome.recent.findChildren(type(welcome.see)) if one.isVisible()]
    QTest.mouseClick(forget, LEFT)
    assert asked == [str(tmp_path / "gone.n6")]
    welcome.close()
    welcome.deleteLater()
    pause(10)


def test_the_demo_model_is_carried_as_int8():
    data = demo_model().read_bytes()
    assert data[4:8] == b"TFL3"
    assert len(data) < 2_000_000
