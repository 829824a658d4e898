"""Every board is whole, and its numbers fit together."""

import itertools
import subprocess
import sys
import tomllib

import pytest

from n6studio.board.registry import Role, board, board_of_probe, boards, read_board
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.system.resources import resource

ALL = boards()
KEYS = [item.key for item in ALL]


def test_the_registry_has_both_boards_and_the_virtual_one():
    assert KEYS == ["nucleo-n657x0-q", "stm32n6570-dk", "virtual"]
    assert [item.virtual for item in ALL] == [False, False, True]


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
def test_memories_and_pools_do_not_overlap(item):
    for parts in (item.memories, item.pools):
        ordered = sorted(parts, key=lambda part: part.address)
        assert all(a.address + a.size <= b.address for a, b in itertools.pairwise(ordered))


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
    for text in [mode.words for mode in item.boot_modes] + [connector.words for connector in item.connectors]:
        assert text
        assert not text.endswith(".")
    for device in item.usb:
        assert item.connector(device.connector)


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
    budget = next(item for item in board(key).linker.budgets if item.pair == pair)
    assert budget.needed(boxes) == pytest.approx(used, rel=0.002)


def test_a_nucleo_cannot_hold_the_application_in_its_stock_region_but_in_the_enlarged_one():
    linker = board("nucleo-n657x0-q").linker
    assert all(budget.needed(756) > linker.stock for budget in linker.budgets)
    assert all(budget.needed(756) < linker.enlarged for budget in linker.budgets)


def test_a_misspelt_key_in_a_description_is_noticed(tmp_path):
    text = (resource("boards") / "virtual.toml").read_text(encoding="utf-8")
    path = tmp_path / "board.toml"
    path.write_text(text.replace("summary =", "sumary ="), encoding="utf-8")
    with pytest.raises(TypeError, match="sumary"):
        read_board(path)


def test_an_installed_package_carries_the_boards(tmp_path):
    """What is declared for installation is what lies in the folder."""
    project = tomllib.loads((resource("boards").parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["data-files"]["share/n6studio/boards"]
    root = resource("boards").parent.parent
    carried = {path.name for pattern in patterns for path in root.glob(pattern)}
    assert carried == {path.name for path in resource("boards").iterdir()}
    (tmp_path / "share" / "n6studio" / "boards").mkdir(parents=True)
    for path in resource("boards").iterdir():
        (tmp_path / "share" / "n6studio" / "boards" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "lib").mkdir()
    code = (  # as installed: no resources beside the package, the data below the environment
        "import sys; from pathlib import Path\n"
        "from n6studio.system import resources; from n6studio.board import registry as boards\n"
        "resources.__file__ = str(Path(sys.argv[1]) / 'lib' / 'n6studio' / 'system' / 'resources.py')\n"
        "sys.prefix = sys.argv[1]\n"
        "print([item.key for item in boards.boards()])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(KEYS), done.stderr
