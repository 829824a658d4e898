import threading

import msgspec
import numpy as np
import pytest

from n6studio.domain.calibration.convergence import Convergence, convergence, enough, verdict
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import Progressed
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.range_convergence.stage import RANGE_CONVERGENCE, RangeConvergenceSettings


def of(highs, lows=None):
    highs = np.array(highs, np.float64).T
    names = tuple(f"t{index}" for index in range(highs.shape[1]))
    return convergence(np.zeros_like(highs) if lows is None else np.array(lows, np.float64).T, highs, names)


def test_shares_are_of_the_range_that_all_images_give():
    found = of([[1, 2, 4, 4], [8, 8, 8, 8]])
    assert found.largest == (0.75, 0.5, 0.0, 0.0)
    assert found.middle == (0.375, 0.25, 0.0, 0.0)
    assert (found.tensors, found.images, found.worst) == (2, 4, "t0")
    # A range that int8 has must contain 0, so that values far from it widen it from there.
    assert of([[-2, -2]], [[-4, -8]]).largest == (0.5, 0.0)
    assert msgspec.json.decode(encoded(found), type=Convergence) == found


def test_tensors_without_values_say_nothing():
    found = of([[0, 0, 0]])
    assert found.tensors == 0
    assert found.most == (0.0, 0.0, 0.0)
    assert of([[0, 0], [1, 2]]).tensors == 1


def test_enough_is_what_settles_before_the_end():
    steady = of([[1, 4] + [4] * 10, [2] * 12])
    assert enough(steady) == 2
    assert verdict(steady).startswith("Large enough: from 2 of 12 images on")
    growing = of([list(range(1, 13))])
    assert enough(growing) is None
    assert "Not settled: after half of the 12 images" in verdict(growing)
    assert "50 % or more" in verdict(growing)


def asked(exported_people, carried, **settings):
    hashes = HashCache()
    (model,) = exported_people.glob("*_float32.tflite")
    inputs = {
        "reference": (input_of(model, hashes),),
        "calibration": (input_of(carried.calibration, hashes, images_only=True),),
    }
    return make_request(RANGE_CONVERGENCE, RangeConvergenceSettings(**settings), inputs)


@pytest.mark.slow
def test_a_real_model_is_measured(exported_people, carried, tmp_path):
    request = asked(exported_people, carried, max_images=24)
    result = run_stage(RANGE_CONVERGENCE, request, tmp_path, lambda message: None, threading.Event())
    found = msgspec.json.decode(result.outputs["convergence"].read_bytes(), type=Convergence)
    assert found.images == 24
    assert found.tensors > 150
    assert found.worst
    for line in (found.largest, found.most, found.middle):
        assert line[-1] == 0
        assert list(line) == sorted(line, reverse=True)
    assert 0 < found.middle[0] < found.most[0] < found.largest[0] <= 1


@pytest.mark.slow
def test_cancelling_half_way_leaves_only_the_log(exported_people, carried, tmp_path):
    cancel = threading.Event()

    def stop(message):
        if isinstance(message, Progressed):
            cancel.set()

    with pytest.raises(Cancelled):
        run_stage(RANGE_CONVERGENCE, asked(exported_people, carried), tmp_path, stop, cancel)
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == ["range_convergence.log"]


def test_limits_of_what_has_settled():
    def found(*most):
        return Convergence(3, most, most, most, "t")

    assert enough(found(0.05, 0, 0, 0)) == 1, "5 % is settled"
    assert enough(found(0.051, 0.05, 0, 0)) == 2
    assert enough(found(0.06, 0.06, 0.05, 0)) == 3, "three quarters is not the end"
    assert enough(found(0.06, 0.06, 0.06, 0.05)) is None
    assert "after half of the 5 images 5 % of the ranges are still 40 %" in verdict(found(0.5, 0.4, 0.3, 0.2, 0.1))
    assert "after half of the 1 image 5 % of the ranges are still 30 %" in verdict(found(0.3))


def test_the_worst_is_the_last_to_settle_and_ranges_below_one_count():
    found = of([[0.2, 0.4, 0.4, 0.4], [0.3, 0.3, 0.3, 0.4], [0, 0, 0, 0], [0.1, 0.4, 0.4, 0.4]])
    assert (found.tensors, found.worst) == (3, "t1")
    assert found.largest == (0.75, 0.25, 0.25, 0.0)
    assert of([[3, 3, 3]], [[0, 0, 0]]).largest == (0.0, 0.0, 0.0)
    assert of([[1, 3]]).middle == (0.66667, 0.0), "five digits"
