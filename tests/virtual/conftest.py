import contextlib
import os
import socket
import time

import pytest
from builders_tflite import build_tflite

from n6studio.domain.settings import from_mapping
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.link.processes.virtual_board import VirtualBoardProcess
from n6studio.link.session.commands import Command, CommandName, format_command, parse_reply
from n6studio.link.wire.parser import StreamParser

FPS = 100.0


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """A model of 64 x 64 that takes no time; see `builders_tflite.build_tflite`."""
    return build_tflite(tmp_path_factory.mktemp("model") / "small.tflite")


class Host:
    """The other end of a virtual board's cable."""

    def __init__(self, board):
        self.board = board
        self.parser = StreamParser(expect_results=True)
        self._socket = self._file = None
        self.connect()

    def connect(self):
        self.hang_up()
        address = self.board.address
        if address.startswith("tcp://"):
            host, _, port = address.removeprefix("tcp://").rpartition(":")
            self._socket = socket.create_connection((host, int(port)), timeout=5)
            self._socket.settimeout(0.2)
        else:
            self._file = os.open(address, os.O_RDWR | os.O_NOCTTY)
            os.set_blocking(self._file, False)

    def hang_up(self):
        if self._socket is not None:
            self._socket.close()
        if self._file is not None:
            os.close(self._file)
        self._socket = self._file = None

    def read(self):
        """Return what arrived within a moment; b'' for nothing."""
        if self._socket is not None:
            with contextlib.suppress(TimeoutError):
                data = self._socket.recv(1 << 16)
                if not data:
                    raise ConnectionError
                return data
            return b""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._file, 1 << 16)
            if not data:
                raise ConnectionError
            return data
        time.sleep(0.002)
        return b""

    def write(self, data):
        if self._socket is not None:
            self._socket.sendall(data)
        else:
            os.write(self._file, data)

    def until(self, wanted, seconds=10.0):
        """Read until a frame fulfils `wanted`; return all frames of this call."""
        frames, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            for frame in self.parser.feed(self.read()):
                frames.append(frame)
                if wanted(frame):
                    return frames
        raise AssertionError(f"waited {seconds} s: {len(frames)} frames, {self.parser.counts}")

    def frames(self, count, seconds=10.0):
        """Return the next frames."""
        left = [count]

        def one_less(frame):
            left[0] -= 1
            return left[0] <= 0

        return self.until(one_less, seconds)

    def command(self, command):
        """Send a command; return the frame that answers it and the reply."""
        self.write(format_command(command))
        return self.answer(command.number)

    def lost_on_the_way(self):
        """Return how many frames are missing besides those that the board dropped, as nobody here had time to read."""
        lost = self.parser.counts.lost
        frame, _ = self.command(Command(CommandName.HELLO, None, 99))
        return max(0, lost - int(dict(frame.results.status)["dropped"]))

    def answer(self, number):
        def replies(frame):
            found = parse_reply(frame.results.status) if frame.results else []
            return [reply for reply in found if reply.number == number]

        frame = self.until(replies)[-1]
        return frame, replies(frame)[0]


@pytest.fixture
def play(small_model, tmp_path):
    """Start virtual boards; everything is gone at the end of the test."""
    started = []

    def start(connect=True, on_message=None, **settings):
        values = {
            "model": str(small_model), "transport": "tcp", "fps": FPS, "width": 160, "height": 96, **settings
        }  # fmt: skip
        board = VirtualBoardProcess(from_mapping(VirtualBoardSettings, values), tmp_path / "board.log", on_message)
        started.append(board)
        board.ready()
        if not connect:
            return board
        host = Host(board)
        started.append(host)
        return host

    yield start
    for item in reversed(started):
        if isinstance(item, Host):
            item.hang_up()
        else:
            item.close()
            assert item._child.process.returncode == 0, (tmp_path / "board.log").read_text()
