"""Faults on demand: each has its effect at the reader's end, and the reader goes on."""

import itertools
import time

import cv2
import numpy as np
import pytest

from n6studio.domain.errors.settings import SettingInvalid
from n6studio.link.wire.frame import Refusal
from n6studio.virtual.faults import Faults, Wrong, parse_fault


def image(frame):
    return cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)


# --- their texts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("flip=0.001", Wrong(flip=0.001)),
        ("lose 0.5", Wrong(lose=0.5)),
        ("garbage=1000", Wrong(garbage=1000)),
        ("version=0.9", Wrong(version=(0, 9))),
        ("wrong-model", Wrong(wrong_model=True)),
        ("frozen=on", Wrong(frozen=True)),
        ("zero-scores", Wrong(zero_scores=True)),
        (" black ", Wrong(black=True)),
        ("black=off", Wrong()),
        ("stall=2", Wrong(stall=2.0)),
        ("disconnect=0.5", Wrong(disconnect=0.5)),
        ("clear", Wrong()),
    ],
)
def test_text_of_a_fault(text, wrong):
    faults = Faults()
    faults.add(parse_fault(text), 0.0)
    assert faults.now == wrong


@pytest.mark.parametrize(
    "text",
    ["", "flip", "flip=2", "flip=nan", "lose=-0.1", "garbage=1e99", "version=1", "version=a.b", "version=1.256",
     "black=2", "dance", "stall=inf", "stall=off", "flip=0.1@never", "flip=0.1@-1", "black@inf", "clear=1"],
)  # fmt: skip
def test_what_is_no_fault_is_refused(text):
    with pytest.raises(SettingInvalid):
        parse_fault(text)


def test_later_faults_wait():
    faults = Faults()
    faults.add(parse_fault("black@2"), 0.0)
    faults.add(parse_fault("black=off@3"), 0.0)
    for seconds, black in ((1.9, False), (2.1, True), (3.1, False)):
        faults.wake(seconds)
        assert faults.now.black is black


def test_same_seed_same_damage():
    data = bytes(range(256)) * 200
    made = []
    for seed in (1, 1, 2):
        faults = Faults(seed)
        faults.add(parse_fault("flip=0.01"), 0.0)
        faults.add(parse_fault("lose=0.01"), 0.0)
        faults.add(parse_fault("garbage=500"), 0.0)
        made.append((faults.damaged(data, 5), faults.damaged(data, 6), faults.noise()))
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]
    assert made[0] != made[2]
    assert len(made[0][2]) == 500
    assert 0.985 * len(data) < len(made[0][0]) < 0.995 * len(data)


# --- on the cable ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["flip=0.0002", "lose=0.0002"])
def test_damaged_bytes(play, fault):
    """With few bytes damaged some frames come through, and all that do are whole."""
    host = play(fault=[fault], seed=3)
    frames = host.frames(25)
    counts = host.parser.counts
    assert counts.damaged > 5
    assert counts.lost >= 5
    assert all(frame.results is not None for frame in frames)
    assert all(np.abs(image(frame).astype(int) - image(frames[0])).mean() < 20 for frame in frames)
    host.write(b"1 fault clear\n")
    host.answer(1)  # all that was damaged lies before it, however much was under way
    damaged = counts.damaged
    host.frames(20)
    assert counts.damaged == damaged


def test_a_protected_stream_goes_on(play):
    """Every frame of it is damaged, and arrives all the same."""
    host = play(fault=["flip=0.002"], protect=True, width=480, height=320, quality=95, fps=50)
    frames = host.frames(50)
    counts = host.parser.counts
    assert len(frames[0].jpeg) > 9000
    assert counts.repaired >= 49
    assert counts.damaged + host.lost_on_the_way() <= 1
    assert {frame.results.version for frame in frames} == {(1, 1)}
    assert all(image(frame) is not None for frame in frames)
    host.board.fault("version=1.9")
    host.until(lambda frame: frame.results.version == (1, 9))
    assert host.parser.counts.damaged <= 1, "a frame of another version is protected as well"


def test_garbage_before_the_first_frame(play):
    host = play(fault=["garbage=20000"])
    assert host.frames(3)[0].results
    assert host.parser.counts.skipped_bytes == 20_000


def test_stall(play):
    host = play()
    times = [frame.results.device_time for frame in host.frames(5)]
    host.board.fault("stall=1")

    def after_a_pause(frame):
        times.append(frame.results.device_time)
        return times[-1] - times[-2] > 500_000

    host.until(after_a_pause)
    host.frames(5)


@pytest.mark.parametrize("transport", ["tcp", pytest.param("pty", marks=pytest.mark.skipif("sys.platform == 'win32'"))])
def test_disconnect_and_return(play, transport):
    told = []
    host = play(transport=transport, on_message=told.append)
    host.frames(3)
    host.board.fault("disconnect=0.5")
    with pytest.raises(ConnectionError):
        host.until(lambda frame: False)
    host.hang_up()
    end = time.monotonic() + 5
    while not any(message["type"] == "plugged in" for message in told):
        assert time.monotonic() < end, told
        time.sleep(0.02)
    assert told[-1]["address"]
    host.board.hello["address"] = told[-1]["address"]
    host.connect()
    host.parser.end()
    assert host.frames(5)[-1].results
    assert [message["type"] for message in told][:4] == ["connected", "faults", "unplugged", "plugged in"]


def test_wrong_model(play):
    host = play()
    right = host.frames(1)[0].results.model
    host.write(b"1 fault wrong-model\n")
    host.answer(1)
    assert host.frames(3)[-1].results.model not in ("", right)


@pytest.mark.parametrize(("version", "understood"), [("0.9", False), ("1.9", True), ("2.0", False)])
def test_other_versions(play, version, understood):
    host = play(fault=[f"version={version}"])
    frames = host.frames(5)
    assert host.parser.counts.damaged == 0
    for frame in frames:
        assert (frame.results is not None) is understood
        assert image(frame) is not None, "the image is shown all the same"
    if understood:
        assert frames[0].results.version == (1, 9)
    else:
        assert host.parser.counts.refused[Refusal.VERSION] >= 5, "more may have come with the last of them"


def share_alike(frames, what):
    """Return of which share of two frames that follow each other `what` is the same; now and then it is by chance.

    On a busy machine two frames may be exposed at almost the same moment, and be alike for that: those are left out.
    """
    pairs = [
        what(before) == what(after)
        for before, after in itertools.pairwise(frames)
        if after.results.device_time - before.results.device_time > 2000
    ]
    assert len(pairs) >= 5
    return sum(pairs) / len(pairs)


def test_frozen_results(play):
    def points(frame):
        return frame.results.people.keypoints.tobytes()

    host = play()
    host.write(b"1 fault frozen\n")
    host.answer(1)
    host.frames(5)  # what was under way
    frames = host.frames(20)
    assert len({points(frame) for frame in frames}) == 1
    assert share_alike(frames, lambda frame: image(frame).tobytes()) < 0.5, "the image changes"
    host.write(b"2 fault clear\n")
    host.answer(2)
    host.frames(5)
    assert share_alike(host.frames(20), points) < 0.5


def test_all_scores_zero(play):
    host = play(fault=["zero-scores"])
    frames = host.frames(5)
    assert {(len(frame.results.people), frame.results.top_score) for frame in frames} == {(0, 0.0)}
    assert image(frames[0]).mean() > 20


def test_black_image(play):
    host = play(fault=["black"])
    frames = host.frames(3)
    assert all(image(frame).max() < 5 for frame in frames)
    assert frames[0].results.people.confidences[0] == pytest.approx(0.9), "the model saw it black, too"
