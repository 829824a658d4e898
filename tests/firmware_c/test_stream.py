"""The stream in C: what the program's own parser reads of it, on quick and slow links."""

from firmware_builders import STREAM
from firmware_scripts import ALL, POLL, say, shot, slow_link, step

from n6studio.link.wire.parser import StreamParser


def frames_of(payload: bytes):
    parser = StreamParser()
    frames = [*parser.feed(payload, 0.0)]
    return [frame.results for frame in frames]


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
        "board": "harness", "confidence": "0.5", "iou": "0.5", "quality": "50", "stream": "on", "protect": "off",
        "dropped": "0",
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
