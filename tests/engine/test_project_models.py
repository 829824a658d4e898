import hashlib
import json
from pathlib import Path

import msgspec
from figures import evaluated, exported, quantized

from n6studio.domain.project import Project
from n6studio.engine.project import models as models
from n6studio.engine.project.frame_files import keep_frame
from n6studio.engine.project.models import project_models

FIGURES = {"quantize": quantized(), "export": exported(), "evaluate": evaluated()}


def finish(project: Project, stage: str, run: str, content: bytes, models: tuple[str, ...] = ()) -> Path:
    """Leave what a finished stage leaves; return its model."""
    folder = project.folder / "runs" / stage / run
    folder.mkdir(parents=True)
    path = folder / "network.tflite"
    path.write_bytes(content)
    inputs = {"models": [{"path": "x", "sha256": digest} for digest in models]} if models else {}
    result = {
        "request": {"stage": stage, "settings": {}, "inputs": inputs, "tools": {}},
        "outputs": {"tflite": {"path": "network.tflite", "sha256": hashlib.sha256(content).hexdigest()}},
        "figures": msgspec.to_builtins(FIGURES[stage]), "warnings": [], "versions": {},
    }  # fmt: skip
    (folder / f"{stage}.result.json").write_text(json.dumps(result))
    return path


def test_models_of_a_project_and_which_one_was_evaluated(tmp_path):
    project = Project(tmp_path, tmp_path / "model.pt")
    old, new = b"old int8", b"new int8"
    finish(project, "quantize", "aaaaaaaaaaaa", old)
    finish(project, "quantize", "bbbbbbbbbbbb", new)
    finish(project, "export", "cccccccccccc", b"float")
    finish(project, "evaluate", "dddddddddddd", b"", (hashlib.sha256(old).hexdigest(),))
    known = {model.name: model for model in project_models(project)}
    assert set(known) == {"int8, run aaaaaa", "int8, run bbbbbb", "float, run cccccc"}
    judged = known["int8, run aaaaaa"]
    assert judged.evaluated
    assert judged.model == hashlib.sha256(old).hexdigest()[:16]
    assert judged.quantized
    assert not known["int8, run bbbbbb"].evaluated
    assert not known["float, run cccccc"].quantized


def test_removed_models_are_left_out_and_an_empty_project_has_none(tmp_path):
    project = Project(tmp_path, tmp_path / "model.pt")
    assert project_models(project) == ()
    finish(project, "quantize", "aaaaaaaaaaaa", b"x").unlink()
    assert project_models(project) == ()


def test_the_sample_project_lends_its_model(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "sample_folder", lambda: tmp_path)
    assert models.sample_model() == ()
    path = finish(Project(tmp_path, tmp_path / "model.pt"), "quantize", "aaaaaaaaaaaa", b"x")
    (found,) = models.sample_model()
    assert (found.path, found.quantized) == (path, True)


def test_a_frame_is_kept_once_with_what_is_known_of_it(tmp_path):
    folder = tmp_path / "worst cases"
    path, new = keep_frame(folder, b"\xff\xd8one\xff\xd9", "20261124-140501", '{"people": 2}')
    assert new
    assert path.read_bytes() == b"\xff\xd8one\xff\xd9"
    assert json.loads(path.with_suffix(".json").read_text()) == {"people": 2}
    assert keep_frame(folder, b"\xff\xd8one\xff\xd9", "20261124-150000") == (path, False)
    other, new = keep_frame(folder, b"\xff\xd8two\xff\xd9", "20261124-140501")
    assert new
    assert not other.with_suffix(".json").exists()
    assert len(list(folder.glob("*.jpg"))) == 2
