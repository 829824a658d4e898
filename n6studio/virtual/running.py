"""A board that runs: camera and model here, sending and reading commands in threads of their own."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import n6studio
from n6studio.domain.pose.marker import STATUS
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.link.session.commands import format_reply
from n6studio.virtual.commands import Commander
from n6studio.virtual.evaluation import Evaluation
from n6studio.virtual.eye import Eye, published_milliseconds
from n6studio.virtual.faults import parse_fault
from n6studio.virtual.pipeline import Pipeline
from n6studio.virtual.sender import Sender, Status
from n6studio.virtual.surroundings import Surroundings

_READ_SECONDS = 0.05
_IDLE_SECONDS = 0.01


class RunningBoard:
    """From power-up to power-down.

    Args:
        settings: with a model.
        around: camera, cable, faults, clock, and the starter.
        stop: ends it.

    Raises:
        StudioError: the model cannot be run.
    """

    def __init__(self, settings: VirtualBoardSettings, around: Surroundings, stop: threading.Event) -> None:
        self._settings, self._around, self._stop = settings, around, stop
        self._port = around.port
        self._eye = Eye(Path(settings.model))
        milliseconds, self._timing = npu_time(settings)
        npu_seconds = None if milliseconds is None else milliseconds / 1000
        self._pipeline = Pipeline(settings, self._eye, npu_seconds, around)
        self._sender = Sender(self._pipeline.queue, self._eye.model, settings.quality, self._status, around)
        self._sender.protect = settings.protect
        self._sender.log.append(self._timing)
        self._evaluation = Evaluation(
            self._eye.info.size, lambda reply: self._sender.replies.append(format_reply(reply))
        )
        self._commander = Commander(self._pipeline, self._sender, self._fault, self._evaluation)
        self._failure: BaseException | None = None
        self.done = False  # it has sent all that it was to send

    def run(self) -> None:
        """Run to the end; raise what made a thread fail."""
        threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name)
            for name, work in (("sender", self._send), ("reader", self._read))
        ]
        for thread in threads:
            thread.start()
        self._guarded(lambda: self._pipeline.run(self._wanted, self._idle, self._stop))
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def about(self) -> dict[str, Any]:
        """Return what the starter should know."""
        info = self._eye.info
        return {
            "model": str(info.path),
            "model_id": self._eye.model,
            "size": info.size,
            "keypoints": info.layout.keypoints,
            "fps": self._settings.fps,
            "timing": self._timing,
        }

    def counts(self) -> dict[str, int]:
        """Return images sent, dropped because the host did not take them, and skipped because the NPU was busy."""
        return {"sent": self._sender.sent, "dropped": self._pipeline.queue.dropped, "skipped": self._pipeline.skipped}

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do a thread's work; whatever ends it ends the board."""
        try:
            work()
        except BaseException as error:
            self._failure = self._failure or error
        finally:
            self._stop.set()

    def _send(self) -> None:
        most = self._settings.frames
        self._sender.run(self._stop, most)
        self.done = bool(most) and self._sender.sent >= most

    def _read(self) -> None:
        connection = 0
        while not self._stop.is_set():
            data = self._port.read(_READ_SECONDS)
            if self._port.connection != connection:
                connection = self._port.connection
                self._commander.start_anew()
            if data:
                self._commander.feed(data)
            self._evaluation.look()

    def _wanted(self) -> bool:
        streaming = self._commander.streaming or self._sender.owes_a_reply
        return self._port.connected and streaming and not self._evaluation.on

    def _idle(self) -> None:
        """While no image is wanted: answer inputs of the host."""
        question = self._evaluation.question(_IDLE_SECONDS)
        if question is not None:
            self._pipeline.answer(question, self._evaluation.raw)
        elif self._evaluation.on and self._sender.owes_a_reply:
            self._pipeline.speak()

    def _fault(self, text: str) -> None:
        self._around.faults.add(parse_fault(text), self._around.clock.now())

    def _status(self) -> Status:
        thresholds, counts = self._pipeline.thresholds, self.counts()
        values = {
            "board": "virtual STM32N6570-DK",
            "firmware": f"N6 Studio {n6studio.__version__}",
            "model_name": self._eye.info.path.name,
            "confidence": f"{thresholds.confidence:g}",
            "iou": f"{thresholds.iou:g}",
            "average": "on" if thresholds.average else "off",
            "quality": str(self._sender.quality),
            "stream": "on" if self._commander.streaming else "off",
            "protect": "on" if self._sender.protect else "off",
            "evaluate": "on" if self._evaluation.on else "off",
            **({STATUS: "1"} if self._settings.marker else {}),
            "camera_fps": f"{self._settings.fps:g}",
            "aspect": self._settings.aspect,
            "dropped": str(counts["dropped"]),
            "skipped": str(counts["skipped"]),
            "faults": self._around.faults.now.as_text() or "none",
        }
        return tuple(values.items())


def npu_time(settings: VirtualBoardSettings) -> tuple[float | None, str]:
    """Return the milliseconds that the NPU is to take, None for as long as it takes here; and the reason in words."""
    if settings.npu_ms:
        return settings.npu_ms, f"NPU time set to {settings.npu_ms:g} ms"
    if settings.timing == "host":
        return None, "NPU time measured on this computer"
    milliseconds, source = published_milliseconds(Path(settings.model))
    return (
        milliseconds,
        source if milliseconds is None else f"{source}: {milliseconds:g} ms; other times are of this computer",
    )
