"""An int8 output by the board's rule: outputs worked out by hand, one a rule, and what ST's own library makes of more.

`tests/data/board_int8.json` holds made-up outputs and what ST's post-processing library 0.14.2 found in them, compiled
with arm-none-eabi-gcc 12.2 -mcpu=cortex-m55 with MVE and run by qemu-system-arm 7.2 (machine mps3-an547).
"""

import json
from pathlib import Path

import numpy as np
import pytest

from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.int8_decode import OutputScale, board_decodes, decode_int8

SCALE = OutputScale(1 / 256, -128)  # 0 is step -128, 0.25 is -64, 0.5 is 0, 255/256 is 127
ONE_CLASS = OutputLayout(classes=1, keypoints=1)
RECORDED = json.loads((Path(__file__).parents[1] / "data" / "board_int8.json").read_text(encoding="utf-8"))


def at(x, *scores, width=20, y=100):
    """Return a candidate `width` steps wide and 20 high at x steps from zero, its keypoint's x being its name."""
    return [x - 128, y - 128, width - 128, 20 - 128, *(score - 128 for score in scores), x - 128, 0, 127]


def found(*candidates, layout=ONE_CLASS, scale=SCALE, confidence=0.5, iou=0.5, max_detections=10):
    """Return x in steps of everybody found, in order."""
    output = np.array(candidates, np.int8).T
    people = decode_int8(output, scale, layout, (256, 256), confidence, iou, max_detections)
    return [round(float(x)) for x in people.keypoints[:, 0, 0]]


TWO_CLASSES = OutputLayout(classes=2, keypoints=1)

# name: candidates, what else is said, who is found. Scores are in steps of 1/256: 128 is a confidence of 0.5.
RULES = {
    "a score at the threshold counts": ([at(50, 128)], {}, [50]),
    "one below it does not": ([at(50, 127)], {}, []),
    "the threshold that is shown is rounded to the nearest step": (
        # 0.502 is 128.5 steps: 128 takes part, 129 is shown.
        [at(50, 128), at(150, 129)],
        {"confidence": 0.502},
        [150],
    ),
    "who takes part without being shown uses up a place": (
        # Sorted: 200, 129, 128. With two places the third is gone; the second, below 129.6, is not shown.
        [at(50, 129), at(150, 200), at(100, 128)],
        {"confidence": 0.50625, "max_detections": 2},
        [150],
    ),
    "an overlap at the limit is allowed": ([at(50, 200), at(50, 180, width=10)], {}, [50, 50]),
    "one above it is not": ([at(50, 200), at(50, 180, width=10)], {"iou": 0.4999}, [50]),
    "boxes that touch do not overlap": ([at(50, 200), at(70, 180)], {"iou": 0.0}, [50, 70]),
    "half a step decides: 10 of 30 against 9.5 of 29.5": (
        [at(50, 200), at(60, 180), at(150, 200), at(160, 190, width=19)],
        {"iou": 0.325},
        [50, 150, 160],
    ),
    "of equal confidences the first of up to six stays": ([at(50 + place, 200) for place in range(6)], {}, [50]),
    "of seven the middle one": ([at(50 + place, 200) for place in range(7)], {}, [53]),
    "of eight the last": ([at(50 + place, 200) for place in range(8)], {"iou": 0.3}, [57]),
    "what was suppressed suppresses nobody": ([at(50, 200), at(56, 190), at(62, 180)], {"iou": 0.4}, [50, 62]),
    "classes do not suppress one another": (
        [at(50, 200, 0), at(50, 0, 190)],
        {"layout": TWO_CLASSES},
        [50, 50],
    ),
    "each class has places of its own": (
        [at(50, 200, 0), at(100, 190, 0), at(150, 0, 180), at(200, 0, 170)],
        {"layout": TWO_CLASSES, "max_detections": 1},
        [50, 150],
    ),
    "a candidate belongs to its best class, of equals to the first": (
        [at(50, 200, 200), at(52, 0, 190), at(54, 190, 0)],
        {"layout": TWO_CLASSES},
        [50, 52],
    ),
    "at most so many stay": (
        [at(10 + 40 * place, 200 - place) for place in range(5)],
        {"max_detections": 3},
        [10, 50, 90],
    ),
    "confidence 0 is nobody, however low the threshold": ([at(50, 0), at(150, 1)], {"confidence": 0.001}, [150]),
    # 1.0 is 256 steps: 256 - 128 does not fit an int8_t and wraps to -128, so everybody passes.
    "a threshold beyond int8 wraps": ([at(50, 3)], {"confidence": 1.0}, [50]),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule):
    candidates, said, who = RULES[rule]
    assert found(*candidates, **said) == who


def test_what_was_found_is_in_pixels_of_the_input_and_in_values():
    output = np.array([[50 - 128, 100 - 128, 20 - 128, 40 - 128, 192 - 128, 64 - 128, 32 - 128, 127]], np.int8).T
    people = decode_int8(output, SCALE, ONE_CLASS, (512, 256))
    assert people.boxes.tolist() == [[80, 80, 120, 120]]
    assert people.confidences.tolist() == [0.75]
    assert people.keypoints.tolist() == [[[128, 32, 255 / 256]]]


def test_where_zero_lies_higher_scores_are_counted_from_there():
    scale = OutputScale(1 / 128, -28)
    output = np.array([[0, 0, 0, 0, 36, 0, 0, 0], [60, 60, 0, 0, 35, 0, 0, 0]], np.int8).T  # 64 and 63 steps
    assert len(decode_int8(output, scale, ONE_CLASS, (256, 256), confidence=0.5)) == 1


def test_our_own_rule_would_keep_another_of_equals():
    candidates = np.array([at(50 + place, 200) for place in range(7)], np.int8).T
    ours = decode(SCALE.values(candidates), ONE_CLASS, (256, 256), 0.5, 0.5)
    assert round(float(ours.keypoints[0, 0, 0])) == 50
    assert found(*candidates.T) == [53]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['classes']}x{len(case['output'][0])}")
def test_the_emulated_board_finds_the_same_bit_for_bit(case):
    layout, scale = OutputLayout(case["classes"], case["keypoints"]), OutputScale(case["scale"], case["zero_point"])
    output = np.array(case["output"], np.int8)
    people = decode_int8(output, scale, layout, (1, 1), case["confidence"], case["iou"], case["max_detections"])
    wanted = case["people"]
    assert people.confidences.tolist() == [np.float32(one["confidence"]) for one in wanted]
    points = np.array([one["keypoints"] for one in wanted], np.float32)
    assert people.keypoints.reshape(len(wanted), -1).tolist() == points.tolist()
    boxes = np.array([one["box"] for one in wanted], np.float32)
    corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)
    assert people.boxes.tolist() == corners.tolist()


@pytest.mark.parametrize(
    ("layout", "readable"),
    [
        (OutputLayout(1, 17), True),
        (OutputLayout(3, 5), True),
        (OutputLayout(1, 17, dims=2), False),
        (OutputLayout(1, 17, end_to_end=True), False),
        (OutputLayout(256, 17), False),
    ],
)
def test_which_outputs_the_board_can_read(layout, readable):
    assert board_decodes(layout) is readable
    if not readable:
        with pytest.raises(ValueError, match="cannot be read"):
            decode_int8(np.zeros((layout.channels, 4), np.int8), SCALE, layout, (256, 256))


def test_steps_and_values_are_each_others_way_back():
    every = np.arange(-128, 128, dtype=np.int8)
    for scale in (SCALE, OutputScale(0.012663, -5), OutputScale(3.0, 127)):
        assert scale.steps(scale.values(every)).tolist() == every.tolist()
    assert SCALE.steps(np.float32([-5, 5])).tolist() == [-128, 127]
