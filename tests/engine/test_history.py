"""The project's evaluations, one after the other."""

import json

from finished_runs import finish

from n6studio.domain.project import Project
from n6studio.engine.project.history import evaluated_runs
from n6studio.engine.project.runs import runs


def evaluated(project, run, model, settings):
    finish(project, "evaluate", run, f"2026-11-01T10:00:0{run[0]}+00:00", settings)
    file = project.folder / "runs" / "evaluate" / run / "evaluate.result.json"
    result = json.loads(file.read_text())
    inputs = {"models": model, "data": project.folder / "labels.json"}
    result["request"]["inputs"] = {role: [{"path": str(path), "sha256": "0"}] for role, path in inputs.items()}
    file.write_text(json.dumps(result))


def test_an_evaluation_tells_what_it_judged_and_how(tmp_path):
    project = Project(tmp_path / "a.n6", tmp_path / "a.pt")
    made = finish(project, "quantize", "b" * 12, "2026-11-01T09:00:00+00:00", {"head": "int8"})
    evaluated(project, "1" * 12, made, {"average": True})
    evaluated(project, "2" * 12, project.folder / ".." / "other.tflite", {})
    assert len(runs(project, "quantize")) == 1
    one, other = evaluated_runs(project)
    assert (one.average, other.average) == (True, False)
    assert "int8" in one.quantized
    assert other.quantized == "not by this project", "a project file names a model beside it by '..'"
