"""A command of this program in a process of its own: its answer, its errors, its progress, and its end."""

import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from own_time import OwnTime

from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.stages import Cancelled, StageDied
from n6studio.engine.jobs import command
from n6studio.engine.jobs.command import run_command

SPEAKS = """
import json, sys
print("[1/2] work", file=sys.stderr, flush=True)
print("\\x1b[31m[2/2]", "more", file=sys.stderr, flush=True)
print(json.dumps({"ok": True, "outputs": {"table": " ".join(sys.argv[1:])}, "more": 1}))
"""
DIES = "import sys; print('no room for it', file=sys.stderr); sys.exit(3)"
WAITS = """
import signal, subprocess, sys, time
if {deaf}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""


def gone(pid):
    """Return whether a process ends within seconds; one that nobody buries counts as ended."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def stands_in(monkeypatch):
    """Return what lets a script stand in for the program."""
    return lambda code: monkeypatch.setattr(command, "program", lambda: [sys.executable, "-c", code])


def test_its_answer_and_its_progress(stands_in, tmp_path):
    stands_in(SPEAKS)
    lines = []
    answer = run_command(["explore", "a.pt"], tmp_path, lines.append, threading.Event())
    assert answer == {"table": Path("explore a.pt --json")}
    assert lines[0] == "[1/2] work"
    assert "\x1b" not in lines[1], "nothing of a terminal's"
    assert "[2/2] more" in lines[1]


def test_what_ends_without_a_word_has_died(stands_in, tmp_path):
    stands_in(DIES)
    with pytest.raises(StageDied, match="no room for it") as told:
        run_command(["explore"], tmp_path, lambda _: None, threading.Event())
    assert Path(told.value.values["log"]).name == "n6studio.log", "a report of it needs one"


def test_what_cannot_be_started_is_told(tmp_path, monkeypatch):
    with pytest.raises(FileMissing):
        run_command(["explore"], tmp_path / "gone", lambda _: None, threading.Event())
    monkeypatch.setattr(command, "program", lambda: [str(tmp_path / "no-python")])
    with pytest.raises(StageDied, match="No such file"):
        run_command(["explore"], tmp_path, lambda _: None, threading.Event())


def test_errors_of_the_real_program_are_its_own(tmp_path):
    with pytest.raises(FileMissing) as told:
        run_command(["inspect", str(tmp_path / "none.pt")], tmp_path, lambda _: None, threading.Event())
    assert told.value.values["path"] == str(tmp_path / "none.pt")


@pytest.mark.parametrize("deaf", [False, True])
def test_it_is_ended_with_all_that_it_started(stands_in, tmp_path, monkeypatch, deaf):
    monkeypatch.setattr(command, "GRACE_SECONDS", 0.3)
    stands_in(WAITS.format(deaf=deaf))
    cancel, pids = threading.Event(), []

    def told(line):
        pids.append(int(line))
        cancel.set()

    own = OwnTime()
    with pytest.raises(Cancelled):
        run_command(["explore"], tmp_path, told, cancel)
    assert own.seconds < 30
    assert gone(pids[0])
