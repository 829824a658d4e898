"""The frozen graph of a SavedModel as `head_marks` follows it."""

from typing import Any

import numpy as np

from n6studio.stages.model.head_marks import Constant, Head, Operation, Options, Slices, strided

_KINDS = {
    "Identity": "same", "Cast": "same", "Relu": "same", "Relu6": "same", "Sigmoid": "sigmoid", "Softmax": "softmax",
    "Exp": "computed", "Tanh": "computed", "Reshape": "reshape", "Transpose": "transpose", "ConcatV2": "concat",
    "Add": "add", "AddV2": "add", "BiasAdd": "bias", "Sub": "add", "Mul": "mul", "RealDiv": "mul",
    "Squeeze": "squeeze", "ExpandDims": "expand", "Split": "split", "SplitV": "split", "StridedSlice": "slice",
    "Slice": "slice", "GatherV2": "gather", "Pack": "pack", "Unpack": "unpack", "Sum": "reduce", "Mean": "reduce",
    "Conv2D": "weights", "DepthwiseConv2dNative": "weights", "MatMul": "weights", "BatchMatMulV2": "weights",
    "Conv2DBackpropInput": "weights",
}  # fmt: skip
_LARGEST_CONSTANT = 2**24  # numbers


def saved_model_head(graph: Any) -> Head:
    """Return a frozen TensorFlow graph as `head_marks` follows it; tensors have TensorFlow's names ("a/b:0")."""
    tensors = {tensor.name: tensor for operation in graph.get_operations() for tensor in operation.outputs}
    source = _Source(tensors)
    makers = {}
    for operation in graph.get_operations():
        made = source.operation(operation)
        makers.update(dict.fromkeys(made.outputs, made))
    return Head(makers, source.shape, source.constant)


class _Source:
    def __init__(self, tensors: dict[str, Any]) -> None:
        self._tensors = tensors

    def operation(self, operation: Any) -> Operation:
        """Return one operation."""
        kind = _KINDS.get(operation.type, operation.type)
        inputs = tuple(tensor.name for tensor in operation.inputs)
        outputs = tuple(tensor.name for tensor in operation.outputs)
        if kind == "bias":  # of a convolution or a product
            return Operation("weights", inputs, outputs)
        try:
            return Operation(kind, inputs, outputs, self._options(operation, kind, inputs))
        except (ValueError, IndexError, TypeError):
            return Operation("?", inputs, outputs)

    def _options(self, operation: Any, kind: str, inputs: tuple[str, ...]) -> Options:
        if kind == "concat":
            return Options(axis=self._whole(inputs[-1])[0], parts=len(inputs) - 1)
        if kind in ("pack", "unpack"):
            return Options(axis=int(operation.get_attr("axis")))
        if kind == "gather":
            return Options(axis=self._whole(inputs[2])[0])
        if kind == "squeeze":
            return Options(axes=operation.get_attr("squeeze_dims"))
        if kind == "expand":
            return Options(axes=self._whole(inputs[1]))
        if kind == "reduce":
            return Options(axes=self._whole(inputs[1]), keep=bool(operation.get_attr("keep_dims")))
        if operation.type == "Split":
            return Options(axis=self._whole(inputs[0])[0], source=1)
        if operation.type == "SplitV":
            return Options(axis=self._whole(inputs[2])[0], sizes=self._whole(inputs[1]))
        return Options(slices=self._slices(operation, inputs)) if kind == "slice" else Options()

    def _slices(self, operation: Any, inputs: tuple[str, ...]) -> Slices:
        first, second = self._whole(inputs[1]), self._whole(inputs[2])
        if operation.type == "Slice":
            return lambda shape: [
                slice(start, None if size < 0 else start + size) for start, size in zip(first, second, strict=True)
            ]
        steps = self._whole(inputs[3])
        keep_first, keep_end, gone = (
            int(operation.get_attr(name)) for name in ("begin_mask", "end_mask", "shrink_axis_mask")
        )
        if operation.get_attr("ellipsis_mask") or operation.get_attr("new_axis_mask"):
            raise ValueError("a slice of its own kind")
        return strided(first, second, steps, keep_first, keep_end, gone)

    def _whole(self, name: str) -> list[int]:
        constant = self.constant(name)
        if constant is None:
            raise ValueError("a size that is computed")
        return [int(number) for number in constant.reshape(-1)]

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return a tensor's shape, -1 for open sizes."""
        shape = self._tensors[name].shape
        return None if shape.rank is None else tuple(-1 if size is None else int(size) for size in shape)

    def constant(self, name: str) -> Constant | None:
        """Return a constant's values; None where it is none."""
        import tensorflow as tf

        operation = self._tensors[name].op if name in self._tensors else None
        for _ in range(4):
            if operation is None or operation.type != "Identity":
                break
            operation = operation.inputs[0].op
        if operation is None or operation.type != "Const":
            return None
        values: Constant = tf.make_ndarray(operation.get_attr("value"))
        return values if values.size <= _LARGEST_CONSTANT and values.dtype != np.object_ else None
