"""Convolutions with groups, as in YOLO11's head: the same numbers in torch, and not rounded as ordinary ones."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_a_convolution_with_groups_gives_the_same_in_torch_and_is_not_rounded_as_an_ordinary_one():
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from n6studio.stages.quantize.feedback import kernels_of
    from n6studio.stages.quantize.graph import Graph
    from n6studio.stages.quantize.torch_graph import TorchGraph

    random = np.random.default_rng(5)
    first, each, paired = (
        random.normal(0, 0.3, shape).astype(np.float32) for shape in ((1, 1, 3, 8), (3, 3, 1, 8), (3, 3, 4, 6))
    )

    @tf.function(input_signature=[tf.TensorSpec((1, 8, 8, 3), tf.float32)])
    def network(image):
        values = tf.nn.conv2d(image, first, 1, "SAME") + 0.1
        values = tf.nn.conv2d(tf.nn.relu(values), each, 1, "SAME") + 0.2
        return tf.nn.conv2d(tf.nn.relu(values), paired, 1, "SAME") + 0.3

    content = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()], network).convert()
    graph = Graph(content)
    groups = [
        one for one in graph.operations if one.kind == "CONV_2D" and graph.constant(one.inputs[1]).shape[-1] in (1, 4)
    ]
    assert groups, [one.kind for one in graph.operations]
    image = random.normal(0, 1, (1, 8, 8, 3)).astype(np.float32)
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    wanted = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    found = TorchGraph(graph)(image)[graph.output].detach().numpy()
    assert found == pytest.approx(wanted, abs=1e-4)
    ordinary = {kernel.operation.output for kernel, _ in kernels_of(graph)}
    assert ordinary.isdisjoint(one.output for one in groups)
    assert ordinary
