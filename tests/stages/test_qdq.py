"""The ONNX copy of a quantized model: the same integers layer by layer, the same people, and what cannot be written."""

import io

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from onnx import numpy_helper

from n6studio.domain.errors.starts import SplitHeadWithoutOnnx
from n6studio.domain.metrics.oks import object_areas, oks_matrix
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.skeleton import for_keypoints
from n6studio.domain.requests import InputFile
from n6studio.gates.images import read_image
from n6studio.stages.model.runner import open_model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize import run as quantize
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.qdq import NoQdqForm, as_qdq
from n6studio.stages.quantize.stage import QuantizeSettings

FINE = "n6demo_256_per_channel.tflite"


def images(carried, size):
    for path in sorted(carried.images.glob("*.jpg"))[:20]:
        yield cv2.resize(read_image(path), size)


@pytest.fixture(scope="module")
def copies(carried, tmp_path_factory):
    """The two carried models, each with its copy."""
    found = []
    for path in (carried.fine, carried.coarse):
        copy = tmp_path_factory.mktemp("copy") / f"{path.stem}.onnx"
        copy.write_bytes(as_qdq(path.read_bytes(), open_model(path).info.metadata))
        found.append((path, copy))
    return found


def test_every_weight_bias_and_scale_is_that_of_the_tflite(copies):
    for path, copy in copies:
        graph, written = Graph(path.read_bytes()), onnx.load(copy)
        integers = sorted(
            numpy_helper.to_array(one).tobytes() for one in written.graph.initializer if one.name.startswith("integers")
        )
        convolutions = [one for one in graph.operations if one.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")]
        kernels = [graph.constant(one.inputs[1]).transpose(0, 3, 1, 2) for one in convolutions]
        biases = [graph.constant(one.inputs[2]) for one in convolutions if len(one.inputs) > 2]
        expected = [np.ascontiguousarray(one).tobytes() for one in (*kernels, *biases)]
        assert all(one in integers for one in expected)
        kinds = [node.op_type for node in written.graph.node]
        assert kinds.count("Conv") == len(convolutions)
        computed = sum(graph.type_of(one.output) == "int8" for one in graph.operations)
        assert computed <= kinds.count("QuantizeLinear") <= computed + kinds.count("Transpose")
        made_by = {output: node.op_type for node in written.graph.node for output in node.output}
        read = [made_by.get(name) for node in written.graph.node if node.op_type == "Conv" for name in node.input[:2]]
        assert read.count("DequantizeLinear") == sum(
            graph.type_of(index) == "int8" for one in convolutions for index in one.inputs[:2]
        )
        assert written.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert [one.name for one in written.graph.output] == ["output0"]


def reference(path):
    """LiteRT with its plain kernels."""
    interpreter = Interpreter(
        str(path), experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )  # fmt: skip
    interpreter.allocate_tensors()
    return interpreter


def test_the_first_convolution_is_equal_within_a_code(copies, carried, tmp_path):
    path, copy = copies[0]
    written = onnx.load(copy)
    first = next(node for node in written.graph.node if node.op_type == "Conv")
    reader = next(one for one in written.graph.node if first.output[0] in one.input)
    assert reader.op_type == "QuantizeLinear"
    written.graph.output.append(onnx.helper.make_tensor_value_info(reader.output[0], onnx.TensorProto.INT8, None))
    onnx.save(written, tmp_path / "first.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "first.onnx"), providers=["CPUExecutionProvider"])
    interpreter = reference(path)
    name = next(one.output for one in Graph(path.read_bytes()).operations if one.kind == "CONV_2D")
    index = {one["name"]: one["index"] for one in interpreter.get_tensor_details()}
    image = next(images(carried, (256, 256)))
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    interpreter.invoke()
    tensor = (image.astype(np.float32) / 255).transpose(2, 0, 1)[None]
    (ours,) = session.run([reader.output[0]], {"images": tensor})
    theirs = interpreter.get_tensor(index[name]).transpose(0, 3, 1, 2)
    apart = np.abs(theirs.astype(int) - ours.astype(int))
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.01


def similar(wanted, found, sigmas):
    """Mean OKS to each of `wanted`, 0 where nobody is found."""
    best = []
    for one, other in zip(wanted, found, strict=True):
        areas = np.maximum(object_areas(one.boxes), 1.0)
        best += oks_matrix(one.keypoints, other.keypoints, areas, sigmas).max(axis=1, initial=0.0).tolist()
    return best


def test_onnx_runtime_differs_no_more_than_two_kinds_of_litert_kernels(copies, carried):
    noise, found, sigmas = [], [], for_keypoints(17).sigmas
    for path, copy in copies:
        theirs, ours, plain = open_model(path), open_model(copy), reference(path)
        layout, size = theirs.info.layout, theirs.info.size
        assert (ours.info.size, ours.info.layout) == (size, layout)
        wanted, by_onnx, by_plain = [], [], []
        for image in images(carried, size):
            plain.set_tensor(plain.get_input_details()[0]["index"], image[None])
            plain.invoke()
            wanted.append(decode(theirs.run(image), layout, size, 0.3))
            by_onnx.append(decode(ours.run(image), layout, size, 0.1))
            by_plain.append(decode(plain.get_tensor(plain.get_output_details()[0]["index"])[0], layout, size, 0.1))
        noise += similar(wanted, by_plain, sigmas)
        found += similar(wanted, by_onnx, sigmas)
    assert len(found) >= 60
    assert min(found) > 0.5
    assert np.mean(found) > np.mean(noise) - 0.02


@pytest.mark.parametrize(("across", "down"), [(False, True), (True, False)])
def test_products_of_attention_are_those_of_litert(tmp_path, across, down):
    from ai_edge_litert import schema_py_generated as schema
    from standins.small_tflite import Builder

    builder, step = Builder(), 1 / 255
    image = builder.tensor("images", (1, 4, 8, 3), "uint8", scale=step)
    signed = builder.tensor("signed", (1, 4, 8, 3), "int8", scale=step, zero=-128)
    builder.operator("QUANTIZE", [image], [signed])
    shape = builder.tensor("shape", (3,), "int32", np.array([1, 32, 3], np.int32))
    rows = builder.tensor("rows", (1, 32, 3), "int8", scale=step, zero=-128)
    builder.operator("RESHAPE", [signed, shape], [rows])
    size = 3 if across else 32
    product = builder.tensor("product", (1, size, size), "int8", scale=0.1 if across else 0.01, zero=-128)
    options = schema.BatchMatMulOptionsT()
    options.adjX, options.adjY = across, down
    builder.operator("BATCH_MATMUL", [rows, rows], [product], schema.BuiltinOptions.BatchMatMulOptions, options)
    result = builder.tensor("result", (1, size, size), "float")
    builder.operator("DEQUANTIZE", [product], [result])
    path = tmp_path / "product.tflite"
    path.write_bytes(builder.finished([image], [result]))
    interpreter, pixels = reference(path), np.random.default_rng(2).integers(0, 256, (1, 4, 8, 3), np.uint8)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    interpreter.invoke()
    wanted = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")  # its int8 kernels are exact with VNNI only
    copy = as_qdq(path.read_bytes(), {})
    session = onnxruntime.InferenceSession(copy, options, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"images": pixels.astype(np.float32).transpose(0, 3, 1, 2) / 255})
    assert wanted.std() > 0.1
    assert np.abs(found - wanted).max() < (0.101 if across else 0.0101)


def test_a_quantized_onnx_is_computed_as_it_says_on_every_processor(tmp_path):
    """Two products of 255 and 127 do not fit 16 bits, in which int8 kernels of processors without VNNI add them."""
    from onnx import TensorProto, helper

    stored = {
        "step": np.float32(1 / 255), "zero": np.int8(-128), "kernel": np.full((56, 3, 1, 1), 127, np.int8),
        "fine": np.float32(1 / 127), "middle": np.int8(0), "coarse": np.float32(0.02),
        "rows": np.array([1, 56, 1024], np.int64), "first": np.array([0, 0, 0], np.int64),
        "last": np.array([1, 56, 21], np.int64),
    }  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["images", "step", "zero"], ["codes"]),
        helper.make_node("DequantizeLinear", ["codes", "step", "zero"], ["values"]),
        helper.make_node("DequantizeLinear", ["kernel", "fine", "middle"], ["weights"]),
        helper.make_node("Conv", ["values", "weights"], ["sums"], kernel_shape=[1, 1]),
        helper.make_node("QuantizeLinear", ["sums", "coarse", "zero"], ["rounded"]),
        helper.make_node("DequantizeLinear", ["rounded", "coarse", "zero"], ["again"]),
        helper.make_node("Reshape", ["again", "rows"], ["all"]),
        helper.make_node("Slice", ["all", "first", "last"], ["output0"]),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 32, 32])
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 56, 21])
    initializers = [numpy_helper.from_array(value, name) for name, value in stored.items()]
    graph = helper.make_graph(nodes, "large", [images], [output], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "large.onnx").write_bytes(model.SerializeToString())
    found = open_model(tmp_path / "large.onnx", keypoints=17).run(np.full((32, 32, 3), 255, np.uint8))
    assert np.allclose(found, 3.0, atol=0.011)


def test_an_operation_without_such_a_form_is_named(tmp_path):
    from builders_tflite import build_tflite

    with pytest.raises(NoQdqForm, match="MEAN"):
        as_qdq(build_tflite(tmp_path / "a.tflite").read_bytes(), {})


def test_a_split_head_has_no_copy(tmp_path):
    given = {"model": (InputFile(str(tmp_path), ""),), "calibration": (InputFile(str(tmp_path), ""),)}
    with pytest.raises(SplitHeadWithoutOnnx):
        quantize.run(QuantizeSettings(head="split", onnx=True), given, tmp_path, Reporter("quantize", io.StringIO()))


@pytest.mark.slow
def test_quantize_writes_the_copy_beside_the_model(carried, exported_people, tmp_path):
    inputs = {
        "model": (InputFile(str(exported_people / "n6demo-pose_128_saved_model"), "1" * 64),),
        "calibration": (InputFile(str(carried.calibration), ""),),
    }
    settings = QuantizeSettings(onnx=True, max_images=4, ranges="tuned", guard_images=0)
    outcome = quantize.run(settings, inputs, tmp_path, Reporter("quantize", io.StringIO()))
    assert outcome.outputs["onnx"] == outcome.outputs["tflite"].replace(".tflite", ".onnx")
    model = open_model(tmp_path / outcome.outputs["onnx"])
    assert (model.info.input_type, model.info.output_type, model.info.layout_from) == ("float", "float", "metadata")
