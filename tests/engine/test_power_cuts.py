"""After a power cut at any moment the old result or the new one is there, whole: on a file system that forgets."""

import os
import shutil
import sys

import msgspec
import pytest
from power_cut import ends, lay_out, listening, states, tree_of

from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageOutcome, StoredResult
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import find_fresh, load_result, run_step
from n6studio.engine.jobs.signing import KEY_BYTES, key_file, signed
from n6studio.system.files import ensure_folder, make_folder, move_into_place, publish_new, replace_bytes, replace_text

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names of open files are read from /proc")


class Found(msgspec.Struct, frozen=True):
    word: str


class Made:
    name, figures = "made", Found


def make(folder, word, more=""):
    """Publish a result of a file and a folder."""

    def do(partial, log):
        (partial / "model.tflite").write_bytes(word.encode() * 100)
        (partial / "saved" / "variables").mkdir(parents=True)
        (partial / "saved" / "variables" / "data").write_bytes(word.encode() * 50)
        (partial / "saved" / f"{word}.pb").write_bytes(b"graph")
        (partial / "not kept").write_bytes(b"scratch")
        return StageOutcome({"tflite": "model.tflite", "saved_model": "saved"}, Found(word))

    return run_step(Made(), StageRequest("made", {"word": word}, {}, {}), folder, do)


def content(result):
    word = result.figures.word
    assert result.outputs["tflite"].read_bytes() == word.encode() * 100
    assert (result.outputs["saved_model"] / "variables" / "data").read_bytes() == word.encode() * 50
    assert sorted(path.name for path in result.outputs["saved_model"].iterdir()) == sorted(["variables", f"{word}.pb"])
    assert find_fresh(Made(), StageRequest("made", {"word": word}, {}, {}), result.folder, HashCache()) is not None
    return word


def test_a_result_is_the_old_or_the_new_one_whole(tmp_path):
    folder = tmp_path / "run"
    make(folder, "old")
    before = tree_of(folder)
    with listening(folder) as journal:
        make(folder, "new")
    assert len([op for op in journal.ops if op.kind == "flush"]) >= 4
    seen = []
    for when, tree in states(before, journal.ops):
        result = load_result(Made(), lay_out(tree, tmp_path / "after"))
        assert result is not None, f"{when}: no result"
        try:
            seen.append(content(result))
        except (AssertionError, OSError) as error:
            raise AssertionError(f"{when}: {sorted(tree)}") from error
        assert not (tmp_path / "after" / ".made.whole").exists()
    assert seen[0] == "old"
    assert seen[-1] == "new"
    assert set(seen) == {"old", "new"}


def test_a_first_result_is_there_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    with listening(folder) as journal:
        make(folder, "new")
    found = [load_result(Made(), lay_out(tree, tmp_path / "after")) for _, tree in states({}, journal.ops)]
    assert found[0] is None
    assert found[-1] is not None
    for _, tree in states({}, journal.ops):
        result = load_result(Made(), lay_out(tree, tmp_path / "after"))
        assert result is None or content(result) == "new"


@pytest.mark.parametrize(("write", "new"), [(replace_bytes, b"new" * 9), (replace_text, "new" * 9)])
def test_a_file_is_replaced_whole(tmp_path, write, new):
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "file").write_bytes(b"old" * 9)
    before = tree_of(folder)
    with listening(folder) as journal:
        write(folder / "file", new)
    assert {tree.get("file") for _, tree in states(before, journal.ops)} == {b"old" * 9, b"new" * 9}


def test_a_moved_file_is_whole(tmp_path):
    folder = tmp_path / "release"
    folder.mkdir()
    with listening(folder) as journal:
        (folder / ".part").write_bytes(b"zip")
        move_into_place(folder / ".part", folder / "release.zip")
    assert {tree.get("release.zip") for _, tree in states({}, journal.ops)} == {None, b"zip"}


def test_what_was_said_to_be_written_is_there_in_new_folders_too(tmp_path):
    """Names of folders are flushed as well: a run's first result lies in folders that it makes."""
    (tmp_path / "disk").mkdir()
    with listening(tmp_path / "disk") as journal:
        make(tmp_path / "disk" / "runs" / "made" / "0123", "new")
        replace_bytes(tmp_path / "disk" / "a" / "b" / "settings", b"new")
        publish_new(tmp_path / "disk" / "c" / "key", b"key")
        make_folder(tmp_path / "disk" / "d" / "e")
    for tree in ends(journal.ops):
        result = load_result(Made(), lay_out(tree, tmp_path / "after") / "runs" / "made" / "0123")
        assert result is not None, sorted(tree)
        assert content(result) == "new"
        assert (tree["a/b/settings"], tree["c/key"], tree["d/e"]) == (b"new", b"key", None)


def test_a_folder_that_is_not_flushed_can_be_missing(tmp_path):
    """The forgetful disk forgets folders, too: without `durable` the whole of them can be gone."""
    with listening(tmp_path) as journal:
        ensure_folder(tmp_path / "a" / "b", durable=False)
    assert {} in list(ends(journal.ops))
    with listening(tmp_path) as journal:
        ensure_folder(tmp_path / "c" / "d")
    assert {frozenset(tree) for tree in ends(journal.ops)} == {frozenset({"c", "c/d"})}


def test_a_key_is_whole_or_not_there_and_stays_when_it_has_signed(tmp_path, monkeypatch):
    """Half a key would make strangers of all results that were signed with it."""
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "home" / "n6studio")
    stored = StoredResult(StageRequest("made", {}, {}, {}), {}, msgspec.Raw(b"{}"), (), {}, {}, "", "")
    with listening(tmp_path) as journal:
        assert signed(stored).signature
    key = key_file().read_bytes()
    assert len(key) == KEY_BYTES
    name = key_file().relative_to(tmp_path).as_posix()
    assert {tree.get(name) for _, tree in states({}, journal.ops)} == {None, key}
    assert all(tree.get(name) == key for tree in ends(journal.ops))


def test_who_comes_second_leaves_what_the_first_one_wrote(tmp_path):
    publish_new(tmp_path / "key", b"first")
    publish_new(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_the_forgetful_disk_sees_what_is_not_flushed(tmp_path):
    """Written and renamed, as everybody first does it: the new name may stand for an empty file."""
    folder = tmp_path / "careless"
    folder.mkdir()
    (folder / "file").write_bytes(b"old")
    before = tree_of(folder)
    with listening(folder) as journal:
        (folder / ".part").write_bytes(b"new")
        (folder / ".part").replace(folder / "file")
    assert b"" in {tree.get("file") for _, tree in states(before, journal.ops)}


def test_a_folder_replaced_without_a_description_can_be_missing(tmp_path):
    """Why results are declared whole by one rename: a folder is replaced in two, and the cut can come between."""
    folder = tmp_path / "folders"
    (folder / "target").mkdir(parents=True)
    (folder / "source").mkdir()
    before = tree_of(folder)
    with listening(folder) as journal:
        move_into_place(folder / "source", folder / "target")
    assert any("target" not in tree for _, tree in states(before, journal.ops))


def test_what_leads_out_of_the_folder_is_not_published(tmp_path):
    folder = tmp_path / "run"
    make(folder, "old")
    whole = folder / ".made.whole"
    whole.mkdir()
    text = (folder / "made.result.json").read_text().replace("model.tflite", "../outside")
    (whole / "made.result.json").write_text(text)
    (tmp_path / "run" / "outside").write_bytes(b"evil")
    assert content(load_result(Made(), folder)) == "old"
    assert not (tmp_path / "outside").exists()
    assert not whole.exists(), "it is not signed by us"
    (tmp_path / "elsewhere").mkdir()
    whole.symlink_to(tmp_path / "elsewhere")
    assert content(load_result(Made(), folder)) == "old"
    assert (tmp_path / "elsewhere").is_dir()


def test_a_pipe_in_what_should_be_published_holds_nobody_up(tmp_path):
    folder = tmp_path / "run"
    make(folder, "old")
    whole = folder / ".made.whole"
    shutil.copytree(folder / "saved", whole / "saved")
    shutil.copy(folder / "made.result.json", whole / "made.result.json")
    os.mkfifo(whole / "saved" / "pipe")  # who opened it would wait for ever
    load_result(Made(), folder)
    assert not whole.exists()


@pytest.mark.parametrize("description", [b"", b"{", b"[" * 100_000, b'{"request": 5}'])
def test_what_was_never_declared_whole_by_us_is_dropped(tmp_path, description):
    folder = tmp_path / "run"
    make(folder, "old")
    whole = folder / ".made.whole"
    whole.mkdir()
    (whole / "made.result.json").write_bytes(description)
    assert content(load_result(Made(), folder)) == "old"
    assert not whole.exists()
    make(folder, "new")
    assert content(load_result(Made(), folder)) == "new"
