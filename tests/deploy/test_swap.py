"""Another model into an application that is built already: what is written, and everything for which it is refused."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from builders import n6
from deploy.st_desk import Desk
from standins import stedgeai
from standins.small_tflite import write_running_tflite

from n6studio.board.application.live.model_card import NoModelCard, with_model
from n6studio.domain.deploy import Role, Step
from n6studio.domain.errors.deploy import ModelSwapRefused
from n6studio.domain.messages import StepFresh
from n6studio.domain.pose.skeleton import COCO
from n6studio.domain.settings import recorded_values
from n6studio.engine.deploy.swap import changes, essence, installs_relocatable
from n6studio.gates.files import sha256_of
from n6studio.stages.deploy.stage import DeploySettings

WEIGHTS, APPLICATION = 0x70380000, 0x70100000
CODE = """
/* made 2026-11-26 10:00 for jogger */
#define STAI_NETWORK_ORIGIN_MODEL_NAME  "jogger"
#define STAI_NETWORK_MODEL_SIGNATURE 0x1234
#define STAI_NETWORK_IN_1_WIDTH 256
static const uint32_t blob[] = { 0x70380000UL + 16, 7 }; // place
"""


def test_names_dates_and_comments_compute_nothing_and_numbers_do():
    other = CODE.replace("jogger", "runner").replace("10:00", "11:30").replace("0x1234", "0x9999")
    assert essence(other) == essence(CODE)
    assert "256" in essence(CODE)
    for changed in (CODE.replace("256", "192"), CODE.replace("16, 7", "16, 8"), CODE.replace("uint32_t", "uint8_t")):
        assert essence(changed) != essence(CODE)


def test_a_deployment_of_an_earlier_release_did_not_average_which_counts_where_our_code_finds_the_people():
    settings = DeploySettings(board="stm32n6570-dk")
    earlier = {name: value for name, value in recorded_values(settings).items() if name != "average"}
    told = [(one.name, then, now) for one, then, now in changes(settings, {**earlier, "compiler": "/opt/other"})]
    assert told == [("average", False, True)]
    assert changes(settings, recorded_values(settings)) == []
    silent = replace(settings, live_stream=False)
    assert changes(silent, {**earlier, "live_stream": False}) == []


def test_an_application_that_installs_its_model_at_run_time_is_known_by_its_sources(tmp_path):
    main = tmp_path / "Application" / "STM32N6570-DK" / "Src" / "main.c"
    main.parent.mkdir(parents=True)
    main.write_text("int main(void) { stai_network_init(context); }")
    assert not installs_relocatable(tmp_path)
    main.write_text("int main(void) { ll_aton_reloc_install(file, &config, &instance); }")
    assert installs_relocatable(tmp_path)


built = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.name == "nt" or not (shutil.which("arm-none-eabi-gcc") and shutil.which("make")),
        reason="no cross compiler here",
    ),
]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A desk on which one model was deployed."""
    folder = tmp_path_factory.mktemp("swap")
    desk = Desk(folder, write_running_tflite(folder / "jogger.tflite"))
    desk.deploy()
    return desk


@pytest.fixture
def desk(deployed):
    """The same, ready to be programmed again, and to be left as it was."""
    order = deployed.order
    deployed.choose(swap=True)
    deployed.board.set_switches("development")
    deployed.board.power_cycle()
    yield deployed
    deployed.order = order


def actions(result):
    return {one.role: one.action for one in result.figures.programmed.images}


class TestBuilt:
    pytestmark = built

    def test_only_the_weights_are_written_and_nothing_is_built(self, desk, tmp_path):
        program = desk.flash(APPLICATION, 4096)
        before = desk.flash(WEIGHTS, 64)
        desk.choose(model=write_running_tflite(tmp_path / "runner.tflite", height=0.4), gcc="", make="")
        result = desk.deploy()
        assert actions(result) == {"fsbl": "unchanged", "weights": "written", "application": "unchanged"}
        assert desk.flash(APPLICATION, 4096) == program
        assert desk.flash(WEIGHTS, 64) != before
        assert [one.name for one in result.figures.steps] == [Step.CHECK, Step.COMPILE]
        assert {m.step for m in desk.messages if isinstance(m, StepFresh)} >= {Step.BUILD, Step.HEADER}
        weights = next(Path(one.path) for one in result.figures.images if one.role == Role.WEIGHTS)
        assert desk.flash(WEIGHTS, weights.stat().st_size) == weights.read_bytes()
        # And back, into what is now the latest deployment.
        desk.board.set_switches("development")
        desk.board.power_cycle()
        desk.choose(model=desk.application.parents[1] / "jogger.tflite")
        assert actions(desk.deploy())["weights"] == "written"
        assert desk.flash(WEIGHTS, 64) == before

    @pytest.mark.parametrize(
        ("model", "settings", "why"),
        [
            ({"size": 96}, {}, "another input size"),
            ({}, {"skeleton": replace(COCO, edges=COCO.edges[:3])}, "keypoints, skeleton"),
            ({"height": 0.3}, {"confidence": 0.7}, "min confidence"),
        ],
    )
    def test_what_the_application_was_not_built_for_is_refused(self, desk, tmp_path, model, settings, why):
        desk.choose(model=write_running_tflite(tmp_path / "other.tflite", **model), **settings)
        before = desk.flash(WEIGHTS, 4096)
        with pytest.raises(ModelSwapRefused) as caught:
            desk.deploy()
        assert why in caught.value.values["reason"]
        assert desk.flash(WEIGHTS, 4096) == before

    def test_other_code_is_refused_after_compiling_and_before_writing(self, desk, tmp_path):
        before = desk.flash(WEIGHTS, 64)
        desk.choose(model=write_running_tflite(tmp_path / "third.tflite", height=0.5))
        stedgeai.behave(desk.compiler, trouble="other_code")
        try:
            with pytest.raises(ModelSwapRefused) as caught:
                desk.deploy()
        finally:
            stedgeai.behave(desk.compiler, trouble="")
        assert "network_ecblobs.h" in caught.value.values["reason"]
        assert "network.c" not in caught.value.values["reason"]
        assert desk.flash(WEIGHTS, 64) == before

    def test_code_that_was_changed_since_the_application_was_built_proves_nothing(self, desk, tmp_path):
        sources = [*(desk.order.folder / "runs" / "deploy-compile").glob("*/network.c")]
        kept = {path: path.read_bytes() for path in sources}
        desk.choose(model=write_running_tflite(tmp_path / "fourth.tflite", height=0.55))
        try:
            for path, content in kept.items():
                path.write_bytes(content + b"int other;")
            with pytest.raises(ModelSwapRefused) as caught:
                desk.deploy()
        finally:
            for path, content in kept.items():
                path.write_bytes(content)
        assert "no longer known" in caught.value.values["reason"]

    def test_without_a_deployment_there_is_nothing_to_swap_into(self, desk, tmp_path):
        desk.choose(folder=tmp_path / "empty")
        with pytest.raises(ModelSwapRefused) as caught:
            desk.deploy()
        assert "no deployment" in caught.value.values["reason"]

    def test_an_application_image_that_is_gone_is_refused(self, desk):
        images = [*(desk.order.folder / "runs" / "deploy-header").glob("*/application_signed.bin")]
        kept = {path: path.read_bytes() for path in images}
        try:
            for path in images:
                path.write_bytes(b"other")
            with pytest.raises(ModelSwapRefused) as caught:
                desk.deploy()
            assert "gone or was changed" in caught.value.values["reason"]
        finally:
            for path, content in kept.items():
                path.write_bytes(content)


CARD = b"N6-STUDIO-MODEL\0" + bytes(range(8)) + b"old.tflite".ljust(88, b"\0")


def test_another_model_is_told_at_its_mark_and_nothing_else_changes():
    program = b"before" * 100 + CARD + b"behind" * 100
    made = with_model(program, "ab" * 32, "läufer.tflite")
    at = program.index(CARD) + 16
    assert made[:at] + program[at : at + 96] + made[at + 96 :] == program
    assert made[at : at + 96] == b"\xab" * 8 + b"l_ufer.tflite".ljust(88, b"\0")
    assert with_model(program, "cd" * 32, "x" * 300)[at + 8 : at + 96] == b"x" * 80 + bytes(8)


@pytest.mark.parametrize("program", [b"", b"no mark" * 99, CARD + CARD, CARD[:-1], CARD[:16]])
def test_a_program_without_one_whole_mark_is_not_changed(program):
    with pytest.raises(NoModelCard):
        with_model(program, "ab" * 32, "a.tflite")


@pytest.mark.slow
@pytest.mark.skipif(
    os.name == "nt" or not (shutil.which("arm-none-eabi-gcc") and shutil.which("make")), reason="no cross compiler here"
)
def test_the_live_stream_tells_the_model_that_was_swapped_in(tmp_path):
    desk = Desk(tmp_path, write_running_tflite(tmp_path / "jogger.tflite"), live=True)
    desk.deploy()
    first = sha256_of(tmp_path / "jogger.tflite")
    size = next(Path(one.path).stat().st_size for one in desk.deploy().figures.images if one.role == Role.APPLICATION)
    before = desk.flash(APPLICATION, size)
    assert before.count(b"N6-STUDIO-MODEL\0" + bytes.fromhex(first)[:8] + b"jogger.tflite\0") == 1
    runner = write_running_tflite(tmp_path / "runner.tflite", height=0.4)
    for model, name in ((runner, b"runner"), (tmp_path / "jogger.tflite", b"jogger")):
        desk.choose(swap=True, model=model)
        desk.board.set_switches("development")
        desk.board.power_cycle()
        assert actions(desk.deploy())["application"] == "written"
        now = desk.flash(APPLICATION, size)
        card = b"N6-STUDIO-MODEL\0" + bytes.fromhex(sha256_of(model))[:8] + name + b".tflite\0"
        assert now.count(card) == now.count(b"N6-STUDIO-MODEL\0") == 1
        assert len([1 for one, other in zip(before, now, strict=True) if one != other]) <= 8 + 6 + 4  # and a checksum
    assert now == before


def test_the_virtual_board_refuses_on_the_command_line(tmp_path):
    model = write_running_tflite(tmp_path / "a.tflite")
    words = ("--board", "virtual", "--virtual-folder", tmp_path / "board", "--json", "-o", tmp_path / "out")
    done = n6("model-swap", model, *words, cwd=tmp_path)
    assert done.code != 0
    assert "N6S-F77" in done.err + done.out
