"""A project may start from any model: what it has no need of is left out, and the rest takes the model itself."""

import json

import pytest
from builders import n6
from builders_onnx import write_pose_onnx
from builders_tflite import build_tflite

from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.stages import StageNotNeeded
from n6studio.domain.project import Project
from n6studio.engine.chain.run import run_to
from n6studio.engine.chain.states import Caller, states_of
from n6studio.engine.project.opening import project_at
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.runs import hashes_of
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.inspect.stage import INSPECT, export_not_needed, quantize_not_needed
from n6studio.stages.quantize.stage import QUANTIZE


@pytest.mark.parametrize(
    ("name", "export", "quantize"),
    [("a.pt", True, True), ("a.onnx", False, True), ("a.tflite", False, False)],
)
def test_what_a_project_needs_follows_from_its_model(tmp_path, name, export, quantize):
    project = Project(folder=tmp_path, model=tmp_path / name)
    assert (not export_not_needed(project, {}), not quantize_not_needed(project, {})) == (export, quantize)


def test_a_saved_model_is_a_model_and_a_folder_is_none(tmp_path):
    folder = tmp_path / "net_saved_model"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"")
    project = project_at(folder, tmp_path)
    assert project.model == folder
    assert export_not_needed(project, {})
    save_project(project)
    assert load_project(project.folder).model == folder


def test_a_tflite_opens_as_a_project_and_goes_without_export_and_quantization(tmp_path):
    model = build_tflite(tmp_path / "ready.tflite")
    project = project_at(model, tmp_path)
    done = run_to(project, INSPECT, Caller())
    states = states_of(project, hashes_of(project))
    assert states["export"].not_needed
    assert states["quantize"].not_needed
    assert not states["evaluate"].not_needed
    assert EVALUATE.made(project, done)["models"].paths == (model,)
    with pytest.raises(StageNotNeeded):
        run_to(project, QUANTIZE, Caller())


def test_a_float_onnx_is_quantized_and_compared_with_itself(tmp_path):
    project = project_at(write_pose_onnx(tmp_path / "a.onnx"), tmp_path)
    done = run_to(project, INSPECT, Caller())
    assert QUANTIZE.made(project, done)["model"].paths == (project.model,)
    assert not quantize_not_needed(project, done)


def test_other_files_are_no_models(tmp_path):
    (tmp_path / "a.txt").write_text("notes")
    with pytest.raises(UnknownFormat):
        project_at(tmp_path / "a.txt", tmp_path)


@pytest.mark.slow
def test_an_onnx_in_pixels_becomes_an_int8_model_that_finds_people(carried, exported_people, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for source in sorted(carried.calibration.glob("*.*"))[:4]:
        (images / source.name).write_bytes(source.read_bytes())
    (onnx,) = exported_people.glob("*.onnx")
    done = n6("run", onnx, "--project", "p.n6", "--calibration", images, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert set(done.data["stages"]) == {"inspect", "quantize", "evaluate"}
    guard = json.loads(json.dumps(done.data["stages"]["quantize"]["figures"]["guard"]))
    assert guard is None or guard["oks_mean"] is None or guard["oks_mean"] > 0.9
