"""A board that runs the firmware in C, on an emulated Cortex-M55: camera, NPU and cable are played here.

The NPU is the model in LiteRT; its output goes to the board as the NPU would leave it, in int8 or as floats. What the
board makes of it, and everything that it sends and obeys, is the firmware's.
"""

import ctypes
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

import n6studio
from n6studio.domain.pose import marker
from n6studio.domain.pose.preprocess import Image, Resize, lay_in, place
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.virtual.channel import Message
from n6studio.virtual.eye import Eye
from n6studio.virtual.machine import Machine
from n6studio.virtual.pipeline import squeezed
from n6studio.virtual.rewriting import Rewriting
from n6studio.virtual.running import npu_time
from n6studio.virtual.surroundings import Surroundings
from n6studio.virtual.window import MOST_IMAGE, MOST_INPUT, MOST_OUTPUT, Build

_SECONDS = 0.05
_CHUNK = 1 << 16
_FLOAT, _INT8 = 0, 1  # n6_type
_STRETCH = 1  # of the wire format
_SCREEN = 480  # pixels of the longer side that the board's camera pipe makes of an image
_EVEN = 2
_TEXT = 63  # bytes


class EmulatedBoard:
    """From power-up to power-down.

    Args:
        settings: with a model.
        around: camera, cable, faults, clock, and the starter.
        stop: ends it.
        machine: the emulator.

    Raises:
        StudioError: the model cannot be run, or the firmware does not start.
    """

    def __init__(
        self, settings: VirtualBoardSettings, around: Surroundings, stop: threading.Event, machine: Machine
    ) -> None:
        self._settings, self._around, self._stop, self._machine = settings, around, stop, machine
        self._window, self._port, self._clock = machine.window, around.port, around.clock
        self._eye = Eye(Path(settings.model))
        milliseconds, self._timing = npu_time(settings)
        self._npu_seconds = 0.0 if milliseconds is None else milliseconds / 1000
        image, _ = self._view(around.camera.image(0.0))
        self._size = image.shape[1], image.shape[0]
        self._frozen: bytes | None = None
        self._rewriting = Rewriting()
        self._failure: BaseException | None = None
        self._taken = self._skipped = self._bytes = 0
        self.done = False  # it has sent all that it was to send
        self._window.head.connection = 0
        self._window.put_build(self._build())
        machine.power_up()

    def run(self) -> None:
        """Run to the end; raise what made a thread fail."""
        threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name)
            for name, work in (("sender", self._send), ("reader", self._read))
        ]
        for thread in threads:
            thread.start()
        self._guarded(self._play)
        for thread in threads:
            thread.join()
        self._window.head.connection = 0
        if self._failure is not None:
            raise self._failure

    def about(self) -> Message:
        """Return what the starter should know."""
        info = self._eye.info
        return {
            "model": str(info.path),
            "model_id": self._eye.model,
            "size": info.size,
            "keypoints": info.layout.keypoints,
            "fps": self._settings.fps,
            "timing": f"firmware on an emulated Cortex-M55; {self._timing}",
        }

    def counts(self) -> dict[str, int]:
        """Return images that the board took up, those it had no room for, and those it did not come to."""
        return {"sent": self._window.head.sent, "dropped": self._window.head.dropped, "skipped": self._skipped}

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do a thread's work; whatever ends it ends the board."""
        try:
            work()
        except BaseException as error:
            self._failure = self._failure or error
        finally:
            self._stop.set()
            self._machine.wake()

    # --- camera and NPU: the first thread

    def _play(self) -> None:
        due = 0
        while not self._stop.is_set():
            self._machine.beat()
            if self._window.npu_asked():
                self._compute()
            elif self._clock.now() * self._settings.fps >= due and self._window.wants_image() and self._port.connected:
                number = int(self._clock.now() * self._settings.fps)
                self._skipped += max(0, number - due) if due else 0
                due = number + 1
                self._shoot(number / self._settings.fps)
            else:
                left = due / self._settings.fps - self._clock.now()
                idle = _SECONDS if left <= 0 else min(_SECONDS, left)
                self._machine.wait(self._window.npu_asked, idle)
            most = self._settings.frames
            self.done = bool(most) and self._window.head.sent >= most and self._window.wants_image()
            if self.done and not self._window.waiting():
                return

    def _shoot(self, seconds: float) -> None:
        moment = marker.moment()
        image, tensor = self._view(self._around.camera.image(seconds))
        if (image.shape[1], image.shape[0]) != self._size:  # images of a folder may differ
            image = lay_in(image, place((image.shape[1], image.shape[0]), self._size, Resize.STRETCH))
        if self._settings.marker:  # here, where nothing scales or cuts it any more
            image = marker.draw(image, moment)
        self._window.give_image(as_rgb565(image).tobytes(), tensor.tobytes())
        self._machine.ring()

    def _view(self, image: Image) -> tuple[Image, Image]:
        """Return what the two pipes of the camera make of an image: one for people, and the model's input.

        Both show the same part of it, as in ST's applications with a square model.
        """
        size = self._eye.info.size
        if self._around.faults.now.black:
            image = np.zeros_like(image)
        if self._settings.aspect == "fit":
            image = squeezed(image, size)
        height, width = image.shape[:2]
        resize = Resize.CROP if self._settings.aspect == "crop" else Resize.STRETCH
        placement = place((width, height), size, resize)
        left, top, across, down = placement.source
        shown = image[top : top + down, left : left + across]
        factor = min(1.0, _SCREEN / max(across, down))
        screen = tuple(max(_EVEN, round(side * factor) // _EVEN * _EVEN) for side in (across, down))
        if screen != (across, down):
            shown = np.asarray(cv2.resize(shown, screen, interpolation=cv2.INTER_AREA), np.uint8)
        return shown, lay_in(image, placement)

    def _compute(self) -> None:
        began = time.monotonic()
        width, height = self._eye.info.size
        tensor = np.frombuffer(self._window.npu_input(width * height * 3), np.uint8).reshape(height, width, 3)
        faults = self._around.faults.now
        memory = self._eye.memory(tensor, faults.zero_scores)
        self._frozen = (memory if self._frozen is None else self._frozen) if faults.frozen else None
        self._stop.wait(max(0.0, self._npu_seconds - (time.monotonic() - began)))
        self._window.npu_answer(memory if self._frozen is None else self._frozen)
        self._machine.ring()

    def _build(self) -> Build:
        info, settings, build = self._eye.info, self._settings, Build()
        output = self._eye.output(np.zeros((info.size[1], info.size[0], 3), np.uint8))
        scale = info.output_scale
        if output.nbytes > MOST_OUTPUT or info.size[0] * info.size[1] * 3 > MOST_INPUT:
            raise ValueError(f"a model too large for the emulated board: {info.size}, {output.shape}")
        if self._size[0] * self._size[1] * 2 > MOST_IMAGE:
            raise ValueError(f"images too large for the emulated board: {self._size}")
        layout = info.layout
        build.image_width, build.image_height = self._size
        build.input_width, build.input_height = info.size
        build.type = _FLOAT if scale is None else _INT8
        build.scale, build.zero = (1.0, 0) if scale is None else (scale.scale, scale.zero_point)
        build.candidates = output.shape[0] if layout.end_to_end else output.shape[1]
        build.classes, build.keypoints, build.dims = layout.classes, layout.keypoints, layout.dims
        build.normalised, build.end_to_end = layout.normalised, layout.end_to_end
        build.resize, build.left, build.top, build.across, build.down = _STRETCH, 0.0, 0.0, 1.0, 1.0
        build.confidence, build.iou, build.max_detections = settings.confidence, settings.iou, settings.max_detections
        build.average = settings.average
        build.quality, build.protect = settings.quality, settings.protect
        build.model = (ctypes.c_uint8 * 8)(*bytes.fromhex(self._eye.model or "00" * 8))
        build.board, build.firmware = b"Cortex-M55 in QEMU", f"N6 Studio {n6studio.__version__}".encode()[:_TEXT]
        build.model_name = info.path.name.encode()[:_TEXT]
        build.marker = settings.marker and self._size[0] >= marker.WIDTH
        if info.split is not None:
            build.put_split(info.split)
        return build

    # --- the cable: two threads

    def _send(self) -> None:
        while not self._stop.is_set():
            self._around.faults.wake(self._clock.now())
            self._pull_out()
            if self._around.faults.take("reset"):
                return
            self._stop.wait(self._around.faults.take("stall"))
            if not self._machine.wait(lambda: self._window.waiting() > 0 or self._stop.is_set(), _SECONDS):
                continue
            data = self._rewriting.passed(self._window.take(_CHUNK), self._around.faults.now)
            self._machine.ring()
            self._bytes += 1
            rest = memoryview(self._around.faults.damaged(data, self._bytes))
            while rest and not self._stop.is_set() and not self._around.faults.now.disconnect:
                count = self._port.write(rest, _SECONDS)
                if count < 0:
                    break  # nobody is there: what the board says is lost
                rest = rest[count:]

    def _pull_out(self) -> None:
        seconds = self._around.faults.take("disconnect")
        if not seconds:
            return
        self._port.unplug()
        self._around.channel.tell("unplugged", seconds=seconds)
        self._stop.wait(seconds)
        if not self._stop.is_set():
            self._port.plug_in()
            self._around.channel.tell("plugged in", address=self._port.address)

    def _read(self) -> None:
        head, told = self._window.head, 0
        while not self._stop.is_set():
            data = self._port.read(_SECONDS)
            connection = self._port.connection if self._port.connected else 0
            if connection != head.connection:
                head.connection = connection
                self._machine.ring()
                if connection > told:
                    told = connection
                    self._around.channel.tell("connected", count=connection)
            while data and not self._stop.is_set():
                data = data[self._window.give(data) :]
                self._machine.ring()
                if data:
                    self._stop.wait(0.001)


def as_rgb565(image: Image) -> npt.NDArray[np.uint8]:
    """Return the bytes of an image (H, W, 3) RGB as the camera pipe writes RGB565: little endian, red on top."""
    red, green, blue = (image[..., i].astype(np.uint16) for i in range(3))
    return (red >> 3 << 11 | green >> 2 << 5 | blue >> 3).astype("<u2").view(np.uint8)
