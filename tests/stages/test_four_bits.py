"""Weights of 4 bits: the bytes of the file, what is refused, and what LiteRT computes of them."""

import io
from itertools import product

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from builders_heads import Head

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.models import WeightsNotNarrowed
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.requests import InputFile
from n6studio.stages.inspect.tflite import read_tflite
from n6studio.stages.model.four_bit_codes import packed, unpacked
from n6studio.stages.model.runner import open_model
from n6studio.stages.process.reporter import Reporter
from n6studio.stages.quantize import run as quantize
from n6studio.stages.quantize.figures import NarrowWeights
from n6studio.stages.quantize.graph import Graph
from n6studio.stages.quantize.stage import QuantizeSettings


def test_two_numbers_lie_in_a_byte_the_first_in_the_low_half():
    assert packed(np.array([[-7, 3], [1, -8]], np.int8)).tolist() == [0x39, 0x81]
    assert packed(np.array([5, -1, 2], np.int8)).tolist() == [0xF5, 0x02]
    assert unpacked(np.array([0xF5, 0x02], np.uint8), 3).tolist() == [5, -1, 2]
    every = np.array(list(product(range(-8, 8), repeat=2)), np.int8)
    assert unpacked(packed(every), every.size).tolist() == every.reshape(-1).tolist()


@pytest.mark.parametrize("other", [{"granularity": "per_tensor"}, {"onnx": True}])
def test_what_does_not_go_with_four_bits_is_refused(other, tmp_path):
    given = {"model": (InputFile(str(tmp_path), ""),), "calibration": (InputFile(str(tmp_path), ""),)}
    reporter = Reporter("quantize", io.StringIO())
    with pytest.raises(SettingInvalid) as caught:
        quantize.run(QuantizeSettings(weights="int4", **other), given, tmp_path, reporter)
    assert caught.value.values["allowed"].startswith("int8 with ")


def test_the_loss_is_told_in_sentences():
    text = NarrowWeights(narrowed=62, kept=11, int8_bytes=1_292_000, people=9, int8=0.985, int4=0.941).text(760_000)
    assert text.startswith("4 bits in 62 convolutions, 8 in 11, among them the first and the last of each branch; ")
    assert "int8 0.985, int4 0.941; 4 bits lose 0.044. An experiment" in text
    unseen = NarrowWeights(narrowed=62, kept=11, int8_bytes=1).text(1)
    assert "not measured" in unseen
    assert unseen.endswith("An experiment, for ST Edge AI Core 3.0 and later.")


# --- rounding --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_steps_are_the_best_and_error_feedback_makes_good_what_rounding_loses():
    import torch

    from n6studio.stages.quantize.feedback import Moments
    from n6studio.stages.quantize.four_bits import best_steps, narrowed

    generator = np.random.default_rng(3)
    weights = generator.normal(0, 0.2, (6, 3, 3, 8)).astype(np.float32)
    patches = generator.normal(0, 1, (4000, 18)) @ generator.normal(0, 1, (18, 72)) + 0.3
    moments = Moments(72)
    moments.add(torch.from_numpy(patches.astype(np.float32)))
    found = narrowed(weights, moments)
    assert int(np.abs(found.codes).max()) <= 7
    rows, codes = weights.reshape(6, -1), found.codes.reshape(6, -1)
    plain = np.abs(rows).max(axis=1, keepdims=True) / 7
    nearest = np.round(rows / plain) * plain
    exact = patches @ rows.T
    lost = np.square(patches @ nearest.T - exact).mean()
    left = patches @ (codes * found.steps[:, None]).T + found.absorbed - exact
    assert np.square(left).mean() < 0.5 * lost
    assert left.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-3)
    worth = generator.uniform(0.1, 3, 72)

    def cost(row, step):
        return sum(w * (x - max(-7, min(7, round(x / step))) * step) ** 2 for x, w in zip(row, worth, strict=True))

    rows[0, 0] = 3.0  # one far out: all others would be rounded to a few numbers for its sake
    steps = best_steps(torch.from_numpy(rows.copy()), torch.from_numpy(worth.astype(np.float32)))[:, 0].numpy()
    for row, step in zip(rows.astype(float), steps.astype(float), strict=True):
        tried = [cost(row, np.abs(row).max() / 7 * share) for share in np.linspace(0.4, 1.0, 7)]
        assert cost(row, step) <= min(tried) * 1.01


# --- whole models ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(carried, exported_people, tmp_path_factory):
    """Quantize the trained model at 128 x 128; returns the file, the figures and what was warned of."""

    def run(**settings):
        folder = tmp_path_factory.mktemp("quantized")
        inputs = {
            "model": (InputFile(str(exported_people / "n6demo-pose_128_saved_model"), "1" * 64),),
            "calibration": (InputFile(str(carried.calibration), ""),),
        }
        chosen = QuantizeSettings(**{"guard_images": 0, "max_images": 8, **settings})
        reporter = Reporter("quantize", io.StringIO())
        outcome = quantize.run(chosen, inputs, folder, reporter)
        return folder / outcome.outputs["tflite"], outcome.figures, reporter.warnings

    return run


def computed(content, image, resolver):
    """Return a running LiteRT interpreter after one image, and the numbers of its tensors by name."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=resolver, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter, {one["name"]: one for one in interpreter.get_tensor_details()}


def by_hand(graph, tensor):
    """Return the numbers of an INT4 constant in its shape."""
    halves = [half for byte in graph.model.buffers[tensor.buffer].data for half in (int(byte) & 15, int(byte) >> 4)]
    signed = [half - 16 if half > 7 else half for half in halves]
    return np.array(signed[: int(np.prod(tensor.shape))], np.int8).reshape(tensor.shape)


def widened(content):
    """Return a model with the numbers of its INT4 constants in a byte each."""
    graph = Graph(content)
    for tensor in graph.model.subgraphs[0].tensors:
        if tensor.type == schema.TensorType.INT4:
            codes = by_hand(graph, tensor)
            graph.model.buffers[tensor.buffer].data = codes.reshape(-1).view(np.uint8)
            tensor.type = schema.TensorType.INT8
    return graph.content()


def convolved(source, weights, bias, stride, shape):
    """Return a convolution of that shape, (height, width, channels), with as many zeros around as it takes."""
    height, width, _ = source.shape
    side, (tall, wide, _) = weights.shape[1], shape
    above = max((tall - 1) * stride + side - height, 0)
    before = max((wide - 1) * stride + side - width, 0)
    padded = np.pad(source, ((above // 2, above - above // 2), (before // 2, before - before // 2), (0, 0)))
    result = np.tile(bias, (tall, wide, 1))
    for row, column in product(range(tall), range(wide)):
        part = padded[row * stride : row * stride + side, column * stride : column * stride + side]
        result[row, column] += np.tensordot(weights, part, axes=3)
    return result


@pytest.mark.slow
def test_litert_computes_what_the_real_numbers_of_the_weights_give(run):
    from ai_edge_litert.interpreter import OpResolverType

    path, figures, warnings = run(weights="int4")
    assert figures.size_bytes < 0.66 * figures.narrow.int8_bytes
    assert (figures.narrow.narrowed, figures.narrow.kept) == (62, 11)
    assert figures.narrow.people >= 3
    assert figures.narrow.int4 > 0.5
    lost = figures.narrow.int8 - figures.narrow.int4
    assert any("4 bits lose" in text for text in warnings) == (lost > 0), (warnings, figures.narrow)
    assert read_tflite(path).numbers.weights == ("int4", "int8")
    assert open_model(path).info.size == (128, 128)

    content = path.read_bytes()[: figures.size_bytes]
    graph = Graph(content)
    subgraph = graph.model.subgraphs[0]
    tensors = {tensor.name.decode(): tensor for tensor in subgraph.tensors}
    convolutions = [one for one in graph.operations if one.kind == "CONV_2D"]
    narrow = [one for one in convolutions if tensors[one.inputs[1]].type == schema.TensorType.INT4]
    assert len(narrow) == 62
    assert narrow[0] is not convolutions[0]

    image = np.random.default_rng(4).integers(0, 256, (1, 128, 128, 3), dtype=np.uint8)
    interpreter, details = computed(content, image, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    last = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    wide, _ = computed(widened(content), image, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    assert np.array_equal(wide.get_tensor(wide.get_output_details()[0]["index"]), last)
    usual, _ = computed(content, image, OpResolverType.AUTO)  # with XNNPACK, which rounds elsewhere
    assert np.abs(usual.get_tensor(usual.get_output_details()[0]["index"]) - last).mean() < 0.01

    def real(name):
        values, steps = interpreter.get_tensor(details[name]["index"]), details[name]["quantization_parameters"]
        return (values[0].astype(float) - steps["zero_points"][0]) * steps["scales"][0], steps["scales"][0]

    for operation in (narrow[0], narrow[20], narrow[40], narrow[-1]):
        of_weights, of_bias = (tensors[name] for name in operation.inputs[1:])
        codes = by_hand(graph, of_weights).astype(float)
        assert np.abs(codes).max() <= 7
        weights = codes * of_weights.quantization.scale.reshape(-1, 1, 1, 1)
        source, scale = real(operation.inputs[0])
        assert of_bias.quantization.scale == pytest.approx(scale * of_weights.quantization.scale, rel=1e-5)
        bias = graph.constant(operation.inputs[2]) * of_bias.quantization.scale.astype(float)
        found, step = real(operation.output)
        wanted = convolved(source, weights, bias, int(graph.options(operation).strideH), found.shape)
        wanted = np.clip(wanted, found.min(), found.max())
        assert np.abs(found - wanted).max() < 1.01 * step


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [{"head": "split"}, {"head": "int8"}, {"fake": True}, {"ranges": "tuned"}], ids=lambda one: str(one)
)
def test_other_ways_to_quantize_take_four_bits_too(run, settings):
    path, figures, warnings = run(weights="int4", **settings)
    assert (figures.narrow.narrowed, figures.narrow.kept) in ((62, 10), (62, 11)), warnings
    assert (figures.narrow.int4 is None) == bool(settings.get("fake"))
    assert open_model(path).info.split is not None or settings.get("head") != "split"
    if figures.narrow.int4 is not None:
        assert figures.narrow.int4 > 0.4


class Scaled(Head):
    """A head whose last operation is no concatenation, behind two convolutions; `plain` has nothing before the head."""

    def __init__(self, plain):
        super().__init__()
        self.stem = "images"
        for channels, inputs in () if plain else ((8, 3), (3, 8)):
            weights = self._random.normal(0, 0.2, (channels, inputs, 3, 3)).astype(np.float32)
            names = self.constant(weights), self.constant(np.full(channels, 0.1, np.float32))
            self.stem = self.node("Relu", self.node("Conv", self.stem, *names, pads=[1, 1, 1, 1]))

    def node(self, kind, *inputs, **attributes):
        inputs = [self.stem if name == "images" else name for name in inputs]
        return super().node(kind, *inputs, **attributes)

    def write(self, path, *outputs, **options):
        fractions = np.ones((1, 56, 1), np.float32)
        fractions[:, [0, 1, 2, 3, *range(5, 56, 3), *range(6, 56, 3)]] /= 64
        return super().write(path, self.node("Mul", outputs[0], self.constant(fractions)), **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plain", "reason"), [(False, "its head is not built like YOLOv8's"), (True, "no convolution lies between")]
)
def test_a_foreign_head_is_refused_before_it_is_calibrated(carried, tmp_path, monkeypatch, plain, reason):
    monkeypatch.chdir(tmp_path)  # the conversion of an ONNX writes where it stands, a stage's scratch folder
    path = Scaled(plain).pose(
        tmp_path / "foreign.onnx", keypoints=17, metadata={"task": "pose", "kpt_shape": "[17, 3]"}
    )
    inputs = {"model": (InputFile(str(path), "1" * 64),), "calibration": (InputFile(str(carried.calibration), ""),)}
    told = io.StringIO()
    with pytest.raises(WeightsNotNarrowed) as caught:
        quantize.run(QuantizeSettings(weights="int4", max_images=2), inputs, tmp_path, Reporter("quantize", told))
    assert caught.value.values["reason"].startswith(reason)
    assert "Keep the weights at 8 bits" in advice(caught.value).as_text()
    assert '"convert"' not in told.getvalue(), "all of the work was done first"
    assert not list(tmp_path.glob("*.tflite"))
