"""ONNX files are looked through before ONNX Runtime or ONNX's own shape inference sees them.

Admitted are ONNX's operations that compute in a bounded number of steps, the quantized ones that ONNX Runtime adds,
and functions made of them; no loops, no operations of a domain of its own, no tensor or input of impossible size.
Numbers outside of the file are read from plain files in its folder, or in folders there, only.
"""

from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path
from typing import Any

from n6studio.domain.errors.files import PathRefused
from n6studio.domain.errors.foreign import reading
from n6studio.domain.errors.models import ModelDamaged, ModelRefused, WeightsMissing
from n6studio.domain.texts import bytes_text
from n6studio.domain.whole_numbers import whole_number
from n6studio.gates.files import read_bytes
from n6studio.gates.inside import inside

LARGEST_FILE = 448 * 1024**2  # bytes; the largest pose networks have 10**8 weights, 400 MB in float
LARGEST_TENSOR = 2**28  # numbers in one tensor, stored or asked for
# Numbers in one result, 256 MB as float: the largest pose network has 3 * 10**7 at 1280 x 1280.
LARGEST_RESULT = 2**26
_FEW_NUMBERS = 64  # of a constant that may be a shape
MOST_OPERATIONS = 100_000  # once functions are written out; the largest pose networks have some thousand
_MOST_FUNCTIONS = 2000
_FORMAT = ".onnx file"

_DOMAINS = {"", "ai.onnx", "com.microsoft"}
# Of the standard domain everything computes, but for these.
_NOT_BOUNDED = {"Loop", "Scan", "If", "SequenceMap", "Optional", "OptionalGetElement", "ImageDecoder", "StringConcat"}
_OF_RUNTIME = {
    "QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearConcat", "QLinearAveragePool",
    "QLinearGlobalAveragePool", "QLinearReduceMean", "QLinearSoftmax", "QLinearWhere", "QuantizeLinear",
    "DequantizeLinear", "QGemm", "FusedConv", "FusedGemm", "FusedMatMul", "Gelu", "FastGelu", "BiasGelu", "NhwcMaxPool",
}  # fmt: skip


def admit_onnx(path: Path) -> Any:
    """Look through an .onnx; return it, without the numbers that lie beside it, where it only computes.

    Raises:
        FileMissing, FileUnreadable, NotAFile, FileTooLarge.
        ModelDamaged: it cannot be parsed.
        ModelRefused: it would do more than compute, or without a bound.
        WeightsMissing: its weights lie in a file that is not there.
    """
    import onnx
    from google.protobuf.message import DecodeError

    with reading(path):
        content = read_bytes(path, LARGEST_FILE)
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason="it is cut off or inconsistent") from error
    if not model.graph.node or not model.graph.output:
        raise ModelDamaged(path=path, format=_FORMAT, reason="it holds no graph")
    if _waits_for_itself(model.graph.node):
        raise ModelDamaged(path=path, format=_FORMAT, reason="operations wait for each other's results")
    refused = [*_operations(model), *_sizes(model), *_elsewhere(path, model)]
    try:
        refused = refused or list(_results(model))
    except UnicodeError as error:
        raise ModelDamaged(path=path, format=_FORMAT, reason="a name in it is no UTF-8") from error
    if refused:
        raise ModelRefused(path=path, format=_FORMAT, found=tuple(dict.fromkeys(refused))[:8])
    return model


def _waits_for_itself(nodes: Iterable[Any]) -> bool:
    """Return whether operations form a circle; what nobody makes is an input, or will be missed by whoever computes."""
    made = {name for node in nodes for name in node.output if name}
    waiting = [({name for name in node.input if name in made}, node.output) for node in nodes]
    users: dict[str, list[int]] = {}
    for number, (needed, _) in enumerate(waiting):
        for name in needed:
            users.setdefault(name, []).append(number)
    ready = [number for number, (needed, _) in enumerate(waiting) if not needed]
    done = 0
    while ready:
        done += 1
        for name in waiting[ready.pop()][1]:
            for user in users.pop(name, ()):
                waiting[user][0].discard(name)
                if not waiting[user][0]:
                    ready.append(user)
    return done < len(waiting)


def _operations(model: Any) -> Iterator[str]:
    own = {(function.domain, function.name): function for function in model.functions}
    bodies = [model.graph.node, *(function.node for function in model.functions)]
    for node in (node for body in bodies for node in body):
        if (node.domain, node.op_type) in own:
            continue
        name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        if (
            node.domain not in _DOMAINS
            or node.op_type in _NOT_BOUNDED
            or (node.domain == "com.microsoft" and node.op_type not in _OF_RUNTIME)
            or any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)
        ):
            yield f"the operation {name[:60]}"
    yield from _functions(model, own)


def _functions(model: Any, own: dict[tuple[str, str], Any]) -> Iterator[str]:
    """Name functions that call themselves, and those that stand for more operations than any network has."""
    if len(own) > _MOST_FUNCTIONS:
        yield f"more than {_MOST_FUNCTIONS:,} functions"
        return
    called = {key: [(node.domain, node.op_type) for node in function.node] for key, function in own.items()}
    sizes: dict[tuple[str, str], int] = {}
    while len(sizes) < len(called):  # whoever calls no function (any more) is in no circle
        left = called.keys() - sizes.keys()
        ended = [key for key in left if all(one in sizes or one not in own for one in called[key])]
        if not ended:
            yield f"the function {min(left)[1][:60]}, which calls itself"
            return
        for key in ended:
            sizes[key] = sum(sizes.get(one, 1) for one in called[key])
    if sum(sizes.get((node.domain, node.op_type), 1) for node in model.graph.node) > MOST_OPERATIONS:
        yield f"functions that stand for more than {MOST_OPERATIONS:,} operations"


def _sizes(model: Any) -> Iterator[str]:
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for tensor in model.graph.initializer:
        if any(size < 0 for size in tensor.dims) or prod(tensor.dims) > LARGEST_TENSOR:
            yield f"a tensor of shape {list(tensor.dims)[:6]}"
    for value in (*model.graph.input, *model.graph.output):
        shape = [size.dim_value for size in value.type.tensor_type.shape.dim if size.HasField("dim_value")]
        if any(size < 0 for size in shape) or prod(shape) > LARGEST_TENSOR:
            yield f"an input or output of shape {shape[:6]}"
    for node in model.graph.node:
        if node.op_type in ("ConstantOfShape", "Expand", "Tile", "Resize", "Upsample", "Range"):
            for name in node.input:
                numbers = _whole_numbers(stored.get(name))
                if numbers and prod(max(number, 1) for number in numbers) > LARGEST_TENSOR:
                    yield f"a tensor of shape {numbers[:6]}, made by {node.op_type}"


def _results(model: Any) -> Iterator[str]:
    """Name results that are larger than any of a pose network, as far as their shapes follow from the file."""
    import onnx

    try:
        inferred = onnx.shape_inference.infer_shapes(_without_weights(model), data_prop=True)
    except onnx.shape_inference.InferenceError:
        return  # shapes that contradict each other: whoever computes with it will say so
    shapes = {value.name: _shape(value) for value in (*inferred.graph.input, *inferred.graph.value_info)}
    for value in inferred.graph.value_info:
        shape = shapes[value.name]
        if any(size < 0 for size in shape) or prod(shape) > LARGEST_RESULT:
            yield f"a result of shape {shape[:6]}"
    kernels = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "ConvTranspose" and len(node.input) > 1:  # the runtime makes every product before it adds
            image, kernel = shapes.get(node.input[0], []), kernels.get(node.input[1], [])
            if prod(image[2:]) * prod(kernel[1:]) > LARGEST_RESULT:
                yield f"a ConvTranspose of {kernel[:4]} over {image[:4]}"


def _shape(value: Any) -> list[int]:
    return [size.dim_value for size in value.type.tensor_type.shape.dim if size.HasField("dim_value")]


def _without_weights(model: Any) -> Any:
    """Return a copy whose large constants are inputs of the same type and shape: all that shapes follow from."""
    import onnx

    copy = onnx.ModelProto(ir_version=model.ir_version)
    copy.opset_import.extend(model.opset_import)
    copy.functions.extend(model.functions)
    graph = copy.graph
    graph.name = model.graph.name
    graph.node.extend(model.graph.node)
    graph.input.extend(model.graph.input)
    graph.output.extend(model.graph.output)
    given = {value.name for value in model.graph.input}
    for tensor in model.graph.initializer:
        if prod(tensor.dims) <= _FEW_NUMBERS and tensor.data_location != onnx.TensorProto.EXTERNAL:
            graph.initializer.append(tensor)
        elif tensor.name not in given:
            graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return copy


def _whole_numbers(tensor: Any) -> list[int]:
    """Return a short stored vector of whole numbers; [] where it is something else."""
    from onnx import TensorProto, numpy_helper

    if tensor is None or tensor.data_type != TensorProto.INT64 or prod(tensor.dims) > 16:
        return []
    if tensor.data_location == TensorProto.EXTERNAL:
        return []
    try:
        return [int(number) for number in numpy_helper.to_array(tensor).reshape(-1)]
    except (ValueError, TypeError):
        return []


def _elsewhere(path: Path, model: Any) -> Iterable[str]:
    from onnx import TensorProto

    bodies = [model.graph.node, *(function.node for function in model.functions)]
    for node in (node for body in bodies for node in body):
        tensors = [tensor for attribute in node.attribute for tensor in (attribute.t, *attribute.tensors)]
        if any(tensor.data_location == TensorProto.EXTERNAL for tensor in tensors):
            yield f"numbers of the operation {node.op_type[:60]} in another file"
    sparse = [tensor for one in model.graph.sparse_initializer for tensor in (one.values, one.indices)]
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in sparse):
        yield "sparse numbers in another file"
    for tensor in model.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            yield from _refused_place(path, {entry.key: entry.value for entry in tensor.external_data})


def _refused_place(path: Path, entries: dict[str, str]) -> Iterator[str]:
    name = entries.get("location", "")
    try:
        if ":" in name:  # a network's address, or a drive
            raise PathRefused(path=path, entry=name, reason="it is no name in a folder")
        file = inside(path.parent, name, path)
    except PathRefused:
        yield f"numbers in {name[:60]!r}, which is no plain file in its folder"
        return
    if not file.exists():
        raise WeightsMissing(path=path, beside=name[:120])
    offset, length = _number(entries.get("offset", "0")), _number(entries.get("length", "0"))
    if not file.is_file() or offset < 0 or length < 0:
        yield f"numbers beyond the end of {name[:60]!r}"
    elif offset + length > (size := file.stat().st_size):
        reason = f"its weights lie in {name[:60]}, which has {bytes_text(size)} and is cut off or another model's"
        raise ModelDamaged(path=path, format=_FORMAT, reason=reason)


def _number(text: str) -> int:
    number = whole_number(text)
    return -1 if number is None else number
