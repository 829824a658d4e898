"""Videos are decoded by a process of their own: what they do to it harms nobody else."""

import contextlib
import functools
import http.server
import itertools
import sys
import threading

import cv2
import numpy as np
import psutil
import pytest
from own_time import OwnTime

from n6studio.domain.errors.datasets import VideoUnreadable
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.link import CameraUnavailable, ConnectionLost
from n6studio.link.processes import child
from n6studio.link.processes.film import FilmProcess
from n6studio.link.sources.base import EndOfStream
from n6studio.link.sources.camera import network_camera
from n6studio.link.sources.stored import VideoSource


@pytest.fixture(autouse=True)
def own_log(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "log"))


def film(path, frames=8):
    code = "MJPG" if path.suffix == ".avi" else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 10, (96, 64))
    for shade in range(frames):
        writer.write(np.full((64, 96, 3), 30 * shade % 240, np.uint8))
    writer.release()
    return path


@pytest.fixture
def video(tmp_path):
    return film(tmp_path / "film.mp4")


def test_this_process_decodes_no_video(video, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: pytest.fail("decoded here"))
    source = VideoSource(video)
    source.set_speed(0)
    source.open()
    found = [source.read(0.0) for _ in range(8)]
    with pytest.raises(EndOfStream):
        source.read(0.0)
    source.close()
    shades = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE).mean() for data in found]
    assert np.allclose(shades, [30 * shade for shade in range(8)], atol=4)


def test_a_process_that_dies_of_a_video_is_told_and_nothing_else_happens(video):
    film = FilmProcess(video)
    film.open()
    psutil.Process(film._child.process.pid).kill()
    with pytest.raises(VideoUnreadable, match=r"SIGKILL\), so it is probably damaged; the log is .*video\.log"):
        film.frame(0)
    film.close()


def test_what_is_wrong_is_told_by_its_own_error(tmp_path):
    film = FilmProcess(tmp_path / "gone.mp4")
    with pytest.raises(FileMissing):
        film.open()
    film.close()


HOSTILE = {
    "nothing": "",
    "no JSON": "print('}')",
    "a list": "print('[]')",
    "deep": "print('[' * 100000)",
    "no end of a line": "print('1' * 3000000)",
    "negative": """print('{"type": "hello", "length": -1}')""",
    "endless": """print('{"type": "hello", "length": 99999999999}'); print('x' * 100)""",
    "no number": """print('{"type": "hello", "length": [1]}')""",
    "infinite": """print('{"type": "hello", "length": Infinity}')""",
    "cut off": """print('{"type": "hello", "length": 64}'); print('x' * 10)""",
    "no times": """print('{"type": "hello"}')""",
    "odd times": """print('{"type": "hello", "length": 7}'); print('x' * 7)""",
    "another": """print('{"type": "frame", "length": 8}'); print('x' * 8)""",
    "silent": "import time; time.sleep(60)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_taken_over_process_says_is_not_believed(video, monkeypatch, name):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", HOSTILE[name]])
    film = FilmProcess(video, seconds=1.5 if name == "silent" else 30)
    with pytest.raises(VideoUnreadable, match="its process ended with"):
        film.open()
    film.close()
    assert film._child.process.poll() is not None


@contextlib.contextmanager
def interrupted(source):
    """Interrupt a source again and again: when it has begun to wait cannot be seen."""
    over = threading.Event()

    def interrupt():
        while not over.wait(0.3):
            source.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_who_waits_for_a_video_can_be_let_go(video, monkeypatch):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", HOSTILE["silent"]])
    source = VideoSource(video)
    with interrupted(source), pytest.raises(VideoUnreadable):
        source.open()


# --- network cameras -------------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path):
    """The address of a stream: a long video that a server here gives to whoever asks."""
    video = film(tmp_path / "film.avi", 500)  # an AVI is read from front to end, as a stream is
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(video.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{video.name}"
        server.shutdown()


def test_a_network_camera_is_taken_apart_elsewhere(served, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: pytest.fail("decoded here"))
    source = network_camera(served)
    source.open()
    data = source.read(10)
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape == (64, 96, 3)
    with pytest.raises(ConnectionLost):  # it ends
        list(itertools.islice(iter(lambda: source.read(0.5), None), 5000))
    source.close()


def test_an_address_without_a_camera_is_told(served):
    source = network_camera(served.replace("film", "gone"))
    with pytest.raises(CameraUnavailable):
        source.open()


def test_who_waits_for_a_network_camera_can_be_let_go(monkeypatch):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", HOSTILE["silent"]])
    source = network_camera("rtsp://127.0.0.1/live")
    own = OwnTime()
    with interrupted(source), pytest.raises(CameraUnavailable):
        source.open()
    assert own.seconds < 10
