"""A .tflite is looked through before LiteRT, which trusts it, opens it.

LiteRT follows offsets, indices and sizes as they stand in the file; one wrong byte ends the process or takes gigabytes.
Here all of it is followed first, within the file: `tflite_format` reads the records, `tflite_shapes` works out what the
operations make of them. Admitted are LiteRT's own operations that compute in a bounded number of steps on tensors whose
sizes stand in the file.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path

from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.models import ModelDamaged, ModelRefused
from n6studio.gates.files import read_bytes
from n6studio.stages.model.flatbuffer import FlatbufferDamaged
from n6studio.stages.model.tflite_format import BITS, LARGEST_VERSION, Operator, Subgraph, parse
from n6studio.stages.model.tflite_shapes import LARGEST_SIZE, RULES, Applied, Contradiction

LARGEST_FILE = 1024**3  # bytes; the largest pose networks have 7 * 10**7 weights, 280 MB in float
# Bytes of all results together, which the comparison of layers keeps: 45 MB in YOLOv8n at 256 x 256 in float, so about
# 4 GB in YOLOv8x at 640 x 640 (5 times the channels, 3 times the layers, 6 times the pixels).
LARGEST_RESULTS = 6 * 1024**3
LARGEST_ALIVE = 1024**3  # bytes of results that wait to be read at one time, else; 0.3 GB in the same network
LARGEST_SCRATCH = 1024**3  # bytes for the pixels below a convolution's windows; 0.3 GB in the same network
MOST_PRODUCTS = 2**42  # multiplications in convolutions and matrices; YOLOv8x-p6 at 1280 x 1280 needs 2**39
MOST_CONTRADICTED = 3  # that are told
_FORMAT = ".tflite file"

_OPTIONS = {
    "CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions", "TRANSPOSE_CONV": "TransposeConvOptions",
    "MAX_POOL_2D": "Pool2DOptions", "AVERAGE_POOL_2D": "Pool2DOptions", "FULLY_CONNECTED": "FullyConnectedOptions",
    "BATCH_MATMUL": "BatchMatMulOptions", "CONCATENATION": "ConcatenationOptions", "PACK": "PackOptions",
    "UNPACK": "UnpackOptions", "SPLIT": "SplitOptions", "SPLIT_V": "SplitVOptions", "RESHAPE": "ReshapeOptions",
    "SQUEEZE": "SqueezeOptions", "STRIDED_SLICE": "StridedSliceOptions", "GATHER": "GatherOptions",
    "SPACE_TO_DEPTH": "SpaceToDepthOptions", "DEPTH_TO_SPACE": "DepthToSpaceOptions",
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), "ReducerOptions"),
    "ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions",
}  # fmt: skip
# Where the fused activation stands among an operation's options.
_ACTIVATIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "TRANSPOSE_CONV": 3, "MAX_POOL_2D": 5, "AVERAGE_POOL_2D": 5,
    "FULLY_CONNECTED": 0, "CONCATENATION": 1, "ADD": 0, "SUB": 0, "MUL": 0, "DIV": 0,
}  # fmt: skip
_QUANTIZED = ("INT4", "INT8", "UINT8", "INT16")
_ACTIVATION_KINDS = 4  # none, RELU, RELU_N1_TO_1, RELU6


def admit_tflite(path: Path) -> None:
    """Look through a .tflite; return where an interpreter may open it.

    Raises:
        FileMissing, FileUnreadable, NotAFile, FileTooLarge.
        ModelDamaged: it leads out of the file, or contradicts itself.
        ModelRefused: it would do more than compute, or without a bound.
    """
    with reading(path):
        content = read_bytes(path, LARGEST_FILE)
    try:
        graphs = parse(content)
    except FlatbufferDamaged as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason=str(error)) from error
    refused = [found for graph in graphs for found in _refused(graph)]
    if refused:
        raise ModelRefused(path=path, format=_FORMAT, found=tuple(dict.fromkeys(refused))[:8])
    for graph in graphs:
        contradicted = list(_contradictions(graph))[:MOST_CONTRADICTED]
        if contradicted:
            raise ModelDamaged(path=path, format=_FORMAT, reason="; ".join(contradicted))
    refused = [found for graph in graphs for found in _too_much(graph)]
    if refused:
        raise ModelRefused(path=path, format=_FORMAT, found=tuple(dict.fromkeys(refused))[:8])


def _refused(graph: Subgraph) -> Iterator[str]:
    for operator in graph.operators:
        if operator.name not in RULES:
            yield f"the operation {operator.name}"
        elif not 1 <= operator.version <= LARGEST_VERSION:
            yield f"the operation {operator.name} in version {operator.version}"
    for tensor in graph.tensors:
        if tensor.type not in BITS:
            yield f"a tensor of type {tensor.type}"


def _contradictions(graph: Subgraph) -> Iterator[str]:
    """Yield what does not fit together, with the operation: order, options, shapes."""
    known = set(graph.inputs)
    if any(graph.tensors[index].data is not None for index in graph.inputs):
        yield "an input is a constant"
    known.update(index for index, tensor in enumerate(graph.tensors) if tensor.data is not None)
    for place, operator in enumerate(graph.operators):
        where = f"operation {place}, {operator.name}"
        if not known.issuperset(index for index in operator.inputs if index >= 0):
            yield f"{where}, reads what is not there yet"
        if not known.isdisjoint(operator.outputs) or len(set(operator.outputs)) != len(operator.outputs):
            yield f"{where}, writes what is there already"
        known.update(operator.outputs)
        try:
            applied = Applied(operator, graph)
            _check_options(operator)
            _check_scales(applied)
            made, said = RULES[operator.name](applied), [tensor.shape for tensor in applied.outputs]
            if [_plain(shape) for shape in made] != [_plain(shape) for shape in said]:
                sizes = [[list(shape) for shape in shapes[:2]] for shapes in (made, said)]
                yield f"{where}, makes {sizes[0]}, not {sizes[1]}"
        except (Contradiction, FlatbufferDamaged, ValueError) as error:
            yield f"{where}: {error}"
    if not known.issuperset(graph.outputs):
        yield "an output that nothing makes"


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape or (1,)  # converters write single numbers either way


def _check_options(operator: Operator) -> None:
    expected = _OPTIONS.get(operator.name)
    if expected is not None and operator.options_kind not in (expected, "NONE"):
        raise Contradiction(f"it has options of another kind, {operator.options_kind}")
    if operator.name in _ACTIVATIONS:
        kind = operator.option(_ACTIVATIONS[operator.name], "b")
        if not 0 <= kind < _ACTIVATION_KINDS:
            raise Contradiction(f"an activation of kind {kind}")


def _check_scales(applied: Applied) -> None:
    """Check that whole numbers of few bits have a scale: kernels divide by it, and end the process where it is 0."""
    if applied.operator.name == "CAST":
        return
    for tensor in (*applied.inputs, *applied.outputs):
        if tensor is None or tensor.type not in _QUANTIZED:
            continue
        if not tensor.scales or (tensor.data is None and len(tensor.scales) > 1):
            raise Contradiction(f"{len(tensor.scales)} scales for {tensor.name[:60]!r}, type {tensor.type}")


def _too_much(graph: Subgraph) -> Iterator[str]:
    """Yield what takes more memory or time than any pose model; only damage makes shapes that contradict each other."""
    for tensor in graph.tensors:
        if prod(tensor.shape) > LARGEST_SIZE:
            yield f"a tensor of shape {list(tensor.shape)}"
    results = sum(tensor.size for tensor in graph.tensors if tensor.data is None)
    if results > LARGEST_RESULTS:
        yield f"{results} bytes of results"
    if (alive := _alive(graph)) > LARGEST_ALIVE:
        yield f"{alive} bytes of results at one time"
    products = 0
    for operator in graph.operators:
        made = prod(graph.tensors[operator.outputs[0]].shape)
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"):
            weights = graph.tensors[operator.inputs[1]]
            depth = prod(weights.shape[1:3] if operator.name.startswith("DEPTH") else weights.shape[1:])
            if operator.name == "TRANSPOSE_CONV":
                made = prod(graph.tensors[operator.inputs[2]].shape[:3]) * weights.shape[0]
            products += made * depth
            windows = made // weights.shape[0] * depth * 4 if operator.name.endswith("CONV_2D") else 0
            if operator.name == "CONV_2D" and windows > LARGEST_SCRATCH:
                yield f"{windows} bytes below the windows of a {operator.name}"
        elif operator.name == "BATCH_MATMUL":
            left = graph.tensors[operator.inputs[0]].shape
            products += made * max(left[-2:])
    if products > MOST_PRODUCTS:
        yield f"{products} multiplications"


def _alive(graph: Subgraph) -> int:
    """Return how many bytes of results are needed at one time at most, where each goes after it is read last."""
    computed = {index for index, tensor in enumerate(graph.tensors) if tensor.data is None}
    last = {index: place for place, operator in enumerate(graph.operators) for index in operator.inputs}
    kept = {*graph.inputs, *graph.outputs}
    alive = most = sum(graph.tensors[index].size for index in graph.inputs)
    for place, operator in enumerate(graph.operators):
        alive += sum(graph.tensors[index].size for index in operator.outputs)
        most = max(most, alive)
        gone = {index for index in (*operator.inputs, *operator.outputs) if last.get(index, place) == place}
        alive -= sum(graph.tensors[index].size for index in (gone & computed) - kept)
    return most
