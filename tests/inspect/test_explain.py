"""The code that `inspect --explain` prints decodes as the decoder does, and its example is right."""

import re

import numpy as np
import pytest
from builders_heads import Head

from n6studio.domain.model.explain import explanation, python_decoder
from n6studio.stages.inspect.run import inspect
from n6studio.stages.model.runner import open_model


@pytest.mark.parametrize(("classes", "keypoints", "values"), [(1, 4, 3), (3, 2, 3), (1, 5, 2)])
def test_the_printed_python_reads_the_output(tmp_path, classes, keypoints, values):
    path = Head(128, 64).pose(tmp_path / "a.onnx", classes, keypoints, values)
    facts = inspect(path, "")
    output = open_model(path).run(np.full((64, 128, 3), 90, np.uint8))
    made: dict = {}
    exec(python_decoder(facts), made)
    confidence, box, points = made["person"](lambda c, n: float(output[c, n]), 7)
    x, y, width, height = (float(value) for value in output[:4, 7])
    assert confidence == pytest.approx(float(output[4 : 4 + classes, 7].max()))
    assert box == pytest.approx((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    told = output[4 + classes :, 7].reshape(keypoints, values)
    assert np.allclose(points, told)


def test_the_example_is_of_this_input(tmp_path):
    text = "\n".join(explanation(inspect(Head(128, 64).pose(tmp_path / "a.onnx"), "")))
    assert "channels 5 to 16" in text
    assert re.search(r"of 64, 32, 32, 32 are the box 48, 16, 80, 48 ", text)
    assert "output[(c) * 168 + (n)]" in text


def test_what_nobody_can_read_is_not_explained(tmp_path):
    head = Head()
    path = head.write(tmp_path / "a.onnx", head.node("Softplus", head.branch(20)))
    assert "cannot be explained" in explanation(inspect(path, ""))[0]
