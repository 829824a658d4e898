"""Post-processing of a split head in C finds the same people as the program's own, bit for bit."""

import struct
from dataclasses import replace

import numpy as np
import pytest
from firmware_builders import SPLIT
from firmware_split_cases import camera_case, differences, random_case

from n6studio.domain.pose.split_decode import whole_output
from n6studio.domain.pose.split_head import Scale


@pytest.fixture
def harness(host_harness):
    """Return what the C finds in cases."""
    return lambda cases: host_harness(SPLIT, [case.payload() for case in cases])


def test_random_outputs_give_the_same_people(harness):
    rng = np.random.default_rng(41)
    cases = [*(random_case(rng) for _ in range(100)), *(camera_case(side) for side in (192, 256, 320))]
    answers = harness(cases)
    assert sum(struct.unpack_from("<I", answer)[0] for answer in answers) > 500  # people to compare
    wrong = [(case, told) for case, answer in zip(cases, answers, strict=True) if (told := differences(case, answer))]
    assert not wrong, wrong[0][1]


def test_with_little_room_the_best_candidates_count(harness):
    rng = np.random.default_rng(3)
    cases = [replace(random_case(rng), confidence=0.0, iou=1.0, most=300, capacity=capacity) for capacity in (1, 7, 64)]
    for case, answer in zip(cases, harness(cases), strict=True):
        count, dropped, _ = struct.unpack_from("<IIf", answer)
        scores = whole_output(case.split, case.outputs)[4 : 4 + case.split.classes].max(axis=0)
        assert count == min(case.capacity, int((scores > 0).sum()))
        assert dropped == int((scores > 0).sum()) - count
        width = 5 + 3 * case.split.keypoints
        found = np.frombuffer(answer, np.float32, count * width, 12).reshape(count, width)[:, 4]
        assert np.array_equal(found, np.sort(scores)[::-1][:count])


def test_nobody_is_found_in_what_cannot_be_read(harness):
    case = replace(random_case(np.random.default_rng(1)), confidence=0.0)
    level = case.split.levels[0]
    wrong = [
        replace(case.split, **one)
        for one in ({"classes": 0}, {"classes": 81}, {"keypoints": 0, "factors": ()}, {"size": (0, 32)}, {"dims": 4})
    ]
    wrong += [replace(case.split, levels=(replace(level, stride=0),))]
    wrong += [replace(case.split, levels=(replace(level, box=Scale(0.0, 0)),))]
    wrong += [replace(case.split, levels=(replace(level, score=Scale(0.1, 128)),))]
    wrong += [replace(case.split, levels=(replace(level, keypoints=Scale(33.0, 0)),))]
    answers = harness([replace(case, split=split) for split in wrong])
    assert [answer[:12] for answer in answers] == [bytes(12)] * len(wrong)
