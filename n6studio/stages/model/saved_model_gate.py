"""SavedModels are programs for TensorFlow: what they would do is read from the protobuf before TensorFlow loads them.

Admitted is arithmetic on numbers, in functions that call each other without a circle. What reads or writes files,
prints, calls Python, loops without a bound or comes from elsewhere is refused by name, and so is what the file itself
says to be larger than any pose model needs. Saving and restoring variables
stands in every SavedModel; it is admitted only in the two functions that the model's saver names, which nothing else
may call, and reads only from the file that it is told.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.models import ModelDamaged, ModelRefused
from n6studio.gates.files import read_bytes, require_file
from n6studio.stages.model.saved_model_sizes import too_large

LARGEST_FILE = 1024**3  # bytes of saved_model.pb; protobuf itself ends at 2 GiB
LARGEST_TENSOR = 2**28  # numbers in one constant; the largest pose networks have 7 * 10**7 weights in all

_CALLS = {"PartitionedCall", "StatefulPartitionedCall"}
_BESIDE_NUMBERS = {"Const", "Identity", "IdentityN", "NoOp", "Placeholder", "StopGradient", "PreventGradient"}
_VARIABLES = {
    "VarHandleOp", "ReadVariableOp", "AssignVariableOp", "VarIsInitializedOp", "DisableCopyOnRead", "ResourceGather",
}  # fmt: skip
_ARITHMETIC = {
    "Abs", "Add", "AddN", "AddV2", "All", "Any", "ArgMax", "ArgMin", "Atan", "Atan2", "AvgPool", "BatchMatMul",
    "BatchMatMulV2", "BatchMatMulV3", "BatchToSpaceND", "BiasAdd", "Bitcast", "BroadcastArgs", "BroadcastTo", "Cast",
    "Ceil", "ClipByValue", "Concat", "ConcatV2", "Conv2D", "Conv2DBackpropInput", "Cos", "CropAndResize", "Cumsum",
    "DepthToSpace", "DepthwiseConv2dNative", "Div", "DivNoNan", "Einsum", "Elu", "Equal", "Erf", "Exp", "ExpandDims",
    "Expm1", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel", "Fill",
    "Floor", "FloorDiv", "FloorMod", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "Gather", "GatherNd",
    "GatherV2", "Greater", "GreaterEqual", "InTopKV2", "Inv", "InvertPermutation", "IsFinite", "IsNan", "LeakyRelu",
    "Less", "LessEqual", "LinSpace", "Log", "Log1p", "LogicalAnd", "LogicalNot", "LogicalOr", "MatMul", "Max",
    "MaxPool", "MaxPoolV2", "Maximum", "Mean", "Min", "Minimum", "MirrorPad", "Mod", "Mul", "MulNoNan", "Neg",
    "NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV4", "NonMaxSuppressionV5",
    "CombinedNonMaxSuppression", "EnsureShape", "NotEqual", "OneHot", "OnesLike", "Pack", "Pad", "PadV2", "Pow", "Prod",
    "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4", "Range", "Rank", "RealDiv",
    "Reciprocal", "Relu", "Relu6", "Reshape", "ResizeBilinear", "ResizeNearestNeighbor", "ReverseV2", "Rint", "Roll",
    "Round", "Rsqrt", "ScatterNd", "SegmentSum", "Select", "SelectV2", "Selu", "Shape", "ShapeN", "Sigmoid", "Sign",
    "Sin", "Size", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToBatchND", "SpaceToDepth", "SparseToDense",
    "Split", "SplitV", "Sqrt", "Square", "SquaredDifference", "Squeeze", "StridedSlice", "Sub", "Sum", "Tan", "Tanh",
    "TensorScatterAdd", "TensorScatterUpdate", "Tile", "TopK", "TopKV2", "Transpose", "TruncateDiv", "TruncateMod",
    "Unique", "Unpack", "Where", "Xdivy", "Xlogy", "ZerosLike",
}  # fmt: skip
ADMITTED = _ARITHMETIC | _BESIDE_NUMBERS | _VARIABLES | _CALLS
_SAVING = {
    "MergeV2Checkpoints", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin", "Select", "Pack",
}  # fmt: skip
_RESTORING = {"RestoreV2"}


def admit_saved_model(path: Path) -> None:
    """Look through a SavedModel folder; return where it only computes.

    Raises:
        FileMissing, FileUnreadable, NotAFile, FileTooLarge: of its files.
        ModelDamaged: its description cannot be parsed.
        ModelRefused: it would do more than compute.
    """
    for graph in _graphs(path):
        _admit(path, graph)


def _graphs(path: Path) -> Iterable[Any]:
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    file = path / "saved_model.pb"
    for part in path.glob("variables/*"):  # which TensorFlow opens itself
        with reading(part):
            require_file(part)
    with reading(file):
        content = read_bytes(file, LARGEST_FILE)
    described = saved_model_pb2.SavedModel()
    try:
        described.ParseFromString(content)
    except DecodeError as error:
        raise ModelDamaged(path=path, format="SavedModel", reason="its description is cut off or damaged") from error
    if not described.meta_graphs:
        raise ModelDamaged(path=path, format="SavedModel", reason="it holds no graph")
    return list(described.meta_graphs)


def _admit(path: Path, graph: Any) -> None:
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    saving = _functions_of_saver(graph, functions)
    bound = set(graph.object_graph_def.concrete_functions) & saving.keys()
    refused = [f"the saver's function {name}, bound to an object" for name in sorted(bound)]
    called = dict.fromkeys(functions, 0)
    for place, nodes in _bodies(graph, functions):
        admitted = saving.get(place, ADMITTED)
        refused += too_large(nodes, LARGEST_TENSOR)
        for node in nodes:
            refused += _refused(node, admitted, functions)
            for name in _callees(node, functions):
                called[name] += 1
                if name in saving and place:
                    refused.append(f"a call of the saver's function {name}")
    refused += [f"several calls of the saver's function {name}" for name in saving if called[name] > 1]
    for name, admitted in saving.items():
        if "RestoreV2" in admitted:
            refused += _restored_from_elsewhere(functions[name])
    if (circle := _in_circle(functions)) is not None:
        refused.append(f"the function {circle}, which calls itself")
    if refused:
        raise ModelRefused(path=path, format="SavedModel", found=tuple(dict.fromkeys(refused))[:8])


def _bodies(graph: Any, functions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (function's name, its nodes); the graph's own nodes under ""."""
    yield "", graph.graph_def.node
    for name, function in functions.items():
        yield name, function.node_def


def _functions_of_saver(graph: Any, functions: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the functions that save and restore variables, each with the operations that it may hold."""
    nodes = {node.name: node for node in graph.graph_def.node}
    beside = _BESIDE_NUMBERS | _VARIABLES
    found: dict[str, set[str]] = {}
    for tensor, admitted in (
        (graph.saver_def.save_tensor_name, beside | _SAVING),
        (graph.saver_def.restore_op_name, beside | _RESTORING),
    ):
        node = nodes.get(tensor.partition(":")[0])
        for name in _callees(node, functions) if node is not None else ():
            found[name] = admitted
    return found


def _named_functions(node: Any) -> list[str]:
    """Return the names of all functions that a node's attributes name."""
    values = node.attr.values()
    named = [value.func.name for value in values if value.HasField("func")]
    return named + [function.name for value in values for function in value.list.func]


def _callees(node: Any, functions: Mapping[str, Any]) -> list[str]:
    """Return the functions of the model that a node calls."""
    return [name for name in (node.op, *_named_functions(node)) if name in functions]


def _refused(node: Any, admitted: set[str], functions: Mapping[str, Any]) -> list[str]:
    found = [] if node.op in admitted or node.op in functions else [f"the operation {node.op[:60]}"]
    found += [
        f"a call of {name[:60]!r}, which is not there" for name in _named_functions(node) if name not in functions
    ]
    for value in node.attr.values():
        if value.HasField("tensor"):
            shape = [dimension.size for dimension in value.tensor.tensor_shape.dim]
            if any(size < 0 for size in shape) or prod(shape) > LARGEST_TENSOR:
                found.append(f"a constant of shape {shape[:6]}")
    return found


def _restored_from_elsewhere(function: Any) -> list[str]:
    arguments = {argument.name for argument in function.signature.input_arg}
    return [
        "RestoreV2 of a file of its own choice"
        for node in function.node_def
        if node.op == "RestoreV2" and (not node.input or node.input[0] not in arguments)
    ]


def _in_circle(functions: Mapping[str, Any]) -> str | None:
    """Return a function that comes back to itself, or None."""
    calls = {
        name: {callee for node in function.node_def for callee in _callees(node, functions)}
        for name, function in functions.items()
    }
    # Whoever calls nobody (any more) is in no circle; what remains at the end is, or leads into one.
    while calls:
        ended = {name for name, callees in calls.items() if not callees}
        if not ended:
            return min(calls)
        calls = {name: callees - ended for name, callees in calls.items() if name not in ended}
    return None
