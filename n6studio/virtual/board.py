"""The virtual board as a whole: camera, network, sender, cable, and who tells it what to do."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import n6studio
from n6studio.domain.errors import StudioError
from n6studio.domain.errors_link import NoModelForBoard
from n6studio.domain.settings import VirtualBoardSettings
from n6studio.virtual.cameras import Camera, open_camera
from n6studio.virtual.channel import MESSAGE_VERSION, Channel, Message, listen
from n6studio.virtual.commands import Commander
from n6studio.virtual.eye import Eye, published_milliseconds
from n6studio.virtual.faults import Faults, parse_fault
from n6studio.virtual.pipeline import Clock, Pipeline
from n6studio.virtual.ports import Port, open_port
from n6studio.virtual.sender import Sender, Status

_READ_SECONDS = 0.05


def run(settings: VirtualBoardSettings, channel: Channel) -> None:
    """Play a board until the starter is gone, says "end", or enough frames were sent.

    Raises:
        StudioError: the model cannot be run, the camera gives no pictures, or the port cannot be had.
    """
    if not settings.model:
        raise NoModelForBoard(place="")
    faults = Faults(settings.seed)
    for text in settings.fault:
        faults.add(parse_fault(text), 0.0)
    eye = Eye(Path(settings.model))
    camera = open_camera(settings)
    port = open_port(settings)
    try:
        _Board(settings, eye, camera, port, faults, channel).run()
    finally:
        port.close()
        camera.close()


class _Board:
    """The threads of a board: this one takes pictures, others send, read commands and hear the starter."""

    def __init__(
        self, settings: VirtualBoardSettings, eye: Eye, camera: Camera, port: Port, faults: Faults, channel: Channel
    ) -> None:
        self._settings, self._eye, self._port, self._faults, self._channel = settings, eye, port, faults, channel
        self._clock = Clock()
        self._stop = threading.Event()
        milliseconds, self._timing = npu_time(settings)
        npu_seconds = None if milliseconds is None else milliseconds / 1000
        self._pipeline = Pipeline(settings, camera, eye, npu_seconds, faults, self._clock)
        self._sender = Sender(
            self._pipeline.queue, port, eye.model, settings.quality, faults, self._clock, self._status, channel
        )
        self._commander = Commander(self._pipeline, self._sender, self._fault)
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Run to the end; raise what made a thread fail."""
        self._sender.log.append(self._timing)
        threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name)
            for name, work in (("sender", self._send), ("reader", self._read))
        ]
        for thread in threads:
            thread.start()
        listen(self._hear, self._stop.set)
        self._hello()
        self._guarded(lambda: self._pipeline.run(self._wanted, self._stop))
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure
        self._channel.tell("end", **self._counts())

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do a thread's work; whatever ends it ends the board."""
        try:
            work()
        except BaseException as error:
            self._failure = self._failure or error
        finally:
            self._stop.set()

    def _send(self) -> None:
        self._sender.run(self._stop, self._settings.frames)

    def _read(self) -> None:
        connection = 0
        while not self._stop.is_set():
            data = self._port.read(_READ_SECONDS)
            if self._port.connection != connection:
                connection = self._port.connection
                self._commander.start_anew()
            if data:
                self._commander.feed(data)

    def _wanted(self) -> bool:
        return self._port.connected and (self._commander.streaming or self._sender.owes_a_reply)

    def _hear(self, message: Message) -> None:
        if message.get("type") == "end":
            self._stop.set()
        elif message.get("type") == "fault":
            try:
                told = self._fault(str(message.get("fault")))
            except StudioError as error:
                self._channel.tell("refused", **error.to_message())
            else:
                self._channel.tell("faults", now=told)

    def _fault(self, text: str) -> str:
        self._faults.add(parse_fault(text), self._clock.now())
        self._sender.tell_status()
        return self._faults.now.told()

    def _hello(self) -> None:
        info = self._eye.info
        self._channel.tell(
            "hello",
            version=MESSAGE_VERSION,
            address=self._port.address,
            model=str(info.path),
            model_id=self._eye.model,
            size=info.size,
            keypoints=info.layout.keypoints,
            fps=self._settings.fps,
            timing=self._timing,
        )

    def _counts(self) -> dict[str, Any]:
        return {"sent": self._sender.sent, "dropped": self._pipeline.queue.dropped, "skipped": self._pipeline.skipped}

    def _status(self) -> Status:
        thresholds, counts = self._pipeline.thresholds, self._counts()
        values = {
            "board": "virtual STM32N6570-DK",
            "firmware": f"N6 Studio {n6studio.__version__}",
            "model_name": self._eye.info.path.name,
            "confidence": f"{thresholds.confidence:g}",
            "iou": f"{thresholds.iou:g}",
            "quality": str(self._sender.quality),
            "stream": "on" if self._commander.streaming else "off",
            "camera_fps": f"{self._settings.fps:g}",
            "aspect": self._settings.aspect,
            "dropped": str(counts["dropped"]),
            "skipped": str(counts["skipped"]),
            "faults": self._faults.now.told() or "none",
        }
        return tuple(values.items())


def npu_time(settings: VirtualBoardSettings) -> tuple[float | None, str]:
    """Return the milliseconds that the NPU is to take, None for as long as it takes here; and the reason in words."""
    if settings.npu_ms:
        return settings.npu_ms, f"NPU time as set: {settings.npu_ms:g} ms"
    if settings.timing == "host":
        return None, "NPU time is that of this computer"
    milliseconds, words = published_milliseconds(Path(settings.model))
    return milliseconds, words if milliseconds is None else f"{words}: {milliseconds:g} ms; all else is this computer's"
