"""What holds a stage's process back, tried from inside of it, each in a process of its own."""

import ctypes
import dataclasses
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from builders import n6, program_environment

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.models import ReaderDied, ReaderTooLarge, ReaderTooSlow
from n6studio.domain.errors.stages import StageDied
from n6studio.domain.stage import Limits
from n6studio.engine.jobs import child
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.inspect.stage import INSPECT, InspectSettings
from n6studio.stages.process.landlock import version
from n6studio.stages.process.sandbox import Walls
from n6studio.stages.registry import STAGES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls stand on Linux only")

TRY = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from n6studio.stages.process.sandbox import close_reading, put_up_walls
own, other = Path(sys.argv[1]), Path(sys.argv[2])
walls = put_up_walls([own], 2 * 2**30, 60)
if sys.argv[3] == "closed":
    walls = close_reading(walls, [own])
done = {"missing": walls.missing(), "reading": walls.reading}
def attempt(name, action):
    try:
        action()
        done[name] = "done"
    except (OSError, MemoryError) as error:
        done[name] = type(error).__name__
def own_files():
    (own / "a").write_text("1"); (own / "sub").mkdir(); (own / "a").rename(own / "sub" / "b")
    os.truncate(own / "sub" / "b", 0); (own / "sub" / "b").unlink(); (own / "sub").rmdir()
attempt("own", own_files)
attempt("write", lambda: (other / "new").write_text("1"))
attempt("change", lambda: (other / "secret").open("a"))
attempt("truncate", lambda: os.truncate(other / "secret", 0))
attempt("remove", lambda: (other / "secret").unlink())
attempt("rename", lambda: (other / "secret").rename(own / "secret"))
attempt("link", lambda: (own / "link").hardlink_to(other / "secret"))
attempt("read", lambda: (other / "secret").read_text())
attempt("tcp", socket.socket)
attempt("udp", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
attempt("desktop", lambda: socket.socket(socket.AF_UNIX))
attempt("inside", lambda: socket.socketpair())
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("other processes", lambda: os.readlink(f"/proc/{os.getppid()}/cwd"))
attempt("program", lambda: subprocess.run(["/bin/true"]))
attempt("memory", lambda: bytearray(3 * 2**30))
later = threading.Thread(target=lambda: attempt("thread", lambda: (other / "thread").write_text("1")))
later.start(); later.join()
print(json.dumps(done))
"""


def tried(tmp_path: Path, reading: str) -> dict[str, object]:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "secret").write_text("secret")
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(own), str(other), reading],
        env=program_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (other / "secret").read_text() == "secret"
    assert [path.name for path in other.iterdir()] == ["secret"]
    found: dict[str, object] = json.loads(done.stdout)
    if set(found.pop("missing")) - {"reading"}:
        pytest.skip("this kernel has neither Landlock nor seccomp")
    if found.pop("signal") == "done":  # the sixth version of Landlock forbids it
        assert version(ctypes.CDLL(None)) < 6
    return found


@pytest.mark.parametrize("reading", ["open", "closed"])
def test_only_its_own_folder_can_be_changed_and_nothing_be_reached(tmp_path, reading):
    found = tried(tmp_path, reading)
    assert found.pop("reading") is (reading == "closed")
    assert found.pop("read") == ("done" if reading == "open" else "PermissionError")
    assert found.pop("own") == "done"
    assert found.pop("inside") == "done"
    assert found.pop("memory") == "MemoryError"
    assert found.pop("rename") in ("PermissionError", "OSError")  # EXDEV where the kernel says so
    assert found.pop("link") in ("PermissionError", "OSError")
    assert {name for name, end in found.items() if end != "PermissionError"} == set()


def test_missing_walls_are_named():
    assert Walls(writing=True, reading=True, connections=True, programs=True, memory=1).missing() == ()
    assert Walls().missing() == ("writing", "reading", "network", "programs", "memory")


@pytest.fixture
def ask(tmp_path):
    """A request to inspect a file that is no model."""
    (tmp_path / "model.tflite").write_bytes(b"TFL3 no model")
    file = input_of(tmp_path / "model.tflite", HashCache())
    return make_request(INSPECT, InspectSettings(), {"model": (file,)})


def test_a_stage_is_held_back_and_its_log_says_how(ask, tmp_path):
    with pytest.raises(StudioError):
        run_stage(INSPECT, ask, tmp_path / "run", lambda _: None, threading.Event())
    log = (tmp_path / "run" / "inspect.log").read_text()
    assert "writing=True, reading=True, connections=True, programs=True" in log


BEGUN = 'import json, os, signal, time; print(json.dumps({"type": "hello", "version": 1, "stage": "", "pid": 1}));'


def dying(monkeypatch, how):
    """Let a stage's process be up and then do something."""
    monkeypatch.setattr(child, "worker_command", lambda: [sys.executable, "-u", "-c", f"{BEGUN} {how}"])


@pytest.mark.parametrize(
    ("how", "expected", "words"),
    [
        ("os.abort()", ReaderDied, "signal 6 (SIGABRT)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", ReaderDied, "signal 11 (SIGSEGV)"),
        ("os.kill(os.getpid(), signal.SIGBUS)", ReaderDied, "signal 7 (SIGBUS)"),
        ("os._exit(134)", ReaderDied, "exit code 134"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", ReaderTooSlow, "limit of 600 s"),
        ("import sys; sys.stderr.write('std::bad_alloc'); os.abort()", ReaderTooLarge, "limit of 2.00 GiB"),
    ],
)
def test_a_file_that_kills_its_reader_is_called_damaged(ask, tmp_path, monkeypatch, how, expected, words):
    dying(monkeypatch, how)
    with pytest.raises(expected) as caught:
        run_stage(INSPECT, ask, tmp_path / "run", lambda _: None, threading.Event())
    told = advice(caught.value)
    assert "probably damaged" in told.title
    assert "made the reader fail" in told.why
    assert words in told.why
    assert caught.value.exit_status == 3
    assert Path(caught.value.values["log"]) == tmp_path / "run" / "inspect.log"
    assert (tmp_path / "run" / "inspect.log").exists()


@pytest.mark.parametrize("how", ["os.kill(os.getpid(), signal.SIGKILL)", "os.kill(os.getpid(), signal.SIGTERM)"])
def test_a_reader_that_others_end_accuses_no_file(ask, tmp_path, monkeypatch, how):
    dying(monkeypatch, how)
    with pytest.raises(StageDied):
        run_stage(INSPECT, ask, tmp_path / "run", lambda _: None, threading.Event())


def test_a_process_that_never_was_up_accuses_no_file(ask, tmp_path, monkeypatch):
    monkeypatch.setattr(child, "worker_command", lambda: [sys.executable, "-c", "import os; os.abort()"])
    with pytest.raises(StageDied):
        run_stage(INSPECT, ask, tmp_path / "run", lambda _: None, threading.Event())


def test_a_reader_that_waits_for_ever_is_ended(ask, tmp_path, monkeypatch):
    dying(monkeypatch, "time.sleep(60)")
    hasty = dataclasses.replace(INSPECT, limits=Limits(2**30, 600, seconds=1.0))
    with pytest.raises(ReaderTooSlow) as caught:
        run_stage(hasty, ask, tmp_path / "run", lambda _: None, threading.Event())
    assert caught.value.seconds == 1


def test_the_processor_time_of_a_reader_is_really_limited(tmp_path):
    code = (
        "from n6studio.stages.process.sandbox import put_up_walls\n"
        "assert put_up_walls([], 2**30, 1).seconds == 1\n"
        "while True: pass"
    )
    done = subprocess.run([sys.executable, "-c", code], env=program_environment(), check=False, timeout=30)
    assert done.returncode == -signal.SIGXCPU


GIVEN_NOTHING = {"untrained"}  # reads no file of anybody's, so none can be what its process dies of


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"deploy"} - GIVEN_NOTHING))
def test_every_stage_names_what_its_process_may_die_of(name, ask, tmp_path, monkeypatch):
    stage, file = STAGES[name], ask.inputs["model"]
    assert stage.reads
    request = make_request(stage, stage.settings(), dict.fromkeys(reversed(stage.reads), file))
    dying(monkeypatch, "os.abort()")
    with pytest.raises(ReaderDied):
        run_stage(stage, request, tmp_path / "run", lambda _: None, threading.Event())


@pytest.mark.slow
def test_flipped_bytes_neither_fill_the_memory_nor_kill_the_reader_in_silence(shared, tmp_path):
    for name, place, value in (
        ("yolov8n_256_quant_pt_uf_pose_coco-st", 3382006, 64),
        ("yolov8n_192_quant_pc_uf_pose_coco-st", 3326280, 141),
    ):
        data = bytearray((shared / "models" / "st" / f"{name}.tflite").read_bytes())
        data[place] = value
        (tmp_path / "flipped.tflite").write_bytes(data)
        done = n6("inspect", tmp_path / "flipped.tflite", "--json", cwd=tmp_path)
        assert done.code == 3
        assert done.data["error"]["code"] in ("N6S-M10", "N6S-M14", "N6S-M15")
        assert "damaged" in done.data["error"]["title"]


@pytest.mark.parametrize("entry", ["n6studio.stages.__main__", "n6studio.virtual.__main__"])
def test_nothing_has_begun_a_thread_before_the_walls_stand(entry):
    """Walls hold the thread that puts them up and those that it begins; numpy's and OpenCV's would stay outside."""
    code = f"import os, sys, {entry}; print(len(os.listdir('/proc/self/task')), *{{'numpy', 'cv2'}} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1"]
