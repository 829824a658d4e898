"""The virtual board behaves like a board: flash is NOR, switches count at power-up, and it keeps its state."""

import struct
import subprocess
import sys

import firmware
import pytest
from power_cut import ends, lay_out, listening, tree_of

from n6studio.board.images.header import ImageType, sign
from n6studio.board.virtual.board import CHUNK, Refused, Trouble, VirtualBoard
from n6studio.domain.deploy import Role
from n6studio.domain.errors.deploy import BoardSilent, VirtualBoardDamaged

AT = 0x70100000


@pytest.fixture
def kit(tmp_path):
    return VirtualBoard(tmp_path / "kit", "stm32n6570-dk", "KIT1")


def put(kit, address, data):
    kit.erase(kit.sectors(address, len(data)))
    kit.program(address, data, lambda _done: None)


def deploy(kit, paths):
    for role, path in paths.items():
        put(kit, kit.board.slot(role).address, path.read_bytes())


def booted(kit):
    kit.set_switches("flash")
    return kit.power_cycle()


# --- flash -----------------------------------------------------------------------------------------------------------


def test_erased_flash_reads_as_ff_to_its_last_byte(kit):
    assert kit.read(kit.board.flash.address, 10) == b"\xff" * 10
    assert kit.read(kit.board.flash.end - 10, 10) == b"\xff" * 10
    with pytest.raises(ValueError, match="not all in flash"):
        kit.read(kit.board.flash.end - 9, 10)


def test_programming_only_clears_bits(kit):
    put(kit, AT, b"\xf0\x0f")
    kit.program(AT, b"\xaa\xaa", lambda _done: None)
    assert kit.read(AT, 3) == b"\xa0\x0a\xff"


def test_writing_may_cross_sectors_and_start_anywhere(kit):
    data = firmware.weights(200_000)
    kit.program(AT + 123, data, lambda _done: None)
    assert kit.read(AT + 122, len(data) + 2) == b"\xff" + data + b"\xff"


def test_erasing_takes_whole_sectors_and_no_more(kit):
    sector = kit.board.flash.sector
    kit.program(AT, bytes(3 * sector), lambda _done: None)
    kit.erase(kit.sectors(AT + sector + 5, 1))
    assert kit.read(AT, sector) == bytes(sector)
    assert kit.read(AT + sector, sector) == b"\xff" * sector
    assert kit.read(AT + 2 * sector, sector) == bytes(sector)
    assert list(kit.sectors(AT, sector + 1)) == [16, 17]
    kit.erase_all()
    assert kit.read(AT, 3 * sector) == b"\xff" * 3 * sector


def test_state_survives_and_is_shared(kit):
    put(kit, AT, b"hello")
    kit.set_switches("flash")
    again = VirtualBoard(kit.folder)
    assert again.state == kit.state
    assert again.state.serial == "KIT1"
    assert again.read(AT, 5) == b"hello"


HAMMER = f"""
import sys
from pathlib import Path
from n6studio.board.virtual.board import VirtualBoard
board, byte = VirtualBoard(Path(sys.argv[1])), int(sys.argv[2])
for _ in range(20):
    board.program({AT} + byte * {CHUNK}, bytes([byte]) * {CHUNK}, lambda _done: None)
    board.set_switches("flash" if byte % 2 else "development")
"""


def test_several_processes_may_use_one_board(kit):
    workers = [subprocess.Popen([sys.executable, "-c", HAMMER, kit.folder, str(byte)]) for byte in (1, 2, 3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert kit.read(AT + CHUNK, 3 * CHUNK) == b"".join(bytes([byte]) * CHUNK for byte in (1, 2, 3))


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', '{"format": 1, "board": "none"}', "[1]"])
def test_a_damaged_state_is_said_so(kit, text):
    (kit.folder / "board.json").write_text(text)
    with pytest.raises(VirtualBoardDamaged):
        _ = kit.state


def test_a_damaged_sector_is_said_so(kit):
    put(kit, AT, b"hello")
    (kit.folder / "flash" / "70100000.bin").write_bytes(b"short")
    with pytest.raises(VirtualBoardDamaged):
        kit.read(AT, 1)


# --- switches, connecting, troubles ----------------------------------------------------------------------------------


def test_switches_count_at_the_next_power_up(kit):
    kit.set_switches("flash")
    assert kit.mode.key == "development"
    kit.power_cycle()
    assert kit.mode.key == "flash"
    assert kit.state.power_cycles == 1


def test_after_flash_boot_only_under_reset_connects_and_nothing_erases(kit):
    booted(kit)
    with pytest.raises(Refused) as caught:
        kit.connect(under_reset=False)
    assert caught.value.why == Refused.Why.CLOSED
    kit.connect(under_reset=True)
    assert kit.read(AT, 1) == b"\xff"
    with pytest.raises(Refused) as caught:
        kit.erase(range(1))
    assert caught.value.why == Refused.Why.NOT_ERASED


def test_after_moving_the_switches_back_under_reset_is_enough_to_write(kit):
    booted(kit)
    kit.set_switches("development")
    with pytest.raises(Refused):
        kit.connect(under_reset=False)
    kit.connect(under_reset=True)
    put(kit, AT, b"new")
    assert kit.read(AT, 3) == b"new"


def test_an_unplugged_board_does_nothing_until_it_is_plugged_in(kit):
    kit.unplug()
    for action in (lambda: kit.connect(True), kit.reset, lambda: kit.read(AT, 1), lambda: kit.erase(range(1))):
        with pytest.raises(Refused) as caught:
            action()
        assert caught.value.why == Refused.Why.UNPLUGGED
    kit.power_cycle()
    kit.connect(under_reset=False)


@pytest.mark.parametrize("at", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 70_000])
def test_unplugged_at_any_byte(kit, at):
    kit.make_trouble(Trouble(unplug_at=at))
    data = bytes(80_000)
    with pytest.raises(Refused) as caught:
        kit.program(AT, data, lambda _done: None)
    assert (caught.value.why, caught.value.done) == (Refused.Why.UNPLUGGED, at)
    assert kit.read_flash(AT, at + 1) == bytes(at) + b"\xff"
    kit.power_cycle()
    kit.program(AT, data, lambda _done: None)
    assert kit.read(AT, len(data)) == data


def test_troubles_with_flash(kit):
    kit.make_trouble(Trouble(erase_fails=True))
    with pytest.raises(Refused):
        kit.erase(range(1))
    kit.make_trouble(Trouble(stuck_at=AT + 5))
    kit.program(AT, b"\xff" * 10, lambda _done: None)
    assert kit.read(AT, 10) == b"\xff" * 5 + b"\0" + b"\xff" * 4
    kit.make_trouble(Trouble(ignores_writes=True))
    put(kit, AT, b"nothing")
    assert kit.read(AT, 7) == b"\xff" * 5 + b"\0\xff"


def test_a_locked_board_stays_closed(kit):
    kit.make_trouble(Trouble(locked=True))
    for under_reset in (False, True):
        with pytest.raises(Refused):
            kit.connect(under_reset)


def test_a_hanging_loader_hangs_until_the_power_cycle(kit):
    kit.make_trouble(Trouble(loader_hangs=True))
    with pytest.raises(Refused) as caught:
        kit.erase(range(1))
    assert caught.value.why == Refused.Why.LOADER_HANGS
    kit.power_cycle()
    kit.erase(range(1))


def test_writing_can_be_cancelled_between_chunks(kit):
    seen = []
    with pytest.raises(Refused) as caught:
        kit.program(AT, bytes(5 * CHUNK), seen.append, lambda: len(seen) == 2)
    assert (caught.value.why, caught.value.done) == (Refused.Why.CANCELLED, 2 * CHUNK)


# --- boot ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path):
    return firmware.write_virtual_images(tmp_path / "images")


def test_a_whole_deployment_runs(kit, paths):
    deploy(kit, paths)
    result = booted(kit)
    assert result.runs
    assert result.remarks == ()
    assert result.manifest.name == "a small model"
    assert kit.state.running
    result.require_running(kit.board)


@pytest.mark.parametrize("mode", ["development", "serial"])
def test_with_other_switches_nothing_runs(kit, paths, mode):
    deploy(kit, paths)
    kit.set_switches(mode)
    result = kit.power_cycle()
    assert not result.runs
    assert mode in result.reason


def changed(data, offset, value):
    return data[:offset] + struct.pack("<I", value) + data[offset + 4 :]


def unaligned(image):
    return image[:0x6C] + struct.pack("<I", len(image) - 0x400) + image[0x70:0x240] + image[0x400:]


@pytest.mark.parametrize(
    ("role", "change", "reason"),
    [
        (Role.FSBL, lambda data: b"\xff", "no boot loader"),
        (Role.FSBL, lambda data: data[0x400:], "no STM32 header"),
        (Role.FSBL, lambda data: changed(data, 0x68, 0x20100), "version 2.1"),
        (Role.FSBL, lambda data: firmware.application_image(), "application at the boot loader's address"),
        (Role.FSBL, lambda data: changed(data, 0x78, 0x34180000), "load address"),
        (Role.APPLICATION, lambda data: b"\xff", "no application"),
        (Role.APPLICATION, lambda data: firmware.program(), "not signed"),
        (Role.APPLICATION, lambda data: changed(data, 0x6C, 0x00FFFFFF), "too large"),
        (Role.APPLICATION, lambda data: changed(data, 0x6C, 0xFFFFFC00), "reads an application length"),
        (Role.APPLICATION, lambda data: unaligned(firmware.application_image()), "without alignment"),
        (Role.APPLICATION, lambda data: changed(data, 0x404, 0x34000400), "damaged"),
        (Role.APPLICATION, lambda data: changed(data, 0x400, 0), "damaged"),
        (Role.WEIGHTS, lambda data: b"\xff", "no weights"),
        (Role.WEIGHTS, lambda data: firmware.weights(seed=9), "not the ones"),
        (Role.WEIGHTS, lambda data: data[:-1], "not the ones"),
    ],
)
def test_what_keeps_a_board_dark_is_said(kit, paths, role, change, reason):
    paths[role].write_bytes(change(paths[role].read_bytes()))
    deploy(kit, paths)
    result = booted(kit)
    assert not result.runs
    assert reason in result.reason
    with pytest.raises(BoardSilent):
        result.require_running(kit.board)


def test_what_the_boot_loader_does_not_look_at_is_remarked(kit, tmp_path):
    """ST's boot loader checks neither magic nor type nor checksum nor entry point."""
    paths = firmware.write_images(tmp_path / "images")
    image = changed(changed(changed(firmware.application_image(), 0x64, 0), 0x70, 0), 0x8C, 0x10)
    paths[Role.APPLICATION].write_bytes(image)
    deploy(kit, paths)
    result = booted(kit)
    assert result.runs
    assert [gate in " ".join(result.remarks) for gate in ("checksum", "entry", "type")] == [True] * 3
    kit.set_switches("development")
    kit.power_cycle()
    put(kit, AT, changed(firmware.application_image(), 0, 0x12345678))
    assert "no valid header" in " ".join(booted(kit).remarks)


def test_an_application_of_a_real_board_without_weights_is_remarked(kit, tmp_path):
    paths = firmware.write_images(tmp_path / "images")
    del paths[Role.WEIGHTS]
    deploy(kit, paths)
    result = booted(kit)
    assert result.runs
    assert "no weights at 0x70380000" in result.remarks[0]


def test_any_garbage_in_flash_gives_an_answer(kit, paths):
    deploy(kit, paths)
    for seed in range(10):
        put(kit, AT, firmware.weights(9000, seed))
        assert booted(kit).reason
        kit.set_switches("development")
        kit.power_cycle()


def test_a_boot_loader_without_padding_starts(kit, paths):
    """One that is published is like this; the boot ROM goes by its header."""
    paths[Role.FSBL].write_bytes(unaligned(sign(firmware.loader(), ImageType.FSBL)))
    deploy(kit, paths)
    assert booted(kit).runs


def test_the_folder_can_be_deleted_for_a_new_board(kit):
    code = (
        "import shutil, sys; from pathlib import Path; from n6studio.board.virtual.board import VirtualBoard\n"
        "shutil.rmtree(sys.argv[1]); print(VirtualBoard(Path(sys.argv[1])).board.key)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(kit.folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "virtual"


@pytest.mark.skipif(sys.platform != "linux", reason="names of open files are read from /proc")
def test_what_was_programmed_survives_a_power_cut_of_this_computer(tmp_path):
    played = tmp_path / "disk" / "played"
    kit = VirtualBoard(played, "stm32n6570-dk", "KIT1")
    data = firmware.weights(200_000)
    before = tree_of(tmp_path / "disk")
    with listening(tmp_path / "disk") as journal:
        put(kit, AT, data)
    for tree in ends(journal.ops, before):
        after = VirtualBoard(lay_out(tree, tmp_path / "after") / "played", "stm32n6570-dk", "KIT1")
        assert after.read_flash(AT, len(data)) == data
