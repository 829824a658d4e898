"""What holds the processes of the virtual board, of host inference and of videos back, tried from inside of each."""

import json
import subprocess
import sys

import pytest
from builders import program_environment

TRY = """
import json, os, pty, socket, subprocess, sys, tempfile
from pathlib import Path
kind, folder = sys.argv[1], Path(sys.argv[2])
own = folder / "own"
tempfile.tempdir = str(own)
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.virtual.walls import hold_board, hold_camera, hold_device, hold_film, hold_inference
listener = socket.create_server(("127.0.0.1", 0))
if kind == "infer":
    walls = hold_inference(folder / "model.tflite")
elif kind == "netcam":
    walls = hold_camera()
elif kind == "device":
    walls = hold_device(0)
elif kind == "film":
    walls = hold_film(folder / "model.tflite")
else:
    walls = hold_board(VirtualBoardSettings(
        model=str(folder / "model.tflite"), flash=str(folder / "flash"), camera=str(folder / "images"), transport=kind,
        link=str(folder / "links" / "board"),
    ))
done = {"missing": walls.missing()}
def attempt(name, action):
    try:
        action()
        done[name] = "done"
    except OSError as error:
        done[name] = type(error).__name__
attempt("model", lambda: (folder / "model.tflite").read_bytes())
attempt("own", lambda: (own / "a").write_text("1"))
attempt("beside", lambda: (folder / "secret").read_text())
attempt("write", lambda: (folder / "new").write_text("1"))
attempt("change model", lambda: (folder / "model.tflite").write_text("1"))
attempt("flash", lambda: (folder / "flash" / "sector").write_text("1"))
attempt("camera", lambda: (folder / "images" / "1.jpg").read_bytes())
attempt("link", lambda: (folder / "links" / "board").symlink_to("/dev/pts/1"))
attempt("terminal", pty.openpty)
attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
attempt("call", lambda: socket.create_connection(listener.getsockname(), timeout=5))
attempt("desktop", lambda: socket.socket(socket.AF_UNIX))
attempt("program", lambda: subprocess.run(["/bin/true"]))
print(json.dumps(done))
"""
ALWAYS = {"model", "own"}
NEVER = {"beside", "write", "change model", "call", "desktop", "program"}
OF_A_BOARD = {"flash", "camera", "link", "terminal"}


@pytest.mark.skipif(sys.platform != "linux", reason="walls stand on Linux only")
@pytest.mark.parametrize(
    ("kind", "possible"),
    [
        ("infer", ALWAYS),
        ("film", ALWAYS),
        ("netcam", {"own", "call", "listen"}),
        ("device", {"own"}),
        ("pty", ALWAYS | OF_A_BOARD),
        ("tcp", ALWAYS | OF_A_BOARD | {"listen"}),
    ],
)
def test_only_what_a_process_is_for_can_be_done(tmp_path, kind, possible):
    for name in ("own", "flash", "images", "links"):
        (tmp_path / name).mkdir()
    for name in ("model.tflite", "secret", "images/1.jpg"):
        (tmp_path / name).write_text(name)
    done = subprocess.run(
        [sys.executable, "-c", TRY, kind, str(tmp_path)],
        env=program_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    if found.pop("missing"):
        pytest.skip("this kernel has neither Landlock nor seccomp")
    assert set(found) == ALWAYS | NEVER | OF_A_BOARD | {"listen"}
    assert {name for name, end in found.items() if end == "done"} == possible
