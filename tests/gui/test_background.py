"""Work off the GUI thread: whose answer counts, and in which order it is done."""

import threading
from types import SimpleNamespace

import pytest
import shiboken6
from event_loop import pause
from PySide6.QtCore import QObject

from n6studio.domain.errors.link import ConnectionRefused
from n6studio.ui import background
from n6studio.ui.background import Latest, one_thread, run_in_background
from n6studio.ui.frame import preference_store
from n6studio.ui.frame.preference_store import PreferenceStore
from n6studio.ui.frame.preferences import load_preferences
from n6studio.ui.pages.live.controller import LiveController


@pytest.fixture
def owner(application):
    made = QObject()
    yield made
    made.deleteLater()


def fail():
    raise OSError("gone")


@pytest.mark.parametrize("older", [lambda: "older", fail])
def test_an_answer_to_an_earlier_question_is_dropped(owner, wait, older):
    gate, told, failed = threading.Event(), [], []
    latest = Latest(owner)
    latest.ask(lambda: gate.wait(10) and older(), told.append, failed.append)
    latest.ask(lambda: "newer", told.append, failed.append)
    wait(lambda: told, "the newer answer")
    gate.set()
    pause(50)
    assert (told, failed) == (["newer"], [])
    latest.ask(fail, told.append, failed.append)
    wait(lambda: failed, "what went wrong")
    latest.ask(lambda: "unwanted", told.append)
    latest.forget()
    pause(50)
    assert told == ["newer"]


def test_who_is_gone_gets_no_answer_and_the_work_speaks_to_nothing_that_is_gone(application, wait):
    """The answer was a child of its owner: a page that closed could delete it while the work told it what it found."""
    gate, told, owner = threading.Event(), [], QObject()
    run_in_background(owner, lambda: gate.wait(10), told.append, told.append)
    work = background._started[-1]
    shiboken6.delete(owner)
    assert shiboken6.isValid(work._answer)
    gate.set()
    wait(lambda: not shiboken6.isValid(work._answer), "the end of the answer")
    assert work.ended
    assert told == []


def test_what_has_an_order_is_done_in_it_and_one_at_a_time(owner, wait):
    pool, done, busy = one_thread(owner), [], threading.Lock()

    def work(number):
        assert busy.acquire(blocking=False), "another is at work"
        threading.Event().wait(0.01 if number == 0 else 0)
        busy.release()
        return number

    for number in range(20):
        run_in_background(owner, lambda number=number: work(number), done.append, pool=pool)
    wait(lambda: len(done) == 20, "all of it")
    assert done == list(range(20))


def test_the_last_change_of_the_preferences_is_what_stays(application, tmp_path, monkeypatch):
    """A disk that is slow with the first change does not put it over later ones, nor over those at the end."""
    gate, save = threading.Event(), preference_store.save_preferences

    def slowly(changed, file):
        if changed.theme == "dark":
            gate.wait(10)
        save(changed, file)

    monkeypatch.setattr(preference_store, "save_preferences", slowly)
    store = PreferenceStore(tmp_path / "window.json")
    store.change(theme="dark")
    store.change(theme="light")
    threading.Timer(0.2, gate.set).start()
    store.save()
    pause(50)
    assert load_preferences(store.file).theme == "light"
    store.deleteLater()


def test_a_source_that_nobody_wants_any_more_is_no_failure(owner, wait):
    gate, failed = threading.Event(), []
    controller = LiveController(owner)
    controller.failed.connect(failed.append)

    def refused(address):
        gate.wait(10)
        raise ConnectionRefused(address=address, reason="nobody is there")

    controller.open("tcp:first:1", refused)
    controller.open("tcp:second:1", refused)
    gate.set()
    wait(lambda: failed, "the second's failure")
    assert [error.values["address"] for error in failed] == ["tcp:second:1"]
    assert controller.address == ""
    controller.close_down()


def test_figures_of_a_source_that_was_left_are_not_the_next_ones(owner):
    controller, told = LiveController(owner), []
    controller.figures_ready.connect(told.append)
    before, controller.session = SimpleNamespace(), SimpleNamespace()
    controller._got_figures(before, "of the one before")
    controller._got_figures(controller.session, "of this one")
    controller.session = None
    assert told == ["of this one"]
