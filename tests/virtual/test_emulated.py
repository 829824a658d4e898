"""The firmware in C as a board: on an emulated Cortex-M55, read and commanded by the program's own live session."""

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from builders_tflite import build_tflite

from n6studio.board import emulator
from n6studio.demo.scene import Scene
from n6studio.domain.errors.boards import EmulatorMissing, FirmwareNotBuilt
from n6studio.domain.pose import marker
from n6studio.domain.pose.decode import decode
from n6studio.domain.pose.frames import input_to_fractions
from n6studio.domain.pose.preprocess import Resize, lay_in, place
from n6studio.domain.pose.views import View
from n6studio.domain.settings import from_mapping
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.link.session.alarms import Alarm
from n6studio.link.session.commands import Command, CommandName, parse_reply
from n6studio.link.session.session import LiveSession
from n6studio.link.sources.virtual import VirtualBoardSource
from n6studio.link.wire.frame import as_sent, check
from n6studio.virtual.eye import Eye
from n6studio.virtual.window import Build, Window

needs_emulator = pytest.mark.skipif(bool(emulator.missing_tools()), reason="no qemu-system-arm or no cross compiler")
TRAINED = Path(__file__).parents[1] / "data" / "n6demo_192_per_tensor.tflite"
FRAMES = 400
SIDE = 96


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Six images of the demo scene, 160 x 96."""
    folder = tmp_path_factory.mktemp("scenes")
    for number in range(6):
        image = Scene(24, (160, SIDE)).frame(4.0 * number).image
        cv2.imwrite(str(folder / f"{number}.png"), image[..., ::-1])
    return folder


def seen(model, tensor, confidence=0.5, iou=0.5, average=True):
    """Return whom this computer finds in an input: as rows of the wire format, in fractions of the image."""
    eye = Eye(model)
    found = decode(eye.output(tensor), eye.info.layout, eye.info.size, confidence, iou, 10, average=average)
    return rows(input_to_fractions(found, View(Resize.STRETCH, eye.info.size)))


def rows(people):
    points = people.keypoints.reshape(len(people), 3 * people.keypoints.shape[1])
    return np.concatenate([people.boxes, people.confidences[:, None], points], axis=1).astype(np.float32).tobytes()


class Watching:
    """A live session over an emulated board, with all frames that came."""

    def __init__(self, log, **settings):
        values = {"transport": "tcp", "firmware": True, "fps": 200.0, "npu_ms": 0.01, "hold": 0.5, **settings}
        source = VirtualBoardSource(from_mapping(VirtualBoardSettings, values), log)
        self.session = LiveSession(source, expected_model=Eye(Path(values["model"])).model)
        self.frames, self._came = [], threading.Condition()
        self.session.tap(self._keep)
        self.session.start()
        self.until(1)

    def _keep(self, frame):
        with self._came:
            self.frames.append(frame)
            self._came.notify_all()

    def until(self, count, seconds=240.0):
        with self._came:
            assert self._came.wait_for(lambda: len(self.frames) >= count, seconds), self.session.status()
            return list(self.frames)

    def command(self, name, value=None):
        """Send a command; return the frame that carried the reply, and the reply."""
        number = self.session.send(name, value)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for frame in reversed(self.until(1)):
                for reply in parse_reply(frame.results.status):
                    if reply.number == number:
                        return frame, reply
            time.sleep(0.01)
        raise AssertionError(f"no reply to {name}")


@pytest.fixture
def watch(tmp_path):
    started = []

    def start(**settings):
        started.append(Watching(tmp_path / "board.log", **settings))
        return started[-1]

    yield start
    for one in started:
        assert one.session.stop(10)
    running = [process.info["name"] for process in psutil.Process().children(recursive=True)
               if "qemu" in process.as_dict(["name"]).get("name", "")]  # fmt: skip
    assert not running


@pytest.mark.slow
@needs_emulator
def test_hundreds_of_frames_are_whole_and_their_people_those_of_this_computer(watch, scenes):
    """Each frame shows one of six images; its people are bit for bit what this computer finds in that image."""
    board = watch(model=str(TRAINED), camera=str(scenes))
    exact = []
    for _ in range(12):
        frame, reply = board.command(CommandName.EXACT_INPUT)
        assert not reply.error
        exact.append(frame.results)
    frames = board.until(FRAMES)
    counts = board.session.counts()
    assert (counts.damaged, counts.repaired, counts.skipped_bytes, counts.without_results) == (0, 0, 0, 0)
    assert not board.session.alarms()
    assert board.session.undecodable == 0
    expected = {}
    for path in sorted(scenes.iterdir()):
        image = cv2.imread(str(path))[..., ::-1]
        tensor = lay_in(np.ascontiguousarray(image), place((160, SIDE), (192, 192), Resize.CROP))
        expected[seen(TRAINED, tensor)] = path.name
    assert len(expected) == 6
    told = [rows(frame.results.people) for frame in frames]
    assert set(told) <= set(expected)
    assert len(set(told)) == 6
    assert sum(len(frame.results.people) for frame in frames) > FRAMES
    for results in exact:
        assert rows(results.people) == seen(TRAINED, results.exact_input)
    assert all(frame.size == (SIDE, SIDE) for frame in frames)
    assert all(frame.results.view == View(Resize.STRETCH, (192, 192)) for frame in frames)
    times = [frame.results.timings for frame in frames]
    waited, encoded = (np.median([getattr(one, name) for one in times]) for name in ("exposure_to_npu", "encode"))
    assert waited < encoded / 4, "encoding, which comes before the model, is told once"
    sequences = [frame.results.sequence for frame in frames]
    assert sequences == sorted(set(sequences))
    assert sequences[-1] - sequences[0] + 1 - len(frames) <= FRAMES // 20


@pytest.mark.slow
@needs_emulator
@pytest.mark.parametrize("size", [(640, 480), (160, 96)])
def test_the_moment_of_each_image_can_be_read_back_where_there_is_room(watch, size):
    board = watch(model=str(TRAINED), camera="scene", width=size[0], height=size[1], marker=True)
    frames = board.until(20)
    status = [dict(frame.results.status) for frame in frames]
    told = any(one.get("marker") == "1" for one in status)
    ages = []
    for frame in frames:
        grey = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        half = marker.CELL // 2
        if grey.shape[1] < marker.WIDTH:
            continue
        moment = marker.read(grey[half, half : marker.WIDTH : marker.CELL].astype(np.float64))
        ages.append((int(frame.received * 1e3) - moment) % (1 << 24))
    assert told == bool(ages) == (size == (640, 480))
    assert all(age < 10_000 for age in ages)


@pytest.mark.slow
@needs_emulator
def test_commands_are_obeyed_and_what_they_change_is_seen(watch, scenes):
    board = watch(model=str(TRAINED), camera=str(scenes), hold=1000.0)
    first = board.until(1)[0].results
    assert dict(first.status)["board"] == "Cortex-M55 in QEMU"
    tensor = board.command(CommandName.EXACT_INPUT)[0].results.exact_input
    for confidence, iou in ((0.05, 0.9), (0.9, 0.5), (0.5, 0.5)):
        board.command(CommandName.CONFIDENCE, confidence)
        frame, reply = board.command(CommandName.IOU, iou)
        assert not reply.error
        assert rows(frame.results.people) == seen(TRAINED, tensor, np.float32(confidence), np.float32(iou))
    assert dict(first.status)["average"] == "on"
    frame, reply = board.command(CommandName.AVERAGE, False)
    assert (reply.error, dict(frame.results.status)["average"]) == ("", "off")
    assert rows(frame.results.people) == seen(TRAINED, tensor, average=False) != seen(TRAINED, tensor)
    lengths = []
    for quality in (10, 95):
        answer, _ = board.command(CommandName.QUALITY, quality)  # the image of this one was encoded before
        after = board.until(board.frames.index(answer) + 2)[board.frames.index(answer) + 1]
        lengths.append(len(after.jpeg))
    assert lengths[1] > 2 * lengths[0]
    protected = board.command(CommandName.PROTECT, True)[0]
    assert protected.results.version == (1, 1)
    damaged = bytearray(protected.jpeg)
    damaged[len(damaged) // 2] ^= 0x5A
    assert check(as_sent(bytes(damaged))).sequence == protected.results.sequence
    board.command(CommandName.STREAM, False)
    count, end = 0, time.monotonic() + 30
    while count < len(board.frames):  # what was under way; then nothing comes for a while
        assert time.monotonic() < end, "it goes on"
        count = len(board.frames)
        time.sleep(0.5)
    assert dict(board.command(CommandName.HELLO)[0].results.status)["stream"] == "off"
    board.command(CommandName.STREAM, True)
    board.until(count + 10)


@pytest.mark.slow
@needs_emulator
def test_it_can_claim_another_model_and_another_version_of_the_format(watch, scenes):
    board = watch(model=str(TRAINED), camera=str(scenes), fault=("wrong-model", "version=1.9"))
    mine = Eye(TRAINED).model
    told = [frame.results for frame in board.until(5)]
    assert all(results.version == (1, 9) and results.model not in ("", mine) for results in told)
    end = time.monotonic() + 30
    while Alarm.OTHER_MODEL not in board.session.alarms() and time.monotonic() < end:
        time.sleep(0.1)
    assert Alarm.OTHER_MODEL in board.session.alarms()
    assert board.session.counts().damaged == 0


@pytest.mark.slow
@needs_emulator
@pytest.mark.parametrize("output_type", ["float", "int8"])
def test_int8_outputs_are_decoded_as_floats_are_and_hosts_come_and_go(play, tmp_path, output_type):
    """Over a pseudo-terminal, too."""
    model = build_tflite(tmp_path / "model.tflite", output_type=output_type)
    host = play(model=str(model), firmware=True, transport="pty", npu_ms=0.01)
    for _ in range(2):
        host.frames(5)
        frame, _ = host.command(Command(CommandName.EXACT_INPUT, None, 7))
        assert len(frame.results.people) == 3
        assert rows(frame.results.people) == seen(model, frame.results.exact_input)
        host.parser.end()
        host.connect()
    assert host.parser.counts.frames > 10


@needs_emulator
def test_the_layouts_in_c_and_python_agree(tmp_path):
    """The C compiler's own arithmetic, over the header as it is."""
    import subprocess

    fields = [name for name, _ in Build._fields_]
    source = tmp_path / "layout.c"
    offsets = ", ".join(f"offsetof(window_build, {name})" for name in fields)
    source.write_text(
        f'#include "window.h"\n#include <stddef.h>\nconst unsigned at[] = {{{offsets}, sizeof(window_build)}};\n'
        "const unsigned head[] = {offsetof(window, booted), offsetof(window, build), WINDOW_LAYOUT};\n"
    )
    include = Path(emulator.__file__).parents[2] / "resources" / "firmware" / "emulated"
    made = tmp_path / "layout.o"
    subprocess.run([emulator.COMPILER, "-c", f"-I{include}", "-o", made, source], check=True)
    data = tmp_path / "data"
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "-j", ".rodata", made, data], check=True)
    found = np.frombuffer(data.read_bytes(), "<u4").tolist()
    import ctypes

    from n6studio.virtual import window

    ours = [getattr(Build, name).offset for name in fields] + [ctypes.sizeof(Build)]
    head = window._Window
    assert found == [*ours, head.booted.offset, head.build.offset, window.LAYOUT]


def test_rings_pass_everything_on_in_order_over_their_ends():
    import mmap
    import random

    from n6studio.virtual.window import MAPPED, RING

    window = Window(mmap.mmap(-1, MAPPED))
    rng, told, taken = random.Random(4), bytearray(), bytearray()
    for start in (0, 2**32 - RING // 2):
        window.head.in_head = window.head.in_tail = window.head.out_head = window.head.out_tail = start
        for _ in range(40):
            data = rng.randbytes(rng.randrange(RING))
            count = window.give(data)
            told += data[:count]
            at, end = window.head.in_tail, window.head.in_head
            window.head.out_tail, window.head.out_head = at, end  # what a board would copy from one ring to the other
            place = 0x4000000
            window._memory[place + 0x200000 : place + 0x300000] = window._memory[place + 0x100000 : place + 0x200000]
            while window.waiting():
                taken += window.take(rng.randrange(1, RING))
            window.head.in_tail = end
    assert taken == told
    assert len(told) > 20 * RING


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert emulator.missing_tools()[-2:] == ("qemu-system-arm", "arm-none-eabi-gcc")
    with pytest.raises(EmulatorMissing) as raised:
        emulator.emulator_tools()
    assert raised.value.missing == emulator.missing_tools()


@needs_emulator
def test_a_compiler_that_refuses_is_quoted(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    broken = tmp_path / "gcc"
    broken.write_text("#!/bin/sh\necho 'main.c:3: error: no such thing' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(FirmwareNotBuilt, match="no such thing"):
        emulator.built_firmware(emulator.EmulatorTools(broken, Path("qemu")))
    assert not list((tmp_path / "cache").rglob("*.elf"))
