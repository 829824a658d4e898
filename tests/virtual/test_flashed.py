"""The virtual board boots what lies in its flash: the model that was programmed, or nothing."""

import hashlib
import time

import pytest
from builders_tflite import build_tflite

from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.virtual import Manifest, virtual_application, virtual_loader
from n6studio.board.registry import board
from n6studio.board.virtual.board import VirtualBoard
from n6studio.domain.deploy import Role
from n6studio.virtual.eye import Eye

pytestmark = pytest.mark.slow  # whole programs at work


def program(folder, model, **settings):
    """Write boot loader, application and weights, and move the switches to flash boot."""
    flashed = VirtualBoard(folder)
    weights = model.read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    address = board("virtual").slot(Role.WEIGHTS).address
    manifest = Manifest(address, len(weights), digest, digest, model.name, settings)
    flashed.set_switches("development")
    flashed.reset()
    flashed.erase_all()
    images = {
        Role.FSBL: virtual_loader(board("virtual").chip),
        Role.APPLICATION: sign(virtual_application(manifest, board("virtual").chip), ImageType.APPLICATION),
        Role.WEIGHTS: weights,
    }
    for role, data in images.items():
        flashed.program(board("virtual").slot(role).address, data, lambda done: None)
    flashed.set_switches("flash")
    return flashed


@pytest.fixture
def messages():
    return []


def test_it_runs_what_was_programmed(play, small_model, tmp_path):
    program(tmp_path / "board", small_model, confidence=0.25, aspect="fullscreen", note="not for the board")
    host = play(model="", flash=str(tmp_path / "board"))
    frame = host.frames(2)[-1]
    status = dict(host.until(lambda frame: frame.results.status)[-1].results.status)
    assert frame.results.model == Eye(small_model).model
    assert frame.results.view.resize == "stretch"
    assert status["confidence"] == "0.25"
    assert status["model_name"] == small_model.name
    assert status["average"] == "off", "no application did it before its manifest told"


@pytest.mark.parametrize("harm", ["switches", "weights", "erased", "no network"])
def test_it_stays_dark_as_a_real_one_would(play, small_model, tmp_path, harm):
    model = small_model
    if harm == "no network":
        model = tmp_path / "noise.tflite"
        model.write_bytes(bytes(range(1, 256)) * 100)
    flashed = program(tmp_path / "board", model)
    if harm == "switches":
        flashed.set_switches("development")
    elif harm == "weights":
        flashed.program(board("virtual").slot(Role.WEIGHTS).address + 100, bytes(64), lambda done: None)
    elif harm == "erased":
        flashed.erase_all()
    host = play(model="", flash=str(tmp_path / "board"))
    assert host.board.hello["dark"]
    with pytest.raises(AssertionError, match="0 frames"):
        host.until(lambda frame: True, seconds=0.5)


def test_it_starts_anew_when_it_is_powered_up_again(play, small_model, tmp_path, messages):
    flashed = program(tmp_path / "board", small_model)
    host = play(model="", flash=str(tmp_path / "board"), on_message=messages.append)
    before = host.frames(2)[-1].results.model
    other = build_tflite(tmp_path / "other.tflite", 96)
    program(tmp_path / "board", other)
    await_dark(messages, "development boot")
    flashed.power_cycle()
    host.parser.end()
    host.until(lambda frame: frame.results.model == Eye(other).model)
    assert before != Eye(other).model
    flashed.connect(under_reset=True)
    await_dark(messages, "reset")
    flashed.power_cycle()
    host.parser.end()
    host.frames(2)
    flashed.unplug()
    await_dark(messages, "disconnected")


def await_dark(messages, why):
    end = time.monotonic() + 10
    while not (messages and why in messages[-1].get("dark", "")):
        assert time.monotonic() < end, messages
        time.sleep(0.02)
