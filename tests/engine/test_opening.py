import os

import pytest

from n6studio.domain.errors.advice import short_title
from n6studio.domain.errors.files import FileMissing, NotAProject, UnknownFormat
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.engine.chain.states import states_of
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.project.opening import latest_log, project_at, tail
from n6studio.engine.project.project import save_project
from n6studio.engine.project.runs import run_folder
from n6studio.stages.export.stage import EXPORT, ExportSettings
from n6studio.stages.registry import STAGES


@pytest.fixture
def model(tmp_path):
    file = tmp_path / "jogger.pt"
    file.write_bytes(b"PK weights")
    return file


def test_checkpoint_begins_a_project_beside_it_and_writes_nothing(model, tmp_path):
    project = project_at(model, tmp_path / "elsewhere")
    assert project == Project(folder=tmp_path / "jogger.n6", model=model)
    assert not project.folder.exists()


def test_known_project_is_taken_up_again(model, tmp_path):
    save_project(
        Project(
            tmp_path / "jogger.n6",
            tmp_path / "old.pt",
            settings={"export": ExportSettings(imgsz=InputSize.square(320))},
        )
    )
    for path in (model, tmp_path / "jogger.n6", tmp_path / "jogger.n6" / PROJECT_FILE):
        assert project_at(path, tmp_path).settings_of(EXPORT).imgsz == InputSize.square(320)
    assert project_at(model, tmp_path).model == model


def test_checkpoint_in_a_folder_that_cannot_be_written(model, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert project_at(model, tmp_path / "mine").folder == tmp_path / "mine" / "jogger.n6"


def test_what_cannot_be_opened(tmp_path):
    image = tmp_path / "dog.jpg"
    image.write_bytes(b"")
    words = tmp_path / "notes.pt"
    words.write_text("shopping list")
    unknown = ((image, UnknownFormat), (words, UnknownFormat))
    for path, error in ((tmp_path / "gone.pt", FileMissing), (tmp_path, NotAProject), *unknown):
        with pytest.raises(error):
            project_at(path, tmp_path)


def test_status_of_a_new_project_says_what_is_to_do(model, tmp_path):
    states = states_of(project_at(model, tmp_path), HashCache())
    assert tuple(states) == tuple(STAGES)
    assert states["inspect"].stale == ("not run yet",)
    assert states["quantize"].stale == ("Export must run first",)
    assert all(state.result is None for state in states.values())
    assert not (tmp_path / "jogger.n6").exists()


def test_status_without_the_checkpoint_names_it(model, tmp_path):
    project = project_at(model, tmp_path)
    model.unlink()
    assert "does not exist" in states_of(project, HashCache())["inspect"].stale[0]


def test_tail_and_latest_log(model, tmp_path):
    project = project_at(model, tmp_path)
    assert latest_log(project, "export") is None
    for number, name in enumerate(("first", "second")):
        log = run_folder(project, "export", name) / "export.log"
        log.parent.mkdir(parents=True)
        log.write_text("".join(f"line {line}\n" for line in range(1000)))
        os.utime(log, (number, number))
    found = latest_log(project, "export")
    assert found.parent.name == "second"
    assert tail(found, 2) == "line 998\nline 999"
    assert tail(tmp_path / "none.log") == ""


def test_short_title_has_the_name_for_the_path(tmp_path):
    error = FileMissing(path=tmp_path / "far" / "away.pt")
    assert short_title(error) == "away.pt does not exist"
