"""How a result gets its final names, without a process of its own: what is refused, finished later, or left alone."""

import dataclasses
import errno
import importlib.metadata
import json
import os
import re
import shutil
import threading

import filelock
import msgspec
import pytest
from own_time import OwnTime

from n6studio import __version__
from n6studio.domain.errors.files import Busy, DiskFull, NameTaken, NotWritable, PathRefused, WriteFailed
from n6studio.domain.errors.models import ReaderDied
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import StageOutcome
from n6studio.engine.jobs import run
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import find_fresh, holding, load_result, make_request, run_stage, run_step, stopping
from n6studio.stages.inspect.stage import INSPECT, InspectSettings
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings


class Found(msgspec.Struct, frozen=True):
    word: str


class Made:
    name, figures = "made", Found


def request(word: str) -> StageRequest:
    return StageRequest("made", {"word": word}, {}, {})


def make(folder, word, **options):
    """Publish a result of one file; others may be given as `outputs`, with what makes them."""
    outputs = options.pop("outputs", {"text": "made.txt"})
    more = options.pop("more", lambda partial: None)
    watched = options.pop("watched", ())

    def do(partial, log):
        (partial / "made.txt").write_text(word)
        more(partial)
        return StageOutcome(outputs, Found(word), ("mind the gap",), {"maker": "1"}, watched)

    return run_step(Made(), request(word), folder, do, **options)


def never(partial, log):
    raise AssertionError("it is done already")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


def text_of(folder) -> str:
    """Return which result lies there under its final names, without looking at it through the program."""
    described = json.loads((folder / "made.result.json").read_text())["figures"]["word"]
    assert (folder / "made.txt").read_text() == described
    return described


@pytest.fixture
def interrupted(folder, tmp_path):
    """An old result, and a new one that is declared whole and has not got its names yet."""
    make(folder, "old")
    make(tmp_path / "other", "new")
    whole = folder / ".made.whole"
    whole.mkdir()
    for name in ("made.txt", "made.result.json"):
        shutil.copy(tmp_path / "other" / name, whole / name)
    assert text_of(folder) == "old"
    return folder


# --- once ------------------------------------------------------------------------------------------------------------


def test_a_result(folder):
    result = make(folder, "word")
    assert (result.folder, result.outputs) == (folder, {"text": folder / "made.txt"})
    assert (result.figures, result.warnings, result.versions) == (Found("word"), ("mind the gap",), {"maker": "1"})
    assert not result.fresh
    names = [".publishing.lock", "made.log", "made.result.json", "made.txt"]
    assert sorted(path.name for path in folder.iterdir()) == names
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
    assert re.fullmatch(moment + " made\n", (folder / "made.log").read_text())
    assert re.fullmatch(moment, result.finished)
    assert text_of(folder) == "word"


def test_the_error_that_ends_a_step_stands_in_its_log(folder):
    def fails(partial, log):
        log.write_text(log.read_text() + "the tool's own words\n")
        raise DiskFull(path="/a/full/disk")

    def cancelled(partial, log):
        raise Cancelled(stage="made")

    with pytest.raises(DiskFull):
        run_step(Made(), request("word"), folder, fails)
    kept = (folder / "made.log").read_text()
    assert "the tool's own words\n" in kept
    assert "/a/full/disk" in kept.rpartition(" failed: ")[2]
    with pytest.raises(Cancelled):
        run_step(Made(), request("word"), folder, cancelled)
    assert "failed" not in (folder / "made.log").read_text()


def test_nothing_is_done_twice(folder):
    make(folder, "word")
    known = run_step(Made(), request("word"), folder, never)
    assert (known.fresh, known.figures) == (True, Found("word"))
    assert make(folder, "other").figures == Found("other")
    assert not make(folder, "other", force=True).fresh
    with pytest.raises(AssertionError, match="done already"):
        run_step(Made(), request("other"), folder, never, force=True)


def test_folders_are_told_from_the_root(folder, monkeypatch):
    folder.parent.mkdir(exist_ok=True)
    monkeypatch.chdir(folder.parent)
    result = make(folder.relative_to(folder.parent), "word")
    assert result.folder == folder
    assert result.outputs == {"text": folder / "made.txt"}


class Remembering(HashCache):
    """A memory of digests that remembers what it was asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def file(self, path, *limit):
        self.asked.append(path.name)
        return super().file(path, *limit)


def test_digests_are_asked_of_the_memory_that_is_given(folder):
    memory = Remembering()
    make(folder, "word", hashes=memory)
    assert memory.asked == ["made.txt"]
    assert find_fresh(Made(), request("word"), folder, memory) is not None
    assert memory.asked == ["made.txt"] * 2


def test_a_stage_asks_the_memory_that_is_given(engine):
    memory = Remembering()
    engine("finish hello", hashes=memory)
    assert "result.txt" in memory.asked


def test_the_file_that_a_stage_dies_of_is_named(engine):
    asked = engine.request("signal 11")
    files = asked.inputs["words"]
    asked = make_request(INSPECT, InspectSettings(), {"model": files * 2, "other": (InputFile("other", ""),)})
    with pytest.raises(ReaderDied) as raised:
        run_stage(INSPECT, asked, engine.folder, engine.on_message, engine.cancel)
    assert raised.value.files == (files[0].path,)


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_settings_are_those_of_the_stage():
    with pytest.raises(TypeError, match="inspect takes InspectSettings"):
        make_request(INSPECT, QuantizeSettings(), {})


def test_versions_of_what_changes_a_result_are_asked_for():
    stage = dataclasses.replace(QUANTIZE, tools=("numpy", "no-such-package", "msgspec"))
    assert make_request(stage, QuantizeSettings(), {}).tools == {
        "n6studio": __version__,
        "numpy": importlib.metadata.version("numpy"),
        "msgspec": importlib.metadata.version("msgspec"),
    }


def test_reading_can_be_stopped(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    cancel = threading.Event()
    with stopping(cancel, "made"):
        input_of(tmp_path / "file", HashCache())
        cancel.set()
        with pytest.raises(Cancelled) as raised:
            input_of(tmp_path / "file", HashCache())
    assert raised.value.stage == "made"
    input_of(tmp_path / "file", HashCache())


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../outside", "/outside", ""])
def test_an_output_lies_in_the_folder(folder, name):
    make(folder, "old")
    with pytest.raises(PathRefused):
        make(folder, "new", outputs={"text": name})
    assert text_of(folder) == "old"
    assert not (folder / ".made.partial").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_an_output_is_no_link(folder, tmp_path):
    make(folder, "old")
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(PathRefused):
        make(
            folder,
            "new",
            outputs={"link": "link"},
            more=lambda partial: (partial / "link").symlink_to(tmp_path / "secret"),
        )
    assert text_of(folder) == "old"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_an_output_is_not_written_through_a_link(folder, tmp_path):
    make(folder, "old")
    (tmp_path / "elsewhere").mkdir()
    (folder / "tree").symlink_to(tmp_path / "elsewhere")

    def more(partial):
        (partial / "tree").mkdir()
        (partial / "tree" / "leaf").write_text("leaf")

    with pytest.raises(PathRefused):
        make(folder, "new", outputs={"leaf": "tree/leaf"}, more=more)
    assert text_of(folder) == "old"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_outputs_that_lie_within_each_other_are_refused(folder):
    def more(partial):
        (partial / "tree").mkdir()
        (partial / "tree" / "leaf").write_text("leaf")

    with pytest.raises(WriteFailed):
        make(folder, "new", outputs={"tree": "tree", "leaf": "tree/leaf"}, more=more)
    assert load_result(Made(), folder) is None


def test_what_is_in_the_way_is_told(folder):
    """A file where the work should be done: that is the error, not what comes of clearing up."""
    folder.mkdir(parents=True)
    (folder / ".made.partial").write_text("in the way")
    with pytest.raises(NameTaken):
        make(folder, "word")


def test_a_folder_is_held_once_and_nobody_waits(folder):
    folder.mkdir(parents=True)
    with holding(folder):
        own = OwnTime()
        with pytest.raises(Busy), holding(folder):
            pass
        assert own.seconds < 0.9
    with holding(folder):
        pass


def test_a_folder_that_cannot_be_held_is_told(folder):
    (folder / ".n6studio.lock").mkdir(parents=True)
    with pytest.raises(NotWritable), holding(folder):
        raise AssertionError("it is not held")


def test_a_description_of_more_than_64_mib_is_not_read(folder, caplog):
    make(folder, "word")
    os.truncate(folder / "made.result.json", (64 << 20) + 1)
    assert load_result(Made(), folder) is None
    assert "malformed" not in caplog.text
    os.truncate(folder / "made.result.json", 5)
    assert load_result(Made(), folder) is None
    assert "truncated" in caplog.text


# --- interrupted -----------------------------------------------------------------------------------------------------


def test_what_was_declared_whole_is_finished_when_it_is_looked_at(interrupted):
    assert load_result(Made(), interrupted).figures == Found("new")
    assert text_of(interrupted) == "new"
    assert not (interrupted / ".made.whole").exists()
    assert run_step(Made(), request("new"), interrupted, never).fresh


def test_what_was_declared_whole_is_finished_before_other_work_begins(interrupted):
    with pytest.raises(AssertionError, match="done already"):
        run_step(Made(), request("third"), interrupted, never, force=True)
    assert text_of(interrupted) == "new"
    assert not (interrupted / ".made.whole").exists()
    assert not (interrupted / ".made.partial").exists()


def test_who_gives_the_names_finishes_it(interrupted):
    with filelock.FileLock(interrupted / ".publishing.lock"):
        assert load_result(Made(), interrupted).figures == Found("old")
    assert text_of(interrupted) == "old"
    assert load_result(Made(), interrupted).figures == Found("new")


def test_half_of_it_may_have_its_name_already(interrupted):
    (interrupted / ".made.whole" / "made.txt").replace(interrupted / "made.txt")
    assert load_result(Made(), interrupted).figures == Found("new")
    assert text_of(interrupted) == "new"


def test_nothing_without_a_description_is_published(interrupted):
    (interrupted / ".made.whole" / "made.result.json").unlink()
    assert load_result(Made(), interrupted).figures == Found("old")
    assert not (interrupted / ".made.whole").exists()
    (interrupted / ".made.whole").mkdir()
    assert make(interrupted, "third").figures == Found("third")


def test_nothing_that_others_declared_is_published(interrupted):
    description = interrupted / ".made.whole" / "made.result.json"
    description.write_text(description.read_text().replace("mind the gap", "mind the dog"))
    assert load_result(Made(), interrupted).figures == Found("old")
    assert text_of(interrupted) == "old"
    assert not (interrupted / ".made.whole").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("what", ["a link to a folder", "a link to nothing", "a file", "a pipe"])
def test_what_is_no_folder_is_removed_and_not_followed(folder, tmp_path, what):
    make(folder, "old")
    make(tmp_path / "other", "new")
    whole = folder / ".made.whole"
    if what == "a file":
        whole.write_text("file")
    elif what == "a pipe":
        os.mkfifo(whole)
    else:
        whole.symlink_to(tmp_path / ("other" if "folder" in what else "nowhere"))
    assert load_result(Made(), folder).figures == Found("old")
    assert not os.path.lexists(whole)
    assert text_of(tmp_path / "other") == "new"
    assert text_of(folder) == "old"


def test_what_cannot_be_read_is_kept_for_the_next_time(interrupted, monkeypatch):
    """A disk that fails is nothing that a test machine has."""
    read = run.read_bytes

    def failing(path, largest):
        if path.parent.name == ".made.whole":
            raise OSError(errno.EIO, "the disk fails")
        return read(path, largest)

    monkeypatch.setattr(run, "read_bytes", failing)
    with pytest.raises(NotWritable, match=r"made\.result\.json cannot be read"):
        make(interrupted, "third", force=True)
    assert load_result(Made(), interrupted).figures == Found("old")
    monkeypatch.undo()
    assert load_result(Made(), interrupted).figures == Found("new")


def test_a_watched_folder_is_looked_at(folder, tmp_path):
    (tmp_path / "images").mkdir()
    make(folder, "word", watched=(str(tmp_path / "images"),))
    assert find_fresh(Made(), request("word"), folder, HashCache()) is not None
    (tmp_path / "images" / "one.jpg").touch()
    assert find_fresh(Made(), request("word"), folder, HashCache()) is None


def test_what_lies_in_a_project_is_watched_wherever_the_project_moves(tmp_path):
    project, outside = tmp_path / "project", tmp_path / "outside"
    folder, images = project / "runs/made/1", project / "images"
    for place in (folder, images, outside):
        place.mkdir(parents=True)
    (project / "project.n6.yaml").touch()
    (images / "one.jpg").touch()
    make(folder, "word", watched=(str(images), str(outside)))
    assert set(json.loads((folder / "made.result.json").read_text())["watched"]) == {"../../../images", str(outside)}
    moved = project.rename(tmp_path / "moved")
    there = moved / "runs/made/1"
    assert find_fresh(Made(), request("word"), there, HashCache()) is not None
    (moved / "images/two.jpg").touch()
    assert find_fresh(Made(), request("word"), there, HashCache()) is None


def test_who_looks_while_a_result_is_published_does_not_disturb_it(folder):
    """A window reads results whenever it likes, also while another thread or program gives one its names."""
    over, seen = threading.Event(), []

    def look():
        while not over.is_set():
            if (known := load_result(Made(), folder)) is not None:
                seen.append(known.figures.word)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for index in range(40):
            assert make(folder, f"take {index}", force=True).figures.word == f"take {index}"
    finally:
        over.set()
        watcher.join()
    assert load_result(Made(), folder).figures.word == "take 39"
    assert (folder / "made.txt").read_text() == "take 39"
    assert [path.name for path in folder.iterdir() if "whole" in path.name or "partial" in path.name] == []


def test_who_holds_a_folder_publishes_into_it(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with holding(folder):
        assert make(folder, "held").figures.word == "held"
