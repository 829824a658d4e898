"""Cutting a calibrated float graph behind its last convolutions: what a split head is quantized from.

The head is recognised by its structure, and what was cut off by its numbers: on a calibration image, what this program
computes of the cut graph's outputs must be what the whole graph gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from n6studio.domain.pose.people import FloatArray
from n6studio.domain.pose.split_head import BINS, BOX_CODES, BRANCHES, PLAIN_FACTOR
from n6studio.stages.model.split import FACTORS_NOTE
from n6studio.stages.quantize.equalize import gains_of
from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head, Operation

_LARGEST_DIFFERENCE = 1e-3  # in fractions of the input; rounding gives 1e-5


class NoSplit(Exception):
    """The head cannot be split; the message says why, as the end of a sentence."""


@dataclass(frozen=True)
class Ends:
    """The last convolutions, by the names of their results.

    Attributes:
        outputs: boxes, confidences and keypoints of the finest stride, then of the next.
        factors: x, y of each keypoint, by which its offset is multiplied; () where all are 2.
    """

    outputs: tuple[str, ...]
    factors: tuple[float, ...] = ()


def ends_of(graph: Graph, head: Head | None, classes: int, keypoint_channels: int) -> Ends:
    """Return where a calibrated float graph is to be cut.

    Args:
        graph: calibrated float graph.
        head: its pose head, as `find_head` found it.
        classes: number of class scores.
        keypoint_channels: K times 2 or 3.

    Raises:
        NoSplit: it is not YOLOv8's head.
    """
    if head is None:
        raise NoSplit("the head is not built like YOLOv8's")
    grids = [graph.by_output[stride.convolution].shape[1:3] for stride in head.strides]
    boxes, scores = (_last_convolutions(graph, nodes, grids) for nodes in (head.box_nodes, (head.scores,)))
    found: list[str] = []
    for stride, grid in zip(head.strides, grids, strict=True):
        if graph.by_output[stride.convolution].shape != (1, *grid, keypoint_channels):
            raise NoSplit("its keypoints are not one convolution's a stride")
        for name, branch, channels in (("boxes", boxes, BOX_CODES), ("confidences", scores, classes)):
            here = [one.output for one in branch if one.shape == (1, *grid, channels)]
            if len(here) != 1:
                raise NoSplit(f"its {name} are not one convolution's a stride")
            found.append(here[0])
        found.append(stride.convolution)
    return Ends(tuple(found), gains_of(graph))


def with_factors(content: bytes, factors: tuple[float, ...]) -> bytes:
    """Return a quantized model that says itself by what its keypoints' offsets are multiplied."""
    graph = Graph(content)
    if factors:
        graph.note(FACTORS_NOTE, np.array(factors, "<f4").tobytes())
    return graph.content()  # packed anew in either case, so that sizes can be compared


def _last_convolutions(graph: Graph, nodes: Sequence[str], grids: Sequence[tuple[int, ...]]) -> list[Operation]:
    """Return the convolutions on a stride's grid that `nodes` are, or are computed from before any other such one.

    A convolution elsewhere may take the mean of a distribution, which belongs to what is cut off.
    """
    found: dict[str, Operation] = {}
    seen: set[str] = set()
    waiting = [graph.by_output[name] for name in nodes]
    while waiting:
        operation = waiting.pop()
        if operation.output in seen:
            continue
        seen.add(operation.output)
        if operation.kind in CONVOLUTIONS and len(operation.shape) == 4 and operation.shape[1:3] in grids:
            found[operation.output] = operation
        else:
            waiting += graph.computed(operation)
    return list(found.values())


def require_same(graph: Graph, ends: Ends, tensor: FloatArray, channels: int, dims: int) -> None:
    """Check that what is computed of the cut graph's outputs is what the whole graph gives.

    Args:
        graph: calibrated float graph whose coordinates are fractions of the input.
        ends: where it is to be cut.
        tensor: an input, (1, height, width, 3) float32.
        channels: values per candidate.
        dims: values of a keypoint.

    Raises:
        NoSplit: it is not.
    """
    (whole,), parts = _run(graph, tensor), _run(graph.cut(ends.outputs), tensor)
    height, width = tensor.shape[1:3]
    levels = [
        _level(parts[place : place + BRANCHES], ends.factors, dims, (width, height))
        for place in range(0, len(parts), BRANCHES)
    ]
    found = np.concatenate(levels, axis=1)
    if found.shape != (channels, whole.shape[-1]) or not np.allclose(found, whole[0], atol=_LARGEST_DIFFERENCE):
        raise NoSplit("it computes something else than YOLOv8's behind its last convolutions")


def _run(graph: Graph, tensor: FloatArray) -> list[FloatArray]:
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=graph.content(), experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]


def _level(outputs: Sequence[FloatArray], factors: tuple[float, ...], dims: int, size: tuple[int, int]) -> FloatArray:
    """Return (channels, cells) of one stride in fractions of the input, from float outputs."""
    box, score, keypoints = (one[0].astype(np.float64) for one in outputs)
    rows, columns = box.shape[:2]
    anchor = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float64)
    shares = np.exp(box.reshape(rows, columns, 4, BINS))
    sides = shares @ np.arange(BINS) / shares.sum(axis=-1)
    low, high = anchor + 0.5 - sides[..., :2], anchor + 0.5 + sides[..., 2:]
    points = keypoints.reshape(rows, columns, -1, dims)
    scale = np.array(factors or (PLAIN_FACTOR,) * (2 * points.shape[2])).reshape(-1, 2)
    cell = np.array([columns, rows])
    places = (points[..., :2] * scale + anchor[:, :, None]) / cell
    visible = 1 / (1 + np.exp(-points[..., 2:]))
    values = [(low + high) / 2 / cell, (high - low) / cell, 1 / (1 + np.exp(-score))]
    joined = np.concatenate([*values, np.concatenate([places, visible], -1).reshape(rows, columns, -1)], axis=-1)
    return np.asarray(joined.reshape(rows * columns, -1).T, np.float32)
