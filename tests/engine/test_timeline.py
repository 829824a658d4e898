"""Everything a project ever made: its order, what is said of it, going back, tidying, sharing."""

import zipfile

import pytest
from finished_runs import finish

from n6studio.domain.errors.files import NotAProject, PathRefused
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import Project
from n6studio.engine.project.opening import project_at
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.timeline import (
    RunNote,
    gone_back,
    read_notes,
    share,
    tidied,
    timeline,
    unpacked_share,
    with_those_before,
    write_note,
)
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings


@pytest.fixture
def project(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    made = Project(tmp_path / "mine.n6", tmp_path / "model.pt")
    save_project(made)
    old = finish(made, "export", "aaaaaaaaaaaa", "2026-11-01T10:00:00+00:00", {"imgsz": 192})
    finish(made, "export", "bbbbbbbbbbbb", "2026-11-03T10:00:00+00:00", {"imgsz": 320})
    finish(made, "quantize", "cccccccccccc", "2026-11-02T10:00:00+00:00", {"seed": 5}, old)
    return made


def test_runs_come_newest_first_with_what_they_take(project):
    runs = timeline(project)
    assert [run.key for run in runs] == ["export/bbbbbbbbbbbb", "quantize/cccccccccccc", "export/aaaaaaaaaaaa"]
    files = list((project.folder / "runs/export/bbbbbbbbbbbb").iterdir())
    assert runs[0].disk_bytes == sum(file.stat().st_size for file in files)


def test_names_and_pins_are_kept_and_forgotten(project):
    write_note(project, "export/aaaaaaaaaaaa", RunNote("the good one", "from Monday", True))
    assert timeline(project)[2].note == RunNote("the good one", "from Monday", True)
    write_note(project, "export/aaaaaaaaaaaa", RunNote())
    assert read_notes(project) == {}
    (project.folder / "runs.json").write_text("{nonsense")
    assert read_notes(project) == {}


def test_going_back_takes_the_settings_of_what_it_was_made_from_as_well(project):
    runs = timeline(project)
    quantized_run = runs[1]
    assert [run.key for run in with_those_before(quantized_run, runs)] == [
        "quantize/cccccccccccc",
        "export/aaaaaaaaaaaa",
    ]
    then = gone_back(project, quantized_run, runs)
    assert then.settings_of(QUANTIZE) == QuantizeSettings(seed=5)
    assert then.settings_of(EXPORT).imgsz == InputSize.square(192)


def test_tidying_keeps_what_is_pinned_shown_or_needed(project):
    runs = timeline(project)
    shown = project.folder / "runs/quantize/cccccccccccc"
    assert tidied(project, runs, [shown]) == runs[0].disk_bytes
    assert [run.key for run in timeline(project)] == ["quantize/cccccccccccc", "export/aaaaaaaaaaaa"]
    write_note(project, "export/aaaaaaaaaaaa", RunNote(pinned=True))
    tidied(project, timeline(project), [])
    assert [run.key for run in timeline(project)] == ["export/aaaaaaaaaaaa"]


def test_a_shared_run_opens_elsewhere_as_from_elsewhere(project, tmp_path):
    runs, path = timeline(project), tmp_path / "there" / "run.zip"
    path.parent.mkdir()
    share(project, runs[1], runs, path)
    opened = project_at(path, tmp_path)
    assert opened.folder == path.with_suffix(".n6")
    assert opened.model.read_bytes() == b"weights"
    assert opened.settings_of(QUANTIZE).seed == 5
    there = timeline(opened)
    assert {run.key for run in there} == {"quantize/cccccccccccc", "export/aaaaaaaaaaaa"}
    assert all(run.result.from_elsewhere for run in there)
    assert load_project(unpacked_share(path)) == opened, "it is unpacked once"


def test_a_zip_that_leads_out_or_holds_no_project_is_refused(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.n6.yaml", "schema: 1\nmodel: a.pt\n")
        archive.writestr("../outside.txt", "x")
    with pytest.raises(PathRefused):
        unpacked_share(path)
    assert not (tmp_path / "outside.txt").exists()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "x")
    with pytest.raises(NotAProject):
        unpacked_share(tmp_path / "other.zip")
