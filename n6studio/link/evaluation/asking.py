"""Asks a board what its model makes of inputs, as docs/wire-format.md describes. Comes back after a reset of it."""

import threading
import time
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.boards import BoardCannotEvaluate, BoardDoesNotAverage, BoardRunsOther, NoAnswerFromBoard
from n6studio.domain.errors.link import ConnectionLost
from n6studio.domain.live import FrameResults
from n6studio.link.session.commands import Command, CommandName, Reply, format_command, parse_reply
from n6studio.link.sources.base import EndOfStream, Source
from n6studio.link.wire.parser import StreamParser

_REPLY_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_PATIENCE = 60.0  # seconds for which a board may be away
_WAITS = (0.2, 0.5, 1.0, 2.0)  # between attempts to reach it
_READ = 0.05
_TRIES = 5  # with one input
_CHUNK = 4096
_UNKNOWN = "unknown command"  # what firmware says that is older than a command
_REFUSALS = BoardCannotEvaluate | BoardRunsOther | BoardDoesNotAverage  # asking again changes nothing


class _Restarted(Exception):
    """The board has begun anew, or does not answer."""


@dataclass(frozen=True)
class Told:
    """What a board says of itself.

    Attributes:
        board, firmware: their names.
        confidence, iou: thresholds in force.
        average: whether keypoints are averaged over all candidates of a person.
    """

    board: str
    firmware: str
    confidence: float
    iou: float
    average: bool


class AskedBoard:
    """A board that evaluates. For one thread; `stop` from any.

    Args:
        source: not opened yet; must take commands.
        model: `model_id` of the model that it shall run.
        confidence, iou: thresholds of its post-processing.
        average: whether that averages keypoints over all candidates of a person.

    Attributes:
        told: what it says of itself, after `begin`.
        resets: how often it had to be begun with anew.
        transferred: bytes that went over the link for inputs and answers.
        seconds: that this took, without the board's own work.
    """

    def __init__(self, source: Source, model: str, confidence: float, iou: float, average: bool) -> None:
        self._source, self._model = source, model
        self._thresholds, self._average = (confidence, iou), average
        self._averaged = ""  # before: "on", "off", "" where its firmware does not know of it
        self._parser = StreamParser()
        self._results: deque[FrameResults] = deque()
        self._number = 0
        self._stop = threading.Event()
        self._status: dict[str, str] = {}
        self.told = Told("", "", confidence, iou, average)
        self.resets = 0
        self.transferred = 0
        self.seconds = 0.0

    @property
    def link(self) -> str:
        """Where it is, for people."""
        return self._source.info.name

    def begin(self) -> None:
        """Connect, and let it evaluate.

        Raises:
            LinkError: it cannot be reached, cannot evaluate, does not average, or runs another model.
        """
        self._source.open()
        try:
            self._let_evaluate()
        except _Restarted:
            self._begin_anew()

    def ask(self, pixels: bytes) -> FrameResults:
        """Return the board's answer to an input, height * width * 3 bytes RGB; it has raw outputs.

        Raises:
            LinkError: the board is gone for a minute, or refuses.
        """
        for _ in range(_TRIES):
            try:
                return self._asked_once(pixels)
            except (_Restarted, StudioError) as error:
                if isinstance(error, _REFUSALS) or self._stop.is_set():
                    raise
                self._begin_anew()
        raise NoAnswerFromBoard(source=self._source.info.name, seconds=_ANSWER_SECONDS)

    def end(self) -> None:
        """Let it average as before and stream again, and disconnect for good. Raises nothing."""
        try:
            if self._averaged:
                self._source.write(format_command(Command(CommandName.AVERAGE, self._averaged == "on", 0)))
            self._source.write(format_command(Command(CommandName.EVALUATE, False, 0)))
            self._source.read(_READ)
        except (StudioError, EndOfStream):
            pass
        self._source.release()

    def stop(self) -> None:
        """Give up what waits."""
        self._stop.set()
        self._source.interrupt()

    # --- beginning

    def _begin_anew(self) -> None:
        self.resets += 1
        end = time.monotonic() + _PATIENCE
        attempt = 0
        while True:
            if self._stop.wait(_WAITS[min(attempt, len(_WAITS) - 1)]):
                raise NoAnswerFromBoard(source=self._source.info.name, seconds=0.0)
            try:
                self._source.open()
                self._let_evaluate()
                return
            except (_Restarted, StudioError) as error:
                if isinstance(error, _REFUSALS):
                    raise
                if time.monotonic() > end:
                    if isinstance(error, StudioError):
                        raise
                    raise NoAnswerFromBoard(source=self._source.info.name, seconds=_PATIENCE) from error
                attempt += 1

    def _let_evaluate(self) -> None:
        self._parser.end()
        self._results.clear()
        self._source.write(b"\n")  # whatever it has of an input or a line is at its end
        first = self._command(CommandName.HELLO)
        if first.results.model and self._model and first.results.model != self._model:
            raise BoardRunsOther(source=self._source.info.name, runs=first.results.model, wanted=self._model)
        self._let_average(dict(first.results.status).get(CommandName.AVERAGE, ""))
        confidence, iou = self._thresholds
        for name, value in (
            (CommandName.CONFIDENCE, confidence), (CommandName.IOU, iou), (CommandName.EVALUATE, True),
            (CommandName.RAW_OUTPUT, True),
        ):  # fmt: skip
            reply = self._command(name, value).reply
            if reply.error:
                raise BoardCannotEvaluate(source=self._source.info.name, reason=reply.error)
        self.told = Told(
            self._status.get("board", "board"), self._status.get("firmware", ""), round(confidence, 6), round(iou, 6),
            self._average,
        )  # fmt: skip

    def _let_average(self, now: str) -> None:
        """Switch averaging; a board whose firmware does not know of it says nothing of it, and does not average.

        Args:
            now: what it tells of it in answer to 'hello'.
        """
        self._averaged = self._averaged or now
        if not now and not self._average:
            return
        reply = self._command(CommandName.AVERAGE, self._average).reply
        if reply.error == _UNKNOWN:
            raise BoardDoesNotAverage(source=self._source.info.name)
        if reply.error:
            raise BoardCannotEvaluate(source=self._source.info.name, reason=reply.error)

    # --- one input

    def _asked_once(self, pixels: bytes) -> FrameResults:
        reply = self._command(CommandName.INPUT, len(pixels), evaluating=True).reply
        if reply.error == "not the input's size":
            raise BoardCannotEvaluate(source=self._source.info.name, reason=f"{reply.error}: {len(pixels)} bytes")
        if reply.error:
            raise _Restarted
        before, began = self._parser.counts.received_bytes, time.monotonic()
        data = pixels + zlib.crc32(pixels).to_bytes(4, "little")
        for at in range(0, len(data), _CHUNK):
            self._source.write(data[at : at + _CHUNK])
        for results in self._frames(_ANSWER_SECONDS, evaluating=True):
            if any(one.number == reply.number and one.error for one in parse_reply(results.status)):
                raise _Restarted
            if results.answer is not None and results.answer.number == reply.number and results.answer.outputs:
                took = time.monotonic() - began
                work = sum(value or 0 for value in (results.timings.npu, results.timings.post_processing)) / 1e6
                self.seconds += max(0.0, took - work)
                self.transferred += len(data) + self._parser.counts.received_bytes - before
                return results
        raise _Restarted

    def _command(self, name: CommandName, value: float | bool | None = None, evaluating: bool = False) -> "_Replied":
        self._number = self._number % 0xFFFF + 1
        self._source.write(format_command(Command(name, value, self._number)))
        for results in self._frames(_REPLY_SECONDS, evaluating):
            for reply in parse_reply(results.status):
                if reply.number == self._number:
                    return _Replied(reply, results)
        raise _Restarted

    def _frames(self, seconds: float, evaluating: bool) -> Iterator[FrameResults]:
        """Yield what the board says for so long; one that streams though it shall evaluate has begun anew."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stop.is_set():
            while self._results:
                results = self._results.popleft()
                self._status.update(results.status)
                if (
                    evaluating
                    and results.answer is None
                    and (results.view is not None or dict(results.status).get("evaluate") == "off")
                ):
                    raise _Restarted
                yield results
            try:
                data = self._source.read(_READ)
            except EndOfStream as error:
                raise ConnectionLost(source=self._source.info.name, reason="it has ended") from error
            self._results += [frame.results for frame in self._parser.feed(data) if frame.results is not None]


@dataclass(frozen=True, eq=False)
class _Replied:
    reply: Reply
    results: FrameResults
