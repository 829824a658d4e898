"""Deployments with ST's tools as processes (stand-ins), an application in ST's shape, and a real cross compiler."""

import dataclasses
import os
import shutil
import threading
import time

import pytest
from builders import assert_tidy, n6
from deploy.st_desk import RISKS, Desk
from standins import stedgeai
from standins.small_application import tree_hash
from standins.small_tflite import write_running_tflite

from n6studio.board.cube.programmer import CubeProgrammer
from n6studio.board.virtual.board import Trouble
from n6studio.domain.deploy import Step
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.application import ApplicationUnknown
from n6studio.domain.errors.compiler import (
    CompilerFailed,
    CompilerInternalError,
    CompilerLayerUnsupported,
    CompilerOutOfMemory,
    CompilerOutputsMissing,
    CompilerRefusedModel,
    ReportContradicts,
    ReportUnreadable,
)
from n6studio.domain.errors.deploy import (
    ApplicationNotChosen,
    LicenceNotConfirmed,
    NobodyThere,
    NotWhatIsOnBoard,
)
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.fit import ApplicationTooLargeForRam
from n6studio.domain.errors.images import ImageDamaged, NotConfirmed, WeightsElsewhere
from n6studio.domain.errors.programmer import (
    FalseSuccess,
    OtherBoard,
    ProbeMissing,
    ProgrammerUsage,
    SeveralProbes,
    VerifyMismatch,
    WriteCancelled,
)
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import (
    PairMismatch,
    ToolMissing,
    ToolSilent,
    ToolTooOld,
)
from n6studio.domain.messages import ImageProgressed, StepBegan, Warned
from n6studio.domain.states import CheckState
from n6studio.engine.deploy.preflight import examine
from n6studio.engine.deploy.st_settings import settings_of, write_config
from n6studio.engine.st_files.deploy_yaml import read_st_deployment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("arm-none-eabi-gcc") and shutil.which("make")), reason="no cross compiler here"
    ),
]
APPLICATION, WEIGHTS = 0x70100000, 0x70380000


@pytest.fixture
def desk(tmp_path, model):
    return Desk(tmp_path, model)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A deployment's folder in which all images are made already."""
    folder = tmp_path_factory.mktemp("images")
    desk = Desk(folder, write_running_tflite(folder / "model.tflite"))
    desk.choose(until=Step.PLAN)
    desk.deploy()
    return folder / "out"


@pytest.fixture
def made(desk, images):
    """A desk on which the images are made already: the same contents make the same fingerprints."""
    shutil.copytree(images, desk.order.folder)
    return desk


def actions(result):
    return {one.role: one.action for one in result.figures.programmed.images}


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_from_a_model_to_a_programmed_board(desk):
    before = tree_hash(desk.application)
    result = desk.deploy()
    figures = result.figures
    assert tree_hash(desk.application) == before, "the user's tree is only read"
    assert desk.told == [("switch", "flash")]
    assert actions(result) == {"fsbl": "written", "weights": "written", "application": "written"}
    weights = next(path for name, path in _outputs(desk, "deploy-compile") if name.endswith(".raw"))
    assert desk.flash(WEIGHTS, weights.stat().st_size) == weights.read_bytes()
    program = next(path for name, path in _outputs(desk, "deploy-build") if name == "Project.bin")
    assert desk.flash(APPLICATION + 0x400, program.stat().st_size) == program.read_bytes()
    assert figures.compile.epochs.total > 0
    assert figures.compile.weights_bytes > 30_000
    assert {region.name for region in figures.memory} >= {"npuRAM5", "external flash"}
    assert figures.running.runs is None, "what cannot be seen is not claimed"
    assert any("ST Edge AI Core" in tool for tool in result.versions)
    assert any("GNU Arm GCC" in tool for tool in result.versions)
    config = next(path for name, path in _outputs(desk, "deploy-build") if name == "app_config.h").read_text()
    assert "POSTPROCESS_MPE_YOLO_V8_UF" in config
    assert "84" in config
    assert_tidy(desk.order.folder)
    desk.board.set_switches("development")
    desk.board.power_cycle()
    again = desk.deploy()
    assert all(step.fresh for step in again.figures.steps)
    assert set(actions(again).values()) == {"unchanged"}


@pytest.mark.parametrize("live", [False, True])
def test_an_input_that_is_no_square(tmp_path, live):
    desk = Desk(tmp_path, write_running_tflite(tmp_path / "wide.tflite", (96, 64)), live=live)
    desk.choose(until=Step.PLAN)
    result = desk.deploy()
    assert result.figures.model.input_size == (96, 64)
    config = next(path for name, path in _outputs(desk, "deploy-build") if name == "app_config.h").read_text()
    lines = {"#define NN_WIDTH (96)", "#define NN_HEIGHT (64)", "#define AI_MPE_YOLOV8_PP_TOTAL_BOXES (126)"}
    assert lines <= set(config.splitlines())
    if live:
        written = next(desk.order.folder.glob("runs/deploy-live-stream/*/n6_config.h")).read_text()
        assert {"#define N6_INPUT_WIDTH 96u", "#define N6_INPUT_HEIGHT 64u", "#define N6_CANDIDATES 126u"} <= set(
            written.splitlines()
        )


def test_a_screen_that_shows_another_part_than_a_wide_input_sees_is_warned_of(tmp_path, model):
    def warned(**changes):
        desk.choose(**changes)
        found = {one.key: one for one in examine(desk.order, desk.order.settings, desk.order.board, None).checks}
        assert found["fit"].state is CheckState.OK
        return found.get("shape")

    desk = Desk(tmp_path, model)
    assert warned(aspect="crop") is None
    wide = write_running_tflite(tmp_path / "wide.tflite", (96, 64))
    assert (warned(model=wide).state, "96x64" in warned().found) == (CheckState.WARN, True)
    assert warned(aspect="fullscreen") is warned(aspect="fit") is None


def test_what_the_board_got_last_is_said_before_the_next_time(made):
    result, order = made.deploy(), made.order

    def said(settings):
        return {one.action for one in examine(order, settings, order.board, result).writes}

    assert said(order.settings) == {"known"}
    assert said(dataclasses.replace(order.settings, serial="of another board")) == {"write"}
    made.bench.connect(order.board.key, "0043003A3137511333333639")
    assert said(order.settings) == {"write"}, "of two boards it is not known which is meant"


def _outputs(desk, name):
    return [(path.name, path) for path in (desk.order.folder / "runs" / name).glob("*/*")]


def test_an_application_of_int8_and_the_signing_tool(tmp_path, model):
    desk = Desk(tmp_path, model, "getting-started-2.1", release="2.2")
    desk.choose(header="tool", until=Step.PLAN)
    result = desk.deploy()
    config = next(path for name, path in _outputs(desk, "deploy-build") if name == "app_config.h").read_text()
    assert "POSTPROCESS_MPE_YOLO_V8_UI" in config
    log = next(path for name, path in _outputs(desk, "deploy-compile") if name == "stedgeai.log").read_text()
    assert "--output-data-type int8" in log
    assert any("signing tool" in tool for tool in result.versions)


def test_the_nucleo_gets_its_region_enlarged(tmp_path, model):
    desk = Desk(tmp_path, model, board="nucleo-n657x0-q")
    with pytest.raises(ApplicationTooLargeForRam) as caught:
        desk.deploy()
    assert "enlarge" in caught.value.values["help"]
    desk.choose(enlarge_region=True)
    result = desk.deploy()
    assert "AXISRAM2" not in {region.name for region in result.figures.memory}
    assert any("never run on hardware" in getattr(message, "text", "") for message in desk.messages)


def test_a_changed_confidence_builds_anew_and_compiles_nothing(made):
    made.choose(until=Step.PLAN, confidence=0.7)
    fresh = {step.name: step.fresh for step in made.deploy().figures.steps}
    assert fresh == {
        "check the model": True, "compile the model": True, "build the application": False,
        "write the image header": False,
    }  # fmt: skip


# --- what must be confirmed or chosen first --------------------------------------------------------------------------


def test_the_licence_notice_comes_first(desk):
    desk.choose(notice=False)
    with pytest.raises(LicenceNotConfirmed):
        desk.deploy()
    assert not (desk.order.folder / "runs").exists()


@pytest.mark.parametrize("missing", sorted(RISKS))
def test_what_cannot_be_undone_is_confirmed_one_by_one(made, missing):
    made.choose(confirmed=RISKS - {missing})
    with pytest.raises(NotConfirmed) as caught:
        made.deploy()
    assert caught.value.values["keys"] == [missing]
    assert not any((made.board.folder / "flash").glob("*.bin"))


def test_fuses_that_are_set_need_no_consent_and_are_told(made):
    made.choose(confirmed=RISKS - {"otp-hslv"})
    with pytest.raises(NotConfirmed) as caught:
        made.deploy()
    assert "OTP word 124 is 0x00000000" in advice(caught.value).as_text()
    made.bench.behave(fuses=(0x18000, 0))
    result = made.deploy()
    (fuses,) = result.figures.programmed.fuses
    assert (fuses.word, fuses.value, fuses.state) == (124, "0x00018000", "set")
    report = result.outputs["report"].read_text()
    for part in ("Irreversible", "bits 15 and 16", "OTP word 124", "set already"):
        assert part in report


def test_what_was_agreed_to_is_still_told(made):
    made.deploy()
    told = [message.text for message in made.messages if isinstance(message, Warned)]
    assert any("OTP word 124" in text and "cannot be reset" in text for text in told)


def test_no_application_was_chosen(desk, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    desk.choose(application="")
    with pytest.raises(ApplicationNotChosen):
        desk.deploy()


def test_a_folder_that_is_no_application(desk, tmp_path):
    desk.choose(application=str(tmp_path / "nothing"))
    with pytest.raises(FileMissing):
        desk.deploy()
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ApplicationUnknown):
        desk.deploy()


def test_a_compiler_of_another_release(tmp_path, model):
    desk = Desk(tmp_path, model, release="2.2")
    with pytest.raises(PairMismatch) as caught:
        desk.deploy()
    assert caught.value.values["wanted"] == "2.1"


# --- tools that misbehave --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("model", CompilerRefusedModel),
        ("layer", CompilerLayerUnsupported),
        ("internal", CompilerInternalError),
        ("printed_error", None),
        ("missing", CompilerOutputsMissing),
        ("truncated", ReportUnreadable),
        ("other_run", ReportContradicts),
        ("wrong_address", (ReportContradicts, WeightsElsewhere)),
        ("weights_in_ram", (CompilerFailed, ReportContradicts)),
        ("overwritten", ReportUnreadable),
    ],
)
def test_a_compiler_that_fails_or_lies(desk, trouble, error):
    stedgeai.behave(desk.compiler, trouble=trouble)
    with pytest.raises(error or Exception) as caught:
        desk.deploy()
    log = str(caught.value.values.get("log", ""))
    if log:
        assert "stedgeai" in open(log).read()  # noqa: PTH123, SIM115
    assert not any((desk.board.folder / "flash").glob("*.bin"))
    assert_tidy(desk.order.folder)


def test_after_a_failure_the_next_try_goes_on(desk):
    stedgeai.behave(desk.compiler, trouble="truncated")
    desk.choose(until=Step.PLAN)
    with pytest.raises(ReportUnreadable):
        desk.deploy()
    stedgeai.behave(desk.compiler, trouble="")
    assert [step.fresh for step in desk.deploy().figures.steps] == [True, False, False, False]


def test_a_model_that_finds_no_room(desk):
    stedgeai.behave(desk.compiler, unallocated=123_456)
    with pytest.raises(CompilerOutOfMemory) as caught:
        desk.deploy()
    assert caught.value.values["unallocated"] == 123_456


def test_a_compiler_that_says_nothing_more(desk, monkeypatch):
    import n6studio.board.compiler.stedgeai as driver

    request = driver.CompileRequest

    def impatient(*words):
        return request(*words, timeout=60.0, silence=1.0)

    monkeypatch.setattr("n6studio.engine.deploy.st.CompileRequest", impatient)
    stedgeai.behave(desk.compiler, trouble="silent")
    with pytest.raises(ToolSilent):
        desk.deploy()


def test_cancelled_while_the_compiler_runs(desk):
    stedgeai.behave(desk.compiler, trouble="silent")

    def stop(message):
        if isinstance(message, StepBegan) and message.name == Step.COMPILE.value:
            desk.cancel.set()

    desk.on_message = stop
    with pytest.raises(Cancelled):
        desk.deploy()
    assert_tidy(desk.order.folder)


@pytest.mark.parametrize(
    ("version", "error"),
    [
        ("2.17.0", ToolTooOld),
    ],
)
def test_a_programmer_that_must_not_be_used(made, version, error):
    made.bench.behave(version=version)
    os.utime(made.bench.programmer)  # versions are remembered for as long as the program stays the same
    with pytest.raises(error):
        made.deploy()


def test_no_programmer(made, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    made.choose(programmer="")
    with pytest.raises(ToolMissing):
        made.deploy()


def test_a_programmer_that_ends_well_with_an_error_printed(made):
    made.bench.behave(exit_zero=True, error_after="Error: something that nobody has met")
    with pytest.raises(FalseSuccess):
        made.deploy()


def test_a_programmer_that_does_not_know_a_switch(made):
    made.bench.behave(say=("Error: Wrong parameter: -x", "Please type STM32_Programmer_CLI -? for help"))
    with pytest.raises(ProgrammerUsage):
        made.deploy()


def test_a_signing_tool_that_signs_badly(desk):
    desk.choose(header="tool", until=Step.PLAN)
    desk.bench.behave(signs_badly=True)
    with pytest.raises(ImageDamaged):
        desk.deploy()


# --- boards ----------------------------------------------------------------------------------------------------------


def test_two_boards_and_none_chosen(made):
    other = made.bench.connect("stm32n6570-dk", "0077")
    with pytest.raises(SeveralProbes) as caught:
        made.deploy()
    assert len(caught.value.values["serials"]) == 2
    made.choose(serial=made.board.state.serial, verify_only=True)
    with pytest.raises(NotWhatIsOnBoard):
        made.deploy()
    assert not any((other.folder / "flash").glob("*.bin"))


def test_a_board_of_the_other_kind(made):
    made.board.unplug()
    other = made.bench.connect("nucleo-n657x0-q", "0077")
    with pytest.raises(OtherBoard):
        made.deploy()
    assert not any((other.folder / "flash").glob("*.bin"))


def test_no_board_and_nobody_there(made):
    made.board.unplug()
    made.willing = False
    with pytest.raises(NobodyThere) as caught:
        made.deploy()
    assert isinstance(caught.value.__cause__, ProbeMissing)


def test_in_flash_boot_the_switches_are_asked_for_and_the_cable_is_seen_to_go_and_come_back(made, monkeypatch):
    """Nobody says that it was done; it is noticed."""
    looks, probes = [], CubeProgrammer.probes

    def looked(self, attendant=None):
        looks.append(probes(self, attendant))
        return looks[-1]

    monkeypatch.setattr(CubeProgrammer, "probes", looked)
    made.choose(until=Step.PROGRAM)
    made.board.set_switches("flash")
    made.board.power_cycle()

    def slowly(message):
        def act():
            made.board.set_switches(message.position)
            made.board.unplug()
            end = time.monotonic() + 60
            while () not in looks and time.monotonic() < end:  # it has to stay away until somebody looks
                time.sleep(0.05)
            made.board.power_cycle()

        threading.Thread(target=act).start()

    made.obey = slowly
    assert made.deploy().figures.programmed
    assert made.told == [("switch", "development")]


def test_unplugged_while_writing(made):
    made.choose(until=Step.PROGRAM)
    made.board.make_trouble(Trouble(unplug_at=1500))
    made.deploy()
    assert made.told == [("plug", None)]


def test_a_byte_that_does_not_take(made):
    made.board.make_trouble(Trouble(stuck_at=APPLICATION + 0x404))
    with pytest.raises(VerifyMismatch):
        made.deploy()


def test_cancelled_while_writing(made):
    made.choose(until=Step.PROGRAM)
    made.board.make_trouble(Trouble(bytes_per_second=20_000))

    def stop(message):
        if isinstance(message, ImageProgressed) and (message.role, message.action) == ("weights", "write"):
            made.cancel.set()

    made.on_message = stop
    with pytest.raises(WriteCancelled) as caught:
        made.deploy()
    assert "Complete: first-stage boot loader." in caught.value.values["state"]
    made.on_message = lambda _: None
    made.board.make_trouble(Trouble())
    assert actions(made.deploy())["fsbl"] == "unchanged"


# --- by command ------------------------------------------------------------------------------------------------------


def test_by_command_with_a_release_flashed_elsewhere(desk, user, tmp_path):
    words = ["deploy", desk.order.model, "-o", tmp_path / "elsewhere", "--no-live-stream", "--json"]
    for name in ("board", "application", "compiler", "programmer", "gcc", "make"):
        words += [f"--{name}", getattr(desk.settings, name)]
    done = n6(
        *words, "--prepare-only", "--release", tmp_path / "r.zip", "--accept-licence-notice", cwd=tmp_path, **user
    )
    assert done.code == 0, done.err
    flash = ["flash", tmp_path / "r.zip", "--programmer", desk.settings.programmer, "--json"]
    missing = n6(*flash, cwd=tmp_path, **user)
    assert missing.data["error"]["code"] == "N6S-F18"
    confirmed = [word for key in missing.data["error"]["fields"]["keys"] for word in ("--confirm", key)]
    stopped = n6(*flash, *confirmed, "--wait", 0, cwd=tmp_path, **user)
    assert stopped.data["error"]["code"] == "N6S-F75", "everything is written; nobody is there to move the switches"
    assert n6(*flash, *confirmed, "--verify-only", cwd=tmp_path, **user).code == 0


def test_the_model_zoos_file_is_written_and_read_back(desk, user, tmp_path):
    config = tmp_path / "user_config.yaml"
    desk.choose(confidence=0.7, aspect="crop", max_detections=5)
    write_config(config, desk.order)
    read = read_st_deployment(config)
    values = settings_of(read)
    assert values == {
        "board": "stm32n6570-dk", "application": str(desk.application), "compiler": str(desk.compiler),
        "aspect": "crop", "confidence": 0.7, "max_detections": 5,
    }  # fmt: skip
    assert read.model == str(desk.order.model)
    assert read.keypoints == 17
    assert "version: 10.1.0" in config.read_text()
    told = n6("deploy", "--config", config, "--json", cwd=tmp_path, **user)
    assert told.data["error"]["code"] == "N6S-F63", "the file was read, and all that is missing is told at once"
    assert "licence notice" in told.data["error"]["fields"]["needs"][0]
