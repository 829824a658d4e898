"""What files say is seen, and does nothing to the terminal that shows it."""

import io

import pytest

from n6studio.cli.progress import Progress
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.datasets import LabelFormUnknown
from n6studio.domain.messages import Warned
from n6studio.domain.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("a\rb\x08\x7f\x9b", r"a\x0db\x08\x7f\x9b"),
        ("gpj.\u202eexe\u2066", r"gpj.\u202eexe\u2066"),
        ("a\ud800b\udce9", r"a\ud800b\udce9"),
        ("a\u2028b", r"a\u2028b"),
        ("Größe 日本 \U0001f468\u200d\U0001f469\n\tעברית", "Größe 日本 \U0001f468\u200d\U0001f469\n\tעברית"),
    ],
)
def test_what_steers_is_shown_as_its_escape(text, shown):
    assert printable(text) == shown
    shown.encode()


def test_errors_and_warnings_are_printable():
    told = advice(LabelFormUnknown(path="\x1b[2Jx\u202e.json", reason="\x07bad"))
    assert told.title == r"The labels in \x1b[2Jx\u202e.json cannot be read"
    assert told.why.startswith(r"\x07bad")
    out = io.StringIO()
    Progress(out=out)(Warned("\x1b[31m3 images"))
    assert out.getvalue().endswith("\\x1b[31m3 images\n")
    assert "\x1b" not in out.getvalue()
