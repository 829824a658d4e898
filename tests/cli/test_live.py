"""``n6studio live``: streams without a window."""

import json
import socket
import threading

import pytest
from builders import Running, assert_told, image_folder, n6
from link_builders import frame

from n6studio.link.recording.recording import read_recording

pytestmark = pytest.mark.slow  # whole programs and windows at work


@pytest.fixture
def board():
    """(address, what it heard) of a sender of 30 frames/s; every 10th frame is damaged on the way."""
    server = socket.create_server(("127.0.0.1", 0))
    over, heard = threading.Event(), []

    def serve():
        try:
            while not over.is_set():
                connection, _ = server.accept()
                with connection:
                    talk(connection)
        except OSError:
            pass

    def talk(connection):
        connection.settimeout(0.001)
        for number in range(100_000):
            if over.wait(1 / 30):
                return
            data = bytearray(frame(number, log=(f"I am frame {number}",) if number == 3 else ()))
            data[-30] ^= 255 if number % 10 == 9 else 0
            try:
                connection.sendall(data)
                heard.append(connection.recv(1000))
            except TimeoutError:
                pass
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"tcp:127.0.0.1:{server.getsockname()[1]}", heard
    over.set()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_watch_record_and_convert(board, tmp_path):
    address, heard = board
    done = n6(
        "live", "--source", address, "--seconds", 2, "--record", "take.mjpeg", "--video", "take.mp4",
        "--lines", "take.jsonl", "--images", "pictures", "--send", "confidence 0.4", "--json", "--quiet",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    data = done.data
    assert data["ok"] is True
    assert data["frames"] > 10
    assert data["damaged"] == data["lost"] or data["damaged"] == data["lost"] + 1  # the last one's gap is still to come
    assert data["damaged"] >= 1
    assert data["repaired"] == 0
    assert data["stages_ms"]["npu"]["p50"] == 34.32
    assert data["last_frame"]["results"]["model"] == "0123456789abcdef"
    assert data["log"] == ["I am frame 3"]
    assert b"".join(heard) == b"1 confidence 0.4\n"
    recording = read_recording(tmp_path / "take.mjpeg")
    assert len(recording.entries) == data["recording"]["frames"] == data["frames"]
    assert recording.rebuilt == 0
    assert len((tmp_path / "take.jsonl").read_text().splitlines()) == data["frames"]
    assert len(list((tmp_path / "pictures").iterdir())) == data["frames"]
    assert (tmp_path / "take.mp4").stat().st_size > 1000
    again = n6("live", "--source", "take.mjpeg", "--film", "again.mp4", "--json", cwd=tmp_path)
    assert again.code == 0, again.err
    assert again.data["exports"]["film"]["count"] == data["exports"]["film"]["count"]
    watched = n6("live", "--source", "take.mjpeg", cwd=tmp_path)
    assert watched.code == 0, watched.err
    assert f"{data['frames']} frames in" in watched.out


def test_ctrl_c_ends_it_and_tells_what_came(board, tmp_path):
    import signal

    running = Running("live", "--source", board[0], "--record", "take.mjpeg", "--json", cwd=tmp_path)
    running.until("running")
    running.process.send_signal(signal.SIGINT)
    done = running.end()
    assert done.code == 0, done.err
    assert done.data["frames"] == len(read_recording(tmp_path / "take.mjpeg").entries) > 0


def test_a_list_of_sources(tmp_path):
    done = n6("live", "--list", "--json", cwd=tmp_path)
    assert done.code == 0
    assert done.data["sources"][-1]["kind"] == "virtual"
    assert "commands" in done.data["sources"][-1]["capabilities"]


def test_images_are_a_stream_too(tmp_path):
    image_folder(tmp_path / "some", 2)
    done = n6("live", "--source", "some", "--json", cwd=tmp_path)
    assert (done.code, done.data["state"], done.data["frames"]) == (0, "ended", 2)
    assert done.data["without_results"] == {"plain": 2}


def test_what_can_go_wrong(tmp_path, here):
    (tmp_path / "words.mjpeg").write_text("nothing")
    (tmp_path / "taken.mjpeg").write_text("earlier")
    silent = socket.create_server(("127.0.0.1", 0))
    address = f"tcp:127.0.0.1:{silent.getsockname()[1]}"
    for words, code, exit_code in [
        (["--source", "serial:/dev/ttyNOPE"], "N6S-L01", 10),
        (["--source", "tcp:127.0.0.1:9", "--record", "never.mjpeg"], "N6S-L05", 10),
        (["--source", "virtual:."], "N6S-L53", 3),
        (["--source", "words.mjpeg"], "N6S-L07", 10),
        (["--source", address, "--seconds", "0.5"], "N6S-L08", 10),
        (["--source", "nonsense"], "N6S-L09", 2),
        (["--source", "gone.mp4"], "N6S-I01", 3),
        ([], "N6S-I04", 2),
        (["--source", "words.mjpeg", "--send", "dance"], "N6S-I04", 2),
        (["--source", address, "--video", "x.mp4"], "N6S-I04", 2),
        (["--source", address, "--expect", "words.mjpeg"], "N6S-M10", 3),
        (["--source", address, "--record", "taken.mjpeg"], "N6S-S03", 7),
        (["--source", address, "--model", "gone.tflite"], "N6S-I01", 3),
    ]:
        assert_told(here("live", *words, "--json", "--quiet", cwd=tmp_path), code, exit_code)
    silent.close()
    assert not list(tmp_path.glob("never*"))  # the name is free for the next try
    assert (tmp_path / "taken.mjpeg").read_text() == "earlier"
    assert json.loads(n6("live", "--list", "--json", cwd=tmp_path).out)["ok"]
