"""No .tflite reaches LiteRT that leads out of its file, contradicts itself, or does more than compute."""

import random
import subprocess
import sys
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from builders_tflite import build_tflite
from standins.small_tflite import write_running_tflite

from n6studio.domain.errors.files import NotAFile
from n6studio.domain.errors.models import ModelDamaged, ModelRefused
from n6studio.stages.model.runner import open_model
from n6studio.stages.model.tflite_gate import admit_tflite

DATA = Path(__file__).resolve().parent.parent / "data"
QUICK_FLIPS, SLOW_FLIPS = 40, 400
MEMORY = 4 * 1024**3  # bytes of addresses for the child; LiteRT and numpy map about 2 GiB before they open anything


def packed(model) -> bytes:
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def changed(folder: Path, change, source=build_tflite) -> Path:
    """Write a sound model with one thing changed."""
    path = source(folder / "model.tflite")
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    change(model, model.subgraphs[0])
    path.write_bytes(packed(model))
    return path


@pytest.mark.parametrize("source", [build_tflite, write_running_tflite])
def test_small_models_are_admitted_and_run(tmp_path, source):
    path = changed(tmp_path, lambda model, graph: None, source)
    admit_tflite(path)
    assert open_model(path, keypoints=17).run(np.zeros((64, 64, 3), np.uint8)).shape == (56, 84)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.tflite")), ids=lambda path: path.stem)
def test_the_carried_models_are_admitted(path):
    admit_tflite(path)


def test_published_models_are_admitted(shared):
    for path in sorted((shared / "models" / "st").glob("*.tflite")):
        admit_tflite(path)


# --- what it would do ------------------------------------------------------------------------------------------------


def coded(code: int, name: bytes | None = None, version: int = 1):
    def change(model, graph):
        entry = model.operatorCodes[1]  # of the mean
        entry.builtinCode, entry.deprecatedBuiltinCode = code, min(code, 127)
        entry.customCode, entry.version = name, version

    return change


def typed(kind: int):
    def change(model, graph):
        graph.tensors[1].type = kind

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (coded(schema.BuiltinOperator.CUSTOM, b"Evil"), "the operation CUSTOM 'Evil'"),
        (coded(schema.BuiltinOperator.WHILE), "the operation WHILE"),
        (coded(schema.BuiltinOperator.CALL_ONCE), "the operation CALL_ONCE"),
        (coded(schema.BuiltinOperator.HASHTABLE), "the operation HASHTABLE"),
        (coded(9999), "the operation number 9999"),
        (coded(schema.BuiltinOperator.MEAN, version=200), "the operation MEAN in version 200"),
        (coded(schema.BuiltinOperator.MEAN, version=-1), "the operation MEAN in version -1"),
        (typed(schema.TensorType.STRING), "a tensor of type STRING"),
        (typed(schema.TensorType.RESOURCE), "a tensor of type RESOURCE"),
        (typed(99), "a tensor of type unknown"),
    ],
)
def test_what_does_more_than_compute_is_refused_by_name(tmp_path, change, words):
    with pytest.raises(ModelRefused) as caught:
        admit_tflite(changed(tmp_path, change))
    assert words in caught.value.found


def test_a_version_that_litert_lacks_is_told_with_the_operation(tmp_path):
    path = changed(tmp_path, coded(schema.BuiltinOperator.MEAN, version=60))
    with pytest.raises(ModelDamaged, match="MEAN"):
        open_model(path)


def test_consistent_but_huge_results_are_refused(tmp_path):
    def change(model, graph):
        # The image, and with it everything up to the mean, becomes 100,000 x 100,000.
        for tensor in graph.tensors[:2]:
            tensor.shape = np.array([1, 100_000, 100_000, 3], np.int32)

    with pytest.raises(ModelRefused) as caught:
        admit_tflite(changed(tmp_path, change))
    assert "a tensor of shape [1, 100000, 100000, 3]" in caught.value.found


# --- what contradicts itself -----------------------------------------------------------------------------------------


def shaped(index: int, *shape: int):
    def change(model, graph):
        graph.tensors[index].shape = np.array(shape, np.int32)

    return change


def cut_constant(model, graph):
    buffer = next(buffer for buffer in model.buffers if buffer.data is not None)
    buffer.data = buffer.data[:-1]


def another_tensor(model, graph):
    graph.operators[2].inputs = np.array([999, 0], np.int32)


def another_order(model, graph):
    graph.operators = graph.operators[1:] + graph.operators[:1]


def another_buffer(model, graph):
    graph.tensors[0].buffer = 999


def another_code(model, graph):
    graph.operators[0].opcodeIndex = 99


def two_scales(model, graph):
    graph.tensors[0].quantization.scale = np.array([0.1, 0.2], np.float32)


def no_zero_point(model, graph):
    graph.tensors[0].quantization.zeroPoint = None


def far_zero_point(model, graph):
    graph.tensors[0].quantization.zeroPoint = np.array([256], np.int64)


def unscaled(model, graph):
    graph.tensors[0].quantization = None


def scaled(value: float):
    def change(model, graph):
        graph.tensors[0].quantization.scale = np.array([value], np.float32)

    return change


def variable(model, graph):
    graph.tensors[1].isVariable = True


def foreign_options(model, graph):
    operator = next(item for item in graph.operators if item.builtinOptionsType == schema.BuiltinOptions.AddOptions)
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.MulOptions, schema.MulOptionsT()


def odd_activation(model, graph):
    next(
        item for item in graph.operators if item.builtinOptionsType == schema.BuiltinOptions.AddOptions
    ).builtinOptions.fusedActivationFunction = 77


def without_graph(model, graph):
    model.subgraphs = []


def no_output(model, graph):
    graph.outputs = np.array([], np.int32)


@pytest.mark.parametrize(
    "change",
    [
        shaped(1, 1, 64, 64, 4), shaped(1, 1, 0, 64, 3), shaped(1, 1, -64, 64, 3), shaped(2, 7), shaped(0, *[1] * 9),
        cut_constant, another_tensor, another_order, another_buffer, another_code, two_scales, no_zero_point,
        far_zero_point, unscaled, scaled(1e20), scaled(0.0), scaled(-1.0), scaled(float("nan")), scaled(float("inf")),
        variable, foreign_options, odd_activation, without_graph, no_output,
    ],
)  # fmt: skip
def test_contradictions_are_damage(tmp_path, change):
    with pytest.raises(ModelDamaged):
        admit_tflite(changed(tmp_path, change))


def convolution(folder: Path, **options: int) -> Path:
    """Write 1 x 8 x 8 x 2 -> 3 x 3 filters -> 1 x 4 x 4 x 4, with some of the options changed."""
    model, graph, operator = schema.ModelT(), schema.SubGraphT(), schema.OperatorT()
    graph.tensors = []
    for place, shape in enumerate(((1, 8, 8, 2), (4, 3, 3, 2), (1, 4, 4, 4))):
        tensor = schema.TensorT()
        tensor.shape, tensor.name, tensor.buffer = np.array(shape, np.int32), f"t{place}", int(place == 1)
        graph.tensors.append(tensor)
    made = schema.Conv2DOptionsT()
    made.strideW = made.strideH = 2
    for name, value in options.items():
        setattr(made, name, value)
    operator.inputs, operator.outputs = np.array([0, 1], np.int32), np.array([2], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.Conv2DOptions, made
    graph.operators, graph.inputs, graph.outputs = [operator], np.array([0], np.int32), np.array([2], np.int32)
    code, weights = schema.OperatorCodeT(), schema.BufferT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    weights.data = np.zeros(4 * 3 * 3 * 2 * 4, np.uint8)
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [schema.BufferT(), weights]
    (folder / "c.tflite").write_bytes(packed(model))
    return folder / "c.tflite"


@pytest.mark.parametrize(
    "options",
    [
        {"strideW": 0}, {"strideH": -1}, {"strideW": 4}, {"strideW": 2**31 - 1}, {"dilationWFactor": 0}, {"padding": 1},
        {"padding": 9}, {"dilationHFactor": 10**6}, {"fusedActivationFunction": 5},
    ],
)  # fmt: skip
def test_strides_and_paddings_must_make_what_the_file_says(tmp_path, options):
    admit_tflite(convolution(tmp_path))
    with pytest.raises(ModelDamaged, match="CONV_2D"):
        admit_tflite(convolution(tmp_path, **options))


def test_what_is_cut_off_anywhere_is_damaged(tmp_path):
    whole = build_tflite(tmp_path / "whole.tflite").read_bytes()
    whole = whole[: whole.rindex(b"PK\3\4")]  # behind the flatbuffer are metadata, which it does without
    for length in (0, 4, 7, 11, *range(12, len(whole) - 1, 211)):
        (tmp_path / "cut.tflite").write_bytes(whole[:length])
        with pytest.raises(ModelDamaged):
            admit_tflite(tmp_path / "cut.tflite")


def test_devices_are_not_read():
    with pytest.raises(NotAFile, match="a device"):
        admit_tflite(Path("/dev/zero"))


# --- single bytes ----------------------------------------------------------------------------------------------------

CHILD = """
import os, resource, sys
from pathlib import Path
import numpy as np
from n6studio.domain.errors.base import StudioError
from n6studio.stages.model.runner import open_model
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
for line in sys.stdin:
    changes = [int(word) for word in line.split()]
    path, content = Path(sys.argv[3]), bytearray(Path(sys.argv[1]).read_bytes())
    for place, value in zip(changes[::2], changes[1::2]):
        content[place] = value
    path.write_bytes(content)
    try:
        model = open_model(path)
        model.run(np.zeros((*model.info.size[::-1], 3), np.uint8))
        print("ran", flush=True)
    except StudioError as error:
        print(error.code, flush=True)
"""


def flips(content: bytes, count: int, seed: int) -> list[tuple[int, int]]:
    """Return places and values; most of the places are beside the weights, where structure is."""
    chance, found = random.Random(seed), []
    ends = (0, len(content) // 8, len(content) * 7 // 8, len(content))
    while len(found) < count:
        place = chance.choice((chance.randrange(ends[0], ends[1]), chance.randrange(ends[2], ends[3])))
        found.append((place, chance.choice((0, 1, 64, 127, 128, 255, content[place] ^ 1 << chance.randrange(8)))))
    return found


def tried(source: Path, changes, folder: Path) -> list[str]:
    lines = "".join(" ".join(map(str, change)) + "\n" for change in changes)
    arguments = [sys.executable, "-c", CHILD, str(source), str(MEMORY), str(folder / "flipped.tflite")]
    ended = subprocess.run(arguments, input=lines, capture_output=True, text=True, timeout=500, check=False)
    answers = ended.stdout.split()
    assert ended.returncode == 0, (ended.returncode, changes[len(answers)], ended.stderr[-2000:])
    return answers


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process")
@pytest.mark.parametrize("source", sorted(DATA.glob("*.tflite")), ids=lambda path: path.stem)
@pytest.mark.parametrize("count", [QUICK_FLIPS, pytest.param(SLOW_FLIPS, marks=pytest.mark.slow)])
def test_a_wrong_byte_is_named_or_harmless(tmp_path, source, count):
    answers = tried(source, flips(source.read_bytes(), count, seed=count), tmp_path)
    assert len(answers) == count
    assert set(answers) <= {"ran", "N6S-M06", "N6S-M10", "N6S-M13", "N6S-M43"}  # M43: a scale that gives no numbers
    assert answers.count("N6S-M10") > count // 10
    assert "ran" in answers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("yolov8n_256_quant_pt_uf_pose_coco-st", 3382006, 64),  # took 8 GB
        ("yolov8n_192_quant_pc_uf_pose_coco-st", 3326280, 141),  # ended the process
    ],
)
def test_known_wrong_bytes_of_published_models(tmp_path, shared, name, place, value):
    assert tried(shared / "models" / "st" / f"{name}.tflite", [(place, value)], tmp_path) == ["N6S-M10"]


# --- rules of shapes, against TensorFlow's converter -----------------------------------------------------------------


def _cases():
    import tensorflow as tf

    weights = tf.reshape(tf.range(3 * 3 * 5 * 4, dtype=tf.float32), (3, 3, 5, 4)) / 100.0
    return {
        "transposed convolution": lambda x: tf.nn.conv2d_transpose(x, weights, (1, 16, 24, 5), 2),
        "depthwise": lambda x: tf.nn.depthwise_conv2d(x, weights[:, :, :4, :2], [1] * 4, "VALID", dilations=[2, 2]),
        "pools": lambda x: tf.nn.avg_pool2d(x, 3, 2, "VALID"),
        "matrices": lambda x: tf.matmul(x, x, transpose_b=True),
        "dense": lambda x: tf.matmul(tf.reshape(x, (96, 4)), weights[0, 0, :4]),
        "slices": lambda x: x[:, 1:-1:2, ::-1, 3],
        "slices with rest": lambda x: x[..., tf.newaxis, 1:],
        "slice": lambda x: tf.slice(x, (0, 1, 2, 0), (1, -1, 3, 4)),
        "split by sizes": lambda x: tf.concat(tf.split(x, (5, 7), 2)[::-1], 2),
        "unstack": lambda x: tf.stack(tf.unstack(x, axis=3)[:2], 1),
        "squeeze": lambda x: tf.squeeze(tf.expand_dims(x, 2), (0, 2)),
        "mirror": lambda x: tf.pad(x, ((0, 0), (1, 2), (3, 4), (0, 0)), "REFLECT"),
        "reductions": lambda x: tf.reduce_max(x, (1, 2), keepdims=True) + tf.reduce_sum(x, (-1,), keepdims=True),
        "places": lambda x: tf.argmax(x, 2),
        "best": lambda x: tf.math.top_k(tf.reshape(x, (1, -1)), 7)[0],
        "gather": lambda x: tf.gather(x, tf.constant([[1, 2], [3, 0]]), axis=3),
        "gather deep": lambda x: tf.gather_nd(x, tf.constant([[0, 1], [0, 2]])),
        "tile": lambda x: tf.tile(x, (1, 2, 1, 3)),
        "spread": lambda x: tf.broadcast_to(x[:, :1], (2, 8, 12, 4)),
        "fold": lambda x: tf.nn.depth_to_space(tf.nn.space_to_depth(x, 4), 2),
        "bilinear": lambda x: tf.image.resize(x, (31, 17)),
        "select": lambda x: tf.where(x > 1.0, x, -x),
        "softmax": lambda x: tf.nn.softmax(tf.transpose(x, (0, 3, 2, 1))),
    }  # fmt: skip


@pytest.mark.slow
def test_the_rules_agree_with_what_the_converter_writes(tmp_path):
    import tensorflow as tf

    path, wrong = tmp_path / "case.tflite", []
    for name, compute in _cases().items():
        function = tf.function(compute, input_signature=[tf.TensorSpec((1, 8, 12, 4), tf.float32)])
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
        path.write_bytes(converter.convert())
        try:
            admit_tflite(path)
        except (ModelDamaged, ModelRefused) as error:
            wrong.append((name, str(error)))
    assert not wrong
