"""Frames with parity: flipped bytes are put right, whatever they hit, and nothing wrong ever comes out."""

import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_builders import VECTORS, frame, jpeg, results, shift

from n6studio.link.protection import frame as protection
from n6studio.link.protection.reed_solomon import PARITY
from n6studio.link.wire.frame import Refusal, as_sent, check, encode_frame, sealed, without_results
from n6studio.link.wire.parser import StreamParser

IMAGE = jpeg(1)
SENT = encode_frame(IMAGE, results(7), protect=True)


def protected(number: int, width: int = 96, height: int = 64, quality: int = 80) -> bytes:
    return encode_frame(jpeg(number % 7, width, height, quality), results(number), protect=True)


FRAMES = [protected(number) for number in range(30)]


def flipped(data: bytes, share: float, seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    values = np.frombuffer(data, np.uint8)
    return (values ^ rng.integers(1, 256, len(values), dtype=np.uint8) * (rng.random(len(values)) < share)).tobytes()


def hit(data: bytes, places) -> bytes:
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 0x41
    return bytes(changed)


def feed(data: bytes, chunk: int = 4096, parser: StreamParser | None = None):
    known, parser = parser is not None, parser or StreamParser(expect_results=True)
    found = []
    for start in range(0, len(data), chunk):
        found += parser.feed(data[start : start + chunk], 0.0)
    counts = parser.counts
    taken = sum(len(one.jpeg) for one in found)
    if not known:
        assert counts.frames == len(found)
        assert counts.received_bytes == taken + counts.skipped_bytes + len(parser._buffer)
    return found, parser


# --- one frame -------------------------------------------------------------------------------------------------------


def test_a_protected_frame_is_a_frame_like_any_other():
    found, plain = check(SENT), check(frame(7, seed=1))
    assert found.version == (1, 1)
    assert np.array_equal(found.people.keypoints, plain.people.keypoints)
    assert (found.sequence, found.timings, found.view) == (plain.sequence, plain.timings, plain.view)
    assert without_results(SENT) == IMAGE
    images = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in (SENT, IMAGE)]
    assert np.array_equal(*images)
    assert as_sent(SENT) == SENT
    assert len(SENT) - len(frame(7, seed=1)) == 28 + 12 + PARITY * -(-(len(SENT) - protection.HEAD_SIZE) // 255)


def test_any_byte_can_be_wrong():
    for place in range(len(SENT)):
        assert as_sent(hit(SENT, [place])) == SENT, place


def test_eight_bytes_of_a_codeword_are_repaired_and_nine_are_not():
    count = -(-(len(SENT) - protection.HEAD_SIZE) // 255)
    end = len(SENT)
    column = range(end - 9 * count, end, count)
    assert as_sent(hit(SENT, column[:8])) == SENT
    assert check(as_sent(hit(SENT, column))) is Refusal.CHECKSUM
    assert as_sent(hit(SENT, range(20, 28))) == SENT, "the head has as much"
    assert check(as_sent(hit(SENT, range(20, 29)))) is not None


@pytest.mark.parametrize("place", [0, 12, 40, 100, 700, -48])
def test_bursts_are_spread_over_the_codewords(place):
    long = protected(3, 320, 240)
    count = -(-(len(long) - protection.HEAD_SIZE) // 255)
    length = 8 * count if not 0 <= place < protection.HEAD_SIZE else 8
    burst = range(place, place + length) if place >= 0 else range(len(long) - length, len(long))
    assert count > 20
    assert as_sent(hit(long, burst)) == long


@pytest.mark.parametrize("cut", range(8, len(SENT), 60))
def test_a_splice_is_one_of_both_or_none(cut):
    """Of the same length, and alike but for results and some of the image."""
    other = encode_frame(IMAGE[:-300] + bytes(298) + IMAGE[-2:], results(8), protect=True)
    assert len(other) == len(SENT)
    for spliced in (SENT[:cut] + other[cut:], other[:cut] + SENT[cut:]):
        found = as_sent(spliced)
        assert found in (SENT, other) or isinstance(check(found), Refusal)


def test_results_in_front_of_another_image_are_refused():
    """The head and fields of one, parity and image of another."""
    other = encode_frame(jpeg(2), results(7), protect=True)
    behind = len(SENT) - len(IMAGE)
    spliced = SENT[:behind] + other[len(other) - len(jpeg(2)) :]
    spliced = spliced[:16] + len(spliced).to_bytes(4, "little") + spliced[20:]
    assert isinstance(check(as_sent(spliced)), Refusal)


def test_a_head_in_front_of_another_body_is_refused():
    """Each is sound by itself; the checksum inside the head binds them."""
    other = encode_frame(IMAGE, results(8, people=VECTORS.people(2, 17)), protect=True)
    size = protection.HEAD_SIZE
    changed = encode_frame(IMAGE, results(8, log=("other!",)), protect=True)
    same = encode_frame(IMAGE, results(8, log=("camera",)), protect=True)
    assert len(changed) == len(same)
    assert isinstance(check(as_sent(changed[:size] + same[size:])), Refusal)
    assert as_sent(other) == other


def test_what_was_changed_can_be_sealed_anew():
    changed = bytearray(SENT)
    changed[21] = 9
    assert check(sealed(changed)).version == (1, 9)
    assert as_sent(flipped(sealed(changed), 0.002)) == sealed(changed)


def test_the_model_s_input_is_protected_too():
    sent = encode_frame(IMAGE, results(exact_input=VECTORS.pixels(160, 160)), pack_input=False, protect=True)
    found = check(as_sent(flipped(sent, 0.002)))
    assert np.array_equal(found.exact_input, VECTORS.pixels(160, 160))


def test_frames_that_are_too_large_go_without():
    largest = protection.MOST_CODEWORDS * 239 - len(frame(0, seed=1)) + len(IMAGE) + 48 - 12
    for size, version in ((largest, (1, 1)), (largest + 1, (1, 0))):
        padded = IMAGE[:-2] + bytes(size - len(IMAGE)) + IMAGE[-2:]
        sent = encode_frame(padded, results(), protect=True)
        assert check(sent).version == version
        assert (as_sent(hit(sent, [500])) == sent) is (version == (1, 1))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_are_survived(data, keep):
    for came in (data, SENT[:keep] + data, SENT[: protection.HEAD_SIZE] + data.ljust(len(SENT) - 76, b"\0")):
        found = as_sent(came)
        assert found in (came, SENT)


# --- a stream --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height", "quality"), [(480, 320, 85), (800, 480, 90)])
def test_one_byte_in_a_thousand_flipped(width, height, quality):
    sent = [protected(number, width, height, quality) for number in range(100)]
    assert len(sent[0]) > 10_000
    found, parser = feed(flipped(b"".join(sent), 0.001))
    assert {one.jpeg for one in found} <= set(sent)
    assert [one.jpeg for one in found] == [sent[one.results.sequence] for one in found]
    assert parser.counts.frames >= 99
    assert parser.counts.repaired == parser.counts.frames
    assert parser.counts.lost + parser.counts.frames in (99, 100)


@pytest.mark.parametrize("chunk", [1, 50, 76, 1000, 10**6])
def test_a_start_that_was_hit_is_found_behind_the_last_frame(chunk):
    came = [FRAMES[0], *(hit(one, (0, 6 + number % 6, 18)) for number, one in enumerate(FRAMES[1:10])), FRAMES[10]]
    found, parser = feed(b"".join(came), chunk)
    assert [one.jpeg for one in found] == FRAMES[:11]
    assert (parser.counts.repaired, parser.counts.damaged, parser.counts.lost) == (9, 0, 0)
    assert [one.number for one in found] == list(range(11))


def test_a_frame_whose_length_was_hit_waits_for_nobody():
    found, _ = feed(FRAMES[0] + hit(FRAMES[1], (16, 17, 18)))
    assert [one.jpeg for one in found] == FRAMES[:2]


def test_a_frame_beyond_repair_costs_no_other():
    worse = flipped(FRAMES[1], 0.2)
    found, parser = feed(FRAMES[0] + FRAMES[1][:76] + worse[76:] + hit(FRAMES[2], (0, 8)) + FRAMES[3])
    assert [one.jpeg for one in found] == [FRAMES[0], FRAMES[2], FRAMES[3]]
    assert (parser.counts.damaged, parser.counts.repaired, parser.counts.lost) == (1, 1, 1)


def test_lost_bytes_are_not_repaired_and_cost_one_frame():
    found, parser = feed(FRAMES[0] + FRAMES[1][:500] + FRAMES[1][501:] + FRAMES[2] + FRAMES[3])
    assert [one.jpeg for one in found] == [FRAMES[0], *FRAMES[2:4]]
    assert parser.counts.damaged == 1


@pytest.mark.parametrize("chunk", [1, 2, 30, 5000])
def test_a_frame_that_begins_before_the_expected_place_is_found(chunk):
    """A byte of the head's parity got lost: the head can be repaired, and what it says is one byte too long."""
    found, _ = feed(FRAMES[0][:68] + FRAMES[0][69:] + FRAMES[1], chunk)
    assert [one.jpeg for one in found] == [FRAMES[1]]


def test_protection_can_be_switched():
    plain = [frame(number, seed=1) for number in range(30)]
    sent = [*FRAMES[:3], *plain[3:6], *FRAMES[6:9], *plain[9:12]]
    for chunk in (70, 5000):
        found, parser = feed(b"".join(sent), chunk)
        assert [one.jpeg for one in found] == sent
        assert (parser.counts.damaged, parser.counts.repaired) == (0, 0)


def test_a_image_without_results_behind_a_protected_frame():
    found, parser = feed(FRAMES[0] + IMAGE * 20, parser=StreamParser())
    assert [one.jpeg for one in found] == [FRAMES[0]] + [IMAGE] * 20
    assert parser.counts.refused == {Refusal.UNPROVED: 15, Refusal.PLAIN: 5}


def test_an_end_forgets_where_the_next_should_start():
    parser = StreamParser()
    feed(FRAMES[0] + hit(FRAMES[1], [0])[:300], parser=parser)
    parser.end()
    assert parser.counts.damaged == 1
    found = parser.feed(b"\x00" * 5 + FRAMES[2], 0.0)
    assert [one.jpeg for one in found] == [FRAMES[2]]


def test_what_does_not_lead_to_a_image_is_no_repaired_frame():
    lying = bytearray(IMAGE)
    place = lying.index(b"\xff\xc0") + 5
    lying[place : place + 2] = b"\0\0"
    found, parser = feed(hit(encode_frame(bytes(lying), results(), protect=True), [300]) + FRAMES[0])
    assert [one.jpeg for one in found] == [FRAMES[0]]
    assert (parser.counts.repaired, parser.counts.damaged) == (0, 0)
    assert parser.counts.undelivered == {Refusal.NO_IMAGE: 1}


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_nothing_wrong_comes_out_whatever_happens(data):
    parts, whole = [], 0
    kinds = st.sampled_from(["whole", "few", "many", "burst", "cut", "drop", "insert", "garbage", "splice", "plain"])
    for number in data.draw(st.lists(st.integers(0, 29), min_size=1, max_size=10)):
        kind, part = data.draw(kinds), bytearray(FRAMES[number])
        place, seed = data.draw(st.integers(0, len(part) - 1)), data.draw(st.integers(0, 10**6))
        if kind == "few":
            part = bytearray(flipped(bytes(part), 0.003, seed))
        elif kind == "many":
            part = bytearray(flipped(bytes(part), data.draw(st.floats(0.01, 0.5)), seed))
        elif kind == "burst":
            end = place + data.draw(st.integers(1, 600))
            part[place:end] = np.random.default_rng(seed).bytes(len(part[place:end]))
        elif kind in ("cut", "drop", "insert"):
            shift(part, kind, place, seed % 256)
        elif kind == "garbage":
            part = bytearray(data.draw(st.binary(max_size=200)))
        elif kind == "splice":
            part[place:] = FRAMES[data.draw(st.integers(0, 29))][place:]
        elif kind == "plain":
            part = bytearray(frame(number, seed=1))
        whole += kind in ("whole", "plain")
        parts.append(bytes(part))
    found, _ = feed(b"".join(parts), data.draw(st.integers(1, 4000)))
    for one in found:
        number = one.results.sequence
        assert one.jpeg in (FRAMES[number], frame(number, seed=1))
    assert len(found) >= whole


@pytest.mark.parametrize("share", [0.01, 0.03, 0.3])
def test_heavy_damage(share):
    found, _ = feed(flipped(b"".join(FRAMES * 5), share))
    assert all(one.jpeg == FRAMES[one.results.sequence] for one in found)


# --- effort ----------------------------------------------------------------------------------------------------------


def noise_behind(head: bytes, length: int, seed: int) -> bytes:
    return head + np.random.default_rng(seed).bytes(length - len(head))


@pytest.mark.parametrize("kind", ["bodies", "heads"])
def test_repairs_that_fail_are_limited_by_the_bytes_received(kind, monkeypatch):
    tried = []
    monkeypatch.setattr(
        protection, {"bodies": "repaired", "heads": "read_head"}[kind], lambda *given: tried.append(1) or None
    )
    size = {"bodies": protection.HEAD_SIZE, "heads": 24}[kind]
    parser = StreamParser(expect_results=True)
    for number in range(3000):
        parser.feed(noise_behind(FRAMES[0][:size], len(FRAMES[0]), number), 0.0)
    assert 10 < len(tried) < 32 + 3000 * len(FRAMES[0]) / (256 * 1024) + 2
    monkeypatch.undo()
    found, _ = feed(FRAMES[1] + FRAMES[2], parser=parser)
    assert [one.jpeg for one in found] == FRAMES[1:3], "whole frames come through without any"
    parser.feed(bytes(2_000_000), 0.0)
    found, _ = feed(hit(FRAMES[3], [200]), parser=parser)
    assert [one.jpeg for one in found] == [FRAMES[3]], "and the time for repairs comes back"


def test_memory_is_bounded_where_heads_promise_much():
    promise = bytearray(FRAMES[0][: protection.HEAD_SIZE])
    promise[16:20] = (1_000_000).to_bytes(4, "little")
    words = protection._head_codeword(promise)
    promise[60:76] = protection.code.parity(words[:-PARITY]).tobytes()
    assert protection.read_head(promise).length == 1_000_000
    parser = StreamParser(300_000)
    parser.feed(bytes(promise), 0.0)
    for _ in range(40):
        parser.feed(bytes(100_000), 0.0)
        assert len(parser._buffer) <= 500_000
    found, _ = feed(FRAMES[1], parser=parser)
    assert [one.jpeg for one in found] == [FRAMES[1]]


def test_the_inner_checksum_is_what_the_page_says():
    assert zlib.crc32(SENT[76:]) == int.from_bytes(SENT[48:52], "little")
    place = int.from_bytes(SENT[52:56], "little")
    assert SENT[place - 12 : place - 10] == b"\xff\xe9"
    assert SENT[place - 8 : place] == b"N6RSCP\0\0"
