"""The deploy page, with the engine's threads and the virtual board: clicks that end on a board."""

import dataclasses
import threading

import msgspec
import pytest
from deployments import quantized_project
from event_loop import settle
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from n6studio.board.virtual.board import Trouble, VirtualBoard
from n6studio.domain.deploy import PairLine, PairState, Preflight, PreflightCheck, Risk
from n6studio.domain.states import CheckState
from n6studio.engine.deploy.virtual import tuned_values
from n6studio.engine.project.project import load_project, save_project
from n6studio.stages.deploy.figures import BuiltApplication
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread
from n6studio.ui.pages.deploy import notice
from n6studio.ui.pages.deploy import page as deploy_page
from n6studio.ui.pages.deploy.board_card import SettingsCard
from n6studio.ui.pages.deploy.page import DeployPage

APPLICATION = 0x70100000


class Desk:
    """A page beside running engine threads, a project, and a virtual board."""

    def __init__(self, folder):
        self.virtual = VirtualBoard(folder / "virtual board")
        self.project = quantized_project(folder / "p.n6", virtual_folder=str(self.virtual.folder))
        self.context = Context()
        self.engine = EngineThread(self.context, folder)
        self.failures = []
        self.context.job_failed.connect(lambda stage, error: self.failures.append(error))
        self.page = DeployPage(self.context)
        self.page.resize(1060, 640)
        self.page.show()
        self.engine.start()
        self.context.set_project(self.project)

    def click(self, button):
        assert button.isEnabled()
        assert button.isVisible()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def end(self):
        self.engine.cancel()
        self.engine.stop()
        self.page.close()
        self.page.deleteLater()


def texts(widget):
    settle()  # labels put into a layout are shown by an event
    return "\n".join(item.text() for item in widget.findChildren(QLabel) if item.isVisibleTo(widget))


@pytest.fixture
def desk(application, tmp_path, wait):
    made = Desk(tmp_path)
    button = made.page.run_card.flash_button
    wait(lambda: button.isEnabled() and button.text() == "Flash virtual board", "the list of findings")
    yield made
    made.end()


def test_without_a_project_it_says_where_to_begin(application):
    page = DeployPage(Context())
    page.show()
    assert "Nothing to deploy yet" in texts(page)
    assert page.state() == ("empty", "")
    page.close()
    page.deleteLater()


def test_one_button_and_a_coach_lead_to_a_running_board(desk, wait):
    page, context = desk.page, desk.context
    assert page.run_card.flash_button.text() == "Flash virtual board"
    wait(lambda: "after the build" in texts(page.run_card), "the rows of the plan")  # shown by an event
    desk.click(page.run_card.flash_button)
    wait(page.coach.isVisible, "the coach", 60)
    assert page.state()[0] == "running"
    assert "Set the board to run" in page.coach.title.text()
    assert "BOOT1 left" in page.coach.drawing.accessibleDescription()
    assert "switch and power-cycle" in page.run_card.bar.accessibleName()
    desk.click(page.coach.do_it_button)
    wait(lambda: not desk.engine.job and "deploy" in context.results, "the end", 60)
    assert desk.failures == []
    assert not page.coach.isVisible()
    assert page.finish.isVisible()
    assert "Virtual board programmed" in texts(page.finish)
    assert "On the board now: " in page.run_card.contents.text()
    assert "by the last complete deployment" in page.run_card.contents.text()
    assert "The application runs" in texts(page.finish)
    assert page.state()[0] == "done"
    assert desk.virtual.state.sampled == "flash"
    assert desk.virtual.state.running
    wait(lambda: page.run_card.flash_button.text() == "Flash virtual board again", "the button's new text")
    asked = []
    context.page_requested.connect(asked.append)
    desk.click(page.finish.live_button)
    wait(lambda: asked == ["live"], "the live view")
    assert context.live_wish.address == f"virtual:?flash={desk.virtual.folder}"
    wait(lambda: texts(page.run_card).count("unchanged") == 3, "the comparison with the board")


def test_what_goes_wrong_is_shown_as_a_card_and_tried_again(desk, wait):
    page = desk.page
    desk.virtual.make_trouble(Trouble(stuck_at=APPLICATION + 0x404))
    desk.click(page.run_card.flash_button)
    wait(page.error_card.isVisible, "the card", 60)
    wait(lambda: not desk.engine.job, "the end")
    assert page.error_card._code.text() == "N6S-F44"
    assert page.state()[0] == "failed"
    assert page.run_card.bar.isVisible()
    assert "stopped at" in page.run_card.bar.accessibleName()
    desk.virtual.make_trouble(Trouble())
    desk.click(page.error_card._again)
    wait(page.coach.isVisible, "the coach", 60)
    assert not page.error_card.isVisible()
    desk.click(page.coach.do_it_button)
    wait(lambda: page.finish.isVisible() and not desk.engine.job, "the end", 60)


def test_a_board_that_is_set_wrong_and_a_cancelled_deployment(desk, wait):
    page = desk.page
    desk.virtual.set_switches("flash")
    desk.virtual.power_cycle()
    desk.click(page.run_card.flash_button)
    wait(page.coach.isVisible, "the coach", 60)
    assert "Set the board to program" in page.coach.title.text()
    desk.click(page.run_card.cancel_button)
    wait(lambda: not desk.engine.job, "the end")
    assert [type(error).__name__ for error in desk.failures] == ["Cancelled"]
    assert not page.error_card.isVisible()
    assert not page.coach.isVisible()
    assert not any((desk.virtual.folder / "flash").glob("*.bin"))


def test_cancelled_while_writing_the_card_says_what_is_on_the_board(desk, wait):
    page = desk.page
    desk.virtual.make_trouble(Trouble(bytes_per_second=8_000))
    desk.click(page.run_card.flash_button)
    wait(page.run_card.warning.isVisible, "writing", 60)
    assert "Keep the board connected" in page.run_card.warning.text()
    wait(lambda: "(weights)" in page.run_card.step.text() and page.run_card.rate.text(), "bytes of the weights", 30)
    desk.click(page.run_card.cancel_button)
    wait(lambda: not desk.engine.job, "the end")
    assert page.error_card.isVisible()
    assert page.error_card._code.text() == "N6S-F48"
    assert "Complete: first-stage boot loader." in texts(page.error_card)


def test_preparing_and_saving_a_release(desk, wait, tmp_path):
    page = desk.page
    desk.click(page.run_card.prepare_button)
    wait(lambda: page.finish.isVisible() and not desk.engine.job, "the images", 60)
    assert "Virtual board: images ready" in texts(page.finish)
    assert not page.finish.live_button.isVisible()
    assert page.state()[0] == "ready"
    page.ways._save(tmp_path / "release.zip")
    wait(lambda: (tmp_path / "release.zip").is_file() and not desk.engine.job, "the zip", 60)
    assert not any((desk.virtual.folder / "flash").glob("*.bin"))


def test_another_setting_makes_it_stale_and_the_page_says_which(desk, wait):
    page = desk.page
    desk.click(page.run_card.prepare_button)
    wait(lambda: page.finish.isVisible() and not desk.engine.job, "the images", 60)
    page.settings_card.fold.click()
    page.settings_card.form.editor("confidence").setValue(0.7)
    wait(lambda: page.state()[0] == "stale", "staleness")
    assert "min confidence changed from 0.5 to 0.7" in page.state()[1]
    assert "confidence changed" in page.finish.stale.text()


@pytest.mark.parametrize(
    ("board", "live", "offered"),
    [("virtual", True, True), ("virtual", False, True), ("stm32n6570-dk", True, True), ("stm32n6570-dk", False, False)],
)
def test_averaging_is_offered_and_told_only_where_the_post_processing_is_ours(application, board, live, offered):
    settings, card = DeploySettings(board=board, live_stream=live), SettingsCard()
    card.show_settings(settings)
    switch = card.form.editor("average")
    assert switch.isEnabled() == offered
    assert ("ST's post-processing does not average keypoints." in switch.toolTip()) != offered
    assert tuned_values(settings)["average"] == offered
    assert not tuned_values(dataclasses.replace(settings, average=False))["average"]
    built = BuiltApplication("a", settings=tuned_values(settings))
    assert msgspec.json.decode(msgspec.json.encode(built), type=BuiltApplication) == built
    card.deleteLater()


def test_what_is_said_is_about_the_board_that_is_chosen(desk, wait, monkeypatch):
    page = desk.page
    desk.click(page.run_card.prepare_button)
    wait(lambda: page.finish.isVisible() and not desk.engine.job, "the images", 60)
    monkeypatch.setattr(deploy_page, "examine_project", lambda *_: FOUND)
    desk.click(page.board_card.buttons["stm32n6570-dk"])
    assert not page.finish.isVisible()
    assert page.state() == ("ready", "")
    wait(lambda: "deploy" not in desk.context.results, "this board's own result, of which there is none")
    assert page.state() == ("ready", "")
    monkeypatch.undo()
    desk.click(page.board_card.buttons["virtual"])
    wait(page.finish.isVisible, "the virtual board's result")
    assert "Virtual board" in page.finish.title.text()
    finished = desk.context.results["deploy"].figures.finished
    assert page.finish.when.text() == finished[:16].replace("T", " ")


def test_a_virtual_board_that_is_damaged_blocks_the_button(desk, wait):
    page = desk.page
    (desk.virtual.folder / "board.json").write_text("{")
    page.look()
    wait(lambda: not page.run_card.flash_button.isEnabled(), "the finding")
    assert page.run_card.reason.text()
    assert page.checks_card.rows["board"].accessibleName().startswith("Virtual board: Error")


# --- a real board, as far as it goes without one ---------------------------------------------------------------------

FOUND = Preflight(
    "stm32n6570-dk",
    (
        PreflightCheck("model", "Quantized model", CheckState.OK, "jogger.tflite"),
        PreflightCheck("programmer", "STM32CubeProgrammer", CheckState.FAIL, "", "Install it.", "programmer"),
    ),
    (
        PairLine("a", "Getting Started v2.0", "2.1", "float", PairState.CHOSEN),
        PairLine(
            "b", "Getting Started v2.1", "2.2", "int8", PairState.MISSING, "ST Edge AI Core 2.2 is not installed."
        ),
    ),
    risks=(Risk("otp-hslv", "Two one-time fuses", "They cannot be set back.", True),),
    seen=frozenset({"st-link"}),
    probes=("0012",),
    needs_notice=True,
)


def test_a_real_board_shows_findings_pairs_risks_and_the_notice(desk, wait, monkeypatch, tmp_path):
    page = desk.page
    monkeypatch.setattr(deploy_page, "examine_project", lambda *_: FOUND)
    monkeypatch.setattr(notice, "confirmations_file", lambda: tmp_path / "confirmations.json")
    desk.click(page.board_card.buttons["stm32n6570-dk"])
    wait(lambda: page.preflight is FOUND, "the findings")
    assert "CN6: connected" in page.board_card.drawing.accessibleDescription()
    page.board_card.show_working(page._board(), working=False)  # as a deployment leaves it when it failed
    assert "CN6: connected" in page.board_card.drawing.accessibleDescription()
    assert page.checks_card.rows["programmer"].choose_button.text() == "Choose…"
    assert page.pairs_card.choices["a"].isChecked()
    assert set(page.pairs_card.choices) == {"a"}, "a pair of which something is missing is no choice"
    assert "ST Edge AI Core 2.2 is not installed." in texts(page.pairs_card)
    assert page.pairs_card.get_button.isVisible()
    assert page.pairs_card.measure_button.isVisible()
    assert "Two one-time fuses (irreversible)" in page.run_card.ticks["otp-hslv"].text()
    assert page.run_card.reason.text() == "Confirm first: Two one-time fuses."
    assert not page.run_card.flash_button.isEnabled()
    page.run_card.ticks["otp-hslv"].click()
    desk.click(page.run_card.flash_button)
    dialog = next(one for one in page.findChildren(QDialog) if one.isVisible())
    assert "AGPL" in texts(dialog)
    assert not dialog.go_button.isEnabled()
    dialog.tick.click()
    desk.click(dialog.go_button)
    wait(lambda: (tmp_path / "confirmations.json").is_file(), "the confirmation")
    wait(lambda: desk.failures and not desk.engine.job, "the job's end", 60)
    QApplication.processEvents()


def test_a_look_that_fails_takes_no_later_wish_with_it(desk, wait, monkeypatch):
    page, gate, looks = desk.page, threading.Event(), []

    def examine(*_):
        looks.append(1)
        if len(looks) == 1:
            gate.wait(10)
            raise RuntimeError("what was chosen before")
        return dataclasses.replace(FOUND, board="virtual")

    wait(lambda: not page._looking, "the end of looks that were wished before")
    monkeypatch.setattr(deploy_page, "examine_project", examine)
    page.look()
    page.look()
    gate.set()
    wait(lambda: page.preflight is not None and page.preflight.probes == FOUND.probes, "what the second look found")
    assert not page.error_card.isVisible()


def test_what_int8_output_costs_is_measured_when_asked_for(desk, wait, monkeypatch):
    page = desk.page
    monkeypatch.setattr(deploy_page, "examine_project", lambda *_: FOUND)
    desk.click(page.board_card.buttons["stm32n6570-dk"])
    wait(lambda: page.preflight is FOUND, "the findings")
    desk.click(page.pairs_card.measure_button)
    wait(lambda: "int8_output" in desk.context.results and not desk.engine.job, "the measurement", 60)
    assert "loses no accuracy" in page.pairs_card.cost.text(), "this model ends in int8"
    assert not page.pairs_card.measure_button.isVisible()


def test_tools_of_a_project_are_run_only_once_the_user_pressed_the_button(application, tmp_path, wait, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "remembered"))
    program, canary = tmp_path / "make", tmp_path / "ran"
    program.write_text(f'#!/bin/sh\ntouch "{canary}"\necho "GNU Make 4.3"\n')
    program.chmod(0o755)
    save_project(quantized_project(tmp_path / "p.n6", board="stm32n6570-dk", make=str(program)))
    context = Context()
    page = DeployPage(context)
    page.show()
    context.set_project(load_project(tmp_path / "p.n6"))
    wait(lambda: page.wishes_card.isVisible(), "what the project asks for", 60)
    assert f"This project requests {program} as Make." in texts(page.wishes_card)
    assert not canary.exists()
    QTest.mouseClick(page.wishes_card.buttons["make"], Qt.MouseButton.LeftButton)
    wait(canary.exists, "the program to be asked for its version", 60)
    wait(lambda: not page.wishes_card.isVisible(), "nothing more to ask", 60)
    page.close()
    page.deleteLater()
