"""The explore page: a table of the command, shown, and the ways on from a candidate."""

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu

from n6studio.domain.encoding import encoded
from n6studio.domain.exploration import SCHEMA, Candidate, Exploration
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import Project
from n6studio.engine.jobs import command
from n6studio.ui.context import Context
from n6studio.ui.pages.explore.batch import Batch, BatchDialog
from n6studio.ui.pages.explore.page import ExplorePage
from n6studio.ui.states import PageState


def candidate(folder, size, ap, ms):
    return Candidate(
        model="mine", size=size, scheme="default", path=str(folder / f"1-mine-{size}" / "default" / "mine.tflite"),
        sha256="1", source_sha256="2", megabytes=1.0, ms=ms, ap=ap, float_ap=0.5, difference=ap - 0.5,
        interval=(-0.1, 0.1), agreement=0.9, ram_bytes=2048 * size, ram_from="graph",
    )  # fmt: skip


@pytest.fixture
def page(application, tmp_path):
    made = ExplorePage(Context())
    made.show()
    yield made
    made.close_down()
    made.close()
    made.deleteLater()


def test_a_table_is_shown_and_a_candidate_opened(page, tmp_path, wait):
    assert page.state() == (PageState.EMPTY, "")
    there = tmp_path / "then"  # where the table was made; it was moved since
    candidates = (candidate(there, 192, 0.4, 10.0), candidate(there, 256, 0.3, 20.0))
    table = tmp_path / "explore.json"
    table.write_bytes(
        encoded(Exploration(schema=SCHEMA, command="n6studio explore", candidates=candidates, front=(0,)))
    )
    file = tmp_path / "1-mine-256" / "default" / "mine.tflite"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"model")
    page.open_table(table)
    wait(lambda: page.table.topLevelItemCount() == 2, "the candidates")
    assert [page.table.topLevelItem(row).text(0)[0] for row in range(2)] == ["★", "m"]
    assert page.state() == (PageState.DONE, "2 candidates")
    assert len(page.charts[0].chart.marks) == len(page.charts[1].chart.marks) == 2
    opened = []
    page.context.open_requested.connect(opened.append)
    assert not page.buttons["candidate"].isEnabled()
    page.table.topLevelItem(1).setSelected(True)
    page.buttons["candidate"].click()
    assert opened == [file]
    page.table.selectAll()
    assert not page.buttons["candidate"].isEnabled()
    assert not page.buttons["compare"].isEnabled()
    page.context.set_project(Project(tmp_path, tmp_path / "model.pt"))
    assert page.buttons["compare"].isEnabled()


def shown(page, tmp_path, wait):
    """Show a table of two candidates whose files are there."""
    candidates = (candidate(tmp_path, 192, 0.4, 10.0), candidate(tmp_path, 256, 0.3, 20.0))
    for one in candidates:
        Path(one.path).parent.mkdir(parents=True)
        Path(one.path).write_bytes(b"model")
    table = tmp_path / "explore.json"
    table.write_bytes(encoded(Exploration(schema=SCHEMA, command="", candidates=candidates, front=(0,))))
    page.open_table(table)
    wait(lambda: page.table.topLevelItemCount() == 2, "the candidates")
    return candidates


def entries(page):
    (menu,) = [one for one in page.findChildren(QMenu) if one.isVisible() and one.parent() is page]
    return menu, {action.text(): action for action in menu.actions()}


def test_a_point_offers_what_can_be_done_with_its_candidate(page, tmp_path, wait):
    candidates = shown(page, tmp_path, wait)
    chart = page.charts[0].chart
    assert chart.mark_at(19.9, 30.2).key == 1
    assert chart.read_out(19.9, 30.2) == "mine 256 default: AP 30.0 %, 20.0 ms"
    assert chart.mark_at(15.0, 10.0) is None
    opened, asked = [], []
    page.context.open_requested.connect(opened.append)
    page.context.page_requested.connect(asked.append)
    page.charts[0].opened.emit(1)
    menu, actions = entries(page)
    assert [item.text(0) for item in page.table.selectedItems()] == ["mine 256 default"]
    assert list(actions) == ["Open as a project", "Take to the board", "Compare two"]
    assert not actions["Compare two"].isEnabled(), "nothing to compare with"
    actions["Take to the board"].trigger()
    menu.close()
    assert opened == [Path(candidates[1].path)]
    assert asked == [], "it is not open yet"
    page.context.set_project(Project(tmp_path / "b.n6", Path(candidates[1].path)))
    assert asked == ["deploy"]
    page.charts[1].opened.emit(0)  # with the other still selected
    menu, actions = entries(page)
    assert len(page.table.selectedItems()) == 2
    assert actions["Compare two"].isEnabled()
    actions["Open as a project"].trigger()
    menu.close()
    assert opened[1:] == [Path(candidates[0].path)], "the one that was clicked"
    page.context.set_project(Project(tmp_path / "c.n6", Path(candidates[0].path)))
    assert asked == ["deploy"], "only where it was asked for"


EXPLORES = """
import json, pathlib, sys, time
words = sys.argv[1:]
folder = pathlib.Path(words[words.index("-o") + 1])
folder.mkdir(parents=True)
print("[1/2] mine 192: done", file=sys.stderr, flush=True)
while not (folder.parent / "go on").exists():
    time.sleep(0.02)
table = folder / "explore.json"
table.write_text(json.dumps({"schema": 1, "command": " ".join(words), "candidates": [], "front": []}))
print(json.dumps({"ok": True, "outputs": {"table": str(table)}}))
"""


def test_a_batch_is_chosen_run_and_shown(page, tmp_path, wait, monkeypatch):
    monkeypatch.setattr(command, "program", lambda: [sys.executable, "-c", EXPLORES])
    project = Project(tmp_path / "a.n6", tmp_path / "mine.pt", calibration=tmp_path / "images")
    page.context.set_project(project)
    page.buttons["batch"].click()
    (dialog,) = page.findChildren(BatchDialog)
    assert dialog.models.toPlainText() == str(project.model)
    assert not dialog.start_button.isEnabled()
    assert dialog.told.text() == "Labelled data: nothing is chosen."
    dialog.data.setText(str(tmp_path / "labels.json"))
    dialog.sizes.setText("192, 320x192")
    dialog.schemes["tuned"].click()
    dialog.folder.setText(str(tmp_path / "results"))
    assert dialog.told.text() == "4 candidates"
    dialog.models.setPlainText("yolov8s-pose")
    dialog.data.setText("")
    assert dialog.batch().models == (Path("yolov8s-pose"),)
    assert not {"--data", "--cluster"} & set(dialog.batch().words())
    dialog.cluster.setText(" tcp://10.0.0.5:8786 ")
    assert "--cluster tcp://10.0.0.5:8786" in " ".join(dialog.batch().words())
    dialog.cluster.clear()
    assert "--average" not in dialog.batch().words()
    dialog.average.click()
    assert dialog.batch().words()[-1] == "--average"
    dialog.models.setPlainText(f"yolov8s-pose\n{project.model}")
    assert dialog.told.text() == "Labelled data: nothing is chosen."
    dialog.models.setPlainText(str(project.model))
    dialog.data.setText(str(tmp_path / "labels.json"))
    dialog.sizes.setText("192, wide")
    assert not dialog.start_button.isEnabled()
    dialog.sizes.setText("192, 320x192")
    dialog.start_button.click()
    wait(lambda: page.progress.text() == "[1/2] mine 192: done", "the progress")
    assert "explore" in page.context.work
    assert page.cancel_button.isVisible()
    assert not page.buttons["batch"].isEnabled()
    (tmp_path / "go on").touch()
    wait(lambda: page.path == tmp_path / "results" / "explore.json", "the table")
    for words in (f"explore {project.model}", "--sizes 192,320x192", "--schemes default,tuned", "--average"):
        assert words in page.exploration.command
    assert page.context.work == {}
    assert not page.cancel_button.isVisible()


def test_a_batch_is_cancelled(page, tmp_path, wait, monkeypatch):
    monkeypatch.setattr(command, "program", lambda: [sys.executable, "-c", EXPLORES])
    said = []
    page.context.notice.connect(said.append)
    size = (InputSize.square(192),)
    page.start(Batch((tmp_path / "a.pt",), tmp_path, tmp_path, size, ("default",), "crop", 0, tmp_path / "results"))
    wait(lambda: page.progress.text().startswith("[1/2]"), "the progress")
    page.cancel_button.click()
    wait(lambda: not page.command.running, "the end", 30)
    assert said
    assert said[0].startswith("Cancelled.")
    assert not page.error_card.isVisible()


NOWHERE = b'{"schema": 1, "command": "", "candidates": [], "front": [0]}'


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": 1}', NOWHERE, NOWHERE.replace(b"[0]", b"[-1]")])
def test_another_file_is_refused_in_words(page, tmp_path, wait, content):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    page.open_table(path)
    wait(page.error_card.isVisible, "the error")
    assert page.table.topLevelItemCount() == 0


def test_a_table_leads_to_no_file_outside_its_folder(page, tmp_path, wait):
    strange = candidate(tmp_path, 64, 0.1, 1.0)
    strange = type(strange)(
        **{name: getattr(strange, name) for name in strange.__struct_fields__} | {"path": "../../x"}
    )
    table = tmp_path / "explore.json"
    table.write_bytes(encoded(Exploration(schema=SCHEMA, command="", candidates=(strange,), front=())))
    page.open_table(table)
    wait(lambda: page.table.topLevelItemCount() == 1, "the candidate")
    page.table.selectAll()
    assert page.selected() == []
    assert page.error_card.isVisible()
