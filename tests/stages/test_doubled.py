"""Convolutions computed twice, differently rounded: same answers in float, smaller errors in int8, counted costs."""

import numpy as np
import pytest

from n6studio.stages.quantize.doubled import candidates, codes_kept, doubled, macs_of, macs_with, within_budget
from n6studio.stages.quantize.graph import Graph

pytestmark = pytest.mark.slow
PLACES = 128 * 128


@pytest.fixture(scope="module")
def content(exported_people):
    return (exported_people / "n6demo-pose_128_float32.tflite").read_bytes()


@pytest.fixture(scope="module")
def graph(content):
    return Graph(content)


def tensors(content, image, names):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    found = {item["name"]: item for item in interpreter.get_tensor_details()}
    values = []
    for name in names:
        scale, zero = found[name]["quantization"]
        one = interpreter.get_tensor(found[name]["index"]).astype(np.float64)
        values.append((one - zero) * scale if scale else one)
    return values


def give_range(graph, name, low, high):
    """Calibrate a tensor that has no range yet."""
    from ai_edge_litert import schema_py_generated as schema

    tensor = next(one for one in graph.model.subgraphs[0].tensors if one.name.decode() == name)
    tensor.quantization = schema.QuantizationParametersT()
    graph.set_range(name, low, high)


def image(seed):
    return np.random.default_rng(seed).uniform(0, 1, (1, 128, 128, 3)).astype(np.float32)


def test_float_answers_stay_and_each_copy_is_moved_by_three_quarters_of_a_step(content, graph):
    among = candidates(graph)
    assert len(among) > 20  # a SiLU that convolutions alone read, padded or not
    still = doubled(graph, among, dict.fromkeys(among, (0.0, 0.0)))
    assert [(one.kind, one.output) for one in still.operations] == [(one.kind, one.output) for one in graph.operations]
    (answer,), (same,) = (tensors(one, image(1), [graph.output]) for one in (content, still.content()))
    assert same == pytest.approx(answer, abs=1e-5)

    step, first = 0.08, next(iter(among))
    moved = doubled(graph, {first: among[first]}, {first: (-100 * step, 155 * step)}).content()
    (x,), (both,) = (tensors(one, image(1), [first]) for one in (content, moved))
    channels = x.shape[-1]
    assert both.shape[-1] == 2 * channels
    assert both[..., :channels] == pytest.approx(x - 0.06, abs=1e-5)
    assert both[..., channels:] == pytest.approx(x + 0.06, abs=1e-5)
    (near,) = tensors(moved, image(1), [graph.output])  # but for SiLU's bend
    assert 0 < np.abs(near - answer).max() < 0.01


def test_multiplications_are_those_counted_by_hand(graph):
    among = candidates(graph)
    convolutions = [one for one in graph.operations if one.kind == "CONV_2D"]
    first, second, third = convolutions[:3]
    counts = [graph.constant(one.inputs[1]).shape[0] for one in convolutions[:3]]
    wide = PLACES // 4 * counts[0] * 3 * 3 * 3
    narrow = PLACES // 16 * counts[1] * 3 * 3 * counts[0]
    assert [macs_of(graph, first), macs_of(graph, second)] == [wide, narrow]
    assert macs_of(graph, graph.by_output[graph.output]) == 0
    plain = macs_with(graph, {})
    assert plain == sum(macs_of(graph, one) for one in convolutions)
    one, two = first.output, second.output
    assert macs_with(graph, {one: among[one]}) == plain + wide + narrow
    # Where both are computed twice, the one between them has twice the outputs of twice the inputs.
    both = {name: among[name] for name in (one, two)}
    assert macs_with(graph, both) == plain + wide + 3 * narrow + macs_of(graph, third)
    changed = doubled(graph, both, dict.fromkeys(both, (-1.0, 1.0)))
    assert macs_with(changed, {}) == macs_with(graph, both)


def test_the_largest_saving_for_its_multiplications_comes_first_and_the_budget_holds(graph):
    among = candidates(graph)
    plain, names = macs_with(graph, {}), list(among)
    costs = {name: macs_with(graph, {name: among[name]}) - plain for name in names}
    cheap, dear = min(names, key=costs.__getitem__), max(names, key=costs.__getitem__)
    percent = 100 * costs[dear] / plain
    assert list(within_budget(graph, among, {dear: 1.0}, percent + 0.01)) == [dear]
    assert within_budget(graph, among, {dear: 1.0}, percent - 0.01) == {}
    assert within_budget(graph, among, {dear: 0.0}, 100) == {}
    assert within_budget(graph, among, {dear: 1.0, cheap: 0.9}, percent + 0.01).keys() == {cheap}
    saved = {name: 1.0 + place for place, name in enumerate(names)}
    for budget in (5, 20, 60):
        chosen = within_budget(graph, among, saved, budget)
        assert chosen
        assert macs_with(graph, chosen) <= plain * (1 + budget / 100)


def test_int8_errors_shrink_and_weights_keep_their_codes(content, graph):
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    among = candidates(graph)
    first, second = list(among)[:2]
    names = [item.output for item in graph.operations]
    values = tensors(content, image(2), names)
    ranges = {
        name: (min(0.0, float(one.min())), max(0.0, float(one.max())))
        for name, one in zip(names, values, strict=True)
        if graph.by_output[name].kind != "LOGISTIC" and one.dtype == np.float64
    }
    end = among[second].widened[1].output
    chosen = {first: among[first]}

    def int8(one):
        part = one.cut([end])
        for name, (low, high) in ranges.items():
            if part.has(name) and name in part.by_output:
                give_range(part, name, low, high)
        give_range(part, part.input, 0.0, 1.0)
        return bytes(mlir_quantize(part.content(), input_data_type=tf.float32, output_data_type=tf.float32))

    once, twice = int8(graph), int8(doubled(graph, chosen, ranges))
    assert codes_kept(Graph(once), Graph(twice), chosen)
    exact, coarse, fine = (
        tensors(one, image(3), [x])[0]
        for one, x in ((content, end), (once, Graph(once).output), (twice, Graph(twice).output))
    )
    assert np.square(fine - exact).mean() < 0.8 * np.square(coarse - exact).mean()
    assert not codes_kept(Graph(once), Graph(once), chosen)
