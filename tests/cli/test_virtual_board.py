"""The command ``virtual-board``, as it is typed."""

import json
import signal
import socket
import subprocess
import sys

import msgspec
import psutil
import pytest
from builders import PROGRAM, assert_told, image_folder, n6, program_environment
from builders_tflite import build_tflite
from figures import quantized

from n6studio.cli.work.virtual_board import model_for_board
from n6studio.domain.errors.link import NoModelForBoard
from n6studio.domain.virtual_board import beyond_this_computer
from n6studio.engine.project.carried import demo_model
from n6studio.link.wire.parser import StreamParser

pytestmark = pytest.mark.slow  # whole programs and windows at work


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return build_tflite(tmp_path_factory.mktemp("model") / "small.tflite")


def test_it_streams_until_ctrl_c_and_takes_typed_faults(model, tmp_path):
    process = subprocess.Popen(
        [*PROGRAM, "virtual-board", "--json", "--model", str(model), "--transport", "tcp", "--width", "160",
         "--height", "96"],
        cwd=tmp_path, env=program_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    hello = json.loads(process.stdout.readline())
    assert (hello["ok"], hello["type"], hello["size"]) == (True, "hello", [64, 64])
    host, port = hello["address"].removeprefix("tcp://").split(":")
    parser, frames = StreamParser(), []
    with socket.create_connection((host, int(port)), timeout=10) as stream:
        while len(frames) < 5:
            frames += parser.feed(stream.recv(1 << 16))
        process.stdin.write("black\ndance\n")
        process.stdin.flush()
        said = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert all(frame.results for frame in frames)
    assert [message["type"] for message in said] == ["connected", "faults", "refused"]
    process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)
    assert process.wait(20) == 0
    assert json.loads(process.stdout.read().splitlines()[-1])["type"] == "end"
    process.stdin.close()
    process.stdout.close()


def test_it_finds_the_model_of_a_quantize_folder(model, tmp_path):
    result = {
        "request": {"stage": "quantize", "inputs": {}, "settings": {}, "tools": {}}, "warnings": [], "versions": {},
        "figures": msgspec.to_builtins(quantized()),
        "outputs": {"tflite": {"path": "small.tflite", "sha256": ""}},
    }  # fmt: skip
    folder = tmp_path / "project" / "runs" / "quantize" / "0123456789ab"
    folder.mkdir(parents=True)
    (folder / "small.tflite").write_bytes(model.read_bytes())
    (folder / "quantize.result.json").write_text(json.dumps(result))
    hello = first_line("--model", tmp_path / "project", cwd=tmp_path)
    assert hello["model"] == str(folder / "small.tflite")
    assert first_line(cwd=tmp_path / "project")["model"].endswith("small.tflite"), "and of the folder one is in"


def first_line(*words, cwd):
    process = subprocess.Popen(
        [*PROGRAM, "virtual-board", "--json", "--transport", "tcp", *map(str, words)],
        cwd=cwd, env=program_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    line = process.stdout.readline()
    process.terminate()
    process.wait(20)
    process.stdout.close()
    return json.loads(line)


@pytest.mark.parametrize(("host", "warned"), [(None, False), ("127.0.0.1", False), ("0.0.0.0", True)])
def test_it_listens_on_this_computer_only_and_says_so_when_it_does_not(model, tmp_path, host, warned):
    words = ["--transport", "tcp", "--width", "160", "--height", "96", *(["--host", host] if host else [])]
    process = subprocess.Popen(
        [*PROGRAM, "virtual-board", "--model", str(model), *words],
        cwd=tmp_path, env=program_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = [process.stdout.readline(), process.stdout.readline()]
    listening = {one.laddr.ip for pid in psutil.Process(process.pid).children(recursive=True)
                 for one in pid.net_connections("tcp") if one.status == psutil.CONN_LISTEN}  # fmt: skip
    process.terminate()
    said += process.stdout.read().splitlines()
    process.wait(20)
    process.stdout.close()
    assert listening == {host or "127.0.0.1"}
    assert any("other computers can connect" in line for line in said) is warned


@pytest.mark.parametrize(
    ("address", "beyond"),
    [
        ("/dev/pts/3", False), ("tcp://127.0.0.1:5", False), ("tcp://127.1.2.3:5", False), ("tcp://[::1]:5", False),
        ("tcp://localhost:5", False), ("tcp://0.0.0.0:5", True), ("tcp://[::]:5", True), ("tcp://192.168.0.7:5", True),
        ("tcp://desk.example:5", True),
    ],
)  # fmt: skip
def test_addresses_that_others_can_reach(address, beyond):
    assert beyond_this_computer(address) is beyond


def test_without_a_model_it_runs_the_demo_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("n6studio.cli.work.virtual_board.sample_folder", lambda: tmp_path / "no sample")
    assert model_for_board("") == demo_model()
    with pytest.raises(NoModelForBoard):
        model_for_board(".")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["--model", "missing.tflite"], "N6S-I01", 3),
        (["--model", "float.tflite"], "N6S-L50", 3),
        (["--model", "damaged.tflite"], "N6S-M10", 3),
        (["--model", "model.pt"], "N6S-I03", 3),
        (["--model", "."], "N6S-L53", 3),
        (["--flash", "missing"], "N6S-I01", 3),
        (["--camera", "missing.mp4"], "N6S-I01", 3),
        (["--camera", "empty"], "N6S-D01", 3),
        (["--camera", "float.tflite"], "N6S-D06", 3),
        (["--camera", "webcam:97"], "N6S-L06", 10),
        (["--transport", "tcp", "--host", "192.0.2.1"], "N6S-L51", 10),
        (["--transport", "pty", "--link", "no/such/folder/board"], "N6S-S06", 7),
        (["--fault", "dance"], "N6S-I04", 2),
        (["--fps", "0"], "N6S-I04", 2),
        (["--width", "5"], "N6S-I04", 2),
        (["--confidence", "nan"], "N6S-I04", 2),
    ],
)
def test_failures(model, tmp_path, words, code, exit_code):
    build_tflite(tmp_path / "float.tflite", input_type="float")
    (tmp_path / "damaged.tflite").write_bytes(model.read_bytes()[:500])
    (tmp_path / "model.pt").write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    image_folder(tmp_path / "pictures", 1)
    chosen = [] if "--model" in words or "--flash" in words else ["--model", model]
    assert_told(n6("virtual-board", "--json", *chosen, *words, cwd=tmp_path), code, exit_code)


def test_a_port_in_use(model, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = n6("virtual-board", "--json", "--model", model, "--transport", "tcp", "--port", port, cwd=tmp_path)
    fields = assert_told(done, "N6S-L51", 10)
    assert fields["address"] == f"tcp://127.0.0.1:{port}"
