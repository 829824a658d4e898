"""STM32_Programmer_CLI is driven as a process: its stand-in acts on virtual boards and fails in every known way."""

import re
import threading

import firmware
import psutil
import pytest

from n6studio.board.cube import programmer as cube_programmer
from n6studio.board.cube.connection import Link
from n6studio.board.cube.output import parse_connection, parse_fuses, parse_probes, parse_version, percent
from n6studio.board.cube.programmer import CubeProgrammer
from n6studio.board.program import program_plan
from n6studio.board.programmer import Attendant, PowerCycle
from n6studio.board.registry import board
from n6studio.board.virtual.board import Trouble
from n6studio.domain.deploy import Role
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.images import NotConfirmed
from n6studio.domain.errors.programmer import (
    DebugPortClosed,
    EraseFailed,
    FalseSuccess,
    LoaderMissing,
    NoInternalFlash,
    OtherBoard,
    ProbeMissing,
    ProbeNotFound,
    ProgrammerFailed,
    ProgrammerSilent,
    ReadBackDiffers,
    SeveralProbes,
    Unplugged,
    VerifyMismatch,
    WriteCancelled,
)
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import ToolMissing

KIT = board("stm32n6570-dk")
CONFIRMED = ("otp-hslv", "loader-overwrite")


@pytest.fixture
def kit(bench):
    return bench.connect("stm32n6570-dk", "AAA1")


@pytest.fixture
def programmer(bench, kit):
    return CubeProgrammer(bench.programmer, KIT, silence_seconds=20)


@pytest.fixture
def connected(programmer):
    """The same after it has connected, without the two processes that this takes."""
    programmer._serial, programmer._connection = "AAA1", object()
    return programmer


@pytest.fixture
def paths(tmp_path):
    return firmware.write_images(tmp_path / "Bilder für Lena", firmware.weights(20_000))


@pytest.fixture
def weights(paths):
    return firmware.plan_of(paths, KIT).image(Role.WEIGHTS)


@pytest.fixture(autouse=True)
def quick_return(monkeypatch):
    monkeypatch.setattr(cube_programmer, "RETURN_SECONDS", 0.01)
    monkeypatch.setattr(cube_programmer, "RETURN_ATTEMPTS", 2)


def commands(witness):
    return [line for line in witness.log.splitlines() if line.startswith("$")]


# --- success ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_programmed_and_runs(programmer, kit, paths, witness):
    report = program_plan(firmware.plan_of(paths, KIT), programmer, witness.attendant, confirmed=CONFIRMED)
    assert [image.action for image in report.images] == ["written"] * 3
    assert report.version == "2.22.0"
    assert (report.connection.revision, report.connection.voltage, report.connection.frequency) == ("Z", 3.29, 8000)
    for role, path in paths.items():
        data = path.read_bytes()
        assert kit.read(KIT.slot(role).address, len(data)) == data
    kit.set_switches("flash")
    assert kit.power_cycle().runs


def test_the_command_line_is_the_documented_one(connected, bench, weights, witness):
    connected.write(weights, witness.attendant)
    line = commands(witness)[-1]
    loader = re.escape(str(bench.bin / "ExternalLoader" / KIT.flash.loader))
    assert re.search(
        rf' -c port=SWD mode=HOTPLUG sn=AAA1 -el "{loader}" -hardRst -w \S+weights\.bin 0x70380000 -v$', line
    )
    connected.read(0x70380000, 20, witness.attendant)
    assert re.search(r" -r 0x70380000 0x14 \S+read\.bin$", commands(witness)[-1])
    connected.erase(0x70100000, 0x10001, witness.attendant)
    assert commands(witness)[-1].endswith("-e [16 17]")


def test_the_tool_sees_no_blanks_or_umlauts_of_the_image(connected, weights, witness):
    assert " " in str(weights.path)
    connected.write(weights, witness.attendant)
    staged = re.search(r"-w (\S+weights\.bin)", commands(witness)[-1]).group(1)
    assert staged.isascii()


def test_progress_is_taken_from_the_bar(connected, weights, witness):
    connected.write(weights, witness.attendant)
    fractions = [item.fraction for item in witness.progress if item.action == "write"]
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert [item.fraction for item in witness.progress if item.action == "verify"][-1] == 1.0


def test_erasing_sectors_and_everything(connected, kit, weights, witness):
    connected.write(weights, witness.attendant)
    connected.erase(weights.address, 1, witness.attendant)
    assert kit.read(weights.address, weights.size) == b"\xff" * weights.size
    connected.write(weights, witness.attendant)
    connected.erase_all(witness.attendant)
    assert kit.read(weights.address, 100) == b"\xff" * 100


# --- which board -----------------------------------------------------------------------------------------------------


def test_of_two_boards_the_chosen_one_is_programmed(bench, kit, weights, witness):
    other = bench.connect("stm32n6570-dk", "BBB2")
    with pytest.raises(SeveralProbes):
        CubeProgrammer(bench.programmer, KIT).write(weights, witness.attendant)
    CubeProgrammer(bench.programmer, KIT, "BBB2").write(weights, witness.attendant)
    assert other.read(weights.address, 4) != b"\xff" * 4
    assert kit.read(weights.address, 4) == b"\xff" * 4


def test_a_board_of_the_other_kind_is_not_touched(bench, weights, witness):
    nucleo = bench.connect("nucleo-n657x0-q", "CCC3")
    for serial in ("", "CCC3"):
        with pytest.raises(OtherBoard) as caught:
            CubeProgrammer(bench.programmer, KIT, serial).write(weights, witness.attendant)
        assert caught.value.values["found"] == "NUCLEO-N657X0-Q"
    assert nucleo.read(weights.address, 4) == b"\xff" * 4
    with pytest.raises(ProbeNotFound):
        CubeProgrammer(bench.programmer, KIT, "ZZZ").connect(witness.attendant)


def test_without_a_board(bench, witness):
    programmer = CubeProgrammer(bench.programmer, KIT)
    assert programmer.probes() == ()
    with pytest.raises(ProbeMissing) as caught:
        programmer.connect(witness.attendant)
    assert "CN6" in advice(caught.value, "linux").as_text()


# --- fuses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fuses", "state", "said"),
    [
        ((0x18000, 0), "set", "0x00018000"),
        ((0x8000, 0), "clear", "not all set yet"),
        ((0, 0), "clear", "0x00000000"),
        ((0, 0x40000000), "locked", "0x40000000"),
        (None, "unknown", "could not be read"),
    ],
)
def test_fuses_are_read_and_never_written(programmer, bench, kit, witness, fuses, state, said):
    bench.behave(fuses=fuses)
    (found,) = programmer.fuses(witness.attendant)
    assert (found.key, found.word, found.mask, found.state) == ("otp-hslv", 124, 0x18000, state)
    assert said in found.message
    assert [line.partition("-otp ")[2] for line in commands(witness) if "-otp" in line] == ["displ word=124"]


def test_fuses_of_a_board_that_is_not_there_are_not_known(programmer, bench, kit, witness):
    kit.set_switches("flash")
    kit.power_cycle()
    assert programmer.fuses(witness.attendant)[0].state == "unknown", "hot plug only: what runs goes on"
    assert not any("mode=UR" in line for line in commands(witness))
    kit.unplug()
    assert programmer.fuses(witness.attendant)[0].state == "unknown"
    other = CubeProgrammer(bench.folder / "no tool", KIT)
    assert other.fuses(witness.attendant)[0].state == "unknown"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  HCONF1 | Data124: 0x00018000 | Status124: 0x00000000", (0x18000, 0)),
        ("Data124 : 0x1\nStatus124 : 0x2", (1, 2)),
        ("Data12: 0x00018000", None),
        ("Data1240: 0x00018000", None),
        ("", None),
    ],
)
def test_what_an_otp_word_looks_like(text, found):
    assert parse_fuses(text.splitlines(), 124) == found


def test_burning_is_agreed_to_unless_the_fuses_are_set(programmer, bench, kit, paths, witness):
    plan = firmware.plan_of(paths, KIT)
    with pytest.raises(NotConfirmed) as caught:
        program_plan(plan, programmer, witness.attendant, confirmed=["loader-overwrite"])
    assert "OTP word 124 is 0x00000000" in advice(caught.value).as_text()
    assert kit.read(0x70000000, 4) == b"\xff" * 4, "nothing was written"
    bench.behave(fuses=(0x18000, 0))
    report = program_plan(plan, programmer, witness.attendant, confirmed=["loader-overwrite"])
    assert [one.state for one in report.fuses] == ["set"]
    with pytest.raises(NotConfirmed):
        program_plan(plan, programmer, witness.attendant, confirmed=["otp-hslv"])


# --- what is tried before giving up ----------------------------------------------------------------------------------


def test_a_board_that_runs_from_flash_is_reached_under_reset(programmer, kit, weights, witness):
    kit.set_switches("flash")
    kit.power_cycle()
    kit.set_switches("development")
    assert programmer.connect(witness.attendant).mode == "UR"
    programmer.write(weights, witness.attendant)
    assert "mode=UR reset=HWrst" in commands(witness)[-1]
    assert witness.asked == []


def test_development_boot_is_recognised(bench, kit, programmer, witness):
    assert programmer.development_boot(witness.attendant) is True
    kit.set_switches("flash")
    kit.power_cycle()
    assert programmer.development_boot(witness.attendant) is False
    kit.unplug()
    assert programmer.development_boot(witness.attendant) is None


def test_reading_works_with_the_switches_in_flash_boot(connected, kit, weights, witness):
    connected.write(weights, witness.attendant)
    kit.set_switches("flash")
    kit.power_cycle()
    assert connected.differing(weights, witness.attendant) == 0


def test_a_probe_that_locks_up_is_driven_slower(programmer, bench, weights, witness):
    bench.behave(hangs_above=1500)
    programmer.write(weights, witness.attendant)
    assert [re.findall(r"freq=(\d+)", line) for line in commands(witness)][1:4] == [[], ["4000"], ["1000"]]
    assert "freq=1000" in commands(witness)[-1]


def test_then_a_power_cycle_is_asked_for(programmer, bench, kit, weights, witness):
    bench.behave(hangs_above=500)

    def replug():
        bench.behave(hangs_above=0)
        return bool(kit.power_cycle())

    witness.on_power_cycle = replug
    programmer.write(weights, witness.attendant)
    assert witness.asked == [PowerCycle.PROBE_HANGS]


@pytest.mark.slow
def test_a_hanging_loader_is_ended_and_cured_by_a_power_cycle(bench, kit, weights, witness):
    kit.make_trouble(Trouble(loader_hangs=True))
    witness.on_power_cycle = lambda: bool(kit.power_cycle())
    programmer = CubeProgrammer(bench.programmer, KIT, silence_seconds=5)
    programmer.write(weights, witness.attendant)
    assert witness.asked == [PowerCycle.LOADER_HANGS]
    assert programmer.differing(weights, witness.attendant) == 0


def test_a_board_that_does_not_come_back_ends_the_attempts(programmer, kit, witness):
    kit.make_trouble(Trouble(locked=True))

    def lose():
        kit.unplug()
        return True

    witness.on_power_cycle = lose
    with pytest.raises(DebugPortClosed):
        programmer.connect(witness.attendant)


# --- every failure is its own ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["Error: No debug probe detected."], ProbeMissing),
        (["Error: Data read failed at 0x08000000", "Warning: Connection to device 0x486 is lost"], NoInternalFlash),
        (["\x1b[31mError: something that nobody has met\x1b[0m"], ProgrammerFailed),
        (["nothing telling"], ProgrammerFailed),
    ],
)
def test_each_failure_line_has_its_error_and_advice(programmer, bench, witness, lines, error):
    """`test_failure_texts.py` has every text."""
    bench.behave(say=tuple(lines))
    with pytest.raises(error) as caught:
        programmer._connect(Link(), witness.attendant)  # once, without what would be tried before giving up
    assert type(caught.value) is error
    text = advice(caught.value, "windows").as_text()
    assert lines[0].removeprefix("\x1b[31m").removesuffix("\x1b[0m") in text or lines[-1] in text
    assert re.search(r"^  1\. \S", text, re.MULTILINE)


def test_in_flash_boot_erasing_fails_and_the_switches_are_named(programmer, kit, weights, witness):
    kit.set_switches("flash")
    kit.power_cycle()
    with pytest.raises(EraseFailed) as caught:
        programmer.write(weights, witness.attendant)
    assert "to the right" in advice(caught.value).as_text()
    assert kit.read(weights.address, 4) == b"\xff" * 4


def test_a_version_that_cannot_erase(programmer, bench, weights, witness):
    bench.behave(version="2.20.0")
    with pytest.raises(EraseFailed):
        programmer.write(weights, witness.attendant)
    assert programmer.version == "2.20.0"


def test_a_byte_that_does_not_take_what_is_written(connected, kit, weights, witness):
    kit.make_trouble(Trouble(stuck_at=weights.address + 9))
    with pytest.raises(VerifyMismatch) as caught:
        connected.write(weights, witness.attendant)
    assert f"0x{weights.address + 9:08X}" in caught.value.values["line"]


@pytest.mark.parametrize(
    "manner",
    [
        {"error_after": "Error: something else went wrong"},
        {"forget_complete": True},
    ],
)
def test_success_that_is_none(connected, bench, weights, witness, manner):
    bench.behave(**manner)
    with pytest.raises(FalseSuccess):
        connected.write(weights, witness.attendant)


def test_an_error_with_exit_code_zero_and_a_success_line_is_an_error(connected, bench, kit, weights, witness):
    kit.make_trouble(Trouble(erase_fails=True))
    bench.behave(exit_zero=True, complete_anyway=True)
    with pytest.raises(EraseFailed):
        connected.write(weights, witness.attendant)


def test_flash_that_did_not_change_is_found_out_by_reading_back(programmer, kit, bench, paths, witness, monkeypatch):
    """An old version without its own comparison: everything says success, and nothing was written."""
    kit.make_trouble(Trouble(ignores_writes=True))
    write = CubeProgrammer._run_linked
    monkeypatch.setattr(
        CubeProgrammer,
        "_run_linked",
        lambda self, link, words, *rest, **more: write(self, link, [w for w in words if w != "-v"], *rest, **more),
    )
    with pytest.raises(ReadBackDiffers):
        program_plan(firmware.plan_of(paths, KIT), programmer, witness.attendant, confirmed=CONFIRMED)


def test_unplugged_in_the_middle_of_writing(connected, kit, weights, witness):
    kit.make_trouble(Trouble(unplug_at=9000))
    with pytest.raises(Unplugged) as caught:
        connected.write(weights, witness.attendant)
    assert 0 < caught.value.values["done"] <= 9000
    kit.power_cycle()
    connected.write(weights, witness.attendant)
    assert connected.differing(weights, witness.attendant) == 0


def test_cancelled_while_writing_ends_the_tool_and_its_children(connected, kit, weights, witness):
    kit.make_trouble(Trouble(bytes_per_second=10_000))
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    def at_progress(progress):
        if progress.action == "write" and progress.done:
            witness.attendant.cancel.set()

    witness.at_progress = at_progress
    with pytest.raises(WriteCancelled) as caught:
        connected.write(weights, witness.attendant)
    assert "of 20000 bytes of the model weights written" in caught.value.values["state"]
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@pytest.mark.slow
def test_cancelled_while_connecting(programmer, bench):
    bench.behave(silent=True)
    cancel = threading.Event()
    threading.Timer(1.0, cancel.set).start()
    with pytest.raises(Cancelled):
        programmer._connect(Link(), Attendant(cancel=cancel))


@pytest.mark.slow
def test_a_tool_that_says_nothing_more_is_ended(bench, kit, witness):
    bench.behave(silent=True)
    with pytest.raises(ProgrammerSilent) as caught:
        CubeProgrammer(bench.programmer, KIT, silence_seconds=1)._connect(Link(), witness.attendant)
    assert "stopped responding" in advice(caught.value).as_text()


def test_a_loader_that_is_not_there_is_noticed_before_the_tool_ignores_it(connected, bench, weights, witness):
    (bench.bin / "ExternalLoader" / KIT.flash.loader).unlink()
    with pytest.raises(LoaderMissing):
        connected.write(weights, witness.attendant)


def test_the_loaders_are_found_through_a_link(bench, kit, weights, witness, tmp_path):
    link = tmp_path / "linked"
    try:
        link.symlink_to(bench.programmer)
    except OSError:
        pytest.skip("this system lets nobody make links")
    CubeProgrammer(link, KIT).write(weights, witness.attendant)
    assert kit.read(weights.address, weights.size) == weights.read()


def test_a_program_that_cannot_be_started(tmp_path):
    with pytest.raises(ToolMissing):
        CubeProgrammer(tmp_path / "STM32_Programmer_CLI", KIT).probes()


# --- what the tool prints --------------------------------------------------------------------------------------------


def test_versions():
    assert parse_version(["      STM32CubeProgrammer v2.22.0                  "]) == "2.22.0"
    assert parse_version(["STM32CubeProgrammer version: 2.18.0"]) == "2.18.0"
    assert parse_version(["nothing"]) == ""


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text,
        lambda text: text.replace("ST-LINK", "STLINK").replace("ST-Link", "STLink"),
        lambda text: "\n".join(f"\x1b[33m{line}\x1b[0m" for line in text.splitlines()),
        lambda text: text.replace("\n", "\r\n").replace("   ", "\t"),
    ],
    ids=["2.22", "without dash", "coloured", "tabs"],
)
def test_a_list_of_probes_with_other_interfaces_around(written):
    text = """
      =====  DFU Interface   =====
      Total number of available STM32 device in DFU mode: 1
        Device Index           : USB1
        Serial number          : 200364500000
      ===== STLink Interface =====
      -------- Connected ST-LINK Probes List --------
      ST-Link Probe 0 :
         ST-LINK SN  : 002F00223033510C35383638
         ST-LINK FW  : V3J16M7
         Access Port Number  : 2
         Board Name  : STM32N6570-DK
      ST-Link Probe 1 :
         ST-LINK SN  : 0670FF3632524B3043161027
         ST-LINK FW  : V2J45M31
         Access Port Number  : 1
         Board Name  : --
      -----------------------------------------------
      =====  UART Interface  =====
      Port: /dev/ttyACM0
      Description: STLINK-V3
    """
    found = parse_probes(written(text).splitlines())
    assert [(probe.serial, probe.board_name, probe.board) for probe in found] == [
        ("002F00223033510C35383638", "STM32N6570-DK", "stm32n6570-dk"),
        ("0670FF3632524B3043161027", "", ""),
    ]


def test_an_output_without_a_chip_is_no_connection():
    assert parse_connection(["ST-LINK SN  : 1", "Board       : STM32N6570-DK"], "UR") is None


BARS = [
    ("\u2588\u2588 42%", 0.42),
    ("10% 20 %", 0.2),
    ("100%", 1.0),
    ("999%", 1.0),
    ("\u2588" * 10, 0.2),
    ("none", None),
    ("", None),
]


@pytest.mark.parametrize(("line", "value"), BARS)
def test_percentages(line, value):
    assert percent(line) == value
