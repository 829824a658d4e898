"""Commands are understood as they are written, and nothing else is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6studio.link.session.commands import (
    LONGEST_LINE,
    Command,
    CommandError,
    CommandName,
    Reply,
    format_command,
    format_reply,
    parse_command,
    parse_reply,
)

FRACTION = st.integers(0, 1_000_000).map(lambda value: value / 1e6)
COMMANDS = st.one_of(
    st.builds(Command, st.sampled_from([CommandName.CONFIDENCE, CommandName.IOU]), FRACTION, st.integers(0, 65535)),
    st.builds(Command, st.just(CommandName.QUALITY), st.integers(1, 100), st.integers(0, 65535)),
    st.builds(Command, st.just(CommandName.STREAM), st.booleans(), st.integers(0, 65535)),
    st.builds(Command, st.sampled_from([CommandName.HELLO, CommandName.EXACT_INPUT]), st.none(), st.integers(0, 65535)),
)


@given(COMMANDS)
def test_what_is_written_is_understood(command):
    line = format_command(command)
    assert line.endswith(b"\n")
    assert len(line) <= LONGEST_LINE
    assert line.isascii()
    assert b"e" not in line.split()[-1] or command.value is None  # a board reads no exponents
    assert parse_command(line) == command


@pytest.mark.parametrize(
    ("line", "why", "number"),
    [
        (b"", "not NUMBER", 0),
        (b"hello", "not NUMBER", 0),
        (b"1 2 3 4", "not NUMBER", 0),
        (b"x hello", "no number", 0),
        (b"-1 hello", "no number", 0),
        ("٣ hello".encode(), "no number", 0),
        (b"3 dance", "unknown", 3),
        (b"3 confidence", "needs a value", 3),
        (b"3 hello 1", "takes no value", 3),
        (b"3 confidence 1.5", "0 to 1", 3),
        (b"3 confidence nan", "not a number", 3),
        (b"3 confidence 1_0", "not a number", 3),
        (b"3 quality 0", "1 to 100", 3),
        (b"3 stream yes", "on or off", 3),
        (b"3 hello" + b" " * LONGEST_LINE, "not NUMBER", 0),
        (bytes(range(128, 200)), "not NUMBER", 0),
    ],
)
def test_what_is_no_command_is_refused(line, why, number):
    with pytest.raises(CommandError, match=why) as caught:
        parse_command(line)
    assert caught.value.number == number


@given(st.binary(max_size=100))
def test_any_line_is_understood_or_refused(line):
    with contextlib.suppress(CommandError):
        assert isinstance(parse_command(line), Command)


@pytest.mark.parametrize(
    "command",
    [
        Command(CommandName.CONFIDENCE, 1.5),
        Command(CommandName.CONFIDENCE, float("nan")),
        Command(CommandName.CONFIDENCE),
        Command(CommandName.HELLO, 1),
        Command(CommandName.QUALITY, 0),
    ],
)
def test_impossible_commands_are_not_sent(command):
    with pytest.raises(CommandError):
        format_command(command)


@pytest.mark.parametrize("reply", [Reply(0), Reply(65535), Reply(7, "0 to 1")])
def test_replies(reply):
    status = (("confidence", "0.5"), format_reply(reply), ("reply", "nonsense"), ("reply", "x ok"), ("reply", "3 what"))
    assert parse_reply(status) == [reply]
