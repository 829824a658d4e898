"""Models that load, and that their library cannot run."""

import numpy as np
import onnx
import pytest
from builders_onnx import write_pose_onnx
from builders_tflite import build_tflite
from onnx import TensorProto, helper, numpy_helper

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import ModelDamaged
from n6studio.domain.errors.starts import NotNumbers, OnnxNotKnown
from n6studio.stages.inspect.run import inspect
from n6studio.stages.model.onnx_versions import what_is_not_known
from n6studio.stages.model.runner import open_model, read_metadata
from n6studio.stages.model.saved_model_path import why_not_loaded
from n6studio.stages.model.tflite_metadata import embed_metadata


def test_an_onnx_that_fails_when_it_runs_is_damaged(tmp_path):
    """It picks an element far behind the last, which only an image tells."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Add", ["mean", "far"], ["place"]),
        helper.make_node("Cast", ["place"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "whole"], ["row"], axis=0),
        helper.make_node("Add", ["row", "zeros"], ["output0"]),
    ]
    constants = [
        numpy_helper.from_array(np.float32(1000), "far"),
        numpy_helper.from_array(np.zeros(3, np.float32), "table"),
        numpy_helper.from_array(np.zeros((1, 56, 84), np.float32), "zeros"),
    ]
    graph = helper.make_graph(
        nodes,
        "far",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, 64, 64))],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, (1, 56, 84))],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, tmp_path / "far.onnx")
    with pytest.raises(ModelDamaged) as caught:
        open_model(tmp_path / "far.onnx", threads=1, keypoints=17)
    assert "does not run" in caught.value.reason


def changed(path, change):
    model = onnx.load(write_pose_onnx(path))
    change(model)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_onnx_of_no_numbers_is_told_as_such(tmp_path, value):
    def break_it(model):
        table = np.full(tuple(model.graph.initializer[0].dims), value, np.float32)
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(table, "table"))

    with pytest.raises(NotNumbers, match="shown an image"):
        inspect(changed(tmp_path / "nan.onnx", break_it), "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda model: setattr(model, "ir_version", 31), "IR version 31"),
        (lambda model: setattr(model.opset_import[0], "version", 99), "operator set 99, newer"),
        (lambda model: setattr(model.opset_import[0], "version", 1), "of operator set 1, which is not computed"),
        (lambda model: setattr(model.opset_import[0], "version", 0), "its operator set 0 does not have"),
    ],
)
def test_an_onnx_of_another_version_is_not_called_damaged(tmp_path, change, words):
    with pytest.raises(OnnxNotKnown) as caught:
        inspect(changed(tmp_path / "other.onnx", change), "")
    assert words in caught.value.reason


def test_other_failures_are_no_question_of_versions():
    assert what_is_not_known("Deserialize tensor t failed.") == ""


def test_a_tflite_whose_description_was_cut_off_is_damaged(tmp_path):
    path = build_tflite(tmp_path / "cut.tflite")
    bare = path.stat().st_size
    embed_metadata(path, {"task": "pose", "imgsz": [64, 64], "names": {"0": "person"}, "kpt_shape": [17, 3]})
    whole = path.read_bytes()
    for length in (len(whole) - 1, (bare + len(whole)) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelDamaged, match="its end is missing"):
            read_metadata(path)
    path.write_bytes(whole)
    assert read_metadata(path)["task"] == "pose"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for /a/variables/variables",
            "in part",
        ),
        ("/a/variables/variables.data-00000-of-00001; No such file or directory", "in part"),
        ("Read less bytes than requested.\nmore", "Read less bytes than requested"),
        ("", "OSError"),
    ],
)
def test_a_saved_model_without_its_variables_is_told_as_such(text, words):
    assert words in why_not_loaded(OSError(text))


def test_the_inner_file_of_a_saved_model_is_not_taken_for_an_onnx(tmp_path):
    path = tmp_path / "net_saved_model" / "saved_model.pb"
    path.parent.mkdir()
    path.write_bytes(b"\x08\x01\x12\xf4\x03\n\x05serve")  # schema version 1, then a MetaGraphDef
    with pytest.raises(UnknownFormat) as caught:
        inspect(path, "0" * 64)
    assert "choose the folder" in caught.value.found
