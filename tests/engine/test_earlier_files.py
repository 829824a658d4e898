"""A project and a recording of November 2026 still open; the values are written down from that release's own output."""

import shutil
from pathlib import Path

import msgspec
import pytest

from n6studio.domain.calibration.convergence import Convergence
from n6studio.domain.calibration.facts import CalibrationFacts
from n6studio.domain.encoding import decoded
from n6studio.domain.evaluation.people import ImagePeople, PeopleHeading
from n6studio.domain.model.layer_errors import LayerErrors
from n6studio.domain.model.published import Estimate
from n6studio.engine.chain.states import states_of
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.evaluations import read_results
from n6studio.engine.project.history import evaluated_runs
from n6studio.engine.project.project import load_project
from n6studio.engine.project.runs import hashes_of, latest, runs
from n6studio.link.recording.recording import read_recording
from n6studio.stages.registry import STAGES

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture
def project(tmp_path):
    shutil.copytree(FIXTURES / "project-2026-11", tmp_path / "n6demo.n6")
    return load_project(tmp_path / "n6demo.n6")


def figures_of(project, stage):
    result = latest(project, STAGES[stage])
    assert result is not None
    return result.figures


def test_every_result_decodes_into_the_class_of_its_stage(project):
    recorded = sorted(path.name for path in (project.folder / "runs").iterdir() if path.name in STAGES)
    assert len(recorded) == 10
    for name in recorded:
        folders = runs(project, name)
        assert folders, name
        assert all(load_result(STAGES[name], folder) is not None for folder in folders), name


def test_figures_of_stages_are_those_that_were_written(project):
    inspected = figures_of(project, "inspect")
    assert (inspected.format, inspected.parameters, inspected.classes) == ("pt", 1_091_244, {0: "person"})
    assert inspected.verdict.state == "not_yet"
    exported = figures_of(project, "export")
    assert (exported.imgsz, exported.self_check.compared, exported.keypoints) == (192, "people", 17)
    by_head = {result.figures.head.precision: result.figures for result in map_results(project, "quantize")}
    assert by_head["float"].head.float_operations == 11
    assert by_head["int8"].head.float_operations == 0
    assert figures_of(project, "int8_output").ap.difference == -0.06513
    assert figures_of(project, "layer_errors").worst[0].snr == 3.3
    assert figures_of(project, "range_convergence").enough == 6
    assert figures_of(project, "calibration_health").images == 8
    assert (figures_of(project, "video_frames").frames, figures_of(project, "video_frames").looked_at) == (3, 5)


def map_results(project, stage):
    return [load_result(STAGES[stage], folder) for folder in runs(project, stage)]


def test_evaluations_are_those_that_were_written(project):
    by_ap = {
        result.figures.models[0].ap: read_results(result.outputs["results"])
        for result in map_results(project, "evaluate")
    }
    assert set(by_ap) == {0.255169, 0.596425}
    results = by_ap[0.255169]
    assert (results.data.people, results.settings["most"], results.int8_output) == (18, 300, None)
    assert results.models[0].errors.by_kind == {"good": 81, "jitter": 114, "inversion": 51, "swap": 0, "miss": 47}
    assert results.comparison[0].ap_interval == (-0.416862, -0.261354)
    assert [run.reference_ap for run in evaluated_runs(project)] == [0.591741, 0.625185]


def test_files_of_stages_decode(project):
    def output(stage, role):
        return latest(project, STAGES[stage]).outputs[role].read_bytes()

    assert msgspec.json.decode(output("range_convergence", "convergence"), type=Convergence).tensors == 267
    assert len(msgspec.json.decode(output("layer_errors", "layers"), type=LayerErrors).layers) > 20
    facts = msgspec.json.decode(output("calibration_health", "facts"), type=CalibrationFacts)
    assert (facts.size, facts.evaluation, facts.images[0].people) == ((192, 192), 8, 3)
    heading, *lines = output("evaluate", "people").splitlines()
    assert msgspec.json.decode(heading, type=PeopleHeading).keypoints[1] == "left eye"
    images = [msgspec.json.decode(line, type=ImagePeople) for line in lines]
    assert len(images) == 8
    assert images[0].size == (320, 240)


def test_the_state_of_every_stage_can_be_told(project):
    states = states_of(project, hashes_of(project))
    assert {name for name, state in states.items() if state.result is None} == {
        name for name in STAGES if not runs(project, name)
    }
    assert states["inspect"].stale, "the checkpoint itself is not among the files"


@pytest.mark.parametrize("name", ["no-results", "with-results", "protected"])
def test_recordings_open(name):
    recording = read_recording(FIXTURES / "recording-2026-11" / f"{name}.mjpeg")
    assert not recording.rebuilt
    assert recording.entries


def test_published_figures_of_earlier_results_are_read():
    said = (
        b'{"network": "YOLOv8n-pose", "exact": true, "milliseconds": {"3.0": 20.0}, "ram_kib": 1.0, "weights_kib": 2.0}'
    )
    assert decoded(said, Estimate) == Estimate("YOLOv8n-pose", True, {"3.0": 20.0}, 1.0, 2.0)
