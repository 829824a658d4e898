"""Which outputs an evaluation reads by the board's rule, and that it does."""

import dataclasses
from pathlib import Path

import numpy as np

from n6studio.domain.pose.decode import OutputLayout, decode
from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.stages.evaluate.one_image import by_board_rule, people_in
from n6studio.stages.evaluate.stage import EvaluateSettings
from n6studio.stages.model.pixels import counted_in_int8
from n6studio.stages.model.rounded_output import RoundedModel
from n6studio.stages.model.runner import ModelInfo

SCALE = OutputScale(1 / 256, -128)
FLOAT = ModelInfo(Path("a"), "tflite", (256, 256), OutputLayout(classes=1, keypoints=1))
INT8 = dataclasses.replace(FLOAT, output_type="int8", output_scale=SCALE)
# Seven people on one place with equal confidences: the board keeps the middle one, our own rule the first.
CROWD = SCALE.values(np.array([[place - 78, -28, -108, -108, 72, place, 0, 0] for place in range(7)], np.int8).T)


class _Fixed:
    info = FLOAT

    def run(self, image):
        return CROWD


def first_found(info):
    return round(float(people_in(CROWD, info, EvaluateSettings()).keypoints[0, 0, 0])) - 128


def test_an_int8_output_is_read_by_the_boards_rule_and_no_other():
    assert first_found(INT8) == 3
    assert first_found(FLOAT) == 0


def test_a_float_output_is_read_as_ever():
    limits = EvaluateSettings()
    ours = decode(CROWD, FLOAT.layout, FLOAT.size, limits.confidence, limits.iou, limits.max_detections)
    assert people_in(CROWD, FLOAT, limits).keypoints.tobytes() == ours.keypoints.tobytes()


def test_keypoints_are_averaged_where_that_was_asked_for_and_never_by_the_boards_rule():
    plain, asked = EvaluateSettings(), EvaluateSettings(average=True)
    ours = decode(CROWD, FLOAT.layout, FLOAT.size, plain.confidence, plain.iou, plain.max_detections, average=True)
    averaged = people_in(CROWD, FLOAT, asked).keypoints
    assert averaged.tobytes() == ours.keypoints.tobytes() != people_in(CROWD, FLOAT, plain).keypoints.tobytes()
    assert people_in(CROWD, INT8, asked).keypoints.tobytes() == people_in(CROWD, INT8, plain).keypoints.tobytes()


def test_a_head_that_st_cannot_read_is_read_by_ours():
    end_to_end = dataclasses.replace(INT8, layout=OutputLayout(1, 1, end_to_end=True))
    assert not by_board_rule(end_to_end)
    rows = np.array([[0.1, 0.1, 0.3, 0.3, 0.75, 0, 0.2, 0.2, 1]], np.float32)
    assert len(people_in(rows, end_to_end, EvaluateSettings())) == 1


def test_a_rounded_model_is_read_by_the_boards_rule():
    rounded = RoundedModel(_Fixed(), SCALE)
    assert by_board_rule(rounded.info)
    assert rounded.info.output_scale == SCALE


def test_a_uint8_output_is_int8_with_a_lower_zero_point():
    assert counted_in_int8(np.int8, (0.5, -3)) == OutputScale(0.5, -3)
    assert counted_in_int8(np.uint8, (0.5, 0)) == OutputScale(0.5, -128)
    assert counted_in_int8(np.float32, (0.0, 0)) is None
