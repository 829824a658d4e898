"""Frames of the firmware on their way: told as another board would tell them, however the cable cuts them."""

import random

import pytest
from live_frames import jpeg, results

from n6studio.link.wire.frame import encode_frame
from n6studio.link.wire.parser import StreamParser
from n6studio.virtual.faults import Wrong
from n6studio.virtual.rewriting import Rewriting

FRAMES = [encode_frame(jpeg(number), results(number), protect=number % 2 == 1) for number in range(8)]
STREAM = b"noise\xff\xd8\xff" + FRAMES[0] + b"\xff\xd8\xff\xe9 no frame" + b"".join(FRAMES[1:])
NOISE = 2  # starts of images in the stream above that are none
MODEL = results().model
OTHER = f"{int(MODEL or '0', 16) ^ (2**64 - 1):016x}"


def parts(data, seed):
    chance, at = random.Random(seed), 0
    while at < len(data):
        count = chance.choice((1, 3, 20, 1000, 20000))
        yield data[at : at + count]
        at += count


def arrived(data):
    parser = StreamParser()
    found = [*parser.feed(data), *parser.end()]
    assert parser.counts.damaged <= NOISE
    return found


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_changed_without_a_fault(seed):
    rewriting = Rewriting()
    assert [rewriting.passed(part, Wrong()) for part in parts(STREAM, seed)] == list(parts(STREAM, seed))


@pytest.mark.parametrize("seed", range(6))
def test_another_model_is_told_in_every_frame_and_all_else_stays(seed):
    rewriting = Rewriting()
    made = b"".join(rewriting.passed(part, Wrong(wrong_model=True)) for part in parts(STREAM, seed))
    assert len(made) == len(STREAM)
    before, now = arrived(STREAM), arrived(made)
    assert len(now) == len(before) == len(FRAMES)
    for one, other in zip(before, now, strict=True):
        assert other.results.model == OTHER
        for name in ("sequence", "device_time", "timings", "view", "status", "version"):
            assert getattr(other.results, name) == getattr(one.results, name)
        assert (other.results.people.boxes == one.results.people.boxes).all()


@pytest.mark.parametrize("seed", range(6))
def test_another_version_is_told_with_a_right_checksum(seed):
    rewriting, wrong = Rewriting(), Wrong(version=(1, 7), wrong_model=True)
    made = b"".join(rewriting.passed(part, wrong) for part in parts(STREAM, seed))
    found = arrived(made)
    assert [(one.results.version, one.results.model) for one in found] == [((1, 7), OTHER)] * len(FRAMES)


def test_a_fault_that_ends_lets_go_what_waited():
    rewriting, at = Rewriting(), len(STREAM) - 100
    first = rewriting.passed(STREAM[:at], Wrong(wrong_model=True))
    made = first + rewriting.passed(STREAM[at:], Wrong())
    found = arrived(made)
    assert [one.results.model for one in found] == [OTHER] * (len(FRAMES) - 1) + [MODEL]


def test_a_length_that_no_frame_has_holds_nothing_up():
    odd = bytearray(FRAMES[0])
    odd[16:20] = b"\xff\xff\xff\x7f"
    made = Rewriting().passed(bytes(odd) + FRAMES[1], Wrong(wrong_model=True))
    assert made[: len(odd)] == bytes(odd)
    assert len(made) == len(odd) + len(FRAMES[1])
