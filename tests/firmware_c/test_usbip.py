"""The USB device behind USB/IP, attached as a computer's kernel attaches it: by a client of the protocol of ours."""

import contextlib
import socket
import struct
import time

import pytest
from firmware_builders import host_compiler
from firmware_usbip import Device, Server, build_device

pytestmark = [pytest.mark.slow, pytest.mark.skipif(host_compiler() is None, reason="no C compiler here")]
EPIPE, ECONNRESET = -32, -104


class Computer:
    """What vhci_hcd of Linux does, after the kernel's Documentation/usb/usbip_protocol.rst."""

    def __init__(self, address):
        self.connection = socket.create_connection(address, timeout=20)
        self.number, self.answers = 0, {}

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            assert part, "the server left"
            data += part
        return data

    def devices(self):
        self.connection.sendall(bytes.fromhex("01118005 00000000"))
        version, code, status, count = struct.unpack(">HHII", self.read(12))
        assert (version, code, status) == (0x0111, 0x0005, 0)
        found = []
        for _ in range(count):
            described = self.read(312)
            interfaces = [tuple(self.read(4)[:3]) for _ in range(described[-1])]
            found.append((described, interfaces))
        return found

    def attach(self, bus=b"1-1"):
        self.connection.sendall(bytes.fromhex("01118003 00000000") + bus.ljust(32, b"\0"))
        version, code, status = struct.unpack(">HHI", self.read(8))
        assert (version, code) == (0x0111, 0x0003)
        return self.read(312) if status == 0 else None

    def submit(self, endpoint, inwards, length, setup=bytes(8), data=b""):
        self.number += 1
        head = struct.pack(">5I5I", 1, self.number, 0x10001, int(inwards), endpoint, 0, length, 0, 0, 0)
        self.connection.sendall(head + setup + data)
        return self.number

    def unlink(self, number):
        self.number += 1
        self.connection.sendall(struct.pack(">5II24x", 2, self.number, 0x10001, 0, 0, number))
        return self.number

    def wait(self, number, seconds=20):
        self.connection.settimeout(seconds)
        while number not in self.answers:
            head = self.read(48)
            command, sequence, device, direction, endpoint, status, count = struct.unpack(">5IiI", head[:28])
            assert (device, direction, endpoint) == (0, 0, 0)
            if command == 3:
                assert struct.unpack(">III", head[28:40]) == (0, 0xFFFFFFFF, 0)
                inwards = sequence in self.inwards
                self.answers[sequence] = status, self.read(count) if inwards else count
            else:
                assert command == 4
                self.answers[sequence] = status, b""
        return self.answers.pop(number)

    inwards: set

    def control(self, kind, request, value=0, index=0, length=0, data=b""):
        setup = struct.pack("<BBHHH", kind, request, value, index, length or len(data))
        number = self.submit(0, bool(kind & 0x80), length or len(data), setup, data)
        if kind & 0x80:
            self.inwards.add(number)
        return self.wait(number)

    def fetch(self, length=512):
        number = self.submit(1, True, length)
        self.inwards.add(number)
        return number

    def say(self, data):
        return self.wait(self.submit(1, False, len(data), data=data))

    def open_port(self):
        assert self.control(0x00, 9, 1) == (0, 0)
        assert self.control(0x21, 0x20, data=struct.pack("<IBBB", 115200, 0, 0, 8)) == (0, 7)
        assert self.control(0x21, 0x22, 3) == (0, 0)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build_device(tmp_path_factory.mktemp("usbip"))


@pytest.fixture
def server(program):
    made = Server(Device(program), 0)
    yield made
    assert made.device.running
    made.close()
    made.device.close()


@pytest.fixture
def computer(server):
    made = []

    def make():
        one = Computer(server.address)
        one.inwards = set()
        made.append(one)
        return one

    yield make
    for one in made:
        one.connection.close()


def fed(server, data):
    """Let the board send bytes, as soon as the device takes them."""
    end = time.monotonic() + 20
    while not server.feed(data):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_is_listed_as_what_its_descriptors_say(computer):
    ((described, interfaces),) = computer().devices()
    assert described[:256].rstrip(b"\0")
    assert described[256:288].rstrip(b"\0") == b"1-1"
    bus, number, speed, vendor, product = struct.unpack(">IIIHH", described[288:304])
    assert (bus, number, speed, vendor, product) == (1, 1, 3, 0x0483, 0x5740)
    assert tuple(described[306:309]) == (2, 2, 0)
    assert interfaces == [(2, 2, 1), (10, 0, 0)]


def test_a_computer_enumerates_it_as_a_serial_port(computer):
    one = computer()
    assert one.attach() is not None
    assert one.control(0x80, 6, 0x100, length=64)[1][:2] == b"\x12\x01"
    status, device = one.control(0x80, 6, 0x100, length=18)
    assert (status, len(device)) == (0, 18)
    head = one.control(0x80, 6, 0x200, length=9)[1]
    total = struct.unpack("<H", head[2:4])[0]
    whole = one.control(0x80, 6, 0x200, length=total)[1]
    assert len(whole) == total
    assert one.control(0x80, 6, 0x302, 0x409, length=255)[1][2:].decode("utf-16-le") == "STM32N6570-DK"
    assert one.control(0x80, 6, 0x2200, length=64) == (EPIPE, b""), "no HID descriptor"
    one.open_port()
    assert one.control(0xA1, 0x21, length=7) == (0, struct.pack("<IBBB", 115200, 0, 0, 8))


def test_bytes_go_both_ways_whole_and_in_order(computer, server):
    one = computer()
    one.attach()
    one.open_port()
    command = b"1 hello\n" * 100
    assert one.say(command) == (0, len(command))
    heard = b""
    while len(heard) < len(command):
        heard += server.heard.take(5)
    assert heard == command
    sent, got = bytes(range(256)) * 40, b""
    waiting = [one.fetch(1024) for _ in range(4)]
    for first in range(0, len(sent), 1000):
        fed(server, sent[first : first + 1000])
    while len(got) < len(sent):
        status, data = one.wait(waiting.pop(0))
        assert status == 0
        got += data
        waiting.append(one.fetch(1024))
    assert got == sent


def test_a_transfer_is_taken_back_and_an_endpoint_that_says_nothing_stays_silent(computer, server):
    one = computer()
    one.attach()
    one.open_port()
    waiting = one.fetch()
    silent = one.submit(2, True, 10)
    with pytest.raises(TimeoutError):
        one.wait(waiting, 0.3)
    assert one.wait(one.unlink(waiting)) == (ECONNRESET, b"")
    assert one.wait(one.unlink(silent)) == (ECONNRESET, b"")
    assert one.wait(one.unlink(99999)) == (0, b"")
    number = one.fetch()
    fed(server, b"after that")
    assert one.wait(number) == (0, b"after that")


def test_one_computer_has_it_at_a_time_and_the_next_begins_clean(computer, server):
    first, second = computer(), computer()
    assert first.attach() is not None
    first.open_port()
    assert second.attach() is None
    assert computer().attach(b"9-9") is None
    fed(server, b"for the first one alone")
    first.connection.close()
    third, end = computer(), time.monotonic() + 20
    while third.attach() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
        third = computer()
    third.open_port()
    number = third.fetch()
    fed(server, b"new")
    assert third.wait(number) == (0, b"new")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\0" * 8,
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">HHI", 0x111, 0x8003, 0) + b"1-1".ljust(32, b"\0") + b"\xff" * 48,
    ],
)
def test_what_is_no_request_ends_its_connection_alone(computer, nonsense):
    wrong = computer()
    wrong.connection.sendall(nonsense)
    wrong.connection.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionResetError):  # some of it was left unread
        while wrong.connection.recv(4096):
            pass
    assert len(computer().devices()) == 1
