"""A stage's whole life, with a small stage in the place of the heavy ones."""

import json
import os
import signal

import psutil
import pytest
from builders import assert_tidy, contents
from own_time import OwnTime

from n6studio.domain.errors.files import Busy, DiskFull, NameTaken
from n6studio.domain.errors.models import CheckpointDamaged
from n6studio.domain.errors.stages import (
    Cancelled,
    NotEnoughMemory,
    StageBug,
    StageDied,
)
from n6studio.domain.messages import Hello, StepBegan
from n6studio.engine.jobs import child, ends
from n6studio.engine.jobs.ends import End
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import find_fresh, holding, load_result, result_file
from n6studio.stages.inspect.stage import INSPECT


def test_result(engine):
    result = engine("finish hello")
    assert not result.fresh
    assert result.outputs["text"].read_text() == "hello"
    assert (result.outputs["tree"] / "leaf.txt").read_text() == "hello"
    assert result.warnings == ("mind the gap",)
    assert [type(message) for message in engine.messages] == [Hello, StepBegan]
    assert engine.names == ["inspect.log", "inspect.result.json", "result.txt", "tree"]
    again = load_result(INSPECT, engine.folder)
    assert again is not None
    assert (again.request, again.outputs, again.figures) == (result.request, result.outputs, result.figures)


def test_garbage_between_the_messages_is_passed_over_logged_and_told(engine, caplog):
    result = engine("garbage")
    assert result.outputs["text"].is_file()
    assert result.warnings == ("mind the gap", "its process sent 9 lines that N6 Studio cannot read")
    assert len(caplog.records) == 9
    assert "inspect sent what is no message" in caplog.records[0].getMessage()
    assert "Downloading 12%" in caplog.records[0].getMessage()
    assert [type(message) for message in engine.messages] == [Hello, StepBegan]


def test_figures_of_the_wrong_type_are_the_stages_fault(engine):
    with pytest.raises(StageBug) as caught:
        engine("misfigure")
    assert "figures cannot be read" in caught.value.summary
    assert "$.size_bytes" in caught.value.summary
    assert caught.value.log == str(engine.folder / "inspect.log")
    assert engine.names == ["inspect.log"]


def test_same_request_is_not_run_twice(engine):
    engine("finish hello")
    engine.messages.clear()
    assert engine("finish hello").fresh
    assert engine.messages == []
    assert not engine("finish hello", force=True).fresh
    assert engine.messages


def test_other_contents_run_again_and_replace(engine):
    engine("finish one")
    result = engine("finish two")
    assert not result.fresh
    assert (result.outputs["tree"] / "leaf.txt").read_text() == "two"
    assert_tidy(engine.folder)


@pytest.mark.parametrize("harm", ["change", "remove", "inside", "description"])
def test_tampered_result_is_not_fresh(engine, harm):
    request = engine.request("finish hello")
    result = engine("finish hello")
    if harm == "change":
        result.outputs["text"].write_text("other")
    elif harm == "remove":
        result.outputs["text"].unlink()
    elif harm == "inside":
        (result.outputs["tree"] / "more.txt").write_text("more")
    else:
        result_file("inspect", engine.folder).write_text('{"request": [1]}')
    from n6studio.engine.jobs.hashing import HashCache

    assert find_fresh(INSPECT, request, engine.folder, HashCache()) is None
    assert not engine("finish hello").fresh


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", '{"request": {"inputs": []}}', '{"request": null}'])
def test_damaged_description_counts_as_none(engine, text, caplog):
    engine.folder.mkdir()
    result_file("inspect", engine.folder).write_text(text)
    assert load_result(INSPECT, engine.folder) is None
    assert "inspect.result.json is no whole result" in caplog.text


@pytest.mark.parametrize(
    ("role", "change", "read"),
    [
        ("figures", {"size_bytes": None}, False),
        ("figures", {"size_bytes": "7"}, False),
        ("figures", {"family": 5}, False),
        ("figures", {"verdict": {"state": "ready"}}, False),
        ("figures", {"from_the_future": [1]}, True),
        ("request", {"tools": {"n6studio": 1}}, False),
        ("request", {"note": "from the future"}, True),
    ],
)
def test_stored_results_are_strict_in_types_and_leave_out_unknown_names(engine, role, change, read):
    engine("finish hello")
    path = result_file("inspect", engine.folder)
    content = json.loads(path.read_text())
    content[role] |= change
    path.write_text(json.dumps(content))
    known = load_result(INSPECT, engine.folder)
    assert (known is not None) == read
    assert not read or known.figures.format == "onnx"


def test_a_result_of_an_earlier_release_lacks_what_came_later(engine):
    engine("finish hello")
    path = result_file("inspect", engine.folder)
    content = json.loads(path.read_text())
    for name in ("watched", "finished", "fingerprint", "schema"):
        del content[name]
    path.write_text(json.dumps(content))
    known = load_result(INSPECT, engine.folder)
    assert known is not None
    assert known.finished == ""
    assert known.figures.published_missing == ""
    assert known.from_elsewhere, "nor is it signed"
    assert find_fresh(INSPECT, engine.request("finish hello"), engine.folder, HashCache()) is None


def test_reported_error_comes_back_as_it_was(engine):
    error = CheckpointDamaged(path="best.pt", reason="it is cut short")
    with pytest.raises(CheckpointDamaged) as caught:
        engine("error " + json.dumps(error.to_message()))
    assert caught.value.values == error.values


@pytest.mark.parametrize("message", [{"code": "N6S-Z99", "fields": {}}, {"code": "N6S-M01", "fields": {"a": 1}}, {}])
def test_error_of_no_known_form_is_a_bug_with_a_log(engine, message):
    with pytest.raises(StageBug) as caught:
        engine("error " + json.dumps(message))
    assert caught.value.values["log"] == str(engine.folder / "inspect.log")


@pytest.mark.parametrize(
    ("words", "how"),
    [
        ("abort", "signal 6 (SIGABRT)"),
        ("signal 9", "signal 9 (SIGKILL)"),
        ("signal 11", "signal 11 (SIGSEGV)"),
        ("exit 0", "exit code 0"),
        ("exit 3", "exit code 3"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_death_without_a_word(engine, words, how):
    engine("finish earlier")
    before = contents(engine.folder)
    with pytest.raises(StageDied) as caught:
        engine(words)
    assert caught.value.values["how"] == how
    assert caught.value.values["log"] == str(engine.folder / "inspect.log")
    assert contents(engine.folder) == before
    assert_tidy(engine.folder)


def test_death_after_garbage_tells_of_it(engine):
    with pytest.raises(StageDied) as caught:
        engine("babble")
    assert caught.value.values["how"] == "exit code 3; its process sent 1 line that N6 Studio cannot read"


@pytest.mark.parametrize("words", ["std::bad_alloc", "MemoryError", "OOM when allocating tensor"])
def test_failed_allocation(engine, words):
    with pytest.raises(NotEnoughMemory):
        engine(f"print {words}")


@pytest.mark.skipif(os.name == "nt", reason="only Linux counts its victims")
def test_victim_of_the_kernel_when_memory_is_short(engine, tmp_path, monkeypatch):
    counter = tmp_path / "vmstat"
    counter.write_text("pgfault 12\noom_kill 0\n")
    monkeypatch.setattr(ends, "OOM_COUNTERS", (counter, tmp_path / "nowhere"))
    with pytest.raises(NotEnoughMemory) as caught:
        engine(f"victim {counter}")
    assert caught.value.exit_status == 4
    with pytest.raises(StageDied):  # the counter stood still this time
        engine("signal 9")


def test_death_on_a_full_disk(engine, monkeypatch):
    monkeypatch.setattr(ends, "is_full", lambda folder: True)
    with pytest.raises(DiskFull):
        engine("exit 3")


@pytest.mark.parametrize(
    ("words", "grace", "longest"),
    [("wait", 60.0, 30.0), *(pytest.param(words, 3.0, 9.0, marks=pytest.mark.slow) for words in ("stubborn", "deaf"))],
)
def test_cancel(engine, words, grace, longest, monkeypatch):
    """Who listens ends by itself; who does not is ended after some grace."""
    monkeypatch.setattr(child, "CANCEL_GRACE_SECONDS", grace)
    engine("finish earlier")
    before = contents(engine.folder)
    engine.on_message = lambda message: engine.cancel.set() if isinstance(message, StepBegan) else None
    own = OwnTime()
    with pytest.raises(Cancelled):
        engine(words)
    assert own.seconds < longest
    assert psutil.Process().children() == []
    assert contents(engine.folder) == before
    assert_tidy(engine.folder)


def test_nothing_is_left_when_the_listener_fails(engine):
    def fail(message):
        raise RuntimeError("window closed")

    engine.on_message = fail
    with pytest.raises(RuntimeError, match="window closed"):
        engine("wait")
    assert psutil.Process().children() == []
    assert_tidy(engine.folder)


def test_leftovers_of_a_killed_engine_are_removed(engine):
    (engine.folder / ".inspect.partial" / "scratch").mkdir(parents=True)
    (engine.folder / ".inspect.partial" / "half.bin").write_bytes(b"half")
    engine("finish hello")
    assert_tidy(engine.folder)


def test_folder_is_held_once(tmp_path):
    with holding(tmp_path):
        with pytest.raises(Busy) as caught, holding(tmp_path):
            pass
        assert caught.value.exit_status == 8
    with holding(tmp_path):
        pass


def test_output_folder_that_is_a_file(engine):
    engine.folder.write_text("in the way")
    with pytest.raises(NameTaken):
        engine("finish hello")
    assert engine.folder.read_text() == "in the way"


def test_output_in_the_way_of_a_folder_is_replaced(engine):
    engine.folder.mkdir()
    (engine.folder / "tree").write_text("a file where a folder goes")
    with pytest.raises(NameTaken):
        engine("finish hello")
    assert (engine.folder / "tree").read_text() == "a file where a folder goes"
    assert_tidy(engine.folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_signals_of_this_machine_have_names():
    assert End(-signal.SIGBUS).text == f"signal {int(signal.SIGBUS)} (SIGBUS)"
    assert End(-250).text == "signal 250 (unknown)"
