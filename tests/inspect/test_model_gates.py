"""SavedModels and ONNX files that would do more than compute are refused before a runtime sees them."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from n6studio.domain.errors.files import NotAFile
from n6studio.domain.errors.models import ModelDamaged, ModelRefused, WeightsMissing
from n6studio.stages.model.onnx_metadata import LONGEST, parsed_metadata

# --- ONNX ------------------------------------------------------------------------------------------------------------


def onnx_file(path: Path, nodes, initializers=(), shape=(1, 3, 8, 8), functions=(), domains=()) -> Path:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, None)],
        list(initializers),
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(graph, opset_imports=opsets, functions=list(functions))
    path.write_bytes(model.SerializeToString())
    return path


def admit(path: Path):
    return importlib.import_module("n6studio.stages.model.onnx_gate").admit_onnx(path)


def node(kind: str, inputs, outputs, **more):
    from onnx import helper

    return helper.make_node(kind, inputs, outputs, **more)


def numbers(name: str, values, kind=np.int64):
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array(values, kind), name)


def outside(location: str, length: int = 4, offset: int = 0):
    from onnx import TensorProto

    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("length", str(length)), ("offset", str(offset))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def test_arithmetic_is_admitted(tmp_path):
    (tmp_path / "side.bin").write_bytes(bytes(8))
    path = onnx_file(tmp_path / "a.onnx", [node("Add", ["images", "w"], ["output0"])], [outside("side.bin", 4, 4)])
    assert admit(path).graph.node[0].op_type == "Add"


def test_numbers_in_a_folder_beside_it_are_admitted_and_read(tmp_path):
    import onnxruntime

    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "side.bin").write_bytes(np.array([1.0, 2.5], np.float32).tobytes())
    path = onnx_file(tmp_path / "a.onnx", [node("Add", ["images", "w"], ["output0"])], [outside("w/side.bin", 4, 4)])
    assert admit(path).graph.node[0].op_type == "Add"
    session = onnxruntime.InferenceSession(path)
    assert session.run(None, {"images": np.zeros((1, 3, 8, 8), np.float32)})[0].max() == 2.5


@pytest.mark.parametrize(
    ("location", "length", "offset"),
    [
        ("../side.bin", 4, 0), ("linked/side.bin", 4, 0),
        ("/etc/passwd", 4, 0), ("/dev/zero", 4, 0), ("", 4, 0), ("link.bin", 4, 0),
        ("side.bin", -1, 0), ("../gone.bin", 4, 0), ("a/../gone.bin", 4, 0),
        ("http://a/gone.bin", 4, 0), ("side.bin", 2**70, 0), (".", 4, 0),
    ],
)  # fmt: skip
def test_numbers_from_elsewhere_are_refused(tmp_path, location, length, offset):
    (tmp_path / "side.bin").write_bytes(bytes(8))
    (tmp_path / "link.bin").symlink_to("/dev/zero")
    (tmp_path / "linked").symlink_to(tmp_path)
    node_ = node("Add", ["images", "w"], ["output0"])
    path = onnx_file(tmp_path / "a.onnx", [node_], [outside(location, length, offset)])
    with pytest.raises(ModelRefused, match="numbers"):
        admit(path)


def test_numbers_of_operations_and_sparse_ones_come_from_no_other_file(tmp_path):
    import onnx

    (tmp_path / "side.bin").write_bytes(bytes(8))
    constant = node("Constant", [], ["w"], value=outside("side.bin"))
    add = node("Add", ["images", "w"], ["output0"])
    with pytest.raises(ModelRefused, match="the operation Constant in another file"):
        admit(onnx_file(tmp_path / "a.onnx", [constant, add]))
    model = onnx.load(onnx_file(tmp_path / "b.onnx", [add]))
    model.graph.sparse_initializer.add(values=outside("side.bin"), dims=[1])
    (tmp_path / "b.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelRefused, match="sparse numbers in another file"):
        admit(tmp_path / "b.onnx")


@pytest.mark.parametrize("location", ["gone.bin", "w/gone.bin"])
def test_numbers_that_are_missing_are_told(tmp_path, location):
    path = onnx_file(tmp_path / "a.onnx", [node("Add", ["images", "w"], ["output0"])], [outside(location)])
    with pytest.raises(WeightsMissing) as caught:
        admit(path)
    assert caught.value.beside == location


@pytest.mark.parametrize(("length", "offset"), [(9, 0), (4, 5)])
def test_weights_that_are_cut_off_are_told(tmp_path, length, offset):
    (tmp_path / "side.bin").write_bytes(bytes(8))
    made = outside("side.bin", length, offset)
    path = onnx_file(tmp_path / "a.onnx", [node("Add", ["images", "w"], ["output0"])], [made])
    with pytest.raises(ModelDamaged, match=r"its weights lie in side\.bin"):
        admit(path)


def branch():
    from onnx import TensorProto, helper

    told = helper.make_tensor_value_info("b", TensorProto.FLOAT, None)
    return helper.make_graph([helper.make_node("Identity", ["images"], ["b"])], "branch", [], [told])


def loop():
    from onnx import TensorProto, helper

    info = helper.make_tensor_value_info
    inputs = [info("i", TensorProto.INT64, []), info("go", TensorProto.BOOL, []), info("v", TensorProto.FLOAT, None)]
    outputs = [info("on", TensorProto.BOOL, []), info("w", TensorProto.FLOAT, None)]
    nodes = [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["v"], ["w"])]
    return helper.make_graph(nodes, "body", inputs, outputs)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: [node("Loop", ["", "t", "images"], ["output0"], body=loop())], "Loop"),
        (lambda: [node("If", ["t"], ["output0"], then_branch=branch(), else_branch=branch())], "If"),
        (lambda: [node("Evil", ["images"], ["output0"], domain="evil.corp")], "evil.corp.Evil"),
        (lambda: [node("Rfft", ["images"], ["output0"], domain="com.microsoft")], "com.microsoft.Rfft"),
        (lambda: [node("ConstantOfShape", ["huge"], ["output0"])], "made by ConstantOfShape"),
        (lambda: [node("Expand", ["images", "huge"], ["output0"])], "made by Expand"),
    ],
)
def test_what_does_more_than_compute_is_refused(tmp_path, make, words):
    given = [numbers("t", True, bool), numbers("huge", [100_000, 100_000, 100])]
    path = onnx_file(tmp_path / "a.onnx", make(), given, domains=("evil.corp", "com.microsoft"))
    with pytest.raises(ModelRefused) as caught:
        admit(path)
    assert any(words in found for found in caught.value.found)


def test_functions_that_stand_for_endless_operations_are_refused(tmp_path):
    from onnx import helper

    def function(number):
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
        inner = ("Relu", "") if number == 0 else (f"F{number - 1}", "own")
        calls = [helper.make_node(inner[0], [a], [b], domain=inner[1]) for a, b in (("x", "m"), ("m", "y"))]
        return helper.make_function("own", f"F{number}", ["x"], ["y"], calls, opsets)

    def calling(number):
        return [node(f"F{number}", ["images"], ["output0"], domain="own")]

    parts = [function(number) for number in range(30)]
    assert admit(onnx_file(tmp_path / "a.onnx", calling(9), functions=parts[:10], domains=("own",)))
    with pytest.raises(ModelRefused) as caught:
        admit(onnx_file(tmp_path / "b.onnx", calling(29), functions=parts, domains=("own",)))
    assert "more than 100,000 operations" in caught.value.found[0]


def test_functions_are_looked_into_and_may_not_call_themselves(tmp_path):
    from onnx import helper

    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]

    def function(name, called, domain):
        inner = helper.make_node(called, ["x"], ["y"], domain=domain)
        return helper.make_function("own", name, ["x"], ["y"], [inner], opsets)

    call = [node("A", ["images"], ["output0"], domain="own")]
    sound = [function("A", "B", "own"), function("B", "Relu", "")]
    assert admit(onnx_file(tmp_path / "a.onnx", call, functions=sound, domains=("own",)))
    for parts, words in (
        ([function("A", "B", "own"), function("B", "A", "own")], "calls itself"),
        ([function("A", "Evil", "evil.corp")], "evil.corp.Evil"),
    ):
        with pytest.raises(ModelRefused) as caught:
            admit(onnx_file(tmp_path / "b.onnx", call, functions=parts, domains=("own", "evil.corp")))
        assert any(words in found for found in caught.value.found)


def test_impossible_sizes_are_refused(tmp_path):
    path = onnx_file(tmp_path / "a.onnx", [node("Relu", ["images"], ["output0"])], shape=(1, 3, 60_000, 60_000))
    with pytest.raises(ModelRefused, match="60000"):
        admit(path)


def test_devices_and_ruins_are_no_models(tmp_path):
    with pytest.raises(NotAFile, match="a device"):
        admit(Path("/dev/zero"))
    (tmp_path / "a.onnx").write_bytes(b"\x08\x09\x3a\xff")
    with pytest.raises(ModelDamaged):
        admit(tmp_path / "a.onnx")


def test_metadata_are_literals_or_texts():
    found = parsed_metadata(
        {"a": "{0: 'p'}", "b": "__import__('os')", "c": "(" * 50_000, "d": "-" * 50_000 + "1", "e": "9" * (LONGEST + 1)}
    )
    assert found["a"] == {0: "p"}
    assert found["b"] == "__import__('os')"
    assert isinstance(found["c"], str)
    assert isinstance(found["d"], str)
    assert len(found["e"]) == LONGEST


@pytest.mark.parametrize(("kind", "half"), [("FLOAT", False), ("FLOAT16", True)])
def test_half_precision_inputs_are_fed_with_what_they_take(tmp_path, kind, half):
    from onnx import TensorProto, helper

    from n6studio.stages.model.runner import open_model

    element, dtype = getattr(TensorProto, kind), np.float16 if half else np.float32
    table = np.full((1, 56, 84), 0.5, dtype)  # 84 candidates of 64 x 64: 8 * 8 + 4 * 4 + 2 * 2
    nodes = [
        node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        node("Mul", ["mean", "zero"], ["nothing"]),
        node("Add", ["table", "nothing"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("images", element, (1, 3, 64, 64))],
        [helper.make_tensor_value_info("output0", element, (1, 56, 84))],
        [numbers("table", table, dtype), numbers("zero", 0.0, dtype)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    output = open_model(tmp_path / "a.onnx", keypoints=17).run(np.zeros((64, 64, 3), np.uint8))
    assert output.dtype == np.float32
    assert np.all(output == 0.5)


# --- SavedModels -----------------------------------------------------------------------------------------------------


def admit_folder(path: Path) -> None:
    importlib.import_module("n6studio.stages.model.saved_model_gate").admit_saved_model(path)


def save(path: Path, compute, variable: bool = False) -> Path:
    import tensorflow as tf

    module = tf.Module()
    if variable:
        module.weights = tf.Variable(tf.ones((3, 3, 3, 2)))
    signature = [tf.TensorSpec((1, 8, 8, 3), tf.float32, name="images")]
    module.call = tf.function(lambda images: compute(module, images), input_signature=signature)
    tf.saved_model.save(module, str(path), signatures=module.call.get_concrete_function())
    return path


@pytest.mark.slow
def test_saved_models_that_only_compute_are_admitted(tmp_path):
    import tensorflow as tf

    from n6studio.stages.model.saved_model_path import loadable

    path = save(tmp_path / "sound", lambda module, images: tf.nn.conv2d(images, module.weights, 1, "SAME"), True)
    with loadable(path) as place:
        answer = tf.saved_model.load(place).signatures["serving_default"](images=tf.ones((1, 8, 8, 3)))
    assert float(next(iter(answer.values()))[0, 4, 4, 0]) == 27.0  # nine places of three channels


def _written(marker):
    import tensorflow as tf

    def compute(module, images):
        with tf.control_dependencies([tf.io.write_file(marker, "written")]):
            return tf.identity(images)

    return compute


def _called(marker):
    import tensorflow as tf

    def compute(module, images):
        return tf.py_function(lambda value: (Path(marker).touch(), value)[1], [images], tf.float32)

    return compute


def _printed(marker):
    import tensorflow as tf

    def compute(module, images):
        with tf.control_dependencies([tf.print("x", output_stream="file://" + marker)]):
            return tf.identity(images)

    return compute


def _endless(marker):
    import tensorflow as tf

    return lambda module, images: tf.while_loop(lambda image: True, lambda image: (image,), [images])[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "words"),
    [(_written, "WriteFile"), (_called, "EagerPyFunc"), (_printed, "PrintV2"), (_endless, "While")],
)
def test_saved_models_that_do_more_are_refused_before_they_are_loaded(tmp_path, make, words):
    from n6studio.stages.inspect.saved_model import read_saved_model

    marker = tmp_path / "made"
    path = save(tmp_path / "model", make(str(marker)))
    marker.unlink(missing_ok=True)
    with pytest.raises(ModelRefused) as caught:
        read_saved_model(path)
    assert any(words in found for found in caught.value.found)
    assert not marker.exists()


def _huge():
    import tensorflow as tf

    side = 200_000
    return {
        "Fill": lambda: tf.zeros((side, side)),
        "BroadcastTo": lambda: tf.broadcast_to(tf.ones((1, 1)), (side, side)),
        "Tile": lambda: tf.tile(tf.ones((1, 1)), (side, side)),
        "Range": lambda: tf.range(0, 2**31 - 1, 2),
        "Pad": lambda: tf.pad(tf.ones((1, 1)), ((side, 0), (0, side))),
        "ResizeBilinear": lambda: tf.image.resize(tf.ones((1, 2, 2, 3)), (side, side)),
        "OneHot": lambda: tf.one_hot([1], 2**31 - 1),
        "ScatterNd": lambda: tf.scatter_nd([[0, 0]], [1.0], (side, side)),
    }


@pytest.mark.slow
def test_saved_models_that_ask_for_more_than_a_pose_model_needs_are_refused(tmp_path):
    import tensorflow as tf

    for name, make in _huge().items():
        path = save(tmp_path / name, lambda _, images, make=make: images + tf.reduce_sum(tf.cast(make(), tf.float32)))
        with pytest.raises(ModelRefused) as caught:
            admit_folder(path)
        assert any(f"made by {name}" in found for found in caught.value.found), (name, caught.value.found)
    admit_folder(save(tmp_path / "small", lambda _, images: images + tf.reduce_sum(tf.zeros((200, 200)))))


@pytest.mark.slow
def test_what_happens_while_a_saved_model_is_loaded_is_refused_too(tmp_path):
    import tensorflow as tf

    marker = tmp_path / "made"
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), -1)

    @tf.function(input_signature=[])
    def begin():
        tf.io.write_file(str(marker), "written")
        return 1

    module.table._initialize = begin
    signature = [tf.TensorSpec((1, 8, 8, 3), tf.float32, name="images")]
    module.call = tf.function(lambda images: images * 2.0, input_signature=signature)
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=module.call.get_concrete_function())
    tf.saved_model.load(str(tmp_path / "model"))
    assert marker.exists(), "the attack itself does not work any more, so this test proves nothing"
    with pytest.raises(ModelRefused):
        admit_folder(tmp_path / "model")


@pytest.mark.slow
def test_a_saver_that_is_called_from_elsewhere_is_refused(tmp_path):
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    path = save(tmp_path / "model", lambda module, images: tf.nn.conv2d(images, module.weights, 1, "SAME"), True)
    admit_folder(path)
    file = path / "saved_model.pb"
    whole = file.read_bytes()

    def changed(change):
        described = saved_model_pb2.SavedModel()
        described.ParseFromString(whole)
        change(described.meta_graphs[0])
        file.write_bytes(described.SerializeToString())
        with pytest.raises(ModelRefused):
            admit_folder(path)

    def functions(graph, part):
        return [item for item in graph.graph_def.library.function if part in item.signature.name]

    def call_it(graph):
        (wrapper,) = functions(graph, "signature_wrapper")
        (saver,) = functions(graph, "traced_save")
        call = wrapper.node_def.add(name="also", op="PartitionedCall")
        call.attr["f"].func.name = saver.signature.name

    def bind_it(graph):
        (saver,) = functions(graph, "traced_save")
        graph.object_graph_def.concrete_functions[saver.signature.name].SetInParent()

    def own_file(graph):
        (restorer,) = functions(graph, "traced_restore")
        (node_,) = (item for item in restorer.node_def if item.op == "RestoreV2")
        node_.input[0] = "RestoreV2/tensor_names:output:0"

    def call_in_a_circle(graph):
        (wrapper,) = functions(graph, "signature_wrapper")
        call = wrapper.node_def.add(name="again", op="PartitionedCall")
        call.attr["f"].func.name = wrapper.signature.name

    def huge(graph):
        shape = graph.graph_def.node.add(name="huge", op="Const").attr["value"].tensor.tensor_shape
        shape.dim.add(size=2**20)
        shape.dim.add(size=2**20)

    for change in (call_it, bind_it, own_file, call_in_a_circle, huge):
        changed(change)


@pytest.mark.slow
def test_devices_in_a_saved_model_are_not_read(tmp_path):
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").symlink_to("/dev/zero")
    with pytest.raises(NotAFile, match="a device"):
        admit_folder(tmp_path / "model")


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ({0: "a", "1": "b", "x": "c", -1: "d", "9" * 5000: "e", 10**9: "f", None: "g", 2.0: "h"}, {0: "a", 1: "b"}),
        ({"a": 1}, {}),
        (["a"], {}),
        (None, {}),
    ],
)
def test_names_of_no_class_are_left_out(names, classes):
    assert importlib.import_module("n6studio.stages.inspect.run")._class_names(names) == classes


@pytest.mark.parametrize(
    ("kind", "given"), [("MatMul", (8, 10**6)), ("Conv", (2**21, 3, 1, 1)), ("Tile", (1, 1, 700, 700))]
)
def test_a_result_larger_than_any_of_a_pose_network_is_refused_before_it_is_computed(tmp_path, kind, given):
    from onnx import helper, numpy_helper

    constant = np.array(given, np.int64) if kind == "Tile" else np.zeros(given, np.float32)
    nodes = [helper.make_node(kind, ["images", "c"], ["x"]), helper.make_node("ReduceMean", ["x"], ["output0"])]
    path = onnx_file(tmp_path / "a.onnx", nodes, [numpy_helper.from_array(constant, "c")], shape=(1, 3, 8, 8))
    if kind == "MatMul":
        assert admit(path), "24,000,000 numbers are few enough"
        path = onnx_file(tmp_path / "b.onnx", nodes, [numpy_helper.from_array(constant, "c")], shape=(1, 3, 64, 8))
    with pytest.raises(ModelRefused) as caught:
        admit(path)
    assert "a result of shape" in caught.value.found[0]


def test_shapes_that_contradict_each_other_are_left_to_whoever_computes(tmp_path):
    from onnx import helper, numpy_helper

    nodes = [helper.make_node("TopK", ["images", "c"], ["output0"])]
    assert admit(onnx_file(tmp_path / "a.onnx", nodes, [numpy_helper.from_array(np.array([2**40]), "c")]))


def test_products_that_a_transposed_convolution_gathers_count_as_a_result(tmp_path):
    from onnx import helper, numpy_helper

    kernel = numpy_helper.from_array(np.zeros((3, 64, 16, 16), np.float32), "c")
    nodes = [helper.make_node("ConvTranspose", ["images", "c"], ["x"]), helper.make_node("Relu", ["x"], ["output0"])]
    assert admit(onnx_file(tmp_path / "a.onnx", nodes, [kernel], shape=(1, 3, 32, 32)))
    with pytest.raises(ModelRefused) as caught:
        admit(onnx_file(tmp_path / "b.onnx", nodes, [kernel], shape=(1, 3, 128, 128)))
    assert caught.value.found[0].startswith("a ConvTranspose of [3, 64, 16, 16]")


@pytest.mark.parametrize("length", [1, 2, 40])
def test_operations_that_wait_for_each_other_are_damage(tmp_path, length):
    from onnx import helper

    circle = [helper.make_node("Add", [f"x{one}", "images"], [f"x{(one + 1) % length}"]) for one in range(length)]
    path = onnx_file(tmp_path / "a.onnx", [*circle, helper.make_node("Relu", ["x0"], ["output0"])])
    with pytest.raises(ModelDamaged, match="wait for each other"):
        admit(path)


def test_operations_may_stand_in_any_order(tmp_path):
    from onnx import helper

    nodes = [helper.make_node("Relu", ["x"], ["output0"]), helper.make_node("Add", ["images", "images"], ["x"])]
    assert admit(onnx_file(tmp_path / "a.onnx", nodes))
