"""Which of equal elements comes first: against newlib's own qsort.

`tests/data/newlib_qsort.json` was recorded by a C program that sorts structures by `key`, compiled with
arm-none-eabi-gcc 12.2 -mcpu=cortex-m55 against newlib 3.3.0 and run by qemu-system-arm 7.2 (machine mps3-an547).
"""

import json
from pathlib import Path

import pytest

from n6studio.domain.pose.newlib_sort import newlib_order

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "newlib_qsort.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{len(case['keys'])}-{max(case['keys'])}")
def test_the_order_is_newlibs(case):
    assert newlib_order(case["keys"]) == case["order"]


def test_the_recording_shows_what_a_stable_sort_would_not():
    stable = [sorted(range(len(case["keys"])), key=case["keys"].__getitem__) for case in RECORDED]
    assert sum(order != case["order"] for order, case in zip(stable, RECORDED, strict=True)) == 12


def test_six_equal_ones_stay_and_of_seven_the_middle_one_comes_first():
    assert newlib_order([4] * 6) == [0, 1, 2, 3, 4, 5]
    assert newlib_order([4] * 7)[0] != 0


def test_nothing_and_one():
    assert newlib_order([]) == []
    assert newlib_order([9]) == [0]
