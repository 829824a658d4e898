"""The Board tab of Evaluate: accuracy of every model beside the board's, the ladder of parity, and times."""

import itertools
import json
import sys
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("PySide6.QtWidgets")

from n6studio.domain.evaluation.board import BoardFacts, Rung
from n6studio.domain.evaluation.board_texts import times_rows
from n6studio.domain.project import Project
from n6studio.engine.jobs import command
from n6studio.engine.project.evaluations import read_results
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.ui.context import Context
from n6studio.ui.pages.evaluate import board_run
from n6studio.ui.pages.evaluate.board_run import BoardRun
from n6studio.ui.pages.evaluate.board_tab import BoardTab

FIXTURE = next(iter(sorted((Path(__file__).parent.parent / "fixtures").glob("project-2026-11/runs/evaluate/*"))))


def board(*equal, first="b.jpg"):
    rungs = tuple(
        Rung(name=name, images=4, equal=count, largest=0.0 if count == 4 else 0.25, first="" if count == 4 else first)
        for name, count in zip(("input", "output", "people"), equal, strict=True)
    )
    return BoardFacts(
        name="STM32N6570-DK", firmware="app v2.0", link="USB", model="a.tflite", rungs=rungs,
        npu_ms=(10.0, 12.0, 11.0, 30.0), post_ms=(1.0, 1.5, 1.25, 2.0), bytes_per_second=2e6, seconds_500_at_256=70,
    )  # fmt: skip


@pytest.fixture
def results():
    return read_results(FIXTURE / "results.json")


def cells(table):
    return [
        [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
    ]


@pytest.fixture
def tab(application):
    made = BoardTab()
    yield made
    made.deleteLater()


def with_board(results, facts):
    own = msgspec.structs.replace(results.models[0], name="STM32N6570-DK", format="board")
    return msgspec.structs.replace(results, board=facts, models=(*results.models, own))


def test_a_board_stands_beside_the_other_models_with_its_first_divergence(tab, results):
    tab.show_evaluation(with_board(results, board(4, 3, 2)))
    assert tab.sentence.text().startswith("First divergence: the model's output, in 1 of 4 images, first in b.jpg")
    names = [row[0] for row in cells(tab.accuracy)]
    assert names == [*(one.name for one in results.models), "STM32N6570-DK (on the board)"]
    assert cells(tab.accuracy)[-1][1:] == cells(tab.accuracy)[0][1:]
    assert cells(tab.ladder) == [
        ["1 input received", "4", "4", "none", "–"],
        ["2 model output", "4", "3", "0.250000", "b.jpg"],
        ["3 people found in it", "4", "2", "0.250000", "b.jpg"],
    ]
    assert cells(tab.times)[0] == ["NPU", "11.50", "27.30", "30.00"]
    assert "500 images" in tab.link.text()


def test_without_a_board_the_way_to_one_is_told(tab, results):
    tab.show_evaluation(results)
    assert "Choose one above" in tab.sentence.text()
    assert "--" not in tab.sentence.text()
    assert not tab.ladder.isVisibleTo(tab)


def test_results_of_the_command_are_opened_and_stay(tab, results, tmp_path, wait):
    written = tmp_path / "results.json"
    written.write_bytes(msgspec.json.encode(with_board(results, board(4, 4, 4))))
    tab.open_results(written)
    wait(lambda: tab.ladder.rowCount() == 3)
    assert tab.sentence.text().startswith("No divergence")
    tab.show_evaluation(results)  # another evaluation of the project, without a board
    assert tab.ladder.rowCount() == 3
    tab.show_evaluation(with_board(results, board(4, 3, 3)))
    assert tab.sentence.text().startswith("First divergence")


@pytest.mark.parametrize("text", ["{", "{}", json.dumps({"schema": 99}), None])
def test_what_has_no_board_is_told_and_nothing_else_changes(tab, results, tmp_path, wait, text):
    written = tmp_path / "results.json"
    written.write_text((FIXTURE / "results.json").read_text() if text is None else text)
    tab.show_evaluation(with_board(results, board(4, 4, 4)))
    before = tab.sentence.text()
    tab.open_results(written)
    wait(lambda: tab.sentence.text() != before)
    assert str(written.name) in tab.sentence.text()
    assert tab.ladder.rowCount() == 3


def test_one_image_has_no_spread():
    facts = msgspec.structs.replace(board(4, 4, 4), npu_ms=(7.0,), post_ms=())
    assert times_rows(facts) == (("NPU", "7.00", "7.00", "7.00"),)


# --- asking a board --------------------------------------------------------------------------------------------------

ASKS = """
import json, pathlib, shutil, sys
words = sys.argv[1:]
if "virtual:" in words:
    print(json.dumps({"ok": False, "error": {"code": "N6S-E02", "fields": {}}}))
    sys.exit(1)
folder = pathlib.Path(words[words.index("-o") + 1])
folder.mkdir()
shutil.copy(BOARD, folder / "results.json")
(folder / "words.json").write_text(json.dumps(words))
print("ask the board  3/4 images", file=sys.stderr, flush=True)
print(json.dumps({"ok": True, "outputs": {"results": str(folder / "results.json")}}))
"""


@pytest.fixture
def asked(application, results, tmp_path, monkeypatch):
    """A tab of a project with a quantized model, beside a small program that answers as the command does."""
    written = tmp_path / "with-board.json"
    written.write_bytes(msgspec.json.encode(with_board(results, board(4, 3, 2))))
    code = ASKS.replace("BOARD", repr(str(written)))
    monkeypatch.setattr(command, "program", lambda: [sys.executable, "-c", code])
    monkeypatch.setattr(
        board_run, "boards_there", lambda: [("serial:/dev/x", "Board X"), ("virtual:", "Virtual board")]
    )
    context, tab = Context(), BoardTab()
    run = BoardRun(context, tab)
    folder = tmp_path / "mine.n6"
    folder.mkdir()
    settings = {"evaluate": EvaluateSettings(resize="crop", max_images=4, with_ultralytics=True)}
    made = Project(folder, tmp_path / "a.pt", calibration=tmp_path / "images", settings=settings)
    yield tab, context, made
    run.command.close_down()
    tab.close()
    tab.deleteLater()


def test_a_board_is_asked_with_the_projects_settings_and_its_results_shown(asked, tmp_path, wait, monkeypatch):
    tab, context, project = asked
    tab.show()
    wait(lambda: tab.boards.count() == 2, "the boards")
    assert not tab.run_button.isEnabled()
    assert tab.reason.text() == "Quantize a model first."
    monkeypatch.setattr(context, "quantized_model", lambda: tmp_path / "q.tflite")
    context.set_project(project)
    assert tab.run_button.isEnabled()
    tab.run_button.click()
    assert tab.cancel_button.isVisible()
    wait(lambda: tab.ladder.rowCount() == 3, "the results")
    words = json.loads((project.folder / "board-evaluation" / "words.json").read_text())
    assert words[:4] == ["evaluate", str(tmp_path / "q.tflite"), "--data", str(tmp_path / "images")]
    told = dict(itertools.pairwise(words))
    assert told["--on-board"] == "serial:/dev/x"
    assert (told["--resize"], told["--max-images"]) == ("crop", "4")
    assert "--with-ultralytics" in words
    assert "--iou" not in words, "what is as it always is needs no words"
    assert tab.run_button.isVisible()
    assert context.work == {}


@pytest.mark.slow
def test_the_real_command_asks_the_virtual_board(application, carried, tmp_path, wait, monkeypatch):
    context, tab = Context(), BoardTab()
    run = BoardRun(context, tab)
    (tmp_path / "mine.n6").mkdir()
    settings = {"evaluate": EvaluateSettings(max_images=4)}
    monkeypatch.setattr(context, "quantized_model", lambda: carried.coarse)
    context.set_project(Project(tmp_path / "mine.n6", carried.checkpoint, data=carried.labels, settings=settings))
    run.start("virtual:")
    wait(lambda: tab.ladder.rowCount() == 3 or not tab.error.isHidden(), "the results", 400)
    assert tab.error.isHidden(), tab.error.accessibleDescription()
    assert cells(tab.ladder)[0][:3] == ["1 input received", "4", "4"]
    assert [row[0] for row in cells(tab.accuracy)][-1].endswith("(on the board)")
    run.command.close_down()
    tab.deleteLater()


def test_a_board_that_cannot_be_asked_is_an_error_with_another_try(asked, tmp_path, wait, monkeypatch):
    tab, context, project = asked
    tab.show()
    wait(lambda: tab.boards.count() == 2, "the boards")
    monkeypatch.setattr(context, "quantized_model", lambda: tmp_path / "q.tflite")
    context.set_project(project)
    tab.boards.setCurrentIndex(1)
    tab.run_button.click()
    wait(tab.error.isVisible, "the error")
    assert tab.error._again.isVisible()
    tab.show_boards([("serial:/dev/y", "Board Y"), ("virtual:", "Virtual board")])
    assert tab.boards.currentData() == "virtual:", "the choice stays"
