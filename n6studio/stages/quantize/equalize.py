"""Every keypoint's coordinates get the whole of int8: channels of the last convolutions are scaled to fill one range.

A convolution's output has one scale, but its weights have one a channel. So a channel whose offsets are small can be
multiplied to fill the range of the largest: in its weights and bias, which costs nothing, and divided again by the
float multiplication that is behind it anyway. The model stays the same in float; in int8 an eye next to the anchor is
no longer counted in steps made for an ankle or for a visibility's logit.

A coordinate that is always on one side of its anchor, as a nose is above it, would still waste half of the range. Where
one more addition in float is allowed, each channel is moved to the middle of what it takes at people, too.
"""

from dataclasses import dataclass

import numpy as np

from n6studio.stages.quantize.graph import CONVOLUTIONS, Graph, Head, Operation
from n6studio.stages.quantize.ranges import Reach

MARGIN = 1.3  # over the offsets of the people in the calibration images
LARGEST_LOGIT = 8.0  # of a visibility that is told apart: sigmoid(8) is 0.9997
_SMALLEST_REACH = 0.05  # cells; keeps a channel that never moves from being blown up
_GAIN = "n6studio/keypoint_gain"
_MIDDLE, _MOVED = "n6studio/keypoint_middle", "n6studio/keypoint_moved"


@dataclass(frozen=True)
class Equalised:
    """A float graph with scaled keypoint channels.

    Attributes:
        graph: it.
        span: how far from 0 the channels reach.
        added: names of the float operations that were added.
    """

    graph: Graph
    span: float
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where gains are put in: the multiplication behind the joined strides, and the number that it multiplies by."""

    multiplication: Operation
    constant: str
    factor: float


def equalised(graph: Graph, head: Head, keypoints: int, reach: Reach, centred: bool = False) -> Equalised | None:
    """Return the same float graph with scaled channels; None where it cannot take them.

    Args:
        graph: calibrated float graph.
        head: its pose head.
        keypoints: K.
        reach: of 3 values a keypoint, the third the visibility's logit.
        centred: whether channels are moved, too, which adds an operation.
    """
    place = _place(graph, head, keypoints)
    if place is None or reach.low.shape != (keypoints, 3):
        return None
    result = Graph(graph.content())
    span = min(LARGEST_LOGIT, MARGIN * float(reach.largest[:, 2].max(initial=1.0)))
    middle = (reach.low + reach.high)[:, :2] / 2 if centred else np.zeros((keypoints, 2), np.float32)
    extent = (reach.high - reach.low)[:, :2] / 2 if centred else reach.largest[:, :2]
    gains = span / (MARGIN * np.maximum(extent, _SMALLEST_REACH))
    channels = np.concatenate([gains, np.ones((keypoints, 1))], axis=1).reshape(-1).astype(np.float32)
    middles = np.concatenate([middle, np.zeros((keypoints, 1))], axis=1).reshape(-1).astype(np.float32)
    for stride in head.strides:
        convolution = result.by_output[stride.convolution]
        weights, bias = (result.constant(name) for name in convolution.inputs[1:3])
        if weights is None or bias is None or len(weights) != len(channels) or convolution.kind != "CONV_2D":
            return None
        result.set_constant(convolution.inputs[1], weights * channels[:, None, None, None])
        result.set_constant(convolution.inputs[2], (bias - middles) * channels)
    back = (place.factor / gains).astype(np.float32).reshape(1, keypoints, 2, 1)
    result.give_constant(place.multiplication, place.constant, _GAIN, back)
    if centred:
        # In front of the multiplication: behind it, the converter would fold it into the anchors, 183 kB at 256 x 256.
        moved = (middle * gains).astype(np.float32).reshape(1, keypoints, 2, 1)
        result.add_behind(result.computed(place.multiplication)[0], _MOVED, _MIDDLE, moved)
    return Equalised(Graph(result.content()), span, (_MOVED,) if centred else ())


def gains_of(graph: Graph) -> tuple[float, ...]:
    """Return x, y of each keypoint, by which `equalised` has offsets multiplied; () of a graph that it did not make."""
    values = graph.constant(_GAIN) if graph.has(_GAIN) else None
    return () if values is None else tuple(float(one) for one in values.reshape(-1))


def _place(graph: Graph, head: Head, keypoints: int) -> _Place | None:
    """Return where coordinates (1, K, 2, N) are multiplied by one number, straight behind the joined convolutions."""
    for name in head.float_nodes:
        operation = graph.by_output[name]
        if operation.kind != "MUL" or operation.shape[:3] != (1, keypoints, 2):
            continue
        constants = [one for one in operation.inputs if one not in graph.by_output]
        values = graph.constant(constants[0]) if len(constants) == 1 else None
        before = graph.computed(operation)
        if values is not None and values.size == 1 and len(before) == 1 and _only_moved(graph, before[0], head):
            return _Place(operation, constants[0], float(values.reshape(-1)[0]))
    return None


def _only_moved(graph: Graph, operation: Operation, head: Head) -> bool:
    """Return whether an operation's values come from the last keypoint convolutions as they are."""
    between = graph.above(operation, CONVOLUTIONS)
    moving = {"CONCATENATION", "RESHAPE", "TRANSPOSE", "STRIDED_SLICE"}
    sources = {one.output for one in between if one.kind in CONVOLUTIONS}
    return sources == {stride.convolution for stride in head.strides} and all(
        one.kind in moving or one.output in sources for one in between
    )
