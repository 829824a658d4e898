"""Seeing that an application runs: pseudo-terminals play serial ports, and a list plays USB."""

import os
import time

import pytest
from builders import ROOT
from own_time import OwnTime

from n6studio.board.registry import board
from n6studio.board.running.banner import Banner, announces, banner_in
from n6studio.board.running.usb import ids_of_ioreg, ids_of_windows, usb_ids
from n6studio.board.running.watch import SerialPort, Watch
from n6studio.domain.stream import STREAM_MAGIC, STREAM_USB_IDS

NUCLEO, DISCOVERY = board("nucleo-n657x0-q"), board("stm32n6570-dk")
ST_LINK, CAMERA = (0x0483, 0x3754), (0x0483, 0x5780)
PROBE = "0042003A3137511333333639"
# As the applications of 2026 print it, in our own words where they name build and tools.
TEXT = (
    b"========================================\n"
    b"STM32N6-GettingStarted-PoseEstimation v2.3.0 (4d693e6)\n"
    b"Build date & time: Nov 26 2026 04:00:00\n"
    b"Compiler: GCC 14.3.1\n"
    b"NN model: yolov8n_256_quant_pc_uf_pose_coco_st\n"
    b"========================================\n"
)


# --- the words -------------------------------------------------------------------------------------------------------


def test_a_banner_tells_application_release_and_model():
    found = banner_in(b"\x00\xff noise \n" + TEXT)
    assert found == Banner("STM32N6-GettingStarted-PoseEstimation", "v2.3.0", "yolov8n_256_quant_pc_uf_pose_coco_st")
    assert found.runs("yolov8n_256_quant_pc_uf_pose_coco-st")
    assert found.runs("yolov8n_256_quant_pc_uf_pose_coco-st.tflite")
    assert not found.runs("yolov8n_192_quant_pc_uf_pose_coco-st")
    assert banner_in(TEXT.replace(b"\n", b"\r\n")) == found


def test_the_last_of_two_counts_and_a_half_line_does_not():
    other = TEXT.replace(b"v2.3.0", b"v2.3.1").replace(b"yolov8n", b"jogger")
    assert banner_in(TEXT + other).release == "v2.3.1"
    assert banner_in(TEXT + other).model.startswith("jogger")
    half = TEXT[: TEXT.index(b"_pose_coco_st")]
    assert banner_in(half).model == "", "its end is not known"
    assert banner_in(half).runs("anything")


@pytest.mark.parametrize(
    "text", [b"", b"NN model: a\n", b"Init application\r\n", b"\xff" * 300, b"STM32N6-GettingStarted"]
)
def test_nothing_else_is_a_banner(text):
    assert banner_in(text) is None


def test_what_a_board_says_is_made_printable():
    found = banner_in(TEXT.replace(b"v2.3.0", b"v\x1b[31m2"))
    assert found is not None
    assert "\x1b" not in found.message


def test_sources_tell_whether_an_application_prints(tmp_path):
    main = tmp_path / "Application" / DISCOVERY.st.name / "Src" / "main.c"
    assert not announces(tmp_path, DISCOVERY)
    main.parent.mkdir(parents=True)
    main.write_text('int main(void) { printf("NN model: %s\\n", NAME); }')
    assert announces(tmp_path, DISCOVERY)
    assert not announces(tmp_path, NUCLEO)
    main.write_text("int main(void) { }")
    assert not announces(tmp_path, DISCOVERY)
    old = tmp_path / "Src" / "main.c"  # releases before 2.0
    main.unlink()
    old.parent.mkdir()
    old.write_text('printf ( "NN model: %s\\n", NAME);')
    assert announces(tmp_path, DISCOVERY)


# --- USB -------------------------------------------------------------------------------------------------------------


def test_linux_tells_devices_by_folders(tmp_path):
    for name, ids in (("1-1", ("0483\n", "3754\n")), ("1-1:1.0", None), ("1-2", ("0483\n", "zz\n"))):
        (tmp_path / name).mkdir()
        if ids:
            (tmp_path / name / "idVendor").write_text(ids[0])
            (tmp_path / name / "idProduct").write_text(ids[1])
    assert usb_ids("linux", tmp_path) == {ST_LINK}
    assert usb_ids("linux", tmp_path / "absent") is None


def test_other_systems_tell_them_in_text():
    told = '+-o STM32 uvc@1\n  {\n "idProduct" = 22400\n "idVendor" = 1155\n }\n+-o Hub@2\n {\n "idVendor" = 1\n }\n'
    assert ids_of_ioreg(told) == {CAMERA}
    listed = "USB\\VID_0483&PID_5780\\204F3\r\nUSB\\vid_0483&pid_3754&mi_01\\6&1\r\nACPI\\PNP0A08\\0\r\n"
    assert ids_of_windows(listed) == {CAMERA, ST_LINK}
    assert ids_of_ioreg("") == ids_of_windows("") == frozenset()


# --- the watch -------------------------------------------------------------------------------------------------------


class Table:
    """What is plugged in: ports that are pseudo-terminals, and ids of other devices."""

    def __init__(self):
        self.ports, self.devices, self.ends = [], set(), []
        self.looks = {"ports": 0, "devices": 0}

    def plug(self, ids=ST_LINK, serial=PROBE):
        master, slave = os.openpty()
        self.ends += [master, slave]
        self.ports.append(SerialPort(os.ttyname(slave), *ids, serial))
        return master

    def unplug(self):
        self.ports.clear()
        self.devices.clear()

    def watch(self, target=DISCOVERY, probe=PROBE, **more):
        watch = Watch(
            target, probe, lambda: list(self._look("ports")), lambda: frozenset(self._look("devices")), **more
        )
        self.ends.append(watch)
        return watch

    def _look(self, what):
        self.looks[what] += 1
        return getattr(self, what)

    def looked(self, what="ports"):
        """Wait until a watch has looked at these as they are now."""
        before = self.looks[what]
        until(lambda: self.looks[what] >= before + 2)  # the first of them is over when the second begins


@pytest.fixture
def desk():
    table = Table()
    yield table
    for one in table.ends:
        one.close() if isinstance(one, Watch) else os.close(one)


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")


def test_a_banner_on_the_probes_port_is_proof(desk):
    watch = desk.watch()
    master = desk.plug()
    until(lambda: watch.evidence().listened)
    assert not watch.evidence().proves
    os.write(master, TEXT[:60])
    os.write(master, TEXT[60:])
    found = watch.wait(5)
    assert found.proves
    assert found.banner.model == "yolov8n_256_quant_pc_uf_pose_coco_st"


def test_another_probes_port_is_left_alone(desk):
    watch = desk.watch()
    desk.plug(serial="AA")
    desk.plug(ids=(0x1A86, 0x7523), serial=PROBE)
    mine = desk.plug()
    until(lambda: watch.evidence().listened)
    desk.looked()
    assert watch.evidence().listened == (desk.ports[2].name,)
    os.write(mine, TEXT)
    assert watch.wait(5).proves


def test_a_board_that_is_unplugged_and_comes_back_is_listened_to_again(desk):
    master = desk.plug()
    watch = desk.watch()
    until(lambda: watch.evidence().listened)
    desk.unplug()
    os.close(master)
    desk.ends.remove(master)
    desk.looked()
    again = desk.plug()
    until(lambda: len(watch.evidence().listened) == 2 or (os.write(again, TEXT) and watch.evidence().proves))
    os.write(again, TEXT)
    assert watch.wait(5).proves


def test_a_camera_counts_only_after_it_was_away(desk):
    desk.devices.add(CAMERA)
    watch = desk.watch(NUCLEO)
    desk.looked("devices")
    assert not watch.evidence().video, "it may be another board's"
    desk.devices.clear()
    desk.looked("devices")
    desk.devices.add(CAMERA)
    until(lambda: watch.evidence().video)


def test_our_stream_is_known_by_its_port_and_its_frames(desk):
    watch = desk.watch()
    desk.looked()
    master = desk.plug(ids=STREAM_USB_IDS, serial="0123")
    until(lambda: watch.evidence().listened)
    os.write(master, b"\xff\xd8\xff\xe0 a plain JPEG")
    time.sleep(0.3)
    assert not watch.evidence().proves
    os.write(master, b"\xff\xd8\xff\xe9\x00\x40" + STREAM_MAGIC)
    assert watch.wait(5).stream


def test_a_stream_that_was_there_before_proves_nothing(desk):
    master = desk.plug(ids=STREAM_USB_IDS, serial="0123")
    watch = desk.watch()
    os.write(master, STREAM_MAGIC)
    assert not watch.wait(0.8).proves


@pytest.mark.parametrize(("baud", "away"), [(921_600, True), (921_600, False), (0, True)])
def test_our_stream_over_the_st_links_port_is_heard_at_its_speed_and_only_after_the_power_cycle(desk, baud, away):
    termios = pytest.importorskip("termios")
    if not away:
        master = desk.plug()
    watch = desk.watch(stream_baud=baud)
    if away:
        desk.looked()
        master = desk.plug()
    until(lambda: watch.evidence().listened)
    slave = next(one for one in desk.ends if isinstance(one, int) and one != master)
    end, speeds = time.monotonic() + 6, set()
    while time.monotonic() < end and len(speeds) < 2 and not watch.evidence().stream:
        speed = termios.tcgetattr(slave)[5]
        speeds.add(speed)
        if speed == termios.B921600:
            os.write(master, b"\xff\xd8\xff\xe9\x02\x4e" + STREAM_MAGIC)
        time.sleep(0.05)
    assert watch.wait(5 if baud and away else 0.5).stream == (baud > 0 and away)
    assert (termios.B921600 in speeds) == (baud > 0)


def test_frames_of_the_published_vectors_are_known():
    assert (ROOT / "resources" / "wire" / "two_people.jpg").read_bytes()[6:12] == STREAM_MAGIC


def test_a_port_that_another_program_holds_is_told(desk):
    import serial

    desk.plug()
    with serial.Serial(desk.ports[0].name, exclusive=True):
        watch = desk.watch()
        until(lambda: watch.evidence().closed)
        assert not watch.evidence().proves
    until(lambda: watch.evidence().listened)
    assert watch.evidence().closed == {}


def test_waiting_ends_when_nothing_comes_and_when_it_is_cancelled(desk):
    watch = desk.watch()
    began, own = time.monotonic(), OwnTime()
    assert not watch.wait(0.4).proves
    assert time.monotonic() - began > 0.35
    assert own.seconds < 2
    assert not watch.wait(60, lambda: True).proves
    assert own.seconds < 4


def test_closing_leaves_no_thread_and_no_open_port(desk):
    import threading

    desk.plug()
    watch = desk.watch()
    until(lambda: watch.evidence().listened)
    watch.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "watch"]
    import serial

    serial.Serial(desk.ports[0].name, exclusive=True).close()
