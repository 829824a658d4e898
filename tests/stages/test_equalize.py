"""Keypoint channels scaled to fill one range: the float model stays the same, and every channel uses its steps."""

import numpy as np
import pytest

from n6studio.stages.quantize.equalize import LARGEST_LOGIT, MARGIN, equalised
from n6studio.stages.quantize.graph import Graph, find_head
from n6studio.stages.quantize.ranges import Reach

pytestmark = pytest.mark.slow
HIGH = np.random.default_rng(3).uniform(0.5, 6.0, (17, 3)).astype(np.float32)
LOW = -HIGH * np.random.default_rng(4).uniform(-0.5, 1.0, (17, 3)).astype(np.float32)
REACH = Reach(LOW, HIGH)


@pytest.fixture(scope="module")
def graph(exported_people):
    return Graph((exported_people / "n6demo-pose_128_float32.tflite").read_bytes())


@pytest.fixture(scope="module")
def head(graph):
    return find_head(graph, 56, 51, 1)


def outputs(content, names):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    image = np.random.default_rng(0).uniform(0, 1, (1, 128, 128, 3)).astype(np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    index = {item["name"]: item["index"] for item in interpreter.get_tensor_details()}
    return [interpreter.get_tensor(index[name]) for name in names]


def test_the_float_model_stays_the_same_and_its_channels_are_scaled(graph, head):
    found = equalised(graph, head, 17, REACH)
    changed = found.graph
    names = [*(stride.convolution for stride in head.strides), graph.output]
    *before, answer = outputs(graph.content(), names)
    *after, same = outputs(changed.content(), names)
    assert same == pytest.approx(answer, abs=1e-4)
    span = min(LARGEST_LOGIT, MARGIN * float(HIGH[:, 2].max()))
    assert found.span == pytest.approx(span)
    assert found.added == ()
    gains = np.ones((17, 3))
    gains[:, :2] = span / (MARGIN * HIGH[:, :2])
    for first, second in zip(before, after, strict=True):
        assert second == pytest.approx(first * gains.reshape(-1), rel=1e-3, abs=1e-3)


def test_operations_stay_the_same(graph, head):
    changed = equalised(graph, head, 17, REACH).graph
    assert [(one.kind, one.output) for one in changed.operations] == [
        (one.kind, one.output) for one in graph.operations
    ]


def test_centred_channels_take_as_much_below_0_as_above_and_an_addition_moves_them_back(graph, head):
    found = equalised(graph, head, 17, REACH, centred=True)
    names = [*(stride.convolution for stride in head.strides), graph.output]
    *before, answer = outputs(graph.content(), names)
    *after, same = outputs(found.graph.content(), names)
    assert same == pytest.approx(answer, abs=1e-4)
    for ends, sign in ((HIGH, 1), (LOW, -1)):  # an output at either end of what people take lies as far from 0
        for first, second in zip(before, after, strict=True):
            rise = second.reshape(-1, 17, 3)[:, :, :2]
            gain = found.span / (MARGIN * (HIGH - LOW)[:, :2] / 2)
            moved = (first.reshape(-1, 17, 3)[:, :, :2] - ends[:, :2]) * gain + sign * found.span / MARGIN
            assert rise == pytest.approx(moved, rel=1e-3, abs=1e-3)
    kinds = [one.kind for one in found.graph.operations]
    assert len(found.added) == 1
    assert kinds.count("ADD") == [one.kind for one in graph.operations].count("ADD") + 1
    assert len(kinds) == len(graph.operations) + 1


def test_other_heads_are_left_alone(graph, head):
    assert equalised(graph, head, 16, REACH) is None
    assert equalised(graph, head, 17, Reach(LOW[:, :2], HIGH[:, :2])) is None
    assert equalised(graph, head, 17, Reach()) is None
