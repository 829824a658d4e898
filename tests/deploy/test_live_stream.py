"""Deployments that add the live stream: its step, what it records, what is made anew, and what is refused when."""

import shutil

import pytest
from deploy.st_desk import Desk
from standins.small_application import tree_hash
from standins.small_tflite import write_running_tflite, write_split_tflite

from n6studio.board.application.live.symbols import symbols
from n6studio.domain.deploy import Step
from n6studio.domain.errors.application import LiveStreamUnsupported
from n6studio.domain.errors.fit import SplitHeadUnread
from n6studio.domain.messages import StepBegan, StepFresh
from n6studio.domain.states import CheckState
from n6studio.engine.deploy.preflight import examine
from n6studio.gates.files import sha256_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("arm-none-eabi-gcc") and shutil.which("make")), reason="no cross compiler here"
    ),
]


def begun(desk):
    return [message.name for message in desk.messages if isinstance(message, StepBegan)]


def fresh(desk):
    return {message.step for message in desk.messages if isinstance(message, StepFresh)}


def header(desk):
    newest = max(desk.order.folder.glob("runs/deploy-live-stream/*/n6_config.h"), key=lambda path: path.stat().st_mtime)
    return newest.read_text()


def check(desk):
    found = examine(desk.order, desk.order.settings, desk.order.board, None)
    return next((one for one in found.checks if one.key == "live"), None)


def test_the_stream_is_a_step_of_its_own_and_what_it_is_told_of_makes_only_the_rest_anew(tmp_path, model):
    desk = Desk(tmp_path, model, live=True)
    before = tree_hash(desk.application)
    desk.choose(until=Step.PLAN)
    result = desk.deploy()
    assert tree_hash(desk.application) == before
    assert Step.LIVE.value in begun(desk)
    assert [one.name for one in result.figures.steps].count(Step.LIVE.value) == 1
    assert any("Added the live stream" in change for change in result.figures.application.changes)
    first = sha256_of(model)
    assert ", ".join(f"0x{first[i : i + 2].upper()}" for i in range(0, 16, 2)) in header(desk)
    desk.deploy()
    assert {Step.COMPILE, Step.LIVE, Step.BUILD} <= fresh(desk)
    assert "N6_AVERAGE_AT_START 1" in header(desk)
    desk.choose(live_quality=70, average=False)
    desk.deploy()
    assert "N6_QUALITY_AT_START 70u" in header(desk)
    assert "N6_AVERAGE_AT_START 0" in header(desk)
    assert fresh(desk) & {Step.COMPILE, Step.LIVE, Step.BUILD} == {Step.COMPILE}
    found = check(desk)
    assert (found.state, found.setting) == (CheckState.WARN, "")
    assert "over USB" in found.found
    assert "Never run on hardware." in found.what_to_do


def test_left_out_there_is_no_such_step_and_the_application_is_as_it_was(tmp_path, model):
    desk = Desk(tmp_path, model, live=True)
    desk.choose(until=Step.PLAN, live_stream=False)
    result = desk.deploy()
    assert Step.LIVE.value not in begun(desk)
    assert not any("live stream" in change for change in result.figures.application.changes)
    assert check(desk) is None


def test_an_application_that_cannot_carry_it_is_refused_at_once_and_the_plain_one_is_offered(tmp_path, model):
    desk = Desk(tmp_path, model)
    desk.choose(until=Step.PLAN, live_stream=True)
    with pytest.raises(LiveStreamUnsupported) as caught:
        desk.deploy()
    assert begun(desk) == [Step.CHECK.value]
    assert "--no-live-stream" in " ".join(caught.value.remedy.steps)
    found = check(desk)
    assert (found.state, found.setting) == (CheckState.FAIL, "live_stream")


def test_a_release_that_reads_int8_gets_a_model_with_float_output(tmp_path, model):
    desk = Desk(tmp_path, model, "getting-started-2.1", release="2.2", live=True)
    desk.choose(until=Step.PLAN)
    result = desk.deploy()
    assert "POSTPROCESS_MPE_YOLO_V8_UI" in _of_build(desk, "app_config.h"), "its sources demand it, and nobody reads it"
    assert "--input-data-type" in _of_compile(desk)
    assert "--output-data-type" not in _of_compile(desk)
    assert result.figures.application.name == "Getting Started Pose Estimation v2.1.9"


def _of_build(desk, name):
    return next(desk.order.folder.glob(f"runs/deploy-build/*/{name}")).read_text()


def _of_compile(desk):
    requests = desk.order.folder.glob("runs/deploy-compile/*/*.result.json")
    return "".join(path.read_text() for path in requests)


LEFT_OUT = "no room for a copy of the model's input"


@pytest.mark.parametrize(("taken", "exact"), [(150_000, 256 * 256 * 3), (350_000, 0)])
def test_a_board_without_memory_outside_keeps_the_models_input_where_its_region_has_room(
    tmp_path, monkeypatch, taken, exact
):
    """Where the linker finds that it has none after all, it is built without, and that is told."""
    monkeypatch.setattr("standins.small_application._BASE_BYTES", {False: 300_000, True: taken})
    model = write_running_tflite(tmp_path / "model.tflite", 256)
    desk = Desk(tmp_path, model, board="nucleo-n657x0-q", live=True)
    desk.choose(until=Step.PLAN)
    result = desk.deploy()
    assert "#define N6_EXACT_BYTES 196608\n" in header(desk), "as computed beforehand"
    elf = next(desk.order.folder.glob("runs/deploy-build/*/Project.elf"))
    assert symbols(elf).get("exact", 0) == exact
    assert any(LEFT_OUT in warning for warning in result.warnings) == (exact == 0)


def test_a_model_whose_commands_leave_no_room_is_built_without_a_copy_of_its_input(tmp_path, monkeypatch):
    monkeypatch.setattr("standins.small_application._BASE_BYTES", {False: 300_000, True: 150_000})
    monkeypatch.setattr("n6studio.board.compiler.fit.BLOBS_OF_MOVENET", -200_000)
    model = write_running_tflite(tmp_path / "model.tflite", 256)
    desk = Desk(tmp_path, model, board="nucleo-n657x0-q", live=True)
    desk.choose(until=Step.PLAN)
    result = desk.deploy()
    assert "#define N6_EXACT_BYTES 0\n" in header(desk)
    assert [LEFT_OUT in warning for warning in result.warnings].count(True) == 1


def test_the_person_is_told_where_the_second_cable_goes(tmp_path, model):
    desk = Desk(tmp_path, model, live=True)
    told = []
    desk.on_message = lambda message: (
        told.extend(getattr(message, "steps", ())) if hasattr(message, "position") else None
    )
    desk.deploy()
    assert sum("second USB-C to USB-C cable to the USB-C socket CN18" in step for step in told) == 1


def test_a_split_head_goes_with_the_stream_and_is_refused_without(tmp_path):
    desk = Desk(tmp_path, write_split_tflite(tmp_path / "split.tflite"), live=True)
    desk.choose(until=Step.PLAN)
    desk.deploy()
    told = header(desk)
    assert "#define N6_SPLIT_LEVELS 3u" in told
    assert "#define N6_SPLIT_PLACES {0, 1, 2, 3, 4, 5, 6, 7, 8}" in told
    assert "{8u, {0.0299999993f, 0}, {0.0900000036f, 0}, {0.0280000009f, 0}}" in told
    assert "N6_KEYPOINT_FACTORS" not in told
    desk.choose(live_stream=False)
    with pytest.raises(SplitHeadUnread):
        desk.deploy()
