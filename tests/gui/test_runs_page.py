"""The runs page and taking changes back."""

import sys

import pytest
from event_loop import pause
from finished_runs import finish
from PySide6.QtWidgets import QWidget

from n6studio.domain.errors.starts import NotComparable
from n6studio.domain.model.difference import GraphDifference
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageResult
from n6studio.domain.settings import settings_of
from n6studio.engine.project.project import save_project
from n6studio.engine.project.timeline import timeline
from n6studio.stages.diff.figures import DiffFigures
from n6studio.stages.export.stage import EXPORT, ExportSettings
from n6studio.stages.registry import STAGES
from n6studio.ui.context import Context
from n6studio.ui.pages.outcomes import outcome
from n6studio.ui.pages.runs.comparing import compared
from n6studio.ui.pages.runs.difference import DifferenceDialog
from n6studio.ui.pages.runs.page import RunsPage


@pytest.fixture
def page(application, tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    project = Project(tmp_path / "mine.n6", tmp_path / "model.pt")
    save_project(project)
    finish(project, "export", "aaaaaaaaaaaa", "2026-11-01T10:00:00+00:00", {"imgsz": 192})
    finish(project, "export", "bbbbbbbbbbbb", "2026-11-03T10:00:00+00:00", {"imgsz": 320})
    made = RunsPage(Context())
    made.context.set_project(project)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def test_settings_are_told_by_the_labels_and_units_of_the_form(tmp_path):
    project = Project(tmp_path / "mine.n6", tmp_path / "model.pt")
    (tmp_path / "model.pt").write_bytes(b"weights")
    save_project(project)
    moment = "2026-11-01T10:00:00+00:00"
    kept = {"resize": "crop", "most": 20, "limit": 0, "iou": 0.65, "fuses": "of another release"}
    finish(project, "evaluate", "aaaaaaaaaaaa", moment, kept)
    (run,) = timeline(project)
    rows = dict(compared([run]))
    known = {one.recorded: one for one in settings_of(STAGES["evaluate"].settings)}
    assert rows["NMS IoU threshold"] == ("0.65",)
    assert rows["Resize mode"] == ("crop",)
    assert rows[known["most"].label] == ("20",)
    assert rows[known["limit"].label] == (known["limit"].zero,)
    assert rows["Fuses"] == ("of another release",)
    assert not {"Iou", "Most", "Limit", "Resize"} & set(rows)


def test_a_setting_that_came_later_stood_at_its_default_in_earlier_runs(tmp_path):
    project = Project(tmp_path / "mine.n6", tmp_path / "model.pt")
    (tmp_path / "model.pt").write_bytes(b"weights")
    save_project(project)
    for run, kept in (("a" * 12, {"iou": 0.5}), ("b" * 12, {"iou": 0.5, "average": True})):
        finish(project, "evaluate", run, "2026-11-01T10:00:00+00:00", kept)
    rows = dict(compared(sorted(timeline(project), key=lambda run: run.result.folder.name)))
    assert rows["Average keypoints"] == ("off", "on")
    assert "NMS IoU threshold" not in rows


def test_runs_are_named_compared_and_gone_back_to(page, wait):
    wait(lambda: len(page.runs) == 2, "the runs")
    page.table.selectAll()
    shown = {page.detail.topLevelItem(row).text(0) for row in range(page.detail.topLevelItemCount())}
    assert "Input size" in shown, "as the form has it"
    assert "Imgsz" not in shown
    assert not page.buttons["back"].isEnabled()
    page.table.clearSelection()
    page.table.topLevelItem(1).setSelected(True)
    page.name_run(page.runs[1], "small\nfor the report")
    wait(lambda: page.runs[1].note.name == "small", "the name")
    wait(lambda: page.table.topLevelItem(1).text(3) == "small", "the name in the table")
    page.pin()
    wait(lambda: page.runs[1].note.pinned, "the pin")
    page.table.topLevelItem(1).setSelected(True)
    page.go_back()
    assert page.context.project.settings_of(EXPORT).imgsz == InputSize.square(192)
    page.context.undo()
    assert page.context.project.settings_of(EXPORT) == ExportSettings()
    page.context.redo()
    assert page.context.project.settings_of(EXPORT).imgsz == InputSize.square(192)


def test_two_quantized_runs_are_compared_from_a_dialog(application, tmp_path, wait):
    project = Project(tmp_path / "mine.n6", tmp_path / "model.pt", calibration=tmp_path)
    save_project(project)
    old = finish(project, "quantize", "aaaaaaaaaaaa", "2026-11-01T10:00:00+00:00")
    new = finish(project, "quantize", "bbbbbbbbbbbb", "2026-11-03T10:00:00+00:00")
    page, submitted = RunsPage(Context()), []
    page.context.set_project(project)
    page.context.submitted.connect(lambda stage, ask: submitted.append((stage, ask)))
    page.show()
    wait(lambda: len(page.runs) == 2, "the runs")
    page.table.selectAll()
    page.difference_button.click()
    (dialog,) = page.findChildren(DifferenceDialog)
    assert (dialog.first.text(), dialog.second.text(), dialog.images.text()) == (str(old), str(new), str(tmp_path))
    dialog.second.clear()
    assert not dialog.run_card.run_button.isEnabled()
    dialog.second.setText(str(new))
    dialog.run_card.run_button.click()
    ((stage, ask),) = submitted
    assert stage == "diff"
    assert ask.inputs == {"first": (old,), "second": (new,), "images": (tmp_path,)}
    graph = GraphDifference(
        operations=(1, 1), matched=1, same_order=True, kinds={}, only_first=(), only_second=(), ends=()
    )
    figures = DiffFigures(verdict=("B loses 2.", "The cause."), images=1, graph=graph, layers=1)
    request = StageRequest("diff", {}, {}, {})
    page.context.job_finished.emit("diff", StageResult(tmp_path, request, {}, figures, (), {}))
    assert dialog.answer.text() == "B loses 2.\n\nThe cause."
    assert outcome(StageResult(tmp_path, request, {}, figures, (), {})) == "B loses 2."
    dialog.start()
    page.context.job_failed.emit("diff", NotComparable(path=new, found="a checkpoint"))
    assert dialog.error_card.isVisibleTo(dialog)
    assert dialog.answer.text() == ""
    dialog.close()
    page.close()
    page.deleteLater()


def test_a_closed_comparison_hears_of_no_later_job_and_without_a_project_nothing_runs(application, tmp_path, wait):
    window, context, raised = QWidget(), Context(), []
    dialog = DifferenceDialog(window, context, (tmp_path / "a.tflite", tmp_path / "b.tflite"))
    dialog.open()
    assert not dialog.run_card.run_button.isEnabled()  # there is no project yet
    context.set_project(Project(tmp_path, tmp_path / "model.pt"))
    assert dialog.run_card.run_button.isEnabled()
    dialog.close()
    wait(lambda: not window.findChildren(DifferenceDialog), "the end of the dialog")
    before, sys.excepthook = sys.excepthook, lambda *caught: raised.append(caught)
    try:
        context.job_started.emit("export")
    finally:
        sys.excepthook = before
    assert raised == []
    window.deleteLater()


def test_changes_in_a_row_are_one_and_another_project_has_its_own(application, tmp_path):
    context, told = Context(), []
    context.notice.connect(told.append)
    context.set_project(Project(tmp_path, tmp_path / "a.pt"))
    for size in (224, 256, 288):
        context.change_settings(EXPORT, ExportSettings(imgsz=InputSize.square(size)))
    context.change_project(calibration=tmp_path)
    context.undo()
    assert context.project.calibration is None
    assert context.project.settings_of(EXPORT).imgsz == InputSize.square(288)
    context.undo()
    assert context.project.settings_of(EXPORT) == ExportSettings()
    context.undo()
    assert told == ["Nothing to take back"]
    context.set_project(Project(tmp_path, tmp_path / "b.pt"))
    context.redo()
    assert told[-1] == "Nothing to make again"
    pause(5)
