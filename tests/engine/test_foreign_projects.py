"""Projects, results, releases and recordings that lead out of their folder: nothing is read or written there."""

import hashlib
import json
import os
import shutil
import threading
import zipfile
from pathlib import Path

import pytest
from builders import assert_told, n6

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import NotAFile, PathRefused
from n6studio.engine.chain.states import states_of
from n6studio.engine.deploy.release import open_release
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import holding, load_result
from n6studio.engine.project.opening import latest_log, project_at
from n6studio.engine.project.project import load_project
from n6studio.engine.project.runs import hashes_of, latest, runs
from n6studio.link.recording.recording import index_path, read_recording
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.inspect.stage import INSPECT

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "project-2026-11"


@pytest.fixture
def folder(tmp_path):
    """A project that ran; beside it a program."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "evil.exe").write_bytes(b"MZ")
    shutil.copytree(FIXTURE, tmp_path / "n6demo.n6")
    return tmp_path / "n6demo.n6"


@pytest.fixture
def outside(tmp_path):
    """A folder where nothing may be written."""
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside"


@pytest.mark.parametrize("entry", ["../../../../tools/evil.exe", "/bin/sh", "C:\\Windows\\notepad.exe"])
def test_a_result_that_names_a_program_as_its_report(folder, entry, tmp_path):
    project = load_project(folder)
    file = runs(project, "evaluate")[0] / "evaluate.result.json"
    values = json.loads(file.read_text())
    values["outputs"]["report"]["path"] = entry
    file.write_text(json.dumps(values))
    with pytest.raises(PathRefused) as caught:
        latest(project, EVALUATE)
    assert (caught.value.path, caught.value.entry) == (file, entry)
    with pytest.raises(PathRefused):
        states_of(project, hashes_of(project))


def test_a_report_that_is_a_link(folder):
    project = load_project(folder)
    run = runs(project, "evaluate")[0]
    report = load_result(EVALUATE, run).outputs["report"]
    report.unlink(missing_ok=True)
    report.symlink_to("/etc/passwd")
    with pytest.raises(PathRefused, match="symbolic link"):
        load_result(EVALUATE, run)


def test_a_run_writes_nothing_where_its_folder_leads(folder, outside, carried, tmp_path):
    shutil.rmtree(folder / "runs")
    (folder / "runs").symlink_to(outside)
    fields = assert_told(n6("run", folder, "--fake", "--json", cwd=tmp_path), "N6S-P03", 3)
    assert "symbolic link" in fields["reason"]
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", [".export.partial", "export.log", "export.result.json", ".n6studio.lock"])
def test_a_stage_alone_writes_nothing_through_a_link_in_its_folder(carried, outside, tmp_path, name):
    place = tmp_path / "out"
    place.mkdir()
    target = outside if name == ".export.partial" else outside / "kept.txt"
    if target != outside:
        target.write_text("of the user")
    (place / name).symlink_to(target)
    assert_told(n6("export", carried.checkpoint, "-o", place, "--json", cwd=tmp_path), "N6S-P03", 3)
    assert [(path.name, path.read_text()) for path in outside.iterdir()] in ([], [("kept.txt", "of the user")])


def test_a_lock_that_is_a_link_is_not_taken(tmp_path):
    (tmp_path / "of the user").write_text("kept")
    (tmp_path / ".n6studio.lock").symlink_to("of the user")
    with pytest.raises(PathRefused), holding(tmp_path):
        pass
    assert (tmp_path / "of the user").read_text() == "kept"


def test_what_a_stage_says_that_it_wrote_is_looked_at_too(engine, tmp_path):
    (tmp_path / "kept").write_text("of the user")
    for words in ("output ../../kept", "output /etc/passwd"):
        with pytest.raises(StudioError) as caught:
            engine(words)
        assert isinstance(caught.value, PathRefused)
    assert (tmp_path / "kept").read_text() == "of the user"


def test_a_checkpoint_beside_a_project_that_is_a_link(carried, outside, tmp_path):
    shutil.copy(carried.checkpoint, tmp_path / "given.pt")
    (tmp_path / "given.n6").symlink_to(outside)
    with pytest.raises(PathRefused):
        project_at(tmp_path / "given.pt", tmp_path / "fallback")
    assert_told(n6("run", "given.pt", "--fake", "--json", cwd=tmp_path), "N6S-P03", 3)
    assert list(outside.iterdir()) == []


def test_a_project_file_that_is_a_link(folder, outside):
    shutil.move(folder / "project.n6.yaml", outside / "other.yaml")
    (folder / "project.n6.yaml").symlink_to(outside / "other.yaml")
    with pytest.raises(PathRefused):
        load_project(folder)


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes in folders")
def test_a_log_that_is_a_pipe_is_not_waited_for(folder):
    project = load_project(folder)
    run = runs(project, "inspect")[0]
    (run / "inspect.log").unlink(missing_ok=True)
    os.mkfifo(run / "inspect.log")
    with pytest.raises(PathRefused, match="named pipe"):
        latest_log(project, INSPECT.name)


def release(path, image):
    """A zip in the shape of a release whose plan names `image`."""
    content = b"\xff" * 16
    plan = {
        "format": 1, "board": "stm32n6570-dk", "erase_all": False, "risks": [],
        "build": {"board": "stm32n6570-dk"},
        "images": [{"role": "weights", "path": image, "address": "0x70380000", "size": 16,
                    "sha256": hashlib.sha256(content).hexdigest()}],
    }  # fmt: skip
    parts = {"images/weights.bin": content, "plan.json": json.dumps(plan).encode()}
    manifest = {
        "format": 1, "made": "2026-11-26T00:00:00+00:00", "board": "stm32n6570-dk", "facts": {},
        "files": {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()},
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in {"manifest.json": json.dumps(manifest).encode(), **parts}.items():
            archive.writestr(name, part)
    return path


@pytest.mark.parametrize("image", ["../secret.bin", "/etc/passwd", "images\\..\\..\\secret.bin"])
def test_a_release_whose_plan_leads_out_of_it(tmp_path, image):
    (tmp_path / "secret.bin").write_bytes(b"\xff" * 16)
    with pytest.raises(PathRefused) as caught:
        open_release(release(tmp_path / "r.zip", image), tmp_path / "unpacked")
    assert (caught.value.path, caught.value.entry) == (tmp_path / "r.zip", image)


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes in folders")
def test_the_index_of_a_recording_that_is_a_pipe_is_not_waited_for(tmp_path):
    source = next((Path(__file__).resolve().parents[1] / "fixtures").rglob("*.mjpeg"))
    shutil.copy(source, tmp_path / "take.mjpeg")
    os.mkfifo(index_path(tmp_path / "take.mjpeg"))
    found = []
    reader = threading.Thread(target=lambda: found.append(read_recording(tmp_path / "take.mjpeg")), daemon=True)
    reader.start()
    reader.join(20)
    assert found
    assert found[0].rebuilt == len(found[0].entries) > 0
    os.mkfifo(tmp_path / "pipe.mjpeg")
    with pytest.raises(NotAFile):
        read_recording(tmp_path / "pipe.mjpeg")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes among files")
@pytest.mark.parametrize("made", ["pipe", "file"])
def test_what_waits_to_be_published_and_is_no_folder_is_not_waited_for(folder, made):
    place = runs(load_project(folder), "inspect")[0]
    whole = place / ".inspect.whole"
    os.mkfifo(whole) if made == "pipe" else whole.write_text("x")
    looking = threading.Thread(target=load_result, args=(INSPECT, place), daemon=True)
    looking.start()
    looking.join(20)
    assert not looking.is_alive(), "it waits for the pipe"
    assert load_result(INSPECT, place) is not None
    assert not whole.exists()


@pytest.mark.parametrize("place", ["inspect.result.json", ".inspect.whole/inspect.result.json"])
@pytest.mark.parametrize("harm", ["holes", "nested"])
def test_a_description_that_nobody_can_hold_counts_as_none(folder, place, harm):
    known = runs(load_project(folder), "inspect")[0]
    file = known / place
    file.parent.mkdir(exist_ok=True)
    if harm == "holes":
        with file.open("wb") as stream:
            stream.truncate(1 << 40)  # bytes, none of them on the disk
    else:
        file.write_text('{"more": ' + "[" * 200_000 + "]" * 200_000 + "}")
    found = load_result(INSPECT, known)
    assert found is None if place == "inspect.result.json" else found is not None
    states_of(load_project(folder), HashCache())


@pytest.mark.parametrize("value", ["9" * 6000, "[" * 200_000 + "]" * 200_000, "[" * 950 + "]" * 950])
def test_figures_that_python_does_not_read_are_nobodys(engine, value):
    engine("finish hello")
    file = engine.folder / "inspect.result.json"
    text = file.read_text()
    assert text.count('"figures": {') == 1
    file.write_text(text.replace('"figures": {', '"figures": {"more": ' + value + ", "))
    found = load_result(INSPECT, engine.folder)
    assert found is None or found.from_elsewhere
    assert not engine("finish hello").fresh
