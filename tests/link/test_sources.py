"""Sources give what they stand for, and say what is wrong."""

import contextlib
import os
import socket
import struct
import sys
import threading
import time

import cv2
import numpy as np
import pytest
from builders import image_folder, odd_images, photograph, write_image
from link_builders import frame, jpeg, until
from own_time import OwnTime

from n6studio.domain.errors.datasets import NoImages, VideoUnreadable
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.link import (
    CameraUnavailable,
    ConnectionLost,
    ConnectionRefused,
    RecordingUnreadable,
    SourceUnknown,
)
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.link.recording.recorder import write_recording
from n6studio.link.session.session import LiveSession, State
from n6studio.link.sources import find_sources, open_source, serial_port
from n6studio.link.sources.base import Capability, EndOfStream
from n6studio.link.sources.camera import DRAWN_IN, CameraSource, as_jpeg, camera_info
from n6studio.link.sources.stored import ImagesSource, RecordingSource, VideoSource
from n6studio.link.wire.frame import check
from n6studio.link.wire.jpeg import decode_jpeg
from n6studio.link.wire.parser import StreamParser


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("serial:/dev/ttyACM0", "serial"), ("serial:COM5", "serial"), ("tcp:localhost:5555", "tcp"),
        ("tcp:[::1]:1", "tcp"), ("tcp://[::1]:1", "tcp"), ("tcp://127.0.0.1:5555", "tcp"),
        ("camera:0", "camera"), ("recording:take.mjpeg", "recording"), ("video:C:\\film.mp4", "video"),
        ("images:folder", "pictures"), ("pictures:folder", "pictures"), ("virtual:", "virtual"),
        ("virtual:m.tflite?fps=60&fault=stall=2&fault=black&protect=on", "virtual"),
    ],
)  # fmt: skip
def test_addresses(address, kind):
    assert open_source(address).info.kind == kind


@pytest.mark.parametrize(
    "address", ["", "nonsense", "serial:", "tcp:host", "tcp:host:port", "tcp::1", "camera:x", "recording:", "usb:1"]
)
def test_addresses_that_name_nothing(address):
    with pytest.raises(SourceUnknown):
        open_source(address)


@pytest.mark.parametrize(
    "address", ["virtual:?fps=fast", "virtual:?protect=maybe", "virtual:?fps=100000", "virtual:?wings=2"]
)
def test_settings_of_the_virtual_board_are_checked(address):
    with pytest.raises(SettingInvalid):
        open_source(address)


def test_a_file_alone_is_enough(tmp_path):
    (tmp_path / "take.mjpeg").touch()
    (tmp_path / "film.mp4").touch()
    kinds = [open_source(str(tmp_path / name)).info.kind for name in ("take.mjpeg", "film.mp4", ".")]
    assert kinds == ["recording", "video", "pictures"]


@pytest.mark.skipif(sys.platform == "win32", reason="no devices in folders")
def test_the_path_of_a_serial_port_alone_is_enough():
    """As the virtual board tells it."""
    controller, port = os.openpty()
    try:
        assert open_source(os.ttyname(port)).info.kind == "serial"
    finally:
        os.close(controller)
        os.close(port)


def test_what_is_found_can_be_opened():
    found = find_sources()
    assert found[-1].kind == "virtual"
    assert [open_source(info.address).info.kind for info in found] == [info.kind for info in found]


class Port:
    def __init__(self, device, vid=None, pid=None, product=None, serial_number=None):
        self.device, self.vid, self.pid = device, vid, pid
        self.product, self.serial_number, self.description = product, serial_number, "n/a"


def test_a_port_with_sts_number_is_ours_by_its_name_only(monkeypatch):
    ports = [Port("/dev/ttyACM1", 0x0483, 0x5740, "Thermometer"), Port("/dev/ttyACM2", 0x0483, 0x5740)]
    monkeypatch.setattr(serial_port.list_ports, "comports", lambda: ports)
    assert [info.name for info in serial_port.serial_ports()] == ["Thermometer", "STM32 USB serial port"]


def test_ports_are_recognised_by_their_usb_ids(monkeypatch):
    ports = [
        Port("/dev/ttyUSB0", 0x1A86, 0x7523, "USB Serial"),
        Port("/dev/ttyACM0", 0x0483, 0x374E, "STLINK-V3", "004"),
        Port("/dev/ttyACM1", 0x0483, 0x5740, "N6 Studio", "0815"),
        Port("/dev/ttyS0"),
    ]
    monkeypatch.setattr(serial_port.list_ports, "comports", lambda: ports)
    found = serial_port.serial_ports()
    assert [info.address for info in found][:3] == ["serial:/dev/ttyACM1", "serial:/dev/ttyACM0", "serial:/dev/ttyUSB0"]
    assert found[0].name == "N6 Studio: live stream"
    assert found[0].detail == "/dev/ttyACM1 0815"
    assert "ST-LINK" in found[1].name
    assert found[3].address == "serial:/dev/ttyS0", "ports without ids come last"
    assert len(found) == 4
    assert Capability.COMMANDS | Capability.RESULTS in found[0].capabilities


# --- what is stored --------------------------------------------------------------------------------------------------


def all_of(source):
    """Read a stored source to its end as fast as it goes."""
    source.open()
    source.set_speed(0)
    found = []
    try:
        while True:
            found.append(source.read(1.0))
    except EndOfStream:
        return found
    finally:
        source.close()


@pytest.fixture
def take(tmp_path):
    """A recording of 20 frames in one second."""
    parser = StreamParser()
    frames = [one for number in range(20) for one in parser.feed(frame(number, seed=number), number / 20)]
    write_recording(tmp_path / "take.mjpeg", frames, "test")
    return tmp_path / "take.mjpeg"


def test_a_recording_comes_as_it_was_recorded(take):
    assert all_of(RecordingSource(take)) == [frame(number, seed=number) for number in range(20)]


def test_a_recording_takes_the_time_it_took(take):
    source = RecordingSource(take)
    source.open()
    source.set_speed(4)
    began = time.monotonic()
    count = 0
    with contextlib.suppress(EndOfStream):
        while True:
            count += bool(source.read(0.01))
    assert count == 20
    assert time.monotonic() - began >= 0.95 / 4
    source.close()


def test_pause_step_wind_and_loop(take):
    source = RecordingSource(take)
    source.pause(True)
    source.open()
    numbers = {frame(number, seed=number): number for number in range(20)}
    read = lambda: numbers.get(source.read(0.02))  # noqa: E731
    assert read() is None
    source.wind(5)
    assert read() == 5
    assert read() is None
    source.step()
    assert read() == 6
    source.step(-1)
    assert read() == 5
    source.step(-100)
    assert read() == 0
    source.wind(1000)
    assert read() == 19
    assert source.position == (20, 20)
    assert read() is None  # paused at the end is not over
    assert source.breaks > 0
    source.set_loop(True)
    source.set_speed(0)
    source.pause(False)
    assert read() == 0
    source.set_loop(False)
    source.wind(19)
    assert read() == 19
    with pytest.raises(EndOfStream):
        read()
    source.close()


def test_winding_loses_nothing(take):
    source = RecordingSource(take)
    source.pause(True)
    session = LiveSession(source)
    session.start()
    try:
        for count, number in enumerate((3, 17, 2), 1):
            until(lambda: source.position[1] == 20)
            source.wind(number)
            until(lambda count=count: session.counts().frames == count)
        assert session.counts().lost == 0
        source.set_speed(0)
        source.pause(False)
        until(lambda: session.status().state is State.ENDED)
    finally:
        assert session.stop()


def avi(frames: list[bytes], microseconds: int) -> bytes:
    """An AVI of Motion JPEG, put together after Microsoft's AVI RIFF file reference."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)

    count, largest = len(frames), max(map(len, frames))
    main = struct.pack("<14I", microseconds, 0, 0, 0x10, count, 0, 1, largest, 96, 64, 0, 0, 0, 0)
    stream = b"vidsMJPG" + struct.pack(
        "<10I4H", 0, 0, 0, microseconds, 1_000_000, 0, count, largest, 0, 0, 0, 0, 96, 64
    )
    bitmap = struct.pack("<IiiHH4sIiiII", 40, 96, 64, 1, 24, b"MJPG", 96 * 64 * 3, 0, 0, 0, 0)
    head = chunk(
        b"LIST",
        b"hdrl" + chunk(b"avih", main) + chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", bitmap)),
    )
    movie, index, at = b"", b"", 4
    for one in frames:
        made = chunk(b"00dc", one)
        movie += made
        index += b"00dc" + struct.pack("<III", 0x10, at, len(one))
        at += len(made)
    return chunk(b"RIFF", b"AVI " + head + chunk(b"LIST", b"movi" + movie) + chunk(b"idx1", index))


def test_motion_jpeg_in_a_video_keeps_its_results(tmp_path):
    frames = [frame(number) for number in range(6)]
    (tmp_path / "take.avi").write_bytes(avi(frames, 100_000))
    source = open_source(str(tmp_path / "take.avi"))
    assert isinstance(source, VideoSource)
    found = all_of(source)
    assert found == frames
    source.open()
    assert Capability.CAN_HAVE_RESULTS in source.info.capabilities
    source.pause(True)
    source.wind(4)
    assert check(source.read(1)).sequence == 4
    source.close()


def test_a_file_of_nothing_but_frames_is_a_recording_by_any_name(tmp_path):
    (tmp_path / "take.bin").write_bytes(frame(0) + frame(1))
    for address in (f"video:{tmp_path / 'take.bin'}", str(tmp_path / "take.bin")):
        assert isinstance(open_source(address), RecordingSource)
    (tmp_path / "take.mjpg").write_bytes(frame(0) + frame(1))
    assert all_of(open_source(str(tmp_path / "take.mjpg"))) == [frame(0), frame(1)]


@contextlib.contextmanager
def server(answer: bytes):
    """A server that gives every host the same answer and hears what it was asked."""
    asked, ear = [], socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = ear.accept()
                with connection:
                    asked.append(connection.recv(4096))
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{ear.getsockname()[1]}/stream?size=1", asked
    finally:
        ear.shutdown(socket.SHUT_RDWR)
        ear.close()
        thread.join()


def test_jpegs_over_http_keep_their_results():
    parts = [b"--f\r\nContent-Type: image/jpeg\r\n\r\n" + frame(number) + b"\r\n" for number in range(5)]
    head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=f\r\n\r\n"
    with server(head + b"".join(parts)) as (url, asked):
        source = open_source(url)
        source.open()
        parser, found = StreamParser(), []
        with contextlib.suppress(ConnectionLost):
            while True:
                found += parser.feed(source.read(1.0), 0.0)
        source.close()
    assert [one.jpeg for one in found] == [frame(number) for number in range(5)]
    assert asked[0].startswith(b"GET /stream?size=1 HTTP/1.0\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "404"),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "text/html"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: video/x\r\nTransfer-Encoding: chunked\r\n\r\n", "chunks"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n", "holds no JPEGs"),
        (b"220 ready\r\n", "no HTTP answer"),
    ],
)
def test_what_is_no_stream_is_told(answer, words):
    with server(answer) as (url, _), pytest.raises(ConnectionRefused) as refused:
        open_source(url).open()
    assert words in refused.value.reason


def test_ports_with_a_baud_rate_and_cameras_with_a_size():
    source = open_source("serial:/dev/ttyUSB7@115200")
    assert (source.info.address, source._baud) == ("serial:/dev/ttyUSB7@115200", 115_200)
    assert open_source("serial:COM5")._baud == serial_port.BAUD
    assert open_source("camera:1?width=640&height=480&fps=15").info.address == "camera:1?width=640&height=480&fps=15"
    assert open_source("rtsp://10.0.0.9/live").info.kind == "rtsp"
    for wrong in ("camera:1?depth=3", "camera:1?width=wide", "http://"):
        with pytest.raises(SourceUnknown):
            open_source(wrong)


@pytest.mark.parametrize(
    ("name", "ids", "draws"),
    [
        ("STM32 USB Video", None, True),
        ("Any camera", (0x0483, 0x5780), True),
        ("Integrated camera", (0x046D, 0x0825), False),
        ("Integrated camera", (0x0483, 0x374E), False),  # the board's probe
        ("Integrated camera", None, False),
    ],
)
def test_cameras_that_draw_into_their_images_are_known(tmp_path, name, ids, draws):
    device = tmp_path / "devices" / "usb1" / "1-2" / "1-2:1.0"
    device.mkdir(parents=True)
    (tmp_path / "class" / "video3").mkdir(parents=True)
    (tmp_path / "class" / "video3" / "device").symlink_to(device)
    (tmp_path / "class" / "video3" / "name").write_text(f"{name}\n")
    if ids is not None:
        for part, number in zip(("idVendor", "idProduct"), ids, strict=True):
            (device.parent / part).write_text(f"{number:04x}\n")
    info = camera_info(3, tmp_path / "class")
    assert (info.name, info.drawn_in, DRAWN_IN in info.detail) == (name, draws, draws)


def test_a_video(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (96, 64))
    for number in range(10):
        writer.write(np.full((64, 96, 3), number * 20, np.uint8))
    writer.release()
    source = VideoSource(tmp_path / "film.avi")
    images = [decode_jpeg(data) for data in all_of(source)]
    assert [round(float(image.mean()) / 20) for image in images] == list(range(10))
    source.open()
    source.pause(True)
    source.wind(7)
    assert round(float(decode_jpeg(source.read(1)).mean()) / 20) == 7
    source.close()


def test_a_folder_of_images(tmp_path):
    image_folder(tmp_path / "some", 3)
    found = all_of(ImagesSource(tmp_path / "some"))
    assert found == [path.read_bytes() for path in sorted((tmp_path / "some").iterdir())]


def test_images_of_every_kind(tmp_path):
    damaged = odd_images(tmp_path / "odd")
    (tmp_path / "odd" / "huge.jpg").unlink()  # takes seconds
    source = ImagesSource(tmp_path / "odd")
    found = all_of(source)
    readable = [data for data in found if data]
    assert len(found) == len([path for path in (tmp_path / "odd").iterdir() if path.suffix != ".txt"])
    assert len(readable) >= len(found) - len(damaged)
    shapes = [image.shape for data in readable if (image := decode_jpeg(data)) is not None]
    assert (96, 64, 3) in shapes  # the one that its camera held upright


def test_what_is_not_there_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.mjpeg").write_text("no frame in here")
    (tmp_path / "words.mp4").write_text("no video in here")
    for source, error in [
        (RecordingSource(tmp_path / "gone.mjpeg"), FileMissing),
        (RecordingSource(tmp_path / "words.mjpeg"), RecordingUnreadable),
        (VideoSource(tmp_path / "gone.mp4"), FileMissing),
        (VideoSource(tmp_path / "words.mp4"), VideoUnreadable),
        (ImagesSource(tmp_path / "gone"), FileMissing),
        (ImagesSource(tmp_path / "empty"), NoImages),
    ]:
        with pytest.raises(error):
            source.open()
        source.close()


# --- cameras ---------------------------------------------------------------------------------------------------------


class Capture:
    """A camera: gives images until it is unplugged."""

    def __init__(self, *images, forever=True):
        self.images, self.forever = list(images), forever
        self.released = threading.Event()
        self.hang = threading.Event()

    def isOpened(self):  # noqa: N802  (OpenCV's name)
        return bool(self.images)

    def read(self):
        self.hang.wait(0.01)
        image = self.images[0] if self.forever or len(self.images) > 1 else None
        if not self.forever:
            self.images.pop(0)
        return image is not None, image

    def release(self):
        self.released.set()


def test_a_camera_that_sends_mjpeg_is_passed_on_untouched():
    sent = frame(4)
    capture = Capture(np.frombuffer(sent, np.uint8).reshape(1, -1))
    source = CameraSource(0, opener=lambda number: capture)
    session = LiveSession(source)
    session.start()
    try:
        image = until(session.take)
        assert image.frame.jpeg == sent
        assert image.results.sequence == 4
    finally:
        assert session.stop()
    assert capture.released.wait(2)


def test_a_camera_that_is_decoded_by_the_system_has_no_results():
    colour = photograph()
    source = CameraSource(0, opener=lambda number: Capture(colour))
    source.open()
    data = until(lambda: source.read(0.1))
    source.close()
    assert decode_jpeg(data).shape == colour.shape
    assert abs(decode_jpeg(data)[..., ::-1].astype(int) - colour).mean() < 4


def test_the_last_image_of_a_camera_that_is_unplugged_is_read():
    colour = photograph()
    source = CameraSource(0, opener=lambda number: Capture(colour, colour, forever=False))
    source.open()
    until(lambda: source._grabber.gone)
    assert decode_jpeg(source.read(0.1)).shape == colour.shape
    with pytest.raises(ConnectionLost):
        source.read(0.1)
    source.close()


@pytest.mark.parametrize("images", [[], [None]])
def test_a_camera_that_is_not_there_or_gives_nothing(images):
    source = CameraSource(0, opener=lambda number: Capture(*images))
    with pytest.raises(CameraUnavailable):
        source.open()


def test_a_camera_that_is_unplugged():
    source = CameraSource(0, opener=lambda number: Capture(photograph(), None, forever=False))
    source.open()

    def read_on():
        for _ in range(50):
            source.read(0.1)

    with pytest.raises(ConnectionLost):
        read_on()
    source.close()


def test_a_camera_whose_driver_hangs_holds_nobody_up():
    go = threading.Event()

    def opener(number):
        go.wait(10)
        return Capture()

    session = LiveSession(CameraSource(0, opener=opener))
    session.start()
    time.sleep(0.1)
    own = OwnTime()
    assert session.stop()
    assert own.seconds < 2
    go.set()


def test_formats_that_nobody_knows_are_refused():
    with pytest.raises(cv2.error):
        as_jpeg(np.zeros((1, 500), np.uint8))
    assert as_jpeg(np.frombuffer(jpeg(), np.uint8)[:, None]) == jpeg()


def test_a_image_written_as_something_else_is_read(tmp_path):
    write_image(tmp_path / "p" / "one.png", photograph())
    (data,) = all_of(ImagesSource(tmp_path / "p"))
    assert decode_jpeg(data).shape == (64, 96, 3)
