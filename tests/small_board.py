"""A board for tests of the live view: a TCP server in this process that streams images and takes commands."""

import contextlib
import random
import socket
import threading
import time

import numpy as np
from live_frames import SIZE, jpeg, people, results

from n6studio.domain.pose.people import nobody
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.pose.views import View
from n6studio.link.session.commands import CommandError, CommandName, Reply, format_reply, parse_command
from n6studio.link.wire import frame as wire

BLACK = (0, 0, 0)


class SmallBoard:
    """Streams `live_frames` at `fps`; every attribute may be changed while it runs.

    Attributes:
        fps: frames/s; 0 stalls.
        frozen: the results stay the same.
        zero: every score is zero.
        black: the image is black.
        flip: share of bytes with a flipped bit.
        protect: frames carry parity.
        plain: images go without results.
        model: what it says that it runs.
        commands: what it was told.
    """

    def __init__(self, fps=25.0):
        self.fps = fps
        self.frozen = self.zero = self.black = self.plain = self.protect = False
        self.flip = 0.0
        self.model = "0123456789abcdef"
        self.commands = []
        self.values = {"confidence": "0.5", "iou": "0.45", "quality": "80"}
        self._pending = []
        self._exact = self._streaming = False
        self._number = 0
        self._random = random.Random(1)
        self._connection = None
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="small board")
        self._thread.start()

    @property
    def address(self):
        return f"tcp:127.0.0.1:{self.port}"

    def unplug(self):
        """Close the connection; the next one is taken at once."""
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._ended.set()
        self.unplug()
        self._thread.join()
        self._listening.close()

    def _run(self):
        while not self._ended.is_set():
            with contextlib.suppress(OSError):
                self._connection, _ = self._listening.accept()
                with self._connection:
                    self._serve(self._connection)
            self._connection = None

    def _serve(self, connection):
        connection.settimeout(0)
        due, heard = time.monotonic(), b""
        while not self._ended.is_set():
            with contextlib.suppress(BlockingIOError):
                data = connection.recv(4096)
                if not data:
                    return
                *lines, heard = (heard + data).split(b"\n")
                for line in lines:
                    self._obey(line)
            if not self.fps or time.monotonic() < due:
                time.sleep(0.002)
                due = max(due, time.monotonic() - 0.2)
                continue
            due += 1 / self.fps
            self._send(connection, self._damaged(self._frame()))

    def _send(self, connection, data):
        connection.settimeout(1.0)
        connection.sendall(data)
        connection.settimeout(0)

    def _obey(self, line):
        try:
            command = parse_command(line)
        except CommandError as error:
            self._pending.append(format_reply(Reply(error.number, str(error))))
            return
        self.commands.append((str(command.name), command.value))
        if command.name in (CommandName.CONFIDENCE, CommandName.IOU, CommandName.QUALITY):
            self.values[str(command.name)] = f"{command.value:g}"
        if command.name is CommandName.AVERAGE:
            self.values[str(command.name)] = "on" if command.value else "off"
        self._exact = self._exact or command.name is CommandName.EXACT_INPUT
        self._pending.append(format_reply(Reply(command.number)))

    def _frame(self):
        self._number += 1
        image = _BLACK if self.black else jpeg(self._number)
        if self.plain:
            return image
        found = people(2, shift=0.0 if self.frozen else 0.001 * (self._number % 50))
        if self.zero:
            found = nobody(17)
        pending, self._pending = self._pending, []
        exact, self._exact = self._exact, False
        said = results(
            self._number, found, self.model, top_score=0.0 if self.zero else 0.9,
            status=(*self.values.items(), *pending), log=("small board",) if self._number == 1 else (),
            exact_input=np.full((64, 64, 3), 7, np.uint8) if exact else None,
        )  # fmt: skip
        if exact:
            said = _with_view(said)
        return wire.encode_frame(image, said, protect=self.protect)

    def _damaged(self, data):
        if not self.flip:
            return data
        broken = bytearray(data)
        expected = self.flip * len(data)
        for _ in range(int(expected) + (self._random.random() < expected % 1)):
            broken[self._random.randrange(len(broken))] ^= 1 << self._random.randrange(8)
        return bytes(broken)


def _with_view(said):
    import dataclasses

    return dataclasses.replace(said, view=View(Resize.STRETCH, (64, 64)))


def _black_jpeg():
    import cv2

    return cv2.imencode(".jpg", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1].tobytes()


_BLACK = _black_jpeg()
