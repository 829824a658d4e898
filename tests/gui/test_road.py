"""What leads on from a page, and how far the road to the board is."""

from pathlib import Path

import pytest
from event_loop import pause
from figures import evaluated, exported, inspected, quantized

from n6studio.domain.deploy import Preflight, Risk
from n6studio.domain.errors.stages import ConfidenceCollapse
from n6studio.domain.pages import PageKey
from n6studio.domain.project import Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageResult
from n6studio.engine.chain.states import states_of, why_blocked
from n6studio.engine.jobs.hashing import HashCache
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context
from n6studio.ui.pages.road import driver
from n6studio.ui.pages.road.page import RoadPage
from n6studio.ui.road import CHOOSE_IMAGES, OPEN, TAKE, next_step, other_way, state_before_it_is_made
from n6studio.ui.states import PageState

FIGURES = {"inspect": inspected(), "export": exported(), "quantize": quantized(), "evaluate": evaluated()}


@pytest.fixture
def context(tmp_path):
    made = Context()
    (tmp_path / "images").mkdir()
    made.set_project(Project(tmp_path / "p.n6", tmp_path / "model.pt", calibration=tmp_path / "images"))
    return made


def test_without_a_project_every_page_leads_to_a_checkpoint(application):
    context = Context()
    asked = []
    context.browse_requested.connect(lambda: asked.append(True))
    step = next_step(context, PageKey.QUANTIZE, PageState.EMPTY)
    assert (step.text, step.primary) == (OPEN, True)
    step.run()
    assert asked == [True]
    assert other_way(context, PageKey.QUANTIZE) is None


def test_the_button_is_the_main_one_once_the_step_is_done(context):
    for state, primary in ((PageState.READY, False), (PageState.STALE, False), (PageState.DONE, True)):
        step = next_step(context, PageKey.QUANTIZE, state)
        assert (step.page, step.primary) == (PageKey.EVALUATE, primary)
    assert next_step(context, PageKey.IMPORT, PageState.DONE).text == TAKE
    assert other_way(context, PageKey.EXPORT).text == TAKE
    assert next_step(context, PageKey.LIVE, PageState.RUNNING) is None


def test_a_page_that_lacks_images_leads_to_them(context, tmp_path):
    context.change_project(calibration=None)
    step = next_step(context, PageKey.EVALUATE, PageState.BLOCKED)
    assert (step.text, step.page, step.primary) == (CHOOSE_IMAGES, PageKey.CALIBRATION, True)


def test_ready_is_said_only_where_something_can_run(tmp_path):
    images, model = tmp_path / "images", tmp_path / "model.pt"
    images.mkdir()
    model.write_bytes(b"x")
    project = Project(tmp_path / "p.n6", model, calibration=images)
    hashes = HashCache()
    assert why_blocked(project, QUANTIZE, hashes) == "No images in images"
    assert why_blocked(project, EVALUATE, hashes) == "No images in images"
    assert why_blocked(project, EXPORT, hashes) == ""
    assert states_of(project, hashes)["quantize"].blocked == "No images in images"
    (images / "a.jpg").write_bytes(b"x")
    assert why_blocked(project, QUANTIZE, hashes) == ""
    model.unlink()
    assert "model.pt" in why_blocked(project, EXPORT, hashes)


def test_what_holds_up_one_stage_holds_up_those_behind_it(context):
    context.blocked["export"] = "model.pt was not found"
    assert context.stage_state("evaluate") == (PageState.BLOCKED, "model.pt was not found")
    assert context.stage_state("inspect") == (PageState.READY, "")


@pytest.fixture
def page(context, tmp_path):
    made = RoadPage(context)
    context.asked = []
    context.submitted.connect(lambda stage, ask: context.asked.append(stage))
    made.show()
    yield made
    made.close()
    made.deleteLater()


def made(figures):
    return StageResult(Path(), StageRequest("", {}, {}, {}), {}, figures, (), {})


def finish(context, stage, figures):
    result = made(figures)
    context.job_started.emit(stage)
    context.results[stage] = result
    context.job_finished.emit(stage, result)
    context.idle.emit()


def test_every_stage_follows_the_one_before(context, page, wait, monkeypatch):
    monkeypatch.setattr(driver, "examine_project", lambda *_: Preflight("virtual", ()))
    page.go_button.click()
    for stage, figures in FIGURES.items():
        assert context.asked[-1] == stage
        finish(context, stage, figures)
    wait(lambda: context.asked[-1] == "deploy", "the deployment")
    assert context.asked == ["inspect", "export", "quantize", "evaluate", "deploy"]
    assert page.stop_button.isVisible()
    assert "AP" in page.rows[3].text.text()


def test_who_stops_and_goes_on_while_the_board_is_looked_at_deploys_once(context, page, wait, monkeypatch):
    looks = []
    monkeypatch.setattr(driver, "examine_project", lambda *_: looks.append(1) or Preflight("virtual", ()))
    for stage, figures in FIGURES.items():
        context.results[stage] = made(figures)
    page.go_button.click()
    page.driver.stop()
    page.driver.go()
    wait(lambda: len(looks) == 2, "both looks")
    wait(lambda: context.asked, "the deployment")
    pause(50)
    assert context.asked == ["deploy"]


def test_it_asks_for_images_before_anything_runs_and_goes_on_with_them(context, page, tmp_path):
    context.change_project(calibration=None)
    page.go_button.click()
    assert (context.asked, page.driver.going) == ([], False)
    assert page.answer.isVisible()
    assert page.state()[0] is PageState.BLOCKED
    page.set_images(tmp_path / "images")
    assert page.driver.question is None
    page.go_button.click()
    assert context.asked == ["inspect"]


def test_a_failure_stops_it_with_the_button_that_mends_it(context, page):
    for stage in ("inspect", "export"):
        context.results[stage] = made(FIGURES[stage])
    page.go_button.click()
    context.job_started.emit("quantize")
    context.job_failed.emit("quantize", ConfidenceCollapse(float_people=9, int8_people=0, images=3, head="int8"))
    context.idle.emit()
    assert not page.driver.going
    assert page.error_card.isVisible()
    page.keep_head.click()
    assert context.project.settings_of(QUANTIZE).head == "float"
    assert context.asked == ["quantize", "quantize"]


def test_what_cannot_be_undone_is_confirmed_on_its_page(context, page, wait, monkeypatch):
    risk = Risk("factory", "Replace the factory firmware", "", True)
    monkeypatch.setattr(driver, "examine_project", lambda *_: Preflight("STM32N6570-DK", (), risks=(risk,)))
    for stage, figures in FIGURES.items():
        context.results[stage] = made(figures)
    page.go_button.click()
    wait(lambda: page.driver.question is not None, "the question")
    assert context.asked == []
    shown = []
    context.page_requested.connect(shown.append)
    page.answer.click()
    assert shown == ["deploy"]


def test_the_row_knows_of_runs_before_their_page_is_made(context):
    assert state_before_it_is_made(context, PageKey.RUNS, "") == (PageState.EMPTY, "")
    request = StageRequest("export", {}, {}, {})
    context.results["export"] = StageResult(None, request, {}, FIGURES["export"], (), {})
    assert state_before_it_is_made(context, PageKey.RUNS, "") == (PageState.DONE, "1 latest run")
