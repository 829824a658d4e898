"""Weights and ranges of quantization-aware training, carried into the int8 model as they were trained.

An export has put the weights on their trained steps and wrote down these steps beside the SavedModel. Here each
convolution of the graph is recognised by its weights: as whole numbers of the steps, they have the digest that the
export wrote. TensorFlow's converter derives a step of its own, max|w| / 127 a channel, which is finer wherever the
largest whole number is below 127; so the trained numbers, steps and biases are put into the converted file, and read
back with LiteRT.

The upper end of what feeds a convolution is that of training; the lower end is our own, since training was symmetric
and SiLU's outputs reach down to -0.28 only. All other ranges are chosen as ever.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.pose.people import FloatArray
from n6studio.stages.model.trained_ranges import TrainedConvolution, TrainedModel, digest_of
from n6studio.stages.quantize.graph import Graph, Operation, silu_inputs
from n6studio.stages.quantize.ranges import Range
from n6studio.stages.quantize.ties import tied_groups

UNKNOWN_WEIGHTS = "of convolutions that are not in the exported graph"
FAR_OFF = "of inputs, more than 8 times away from what the calibration images give"
NOT_EXACT = "of weights that the converted model does not have exactly"
NO_RANGE = "of inputs, whose tensor has no range of its own"

_LARGEST_CODE = 127
_OFF_GRID = 0.01  # of a step that a float may be away from a whole number of them; arithmetic gives 0.0001
_FURTHEST = 8.0  # times that a trained range may be away from the calibrated one


@dataclass(frozen=True, eq=False)
class Kernel:
    """A convolution with trained weights.

    Attributes:
        codes: (output channels, ...) int8, the channels first.
        steps: (output channels,) float32.
        upper: largest value of its input in training; None where not known.
    """

    codes: npt.NDArray[np.int8]
    steps: FloatArray
    upper: float | None


@dataclass(frozen=True, eq=False)
class Trained:
    """What of training a float graph has.

    Attributes:
        kernels: name of a convolution's output -> its weights.
        account: what the export used of the checkpoint's ranges.
        missing: reason -> how many of these ranges are left out here.
    """

    kernels: dict[str, Kernel] = field(default_factory=dict)
    account: TrainedRanges = field(default_factory=lambda: TrainedRanges(read=0))
    missing: Counter[str] = field(default_factory=Counter)

    def told(self, exact: int) -> TrainedRanges:
        """Return what became of all ranges, once `upper_ends` has counted what it leaves out.

        Args:
            exact: how many convolutions of the converted model have their trained weights.
        """
        left = Counter(self.account.left_out)
        left.update(self.missing)
        inputs = sum(kernel.upper is not None for kernel in self.kernels.values())
        inputs -= self.missing[FAR_OFF] + self.missing[NO_RANGE]
        if exact < len(self.kernels):
            left[NOT_EXACT] += len(self.kernels) - exact
        return TrainedRanges(read=self.account.read, weights=exact, inputs=inputs, left_out=dict(left))


def trained_in(graph: Graph, model: TrainedModel) -> Trained:
    """Return the trained convolutions of a float graph, each recognised by all of its weights."""
    found = Trained(account=model.account)
    free = [item for item in graph.operations if graph.weights_of(item) is not None and len(item.inputs) == 3]
    for convolution in model.convolutions:
        match = next(((item, codes) for item in free if (codes := _codes(graph, item, convolution)) is not None), None)
        if match is None:
            found.missing[UNKNOWN_WEIGHTS] += 1 if convolution.input is None else 2
            continue
        operation, codes = match
        free.remove(operation)
        found.kernels[operation.output] = Kernel(codes, np.array(convolution.steps, np.float32), convolution.input)
    return found


def _codes(graph: Graph, operation: Operation, convolution: TrainedConvolution) -> npt.NDArray[np.int8] | None:
    """Return an operation's weights as whole numbers of steps; None where they are not those of the convolution."""
    weights = graph.weights_of(operation)
    if weights is None or len(weights) != len(convolution.steps):
        return None
    exact = weights / np.array(convolution.steps, np.float32).reshape(-1, *[1] * (weights.ndim - 1))
    codes = np.round(exact)
    if not np.abs(codes).max() <= _LARGEST_CODE or np.abs(exact - codes).max() > _OFF_GRID:
        return None
    whole = codes.astype(np.int8)
    return whole if digest_of(whole) == convolution.codes else None


# --- ranges ----------------------------------------------------------------------------------------------------------


def upper_ends(graph: Graph, trained: Trained, calibrated: Mapping[str, Range]) -> dict[str, float]:
    """Return the upper end of each tensor that feeds trained convolutions, the largest where there are several.

    What is far from what calibration gives belongs to another model: it is left out and counted in `trained`.
    """
    ends: dict[str, float] = {}
    for name, kernel in trained.kernels.items():
        source = graph.by_output[name].inputs[0]
        if kernel.upper is None or source == graph.input:  # the image's range is that of pixels, in training, too
            continue
        if source not in calibrated:
            trained.missing[NO_RANGE] += 1
            continue
        seen = calibrated[source][1]
        if not seen / _FURTHEST <= kernel.upper <= seen * _FURTHEST:
            trained.missing[FAR_OFF] += 1
            continue
        ends[source] = max(ends.get(source, 0.0), kernel.upper)
    return ends


def with_upper_ends(
    graph: Graph, ranges: Mapping[str, Range], ends: Mapping[str, float], converted: Graph
) -> dict[str, Range]:
    """Return ranges whose upper ends are trained ones; tensors of one scale get the largest of theirs.

    Args:
        graph: calibrated float graph.
        ranges: chosen without regard to training.
        ends: from `upper_ends`.
        converted: made with `ranges`; it says which tensors have one scale.
    """
    result = dict(ranges)
    for group in tied_groups(graph, converted, silu_inputs(graph), set()):
        tops = [ends[name] for name in group.members if name in ends]
        lows = [ranges[name][0] for name in group.members if name in ranges]
        if tops and lows:
            result.update(dict.fromkeys(group.members, (min(0.0, *lows), max(tops))))
    return result


# --- the converted file ----------------------------------------------------------------------------------------------


def with_trained_codes(content: bytes, graph: Graph, trained: Trained) -> tuple[bytes, dict[str, Kernel]]:
    """Return a converted model whose trained convolutions have the trained numbers, steps and biases, and which do.

    A convolution with a bias that goes beyond int32 in its steps is left as the converter made it.

    Args:
        content: what the converter made of `graph`.
        graph: float graph; its biases are taken.
        trained: the convolutions.
    """
    converted = Graph(content)
    tensors = {tensor.name.decode(): tensor for tensor in converted.model.subgraphs[0].tensors}
    put: dict[str, Kernel] = {}
    for name, kernel in trained.kernels.items():
        operation = converted.by_output.get(name)
        if operation is None or not _in_int8(converted, operation):
            continue
        bias = graph.constant(graph.by_output[name].inputs[2])
        scale = converted.scale_of(operation.inputs[0])
        if bias is None or scale is None:
            continue
        steps = kernel.steps.astype(np.float64) * scale[0]
        whole = np.round(bias / steps)
        if np.abs(whole).max() >= 2**31:
            continue
        last = operation.kind == "DEPTHWISE_CONV_2D"
        codes = np.moveaxis(kernel.codes, 0, -1) if last else kernel.codes
        put_constant(converted.model, tensors[operation.inputs[1]], codes, kernel.steps)
        put_constant(converted.model, tensors[operation.inputs[2]], whole.astype(np.int32), steps.astype(np.float32))
        put[name] = kernel
    return converted.content(), put


def _in_int8(converted: Graph, operation: Operation) -> bool:
    names = operation.inputs
    return len(names) == 3 and converted.type_of(operation.output) == converted.type_of(names[1]) == "int8"


def put_constant(model: Any, tensor: Any, values: npt.NDArray[Any], steps: FloatArray) -> None:
    """Give a constant tensor new integers and scales, in a buffer of its own."""
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
    users = [one for one in model.subgraphs[0].tensors if one.buffer == tensor.buffer]
    if len(users) > 1:
        model.buffers.append(buffer)
        tensor.buffer = len(model.buffers) - 1
    else:
        model.buffers[tensor.buffer] = buffer
    tensor.quantization.scale = np.asarray(steps, np.float32)
    tensor.quantization.zeroPoint = np.zeros(len(steps), np.int64)


def codes_kept(content: bytes, kernels: Mapping[str, Kernel]) -> bool:
    """Return whether LiteRT reads exactly the numbers and steps of these convolutions out of a converted model."""
    converted = Graph(content)
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    try:
        interpreter.allocate_tensors()
    except RuntimeError:  # it refuses biases that do not go with their weights
        return False
    details = {one["name"]: one for one in interpreter.get_tensor_details()}
    for name, kernel in kernels.items():
        operation = converted.by_output.get(name)
        weights = details.get(operation.inputs[1]) if operation is not None and len(operation.inputs) > 1 else None
        if operation is None or weights is None:
            return False
        read = interpreter.get_tensor(weights["index"])
        read = np.moveaxis(read, -1, 0) if operation.kind == "DEPTHWISE_CONV_2D" else read
        steps = weights["quantization_parameters"]["scales"]
        if not np.array_equal(read, kernel.codes) or not np.array_equal(steps, kernel.steps):
            return False
    return True
