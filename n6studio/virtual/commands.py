"""The board's side of the text commands: it obeys, and answers in the next frame's status."""

import dataclasses
from collections.abc import Callable

from n6studio.domain.errors.base import StudioError
from n6studio.domain.whole_numbers import whole_number
from n6studio.link.session.commands import (
    LONGEST_LINE,
    Command,
    CommandError,
    CommandName,
    Reply,
    format_reply,
    parse_command,
)
from n6studio.virtual.evaluation import Evaluation
from n6studio.virtual.pipeline import Pipeline
from n6studio.virtual.sender import Sender

_FAULT = "fault"  # only the virtual board has this one: NUMBER fault TEXT
_NEWLINE = b"\n"
_OF_EVALUATION = frozenset({CommandName.EVALUATE, CommandName.RAW_OUTPUT, CommandName.INPUT})


class Commander:
    """Takes bytes from the host and does what they say. For one thread.

    Args:
        pipeline: has the thresholds.
        sender: has the quality and the protection, and carries the replies.
        fault: makes a fault of a text.
        evaluation: takes inputs.
    """

    def __init__(
        self, pipeline: Pipeline, sender: Sender, fault: Callable[[str], None], evaluation: Evaluation
    ) -> None:
        self._pipeline, self._sender, self._fault, self._evaluation = pipeline, sender, fault, evaluation
        self._line = bytearray()
        self.streaming = True

    def start_anew(self) -> None:
        """Another host has come: what the last one left is forgotten."""
        self._line.clear()
        self._sender.replies.clear()
        self._sender.exact_wanted.clear()
        self._evaluation.forget()
        self.streaming = True

    def feed(self, data: bytes) -> None:
        """Take bytes from the host, any number."""
        self._line += self._evaluation.take(data)
        while _NEWLINE in self._line:
            line, _, rest = self._line.partition(_NEWLINE)
            self._line = rest
            if line.strip():
                self._sender.replies.append(format_reply(self._answer(bytes(line))))
        del self._line[LONGEST_LINE + 1 :]  # it is too long already, and will be refused as such

    def _answer(self, line: bytes) -> Reply:
        parts = line.decode("ascii", "replace").split(maxsplit=2)
        number = whole_number(parts[0], 5) if len(parts) == 3 and parts[1] == _FAULT else None
        if number is not None:
            try:
                self._fault(parts[2])
            except StudioError:
                return Reply(number, "unknown fault")
            return Reply(number)
        try:
            command = parse_command(line)
        except CommandError as error:
            return Reply(error.number, str(error))
        why = self._obey(command)
        self._sender.tell_status()
        return Reply(command.number, why)

    def _obey(self, command: Command) -> str:
        value, thresholds = command.value, self._pipeline.thresholds
        if command.name is CommandName.CONFIDENCE:
            self._pipeline.thresholds = dataclasses.replace(thresholds, confidence=float(value or 0))
        elif command.name is CommandName.IOU:
            self._pipeline.thresholds = dataclasses.replace(thresholds, iou=float(value or 0))
        elif command.name is CommandName.AVERAGE:
            self._pipeline.thresholds = dataclasses.replace(thresholds, average=bool(value))
        elif command.name is CommandName.QUALITY:
            self._sender.quality = int(value or 1)
        elif command.name is CommandName.STREAM:
            self.streaming = bool(value)
        elif command.name is CommandName.PROTECT:
            self._sender.protect = bool(value)
        elif command.name is CommandName.EXACT_INPUT:
            self._sender.exact_wanted.set()
        elif command.name in _OF_EVALUATION:
            return self._evaluation.obey(command)
        return ""
