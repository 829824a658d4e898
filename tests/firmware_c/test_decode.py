"""Post-processing in C finds the same people as the program's own decoder, bit for bit."""

import struct
from dataclasses import replace

import numpy as np
import pytest
from firmware_builders import DECODE
from firmware_decode_cases import camera_cases, differences, random_case, rows_of

from n6studio.domain.pose.decode import decode


@pytest.fixture
def harness(host_harness):
    """Return what the C finds in cases."""
    return lambda cases: host_harness(DECODE, [case.payload() for case in cases])


@pytest.mark.parametrize("damaged", [False, True])
def test_random_outputs_give_the_same_people(harness, damaged):
    rng = np.random.default_rng(7 + damaged)
    cases = [random_case(rng, damaged) for _ in range(150)]
    cases += [] if damaged else [case for _, case in camera_cases()]
    answers = harness(cases)
    assert sum(struct.unpack_from("<I", answer)[0] for answer in answers) > 500  # people to compare
    wrong = [(case, told) for case, answer in zip(cases, answers, strict=True) if (told := differences(case, answer))]
    assert not wrong, wrong[0]


def test_with_little_room_the_best_candidates_count(harness):
    rng = np.random.default_rng(3)
    cases = [replace(random_case(rng), confidence=0.0, capacity=capacity) for capacity in (1, 7, 64) for _ in range(10)]
    for case, answer in zip(cases, harness(cases), strict=True):
        output, layout = case.floats(), case.layout
        scores = output[:, 4] if layout.end_to_end else output[4 : 4 + layout.classes].max(axis=0)
        best = np.sort(np.argsort(-scores, kind="stable")[: case.capacity])
        best = best[scores[best] > 0]
        kept = output[best] if layout.end_to_end else output[:, best]
        people = decode(kept, layout, case.size, 0.0, case.iou, case.most, average=case.average)
        count, dropped, _ = struct.unpack_from("<IIf", answer)
        assert (count, dropped) == (len(people), max(0, int((scores > 0).sum()) - case.capacity))
        rows = np.frombuffer(answer, np.float32, offset=12).reshape(2, count, 5 + 3 * layout.keypoints)
        assert np.array_equal(rows[0], rows_of(people))


def test_nobody_is_found_in_what_cannot_be_read(harness):
    case = random_case(np.random.default_rng(1))
    layouts = [
        replace(case.layout, **wrong)
        for wrong in ({"classes": 0}, {"classes": 81}, {"keypoints": 0}, {"keypoints": 134}, {"dims": 4})
    ]
    answers = harness([replace(case, layout=layout, confidence=0.0) for layout in layouts])
    answers += harness([replace(case, size=(0, 32)), replace(case, kind=1, scale=0.0), replace(case, kind=5)])
    assert answers == [bytes(12)] * 8
