"""One board, one truth; one project, one window; words of the window in its cards."""

import dataclasses
import re

import pytest
from event_loop import pause
from figures import evaluated
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QVBoxLayout, QWidget

from n6studio.domain.errors import registry  # noqa: F401, loads every family
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.boards import AnswersUnreadable
from n6studio.domain.errors.deploy import NotWhatIsOnBoard
from n6studio.domain.errors.files import ExplorationUnreadable
from n6studio.domain.errors.stages import StageDied
from n6studio.domain.errors.window_words import in_window, window_step
from n6studio.domain.evaluation.results import Comparison
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import Project
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import StageResult
from n6studio.engine.project import project as project_file
from n6studio.engine.project.claim import Claim
from n6studio.engine.project.project import save_project
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.export.stage import EXPORT, ExportSettings
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.command_line import command_line
from n6studio.ui.context import Context
from n6studio.ui.engine_workers import Desk
from n6studio.ui.pages.outcomes import verdict
from n6studio.ui.system.wheel import WheelGuard
from n6studio.ui.truth import board_address, mismatch


def result(stage, figures, settings=None, **inputs):
    request = StageRequest(stage, settings or {}, {role: (InputFile(role, sha),) for role, sha in inputs.items()}, {})
    return StageResult(None, request, {}, figures, (), {})


@pytest.fixture
def context(application, tmp_path):
    made = Context()
    made.set_project(
        Project(tmp_path, tmp_path / "a.pt", settings={EVALUATE.name: EvaluateSettings(resize="letterbox")})
    )
    return made


def test_a_resize_mode_that_the_board_has_not_is_told_and_mended_with_one_press(context):
    assert mismatch(context) is None, "nothing was evaluated"
    context.results["evaluate"] = result("evaluate", evaluated(), {"resize": "letterbox"}, models="1")
    context.change_settings(DEPLOY, DeploySettings(aspect="crop"))
    found = mismatch(context)
    assert "letterbox" in found.text
    assert found.text.endswith(" is set to crop.")
    shown = []
    context.page_requested.connect(shown.append)
    found.mend()
    assert context.project.settings_of(EVALUATE).resize == context.project.settings_of(QUANTIZE).resize == "crop"
    assert shown == ["road"]
    assert mismatch(context) is None, "it is on its way; the stages themselves are out of date now"
    context.change_settings(EVALUATE, EvaluateSettings(resize="stretch"))
    context.results["evaluate"] = result("evaluate", evaluated(), {"resize": "stretch"}, models="1")
    context.change_settings(DEPLOY, DeploySettings(aspect="fit"))
    assert mismatch(context) is None


@pytest.mark.parametrize(
    ("deploy", "button", "after"),
    [
        (DeploySettings(average=False), "Average on the board", (True, True)),
        (DeploySettings(board="stm32n6570-dk", live_stream=False), "Evaluate without averaging", (True, False)),
    ],
)
def test_figures_with_averaging_that_the_board_does_not_do_are_told_and_mended(context, deploy, button, after):
    context.change_settings(EVALUATE, EvaluateSettings(average=True))
    context.results["evaluate"] = result("evaluate", evaluated(), {"resize": "stretch", "average": True}, models="1")
    context.change_settings(DEPLOY, DeploySettings(aspect="fit"))
    assert mismatch(context) is None, "the board averages by default"
    context.change_settings(DEPLOY, dataclasses.replace(deploy, aspect="fit"))
    found = mismatch(context)
    assert found.text.startswith("Evaluated with averaged keypoints;")
    assert found.button == button
    found.mend()
    assert (context.project.settings_of(DEPLOY).average, context.project.settings_of(EVALUATE).average) == after
    assert mismatch(context) is None


def test_figures_without_averaging_need_no_mending_where_the_board_averages(context):
    context.results["evaluate"] = result("evaluate", evaluated(), {"resize": "stretch"}, models="1")
    context.change_settings(DEPLOY, DeploySettings(aspect="fit"))
    assert mismatch(context) is None


def test_the_virtual_board_has_the_projects_settings_wherever_it_is_opened(context):
    context.change_settings(DEPLOY, DeploySettings(aspect="fullscreen", confidence=0.3, max_detections=4))
    assert (
        board_address(context, "m.tflite")
        == "virtual:m.tflite?aspect=fullscreen&confidence=0.3&iou=0.5&average=on&max_detections=4"
    )
    assert board_address(Context(), "m.tflite") == "virtual:m.tflite"


def test_an_error_belongs_to_the_board_that_it_was_met_at(context):
    context.job_failed.emit("deploy", StageDied(stage="deploy", how="signal 9", log=""))
    assert "deploy" in context.errors
    context.change_settings(DEPLOY, DeploySettings(confidence=0.4))
    assert "deploy" in context.errors
    context.change_settings(DEPLOY, DeploySettings(board="nucleo-n657x0-q"))
    assert "deploy" not in context.errors


def test_a_project_belongs_to_one_window(tmp_path):
    first, second, folder = Claim(tmp_path / "open"), Claim(tmp_path / "open"), tmp_path / "a.n6"
    assert first.take(folder)
    assert first.take(folder), "the same window opens it again"
    assert not second.take(folder)
    assert second.take(tmp_path / "b.n6")
    first.release()
    assert second.take(folder)
    second.release()


def test_a_second_window_changes_nothing(context, tmp_path):
    told = []
    context.notice.connect(told.append)
    context.set_project(context.project, "It is open elsewhere.")
    context.change_project(data=tmp_path)
    assert context.project.data is None
    assert told == ["It is open elsewhere."]


def every_step():
    waiting = [StudioError]
    while waiting:
        found = waiting.pop()
        waiting += found.__subclasses__()
        remedy = found.__dict__.get("remedy")
        for step in remedy.steps if remedy is not None else ():
            texts = [step] if isinstance(step, str) else [step.windows, step.macos, step.linux]
            yield from ((found.__name__, text) for text in texts)


def test_no_card_speaks_the_command_lines_language():
    steps = list(every_step())
    assert len(steps) > 300
    typed = re.compile(r"n6studio [a-z]|[Oo]n the command line")
    left = [(name, window_step(text)) for name, text in steps if typed.search(window_step(text))]
    assert left == []


@pytest.mark.parametrize(
    "error",
    [
        ExplorationUnreadable(path="a.json", reason="it is empty"),
        AnswersUnreadable(path="a.json", reason="it is empty"),
        NotWhatIsOnBoard(board="Board", differing="weights"),
    ],
)
def test_what_the_window_itself_meets_has_a_reason_and_a_step_there(error):
    shown = in_window(advice(error))
    assert re.search(r"it is empty|Different: weights", shown.why)
    assert shown.steps


@pytest.mark.parametrize(
    ("terminal", "window"),
    [
        ("Keep the output head in float: --head float.", "Keep the output head in float."),
        ("Choose images: on the Evaluate page, or with --data FOLDER.", "Choose images: on the Evaluate page."),
        ("In the window, select the board; on the command line, give its serial number: --serial NUMBER.",
         "Select the board."),
        ("On the command line: leave --model out.", ""),
        ("If it is a clone: git submodule update --init --recursive.",
         "If it is a clone: git submodule update --init --recursive."),
        ("Run n6studio doctor. It lists what is missing.", "Open 'Check this computer'. It lists what is missing."),
        ("Use another cable.", "Use another cable."),
    ],
)  # fmt: skip
def test_steps_keep_what_the_window_can_do(terminal, window):
    assert window_step(terminal) == window


def comparison(difference, interval):
    return Comparison(
        judged="int8", reference="float", basis="labels", people=9, oks_lost_mean=0.01, oks_lost_interval=None,
        agreement=None, ap_difference=difference, ap_interval=interval,
    )  # fmt: skip


def test_the_verdict_tells_a_loss_from_noise():
    assert "beyond the noise" in verdict(evaluated(comparison=(comparison(-0.004, (-0.01, 0.002)),)))
    assert "points against float" in verdict(evaluated(comparison=(comparison(-0.03, (-0.04, -0.02)),)))


def test_the_wheel_scrolls_over_fields_that_nobody_chose(application):
    box, guard = QWidget(), WheelGuard(application)
    field = QComboBox()
    field.addItems(["a", "b", "c"])
    QVBoxLayout(box).addWidget(field)
    guard.watch(box)
    box.show()
    pause(10)
    event = QWheelEvent(
        QPointF(5, 5), QPointF(field.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    box.setFocus()
    QApplication.sendEvent(field, event)
    assert field.currentText() == "a"
    box.close()
    box.deleteLater()


def test_pages_copy_themselves_as_a_command_line(context, tmp_path):
    folder = context.project.folder
    assert command_line(context, "quantize") == f"n6studio run {folder}"
    assert command_line(context, "road") == f"n6studio run {folder} --board {DeploySettings().board}"
    assert command_line(context, "live", "virtual:a b.tflite") == "n6studio live --source 'virtual:a b.tflite'"
    assert command_line(context, "live") == ""
    assert command_line(Context(), "quantize") == ""


def test_what_somebody_else_writes_right_behind_the_window_is_read_again(application, tmp_path, monkeypatch):
    ours = Project(tmp_path / "a.n6", tmp_path / "a.pt", settings={EXPORT.name: ExportSettings(InputSize.square(192))})
    theirs = dataclasses.replace(ours, settings={EXPORT.name: ExportSettings(InputSize.square(320))})

    def save(project):
        written = save_project(project)
        save_project(theirs)
        return written

    monkeypatch.setattr(project_file, "save_project", save)
    desk, read = Desk(tmp_path), []
    desk.reread.connect(read.append)
    desk.examine(ours, True)
    assert [project.settings_of(EXPORT).imgsz for project in read] == [InputSize.square(320)]
    desk.deleteLater()


def test_what_somebody_else_writes_into_the_project_is_read_again(window, tmp_path, wait):
    (tmp_path / "a.pt").write_bytes(b"PK no checkpoint")
    save_project(Project(tmp_path / "a.n6", tmp_path / "a.pt"))
    window.opening.open_path(tmp_path / "a.n6")
    wait(lambda: "inspect" in window.context.errors and not window.engine.job, "the inspection", 60)
    window.context.change_settings(EXPORT, ExportSettings(imgsz=InputSize.square(192)))
    file = tmp_path / "a.n6" / "project.n6.yaml"
    wait(lambda: "192" in file.read_text(), "the project's file")
    pause(300)
    assert window.context.project.settings_of(EXPORT).imgsz == InputSize.square(192), "its own writing is no news"
    save_project(
        dataclasses.replace(window.context.project, settings={EXPORT.name: ExportSettings(imgsz=InputSize.square(320))})
    )
    wait(lambda: window.context.project.settings_of(EXPORT).imgsz == InputSize.square(320), "the other's setting")
    window.context.undo()
    assert window.context.project.settings_of(EXPORT).imgsz == InputSize.square(192)
