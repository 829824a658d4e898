"""The USB device on a controller that stands in, spoken to as computers speak to serial ports."""

import random
import struct
import subprocess

import pytest
from firmware_builders import host_compiler
from firmware_stlike import PORT, STLIKE, build, config, portable_objects

pytestmark = [pytest.mark.slow, pytest.mark.skipif(host_compiler() is None, reason="no C compiler here")]

CONTROL, RESET, SUSPEND, RESUME, DISCONNECT, OUT, IN, WRITE, LOOK, RANDOM = range(1, 11)
HIGH, FULL = 0, 2
STALLED = None
DEVICE, CONFIGURATION, STRING, QUALIFIER, OTHER = 1, 2, 3, 6, 7


class Computer:
    """Steps for the program, and what came of them. Methods that expect an answer keep where it will be."""

    def __init__(self):
        self.steps, self.expected = b"", 0

    def _asked(self, count=1):
        self.expected += count
        return self.expected - count

    def request(self, kind, request, value=0, index=0, length=0, data=b""):
        self.steps += bytes([CONTROL]) + struct.pack("<BBHHH", kind, request, value, index, length or len(data)) + data
        return self._asked()

    def describe(self, kind, number=0, length=255):
        return self.request(0x80, 6, kind << 8 | number, 0x409 if kind == STRING else 0, length)

    def reset(self, speed=HIGH):
        self.steps += bytes([RESET]) + struct.pack("<I", speed)

    def do(self, *kinds):
        self.steps += bytes(kinds)

    def configure(self, speed=HIGH, listening=True):
        self.reset(speed)
        self.request(0x00, 5, 7)
        self.request(0x00, 9, 1)
        if listening:
            self.listen(True)

    def listen(self, yes):
        return self.request(0x21, 0x22, int(yes))

    def say(self, data):
        self.steps += bytes([OUT]) + struct.pack("<I", len(data)) + data
        return self._asked()

    def fetch(self, packets=10**6):
        self.steps += bytes([IN]) + struct.pack("<I", min(packets, 4000))
        return self._asked(2)

    def write(self, data):
        self.steps += bytes([WRITE]) + struct.pack("<I", len(data)) + data
        return self._asked()

    def look(self):
        self.steps += bytes([LOOK])
        return self._asked()

    def random(self, seed, count):
        self.steps += bytes([RANDOM]) + struct.pack("<II", seed, count)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usb")
    return build(
        folder / "usb",
        config(),
        [*(PORT / f"{name}.c" for name in ("n6_usb", "n6_usb_control", "n6_usb_descriptors")), STLIKE / "usb.c"],
        portable_objects(folder),
    )


@pytest.fixture
def play(program, tmp_path):
    def play(computer):
        (tmp_path / "steps.bin").write_bytes(computer.steps)
        done = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        data, at, answers = (tmp_path / "answers.bin").read_bytes(), 0, []
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at)
            answers.append(STALLED if length == 0xFFFFFFFF else data[at + 4 : at + 4 + length])
            at += 4 + (0 if length == 0xFFFFFFFF else length)
        return answers

    return play


def descriptors(data):
    """Return (type, body) of descriptors in a row, by their own lengths."""
    found, at = [], 0
    while at < len(data):
        assert data[at] >= 2
        found.append((data[at + 1], data[at + 2 : at + data[at]]))
        at += data[at]
    assert at == len(data)
    return found


@pytest.mark.parametrize(("speed", "packet"), [(HIGH, 512), (FULL, 64)])
def test_it_is_a_serial_port_by_its_descriptors_at_either_speed(play, speed, packet):
    computer = Computer()
    computer.reset(speed)
    device = computer.describe(DEVICE)
    first_eight = computer.describe(DEVICE, length=8)
    head = computer.describe(CONFIGURATION, length=9)
    whole = computer.describe(CONFIGURATION)
    other = computer.describe(OTHER)
    qualifier = computer.describe(QUALIFIER)
    texts = [computer.describe(STRING, number) for number in range(4)]
    unknown = [computer.describe(STRING, 9), computer.describe(0x0F), computer.describe(0x22)]
    answers = play(computer)
    size, kind, _, usb_class, _, _, packet0, vendor, product = struct.unpack("<BBHBBBBHH", answers[device][:12])
    assert (size, kind, len(answers[device])) == (18, DEVICE, 18)
    assert (usb_class, packet0, vendor, product) == (2, 64, 0x0483, 0x5740)
    assert answers[first_eight] == answers[device][:8]
    assert answers[head] == answers[whole][:9]
    total = struct.unpack("<H", answers[whole][2:4])[0]
    assert total == len(answers[whole]) == len(answers[other])
    parts = descriptors(answers[whole])
    assert [kind for kind, _ in parts] == [2, 4, 0x24, 0x24, 0x24, 0x24, 5, 4, 5, 5]
    endpoints = {body[0]: (body[1], struct.unpack("<H", body[2:4])[0]) for kind, body in parts if kind == 5}
    assert endpoints == {0x82: (3, 10), 0x01: (2, packet), 0x81: (2, packet)}
    others = {body[0]: struct.unpack("<H", body[2:4])[0] for kind, body in descriptors(answers[other]) if kind == 5}
    assert others[0x81] == others[0x01] == 576 - packet, "at the other speed"
    assert (answers[other][1], answers[whole][1], len(answers[qualifier])) == (OTHER, CONFIGURATION, 10)
    languages, *strings = (answers[text] for text in texts)
    assert languages == b"\x04\x03\x09\x04"
    assert [text[2:].decode("utf-16-le") for text in strings] == [
        "N6 Studio", "STM32N6570-DK", "002600373334511937363938",
    ]  # fmt: skip
    assert [answers[index] for index in unknown] == [STALLED] * 3


def test_a_computer_sets_it_up_opens_the_port_and_is_known_to_listen(play):
    computer = Computer()
    computer.reset()
    before = computer.look()
    address = computer.request(0x00, 5, 42)
    unset = computer.request(0x80, 8, length=1)
    computer.request(0x00, 9, 1)
    is_set, status = computer.request(0x80, 8, length=1), computer.request(0x80, 0, length=2)
    coding = computer.request(0x21, 0x20, data=struct.pack("<IBBB", 115200, 0, 0, 8))
    back = computer.request(0xA1, 0x21, length=7)
    closed = computer.look()
    computer.listen(True)
    opened, again = computer.look(), computer.look()
    computer.listen(False)
    left = computer.look()
    computer.listen(True)
    new = computer.look()
    refused = [
        computer.request(0x00, 9, 2), computer.request(0x21, 0x20, data=b"1234"), computer.request(0x21, 0x22, 1, 1),
        computer.request(0x01, 11, 1, 0), computer.request(0x82, 0, 0, 0x83, 2), computer.request(0x40, 1),
        computer.request(0x00, 3, 1), computer.request(0xA1, 0x7F, length=1), computer.request(0x80, 9, 1, length=4),
        computer.request(0x00, 6, 0x100), computer.request(0x00, 9, 1, data=b"more"),
    ]  # fmt: skip
    answers = play(computer)
    assert answers[before][0] == 0
    assert answers[address] == b""
    assert (answers[unset], answers[is_set], answers[status]) == (b"\0", b"\1", b"\1\0")
    assert answers[coding] == b""
    assert answers[back] == struct.pack("<IBBB", 115200, 0, 0, 8)
    assert answers[closed][:2] == b"\0\0"
    assert answers[closed][3:] == struct.pack("<BH", 42, 512)
    assert answers[opened][:2] == b"\1\1"
    assert answers[again][:2] == b"\1\0", "a beginning is told once"
    assert answers[left][0] == 0
    assert answers[new][:2] == b"\1\1"
    assert [answers[index] for index in refused] == [STALLED] * len(refused)


def pieces_of(rng, count):
    return [rng.randbytes(rng.choice([1, 63, 64, 511, 512, 513, 1024, 5000])) for _ in range(count)]


@pytest.mark.parametrize("speed", [HIGH, FULL])
@pytest.mark.parametrize("seed", range(4))
def test_pieces_arrive_whole_and_in_order_and_every_end_can_be_seen(play, speed, seed):
    rng, packet = random.Random(seed), 512 if speed == HIGH else 64
    computer = Computer()
    computer.configure(speed)
    fetched, written = [], b""
    for _ in range(25):
        for piece in pieces_of(rng, rng.randrange(1, 5)):
            computer.write(piece)
            written += piece
        fetched.append(computer.fetch(rng.choice([1, 2, 7, 4000])))
    fetched.append(computer.fetch())
    idle = computer.look()
    answers = play(computer)
    assert b"".join(answers[index] for index in fetched) == written
    told = b"".join(answers[index + 1] for index in fetched)
    lengths = struct.unpack(f"<{len(told) // 2}H", told)
    assert max(lengths) == packet
    assert lengths[-1] < packet, "a full packet at the end is followed by an empty one"
    assert answers[idle][2] == 1


def test_an_empty_packet_goes_out_only_where_nothing_follows(play):
    computer = Computer()
    computer.configure()
    for _ in range(3):
        computer.write(bytes(512))
    fetched = computer.fetch()
    again = computer.fetch()
    answers = play(computer)
    assert struct.unpack("<4H", answers[fetched + 1]) == (512, 512, 512, 0)
    assert answers[again + 1] == b""


def test_what_the_queue_cannot_hold_is_taken_later(play):
    computer = Computer()
    computer.configure()
    taken = [computer.write(b"x") for _ in range(70)]
    computer.fetch(1)
    after = computer.write(b"y")
    answers = play(computer)
    assert [answers[index] for index in taken] == [b"\1"] * 65 + [b"\0"] * 5
    assert answers[after] == b"\1"


def test_what_nobody_listens_to_is_let_go_and_delays_nobody(play):
    computer = Computer()
    computer.configure(listening=False)
    before = computer.write(b"nobody hears this")
    idle, none = computer.look(), computer.fetch()
    computer.listen(True)
    computer.write(b"this is heard")
    heard = computer.fetch()
    answers = play(computer)
    assert answers[before] == b"\1"
    assert answers[idle][2] == 1
    assert answers[none] == b""
    assert answers[heard] == b"this is heard"


def test_commands_are_received_packet_by_packet(play):
    computer = Computer()
    computer.configure()
    said = [b"1 hello\n", b"2 confidence 0.25\n" * 20, bytes(512), b"", b"3 stream on\n"]
    heard = [computer.say(data) for data in said]
    answers = play(computer)
    assert [answers[index] for index in heard] == said


def test_a_reset_in_the_middle_forgets_what_was_under_way_and_the_next_port_begins_clean(play):
    computer = Computer()
    computer.configure()
    for _ in range(10):
        computer.write(bytes(3000))
    computer.fetch(3)
    computer.reset(FULL)
    after, idle = computer.fetch(), computer.look()
    computer.configure(FULL)
    computer.write(b"new")
    new = computer.fetch()
    answers = play(computer)
    assert answers[after] == b""
    assert answers[idle][0] == 0
    assert answers[idle][2] == 1, "memory that was queued is free again"
    assert answers[new] == b"new"


def test_a_reset_between_the_halves_of_a_request_leaves_no_half_behind(play):
    computer = Computer()
    computer.configure()
    coding = computer.request(0xA1, 0x21, length=7)
    computer.steps += bytes([CONTROL]) + struct.pack("<BBHHH", 0x80, 6, 0x200, 0, 255)
    computer._asked()
    computer.reset()
    back = computer.describe(DEVICE)
    answers = play(computer)
    assert len(answers[coding]) == 7
    assert len(answers[back]) == 18


def test_a_computer_that_sleeps_is_not_sent_to_and_goes_on_where_it_was(play):
    computer = Computer()
    computer.configure()
    computer.write(bytes(2000))
    first = computer.fetch(1)
    computer.do(SUSPEND)
    asleep = computer.look()
    computer.do(RESUME)
    awake, rest = computer.look(), computer.fetch()
    computer.do(DISCONNECT)
    gone = computer.look()
    answers = play(computer)
    assert (answers[asleep][0], answers[awake][0], answers[gone][0]) == (0, 1, 0)
    assert len(answers[first]) + len(answers[rest]) == 2000


def test_a_halted_endpoint_is_told_and_goes_on_with_the_next_piece(play):
    computer = Computer()
    computer.configure()
    computer.write(b"a" * 600)
    computer.write(b"b" * 100)
    halt = computer.request(0x02, 3, 0, 0x81)
    status, nothing = computer.request(0x82, 0, 0, 0x81, 2), computer.fetch()
    computer.request(0x02, 1, 0, 0x81)
    clear, rest = computer.request(0x82, 0, 0, 0x81, 2), computer.fetch()
    refused = [computer.request(0x02, 3, 0, 0x83), computer.request(0x02, 3, 1, 0x81)]
    answers = play(computer)
    assert (answers[halt], answers[status], answers[nothing], answers[clear]) == (b"", b"\1\0", b"", b"\0\0")
    assert answers[rest] == b"b" * 100
    assert [answers[index] for index in refused] == [STALLED] * 2


def test_two_million_random_requests_are_answered_or_refused_and_it_works_afterwards(play):
    computer = Computer()
    computer.reset()
    for seed in range(1, 5):
        computer.random(seed, 500_000)
    computer.do(RESUME)
    computer.configure()
    computer.write(b"still here")
    answer = computer.fetch()
    answers = play(computer)
    assert answers[answer] == b"still here"
