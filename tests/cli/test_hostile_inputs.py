"""The real commands on files that attack: each ends soon, with a named error, and says what to do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from own_time import OwnTime

from n6studio.domain.errors.base import ExitCode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no named pipes, devices or signals as here")
SECONDS = 30  # with two cores that others use, too; alone each takes less than one


def started(folder, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "n6studio", *map(str, words)],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(folder, *words):
    """Run a command and return its exit code and what it says."""
    process = started(folder, *words)
    try:
        text = process.communicate(timeout=SECONDS)[0]
    finally:
        process.kill()
    return process.returncode, text


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["inspect", "{}"], "/dev/zero"),
        (["export", "{}"], "link"),
        (["quantize", "--config", "{}"], "pipe"),
        (["evaluate", "m.onnx", "--data", "{}"], "link"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path, words, place):
    """As a process; `test_special_files.py` has every command on everything."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "m.onnx").write_bytes(b"x")
    code, text = told(tmp_path, *(word.format(place) for word in words))
    assert code == ExitCode.INPUT
    assert "is not a file [N6S-I05]" in text


def test_a_project_whose_model_is_a_device(tmp_path):
    (tmp_path / "project.n6.yaml").write_text("schema: 2\nmodel: /dev/zero\n")
    code, text = told(tmp_path, "run", tmp_path)
    assert code == ExitCode.INPUT
    assert "/dev/zero is not a file [N6S-I05]" in text


def wait_until_open(process, name):
    """Wait until a process reads the file, so that it is stopped while it does; on other systems, some seconds."""
    folder, deadline = Path(f"/proc/{process.pid}/fd"), time.monotonic() + 60
    if not folder.is_dir():
        time.sleep(3)
    while folder.is_dir() and not any(os.path.realpath(link).endswith(name) for link in folder.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline, f"{name} was not opened"
        time.sleep(0.05)
    assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", ["inspect", "run"])
def test_hashing_stops_when_told(tmp_path, command, number):
    """As many bytes as a model may have take seconds, and are holes on the disk."""
    with (tmp_path / "model.pt").open("wb") as stream:
        stream.truncate(4 << 30)
    (tmp_path / "project.n6.yaml").write_text("schema: 2\nmodel: model.pt\n")
    process = started(tmp_path, command, "model.pt" if command == "inspect" else ".")
    wait_until_open(process, "model.pt")
    own = OwnTime()
    process.send_signal(number)
    text = process.communicate(timeout=SECONDS)[0]
    assert own.seconds < 5
    assert process.returncode == ExitCode.CANCELLED, text
    assert "Cancelled" in text
