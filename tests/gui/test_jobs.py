"""Every stage in the real window: cancelled half-way, killed, and closed over; with stages that do no work."""

import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from builders import image_folder
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from n6studio.domain.errors.stages import Cancelled, StageDied
from n6studio.domain.messages import Hello, Progressed
from n6studio.domain.project import Project
from n6studio.domain.stage_titles import stage_title
from n6studio.engine.chain.again import Again
from n6studio.engine.jobs import child
from n6studio.engine.project.project import save_project
from n6studio.ui.widgets.error_card import ErrorCard

pytestmark = pytest.mark.slow  # whole programs and windows at work

FAKE = Path(__file__).resolve().parents[1] / "fake_chain.py"
PAGE_OF = {
    "inspect": "import",
    "export": "export",
    "calibration_health": "calibration",
    "range_convergence": "calibration",
    "video_frames": "calibration",
    "quantize": "quantize",
    "layer_errors": "quantize",
    "evaluate": "evaluate",
}


class Works:
    """A window with a project whose stages behave as told."""

    def __init__(self, window, plan, wait):
        self.window, self.context, self._plan, self._wait = window, window.context, plan, wait
        self.failed, self.pids, self.progressed = [], {}, set()
        self.context.job_failed.connect(lambda stage, error: self.failed.append((stage, error)))
        self.context.job_message.connect(self._message)

    def _message(self, stage, message):
        if isinstance(message, Hello):
            self.pids[stage] = message.pid
        if isinstance(message, Progressed):
            self.progressed.add(stage)

    def plan(self, **words):
        self._plan.write_text(json.dumps(words), encoding="utf-8")

    def idle(self):
        # A page starts nothing before it has heard of the end, which comes after the engine knows of it.
        self._wait(lambda: not self.window.engine.job and self.context.running is None, "the end of the job", 60)

    def half_way(self, stage):
        """Bring a stage to half-way, as a user would: from its page, with keys and clicks."""
        self.plan(**({"inspect": "wait"} if stage == "inspect" else {}))  # it runs by itself when a project is opened
        self.window.opening.open_path(self._plan.parent / "jogger.n6")
        if stage == "inspect":
            self._wait(lambda: stage in self.progressed, "the inspection to be half-way", 60)
            return
        self._wait(lambda: "inspect" in self.context.results, "the inspection", 60)
        self.idle()
        if stage == "layer_errors":
            self.window.stack.show_page("quantize")
            self.press(Qt.Key.Key_Return)
            self._wait(lambda: "quantize" in self.context.results, "the quantization", 60)
            self.idle()
        self.progressed.clear()
        self.plan(**{stage: "wait"})
        self.window.stack.show_page(PAGE_OF[stage])
        if stage in ("layer_errors", "range_convergence", "video_frames"):
            self._click_run(stage)
        else:
            self.press(Qt.Key.Key_Return)
        self._wait(lambda: self.context.running == stage and stage in self.progressed, f"{stage} to be half-way", 60)

    def _click_run(self, stage):
        page = self.window.stack.current_page()
        if stage == "video_frames":
            video = self._plan.parent / "video.mp4"
            video.write_bytes(b"frames")
            page.video.show_video(video)
        part = {"layer_errors": "layers", "range_convergence": "convergence", "video_frames": "video"}[stage]
        button = getattr(page, part).run_card.run_button
        self._wait(button.isEnabled, "the button")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def press(self, key, modifiers=Qt.KeyboardModifier.ControlModifier):
        QTest.keyClick(self.window, key, modifiers)

    def card(self):
        """Return the error card that is seen on the page that is shown."""
        return next(
            (card for card in self.window.stack.current_page().findChildren(ErrorCard) if card.isVisible()), None
        )

    def left(self):
        """Return what a stage that did not finish must not leave in the project."""
        runs = self._plan.parent / "jogger.n6" / "runs"
        return [path for path in runs.rglob("*") if path.name.endswith(".partial") or path.name == "half.bin"]


@pytest.fixture
def works(window, tmp_path, wait, monkeypatch):
    monkeypatch.setattr(child, "worker_command", lambda: [sys.executable, str(FAKE)])
    monkeypatch.setenv("N6_FAKE_CHAIN", str(tmp_path / "plan.json"))
    model = tmp_path / "jogger.pt"
    model.write_bytes(b"weights")
    save_project(Project(tmp_path / "jogger.n6", model, calibration=image_folder(tmp_path / "pictures", 3)))
    return Works(window, tmp_path / "plan.json", wait)


@pytest.mark.parametrize("stage", PAGE_OF)
def test_escape_stops_every_stage_half_way(works, stage, wait):
    works.half_way(stage)
    assert works.window.named_actions["stop"].isEnabled()
    works.press(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    works.idle()
    assert [(name, type(error)) for name, error in works.failed] == [(stage, Cancelled)]
    assert "stopped" in works.window.toast.text()
    assert works.card() is None
    assert stage not in works.context.errors
    assert works.window.row.buttons[PAGE_OF[stage]].accessibleName().find("Failed") < 0
    assert works.left() == []
    assert not psutil.pid_exists(works.pids[stage])
    assert works.window.notifier.said == [], "who stops a job knows that it has ended"


@pytest.mark.parametrize("stage", PAGE_OF)
def test_a_killed_stage_is_a_failed_job_with_its_log_and_the_window_goes_on(works, stage, wait):
    works.half_way(stage)
    os.kill(works.pids[stage], signal.SIGKILL)
    works.idle()
    assert [(name, type(error)) for name, error in works.failed] == [(stage, StageDied)]  # no file kills so
    wait(lambda: works.card() is not None, "the card")
    assert works.card()._code.text() == StageDied.code
    assert "signal" in "".join(item.text() for item in works.card().findChildren(QLabel)).lower()
    works.card()._log.click()
    drawer = works.window.drawer
    wait(lambda: "this line tells the cause" in drawer.log.textCursor().selectedText(), "the line in the log")
    assert works.left() == []
    works.plan()
    assert works.card()._again.isVisible()
    works.card()._again.click()
    wait(lambda: stage in works.context.results and stage not in works.context.errors, "the second try", 180)
    works.idle()
    assert works.card() is None


def test_a_stage_that_does_not_listen_is_ended(works, wait, monkeypatch):
    monkeypatch.setattr(child, "CANCEL_GRACE_SECONDS", 0.2)
    works.plan()
    works.window.opening.open_path(works._plan.parent / "jogger.n6")
    wait(lambda: "inspect" in works.context.results, "the inspection", 60)
    works.idle()
    works.plan(export="stubborn")
    works.window.stack.show_page("export")
    works.press(Qt.Key.Key_Return)
    wait(lambda: "export" in works.progressed, "the export", 60)
    works.press(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    works.idle()
    assert isinstance(works.failed[-1][1], Cancelled)
    assert not psutil.pid_exists(works.pids["export"])


@pytest.mark.parametrize("stage", ["calibration_health", "evaluate"])
def test_closing_asks_by_name(works, stage, answers, wait):
    works.half_way(stage)
    answers.append(False)
    assert not works.window.close()
    assert answers.texts[-1].startswith(f"{stage_title(stage)} is still running")
    assert works.window.isVisible()
    assert psutil.pid_exists(works.pids[stage])
    answers.append(True)
    assert works.window.close()
    assert not psutil.pid_exists(works.pids[stage])


def test_the_end_of_a_job_is_told_on_the_desktop_while_the_window_is_not_in_use(works, wait, monkeypatch):
    window = works.window
    monkeypatch.setattr(window, "isActiveWindow", lambda: False)
    works.half_way("export")
    os.kill(works.pids["export"], signal.SIGKILL)
    works.idle()
    assert window.notifier.said == ["jogger: Export failed"]
    works.plan()
    works.card()._again.click()
    wait(lambda: "export" in works.context.results, "the export", 60)
    works.idle()
    assert window.notifier.said[-1] == "jogger: Export is done"
    window.preferences.change(notify=False)
    works.context.submit("export", Again.LAST)
    works.idle()
    assert len(window.notifier.said) == 2


def test_leaving_a_project_asks_by_name_and_stops_the_job(works, answers, wait):
    works.half_way("quantize")
    answers.append(False)
    works.press(Qt.Key.Key_W)
    assert "Quantization is still running" in answers.texts[-1]
    assert works.context.project is not None
    answers.append(True)
    works.press(Qt.Key.Key_W)
    works.idle()
    assert works.context.project is None
    assert not psutil.pid_exists(works.pids["quantize"])


def test_other_long_work_is_asked_for_and_stopped_by_escape(works, answers):
    stopped = []
    works.context.begin_work("flash", "Flashing the board", lambda: stopped.append(True))
    assert works.window.named_actions["stop"].isEnabled()
    answers.append(False)
    assert not works.window.close()
    assert answers.texts[-1].startswith("Flashing the board is still running")
    answers.append(True)
    works.press(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert stopped == [True]
    works.context.end_work("flash")
    assert not works.window.named_actions["stop"].isEnabled()
