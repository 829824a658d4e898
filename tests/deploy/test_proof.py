"""What is said of an application after it was programmed: proved, contradicted, or honestly unknown."""

import os
import threading
import time

import pytest
from own_time import OwnTime

from n6studio.board.registry import board
from n6studio.board.running.watch import SerialPort, Watch
from n6studio.domain.deploy import Instruction
from n6studio.domain.errors.stages import Cancelled
from n6studio.engine.deploy.proof import Expected, see_running
from n6studio.engine.deploy.talk import Talk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
BANNER = b"STM32N6-GettingStarted-PoseEstimation v2.3.1 (dev)\nNN model: jogger_pose\n====\n"
ANNOUNCED = Expected("jogger pose", banner=True)


class _Board:
    """As much of a programmer as tells that nothing can be seen from it."""

    board = board("nucleo-n657x0-q")

    def running(self):
        return None


class Bench:
    """A board on a desk, and the person who sits there."""

    def __init__(self, present=True, patience=0.2, on_told=lambda: None):
        self.master, self.slave = os.openpty()
        self.devices, self.told, self.on_told = set(), [], on_told
        port = SerialPort(os.ttyname(self.slave), 0x0483, 0x3754, "1")
        self.looks = 0  # at USB
        self.watch = Watch(_Board.board, "1", lambda: [port], self._look)
        self.cancel = threading.Event()
        self.talk = Talk(self._message, self.cancel, present=present, patience=patience, poll_seconds=0.05)
        end = time.monotonic() + 10
        while not self.watch.evidence().listened and time.monotonic() < end:
            time.sleep(0.02)

    def _look(self):
        self.looks += 1
        return frozenset(self.devices)

    def _message(self, message):
        if isinstance(message, Instruction):
            self.told.append(message)
            self.on_told()

    def press_reset(self):
        os.write(self.master, BANNER)

    def see(self, expected):
        return see_running(_Board(), self.watch, expected, self.talk)

    def close(self):
        self.watch.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def bench():
    made = []

    def make(**options):
        made.append(Bench(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_what_the_application_says_by_itself_is_proof_and_nobody_is_asked(bench):
    desk = bench()
    os.write(desk.master, BANNER)
    seen = desk.see(ANNOUNCED)
    assert seen.runs is True
    assert "v2.3.1, model jogger_pose" in seen.message
    assert desk.told == []


def test_a_banner_that_came_too_early_is_asked_for_by_a_reset(bench, monkeypatch):
    monkeypatch.setattr("n6studio.engine.deploy.proof.LISTEN_SECONDS", 0.2)
    desk = bench()
    desk.on_told = desk.press_reset
    seen = desk.see(ANNOUNCED)
    assert [one.kind for one in desk.told] == ["reset"]
    assert os.ttyname(desk.slave) in " ".join(desk.told[0].steps)
    assert seen.runs is True


def test_a_person_who_sees_nothing_after_a_reset_goes_on_and_nothing_is_claimed(bench, monkeypatch):
    monkeypatch.setattr("n6studio.engine.deploy.proof.LISTEN_SECONDS", 0.2)
    desk = bench()
    desk.on_told = desk.talk.done.set
    seen = desk.see(ANNOUNCED)
    assert seen.runs is None
    assert "cannot see" in seen.message
    assert "Nothing was received" in " ".join(seen.remarks)


def test_where_nobody_is_there_nobody_is_asked(bench):
    desk = bench(present=False)
    own = OwnTime()
    assert desk.see(ANNOUNCED).runs is None
    assert own.seconds < 2
    assert desk.told == []


def test_another_model_is_a_contradiction(bench):
    desk = bench()
    os.write(desk.master, BANNER)
    seen = desk.see(Expected("yolov8n_256", banner=True))
    assert seen.runs is False
    assert "another model" in seen.message
    assert seen.remarks


def test_a_camera_that_appears_is_proof(bench):
    desk = bench()
    end = time.monotonic() + 10
    while not desk.looks:  # it was away
        assert time.monotonic() < end
        time.sleep(0.02)
    desk.devices.add((0x0483, 0x5780))
    seen = desk.see(Expected(video=True))
    assert seen.runs is True
    assert "STM32 uvc" in seen.message


def test_an_application_that_prints_nothing_is_not_waited_for(bench):
    desk = bench()
    own = OwnTime()
    seen = desk.see(Expected())
    assert own.seconds < 2
    assert seen.runs is None
    assert "check USB camera" in seen.message


def test_cancelling_ends_the_wait(bench):
    desk = bench()
    threading.Timer(0.3, desk.cancel.set).start()
    own = OwnTime()
    with pytest.raises(Cancelled):
        desk.see(ANNOUNCED)
    assert own.seconds < 5


def test_without_a_watch_nothing_is_claimed():
    talk = Talk(lambda message: None, threading.Event(), present=False)
    assert see_running(_Board(), None, Expected(), talk).runs is None
