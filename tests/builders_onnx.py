"""A small pose network as ONNX, made in a moment without torch."""

from pathlib import Path

import numpy as np
import onnx
from builders import people_table
from onnx import TensorProto, helper, numpy_helper


def write_pose_onnx(path: Path, size: int = 64, weights: int = 0) -> Path:
    """Write a model that takes (1, 3, size, size) and gives (1, 56, N): three people whatever it is shown.

    Args:
        path: where to.
        size: input width and height.
        weights: how many further numbers lie in the file, which nothing uses.
    """
    table = people_table(size)
    table[:, :4] *= size
    table[:, 5:].reshape(1, 17, 3, -1)[:, :, :2] *= size  # Ultralytics' ONNX speaks in pixels
    constants = {"table": table, "little": np.float32([0.001]), "more": np.zeros(weights, np.float32)}
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["level"], keepdims=0),
        helper.make_node("Mul", ["level", "little"], ["light"]),
        helper.make_node("Add", ["table", "light"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "people",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, size, size))],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, table.shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"task": "pose", "names": "{0: 'person'}", "kpt_shape": "[17, 3]"})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
