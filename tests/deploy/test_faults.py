"""Every way in which the virtual board misbehaves, what is asked of the person, and going on afterwards."""

import threading

import pytest

from n6studio.board.virtual.board import Trouble
from n6studio.domain.deploy import Instruction, Step
from n6studio.domain.errors.deploy import BoardSilent, NobodyThere
from n6studio.domain.errors.programmer import (
    DebugPortClosed,
    EraseFailed,
    LoaderFailed,
    ProbeMissing,
    VerifyMismatch,
    WriteCancelled,
)
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import ImageHandled, InstructionOver, StepBegan
from n6studio.engine.deploy.flow import run_deploy
from n6studio.engine.deploy.talk import Talk

APPLICATION, WEIGHTS = 0x70100000, 0x70380000
PLUG, WRITE, RUN, CYCLE = (
    "Connect the board",
    "Set the board to program and power-cycle it",
    "Set the board to run and power-cycle it",
    "Power-cycle the board",
)


def actions(result):
    return {one.role: one.action for one in result.figures.programmed.images}


def assert_runs(person):
    """Deploying now works, whatever happened before; return what was written."""
    person.virtual.make_trouble(Trouble())
    result = person.deploy()
    assert result.figures.running.runs
    content = person.order.model.read_bytes()
    assert person.virtual.read_flash(WEIGHTS, len(content)) == content
    return actions(result)


def test_a_good_board_is_asked_for_one_thing_only(person):
    result = person.deploy()
    assert person.told == [RUN]
    assert all(step.fresh for step in result.figures.steps)
    assert assert_runs(person) == {"fsbl": "unchanged", "weights": "unchanged", "application": "unchanged"}


@pytest.mark.parametrize("at", [0, 1, 4096, 9000])
def test_unplugged_while_the_boot_loader_is_written(person, at):
    person.virtual.make_trouble(Trouble(unplug_at=at))
    assert actions(person.deploy())["fsbl"] == "written"
    assert person.told == [PLUG, RUN]


def test_unplugged_while_the_weights_are_written(person):
    def pull(message):
        if isinstance(message, ImageHandled) and (message.role, message.state) == ("weights", "write"):
            person.on_message = lambda _: None
            person.virtual.make_trouble(Trouble(unplug_at=20_000))

    person.on_message = pull
    done = actions(person.deploy())
    assert person.told == [PLUG, RUN]
    assert done == {"fsbl": "unchanged", "weights": "written", "application": "written"}


@pytest.mark.parametrize("state", ["compare", "verify"])
def test_unplugged_while_it_is_read(person, state):
    def pull(message):
        if isinstance(message, ImageHandled) and (message.role, message.state) == ("application", state):
            person.on_message = lambda _: None
            person.virtual.unplug()

    person.on_message = pull
    person.deploy()
    assert person.told == [PLUG, RUN]


def test_unplugged_and_nobody_there(person):
    person.virtual.make_trouble(Trouble(unplug_at=5000))
    person.willing = False
    with pytest.raises(NobodyThere) as caught:
        person.deploy()
    assert caught.value.values["title"] == PLUG
    person.willing = True
    person.virtual.power_cycle()
    assert assert_runs(person)["weights"] == "written"


def test_unplugged_again_and_again(person):
    person.virtual.unplug()
    person.on_message = lambda message: person.virtual.unplug() if isinstance(message, InstructionOver) else None
    with pytest.raises(ProbeMissing):
        person.deploy()
    assert person.told == [PLUG, PLUG]
    person.on_message = lambda _: None
    assert_runs(person)


def test_the_wrong_boot_mode(person):
    person.virtual.set_switches("flash")
    person.virtual.power_cycle()
    person.deploy()
    assert person.told == [WRITE, RUN]


@pytest.mark.parametrize(
    ("trouble", "error", "told"),
    [
        (Trouble(erase_fails=True), EraseFailed, [WRITE, WRITE]),
        (Trouble(locked=True), DebugPortClosed, [WRITE, WRITE]),
        (Trouble(stuck_at=APPLICATION + 0x404), VerifyMismatch, []),
        (Trouble(stuck_at=WEIGHTS + 5), VerifyMismatch, []),
        (Trouble(ignores_writes=True), VerifyMismatch, []),
    ],
)
def test_what_no_person_can_mend_ends_in_its_error(person, trouble, error, told):
    person.virtual.make_trouble(trouble)
    with pytest.raises(error) as caught:
        person.deploy()
    assert person.told == told
    if trouble.stuck_at is not None:
        assert caught.value.values["address"] == f"0x{trouble.stuck_at:08X}"
    assert_runs(person)


def test_a_person_who_only_says_that_the_switches_were_moved(person):
    """Symptom 2 of the facts: everything was written, and the board stays dark."""
    done = threading.Event()

    def lie(message):
        if isinstance(message, Instruction):
            person.virtual.power_cycle()
            done.set()

    with pytest.raises(BoardSilent) as caught:
        run_deploy(person.order, Talk(lie, threading.Event(), done))
    assert "switches are not set" in caught.value.values["reason"]
    assert assert_runs(person)["application"] == "unchanged"


def test_a_loader_that_hangs(person):
    person.virtual.make_trouble(Trouble(loader_hangs=True))
    person.deploy()
    assert person.told == [CYCLE, RUN]


def test_a_loader_that_hangs_and_nobody_there(person):
    person.virtual.make_trouble(Trouble(loader_hangs=True))
    person.willing = False
    with pytest.raises(LoaderFailed):
        person.deploy()
    person.willing = True
    assert_runs(person)


@pytest.mark.parametrize("role", ["fsbl", "weights", "application"])
def test_cancelled_while_an_image_is_written(person, role):
    person.virtual.make_trouble(Trouble(bytes_per_second=200_000))

    def stop(message):
        if isinstance(message, ImageHandled) and (message.role, message.state) == (role, "write"):
            person.cancel.set()

    person.on_message = stop
    with pytest.raises((WriteCancelled, Cancelled)) as caught:
        person.deploy()
    before = ["first-stage boot loader", "model weights", "application"]
    done = before[: ["fsbl", "weights", "application"].index(role)]
    for words in done:
        assert words in str(caught.value.values["state"]).partition("Complete:")[2]
    person.on_message = lambda _: None
    again = assert_runs(person)
    assert [again[name] for name in ("fsbl", "weights", "application")][: len(done)] == ["unchanged"] * len(done)


@pytest.mark.parametrize("step", [Step.COMPILE, Step.PLAN, Step.PROGRAM, Step.VERIFY, Step.START, Step.RUNNING])
def test_cancelled_before_each_step_and_gone_on(person, step):
    def stop(message):
        if isinstance(message, StepBegan) and message.name == step.value:
            person.cancel.set()

    person.on_message = stop
    try:
        person.deploy()
    except (Cancelled, WriteCancelled):
        assert not list(person.order.folder.glob("runs/deploy/*/.deploy.partial"))
    person.on_message = lambda _: None
    assert_runs(person)


def test_somebody_elses_bytes_are_noticed(person):
    person.deploy()
    sector = person.virtual.folder / "flash" / f"{APPLICATION:08X}.bin"
    content = bytearray(sector.read_bytes())
    content[0x404] ^= 0xFF
    sector.write_bytes(bytes(content))
    assert assert_runs(person) == {"fsbl": "unchanged", "weights": "unchanged", "application": "written"}
