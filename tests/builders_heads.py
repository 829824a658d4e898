"""Small .onnx files with the heads of YOLO models: detection levels, grids and sigmoids where Ultralytics has them."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Head:
    """Collects nodes of a graph from an image of 3 x `height` x `width` to (1, channels, N)."""

    def __init__(self, width: int = 64, height: int = 64, strides: tuple[int, ...] = (8, 16, 32)) -> None:
        self.size, self.strides = (width, height), strides
        self.count = sum((width // stride) * (height // stride) for stride in strides)
        self.nodes, self.constants = [], {}
        self._random = np.random.default_rng(1)

    def constant(self, values: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = values
        return name

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def branch(self, channels: int) -> str:
        """Return (1, channels, N): a convolution for each level, laid out one behind the other."""
        parts = []
        for stride in self.strides:
            weights = self._random.normal(0, 0.05, (channels, 3, stride, stride)).astype(np.float32)
            made = self.node("Conv", "images", self.constant(weights), strides=[stride, stride])
            parts.append(self.node("Reshape", made, self.constant(np.array([1, channels, -1]))))
        return self.node("Concat", *parts, axis=2)

    def grid(self) -> np.ndarray:
        """Return (2, N): the centres of the cells, in pixels."""
        found = []
        for stride in self.strides:
            across, down = self.size[0] // stride, self.size[1] // stride
            rows, columns = np.mgrid[:down, :across]
            found.append(np.stack([(columns + 0.5) * stride, (rows + 0.5) * stride]).reshape(2, -1))
        return np.concatenate(found, 1).astype(np.float32)

    def boxes(self) -> str:
        place = self.node("Add", self.branch(2), self.constant(self.grid()[None]))
        extent = self.node("Exp", self.branch(2))
        return self.node("Concat", place, extent, axis=1)

    def scores(self, classes: int) -> str:
        return self.node("Sigmoid", self.branch(classes))

    def keypoints(self, count: int, values: int) -> str:
        """Return (1, count * values, N), as Ultralytics builds it."""
        shape = self.constant(np.array([1, count, values, -1]))
        points = self.node("Reshape", self.branch(count * values), shape)
        at = [self.constant(np.array([number])) for number in (0, 2, 3)]
        axis = self.constant(np.array([2]))
        places = self.node("Slice", points, at[0], at[1], axis)
        result = self.node("Add", places, self.constant(self.grid()[None, None]))
        if values == 3:
            seen = self.node("Sigmoid", self.node("Slice", points, at[1], at[2], axis))
            result = self.node("Concat", result, seen, axis=2)
        return self.node("Reshape", result, self.constant(np.array([1, count * values, -1])))

    def write(self, path: Path, *outputs: str, metadata: dict[str, str] | None = None, turned: bool = False) -> Path:
        """Write the file; `turned` puts candidates first."""
        width, height = self.size
        names = list(outputs)
        if turned:
            names[0] = self.node("Transpose", names[0], perm=[0, 2, 1])
        graph = helper.make_graph(
            self.nodes,
            "head",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, height, width))],
            [helper.make_empty_tensor_value_info(name) for name in names],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
        known = {info.name: info for info in inferred.graph.output}
        del model.graph.output[:]
        model.graph.output.extend(known[name] for name in names)
        helper.set_model_props(model, metadata or {})
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())
        return path

    def pose(self, path: Path, classes: int = 1, keypoints: int = 4, values: int = 3, **options) -> Path:
        """Write a pose model."""
        parts = [self.boxes(), self.scores(classes), self.keypoints(keypoints, values)]
        return self.write(path, self.node("Concat", *parts, axis=1), **options)
