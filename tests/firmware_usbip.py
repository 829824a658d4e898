"""The firmware's USB device for a real computer's USB: a server of USB/IP around it, on a controller that stands in.

``python -m firmware_usbip [--board HOST:PORT] [--port 3240]``, started in tests/, builds the device and waits. A Linux
attaches it as docs/usbip.md says, and has a serial port; what comes out of it is what the board at HOST:PORT sends, for
example `n6studio virtual-board --transport tcp`. Without a board the port gives back what is written to it.

The protocol: Documentation/usb/usbip_protocol.rst of the Linux kernel. All its numbers are big endian.
"""

import argparse
import contextlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

VERSION = 0x0111
REQ_DEVLIST, REP_DEVLIST, REQ_IMPORT, REP_IMPORT = 0x8005, 0x0005, 0x8003, 0x0003
SUBMIT, UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
BUS_ID, HIGH_SPEED = b"1-1", 3
STALL, UNLINKED = -32, -104  # EPIPE and ECONNRESET of Linux
PORT = 3240
_CONTROL, _RESET, _OUT, _IN, _WRITE, _READY = 1, 2, 6, 7, 8, 11
_MOST = 1 << 16  # bytes of a transfer: more is more than a serial driver asks for
_PIECE = 4096  # bytes that the device is given to send at once


class Device:
    """The device's program, spoken to step by step; see stlike/usb.c. Whoever calls holds no other thread's turn."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._turn = threading.RLock()

    def _step(self, kind: int, data: bytes, answers: int) -> list[bytes | None]:
        with self._turn:
            source, target = self._process.stdout, self._process.stdin
            assert source is not None
            assert target is not None
            target.write(bytes([kind]) + data)
            target.flush()
            found: list[bytes | None] = []
            for _ in range(answers):
                (length,) = struct.unpack("<I", source.read(4))
                found.append(None if length == 0xFFFFFFFF else source.read(length))
            return found

    def reset(self) -> None:
        """Reset the bus, as a computer does that has found the device, at high speed."""
        self._step(_RESET, struct.pack("<I", 0), 0)

    def control(self, setup: bytes, data: bytes = b"") -> bytes | None:
        """Make a control request; None where the device refuses it."""
        return self._step(_CONTROL, setup + data, 1)[0]

    def ready(self) -> tuple[bool, bool, bool, bool]:
        """Return whether bytes can be sent to it, whether it has some, and whether either endpoint is halted."""
        (flags,) = self._step(_READY, b"", 1)
        assert flags is not None
        receives, has, out_halted, in_halted = (bool(flag) for flag in flags)
        return receives, has, out_halted, in_halted

    def send(self, data: bytes) -> bytes:
        """Send a packet to its serial port; returns what the firmware received."""
        return self._step(_OUT, struct.pack("<I", len(data)) + data, 1)[0] or b""

    def fetch(self) -> bytes | None:
        """Fetch a packet from its serial port; None where it has none."""
        data, lengths = self._step(_IN, struct.pack("<I", 1), 2)
        return data if lengths else None

    def write(self, data: bytes) -> bool:
        """Let the firmware send a piece; returns whether its queue had room."""
        return self._step(_WRITE, struct.pack("<I", len(data)) + data, 1)[0] == b"\1"

    @property
    def running(self) -> bool:
        """Whether it still runs; it ends itself when the device does what none may do."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):  # a step was under way
                stream.close()


@dataclass
class _Waiting:
    """A transfer that the computer waits for: what has come of it, or what is still to be sent."""

    number: int
    endpoint: int
    length: int
    data: bytearray = field(default_factory=bytearray)


class Attached:
    """One computer that has the device. The board's bytes go in by `feed`, its own come out by `heard`.

    Args:
        device: the device.
        connection: to the computer.
        heard: is given what the firmware receives.
    """

    def __init__(self, device: Device, connection: socket.socket, heard: "Heard") -> None:
        self._device, self._connection, self._heard = device, connection, heard
        self._turn = threading.RLock()
        self._fetching: deque[_Waiting] = deque()
        self._sending: deque[_Waiting] = deque()
        self._notifying: deque[_Waiting] = deque()

    def serve(self) -> None:
        """Do what the computer asks for, until it leaves."""
        while (head := _exactly(self._connection, 48)) is not None:
            command, number, _device, inwards, endpoint = struct.unpack(">5I", head[:20])
            if command == SUBMIT:
                (length,) = struct.unpack(">I", head[24:28])
                if length > _MOST:
                    return
                data = b"" if inwards else _exactly(self._connection, length)
                if data is None:
                    return
                self._submit(number, bool(inwards), endpoint, length, head[40:48], data)
            elif command == UNLINK:
                self._unlink(number, struct.unpack(">I", head[20:24])[0])
            else:
                return

    def feed(self, data: bytes) -> bool:
        """Let the firmware send bytes; returns whether it took them."""
        with self._turn:
            taken = self._device.write(data)
            self._move()
            return taken

    def _submit(self, number: int, inwards: bool, endpoint: int, length: int, setup: bytes, data: bytes) -> None:
        with self._turn:
            if endpoint == 0:
                answer = self._device.control(setup, data)
                self._done(number, STALL if answer is None else 0, answer or b"", inwards, length)
            elif endpoint == 1 and inwards:
                self._fetching.append(_Waiting(number, endpoint, length))
            elif endpoint == 1:
                self._sending.append(_Waiting(number, endpoint, length, bytearray(data)))
            elif endpoint == 2 and inwards:
                self._notifying.append(_Waiting(number, endpoint, length))  # this one never says anything
            else:
                self._done(number, STALL, b"", inwards, 0)
            self._move()

    def _move(self) -> None:
        """Carry what can be carried: packets to the device while it takes some, from it while it has some."""
        while self._sending:
            first = self._sending[0]
            receives, _, halted, _ = self._device.ready()
            if halted or not receives:
                if halted:
                    self._done(self._sending.popleft().number, STALL, b"", False, 0)
                    continue
                break
            packet = bytes(first.data[:512])
            del first.data[:512]
            self._heard.put(self._device.send(packet))
            if not first.data:
                self._sending.popleft()
                self._done(first.number, 0, b"", False, first.length)
        while self._fetching:
            first = self._fetching[0]
            if self._device.ready()[3]:
                self._done(self._fetching.popleft().number, STALL, b"", True, 0)
                continue
            packet = self._device.fetch()
            if packet is None:
                break
            first.data += packet
            if len(packet) < 512 or len(first.data) >= first.length:
                self._fetching.popleft()
                self._done(first.number, 0, bytes(first.data[: first.length]), True, first.length)

    def _unlink(self, number: int, unwanted: int) -> None:
        with self._turn:
            status = 0
            for queue in (self._fetching, self._sending, self._notifying):
                for one in [one for one in queue if one.number == unwanted]:
                    queue.remove(one)
                    status = UNLINKED
            self._connection.sendall(struct.pack(">5Ii24x", RET_UNLINK, number, 0, 0, 0, status))

    def _done(self, number: int, status: int, data: bytes, inwards: bool, length: int) -> None:
        count = len(data) if inwards else length if status == 0 else 0
        head = struct.pack(">5IiIIII8x", RET_SUBMIT, number, 0, 0, 0, status, count, 0, 0xFFFFFFFF, 0)
        self._connection.sendall(head + (data if inwards else b""))


class Heard:
    """What the firmware received and the board's end has not taken yet."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._data = bytearray()

    def put(self, data: bytes) -> None:
        """Add bytes."""
        with self._news:
            self._data += data
            self._news.notify_all()

    def take(self, seconds: float) -> bytes:
        """Return what has come, b"" after so long without."""
        with self._news:
            self._news.wait_for(lambda: bool(self._data), seconds)
            data, self._data = bytes(self._data), bytearray()
            return data


class Server:
    """A server of one device. Each connection is a question for the list, or takes the device until it ends.

    Args:
        device: the device.
        port: to listen at, on the loopback; 0 for any that is free.
    """

    def __init__(self, device: Device, port: int = PORT) -> None:
        self.device, self.heard = device, Heard()
        device.reset()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.address: tuple[str, int] = self._listener.getsockname()
        self._attached: Attached | None = None
        self._taken = threading.Lock()
        threading.Thread(target=self._accept, name="usbip", daemon=True).start()

    def feed(self, data: bytes) -> bool:
        """Let the firmware send bytes; returns whether it took them: its queue may be full, or nobody may have it."""
        attached = self._attached
        return attached is not None and attached.feed(data)

    def close(self) -> None:
        """Take no more computers."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="usbip computer", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._answer(connection)
            except (OSError, ValueError, struct.error):  # it left, or the device was ended
                return

    def _answer(self, connection: socket.socket) -> None:
        head = _exactly(connection, 8)
        if head is None:
            return
        _version, code, _status = struct.unpack(">HHI", head)
        if code == REQ_DEVLIST:
            listed = struct.pack(">HHII", VERSION, REP_DEVLIST, 0, 1) + self._described()
            connection.sendall(listed + bytes([2, 2, 1, 0]) + bytes([10, 0, 0, 0]))  # its two interfaces
        elif code == REQ_IMPORT:
            bus = _exactly(connection, 32)
            if bus is None or bus.rstrip(b"\0") != BUS_ID or not self._taken.acquire(blocking=False):
                connection.sendall(struct.pack(">HHI", VERSION, REP_IMPORT, 1))
                return
            try:
                self.device.reset()
                connection.sendall(struct.pack(">HHI", VERSION, REP_IMPORT, 0) + self._described())
                self._attached = Attached(self.device, connection, self.heard)
                self._attached.serve()
            finally:
                self._attached = None
                self._taken.release()

    def _described(self) -> bytes:
        """Return the device as both answers have it, from its own descriptors."""
        device = self.device.control(bytes([0x80, 6, 0, 1, 0, 0, 18, 0]))
        assert device is not None
        vendor, product, release = struct.unpack_from("<HHH", device, 8)
        kind, below, protocol = device[4:7]
        numbers = struct.pack(">III", 1, 1, HIGH_SPEED) + struct.pack(">HHH", vendor, product, release)
        return (
            b"/n6studio/1-1".ljust(256, b"\0")
            + BUS_ID.ljust(32, b"\0")
            + numbers
            + bytes([kind, below, protocol, 0, device[17], 2])
        )


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    """Return so many bytes; None where the other end left before."""
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def build_device(folder: Path) -> Path:
    """Return the device's program, built in a folder."""
    from firmware_stlike import PORT as SOURCES
    from firmware_stlike import STLIKE, build, config, portable_objects

    sources = [SOURCES / f"{name}.c" for name in ("n6_usb", "n6_usb_control", "n6_usb_descriptors")]
    return build(folder / "usb", config(), [*sources, STLIKE / "usb.c"], portable_objects(folder))


def join(server: Server, board: socket.socket | None) -> None:
    """Carry bytes between the port and a board, or back into the port; until the board leaves."""
    waiting = b""
    if board is not None:
        threading.Thread(target=_to_board, args=(server, board), daemon=True).start()
    while True:
        if not waiting:
            waiting = server.heard.take(1.0) if board is None else board.recv(_PIECE)
            if not waiting and board is not None:
                return
        if not waiting or server.feed(waiting[:_PIECE]):
            waiting = waiting[_PIECE:]
        else:
            threading.Event().wait(0.005)


def _to_board(server: Server, board: socket.socket) -> None:
    while True:
        data = server.heard.take(1.0)
        if data:
            board.sendall(data)


def main() -> None:
    """Serve until somebody stops it."""
    parser = argparse.ArgumentParser(prog="firmware_usbip", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--board", metavar="HOST:PORT", help="whose bytes the port carries")
    parser.add_argument("--port", type=int, default=PORT)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="n6studio-usbip-") as folder:
        server = Server(Device(build_device(Path(folder))), wanted.port)
        sys.stderr.write(f"waiting at {server.address[0]}:{server.address[1]}; see docs/usbip.md\n")
        host, _, port = (wanted.board or "").rpartition(":")
        try:
            join(server, socket.create_connection((host, int(port))) if wanted.board else None)
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
        finally:
            server.close()
            server.device.close()


if __name__ == "__main__":
    sys.exit(main())
