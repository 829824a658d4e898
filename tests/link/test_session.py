"""A session reads, decodes, counts and comes back, whatever its source does."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from link_builders import VECTORS, frame, jpeg, results, until
from own_time import OwnTime

from n6studio.domain.errors.link import (
    ConnectionLost,
    ConnectionRefused,
    DecoderDied,
    NoCommands,
    PortBusy,
    PortMissing,
)
from n6studio.domain.pose.people import nobody
from n6studio.link.processes import child
from n6studio.link.processes.jpegs import JpegDecoder
from n6studio.link.session import alarms
from n6studio.link.session import session as session_module
from n6studio.link.session.alarms import Alarm
from n6studio.link.session.commands import CommandError, CommandName, Reply, parse_command
from n6studio.link.session.session import FINAL, LiveSession, State
from n6studio.link.session.statistics import Stage
from n6studio.link.sources import open_source, serial_port
from n6studio.link.sources.base import Capability, EndOfStream, Source, SourceInfo
from n6studio.link.sources.serial_port import open_error
from n6studio.link.wire.frame import encode_frame


class WarmDecoder(JpegDecoder):
    """The process that decodes, kept from one session to the next: starting it takes longer than most of these."""

    def __init__(self):
        super().__init__()
        self.turn = threading.Lock()

    def decode(self, jpeg):
        with self.turn:
            return super().decode(jpeg)

    def give_up(self):
        pass

    def close(self):
        pass


@pytest.fixture(scope="module")
def warm():
    made = WarmDecoder()
    assert made.decode(jpeg()) is not None
    yield made
    JpegDecoder.give_up(made)
    JpegDecoder.close(made)


@pytest.fixture(autouse=True)
def decoder(monkeypatch, warm):
    monkeypatch.setattr(session_module, "JpegDecoder", lambda: warm)


class Script(Source):
    """A source that does what a list says: bytes, an exception, or a number of seconds to wait."""

    def __init__(self, *steps, again=()):
        super().__init__(SourceInfo("script:", "Script", "", Capability.COMMANDS | Capability.RESULTS))
        self.steps, self.again = list(steps), list(again)
        self.opened = self.closed = self.released = 0
        self.written = []

    def open(self):
        self.opened += 1
        if self.opened > 1:
            self.steps = list(self.again.pop(0)) if self.again else [EndOfStream()]
            if isinstance(self.steps[0], Exception) and self.steps[0].args == ("open",):
                raise ConnectionRefused(address="script", reason="not yet")

    def read(self, timeout):
        if not self.steps:
            time.sleep(timeout)
            return b""
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            time.sleep(step)
            return b""
        return step

    def write(self, data):
        self.written.append(data)

    def close(self):
        self.closed += 1

    def release(self):
        super().release()
        self.released += 1


class Server:
    """Streams to whoever connects; `serve` is called with each connection."""

    def __init__(self, *services):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = b""
        self.thread = threading.Thread(target=self._run, args=(services,), daemon=True)
        self.thread.start()

    def _run(self, services):
        for service in services:
            with contextlib.suppress(OSError):
                connection, _ = self.socket.accept()
                with connection:
                    service(self, connection)
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join(5)


def sends(first, last, pause=0.002):
    def service(server, connection):
        for number in range(first, last):
            connection.sendall(frame(number))
            time.sleep(pause)

    return service


@contextlib.contextmanager
def running(source, on_change=lambda: None, **options):
    """A session that runs; `entered` keeps its states: some may be over before a test looks again."""
    session = LiveSession(source, lambda: (session.entered.append(session.status()), on_change()), **options)
    session.entered = []
    session.start()
    try:
        yield session
    finally:
        own = OwnTime()
        assert session.stop()
        assert own.seconds < 2
        assert session.status().state in FINAL


def states(session):
    return [status.state for status in session.entered]


LOST = ConnectionLost(source="script", reason="unplugged")


def test_images_with_results_arrive():
    changes = []
    source = Script(frame(0), frame(1))
    with running(source, on_change=lambda: changes.append(1)) as session:
        image = until(session.take)
        assert image.image.shape == (64, 96, 3)
        assert image.results is image.frame.results
        assert session.status().state is State.RUNNING
        until(lambda: session.counts().frames == 2)
        assert changes
    assert source.closed >= 1
    assert source.released == 1
    assert session.status().state is State.STOPPED


def test_the_newest_wins():
    with running(Script(b"".join(frame(number) for number in range(50)))) as session:
        until(lambda: session.counts().frames == 50)
        until(lambda: session.statistics().shown_fps or session.statistics().dropped)
        last = until(lambda: (p := session.take(0.2)) and p.frame.number == 49 and p)
        assert last.results.sequence == 49
        figures = session.statistics()
        assert figures.dropped > 0
        assert sum(second.dropped for second in figures.seconds) == figures.dropped
        assert sum(second.received for second in figures.seconds) == 50


def test_a_thousand_frames_a_second():
    enough = threading.Event()

    def service(server, connection):
        data = [frame(number) for number in range(20)]
        while not enough.is_set():
            connection.sendall(data[server.count % 20])
            server.count += 1

    Server.count = 0
    with Server(service) as server, running(open_source(f"tcp:127.0.0.1:{server.port}")) as session:
        seen, end = 0, time.monotonic() + 60
        while server.count <= 500 or seen <= 20:
            seen += session.take(0.01) is not None
            assert time.monotonic() < end, (server.count, seen)
        enough.set()
        server.thread.join(10)
        until(lambda: session.counts().frames == server.count)
        assert session.counts().damaged == 0


def test_the_end_of_what_ends():
    source = Script(frame(0), EndOfStream())
    session = LiveSession(source)
    session.start()
    until(lambda: session.status().state is State.ENDED)
    assert until(lambda: session.take(0.1)) is not None
    assert session.stop()
    assert session.status().state is State.ENDED


def test_silence_is_told_and_ends():
    source = Script(frame(0))
    with running(source) as session:
        until(lambda: session.status().state is State.STALLED)
        stalled = states(session).index(State.STALLED)
        source.steps.append(frame(1))
        until(lambda: State.RUNNING in states(session)[stalled:])


def test_failure_to_open_is_final():
    with running(open_source("tcp:127.0.0.1:9")) as session:
        until(lambda: session.status().state is State.FAILED)
        assert isinstance(session.status().error, ConnectionRefused)


def test_it_comes_back():
    not_yet = [ConnectionError("open")]
    source = Script(frame(0), frame(1)[:500], LOST, again=[not_yet, not_yet, [frame(7)]])
    with running(source) as session:
        until(lambda: session.counts().frames == 2)
        lost = states(session).index(State.RECONNECTING)
        assert State.RUNNING in states(session)[:lost]
        until(lambda: State.RUNNING in states(session)[lost:])
        assert session.status().reconnects == 1
        assert session.status().error is None
        counts = session.counts()
        assert counts.damaged == 1  # the one that was cut off
        assert counts.lost == 0  # numbers start anew with a connection
    assert source.opened == 4


def test_it_comes_back_to_what_left_before_its_first_frame():
    with running(Script(LOST, again=[[frame(0)]])) as session:
        until(lambda: session.counts().frames == 1)
        assert session.status().reconnects == 1


def test_it_does_not_come_back_where_it_must_not():
    with running(Script(frame(0), LOST), reconnect=False) as session:
        until(lambda: session.status().state is State.FAILED)
        assert session.status().error is LOST


def test_tcp_disconnect_and_return():
    with (
        Server(sends(0, 20), sends(20, 40)) as server,
        running(open_source(f"tcp:127.0.0.1:{server.port}")) as session,
    ):
        until(lambda: session.counts().frames == 40)
        assert session.status().reconnects == 1


def test_stop_while_it_connects_and_while_nobody_takes():
    for source in (Script(0.5), Script(*[frame(number) for number in range(1000)])):
        with running(source):
            time.sleep(0.05)


def test_a_mistake_of_ours_is_no_endless_wait():
    with running(Script(RuntimeError("ours"))) as session:
        until(lambda: session.status().state is State.FAILED)
        assert "ours" in session.status().error.values["reason"]


def test_a_decoder_that_does_not_run_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_, **__: str(tmp_path))
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", "raise SystemExit(9)"])
    monkeypatch.setattr(session_module, "JpegDecoder", JpegDecoder)
    with running(Script(*(step for number in range(9) for step in (frame(number), 0.2)))) as session:
        until(lambda: session.status().state is State.FAILED)
        assert isinstance(session.status().error, DecoderDied)
        assert session.status().error.values["how"] == "exit code 9"


def test_what_no_decoder_understands_is_counted():
    plain = jpeg()
    broken = plain[:200] + plain[-40:]  # its tables are gone, its markers are in order
    sealed = encode_frame(broken, VECTORS.EMPTY)
    with running(Script(sealed, frame(1))) as session:
        until(lambda: session.counts().frames + session.counts().undelivered.total() == 2)
        assert session.counts().damaged == 0
        until(lambda: session.take(0.05))


# --- boards ----------------------------------------------------------------------------------------------------------


def test_commands_and_replies():
    said = results(3, status=(("reply", "1 ok"), ("confidence", "0.3"), ("reply", "2 error 1 to 100")), log=("hello",))
    source = Script(encode_frame(jpeg(), said))
    with running(source) as session:
        until(session.take)
        assert session.send(CommandName.CONFIDENCE, 0.3) == 1
        assert parse_command(source.written[0]).value == 0.3
        assert session.replies() == (Reply(1), Reply(2, "1 to 100"))
        assert session.replies() == ()
        assert session.board_status()["confidence"] == "0.3"
        assert session.board_log() == ("hello",)
        with pytest.raises(CommandError):
            session.send(CommandName.QUALITY, 1000)


def test_a_board_that_talks_without_end_fills_nothing():
    frames = [
        encode_frame(jpeg(), results(n, log=("x",) * 900, status=tuple((f"k{n}-{i}", "") for i in range(900))))
        for n in range(4)
    ]
    with running(Script(*frames)) as session:
        until(lambda: session.counts().frames == 4)
        assert len(session.board_log()) == 500
        assert len(session.board_status()) == 500


def test_a_model_here_looks_at_what_has_no_results():
    looked = []

    def annotate(shown, image):
        looked.append(shown.number)
        return results(99, by_host=True)

    plain = Script(jpeg())
    plain.info = SourceInfo("script:", "Script", "", Capability.NONE)
    with running(plain, annotate=annotate) as session:
        live = until(session.take)
        assert live.results.by_host
        assert live.frame.results is None
        assert Stage.HOST in session.statistics().stages
    with running(Script(frame(1)), annotate=annotate) as session:
        assert not until(session.take).results.by_host
    with running(Script(frame(1)), annotate=annotate, annotate_all=True) as session:
        assert until(session.take).results.by_host
    assert len(looked) == 2


def test_alarms_reach_the_page():
    black = encode_frame(jpeg_of(0), results(0, model="f" * 16, top_score=0.0))
    steps = [step for _ in range(400) for step in (black, 0.05)]
    with running(Script(*steps), expected_model="0" * 16) as session:
        until(lambda: len(session.alarms()) == 3)
        assert set(session.alarms()) == {Alarm.BLACK_IMAGE, Alarm.ALL_ZERO, Alarm.OTHER_MODEL}


def test_alarms_start_anew_with_a_connection(monkeypatch):
    """What was wrong before the board was unplugged must not be said of the board that was plugged in."""
    monkeypatch.setattr(alarms, "PATIENCE", 0.3)
    black = encode_frame(jpeg_of(0), results(0, people=nobody(5), model=""))
    source = Script(*[step for _ in range(400) for step in (black, 0.05)], again=[[black]])
    with running(source) as session:
        until(lambda: session.alarms() == (Alarm.BLACK_IMAGE,))
        source.steps[:] = [LOST]
        until(lambda: session.status().reconnects == 1)
        until(lambda: session.alarms() == ())


def jpeg_of(level):
    from n6studio.link.wire.jpeg import encode_jpeg

    return encode_jpeg(np.full((48, 64, 3), level, np.uint8))


def test_taps_see_every_frame_until_they_leave():
    seen = []
    source = Script()
    with running(source) as session:
        session.tap(seen.append)
        source.steps += [frame(number) for number in range(5)]
        until(lambda: len(seen) == 5)
        session.untap(seen.append)  # bound methods are equal, not the same
        source.steps.append(frame(5))
        until(lambda: session.counts().frames == 6)
    assert [one.results.sequence for one in seen] == [0, 1, 2, 3, 4]


# --- serial ports ----------------------------------------------------------------------------------------------------


@pytest.fixture
def port():
    """(write end, path) of a pseudo-terminal."""
    pty, tty = pytest.importorskip("pty"), pytest.importorskip("tty")
    master, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    os.close(slave)
    yield master, path
    with contextlib.suppress(OSError):
        os.close(master)


def write_all(master, data):
    view = memoryview(data)
    while view:
        view = view[os.write(master, view[:4000]) :]


@pytest.fixture
def serial_source(port):
    """(write end, an open source that nobody reads)."""
    source = open_source(f"serial:{port[1]}")
    source.open()
    yield port[0], source
    source.close()


def read_all(source, size):
    found = b""
    end = time.monotonic() + 10
    while len(found) < size and time.monotonic() < end:
        found += source.read(0.1)
    return found


def test_a_port_is_emptied_while_nobody_here_has_time_to_read(serial_source):
    master, source = serial_source
    data = np.random.default_rng(0).bytes(400_000)  # a terminal holds some ten thousand
    writing = threading.Thread(target=write_all, args=(master, data), daemon=True)
    writing.start()
    writing.join(10)
    assert not writing.is_alive()
    assert read_all(source, len(data)) == data
    assert source.read(0.01) == b""


def test_what_empties_a_port_ends_with_it(serial_source):
    master, source = serial_source
    pump = source._pump._process
    source.close()
    assert pump.poll() is not None
    source.open()
    os.write(master, b"again")
    assert read_all(source, 5) == b"again"
    os.close(master)
    with pytest.raises(ConnectionLost) as lost:
        read_all(source, 1)
    assert lost.value.values["reason"] == os.strerror(errno.EIO)


def test_a_port_is_lost_with_what_empties_it(serial_source):
    _, source = serial_source
    source._pump._process.kill()
    with pytest.raises(ConnectionLost):
        read_all(source, 1)


def test_where_nothing_else_can_empty_a_port_this_process_does(port, monkeypatch):
    monkeypatch.setattr(serial_port, "can_pump", lambda: False)
    source = open_source(f"serial:{port[1]}")
    source.open()
    os.write(port[0], b"bytes")
    assert read_all(source, 5) == b"bytes"
    source.close()


def test_a_serial_port_that_vanishes_in_the_middle_of_a_frame(port):
    master, path = port
    with running(open_source(f"serial:{path}")) as session:
        until(lambda: session.source._port is not None)  # opening a port throws away what is in it
        write_all(master, b"boot messages\r\n" + frame(0) + frame(1))
        until(lambda: session.counts().frames == 2)
        session.send(CommandName.HELLO)
        assert os.read(master, 100) == b"1 hello\n"
        write_all(master, frame(2)[:300])
        until(lambda: session.counts().received_bytes == len(b"boot messages\r\n" + frame(0) + frame(1)) + 300)
        os.close(master)
        until(lambda: session.status().state is State.RECONNECTING)
        until(lambda: isinstance(session.status().error, PortMissing))
        assert session.counts().damaged == 1


HOLD = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_port_that_another_program_holds(port):
    _, path = port
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with running(open_source(f"serial:{path}")) as session:
            until(lambda: session.status().state is State.FAILED)
            error = session.status().error
            assert isinstance(error, PortBusy)
            assert str(holder.pid) in error.values["holder"]
        holder.stdin.close()
    with running(open_source(f"serial:{path}")) as session:
        until(lambda: session.status().state is State.STALLED)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.EACCES, "Permission denied"), "N6S-L03"),
        (OSError(errno.ENOENT, "No such file"), "N6S-L01"),
        (OSError(errno.EBUSY, "Device or resource busy"), "N6S-L02"),
        (OSError(errno.EIO, "Input/output error"), "N6S-L04"),
        (ValueError("not a port"), "N6S-L04"),
    ],
)
def test_why_a_port_cannot_be_opened(tmp_path, error, code):
    there = tmp_path / "port"
    there.touch()
    assert open_error(str(there), error).code == code


def test_why_a_port_cannot_be_opened_on_windows(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    denied = OSError("could not open port 'COM5': PermissionError(13, 'Access is denied.', None, 5)")
    missing = OSError("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file', None, 2)")
    assert open_error("COM5", denied).code == "N6S-L02"
    assert open_error("COM9", missing).code == "N6S-L01"


def test_a_source_without_ears():
    with pytest.raises(NoCommands):
        open_source("camera:0").write(b"1 hello\n")
