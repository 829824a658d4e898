r"""Text out of files, made safe to show: what steers a terminal, or turns the order of letters, is shown as \x1b."""

import re

# Control characters without line ends and tabs (they move the cursor and begin ANSI escapes), marks and overrides of
# the direction of writing, separators of lines and paragraphs, halves of characters.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Return a text with every character that would do something in place of being seen as its escape, like \x1b."""
    return _STEERING.sub(lambda found: _escape(ord(found[0])), text)


def _escape(number: int) -> str:
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
