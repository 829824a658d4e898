"""What a SavedModel amounts to. Its graph has no shapes of its own, so TensorFlow has to build it."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from n6studio.domain.errors.models import ModelDamaged, NotAPoseModel
from n6studio.domain.model.facts import TensorFacts
from n6studio.gates.texts import yaml_file
from n6studio.stages.inspect.graph import GraphFacts
from n6studio.stages.model.head_marks import channels_of
from n6studio.stages.model.head_saved_model import saved_model_head
from n6studio.stages.model.saved_model_path import loadable, why_not_loaded

_PRODUCTS = ("Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2", "Conv2DBackpropInput")
_ARITHMETIC = {
    "Add", "AddV2", "Sub", "Mul", "RealDiv", "Sigmoid", "Softmax", "Relu", "LeakyRelu", "Exp", "Tanh", "BiasAdd",
    "Mean", "MaxPool", "AvgPool",
}  # fmt: skip


def read_saved_model(path: Path, named: Path | None = None) -> GraphFacts:
    """Return what the serving graph of a SavedModel amounts to.

    Args:
        path: its folder.
        named: the file that it was made of, for messages; None where it is the user's own.

    Raises:
        ModelDamaged: TensorFlow cannot load it.
        NotAPoseModel: it has no serving graph.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    try:
        with loadable(path) as place:
            module = tf.saved_model.load(place)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, tf.errors.OpError) as error:
        raise ModelDamaged(path=named or path, format="SavedModel", reason=why_not_loaded(error)) from error
    call = getattr(module, "signatures", {}).get("serving_default")
    if call is None:
        raise NotAPoseModel(path=named or path, found="no serving graph")
    frozen = convert_variables_to_constants_v2(call)
    operations = frozen.graph.get_operations()
    weights = _weights(operations)
    products = [_products(operation) for operation in operations]
    known = [count for count in products if count is not None]
    whole = len(known) == len(products)
    extra = sum(_size(operation) for operation in operations if operation.type in _ARITHMETIC)
    return GraphFacts(
        inputs=tuple(_described(name, spec) for name, spec in call.structured_input_signature[1].items()),
        outputs=tuple(_described(name, tensor) for name, tensor in call.structured_outputs.items()),
        parameters=sum(prod(shape) for shape, _ in weights),
        macs=sum(known) + extra if whole else None,
        product_macs=sum(known) if whole else None,
        weights_bytes=sum(prod(shape) * size for shape, size in weights),
        granularity="none",
        integer_convolutions=0,
        float_convolutions=sum(operation.type in _PRODUCTS for operation in operations),
        float_operations=(),
        output_scale=None,
        trace=lambda axis: channels_of(saved_model_head(frozen.graph), frozen.outputs[0].name, axis),
        metadata=_metadata(path),
    )


def _metadata(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml_file(path / "metadata.yaml")
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _described(name: str, tensor: Any) -> TensorFacts:
    shape = () if tensor.shape.rank is None else tuple(-1 if size is None else int(size) for size in tensor.shape)
    kind = np.dtype(tensor.dtype.as_numpy_dtype).name
    return TensorFacts(name, shape, "float" if kind.startswith("float") else kind)


def _weights(operations: list[Any]) -> list[tuple[tuple[int, ...], int]]:
    """Return shape and bytes a value of every constant that a product or a bias uses, each once."""
    found: dict[str, tuple[tuple[int, ...], int]] = {}
    for operation in operations:
        if operation.type not in (*_PRODUCTS, "BiasAdd", "AddV2"):
            continue
        for tensor in operation.inputs:
            source = tensor.op
            while source.type in ("Identity", "ReadVariableOp") and source.inputs:
                source = source.inputs[0].op
            # An addition of constants is a bias where it has one value for each channel, and the grid where not.
            added = operation.type == "AddV2" and tensor.shape.rank != 1
            if source.type == "Const" and tensor.shape.rank and not added:
                found[source.name] = (tuple(int(size) for size in tensor.shape), int(tensor.dtype.size))
    return list(found.values())


def _products(operation: Any) -> int | None:
    """Return the multiply-accumulates of an operation; None where a shape is not known."""
    if operation.type not in _PRODUCTS:
        return 0
    shapes = [tensor.shape for tensor in (*operation.inputs, operation.outputs[0])]
    if not all(shape.is_fully_defined() for shape in shapes):
        return None
    first, second, results = (tuple(int(size) for size in shape) for shape in (shapes[0], shapes[1], shapes[-1]))
    if operation.type == "DepthwiseConv2dNative":
        return prod(results) * prod(second[:2])
    if operation.type == "Conv2D":
        return prod(results) * prod(second[:3])
    if operation.type == "Conv2DBackpropInput":
        return prod(tuple(int(size) for size in shapes[2])) * prod(second[:3])
    flipped = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
    return prod(results) * (first[-2] if flipped else first[-1])


def _size(operation: Any) -> int:
    shape = operation.outputs[0].shape
    # Arithmetic on shapes yields vectors of a few numbers; only images' values count.
    return prod(int(size) for size in shape) if shape.is_fully_defined() and (shape.rank or 0) > 1 else 0
