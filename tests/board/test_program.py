"""A plan is carried out on the virtual board: what differs is written, all is verified, nothing half done counts."""

import firmware
import pytest

from n6studio.board.images.flash_plan import make_plan
from n6studio.board.program import WrittenRecords, compare_plan, program_plan
from n6studio.board.programmer import Attendant, PowerCycle, Probe, choose_probe
from n6studio.board.progress import Meter
from n6studio.board.registry import board
from n6studio.board.virtual.board import Trouble, VirtualBoard
from n6studio.board.virtual.programmer import VirtualProgrammer
from n6studio.domain.deploy import Role
from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.images import NotConfirmed, PlanError, WeightsForeign, WrongBoard
from n6studio.domain.errors.programmer import (
    DebugPortClosed,
    EraseFailed,
    LoaderFailed,
    OtherBoard,
    ProbeMissing,
    ProbeNotFound,
    ReadBackDiffers,
    SeveralProbes,
    Unplugged,
    VerifyMismatch,
    WriteCancelled,
)


@pytest.fixture
def virtual(tmp_path):
    return VirtualBoard(tmp_path / "board")


@pytest.fixture
def programmer(virtual):
    return VirtualProgrammer(virtual)


@pytest.fixture
def paths(tmp_path):
    return firmware.write_virtual_images(tmp_path / "images")


def actions(report):
    return {image.role: image.action for image in report.images}


def runs(virtual):
    virtual.set_switches("flash")
    result = virtual.power_cycle()
    virtual.set_switches("development")
    virtual.power_cycle()
    return result.runs


def test_everything_is_written_once_and_then_only_what_differs(virtual, programmer, paths, witness):
    plan = firmware.plan_of(paths, "virtual")
    told = []
    report = program_plan(
        plan, programmer, witness.attendant, on_image=lambda image, what: told.append((image.role, what))
    )
    assert actions(report) == {"fsbl": "written", "weights": "written", "application": "written"}
    assert told[:4] == [(Role.FSBL, what) for what in ("compare", "write", "verify", "written")]
    assert runs(virtual)
    again = program_plan(plan, programmer, witness.attendant)
    assert set(actions(again).values()) == {"unchanged"}
    changed = firmware.write_virtual_images(paths[Role.WEIGHTS].parent, firmware.weights(seed=5))
    report = program_plan(firmware.plan_of(changed, "virtual"), programmer, witness.attendant)
    assert actions(report) == {"fsbl": "unchanged", "weights": "written", "application": "written"}
    assert runs(virtual)
    assert report.images[0].address == "0x70000000"
    assert "wrote 150000 bytes" in witness.log


def test_progress_goes_from_start_to_end_of_every_image(programmer, paths, witness):
    program_plan(firmware.plan_of(paths, "virtual"), programmer, witness.attendant)
    for role in Role:
        done = [item for item in witness.progress if (item.action, item.role) == ("write", role)]
        assert (done[0].fraction, done[-1].fraction) == (0.0, 1.0)
        assert [item.done for item in done] == sorted(item.done for item in done)


def test_nothing_is_written_before_everything_is_right(virtual, programmer, paths, witness):
    plan = firmware.plan_of(paths, "virtual")
    paths[Role.APPLICATION].write_bytes(firmware.application_image(size=99))
    with pytest.raises(PlanError) as caught:
        program_plan(firmware.plan_of(paths, "virtual", weights_sha256="0" * 64), programmer, witness.attendant)
    assert isinstance(caught.value, WeightsForeign)
    with pytest.raises(Exception, match="wanted"):
        program_plan(plan, programmer, witness.attendant)
    assert virtual.read(0x70000000, 4) == b"\xff" * 4


def test_what_needs_confirmation_waits_for_it(tmp_path, witness):
    kit = VirtualBoard(tmp_path / "kit", "stm32n6570-dk")
    plan = firmware.plan_of(firmware.write_images(tmp_path / "real"), kit.board)
    with pytest.raises(NotConfirmed):
        program_plan(plan, VirtualProgrammer(kit), witness.attendant, confirmed=["loader-overwrite"])
    assert kit.read(0x70000000, 4) == b"\xff" * 4
    keys = [risk.key for risk in plan.risks]
    program_plan(plan, VirtualProgrammer(kit), witness.attendant, confirmed=keys)


def test_the_plan_of_another_board(paths, tmp_path, witness):
    kit = VirtualProgrammer(VirtualBoard(tmp_path / "kit", "stm32n6570-dk"))
    with pytest.raises(WrongBoard):
        program_plan(firmware.plan_of(paths, "virtual"), kit, witness.attendant)


@pytest.mark.parametrize("at", [0, 1, 9215, 9216, 9217, 100_000, 159_215, 160_500])
def test_unplugged_anywhere_a_second_run_finishes(virtual, programmer, paths, witness, at):
    """`at` counts over all that is written: in the boot loader, the weights, the application, and between them."""
    plan = firmware.plan_of(paths, "virtual")
    records = WrittenRecords()
    left = at
    for image in plan.images:
        if left < image.size:
            break
        left -= image.size

    def unplug_in(item, what):
        if item is image and what == "write":
            virtual.make_trouble(Trouble(unplug_at=left))

    with pytest.raises(Unplugged) as caught:
        program_plan(plan, programmer, witness.attendant, records=records, on_image=unplug_in)
    assert caught.value.values["role"] == image.role.noun
    assert caught.value.values["done"] == left
    assert records.last(virtual.state.serial, image) == ""
    with pytest.raises(ProbeMissing):
        program_plan(plan, programmer, witness.attendant, records=records)
    virtual.power_cycle()
    report = program_plan(plan, programmer, witness.attendant, records=records)
    done = plan.images.index(image)
    assert [item.action for item in report.images] == ["unchanged"] * done + ["written"] * (3 - done)
    assert runs(virtual)


def test_cancelled_while_writing_says_what_is_on_the_board(virtual, programmer, paths, witness):
    plan = firmware.plan_of(paths, "virtual")

    def at_progress(progress):
        if progress.action == "write" and progress.role == Role.WEIGHTS:
            witness.attendant.cancel.set()

    witness.at_progress = at_progress
    with pytest.raises(WriteCancelled) as caught:
        program_plan(plan, programmer, witness.attendant)
    state = caught.value.values["state"]
    assert "0 of 150000 bytes of the model weights" in state
    assert "Complete: first-stage boot loader." in state
    assert "Not written: application." in state
    witness.attendant.cancel.clear()
    witness.at_progress = lambda _progress: None
    assert actions(program_plan(plan, programmer, witness.attendant))["fsbl"] == "unchanged"
    assert runs(virtual)


def test_cancelled_between_images_nothing_is_half_written(programmer, paths, witness):
    def on_image(image, what):
        if (image.role, what) == (Role.FSBL, "written"):
            witness.attendant.cancel.set()

    with pytest.raises(WriteCancelled) as caught:
        program_plan(firmware.plan_of(paths, "virtual"), programmer, witness.attendant, on_image=on_image)
    assert caught.value.values["state"].startswith("No image is partially written. Complete: first-stage boot loader.")


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble(erase_fails=True), EraseFailed),
        (Trouble(locked=True), DebugPortClosed),
        (Trouble(stuck_at=0x70380010), VerifyMismatch),
        (Trouble(ignores_writes=True), VerifyMismatch),
        (Trouble(loader_hangs=True), LoaderFailed),
    ],
)
def test_a_board_that_misbehaves(virtual, programmer, paths, witness, trouble, error):
    virtual.make_trouble(trouble)
    records = WrittenRecords()
    plan = firmware.plan_of(paths, "virtual")
    with pytest.raises(error):
        program_plan(plan, programmer, witness.attendant, records=records, write_all=True)
    assert records.last(virtual.state.serial, plan.images[1]) == ""


def test_in_flash_boot_nothing_is_erased_and_the_switches_are_named(virtual, programmer, paths, witness):
    virtual.set_switches("flash")
    virtual.power_cycle()
    with pytest.raises(EraseFailed) as caught:
        program_plan(firmware.plan_of(paths, "virtual"), programmer, witness.attendant)
    assert "right" in caught.value.values["switches"]


def test_a_hanging_loader_is_cured_by_a_power_cycle_that_is_asked_for(virtual, programmer, paths, witness):
    virtual.make_trouble(Trouble(loader_hangs=True))
    witness.on_power_cycle = lambda: bool(virtual.power_cycle())
    image = firmware.plan_of(paths, "virtual").images[0]
    programmer.write(image, witness.attendant)
    assert witness.asked == [PowerCycle.LOADER_HANGS]


def test_a_programmer_that_only_claims_to_write_is_found_out(virtual, paths, witness):
    class Boaster(VirtualProgrammer):
        def write(self, image, attendant):
            pass

    with pytest.raises(ReadBackDiffers) as caught:
        program_plan(firmware.plan_of(paths, "virtual"), Boaster(virtual), witness.attendant)
    assert caught.value.values["count"] > 1000


def test_erasing_everything_first(tmp_path, virtual, programmer, paths, witness):
    virtual.program(0x73000000, b"old demonstration", lambda _done: None)
    plan = firmware.plan_of(paths, "virtual")
    images, build = plan.images, plan.build
    erasing = make_plan(virtual.board, images, build, erase_all=True)
    with pytest.raises(NotConfirmed):
        program_plan(erasing, programmer, witness.attendant)
    program_plan(erasing, programmer, witness.attendant, confirmed=["mass-erase"])
    assert virtual.read(0x73000000, 3) == b"\xff" * 3
    assert runs(virtual)


def test_comparing_writes_nothing_and_says_what_differs(virtual, programmer, paths, witness):
    plan = firmware.plan_of(paths, "virtual")
    assert min(compare_plan(plan, programmer, witness.attendant).values()) > 0
    assert virtual.read(0x70000000, 4) == b"\xff" * 4
    program_plan(plan, programmer, witness.attendant)
    assert set(compare_plan(plan, programmer, witness.attendant).values()) == {0}


def test_cancelled_while_verifying_says_so(programmer, paths, witness):
    def on_image(image, what):
        if (image.role, what) == (Role.WEIGHTS, "verify"):
            witness.attendant.cancel.set()

    with pytest.raises(WriteCancelled) as caught:
        program_plan(firmware.plan_of(paths, "virtual"), programmer, witness.attendant, on_image=on_image)
    assert caught.value.values["state"] == (
        "Written but not verified: model weights. Complete: first-stage boot loader. Not written: application."
    )


def test_a_log_that_cannot_be_written_does_not_stop_the_work(programmer, paths, tmp_path):
    program_plan(firmware.plan_of(paths, "virtual"), programmer, Attendant(log=tmp_path / "no folder" / "log.txt"))


def test_a_full_disk_below_the_virtual_board_loses_nothing(tiny_disk, tmp_path, witness):
    virtual = VirtualBoard(tiny_disk / "board")
    plan = firmware.plan_of(firmware.write_virtual_images(tmp_path / "large", firmware.weights(400_000)), "virtual")
    with pytest.raises(DiskFull):
        program_plan(plan, VirtualProgrammer(virtual), witness.attendant)
    virtual.erase_all()  # makes room: an erased sector takes none
    small = firmware.plan_of(firmware.write_virtual_images(tmp_path / "small", firmware.weights(1000)), "virtual")
    program_plan(small, VirtualProgrammer(virtual), witness.attendant)
    assert runs(virtual)


def test_development_boot_is_known(virtual, programmer, witness):
    assert programmer.development_boot(witness.attendant) is True
    virtual.set_switches("flash")
    virtual.power_cycle()
    assert programmer.development_boot(witness.attendant) is False
    virtual.unplug()
    assert programmer.development_boot(witness.attendant) is None


# --- records ---------------------------------------------------------------------------------------------------------


class Blind(VirtualProgrammer):
    """A programmer that cannot read back."""

    can_read_back = False


def test_without_read_back_the_last_record_decides(virtual, paths, witness, tmp_path):
    plan, blind = firmware.plan_of(paths, "virtual"), Blind(virtual)
    file = tmp_path / "written.json"
    assert set(actions(program_plan(plan, blind, witness.attendant, records=WrittenRecords(file))).values()) == {
        "written"
    }
    report = program_plan(plan, blind, witness.attendant, records=WrittenRecords(file))
    assert set(actions(report).values()) == {"unchanged"}
    other = Blind(VirtualBoard(tmp_path / "other", serial="ANOTHER"))
    report = program_plan(plan, other, witness.attendant, records=WrittenRecords(file))
    assert set(actions(report).values()) == {"written"}


def test_a_record_is_no_proof_where_flash_can_be_read(virtual, programmer, paths, witness):
    plan, records = firmware.plan_of(paths, "virtual"), WrittenRecords()
    program_plan(plan, programmer, witness.attendant, records=records)
    virtual.erase_all()
    report = program_plan(plan, programmer, witness.attendant, records=records)
    assert set(actions(report).values()) == {"written"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"A": 1}'])
def test_damaged_records_are_forgotten(tmp_path, text, paths):
    (tmp_path / "written.json").write_text(text)
    image = firmware.plan_of(paths, "virtual").images[0]
    assert WrittenRecords(tmp_path / "written.json").last("A", image) == ""


# --- probes ----------------------------------------------------------------------------------------------------------

KIT, NUCLEO = board("stm32n6570-dk"), board("nucleo-n657x0-q")
PROBES = (
    Probe("AAA", "STM32N6570-DK", "V3", "stm32n6570-dk"),
    Probe("BBB", "STM32N6570-DK", "V3", "stm32n6570-dk"),
    Probe("CCC", "NUCLEO-N657X0-Q", "V3", "nucleo-n657x0-q"),
    Probe("DDD", "NUCLEO-H743ZI2", "V2", ""),
    Probe("EEE", "", "V3", ""),
)


def test_the_only_fitting_board_is_taken():
    assert choose_probe(PROBES[:1], KIT, "").serial == "AAA"
    assert choose_probe((PROBES[0], PROBES[2]), NUCLEO, "").serial == "CCC"
    assert choose_probe((PROBES[0], PROBES[3]), KIT, "").serial == "AAA"
    assert choose_probe(PROBES[4:], KIT, "").serial == "EEE"


def test_of_two_boards_the_chosen_one_is_taken():
    assert choose_probe(PROBES, KIT, "bbb").serial == "BBB"
    with pytest.raises(SeveralProbes) as caught:
        choose_probe(PROBES[:2], KIT, "")
    assert caught.value.values["serials"] == ["AAA (STM32N6570-DK)", "BBB (STM32N6570-DK)"]


@pytest.mark.parametrize(
    ("probes", "serial", "error"),
    [
        ((), "", ProbeMissing),
        ((), "AAA", ProbeMissing),
        (PROBES, "ZZZ", ProbeNotFound),
        (PROBES[2:3], "", OtherBoard),
        (PROBES, "CCC", OtherBoard),
        (PROBES, "DDD", OtherBoard),
        (PROBES[3:4], "", OtherBoard),
    ],
)
def test_no_other_board_is_ever_taken(probes, serial, error):
    with pytest.raises(error):
        choose_probe(probes, KIT, serial)


# --- progress --------------------------------------------------------------------------------------------------------


def test_progress_is_told_ten_times_a_second_at_most(witness):
    now = [0.0]
    meter = Meter(witness.attendant, "write", Role.WEIGHTS, 1000, lambda: now[0])
    for second, done in [(0.2, 100), (0.25, 150), (1.0, 500), (2.0, 1000)]:
        now[0] = second
        meter.at(done)
    assert [(item.done, item.fraction) for item in witness.progress] == [(0, 0.0), (100, 0.1), (500, 0.5), (1000, 1.0)]
    assert meter.done == 1000
