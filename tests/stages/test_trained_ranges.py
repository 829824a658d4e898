"""Ranges of quantization-aware training: what is read of a checkpoint, what is left out and counted, and the file."""

import hashlib
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.stages.checkpoint import trained_ranges as reading
from n6studio.stages.checkpoint.plain_pickle import Global, Mapping, Persistent, Unbuilt
from n6studio.stages.checkpoint.tensors import TensorPlace, TensorReader
from n6studio.stages.model.trained_ranges import (
    FILE,
    TrainedConvolution,
    TrainedModel,
    UnusableRanges,
    digest_of,
    read_trained,
    write_trained,
)
from n6studio.stages.quantize.graph import Graph, Operation
from n6studio.stages.quantize.trained import (
    FAR_OFF,
    NO_RANGE,
    Kernel,
    Trained,
    codes_kept,
    upper_ends,
    with_trained_codes,
)
from n6studio.stages.quantize.training import Training, tell_of_ignored

CARRIED = Path(__file__).resolve().parents[2] / "resources" / "demo"
STEM, HIDDEN, LAST = "model.0.conv", "model.2.cv1.0.conv", "model.2.cv2"
KERNELS = {
    STEM: np.array([[[[0.5]], [[-0.25]]], [[[0.1]], [[1.0]]]], np.float32),  # (2, 2, 1, 1)
    HIDDEN: np.full((1, 2, 1, 1), 0.3, np.float32),
    LAST: np.ones((1, 1, 1, 1), np.float32),
}
GOOD = {
    f"{STEM}.weight_quantizer._amax": [0.4, 1.0],
    f"{STEM}.input_quantizer._amax": [1.0],
    f"{HIDDEN}.weight_quantizer._amax": [0.31],
    f"{HIDDEN}.input_quantizer._amax": [6.5],
}


@pytest.fixture
def read(tmp_path):
    """Return what is read of ranges by their names; a value that is no list is no tensor."""

    def read(ranges):
        places = {}
        with zipfile.ZipFile(tmp_path / "a.pt", "w") as target:
            target.writestr("best/data.pkl", b"\x80\x02}.")
            for number, (name, values) in enumerate(ranges.items()):
                if isinstance(values, list):
                    target.writestr(f"best/data/{number}", np.array(values, "<f4").tobytes())
                    values = TensorPlace(str(number), "f4", len(values), 0, (len(values),), (1,))
                places[name] = values
        return reading.read_ranges(places, KERNELS, 2, TensorReader(tmp_path / "a.pt"))

    return read


def test_ranges_of_convolutions_are_read_by_their_names(read):
    found = read(GOOD)
    assert found.weights[STEM].tolist() == pytest.approx([0.4, 1.0])
    assert found.inputs == pytest.approx({STEM: 1.0, HIDDEN: 6.5})
    assert (found.account.read, found.account.weights, found.account.inputs, found.account.left_out) == (4, 2, 2, {})


def test_the_last_convolutions_were_trained_in_float(read):
    more = {f"{LAST}.weight_quantizer._amax": [1.0], f"{LAST}.input_quantizer._amax": [2.0]}
    found = read({**GOOD, **more})
    assert LAST not in found.weights
    assert found.account.left_out == {reading.IN_FLOAT: 2}


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        (f"{STEM}.weight_quantizer._amax", [0.4], reading.WRONG_LENGTH),
        (f"{STEM}.weight_quantizer._amax", [], reading.WRONG_LENGTH),
        (f"{STEM}.weight_quantizer._amax", [0.4, -1.0], reading.NOT_POSITIVE),
        (f"{STEM}.weight_quantizer._amax", [0.4, float("nan")], reading.NOT_POSITIVE),
        (f"{STEM}.weight_quantizer._amax", [0.4, float("inf")], reading.NOT_POSITIVE),
        (f"{STEM}.weight_quantizer._amax", [0.4, 0.0], reading.NOT_POSITIVE),
        (f"{STEM}.weight_quantizer._amax", [1.0, 0.02], reading.OTHER_WEIGHTS),  # another layer's: half is cut off
        (f"{STEM}.weight_quantizer._amax", [1e30, 1e30], reading.OTHER_WEIGHTS),
        (f"{STEM}.weight_quantizer._amax", None, reading.UNREADABLE),
        (f"{STEM}.weight_quantizer._amax", TensorPlace("gone", "f4", 2, 0, (2,), (1,)), reading.UNREADABLE),
        (f"{STEM}.weight_quantizer._amax", TensorPlace("0", "f4", 9, 7, (2,), (1,)), reading.UNREADABLE),
    ],
)
def test_a_range_of_weights_that_does_not_fit_is_left_out_with_that_of_the_input(read, name, values, reason):
    found = read({**GOOD, name: values})
    assert list(found.weights) == [HIDDEN]
    assert list(found.inputs) == [HIDDEN]
    assert found.account.left_out == {reason: 1, reading.WITHOUT_WEIGHTS: 1}


@pytest.mark.parametrize("values", [[-1.0], [float("nan")], [0.0], [1.0, 2.0], None])
def test_a_range_of_an_input_that_does_not_fit_is_left_out_alone(read, values):
    found = read({**GOOD, f"{STEM}.input_quantizer._amax": values})
    assert (list(found.weights), list(found.inputs)) == ([STEM, HIDDEN], [HIDDEN])
    assert sum(found.account.left_out.values()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "model.7.conv.weight_quantizer._amax",
        f"{STEM}.output_quantizer._amax",
        f"{STEM}.weight_quantizer._amax.more",
        "weight_quantizer._amax",
        "../../etc/passwd",
        "model.0.conv.weight_quantizer._amax\n",
        "",
    ],
)
def test_names_of_no_convolution_are_counted(read, name):
    found = read({**GOOD, name: [1.0, 1.0]})
    assert found.account.left_out == {reading.NO_CONVOLUTION: 1}
    assert found.account.used == 4


def tensor(key, count):
    storage = Persistent(("storage", Global("torch", "FloatStorage"), key, "cpu", count))
    return Unbuilt(Global("torch._utils", "_rebuild_tensor_v2"), (storage, 0, (count,), (1,), False, None))


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (None, None),
        (False, None),
        ("text", []),
        (Mapping([("ranges", 5)]), []),
        (Mapping([("modelopt", Mapping([]))]), []),
        (Mapping([("ranges", Mapping([("a", tensor("0", 2)), (3, tensor("1", 2)), ("b", 1)]))]), ["a", "b"]),
        (Mapping([("ranges", Unbuilt(Global("collections", "OrderedDict"), items=[("a", tensor("0", 2))]))]), ["a"]),
    ],
)
def test_only_named_entries_of_the_ranges_are_looked_at(entry, names):
    found = reading.places_of_ranges(entry)
    assert (found if found is None else list(found)) == names


def test_a_tensor_of_another_kind_is_counted_later():
    strange = Unbuilt(Global("torch._utils", "_rebuild_tensor_v2"), ("no storage", 0, (1,), (1,)))
    assert reading.places_of_ranges(Mapping([("ranges", Mapping([("a", strange)]))])) == {"a": None}


def test_codes_are_whole_steps_and_never_minus_128():
    weights = np.array([[[[0.5]], [[-0.5]], [[0.2504]]]], np.float32)
    codes = reading.codes_of(weights, np.array([0.25], np.float32))  # by hand: both are cut off, 0.2504 is 127.2 steps
    assert codes.reshape(-1).tolist() == [127, -127, 127]


# --- what is said ----------------------------------------------------------------------------------------------------


def test_the_sentence_has_the_counts_and_the_reasons():
    text = TrainedRanges(read=7, weights=2, inputs=1, left_out={"of no convolution": 3, "not readable": 1}).text
    assert text == (
        "3 of 7 int8 ranges used, for the weights of 2 and the inputs of 1 convolutions. "
        "Left out: 3 of no convolution; 1 not readable."
    )
    assert TrainedRanges(read=1, left_out={}).text == "0 of 1 int8 range used."


# --- the file beside a SavedModel ------------------------------------------------------------------------------------

CONVOLUTION = TrainedConvolution(name=STEM, steps=(0.5, 0.1), codes="0" * 64, input=3.25)
MODEL = TrainedModel(account=TrainedRanges(read=4, weights=1, inputs=1), convolutions=(CONVOLUTION,))


def test_what_an_export_writes_is_read_again(tmp_path):
    assert read_trained(tmp_path) is None
    write_trained(tmp_path, MODEL)
    assert read_trained(tmp_path) == MODEL


def change(**values):
    def changed(content):
        content["convolutions"][0].update(values)

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        change(steps=[0.5, -0.1]),
        change(steps=[0.5, 0]),
        change(steps=[0.5, 1e300]),
        change(steps=[]),
        change(steps="many"),
        change(input=-1),
        change(input=1e-300),
        change(name=5),
        lambda content: content.pop("account"),
        lambda content: content.update(convolutions=[1, 2]),
    ],
)
def test_a_file_with_other_numbers_is_refused_and_said(tmp_path, damage):
    write_trained(tmp_path, MODEL)
    content = json.loads((tmp_path / FILE).read_bytes())
    damage(content)
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(UnusableRanges):
        read_trained(tmp_path)
    told = []
    tell_of_ignored(tmp_path, SimpleNamespace(trained="use"), "it", SimpleNamespace(warn=told.append))
    assert len(told) == 1
    assert "cannot be used" in told[0]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"account": NaN}'])
def test_a_file_that_is_no_json_is_refused(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UnusableRanges):
        read_trained(tmp_path)


def settings(**changes):
    chosen = {"trained": "use", "granularity": "per_channel", "ranges": "auto", "weights": "int8", **changes}
    return SimpleNamespace(**chosen)


@pytest.mark.parametrize(
    ("changes", "count", "said"),
    [
        ({"trained": "ignore"}, 1, ""),
        ({"granularity": "per_tensor"}, 1, "one scale per tensor"),
        ({"ranges": "extremes"}, 1, "min/max ranges"),
        ({"weights": "int4"}, 1, "weights of 4 bits"),
        ({}, 0, "none of its 4 ranges"),
    ],
)
def test_a_quantization_that_cannot_use_ranges_says_so(tmp_path, changes, count, said):
    write_trained(tmp_path, TrainedModel(account=MODEL.account, convolutions=(CONVOLUTION,) * count))
    told = []
    training = Training(tmp_path, SimpleNamespace(), settings(**changes), SimpleNamespace(warn=told.append))
    assert training.told is None
    assert training.patched(b"as it is", SimpleNamespace()) == b"as it is"
    assert [said in one for one in told] == ([True] if said else [])


def test_the_digest_is_that_of_the_codes_in_order():
    codes = np.array([[[[1, -2]], [[3, 4]]]], np.int8).transpose(0, 2, 1, 3)  # not contiguous
    assert digest_of(codes) == hashlib.sha256(bytes([1, 254, 3, 4])).hexdigest()


# --- upper ends ------------------------------------------------------------------------------------------------------


def test_of_several_readers_the_largest_end_counts_and_what_is_far_off_is_left_out():
    sources = {"a": "x", "b": "x", "c": "y", "d": "image", "e": "z", "f": "w", "g": "x"}
    operations = {name: Operation("CONV_2D", (source, "k", "bias"), name, ()) for name, source in sources.items()}
    graph = SimpleNamespace(by_output=operations, input="image")
    uppers = {"a": 4.0, "b": 6.0, "c": 100.0, "d": 1.0, "e": 0.001, "f": 1.0, "g": None}
    codes = np.zeros((1, 1, 1, 1), np.int8)
    trained = Trained({name: Kernel(codes, np.ones(1, np.float32), upper) for name, upper in uppers.items()})
    calibrated = {"x": (-0.28, 5.0), "y": (-0.28, 5.0), "z": (-0.28, 5.0), "image": (0.0, 1.0)}
    assert upper_ends(graph, trained, calibrated) == {"x": 6.0}
    assert trained.missing == {FAR_OFF: 2, NO_RANGE: 1}
    assert trained.told(7).inputs == 3  # a, b and the image's


# --- the converted file ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def converted():
    return (CARRIED / "n6demo-pose-256-int8.tflite").read_bytes()


def first_convolutions(content, count):
    return [one for one in Graph(content).operations if one.kind == "CONV_2D"][:count]


def patched(content, kernels, bias):
    """Put kernels into a converted model, all of whose biases are `bias`."""
    by_output = {name: SimpleNamespace(inputs=("", "", "bias")) for name in kernels}
    graph = SimpleNamespace(by_output=by_output, constant=lambda name: np.float32(bias))
    return with_trained_codes(content, graph, Trained(kernels))


def other_kernel(content, operation, step=0.01):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    (index,) = (one["index"] for one in interpreter.get_tensor_details() if one["name"] == operation.inputs[1])
    codes = np.random.default_rng(3).integers(-90, 91, interpreter.get_tensor(index).shape).astype(np.int8)
    return Kernel(codes, np.linspace(step, 2 * step, len(codes), dtype=np.float32), None)


def test_codes_steps_and_biases_of_one_convolution_are_put_in_and_nothing_else_changes(converted):
    from ai_edge_litert.interpreter import Interpreter

    operation = first_convolutions(converted, 2)[1]
    kernel = other_kernel(converted, operation)
    content, put = patched(converted, {operation.output: kernel}, 0.5)
    assert codes_kept(content, put)
    assert not codes_kept(converted, put)
    before, after = (Interpreter(model_content=one) for one in (converted, content))
    different = set()
    for old, new in zip(before.get_tensor_details(), after.get_tensor_details(), strict=True):
        values = [one["quantization_parameters"]["scales"].tolist() for one in (old, new)]
        if old["name"] in operation.inputs[1:]:
            different.add(old["name"])
            assert values[0] != values[1]
        else:
            assert (old["name"], values[0]) == (new["name"], values[1])
    assert different == set(operation.inputs[1:])
    scale = Graph(converted).scale_of(operation.inputs[0])[0]
    (index,) = (one["index"] for one in after.get_tensor_details() if one["name"] == operation.inputs[2])
    wanted = [round(0.5 / (float(step) * scale)) for step in kernel.steps]
    assert after.get_tensor(index).tolist() == pytest.approx(wanted, abs=1)


def test_a_bias_beyond_int32_leaves_its_convolution_as_the_converter_made_it(converted):
    first, second = first_convolutions(converted, 2)
    kernels = {
        first.output: other_kernel(converted, first, 1e-9),
        second.output: other_kernel(converted, second),
    }
    content, put = patched(converted, kernels, 5.0)
    assert list(put) == [second.output]
    assert codes_kept(content, put)
    assert not codes_kept(content, {first.output: kernels[first.output]})
