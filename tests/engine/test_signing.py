"""Which results this user's program wrote: the others are shown, and never count as done."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from n6studio.engine.chain.states import states_of
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import load_result
from n6studio.engine.jobs.signing import KEY_BYTES, key_file
from n6studio.engine.project.project import load_project
from n6studio.engine.project.runs import hashes_of, latest, runs
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.registry import STAGES

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "project-2026-11"
NAMES = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA")


@pytest.fixture(autouse=True)
def user(monkeypatch, tmp_path):
    """A user of the test's own, without a key."""
    for name in NAMES:
        monkeypatch.setenv(name, str(tmp_path / "user"))


@pytest.fixture
def done(engine):
    """A result that was just written."""
    engine("finish hello")
    return engine


def known(engine):
    return load_result(INSPECT, engine.folder)


def change(engine, edit):
    """Change the result's file as anybody can."""
    file = engine.folder / "inspect.result.json"
    values = json.loads(file.read_text())
    edit(values)
    file.write_text(json.dumps(values))


def runs_again(engine):
    return not engine("finish hello").fresh


def test_what_was_written_here_is_ours_and_fresh(done):
    assert not known(done).from_elsewhere
    assert not runs_again(done)


def test_the_key_is_the_users_alone(done):
    assert key_file().stat().st_size == KEY_BYTES == 32
    if os.name != "nt":
        assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert [path.name for path in key_file().parent.iterdir()] == ["results.key"], "nothing half-made is left"


@pytest.mark.parametrize(
    "edit",
    [
        lambda values: values["figures"].update(size_bytes=8),
        lambda values: values["figures"]["verdict"].update(sentence="Trust me."),
        lambda values: values["outputs"]["text"].update(sha256="0" * 64),
        lambda values: values["outputs"]["text"].update(path="tree/leaf.txt"),
        lambda values: values["request"]["settings"].update(more=1),
        lambda values: values.update(warnings=[]),
        lambda values: values.update(finished="2030-01-01T00:00:00+00:00"),
        lambda values: values.update(signature="0" * 64),
        lambda values: values.update(signature=""),
        lambda values: values.pop("signature"),
    ],
)
def test_what_somebody_changed_is_from_elsewhere_and_runs_again(done, edit):
    change(done, edit)
    assert known(done).from_elsewhere
    assert runs_again(done)
    assert not known(done).from_elsewhere


def test_a_second_value_of_the_same_name_is_noticed(done):
    file = done.folder / "inspect.result.json"
    text = file.read_text().rstrip()
    assert text.endswith("}")
    for forged in ('{"figures": 1, ' + text[1:], text[:-1] + ', "warnings": ["a lie"]}'):
        file.write_text(forged)
        found = known(done)
        assert found is None or found.from_elsewhere or found.warnings == ("mind the gap",)


def test_of_another_user(done, monkeypatch, tmp_path):
    for name in NAMES:
        monkeypatch.setenv(name, str(tmp_path / "another"))
    assert known(done).from_elsewhere, "a user without a key"
    assert runs_again(done)
    assert not known(done).from_elsewhere
    monkeypatch.undo()


def test_an_output_that_changed_with_its_digest_in_a_forged_cache(done, monkeypatch):
    text = done.folder / "result.txt"
    before = text.stat()
    text.write_text("HELLO")
    os.utime(text, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert text.stat().st_size == before.st_size
    cache = done.folder / "hashes.json"
    cache.write_text(json.dumps({f"{text}|{before.st_size}|{before.st_mtime_ns}": "0" * 64}))
    assert runs_again(done)


def test_a_cache_of_digests_in_the_project_is_not_read(tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "n6demo.n6")
    project = load_project(tmp_path / "n6demo.n6")
    file = tmp_path / "n6demo.n6" / "project.n6.yaml"
    status = file.stat()
    key = f"{file}|{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}"
    (tmp_path / "n6demo.n6" / "runs" / ".hashes.json").write_text(json.dumps({key: "0" * 64}))
    assert hashes_of(project).file(file) == HashCache().file(file) != "0" * 64


def test_half_a_key_is_replaced(done):
    key_file().write_bytes(b"short")
    assert known(done).from_elsewhere
    assert runs_again(done)
    assert key_file().stat().st_size == KEY_BYTES
    assert not known(done).from_elsewhere


def test_without_a_place_for_the_key_the_work_goes_on(engine, tmp_path):
    (tmp_path / "user").write_text("a file where the folder should be")
    assert not engine("finish hello").from_elsewhere
    assert known(engine).from_elsewhere
    assert runs_again(engine)


SIGN = """
import sys
from n6studio.engine.jobs import signing
sys.stdin.read(1)
print(signing._key(make=True).hex())
"""


def test_of_many_that_begin_at_once_all_have_the_same_key():
    begun = [
        subprocess.Popen([sys.executable, "-c", SIGN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    for one in begun:
        one.stdin.write("x")
        one.stdin.flush()
    found = {one.communicate(timeout=60)[0].strip() for one in begun}
    assert found == {key_file().read_bytes().hex()}


def test_a_project_from_before_signatures_opens_and_is_from_elsewhere(tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "n6demo.n6")
    project = load_project(tmp_path / "n6demo.n6")
    for name, stage in STAGES.items():
        assert all(load_result(stage, folder).from_elsewhere for folder in runs(project, name)), name
    assert latest(project, STAGES["evaluate"]).figures.models
    for name, state in states_of(project, hashes_of(project)).items():
        if not runs(project, name):  # a stage that came later
            continue
        assert state.result is not None, name
        assert any("from elsewhere" in reason for reason in state.stale), name
