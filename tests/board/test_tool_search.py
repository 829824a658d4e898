"""Finding tools where the installers of three operating systems put them, and judging their versions."""

import json
import os
import shutil
from dataclasses import replace

import pytest
from standins import stedgeai
from standins.bench import Bench
from standins.small_application import write_application

from n6studio.board.compiler.pairs import PAIRS
from n6studio.board.registry import board
from n6studio.board.tools import findings
from n6studio.board.tools.choices import choose, read_choices
from n6studio.board.tools.discovery import find_tool, find_tools
from n6studio.board.tools.findings import look_at_board, look_at_tools
from n6studio.board.tools.known_bad import KNOWN_BAD, judge
from n6studio.board.tools.locations import TOOLS, Computer, candidates
from n6studio.board.tools.versions import ask_version, read_version
from n6studio.domain.errors.application import ApplicationUnknown
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.tools import (
    PairMismatch,
    ToolKnownBad,
    ToolMissing,
    ToolTooOld,
)

BY_KEY = {pair.key: pair for pair in PAIRS}
unix = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")

_IDE = "com.st.stm32cube.ide.mcu.externaltools"
# As facts of installers: system -> tool -> places below the drive (/) or the user's folder (~).
PLACES = {
    "windows": {
        "stedgeai": [
            "/ST/STEdgeAI/2.1/Utilities/windows/stedgeai.exe",
            "/ST/STEdgeAI_Core/2.0/Utilities/windows/stedgeai.exe",
            "~/STM32Cube/Repository/Packs/STMicroelectronics/X-CUBE-AI/10.2.0/Utilities/windows/stedgeai.exe",
        ],
        "programmer": [
            "/Program Files/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI.exe",
            "/ST/STM32CubeCLT_1.19.0/STM32CubeProgrammer/bin/STM32_Programmer_CLI.exe",
            f"/ST/STM32CubeIDE_1.17.0/STM32CubeIDE/plugins/{_IDE}.cubeprogrammer.win32_2.2.0/tools/bin/STM32_Programmer_CLI.exe",
        ],
        "signing": ["/Program Files/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_SigningTool_CLI.exe"],
        "gcc": [
            f"/ST/STM32CubeIDE_1.17.0/STM32CubeIDE/plugins/{_IDE}.gnu-tools-for-stm32.12.3.win32_1/tools/bin/arm-none-eabi-gcc.exe",
            "/ST/STM32CubeCLT_1.19.0/GNU-tools-for-STM32/bin/arm-none-eabi-gcc.exe",
            "~/AppData/Local/stm32cube/bundles/gnu-tools-for-stm32/14.3.1+st.2/bin/arm-none-eabi-gcc.exe",
        ],
        "make": [f"/ST/STM32CubeIDE_1.17.0/STM32CubeIDE/plugins/{_IDE}.make.win32_2.1/tools/bin/make.exe"],
    },
    "linux": {
        "stedgeai": [
            "/opt/ST/STEdgeAI/4.0/Utilities/linux/stedgeai",
            "~/ST/STEdgeAI/2.2/Utilities/linux/stedgeai",
            "~/STM32Cube/Repository/Packs/STMicroelectronics/X-CUBE-AI/10.1.0/Utilities/linux/stedgeai",
        ],
        "programmer": [
            "~/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
            "/usr/local/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
            "/opt/st/stm32cubeclt_1.18.0/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
            f"/opt/st/stm32cubeide_2.1.1/plugins/{_IDE}.cubeprogrammer.linux64_2.2.400/tools/bin/STM32_Programmer_CLI",
            "~/.local/share/stm32cube/bundles/programmer/2.23.0/bin/STM32_Programmer_CLI",
            "~/snap/code/210/.local/share/stm32cube/bundles/programmer/2.22.0+st.1/bin/STM32_Programmer_CLI",
        ],
        "signing": ["/opt/st/stm32cubeclt_1.18.0/STM32CubeProgrammer/bin/STM32_SigningTool_CLI"],
        "gcc": [
            f"/opt/st/stm32cubeide_2.1.1/plugins/{_IDE}.gnu-tools-for-stm32.13.linux64_1/tools/bin/arm-none-eabi-gcc"
        ],
        "make": [f"/opt/st/stm32cubeide_2.1.1/plugins/{_IDE}.make.linux64_2/tools/bin/make"],
    },
    "macos": {
        "stedgeai": [
            "/Applications/ST/STEdgeAI/3.0/Utilities/macarm/stedgeai",
            "/Applications/ST/STEdgeAI/2.1/Utilities/mac/stedgeai",
        ],
        "programmer": [
            "/Applications/STMicroelectronics/STM32Cube/STM32CubeProgrammer/STM32CubeProgrammer.app/Contents/MacOs/bin/"
            "STM32_Programmer_CLI",
            "~/Library/Application Support/stm32cube/bundles/programmer/2.23.0/bin/STM32_Programmer_CLI",
        ],
        "signing": [
            "/Applications/STMicroelectronics/STM32Cube/STM32CubeProgrammer/STM32CubeProgrammer.app/Contents/MacOs/bin/"
            "STM32_SigningTool_CLI"
        ],
        "gcc": [
            f"/Applications/STM32CubeIDE.app/Contents/Eclipse/plugins/{_IDE}.gnu-tools-for-stm32.12/tools/bin/"
            "arm-none-eabi-gcc"
        ],
        "make": [f"/Applications/STM32CubeIDE.app/Contents/Eclipse/plugins/{_IDE}.make.macos64_2/tools/bin/make"],
    },
}  # fmt: skip


@pytest.fixture
def computer(tmp_path):
    """A computer with nothing on it."""
    (tmp_path / "drive").mkdir()
    (tmp_path / "home").mkdir()
    return Computer("linux", tmp_path / "home", tmp_path / "drive")


def placed(computer, place):
    base = computer.home if place.startswith("~") else computer.drive
    path = base / place.lstrip("~/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("system", "tool", "place"),
    [(system, tool, place) for system, tools in PLACES.items() for tool, places in tools.items() for place in places],
)
def test_every_known_place_of_every_system_is_found(computer, system, tool, place):
    computer = replace(computer, kind=system)
    path = placed(computer, place)
    assert [found.path for found in candidates(tool, computer)] == [path]
    assert all(not candidates(other, computer) for other in TOOLS if other != tool)


def test_the_users_word_comes_first_then_variables_then_the_path(computer, tmp_path):
    chosen = placed(computer, "~/mine/bin/arm-none-eabi-gcc")
    named = placed(computer, "~/named/arm-none-eabi-gcc")
    on_path = placed(computer, "~/path/arm-none-eabi-gcc")
    placed(computer, PLACES["linux"]["gcc"][0])
    variables = {"STM32_ARM_GCC_COMPILER_EXE": str(named), "PATH": f"/nowhere:{on_path.parent}"}
    found = candidates("gcc", replace(computer, variables=variables), chosen.parent.parent)
    assert [item.path for item in found][:3] == [chosen, named, on_path]
    assert [item.how for item in found] == [
        "set by you", "variable STM32_ARM_GCC_COMPILER_EXE", "PATH", "STM32CubeIDE",
    ]  # fmt: skip


def test_variables_may_name_the_program_its_folder_or_the_installation(computer):
    edge = placed(computer, "/elsewhere/2.1/Utilities/linux/stedgeai")
    programmer = placed(computer, "/elsewhere/cube/bin/STM32_Programmer_CLI")
    signing = placed(computer, "/elsewhere/cube/bin/STM32_SigningTool_CLI")
    ide = placed(computer, "/elsewhere/ide/stm32cubeide")
    make = placed(computer, f"/elsewhere/ide/plugins/{_IDE}.make.linux64_2/tools/bin/make")
    variables = {
        "STEDGEAI_CORE_DIR": str(edge.parents[2]),
        "STM32_CUBE_PROG_EXE": str(programmer),
        "STM32_CUBE_IDE_EXE": str(ide),
    }
    there = replace(computer, variables=variables)
    assert [found.path for found in candidates("stedgeai", there)] == [edge]
    assert [found.path for found in candidates("programmer", there)] == [programmer]
    assert [found.path for found in candidates("signing", there)] == [signing]
    assert [found.path for found in candidates("make", there)] == [make]


def test_bundles_are_also_where_a_variable_says(computer):
    program = placed(computer, "/elsewhere/bundles/programmer/2.23.0/bin/STM32_Programmer_CLI")
    there = replace(computer, variables={"CUBE_BUNDLE_PATH": str(program.parents[3])})
    assert [found.path for found in candidates("programmer", there)] == [program]


def test_later_versions_come_first_counted_as_numbers(computer):
    for version in ("1.9.0", "1.19.0", "1.2.0"):
        placed(computer, f"/opt/st/stm32cubeclt_{version}/GNU-tools-for-STM32/bin/arm-none-eabi-gcc")
    order = [found.path.parents[2].name for found in candidates("gcc", computer)]
    assert order == ["stm32cubeclt_1.19.0", "stm32cubeclt_1.9.0", "stm32cubeclt_1.2.0"]


# --- versions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "text", "version"),
    [
        ("stedgeai", "ST Edge AI Core v2.2.0-20266 2adc00962", (2, 2, 0)),
        ("stedgeai", "ST Edge AI Core v2.0.0-20049\nSTM32CubeAI 10.0.0", (2, 0, 0)),
        ("programmer", "-------\n   STM32CubeProgrammer v2.22.0   \n-------", (2, 22, 0)),
        ("programmer", "STM32CubeProgrammer version: 2.18.0", (2, 18, 0)),
        ("signing", "   STM32 Signing Tool v2.21.0", (2, 21, 0)),
        ("gcc", "arm-none-eabi-gcc (GNU Tools for STM32 12.3.rel1.20240926-1715) 12.3.1 20230626", (12, 3, 1)),
        ("gcc", "arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205", (12, 2, 1)),
        ("make", "GNU Make 4.4.1\nBuilt for x86_64", (4, 4, 1)),
        ("make", "GNU Make 3.81", (3, 81, 0)),
        # Releases to come may print it in other words.
        ("stedgeai", "ST Edge AI Core 5.0.0", (5, 0, 0)),
        ("stedgeai", "stedgeai (ST Edge AI Core) version 4.2.0-1", (4, 2, 0)),
        ("programmer", "STM32CubeProgrammer v3.0", (3, 0, 0)),
        ("signing", "STM32 Signing Tool version 3.0.0", (3, 0, 0)),
    ],
)
def test_versions_are_read_from_what_tools_print(tool, text, version):
    found = read_version(tool, text)
    assert found.version == version
    assert found.built_by_st == ("GNU Tools for STM32" in text)
    assert read_version(tool, "command not found") is None


@pytest.mark.parametrize(
    ("tool", "text", "state", "row"),
    [
        ("signing", "Signing Tool v2.20.0", "ok", None),
        ("signing", "Signing Tool v2.21.0", "ok", "signing-align"),
        ("programmer", "STM32CubeProgrammer v2.17.0", "too old", None),
        ("programmer", "STM32CubeProgrammer v2.19.0", "ok", None),
        ("programmer", "STM32CubeProgrammer v2.20.0", "ok", "programmer-erase"),
        ("programmer", "STM32CubeProgrammer v2.22.0", "ok", "programmer-once"),
        ("programmer", "STM32CubeProgrammer v2.23.0", "ok", None),
        ("programmer", "STM32CubeProgrammer v2.21.0", "ok", None),
        ("gcc", "arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1", "ok", "gcc-upstream"),
        ("gcc", "arm-none-eabi-gcc (GNU Tools for STM32 12.3) 12.3.1", "ok", None),
        ("gcc", "arm-none-eabi-gcc (GNU) 9.3.1", "too old", "gcc-upstream"),
        ("make", "GNU Make 3.81", "too old", None),
        ("stedgeai", "ST Edge AI Core v1.0.0", "too old", None),
        ("stedgeai", "ST Edge AI Core v2.1.0", "ok", None),
        ("stedgeai", "ST Edge AI Core v9.0.0", "ok", "core-newer"),
    ],
)
def test_versions_are_judged_by_the_dated_table(tool, text, state, row):
    judged = judge(tool, read_version(tool, text))
    assert judged.state == state
    assert [item.key for item in judged.rows] == ([row] if row else [])
    assert bool(judged.wanted) == (state != "ok")


@pytest.mark.parametrize(
    ("version", "board", "state"),
    [
        ("2.20.0", "nucleo-n657x0-q", "known bad"),
        ("2.20.0", "stm32n6570-dk", "ok"),
        ("2.19.0", "nucleo-n657x0-q", "ok"),
        ("2.21.0", "nucleo-n657x0-q", "ok"),
        ("2.17.0", "stm32n6570-dk", "too old"),
    ],
)
def test_a_programmer_is_judged_for_the_board(version, board, state):
    judged = judge("programmer", read_version("programmer", f"STM32CubeProgrammer v{version}"), board)
    assert judged.state == state
    assert ("2.21" in judged.wanted) == (state == "known bad")


def test_every_row_has_a_way_out_and_a_source():
    for row in KNOWN_BAD:
        assert bool(row.workaround) != bool(row.instead)
        assert row.problem.endswith(".")
        assert row.source


@unix
def test_a_tool_that_hangs_fails_or_babbles_has_no_version(tmp_path, monkeypatch):
    monkeypatch.setattr("n6studio.board.tools.versions.ASK_SECONDS", 0.5)
    for name, script in (("hangs", "sleep 60"), ("fails", "exit 3"), ("babbles", "echo hello"), ("asks", "read x")):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        assert ask_version("make", path) is None
    plain = tmp_path / "plain"
    plain.write_text("not a program")
    assert ask_version("make", plain) is None
    assert ask_version("make", tmp_path / "gone") is None


@unix
def test_a_tool_that_was_too_slow_once_is_asked_again(tmp_path, monkeypatch):
    """Some unpack themselves when they start for the first time."""
    monkeypatch.setattr("n6studio.board.tools.versions.ASK_SECONDS", 0.5)
    path = tmp_path / "make"
    path.write_text(
        f"#!/bin/sh\n[ -e {tmp_path}/again ] || {{ touch {tmp_path}/again; sleep 60; }}\necho GNU Make 4.4\n"
    )
    path.chmod(0o755)
    assert ask_version("make", path) is None
    monkeypatch.setattr("n6studio.board.tools.versions.ASK_SECONDS", 20.0)
    assert ask_version("make", path).version == (4, 4, 0)


# --- what the user said ----------------------------------------------------------------------------------------------


def test_choices_are_kept_refused_and_forgotten(tmp_path, computer):
    file = tmp_path / "conf" / "tools.json"
    program = placed(computer, "~/x/bin/arm-none-eabi-gcc" + (".exe" if os.name == "nt" else ""))
    assert read_choices(file) == {}
    assert choose("gcc", program.parents[1], file) == {"gcc": program.parents[1]}
    assert read_choices(file) == {"gcc": program.parents[1]}
    with pytest.raises(ToolMissing):
        choose("make", program.parents[1], file)
    with pytest.raises(FileMissing):
        choose("gcc", tmp_path / "gone", file)
    with pytest.raises(SettingInvalid):
        choose("hammer", tmp_path, file)
    with pytest.raises(ApplicationUnknown):
        choose("application", program.parent, file)
    application = write_application(tmp_path / "app")
    assert choose("application", application, file)["application"] == application
    choose("application", None, file)
    assert choose("gcc", None, file) == {}
    file.write_text("{ damaged")
    assert read_choices(file) == {}


# --- all together ----------------------------------------------------------------------------------------------------


@unix
def test_everything_is_found_and_told(computer, tmp_path):
    stedgeai.install(computer.home / "ST/STEdgeAI", "2.1")
    stedgeai.install(computer.drive / "opt/ST/STEdgeAI", "4.0")
    bench = Bench(tmp_path / "bench")
    bench.behave(version="2.21.0")
    application = write_application(computer.home / "STM32N6-GettingStarted-PoseEstimation-2.0.0")
    computer = replace(computer, variables={"PATH": os.environ["PATH"], "STM32_CUBE_PROG_EXE": str(bench.programmer)})
    box = find_tools(computer, {})
    assert [found.version.text for found in box.tools["stedgeai"]] == ["4.0.0", "2.1.0"]
    assert box.require("programmer").path == bench.programmer
    assert box.require("signing").judgement.rows[0].key == "signing-align"
    assert box.applications[0].root == application
    pair = box.applications[0].pair
    assert box.compiler_for(pair).version.version == (2, 1, 0)
    assert box.compiler_for(pair).root == computer.home / "ST/STEdgeAI/2.1"
    with pytest.raises(PairMismatch):
        box.compiler_for(BY_KEY["getting-started-2.1"])
    told = {item.name: item for item in look_at_tools(box)}
    assert told["ST Edge AI Core"].state == "ok"
    assert "also 2.1.0" in told["ST Edge AI Core"].found
    assert "-align" in told["STM32 signing tool"].what_to_do
    assert told["external loaders"].state == "ok"
    assert "v2.0.9" in told["application"].found
    assert told["compatible releases"].state == "ok"
    (bench.bin / "ExternalLoader" / "MX66UW1G45G_STM32N6570-DK.stldr").unlink()
    told = {item.name: item for item in look_at_tools(box)}
    assert told["external loaders"].state == "missing"


@unix
def test_what_is_unfit_is_told_with_what_to_do(computer, tmp_path):
    stedgeai.install(computer.home / "ST/STEdgeAI", "2.2")
    bench = Bench(tmp_path / "bench")
    bench.behave(version="2.20.0")
    write_application(computer.home / "Downloads/STM32N6-GettingStarted-PoseEstimation-main")
    broken = computer.home / "x-cube-n6-ai-multi-pose-estimation"
    broken.mkdir()
    old_make = placed(computer, "~/old/make")
    old_make.write_text("#!/bin/sh\necho GNU Make 3.81\n")
    variables = {"PATH": str(old_make.parent), "STM32_CUBE_PROG_EXE": str(bench.programmer)}
    box = find_tools(replace(computer, variables=variables), {}, board="nucleo-n657x0-q")
    with pytest.raises(ToolKnownBad, match=r"2\.20\.0"):
        box.require("programmer")
    with pytest.raises(ToolTooOld, match=r"3\.81"):
        box.require("make")
    with pytest.raises(ToolMissing):
        box.require("gcc")
    told = {item.name: item for item in look_at_tools(box) if item.name != "application"}
    assert told["STM32CubeProgrammer"].state == "known bad"
    assert "2.19, 2.21 or later" in told["STM32CubeProgrammer"].what_to_do
    assert told["GNU make"].state == "too old"
    assert told["GNU Arm GCC"].state == "missing"
    together = told["compatible releases"]
    assert together.state == "known bad"
    assert "2.1" in together.wanted
    assert "Getting Started Pose Estimation v2.1" in together.what_to_do
    strays = [item for item in look_at_tools(box) if item.name == "application" and item.state == "unknown"]
    assert str(broken) in strays[0].found


@unix
def test_copies_that_are_not_used_hold_nothing_up(computer):
    """Somebody tries a newer release without its compiler, unpacks half an archive, and keeps what works."""
    stedgeai.install(computer.home / "ST/STEdgeAI", "2.1")
    downloads = computer.home / "Downloads"
    works = write_application(downloads / "STM32N6-GettingStarted-PoseEstimation-2.0.0", "getting-started-2.0")
    write_application(downloads / "STM32N6-GettingStarted-PoseEstimation-2.3.1", "getting-started-2.3")
    half = write_application(downloads / "STM32N6-GettingStarted-PoseEstimation-2.1.0", "getting-started-2.1")
    shutil.rmtree(half / "Middlewares")
    target = board("stm32n6570-dk")
    box = find_tools(computer, {}, board=target.key)
    assert box.application_for(target).root == works, "the newest one lacks its compiler"
    told = [item for item in look_at_board(box, target) if item.name in ("application", "compatible releases")]
    assert {item.state for item in told} == {"ok", "unknown"}
    assert any("Middlewares" in item.found and "not used" in item.what_to_do for item in told)
    newest = next(one for one in box.applications if one.version[:2] == (2, 3))
    told = [item for item in look_at_board(box, target, None, newest) if item.name == "compatible releases"]
    assert [item.state for item in told if "v2.3" in item.wanted] == ["known bad"], (
        "where that one is chosen, it matters"
    )


@unix
@pytest.mark.parametrize("folder", ["Téléchargements", "OneDrive/Desktop", "Documents"])
def test_a_copy_is_found_where_it_was_downloaded_to(computer, folder):
    place = computer.home / folder / "x-cube-n6-ai-multi-pose-estimation-2.0.0"
    write_application(place, "multi-pose-2.0")
    assert [one.root for one in find_tools(computer, {}).applications] == [place]


@unix
@pytest.mark.parametrize("inside", ["STM32N6", ""])
def test_the_model_zoos_copy_is_found_in_its_folder_and_as_its_submodule(computer, inside):
    place = computer.home / "git/stm32ai-modelzoo-services-4.1.0/application_code/pose_estimation" / inside
    write_application(place, "getting-started-2.3")
    assert [one.root for one in find_tools(computer, {}).applications] == [place]


@unix
def test_of_two_patches_of_a_release_that_is_taken_whose_code_fits_the_application(computer):
    """4.0.1 has another NPU runtime than 4.0.0: the later one would be refused, with the right one beside it."""
    for release in ("4.0", "4.0.1"):
        stedgeai.install(computer.home / "ST/STEdgeAI", release)
    root = computer.home / "Downloads/STM32N6-GettingStarted-PoseEstimation"
    write_application(root, "getting-started-2.3")
    box = find_tools(computer, {})
    assert [one.version.version for one in box.tools["stedgeai"]] == [(4, 0, 1), (4, 0, 0)]
    assert box.compiler_for(box.applications[0].pair).version.version == (4, 0, 0)
    newer = replace(BY_KEY["getting-started-2.3"].compiler, ll_aton=(1, 1, 3, 275))
    assert box.compiler_for(replace(BY_KEY["getting-started-2.3"], compiler=newer)).version.version == (4, 0, 1)
    chosen = box.tools["stedgeai"][0].path
    box = find_tools(computer, {"stedgeai": chosen})
    assert box.compiler_for(box.applications[0].pair).path == chosen, (
        "what the user says is used, and judged by the gates"
    )


@unix
def test_an_application_for_another_task_is_not_to_be_fetched_again(computer):
    folder = computer.home / "Downloads/STM32N6-GettingStarted-PoseEstimation-x"
    write_application(folder, title="STM32N6-GettingStarted-FaceDetection")
    (told,) = [item for item in look_at_tools(find_tools(computer, {})) if item.name == "application"]
    assert told.state == "missing"
    assert "fresh copy" not in told.what_to_do


@unix
def test_the_release_that_the_user_chose_is_used_before_later_ones(computer):
    old = stedgeai.install(computer.home / "mine", "2.1")
    stedgeai.install(computer.home / "ST/STEdgeAI", "4.0")
    found = find_tool("stedgeai", computer, old.parents[2])
    assert [item.version.text for item in found] == ["2.1.0", "4.0.0"]


def test_probes_are_told_by_what_they_show_on_usb():
    def one():
        return [(0x0483, 0x374E, "/dev/ttyACM0 0034"), (0x0403, 0x6001, "/dev/ttyUSB0"), (None, None, "/dev/ttyS0")]

    assert findings._probes(one).found == "/dev/ttyACM0 0034"
    assert findings._probes(list).found == "none"
    assert findings._probes(list).state == "ok"


def test_a_computer_with_nothing_is_told_what_to_install(computer):
    told = look_at_tools(find_tools(computer, {}))
    states = {item.name: item.state for item in told}
    assert states["ST Edge AI Core"] == "missing"
    assert states["STM32 signing tool"] == "ok", "optional"
    assert all(item.what_to_do for item in told if item.state == "missing")


def test_the_command_says_and_remembers(tmp_path, computer):
    from builders import assert_told, n6

    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(computer.home), "PATH": "/nowhere"}
    program = placed(computer, "~/x/bin/make")
    program.write_text("#!/bin/sh\necho GNU Make 4.3\n")
    done = n6("tools", "set", "make", program.parent, "--json", cwd=tmp_path, **home)
    assert done.code == 0, done.err
    assert done.data["tools"]["make"][0]["version"] == "4.3.0"
    assert json.loads((tmp_path / "config/n6studio/tools.json").read_text()) == {"make": str(program.parent)}
    assert "set by you" in n6("tools", cwd=tmp_path, **home).out
    assert_told(n6("tools", "set", "gcc", program.parent, "--json", cwd=tmp_path, **home), "N6S-T01", 4)
    assert n6("tools", "forget", "make", "--json", cwd=tmp_path, **home).data["chosen"] == {}


def test_missing_tools_leave_the_doctors_verdict_alone(computer, monkeypatch):
    from n6studio.engine.doctor import deployment as doctor_tools
    from n6studio.engine.doctor.examine import is_fit

    monkeypatch.setattr(doctor_tools, "look_at_tools", lambda: look_at_tools(find_tools(computer, {})))
    found = doctor_tools.look_at_deployment()
    assert any(item.state == "missing" for item in found)
    assert is_fit(found)
    assert {item.needed_for for item in found} == {"deployment"}
