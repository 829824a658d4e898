"""What counts as unchanged: digests of files, the memory of them, and what a result looks at besides its inputs."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from n6studio.domain.errors.files import FileMissing, FileTooLarge, FileUnreadable, NotAFile
from n6studio.engine.jobs.hashing import HashCache, files_below, folder_state, input_of
from n6studio.engine.jobs.run import find_fresh, result_file
from n6studio.gates.stopping import stopped_by
from n6studio.stages.inspect.stage import INSPECT

CHUNK = 1 << 20  # bytes that are read at once


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def written(path, content: bytes, nanoseconds: int | None = None):
    """Write a file, with a time of change where given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if nanoseconds is not None:
        os.utime(path, ns=(nanoseconds, nanoseconds))
    return path


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_the_digest_is_sha256_of_all_bytes(tmp_path, size):
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert HashCache().file(written(tmp_path / "file", data)) == sha256(data)


def test_a_file_changed_at_the_same_size_is_read_again(tmp_path):
    """As a model trained once more is: as many bytes, only later."""
    hashes, path = HashCache(), written(tmp_path / "file", b"one", 1_000_000_000)
    assert hashes.file(path) == sha256(b"one")
    written(path, b"two", 1_000_000_001)
    assert hashes.file(path) == sha256(b"two")


def test_a_file_of_another_size_is_read_again_whatever_its_time_says(tmp_path):
    hashes, path = HashCache(), written(tmp_path / "file", b"one", 1_000_000_000)
    hashes.file(path)
    written(path, b"three", 1_000_000_000)
    assert hashes.file(path) == sha256(b"three")


@pytest.mark.skipif(os.name == "nt", reason="it keeps no time of change")
def test_a_file_whose_time_was_set_back_is_read_again(tmp_path):
    """As an archive does that brings its own times."""
    hashes, path = HashCache(), written(tmp_path / "file", b"one", 1_000_000_000)
    hashes.file(path)
    written(path, b"two", 1_000_000_000)
    assert hashes.file(path) == sha256(b"two")


def test_a_file_that_is_as_it_was_is_not_read_again(tmp_path, monkeypatch):
    hashes, path = HashCache(), written(tmp_path / "file", b"one", 1_000_000_000)
    hashes.file(path)
    monkeypatch.setattr("n6studio.engine.jobs.hashing.sha256_of", lambda path, largest: "read again")
    assert hashes.file(path) == sha256(b"one")
    assert HashCache().file(path) == "read again"


def test_two_files_of_one_size_and_time_are_two(tmp_path):
    hashes = HashCache()
    assert hashes.file(written(tmp_path / "a", b"one", 5)) == sha256(b"one")
    assert hashes.file(written(tmp_path / "b", b"two", 5)) == sha256(b"two")


def test_what_is_known_is_kept_between_runs(tmp_path, monkeypatch):
    path, memory = written(tmp_path / "file", b"one", 1_000_000_000), tmp_path / "hashes.json"
    first = HashCache(memory)
    first.file(path)
    assert not memory.exists(), "only when it is told to"
    first.save()
    monkeypatch.setattr("n6studio.engine.jobs.hashing._opened", {})  # as in another process
    monkeypatch.setattr("n6studio.engine.jobs.hashing.sha256_of", lambda path, largest: "read again")
    assert HashCache(memory).file(path) == sha256(b"one")
    assert HashCache().file(path) == "read again"


def test_what_one_thread_has_hashed_the_others_know(tmp_path, monkeypatch):
    memory, path = tmp_path / "hashes.json", written(tmp_path / "file", b"one")
    assert HashCache(memory).file(path) == sha256(b"one")
    monkeypatch.setattr("n6studio.engine.jobs.hashing.sha256_of", lambda path, largest: "read again")
    assert HashCache(memory).file(path) == sha256(b"one")
    assert HashCache(tmp_path / "others.json").file(path) == "read again"


@pytest.mark.parametrize("damaged", [b"", b"{", b"5", b"[1, 2]", b"null", b"\xff\xfe"])
def test_a_damaged_memory_is_none(tmp_path, damaged):
    memory = written(tmp_path / "hashes.json", damaged)
    assert HashCache(memory).file(written(tmp_path / "file", b"one")) == sha256(b"one")


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(FileMissing) as missing:
        HashCache().file(tmp_path / "nowhere")
    assert missing.value.values["path"] == str(tmp_path / "nowhere")
    with pytest.raises(NotAFile):
        HashCache().file(tmp_path)
    with pytest.raises(FileMissing):
        files_below(tmp_path / "nowhere", images_only=False)
    with pytest.raises(FileUnreadable):
        files_below(written(tmp_path / "file", b"no folder"), images_only=False)


def test_hashing_can_be_stopped_before_each_file(tmp_path):
    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    hashes, path = HashCache(), written(tmp_path / "file", b"one")
    hashes.file(path)
    with stopped_by(stop), pytest.raises(Stopped):
        hashes.file(path)  # though this one is known


def test_a_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    written(tmp_path / "file", b"one")
    assert input_of(Path("~/file"), HashCache()).path == str(tmp_path / "file")


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "data"
    written(made / "b.jpg", b"second")
    written(made / "a.PNG", b"first")
    written(made / "deeper" / "c.jpg", b"third")
    written(made / "notes.md", b"words")
    written(made / ".hidden.jpg", b"nobody's")
    return made


def test_the_digest_of_a_folder_is_that_of_names_and_digests(folder):
    """One line for each file, in the order of their names: name, a zero byte, digest."""
    names = [("a.PNG", b"first"), ("b.jpg", b"second"), ("deeper/c.jpg", b"third"), ("notes.md", b"words")]
    wanted = sha256(b"".join(f"{name}\0{sha256(content)}\n".encode() for name, content in names))
    found = input_of(folder, HashCache())
    assert (found.path, found.sha256) == (str(folder), wanted)
    images = sha256(b"".join(f"{name}\0{sha256(content)}\n".encode() for name, content in names[:3]))
    assert input_of(folder, HashCache(), images_only=True).sha256 == images


def test_the_order_in_which_files_are_listed_does_not_count(tmp_path):
    names = [f"{number * 37 % 101:03}.jpg" for number in range(101)]  # no folder lists them in the order of their names
    for name in names:
        written(tmp_path / name, name.encode(), 5_000_000_000)
    ordered = sorted(names)
    assert [path.name for path in files_below(tmp_path, images_only=True)] == ordered
    state = sha256("".join(f"{name}\0{len(name)}\0005000000000\n" for name in ordered).encode())
    assert folder_state(tmp_path) == state
    wanted = sha256("".join(f"{name}\0{sha256(name.encode())}\n" for name in ordered).encode())
    assert HashCache().many(tmp_path, [tmp_path / name for name in names]) == wanted


def test_a_file_as_input_is_its_digest(folder, monkeypatch):
    monkeypatch.chdir(folder)
    found = input_of((folder / "notes.md").relative_to(folder), HashCache())
    assert (found.path, found.sha256) == (str(folder / "notes.md"), sha256(b"words"))


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        (lambda folder: written(folder / "b.jpg", b"SECOND", 7), True),
        (lambda folder: written(folder / "d.jpg", b"fourth"), True),
        (lambda folder: (folder / "a.PNG").unlink(), True),
        (lambda folder: (folder / "b.jpg").rename(folder / "bb.jpg"), True),
        (lambda folder: written(folder / "labels.txt", b"0 0.5"), True),
        (lambda folder: written(folder / "b.jpg", b"second", 7), True),  # a new time is reason enough to look
        (lambda folder: written(folder / "notes.md", b"other words"), False),
        (lambda folder: written(folder / "deeper" / "d.jpg", b"below"), False),
        (lambda folder: None, False),
    ],
)
def test_the_state_of_a_folder(folder, change, noticed):
    before = folder_state(folder)
    assert before
    change(folder)
    assert (folder_state(folder) != before) is noticed


def test_the_state_of_no_folder_is_empty(tmp_path):
    assert folder_state(tmp_path / "nowhere") == ""


# --- results ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def watching(engine, folder):
    """A stage's result that looked at a folder besides its inputs, as an evaluation does at images behind labels."""
    request = engine.request(f"watch {folder}")
    result = engine(f"watch {folder}")
    assert not result.fresh
    return request, engine.folder


def test_a_watched_folder_is_written_down_and_looked_at(watching, folder):
    request, out = watching
    known = json.loads(result_file("inspect", out).read_text(encoding="utf-8"))["watched"]
    assert known == {str(folder): folder_state(folder)}
    assert find_fresh(INSPECT, request, out, HashCache()) is not None
    written(folder / "new.jpg", b"new")
    assert find_fresh(INSPECT, request, out, HashCache()) is None


def test_a_watched_folder_that_is_gone_is_a_change(watching, folder):
    request, out = watching
    folder.rename(folder.with_name("moved"))
    assert find_fresh(INSPECT, request, out, HashCache()) is None


def test_a_change_in_a_watched_folder_makes_the_stage_run_again(engine, folder):
    engine(f"watch {folder}")
    assert engine(f"watch {folder}").fresh
    written(folder / "new.jpg", b"new")
    assert not engine(f"watch {folder}").fresh
    assert engine(f"watch {folder}").fresh


@pytest.mark.parametrize("name", ["weights.pt", "net_saved_model/variables/variables.data-00000-of-00001"])
def test_a_model_full_of_holes_is_not_hashed(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.truncate(path, (4 << 30) + 1)
    with pytest.raises(FileTooLarge) as caught:
        input_of(tmp_path / name.partition("/")[0], HashCache())
    assert (caught.value.path, caught.value.largest) == (path, "4.00 GiB")
