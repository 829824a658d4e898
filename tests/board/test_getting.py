"""What to get from ST for a board, given what is there: one pair, exact names, and ticks as soon as things appear."""

import os
from dataclasses import replace

import pytest
from standins import stedgeai
from standins.bench import Bench
from standins.small_application import write_application

from n6studio.board.compiler.pairs import PAIRS
from n6studio.board.registry import board, vendor_boards
from n6studio.board.tools.discovery import find_tools
from n6studio.board.tools.getting import _TREES, NEWEST_PROGRAMMER, footprint, recommended_pair, to_get
from n6studio.board.tools.known_bad import firmware_advice, judge
from n6studio.board.tools.locations import Computer, downloads
from n6studio.board.tools.versions import ToolVersion
from n6studio.domain.errors.window_words import window_step
from n6studio.engine.deploy import preflight_st
from n6studio.stages.deploy.stage import DeploySettings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
KIT = board("stm32n6570-dk")


@pytest.fixture
def computer(tmp_path):
    """A computer with nothing on it."""
    (tmp_path / "drive").mkdir()
    (tmp_path / "home" / "Downloads").mkdir(parents=True)
    return Computer("linux", tmp_path / "home", tmp_path / "drive")


def got(computer, target=KIT):
    return to_get(target, find_tools(computer, {}, target.key), computer)


def rows(getting):
    return {row.key: row for row in getting.rows}


def test_with_nothing_there_everything_is_named_exactly(computer):
    getting = got(computer)
    found = rows(getting)
    assert list(found) == ["stedgeai", "application", "programmer", "gcc"]
    pair = next(pair for pair in PAIRS if pair.key == getting.pair)
    assert pair.key in {budget.pair for budget in KIT.budgets}, "recommended is what was linked for this board"
    assert found["stedgeai"].release.startswith(pair.compiler.name)
    assert found["application"].title == "STM32N6-GettingStarted-PoseEstimation"
    assert found["application"].release == _TREES[pair.key].tag
    assert found["application"].release in found["application"].where
    assert "--recurse-submodules" in found["application"].what_to_do
    for row in getting.rows:
        assert row.found == row.downloaded == ""
        assert row.where.startswith(("https://www.st.com/", "https://github.com/STMicroelectronics/"))
        assert row.size
        assert row.setting


def test_before_a_deployment_the_one_pair_to_get_is_named_and_nothing_asks_for_what_matches(computer, monkeypatch):
    monkeypatch.setattr(preflight_st, "tool_box", lambda _: find_tools(computer, {}, KIT.key))
    found = preflight_st.examine_st(None, DeploySettings(board=KIT.key), KIT)
    told = {one.setting: one.what_to_do for one in found.checks if one.setting}
    pair = next(pair for pair in PAIRS if pair.key == found.getting.pair)
    assert told["compiler"].startswith(f"Get ST Edge AI Core {pair.compiler.name} ")
    assert told["application"].startswith(f"Get STM32N6-GettingStarted-PoseEstimation {_TREES[pair.key].tag}.")
    assert "or later" in told["programmer"], "any that is new enough does"
    assert not [text for text in told.values() if "matches" in text]
    assert "n6studio" not in " ".join(map(window_step, told.values())), "in the window no command"


@pytest.mark.parametrize("target", vendor_boards(), ids=lambda one: one.key)
def test_every_board_gets_one_pair_and_a_programmer_fit_for_it(computer, target):
    assert got(computer, target).pair
    assert not judge("programmer", ToolVersion(NEWEST_PROGRAMMER, ""), target.key).wanted


def test_every_known_release_has_its_tag():
    assert {pair.key for pair in PAIRS} <= set(_TREES)


@pytest.mark.parametrize(("core", "pair"), [("2.1", "getting-started-2.0"), ("2.2", "getting-started-2.1")])
def test_what_is_there_decides_the_pair(computer, core, pair):
    stedgeai.install(computer.home / "ST/STEdgeAI", core)
    getting = got(computer)
    assert getting.pair == pair
    assert rows(getting)["stedgeai"].found.startswith(core)
    assert rows(getting)["application"].found == ""


def test_an_application_that_is_there_asks_for_its_compiler(computer):
    write_application(computer.home / "STM32N6-GettingStarted-PoseEstimation", "getting-started-2.0")
    stedgeai.install(computer.home / "ST/STEdgeAI", "2.2")
    getting = got(computer)
    assert getting.pair in ("getting-started-2.0", "getting-started-2.1"), "one half is missing either way"
    stedgeai.install(computer.drive / "opt/ST/STEdgeAI", "2.1")
    getting = got(computer)
    assert getting.pair == "getting-started-2.0"
    assert all(rows(getting)[key].found for key in ("stedgeai", "application"))


@pytest.mark.parametrize("target", vendor_boards(), ids=lambda one: one.key)
@pytest.mark.parametrize("core", ["", "2.1", "2.2", "4.0"])
def test_of_several_copies_that_is_used_whose_compiler_is_named(computer, target, core):
    """Nobody is sent for the compiler of one copy while the other one is built."""
    for key in ("getting-started-2.0", "getting-started-2.1", "getting-started-2.3", "multi-pose-2.0"):
        name = (
            "x-cube-n6-ai-multi-pose-estimation" if "multi" in key else f"STM32N6-GettingStarted-PoseEstimation-{key}"
        )
        write_application(computer.home / "Downloads" / name, key)
    if core:
        stedgeai.install(computer.home / "ST/STEdgeAI", core)
    box = find_tools(computer, {}, target.key)
    assert box.application_for(target).on(target).pair.key == recommended_pair(target, box).key


def test_other_releases_that_are_there_are_told(computer):
    write_application(computer.home / "STM32N6-GettingStarted-PoseEstimation", "getting-started-2.0")
    stedgeai.install(computer.home / "ST/STEdgeAI", "4.0")
    row = rows(got(computer))["stedgeai"]
    assert row.found == ""
    assert "Installed: 4.0.0" in row.what_to_do


def test_each_ticks_itself_as_soon_as_it_appears(computer, tmp_path):
    before = footprint(computer)
    (computer.home / "Downloads" / "en.stm32cubeprg-lin-v2-23-0.zip").write_text("")
    assert footprint(computer) != before
    assert rows(got(computer))["programmer"].downloaded.endswith("en.stm32cubeprg-lin-v2-23-0.zip")
    bench = Bench(tmp_path / "bench")
    there = replace(computer, variables={"STM32_CUBE_PROG_EXE": str(bench.programmer)})
    assert footprint(there) != footprint(computer)
    row = rows(got(there))["programmer"]
    assert row.found.startswith("2.22.0")
    assert row.downloaded == ""
    before = footprint(there)
    write_application(computer.home / "Downloads" / "STM32N6-GettingStarted-PoseEstimation-2.0.0")
    assert footprint(there) != before


def test_a_tool_that_does_not_tell_its_version_is_neither_there_nor_missing(computer, tmp_path):
    program = tmp_path / "bin/STM32_Programmer_CLI"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho STM32CubeProgrammer\n")
    program.chmod(0o755)
    row = rows(got(replace(computer, variables={"STM32_CUBE_PROG_EXE": str(program)})))["programmer"]
    assert (row.found, row.unread) == ("", str(program))
    assert row.doubt == f"Unknown version: {program} does not report one when asked with --version."
    assert rows(got(computer))["programmer"].doubt == ""


def test_a_compiler_that_does_not_tell_its_version_is_doubted(computer, tmp_path):
    program = tmp_path / "bin/arm-none-eabi-gcc"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    row = rows(got(replace(computer, variables={"PATH": str(program.parent)})))["gcc"]
    assert (row.found, row.unread) == ("", str(program))


@pytest.mark.parametrize("firmware", ["V3J15M7", "V3J16M6", "V3J100", "V4J1M1", "", "nonsense", "J9"])
def test_firmware_that_nothing_is_known_against(firmware):
    assert firmware_advice(firmware) == ""


@pytest.mark.parametrize("firmware", ["V3J14M9", "V3J9", "V2J45M30"])
def test_firmware_that_is_older_than_the_boards(firmware):
    assert firmware_advice(firmware).startswith(f"The ST-LINK firmware {firmware} is older than V3J15")


def test_a_programmer_that_fails_on_this_board_is_not_ticked(computer, tmp_path):
    bench = Bench(tmp_path / "bench")
    bench.behave(version="2.20.0")
    there = replace(computer, variables={"STM32_CUBE_PROG_EXE": str(bench.programmer)})
    assert rows(got(there))["programmer"].found.startswith("2.20.0")
    assert rows(got(there, board("nucleo-n657x0-q")))["programmer"].found == ""


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("stedgeai", "stedgeai-lin-v2-2-0.zip"),
        ("stedgeai", "stedgeai-linux-onlineinstaller"),
        ("stedgeai", "stedgeai-windows-onlineinstaller.exe"),
        ("programmer", "en.stm32cubeprg-win64-v2-22-0.zip"),
        ("programmer", "SetupSTM32CubeProgrammer-2.23.0.linux"),
        ("gcc", "st-stm32cubeclt_1.19.0_26000_amd64.sh.zip"),
        ("application", "STM32N6-GettingStarted-PoseEstimation-2.1.0.zip"),
    ],
)
def test_downloads_are_known_by_st_s_names(computer, name, file):
    path = computer.home / "Downloads" / file
    path.write_text("")
    (computer.home / "Downloads" / "holiday.zip").write_text("")
    assert downloads(name, computer) == (path,)


def test_a_board_without_applications_gets_nothing(computer):
    lonely = replace_board(KIT)
    assert recommended_pair(lonely, find_tools(computer, {})) is None
    assert to_get(lonely, find_tools(computer, {}), computer).rows == ()


def replace_board(target):
    import msgspec

    return msgspec.structs.replace(target, st=msgspec.structs.replace(target.st, applications=()))
