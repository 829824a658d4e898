"""CONTRIBUTING's "Add a board", done on a copy of the package: one file, and everything knows the board.

The file is `boards/pocket-n657.toml` beside this one; `boards/pocket-here.toml` is the same board played by this
computer, which is a board of its own. What a description lacks is told with its file and field.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from firmware import application_image, loader
from PIL import Image, ImageStat
from standins.small_tflite import write_running_tflite
from standins.stedgeai import install

from n6studio.board.images.header import ImageType, sign

pytestmark = pytest.mark.slow  # whole programs at work

ROOT = Path(__file__).resolve().parents[2]
BOARDS = Path(__file__).parent / "boards"
STEPS = ("Plug J3 on.", "Hold RESET.", "Take the cable out and put it in again.")


def house(place):
    """Copy the package and what it carries along to a folder, and add the boards as CONTRIBUTING says."""
    shutil.copytree(ROOT / "n6studio", place / "n6studio", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "resources").mkdir()
    for item in (ROOT / "resources").iterdir():
        if item.name != "boards":
            (place / "resources" / item.name).symlink_to(item)
    shutil.copytree(ROOT / "resources/boards", place / "resources/boards")
    for description in BOARDS.glob("*.toml"):
        shutil.copy(description, place / "resources/boards")
    return place


def python(place, *words):
    home = place / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ, "PYTHONPATH": str(place), "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"), "XDG_STATE_HOME": str(home), "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=240, check=False)


def n6(place, *words):
    return python(place, "-m", "n6studio.cli", *words)


def answer(place, code, *words):
    """Run code in the copy; return what it prints as JSON."""
    done = python(place, "-c", code, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    return house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """A copy whose description each test spoils in its own way."""
    return house(tmp_path_factory.mktemp("spoilt"))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_running_tflite(tmp_path_factory.mktemp("model") / "jogger.tflite")


# --- with its file, everything knows it ------------------------------------------------------------------------------


def test_the_commands_list_it_behind_the_known_ones(added):
    told = "".join(n6(added, "deploy", "--help").stdout.split())
    assert "--boardvirtual|stm32n6570-dk|nucleo-n657x0-q|pocket-here|pocket-n657" in told
    wrong = n6(added, "board", "explain", ROOT / "README.md", "--board", "moon")
    assert "pocket-n657" in wrong.stderr


def test_explaining_an_image_goes_by_its_slots(added, tmp_path):
    dump = tmp_path / "dump.bin"
    boot_loader = sign(loader(), ImageType.FSBL, bytes(408))
    parts = (boot_loader.ljust(0x80000, b"\xff"), application_image().ljust(0x380000, b"\xff"), b"weights!" * 99)
    dump.write_bytes(b"".join(parts))
    done = n6(added, "board", "explain", dump, "--board", "POCKET-N657", "--json")
    found = {one["address"]: one["kind"] for one in json.loads(done.stdout)["regions"] if one["kind"] != "erased"}
    assert found == {"0x70000000": "boot loader", "0x70080000": "application", "0x70400000": "model weights"}


def test_images_are_made_for_its_slots_and_the_coach_names_its_jumpers(added, model, tmp_path):
    words = ("deploy", model, "--board", "pocket-here", "--virtual-folder", tmp_path / "board", "-o", tmp_path / "out")
    prepared = n6(added, *words, "--prepare-only", "--json")
    assert prepared.returncode == 0, prepared.stderr
    figures = json.loads(prepared.stdout)["figures"]
    assert figures["board"] == {"key": "pocket-here", "name": "Pocket board here"}
    assert {one["role"]: one["address"] for one in figures["images"]} == {
        "fsbl": "0x70000000", "weights": "0x70400000", "application": "0x70080000",
    }  # fmt: skip
    assert figures["programmed"] is None
    assert next(one for one in figures["memory"] if one["name"] == "external flash")["size"] == 0x2000000
    deployed = n6(added, *words, "--json")
    assert deployed.returncode == 0, deployed.stderr
    figures = json.loads(deployed.stdout)["figures"]
    assert [one["action"] for one in figures["programmed"]["images"]] == ["written"] * 3
    assert figures["running"]["runs"] is True
    assert "  1. Take J2 and J3 off.\n  2. Take the cable out and put it in again." in deployed.stderr
    state = json.loads((tmp_path / "board/board.json").read_text())
    assert (state["board"], state["switches"]) == ("pocket-here", {"BOOT0": "off", "BOOT1": "off", "VSEL": "1V8"})


PREFLIGHT = """
import json, msgspec
from n6studio.board.registry import board
from n6studio.engine.deploy.preflight import examine
from n6studio.stages.deploy.stage import DeploySettings
target = board("pocket-n657")
print(json.dumps(msgspec.to_builtins(examine(None, DeploySettings(board=target.key), target, None))))
"""


def test_what_is_found_before_a_deployment_is_about_this_board(added):
    found = answer(added, PREFLIGHT)
    assert found["board"] == "pocket-n657"
    assert found["needs_notice"] is True
    assert {one["role"]: (one["address"], one["room"]) for one in found["writes"]} == {
        "fsbl": (0x70000000, 0x80000), "weights": (0x70400000, 0x1C00000), "application": (0x70080000, 0x380000),
    }  # fmt: skip
    assert [one["key"] for one in found["pairs"]] == ["getting-started-2.0", "getting-started-2.1"]
    assert found["risks"] == []  # no fuses, and nothing of a maker's to replace
    assert {"programmer", "probe"} & {one["key"].split()[-1].lower() for one in found["checks"]}


COACH = """
import json, sys
from PySide6.QtWidgets import QApplication, QLabel
from n6studio.board.registry import board, boards
from n6studio.domain.deploy import Ask, Boot, Instruction
from n6studio.ui.pages.deploy.board_card import BoardCard
from n6studio.ui.pages.deploy.coach import CoachCard
from n6studio.ui.widgets.board_drawing import BoardDrawing
application = QApplication([])
target, card, coach = board("pocket-n657"), BoardCard(), CoachCard()
card.show_board(target, frozenset({"debug"}), ("0042",))
steps = target.boot_mode(Boot.DEVELOPMENT).sentences
coach.show_instruction(Instruction(Ask.SWITCH, target.key, Boot.DEVELOPMENT, "Set it", steps, "Waiting."), target)
for one in boards():
    drawing = BoardDrawing()
    drawing.show_board(one, Boot.DEVELOPMENT)
    drawing.resize(700, 430)
    assert drawing.grab().save(f"{sys.argv[1]}/{one.key}.png")
print(json.dumps({
    "buttons": sorted(card.buttons), "words": card.position.text(), "steps": coach.steps.text().splitlines(),
    "person": coach.done_button.isVisibleTo(coach), "drawing": coach.drawing.accessibleDescription(),
}))
"""


def test_window_coaches_and_draws_it_as_described(added, tmp_path):
    seen = answer(added, COACH, tmp_path)
    assert "pocket-n657" in seen["buttons"]
    assert seen["words"] == (
        "ST-LINK 0042 connected. For programming: plug J3 on, then hold RESET, then take the cable out and put it in "
        "again. Then the green LED blinks."
    )
    assert seen["steps"] == [f"{number}.  {step}" for number, step in enumerate(STEPS, 1)]
    assert seen["person"] is True
    for words in ("J3 (BOOT1) in position on", "J4 (VSEL) in position 1V8", "J7: not detected"):
        assert words in seen["drawing"]
    images = {path.stem: Image.open(path).convert("L") for path in tmp_path.glob("*.png")}
    assert set(images) == {"virtual", "stm32n6570-dk", "nucleo-n657x0-q", "pocket-here", "pocket-n657"}
    mine = images["pocket-n657"]
    for other in ("virtual", "stm32n6570-dk", "nucleo-n657x0-q"):
        assert mine.tobytes() != images[other].tobytes()
    assert ImageStat.Stat(mine).stddev[0] > 5, "something is drawn"


FIT = """
import json, sys, threading
from pathlib import Path
from n6studio.board.compiler.fit import Demand, application_bytes, fit
from n6studio.board.compiler.mpool import pools_for
from n6studio.board.compiler.pairs import pairs_for
from n6studio.board.compiler.stedgeai import CompileRequest, generate
from n6studio.board.registry import board
model, program, folder = map(Path, sys.argv[1:])
target = board("pocket-n657")
pair = pairs_for(target)[0]
found = fit(pair, target, Demand((256, 256), 1344, 17, weights=3_000_000, activations=20 << 20))
made = generate(CompileRequest(model, pair, target, program, (2, 1, 0), folder), lambda part, words: None)
print(json.dumps({
    "need": found.region.need, "have": found.region.have, "room": found.activations.have, "flash": found.flash.have,
    "refused": type(found.refusal).__name__, "like": application_bytes(pair, target, Demand((64, 64), 84, 17)),
    "pools": [pool.name for pool in pools_for(pair, target)], "weights": made.report.weights_address,
    "pool": made.report.weights_pool, "raw": made.weights.name,
}))
"""


def test_memory_is_counted_and_compiled_by_its_description(added, model, tmp_path):
    found = answer(added, FIT, model, install(tmp_path / "tools", "2.1"), tmp_path)
    assert (found["need"], found["have"]) == (400_000 + 232 * 1344, 1023 * 1024)
    on_chip = (1024 + 4 * 448) * 1024
    assert found["room"] == on_chip + 0x800000
    assert (found["flash"], found["refused"]) == (0x1C00000, "ModelTooLargeForRam")
    assert found["like"] == 400_000 + 232 * 84
    assert found["pools"] == [
        "flexMEM", "cpuRAM1", "cpuRAM2", "npuRAM3", "npuRAM4", "npuRAM5", "npuRAM6", "pocketRAM", "quadFlash",
    ]  # fmt: skip
    assert (found["weights"], found["pool"]) == (0x70400000, "quadFlash")
    assert found["raw"] == "network_atonbuf.xSPI3.raw"


# --- what a description lacks is told --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "field", "words"),
    [
        ('name = "quadFlash"\n', "", "pools[0]", "missing required field"),
        ('key = "development"', 'key = "developer"', "boot_modes[0].key", "developer"),
        ('carries = ["probe"]', 'carries = ["probes"]', "connectors[0].carries[0]", "probes"),
        ("at = [80, 56]", "at = [80, 70]", "switches[2].at", "no room"),
        ('"getting-started-2.1"]', '"getting-started-3.0"]', "st.applications", "getting-started-3.0"),
    ],
)
def test_a_wrong_description_is_told_with_file_and_field(spoilt, tmp_path, model, before, after, field, words):
    file = spoilt / "resources/boards/pocket-n657.toml"
    text = (BOARDS / file.name).read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    done = n6(spoilt, "deploy", model, "--board", "pocket-here", "--prepare-only", "-o", tmp_path / "out", "--json")
    assert done.returncode != 0
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["fields"]["path"], error["fields"]["field"]) == ("N6S-F62", str(file), field)
    assert words in error["fields"]["reason"]
    assert file.name in done.stderr
    assert "Traceback" not in done.stderr
