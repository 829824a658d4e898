"""Two quantized files side by side: what was changed in a copy must be what is found, and nothing else."""

import io
import json

import flatbuffers
import msgspec
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from builders import assert_told, n6
from builders_onnx import write_pose_onnx
from carried import ROOT
from standins.small_tflite import write_running_tflite

from n6studio.domain.errors.starts import NotComparable
from n6studio.domain.model.difference import (
    GraphDifference,
    LayerPair,
    LostPerson,
    ModelDifference,
    PeopleDifference,
    Side,
    Unmatched,
    Weights,
)
from n6studio.domain.model.difference_text import people_sentence, verdict
from n6studio.domain.requests import InputFile
from n6studio.stages.diff.matching import matched
from n6studio.stages.diff.run import run
from n6studio.stages.diff.stage import DiffSettings
from n6studio.stages.diff.wiring import Wiring, reach, stored
from n6studio.stages.model.tflite_format import Tensor, parse
from n6studio.stages.process.reporter import Reporter

OTHER_RANGES = ROOT / "resources" / "demo" / "n6demo-pose-256-int8.tflite"  # of the same weights as carried.fine


def changed(source, target, change):
    """Write a copy of a .tflite that `change` was let loose on, as schema objects."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(source.read_bytes()), 0))
    change(model)
    builder = flatbuffers.Builder(1 << 22)
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(bytes(builder.Output()))
    return target


def convolutions(model):
    """Return the operators that are convolutions, with the indices of their tensors."""
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    wanted = schema.BuiltinOperator.CONV_2D
    return [one for one in model.subgraphs[0].operators if codes[one.opcodeIndex] == wanted]


def compared(first, second, folder, images=(), **settings):
    folder.mkdir()
    inputs = {"first": (InputFile(str(first), "a"),), "second": (InputFile(str(second), "b"),)}
    if images:
        inputs["images"] = tuple(InputFile(str(path), "c") for path in images)
    outcome = run(DiffSettings(**{"max_images": 1, **settings}), inputs, folder, Reporter("diff", io.StringIO()))
    return outcome, msgspec.json.decode((folder / "difference.json").read_bytes(), type=ModelDifference)


@pytest.fixture(scope="module")
def image(carried):
    return sorted(carried.images.iterdir())[0]


@pytest.mark.slow
def test_a_copy_departs_where_its_weights_were_changed(carried, image, tmp_path):
    changes = []

    def turn_weights_round(model):
        one = convolutions(model)[20]
        buffer = model.buffers[model.subgraphs[0].tensors[one.inputs[1]].buffer]
        buffer.data = np.flip(np.asarray(buffer.data, np.uint8)).copy()
        changes.append(model.subgraphs[0].operators.index(one))

    copy = changed(carried.fine, tmp_path / "copy.tflite", turn_weights_round)
    outcome, found = compared(carried.fine, copy, tmp_path / "out", [image])
    assert found.graph.same_order
    assert found.graph.only_first == found.graph.only_second == ()
    assert found.first_different.place == changes[0]
    assert [one.place for one in found.layers if one.weights and one.weights.db < 30] == changes
    assert all(one.equal for one in found.layers if one.place < changes[0])
    assert changes[0] in [one.place for one in found.behind(found.departing)]
    assert "it has other weights" in " ".join(outcome.figures.verdict)
    assert len(found.people.lost) == found.people.first - found.people.matched > 0
    assert "A finds 4 people in 1 image, and B loses 1 of them." in outcome.figures.verdict[0]


@pytest.mark.slow
def test_a_range_that_is_too_narrow_is_named(carried, image, tmp_path):
    changes = []

    def halve_the_output_range(model):
        one = convolutions(model)[10]
        for place in (one.outputs[0],):
            quantization = model.subgraphs[0].tensors[place].quantization
            quantization.scale = np.asarray(quantization.scale, np.float32) / 8
        changes.append(model.subgraphs[0].operators.index(one))

    copy = changed(carried.fine, tmp_path / "copy.tflite", halve_the_output_range)
    _, found = compared(carried.fine, copy, tmp_path / "out", [image])
    (layer,) = [one for one in found.layers if one.place == changes[0]]
    assert found.first_different == layer
    assert layer.second.scale == pytest.approx(layer.first.scale / 8)
    assert layer.cut > 0.01
    assert next(one.place for one in found.layers if (one.cut or 0) > 0.001) == changes[0]


@pytest.mark.slow
def test_a_file_against_itself_and_against_other_ranges(carried, image, tmp_path):
    _, same = compared(carried.fine, carried.fine, tmp_path / "same", [image])
    assert same.first_different is same.departing is same.dropping is None
    assert same.people.first == same.people.matched > 0
    assert same.people.oks_mean == 1.0
    assert all(one.equal and one.db in (120.0, None) for one in same.layers if one.equal is not None)
    outcome, other = compared(carried.fine, OTHER_RANGES, tmp_path / "other", [image])
    assert other.trained_together
    assert len([one for one in other.layers if one.by == "weights"]) > 60
    kinds = {one.kind for one in (*other.graph.only_first, *other.graph.only_second)}
    assert other.graph.kinds["DEQUANTIZE"] == (1, 7)
    assert not kinds & {"DEQUANTIZE", "QUANTIZE"}
    assert 0 < other.people.oks_mean < 1
    assert len(other.people.keypoints) == 17
    assert outcome.figures.people == other.people


@pytest.mark.slow
def test_the_command_tells_and_draws_images_where_none_are_given(tmp_path):
    first = write_running_tflite(tmp_path / "a.tflite", 64)
    second = write_running_tflite(tmp_path / "b.tflite", 64, height=0.2)
    done = n6("diff", first, second, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["drawn"]
    assert found["images"] == 4
    assert found["names"] == ["a.tflite", "b.tflite"]
    assert found["figures"]["first_different"]["kind"] == "FULLY_CONNECTED"
    told = n6("diff", first, second, cwd=tmp_path)
    assert told.out.startswith("A  a.tflite\nB  b.tflite\n")
    assert "Result up to date" in told.out
    write_pose_onnx(tmp_path / "net.onnx")
    assert_told(n6("diff", first, "net.onnx", "--json", cwd=tmp_path), "N6S-M26", 3)


def test_layers_of_other_names_and_order_are_matched_by_weights(carried, tmp_path):
    def rename(model):
        for number, tensor in enumerate(model.subgraphs[0].tensors):
            tensor.name = f"t{number}".encode()

    renamed = Wiring(parse(changed(carried.fine, tmp_path / "renamed.tflite", rename).read_bytes())[0])
    original = Wiring(parse(carried.fine.read_bytes())[0])
    pairs = matched(original, renamed, True)
    assert all(one.first == one.second for one in pairs)
    assert {one.by for one in pairs} == {"weights", "graph"}
    assert len(pairs) == len(original.places)


def test_layers_of_other_weights_are_matched_by_what_they_read(carried, tmp_path):
    rng = np.random.default_rng(1)

    def retrain(model):
        for number, tensor in enumerate(model.subgraphs[0].tensors):
            tensor.name = f"t{number}".encode()
        for one in convolutions(model):
            buffer = model.buffers[model.subgraphs[0].tensors[one.inputs[1]].buffer]
            buffer.data = rng.integers(0, 256, len(buffer.data)).astype(np.uint8)

    other = Wiring(parse(changed(carried.fine, tmp_path / "other.tflite", retrain).read_bytes())[0])
    original = Wiring(parse(carried.fine.read_bytes())[0])
    pairs = matched(original, other, True)
    assert sum(one.by == "graph" for one in pairs) > 0.8 * len(original.places)
    assert all(original.operator(one.first).name == other.operator(one.second).name for one in pairs)


def test_constants_by_hand():
    codes = np.array([[[[1, -2]]], [[[3, 4]]]], np.int8)
    data = codes.view(np.uint8).ravel()
    rows = Tensor("w", (2, 1, 1, 2), "INT8", data, (0.5, 2.0), (0, 1))
    assert stored(rows).tolist() == [[[[0.5, -1.0]]], [[[4.0, 6.0]]]]
    deep = Tensor("d", (1, 1, 2, 2), "INT8", data, (0.5, 2.0), (0, 0))
    assert stored(deep).ravel().tolist() == [0.5, -4.0, 1.5, 8.0]
    halves = np.array([0x39, 0x01], np.uint8)  # -7, 3, 1: the first in the low half
    assert stored(Tensor("n", (3, 1), "INT4", halves, (0.5, 2.0, 1.0), (0, 0, 0))).ravel().tolist() == [-3.5, 6.0, 1.0]
    assert stored(Tensor("x", (3,), "INT8", data, (1.0,), (0,))) is None
    assert reach(Tensor("r", (1,), "UINT8", None, (0.5,), (10,))) == (-5.0, 122.5)
    assert reach(Tensor("r", (1,), "FLOAT32", None, (), ())) == (0.0, 0.0)


def test_words_for_what_it_costs():
    lost = (LostPerson(image="a.jpg", confidence=0.6, second_confidence=0.2, oks=0.9),)
    people = PeopleDifference(
        images=2, first=3, second=3, matched=2, invented=1, oks_mean=0.91, keypoints=(), lost=lost
    )
    assert people_sentence(people) == (
        "A finds 3 people in 2 images, and B loses 1 of them. Mean OKS of the 2 found with both: 0.910. "
        "It finds 1 that A does not."
    )
    nobody = msgspec.structs.replace(people, first=0, second=0, matched=0, invented=0, oks_mean=None, lost=())
    assert "--images" in people_sentence(nobody, drawn=True)
    assert "--images" not in people_sentence(nobody)


def layer(place, kind, db, before, **more):
    side = Side(name=f"t{place}", type="int8", scale=0.1)
    return LayerPair(
        place=place, kind=kind, shape=(1,), by="weights", first=side, second=side, db=db, before_db=before,
        equal=db == 120.0, **more,
    )  # fmt: skip


def test_weights_stored_otherwise_are_counted_also_before_sigmoids_and_explain_what_is_lost():
    def rounded(db, channels):
        return Weights(types=("int8", "int8"), scales=(channels, 1), db=db)

    layers = (
        layer(1, "PAD", 120.0, None),
        layer(2, "CONV_2D", 36.0, 120.0, squashed=True, weights=rounded(37.6, 16), reads=(1,)),
        layer(3, "LOGISTIC", 34.0, 120.0, reads=(2,)),
        layer(4, "CONV_2D", 33.0, 34.0, weights=rounded(38.0, 64), reads=(3,)),
        layer(5, "MUL", 9.0, 33.0, reads=(4,)),
    )
    graph = GraphDifference(
        operations=(5, 5), matched=5, same_order=True, kinds={}, only_first=(), only_second=(), ends=()
    )
    found = ModelDifference(schema=1, names=("a", "b"), same_file=False, graph=graph, layers=layers, images=1)
    told = " ".join(verdict(found))
    assert "In 2 of 2 layers with weights, B stores these otherwise: " in told
    assert "int8, a scale for each channel, against int8, one scale." in told
    because = "in t2 (CONV_2D, operation 2), its weights are rounded otherwise (38 dB; int8, 16 scales, against int8"
    assert "120.0 dB become 34.0 dB, because " + because in told
    assert "The cause: what earlier layers lost adds up; no number of its own accounts for it." in told


def test_a_step_explains_what_is_lost_of_values_that_were_the_same():
    one = layer(1, "CONV_2D", 39.7, 120.0)
    graph = GraphDifference(
        operations=(1, 1), matched=1, same_order=True, kinds={}, only_first=(), only_second=(), ends=()
    )
    other = msgspec.structs.replace(one, second=Side(name="t1", type="int8", scale=0.12))
    found = ModelDifference(schema=1, names=("a", "b"), same_file=False, graph=graph, layers=(other,), images=1)
    assert "because it rounds its results with a step of 0.12, against 0.1 in A." in " ".join(verdict(found))


def test_another_format_is_refused_with_a_way_out(tmp_path):
    write_pose_onnx(tmp_path / "net.onnx")
    with pytest.raises(NotComparable, match="onnx file"):
        compared(tmp_path / "net.onnx", tmp_path / "net.onnx", tmp_path / "out")


def test_unrelated_models_are_told_so_first():
    alone = Unmatched(place=0, kind="CONV_2D", name="a", shape=(1, 8, 8, 4))
    graph = GraphDifference(
        operations=(1, 2), matched=0, same_order=False, kinds={}, only_first=(alone,), only_second=(alone,), ends=()
    )
    found = ModelDifference(schema=1, names=("a", "b"), same_file=False, graph=graph, layers=(), images=1)
    assert verdict(found)[0].startswith("A and B are different models")
