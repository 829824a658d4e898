"""Commands to the board, and its replies: short lines of text. docs/wire-format.md is the specification.

A command is ``NUMBER NAME [VALUE]`` and a newline, ASCII, 80 characters at most. The board answers in the results of
its next frame with the status ``reply`` = ``NUMBER ok`` or ``NUMBER error WHY``; while the stream is off it sends one
frame for that.
"""

import enum
import math
import re
from dataclasses import dataclass

LONGEST_LINE = 80
REPLY = "reply"


class CommandName(enum.StrEnum):
    """What a board can be told."""

    HELLO = "hello"
    """Tell everything about yourself in the status of the next frame."""
    CONFIDENCE = "confidence"
    """Drop candidates at or below this score, 0..1."""
    IOU = "iou"
    """Of two boxes that overlap more than this, the one with the lower score goes, 0..1."""
    QUALITY = "quality"
    """JPEG quality, 1..100."""
    STREAM = "stream"
    """Send frames, or none: on or off."""
    EXACT_INPUT = "exact_input"
    """Attach the model's very input to the next frame."""
    PROTECT = "protect"
    """Add parity to frames, so that flipped bytes can be repaired: on or off."""
    EVALUATE = "evaluate"
    """Run the model on inputs that this computer sends, and not on the camera's images: on or off."""
    RAW_OUTPUT = "raw_output"
    """While evaluating, answer with the model's output, too: on or off."""
    INPUT = "input"
    """While evaluating: an input of so many bytes follows the reply, and its CRC-32, little endian."""
    AVERAGE = "average"
    """Average each person's keypoints over all candidates of that person: on or off."""


RANGES: dict[CommandName, tuple[float, float]] = {
    CommandName.CONFIDENCE: (0.0, 1.0),
    CommandName.IOU: (0.0, 1.0),
    CommandName.QUALITY: (1, 100),
    CommandName.INPUT: (1, 8_388_607),
}
_VALUELESS = frozenset({CommandName.HELLO, CommandName.EXACT_INPUT})
_SWITCHES = frozenset(
    {CommandName.STREAM, CommandName.PROTECT, CommandName.EVALUATE, CommandName.RAW_OUTPUT, CommandName.AVERAGE}
)
_WHOLE = frozenset({CommandName.QUALITY, CommandName.INPUT})


_NUMBER = re.compile(r"(?=.{1,16}$)([0-9]+\.?[0-9]*|\.[0-9]+)")


class CommandError(ValueError):
    """A line that is no command, or a value out of range. Its text is what the board replies."""

    def __init__(self, why: str, number: int = 0) -> None:
        super().__init__(why)
        self.number = number


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: what to do.
        value: float for confidence and iou, int for quality and input, bool for switches, None for the others.
        number: what the reply refers to, 0..65535.
    """

    name: CommandName
    value: float | int | bool | None = None
    number: int = 0


@dataclass(frozen=True)
class Reply:
    """What a board says about one command; `error` is '' where it obeyed."""

    number: int
    error: str = ""


def format_command(command: Command) -> bytes:
    """Return the line to send.

    Raises:
        CommandError: the value is not allowed.
    """
    value = _checked(command.name, command.value, command.number)
    return f"{command.number & 0xFFFF} {command.name}{_text(value)}\n".encode("ascii")


def _text(value: float | int | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return " on" if value else " off"
    # No exponents: a board reads digits and a point.
    return " " + (f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value))


def parse_command(line: bytes | str) -> Command:
    """Return the command in one line, with or without its newline.

    Raises:
        CommandError: the line is none; its number is that of the line where it has one.
    """
    text = line.decode("ascii", "replace") if isinstance(line, bytes) else line
    parts = text.split()
    if len(text) > LONGEST_LINE or not 2 <= len(parts) <= 3:
        raise CommandError("not NUMBER NAME [VALUE]")
    if not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) <= 5):
        raise CommandError("no number before the name")
    number = int(parts[0]) & 0xFFFF
    try:
        name = CommandName(parts[1])
    except ValueError:
        raise CommandError("unknown command", number) from None
    return Command(name, _checked(name, _value(name, parts[2:], number), number), number)


def _value(name: CommandName, parts: list[str], number: int) -> float | int | bool | None:
    if not parts:
        return None
    if name in _SWITCHES:
        if parts[0] not in ("on", "off"):
            raise CommandError("on or off", number)
        return parts[0] == "on"
    if not _NUMBER.fullmatch(parts[0]):
        raise CommandError("not a number", number)
    return float(parts[0])


def _checked(name: CommandName, value: float | int | bool | None, number: int) -> float | int | bool | None:
    if (value is None) != (name in _VALUELESS):
        raise CommandError("takes no value" if name in _VALUELESS else "needs a value", number)
    if value is None:
        return None
    if name in _SWITCHES:
        return bool(value)
    low, high = RANGES[name]
    if not math.isfinite(value) or not low <= value <= high:
        raise CommandError(f"{low:.10g} to {high:.10g}", number)
    return int(value) if name in _WHOLE else float(value)


def format_reply(reply: Reply) -> tuple[str, str]:
    """Return the status pair that answers a command."""
    return REPLY, f"{reply.number} error {reply.error}" if reply.error else f"{reply.number} ok"


def parse_reply(status: tuple[tuple[str, str], ...]) -> list[Reply]:
    """Return every reply among a frame's status pairs; what is no reply is left out."""
    found = []
    for key, value in status:
        number, _, rest = value.partition(" ")
        if key == REPLY and number.isascii() and number.isdigit() and len(number) <= 5:
            word, _, why = rest.partition(" ")
            if word in ("ok", "error"):
                found.append(Reply(int(number), "" if word == "ok" else why or "no reason given"))
    return found
