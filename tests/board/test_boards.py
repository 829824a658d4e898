"""Every board is whole, and its numbers fit together."""

import itertools
import shutil
import subprocess
import sys
import tomllib

import pytest
from msgspec.structs import replace

from n6studio.board.compiler.pairs import pairs_for
from n6studio.board.reading import read_board
from n6studio.board.registry import board, board_of_probe, boards, played_boards, vendor_boards
from n6studio.domain.deploy import Boot, Role
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.deploy import BoardDescriptionInvalid
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.settings import from_mapping
from n6studio.stages.deploy.stage import DeploySettings
from n6studio.system.resources import resource

ALL = boards()
KEYS = [item.key for item in ALL]


def test_the_registry_has_both_boards_and_the_virtual_one():
    assert KEYS == ["virtual", "stm32n6570-dk", "nucleo-n657x0-q"]
    assert [item.needs_vendor_tools for item in ALL] == [False, True, True]
    assert [item.key for item in (*played_boards(), *vendor_boards())] == KEYS


def test_the_settings_know_the_boards_by_their_files():
    assert DeploySettings().board == KEYS[0]
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(DeploySettings, {"board": "stm32h7"})
    assert caught.value.values["allowed"] == ", ".join(KEYS)


@pytest.mark.parametrize("name", ["stm32n6570-dk", "STM32N6570-DK", "Stm32N6570-dk"])
def test_a_board_is_found_by_key_and_name(name):
    assert board(name).key == "stm32n6570-dk"


def test_an_unknown_board_names_those_that_there_are():
    with pytest.raises(SettingInvalid) as caught:
        board("stm32h7")
    assert caught.value.values["allowed"] == KEYS


def test_a_probe_names_its_board():
    assert board_of_probe("NUCLEO-N657X0-Q").key == "nucleo-n657x0-q"
    assert board_of_probe(" Stm32N6570-DK Rev C ").key == "stm32n6570-dk"
    assert board_of_probe("NUCLEO-H743ZI") is None
    assert board_of_probe("") is None


@pytest.mark.parametrize("item", ALL, ids=KEYS)
def test_slots_follow_each_other_within_flash(item):
    slots = [item.slot(role) for role in (Role.FSBL, Role.APPLICATION, Role.WEIGHTS)]
    assert slots[0].address == item.flash.address
    assert slots[-1].end == item.flash.end
    assert all(a.end == b.address for a, b in itertools.pairwise(slots))
    assert all(slot.address % item.flash.sector == 0 for slot in slots)
    assert next(pool for pool in item.pools if pool.constant).address == item.slot(Role.WEIGHTS).address


@pytest.mark.parametrize("item", ALL, ids=KEYS)
def test_pools_do_not_overlap(item):
    ordered = sorted(item.pools, key=lambda part: part.address)
    assert all(a.end <= b.address for a, b in itertools.pairwise(ordered))


@pytest.mark.parametrize("item", ALL, ids=KEYS)
def test_boot_modes_are_told_apart_by_their_switches(item):
    names = {switch.name for switch in item.switches}
    for mode in item.boot_modes:
        assert set(mode.switches) == names
        assert set(mode.decisive) <= names
        assert item.mode_of(mode.switches) == mode
    for places in itertools.product(*(switch.positions for switch in item.switches)):
        assert item.mode_of(dict(zip([switch.name for switch in item.switches], places, strict=True)))


def test_only_boot1_decides_development_boot():
    kit = board("stm32n6570-dk")
    assert kit.mode_of({"BOOT0": "left", "BOOT1": "right"}).key == "development"


@pytest.mark.parametrize("item", ALL, ids=KEYS)
def test_words_are_sentences_without_their_stop(item):
    for text in [mode.message for mode in item.boot_modes] + [connector.message for connector in item.connectors]:
        assert text
        assert not text.endswith(".")
    assert {device.connector for device in item.usb} <= {connector.key for connector in item.connectors}


@pytest.mark.parametrize(
    ("key", "pair", "boxes", "used"),
    [  # measured by linking
        ("stm32n6570-dk", "getting-started-2.0", 756, 633_464),
        ("stm32n6570-dk", "getting-started-2.0", 2100, 945_272),
        ("stm32n6570-dk", "getting-started-2.1", 1344, 855_184),
        ("nucleo-n657x0-q", "getting-started-2.0", 756, 1_047_552 + 257_896),
        ("nucleo-n657x0-q", "getting-started-2.1", 1344, 1_047_552 + 479_752),
    ],
)
def test_ram_budget_agrees_with_what_was_linked(key, pair, boxes, used):
    budget = next(item for item in board(key).budgets if item.pair == pair)
    assert budget.needed(boxes) == pytest.approx(used, rel=0.002)


def test_a_nucleo_cannot_hold_the_application_in_its_stock_region_but_in_the_enlarged_one():
    nucleo = board("nucleo-n657x0-q")
    assert all(budget.needed(756) > nucleo.chip.linker.stock for budget in nucleo.budgets)
    assert all(budget.needed(756) < nucleo.chip.linker.enlarged for budget in nucleo.budgets)


def test_steps_read_as_one_sentence_and_as_a_list():
    mode = board("stm32n6570-dk").boot_mode(Boot.FLASH)
    assert mode.message == (
        "Slide both boot switches to the left, then unplug the board and plug it in again; "
        "the reset button is not enough"
    )
    assert mode.sentences == (
        "Slide both boot switches to the left.",
        "Unplug the board and plug it in again.",
        "The reset button is not enough.",
    )
    nucleo = board("nucleo-n657x0-q").boot_mode(Boot.SERIAL).message
    assert nucleo.startswith("Put JP1 (BOOT0) in position 2 and JP2 (BOOT1) in position 1, then unplug")


def test_positions_that_no_switch_has_are_refused():
    kit = board("stm32n6570-dk")
    for wrong in (
        {"BOOT0": "left"},
        {"BOOT0": "left", "BOOT1": "middle"},
        {"BOOT0": "left", "BOOT1": "left", "X": "1"},
    ):
        with pytest.raises(ValueError, match="STM32N6570-DK"):
            kit.mode_of(wrong)


WRONG = [
    ('summary = "', 'sumary = "', "the file", "sumary"),
    ('role = "weights"', 'role = "wights"', "slots[2].role", "wights"),
    ("end = 0x70380000\n", "", "slots[1]", "end"),
    ("end = 0x70380000\n", "end = 0x70390000\n", "slots", "overlap"),
    ("end = 0x78000000", "end = 0x79000000", "slots[2]", "flash"),
    ('role = "fsbl"', 'role = "application"', "slots", "fsbl"),
    ('key = "stm32n6570-dk"', 'key = "kit"', "key", "kit"),
    ('chip = "stm32n657"', 'chip = "stm32n6"', "chip", "stm32n657"),
    ("constant = true\n", "", "pools", "constant"),
    ('name = "hyperRAM"', 'name = "npuRAM3"', "pools", "npuRAM3"),
    ("ratio = 6.0, ", "", "pools[0].speed", "ratio"),
    ('pair = "multi-pose-2.0"', 'pair = "multi-pose-9.0"', "budgets[4].pair", "multi-pose-9.0"),
    ('carries = ["probe"]', "carries = []", "connectors", "probe"),
    ('connector = "video"', 'connector = "usb"', "usb[1].connector", "usb"),
    ("at = [20, 58]", "at = [20, 50]", "connectors[0].at", "edge"),
    ("at = [60, 32]", "at = [70, 32]", "switches[1].at", "room"),
    ('positions = ["left", "right"]\nat = [60, 8]', 'positions = ["left"]\nat = [60, 8]', "switches[0].positions", "2"),
    ('key = "flash"', 'key = "flesh"', "boot_modes[1].key", "flesh"),
    ('key = "flash"', 'key = "serial"', "boot_modes", "serial"),
    (
        'switches = { BOOT0 = "left", BOOT1 = "left" }',
        'switches = { BOOT0 = "left" }',
        "boot_modes[1].switches",
        "BOOT1",
    ),
    ('decisive = ["BOOT1"]', 'decisive = ["BOOT2"]', "boot_modes[0].decisive", "BOOT2"),
    ('decisive = ["BOOT1"]', 'decisive = ["BOOT0", "BOOT1"]', "boot_modes", "BOOT0 left, BOOT1 right"),
    ("place = [8, 8, 46, 30]", "place = [8, 8, 460, 30]", "drawing.parts[0].place", "size"),
    ('loader = "MX66UW1G45G_STM32N6570-DK.stldr"', "", "flash.loader", "programmer"),
    ("[flash]", "[flash", "the file", "line"),
]


@pytest.mark.parametrize(("before", "after", "field", "reason"), WRONG, ids=[f"{one[2]}-{one[3]}" for one in WRONG])
def test_a_description_that_is_not_whole_says_which_field(tmp_path, before, after, field, reason):
    text = (resource("boards") / "stm32n6570-dk.toml").read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "stm32n6570-dk.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BoardDescriptionInvalid) as caught:
        read_board(path, resource("chips"))
    assert caught.value.field == field
    assert reason in caught.value.reason
    assert str(path) in advice(caught.value).as_text()


def test_a_board_like_another_takes_what_it_does_not_say(tmp_path):
    shutil.copy(resource("boards") / "stm32n6570-dk.toml", tmp_path)
    path = tmp_path / "twin.toml"
    path.write_text('key = "twin"\nlike = "stm32n6570-dk"\nname = "Twin"\n', encoding="utf-8")
    twin, kit = read_board(path, resource("chips")), board("stm32n6570-dk")
    assert (twin.name, twin.slots, twin.drawing) == ("Twin", kit.slots, kit.drawing)
    path.write_text('key = "twin"\nlike = "nobody"\n', encoding="utf-8")
    with pytest.raises(BoardDescriptionInvalid) as caught:
        read_board(path, resource("chips"))
    assert caught.value.field == "like"


def test_an_application_that_nobody_knows_is_told_of():
    kit = board("stm32n6570-dk")
    strange = replace(kit, st=replace(kit.st, applications=("getting-started-9.9",)))
    with pytest.raises(BoardDescriptionInvalid) as caught:
        pairs_for(strange)
    assert (caught.value.field, caught.value.path.name) == ("st.applications", "stm32n6570-dk.toml")


def test_an_installed_package_carries_the_boards(tmp_path):
    """What is declared for installation is what lies in the folder."""
    project = tomllib.loads((resource("boards").parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    root = resource("boards").parent.parent
    for folder in ("boards", "chips"):
        patterns = project["tool"]["setuptools"]["data-files"][f"share/n6studio/{folder}"]
        carried = {path.name for pattern in patterns for path in root.glob(pattern)}
        assert carried == {path.name for path in resource(folder).iterdir()}
        shutil.copytree(resource(folder), tmp_path / "share" / "n6studio" / folder)
    (tmp_path / "lib").mkdir()
    code = (  # as installed: no resources beside the package, the data below the environment
        "import sys; from pathlib import Path\n"
        "from n6studio.domain import carried\n"
        "carried.__file__ = str(Path(sys.argv[1]) / 'lib' / 'n6studio' / 'domain' / 'carried.py')\n"
        "sys.prefix = sys.argv[1]\n"
        "from n6studio.board.registry import boards\n"
        "print([item.key for item in boards()])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(KEYS), done.stderr
