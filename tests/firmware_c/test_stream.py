"""The stream in C: what the program's own parser reads of it, on quick and slow links."""

import zlib

import numpy as np
from firmware_builders import STREAM
from firmware_scripts import (
    ALL,
    CLOCK,
    CONNECTED,
    EVALUATE,
    EVALUATE_SPLIT,
    HEADS,
    IMAGE,
    INPUT,
    POLL,
    RESULTS,
    SHARED,
    ask,
    evaluated,
    say,
    sent,
    shot,
    slow_link,
    step,
)  # fmt: skip

from n6studio.link.wire.jpeg import decode_jpeg
from n6studio.link.wire.parser import StreamParser


def frames_of(payload: bytes):
    parser = StreamParser()
    frames = [*parser.feed(payload, 0.0)]
    return [frame.results for frame in frames]


def frame_bytes(payload: bytes) -> list[bytes]:
    return [frame.jpeg for frame in StreamParser().feed(payload, 0.0)]


def replies(results) -> list[str]:
    return [value for key, value in results.status if key == "reply"]


def test_frames_carry_results_and_the_first_one_the_status(host_harness):
    (payload,) = host_harness(STREAM, [step(POLL, ALL) + shot(1000, 3) + shot(2000, 0) + shot(3000, 11)])
    first, second, third = frames_of(payload)
    assert [one.sequence for one in (first, second, third)] == [0, 1, 2]
    assert (first.device_time, first.model, len(first.people), first.view.size) == (
        1000,
        "0102030405060708",
        3,
        (64, 64),
    )
    assert dict(first.status) == {
        "board": "harness", "confidence": "0.5", "iou": "0.5", "average": "off", "quality": "50", "stream": "on",
        "protect": "off", "dropped": "0", "evaluate": "off",
    }  # fmt: skip
    assert (second.status, len(second.people), third.view) == ((), 0, None)


def test_commands_are_obeyed_and_answered(host_harness):
    script = step(POLL, ALL) + shot(1) + say(b"7 confidence 0.25\n8 iou 2\n9 exact_input\n") + shot(2) + shot(3)
    script += (
        say(b"10 stream off\n")
        + shot(4)
        + shot(5)
        + say(b"11 hello\n")
        + shot(6)
        + say(b"12 protect on\n13 stream on\n")
    )
    (payload,) = host_harness(STREAM, [script + shot(7)])
    frames = frames_of(payload)
    assert [frame.device_time for frame in frames] == [1, 2, 3, 4, 6, 7]  # while it is off, one for each answer
    assert [replies(frame) for frame in frames] == [
        [], ["7 ok", "8 error 0 to 1", "9 ok"], [], ["10 ok"], ["11 ok"], ["12 ok", "13 ok"],
    ]  # fmt: skip
    assert dict(frames[1].status)["confidence"] == "0.25"
    assert [frame.exact_input is not None for frame in frames] == [False, True, False, False, False, False]
    assert frames[1].exact_input.shape == (64, 64, 3)


def test_averaging_is_switched_by_a_command_stays_over_connections_and_is_told(host_harness):
    script = step(POLL, ALL) + shot(1) + say(b"7 average on\n8 average 1\n") + shot(2) + step(CONNECTED) + shot(3)
    (payload,) = host_harness(STREAM, [script + say(b"9 average off\n") + shot(4)])
    frames = frames_of(payload)
    assert [replies(frame) for frame in frames] == [[], ["7 ok", "8 error on or off"], [], ["9 ok"]]
    assert [dict(frame.status)["average"] for frame in frames] == ["off", "on", "on", "off"]


def test_a_slow_link_drops_whole_images_and_damages_none(host_harness):
    sent = 0
    for payload in host_harness(STREAM, [slow_link(seed) for seed in range(40)]):
        frames = frames_of(payload)
        assert all(frame is not None for frame in frames)  # none without results: nothing is left of a damaged frame
        sequences = [frame.sequence for frame in frames]
        assert sequences == sorted(set(sequences))
        assert payload.count(b"N6LIVE") == len(frames)
        sent += len(frames)
    assert 400 < sent < 40 * 60


def test_what_does_not_fit_before_a_poll_is_refused_and_never_half_obeyed(host_harness):
    flood = b"".join(b"%d confidence 0.75\n" % number for number in range(100, 130))
    (payload,) = host_harness(
        STREAM, [step(POLL, ALL) + shot(0) + say(flood) + shot(1) + say(b"5 quality 60\n") + shot(2)]
    )
    _, second, third = frames_of(payload)
    assert replies(second)[0] == "105 ok"
    assert "error" in replies(second)[-1]
    assert replies(third) == ["5 ok"]
    assert dict(third.status)["quality"] == "60"


def raw_expected() -> np.ndarray:
    return (np.arange(56 * 84, dtype=np.float32) / np.float32(8)).reshape(56, 84)


def test_an_input_is_answered_with_people_times_checksum_and_the_raw_output(host_harness):
    pixels = np.random.default_rng(3).bytes(64 * 64 * 3)
    script = step(POLL, ALL) + shot(0) + ask(b"1 evaluate on") + ask(b"2 raw_output on") + ask(b"3 input 12288")
    script += sent(pixels) + step(EVALUATE, 4) + step(POLL, ALL)
    script += ask(b"4 raw_output off") + ask(b"5 input 12288") + sent(pixels[::-1]) + step(EVALUATE, 0)
    script += step(POLL, ALL) + step(IMAGE, 5) + ask(b"6 evaluate off") + shot(7)
    (payload,) = host_harness(STREAM, [script])
    frames = frames_of(payload)
    assert [replies(frame) for frame in frames] == [
        [], ["1 ok"], ["2 ok"], ["3 ok"], [], ["4 ok"], ["5 ok"], [], ["6 ok"], []
    ]  # fmt: skip
    answers = [frame.answer for frame in frames]
    assert [answer is not None for answer in answers] == [number in (4, 7) for number in range(10)]
    first, second = answers[4], answers[7]
    assert (first.number, first.checksum, len(frames[4].people)) == (3, zlib.crc32(pixels), 4)
    assert (frames[4].timings.npu, frames[4].timings.post_processing) == (20, 30)
    (found,) = first.outputs
    assert np.array_equal(found.stored, raw_expected())
    assert not found.candidates_first
    assert (second.number, second.checksum, second.outputs) == (5, zlib.crc32(pixels[::-1]), ())
    assert dict(frames[1].status)["evaluate"] == "on"
    assert dict(frames[8].status)["evaluate"] == "off"
    assert decode_jpeg(frame_bytes(payload)[4]).shape == (16, 16, 3)


def test_the_outputs_of_a_split_head_are_all_in_the_answer(host_harness):
    pixels = np.random.default_rng(5).bytes(64 * 64 * 3)
    script = step(POLL, ALL) + shot(0) + ask(b"1 evaluate on") + ask(b"2 raw_output on") + ask(b"3 input 12288")
    script += sent(pixels) + step(EVALUATE_SPLIT, 4) + step(POLL, ALL)
    script += (
        ask(b"4 raw_output off") + ask(b"5 input 12288") + sent(pixels) + step(EVALUATE_SPLIT, 0) + step(POLL, ALL)
    )
    (payload,) = host_harness(STREAM, [script])
    first, second = (frame.answer for frame in frames_of(payload) if frame.answer is not None)
    values = np.arange(56 * 84, dtype=np.int64) % 251
    expected, at = [], 0
    for cells in (64, 16, 4):
        for channels in (64, 1, 51):
            expected.append((values[at : at + cells * channels] - 125).astype(np.int8).reshape(cells, channels))
            at += 11 * channels
    assert [one.stored.tolist() for one in first.outputs] == [one.tolist() for one in expected]
    assert [(one.scale, one.zero) for one in first.outputs] == [(0.125 * (1 + n), n - 5) for n in range(9)]
    assert all(one.candidates_first for one in first.outputs)
    assert second.outputs == ()


def test_a_computer_that_is_gone_does_not_keep_the_board_evaluating(host_harness):
    pixels = bytes(64 * 64 * 3)
    script = step(POLL, ALL) + shot(0) + ask(b"1 evaluate on") + step(CLOCK, 59_000_000) + step(EVALUATE, 0)
    script += step(POLL, ALL) + ask(b"2 input 12288") + say(pixels[:100])
    script += step(EVALUATE, 0) + step(POLL, ALL) + step(CLOCK, 59_000_000) + step(EVALUATE, 0) + step(POLL, ALL)
    script += (
        step(EVALUATE, 0) + step(POLL, ALL) + step(CLOCK, 2_000_000) + step(EVALUATE, 0) + step(POLL, ALL) + shot(5)
    )
    (payload,) = host_harness(STREAM, [script])
    frames = frames_of(payload)
    told = [dict(frame.status).get("evaluate") for frame in frames]
    assert told.index("on") == 1
    assert "2 error incomplete" in [reply for frame in frames for reply in replies(frame)]
    assert [one for one in told if one][-1] == "off"
    assert frames[-1].view is not None
    assert [frame.view is not None for frame in frames].count(True) == 2


def test_where_exact_input_and_evaluation_share_memory_neither_spoils_the_other(host_harness):
    pixels = np.random.default_rng(4).bytes(64 * 64 * 3)
    script = step(SHARED) + step(POLL, ALL) + shot(0) + say(b"1 exact_input\n") + step(POLL, 500)
    script += step(IMAGE, 1) + step(INPUT, 64) + step(RESULTS, 2)  # the copy is still being sent
    script += say(b"2 evaluate on\n3 input 12288\n") + step(POLL, 500) + step(POLL, ALL)
    script += step(EVALUATE, 0) + step(POLL, ALL) + ask(b"4 input 12288") + sent(pixels)
    script += step(EVALUATE, 3) + step(POLL, ALL) + ask(b"5 evaluate off")
    script += say(b"6 exact_input\n") + shot(7)
    (payload,) = host_harness(STREAM, [script])
    frames = frames_of(payload)
    told = [reply for frame in frames for reply in replies(frame)]
    assert told == ["1 ok", "2 ok", "3 error busy", "4 ok", "5 ok", "6 ok"]
    first, second = (frame.exact_input for frame in frames if frame.exact_input is not None)
    assert np.array_equal(first, second), "the pattern that the harness gives, whatever was received between"
    (answer,) = [frame.answer for frame in frames if frame.answer is not None]
    assert (answer.number, answer.checksum) == (4, zlib.crc32(pixels))


def test_an_input_that_fits_no_frame_is_given_up_and_told(host_harness):
    """Protected, a frame needs parity for it, for which the memory may be too small."""
    script = step(HEADS, 1500) + step(POLL, ALL) + shot(0) + say(b"1 protect on\n2 exact_input\n")
    script += shot(1) + shot(2) + shot(3)
    (payload,) = host_harness(STREAM, [script])
    frames = frames_of(payload)
    assert [frame.device_time for frame in frames] == [0, 2, 3], "one frame is lost, and no more"
    assert "the model's input does not fit into a frame" in [line for frame in frames for line in frame.log]


def test_inputs_that_are_not_whole_are_refused_and_none_is_answered_twice(host_harness):
    answered = refused = 0
    for payload in host_harness(STREAM, [evaluated(seed) for seed in range(30)]):
        frames = frames_of(payload)
        assert all(frame is not None for frame in frames)
        told = [reply for frame in frames for reply in replies(frame)]
        assert told[0] == "1 error not evaluating"
        numbers = [frame.answer.number for frame in frames if frame.answer is not None]
        assert len(set(numbers)) == len(numbers)
        for frame in frames:
            if frame.answer is not None and frame.answer.outputs:
                assert np.array_equal(frame.answer.outputs[0].stored, raw_expected())
        answered += len(numbers)
        refused += sum(reply.endswith(("checksum", "incomplete", "not the input's size")) for reply in told)
        assert frames[-1].device_time == 99
    assert answered > 60
    assert refused > 60
