"""Models that load, and that their library cannot run."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from n6studio.domain.errors.models import ModelDamaged
from n6studio.stages.model.runner import open_model


def test_an_onnx_that_fails_when_it_runs_is_damaged(tmp_path):
    """It picks an element far behind the last, which only an image tells."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Add", ["mean", "far"], ["place"]),
        helper.make_node("Cast", ["place"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "whole"], ["row"], axis=0),
        helper.make_node("Add", ["row", "zeros"], ["output0"]),
    ]
    constants = [
        numpy_helper.from_array(np.float32(1000), "far"),
        numpy_helper.from_array(np.zeros(3, np.float32), "table"),
        numpy_helper.from_array(np.zeros((1, 56, 84), np.float32), "zeros"),
    ]
    graph = helper.make_graph(
        nodes,
        "far",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, 64, 64))],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, (1, 56, 84))],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, tmp_path / "far.onnx")
    with pytest.raises(ModelDamaged) as caught:
        open_model(tmp_path / "far.onnx", threads=1, keypoints=17)
    assert "does not run" in caught.value.reason
