"""A split head's outputs, put together: against arithmetic in doubles, written down once more."""

from math import exp

import numpy as np
import pytest
from firmware_split_cases import camera_case, random_case

from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.split_decode import shares, sigmoids, whole_output
from n6studio.domain.pose.split_head import Level, Scale, SplitHead


def candidate(split, outputs, level_number, cell):
    """One candidate's values in pixels, as YOLOv8's head defines them."""
    level = split.levels[level_number]
    box, score, keypoints = (one.reshape(-1, one.shape[-1])[cell] for one in outputs[3 * level_number :][:3])
    columns = split.size[0] // level.stride
    x, y = cell % columns, cell // columns

    def real(code, scale):
        return (int(code) - scale.zero_point) * scale.scale

    def side(codes):
        weights = [exp(real(code, level.box) - real(max(codes), level.box)) for code in codes]
        return sum(number * weight for number, weight in enumerate(weights)) / sum(weights)

    left, top, right, bottom = (side(box[16 * number : 16 * (number + 1)].tolist()) for number in range(4))
    values = [
        (x + 0.5 + (right - left) / 2) * level.stride,
        (y + 0.5 + (bottom - top) / 2) * level.stride,
        (left + right) * level.stride,
        (top + bottom) * level.stride,
        *(1 / (1 + exp(-real(code, level.score))) for code in score),
    ]
    for number in range(split.keypoints):
        point = keypoints[split.dims * number : split.dims * (number + 1)]
        across, down = split.factors[2 * number : 2 * number + 2] or (2, 2)
        values.append((real(point[0], level.keypoints) * across + x) * level.stride)
        values.append((real(point[1], level.keypoints) * down + y) * level.stride)
        if split.dims == 3:
            values.append(1 / (1 + exp(-real(point[2], level.keypoints))))
    return values


@pytest.mark.parametrize("seed", range(6))
def test_every_candidate_is_what_the_head_defines(seed):
    case = random_case(np.random.default_rng(seed), (96, 64))
    split, whole = case.split, whole_output(case.split, case.outputs)
    assert whole.dtype == np.float32
    assert whole.shape == (case.layout.channels, split.candidates)
    first = 0
    for number, level in enumerate(split.levels):
        cells = (96 // level.stride) * (64 // level.stride)
        for cell in (0, cells // 2, cells - 1):
            expected = candidate(split, case.outputs, number, cell)
            assert whole[:, first + cell] == pytest.approx(expected, rel=2e-5, abs=2e-4)
        first += cells
    assert first == whole.shape[1]


def test_tables_are_exact_to_the_last_digit_of_float32():
    for scale in (0.003, 0.05, 0.3, 2.0, 20.0):
        codes = Scale(float(np.float32(scale)), -17)
        steps = (np.arange(-128, 128) + 17) * np.float64(codes.scale)
        with np.errstate(over="ignore"):
            expected = (1 / (1 + np.exp(-steps))).astype(np.float32)
        assert sigmoids(codes) == pytest.approx(expected, rel=2e-7, abs=1e-29)
        assert shares(codes) == pytest.approx(
            np.exp(-np.arange(256) * codes.scale).astype(np.float32), rel=2e-7, abs=1e-29
        )
        assert (np.diff(sigmoids(codes)) >= 0).all()  # the board looks for a threshold's code


def test_factors_are_two_where_a_file_says_nothing():
    scale = Scale(0.5, 0)
    split = SplitHead((Level(32, scale, scale, scale),), 1, 1, 3, (64, 32))
    box, score = np.zeros((2, 64), np.int8), np.zeros((2, 1), np.int8)
    points = np.array([[3, -2, 0], [3, -2, 0]], np.int8)
    whole = whole_output(split, [box, score, points])
    assert whole[5:].T.tolist() == [[96.0, -64.0, 0.5], [128.0, -64.0, 0.5]]  # (1.5 * 2 + 0) * 32, and a cell further
    assert whole[:5].T.tolist() == [[16, 16, 480, 480, 0.5], [48, 16, 480, 480, 0.5]]  # all bins alike: 7.5 cells


def test_people_come_out_of_a_cameras_image():
    case = camera_case(192)
    found = decode(whole_output(case.split, case.outputs), case.layout, (192, 192), 0.5, 0.5, 10)
    assert len(found) > 0
    assert isinstance(case.layout, OutputLayout)
    assert case.split.output_bytes == 756 * (64 + 1 + 51)
