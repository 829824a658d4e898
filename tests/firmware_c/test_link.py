"""Frames and commands in C are those of the program and of the virtual board."""

import numpy as np
import pytest
from firmware_builders import COMMANDS, FRAME
from firmware_frames import expected_answers, expected_frame, frame_payload, random_lines, results
from firmware_images import by_opencv, photo

from n6studio.link.wire.frame import check


def answers_of(payload: bytes) -> list[tuple[str, int, float]]:
    found = []
    for line in payload.split(b"\n")[:-1]:
        reply, name, value = line.decode("utf-8", "replace").split("|")
        found.append((reply, int(name), float(np.float32(value))))
    return found


def test_random_commands_get_the_virtual_boards_answers(host_harness):
    texts = [random_lines(seed, 500) for seed in range(6)]
    for text, payload in zip(texts, host_harness(COMMANDS, texts), strict=True):
        expected = expected_answers(text)
        assert sum(reply.endswith(" ok") for reply, *_ in expected) > 40
        assert answers_of(payload) == expected


@pytest.mark.parametrize("protect", [False, True])
@pytest.mark.parametrize("exact", [None, (32, 24), (256, 256), (200, 333)])
def test_frames_are_those_of_the_program(host_harness, protect, exact):
    rng = np.random.default_rng(17)
    jpeg = by_opencv(photo(160, 120, 1), 60)
    told = [results(rng, count, keypoints, exact) for count, keypoints in ((0, 17), (1, 1), (10, 17), (60, 133))]
    frames = host_harness(FRAME, [frame_payload(jpeg, one, protect) for one in told])
    assert frames == [expected_frame(jpeg, one, protect) for one in told]
    for frame, one in zip(frames, told, strict=True):
        found = check(frame)
        assert (found.sequence, len(found.people)) == (one.sequence, len(one.people))
        assert exact is None or np.array_equal(found.exact_input, one.exact_input)
