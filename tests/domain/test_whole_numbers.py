"""Numbers in foreign texts: digits and nothing else, and not thousands of them."""

import pytest

from n6studio.domain.whole_numbers import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_numbers(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 7", "-1", "+1", "1_0", "1.0", "²", "٣", "\uff17", "9" * 19, "9" * 5000])
def test_everything_else_is_none(text):
    assert whole_number(text) is None


def test_fewer_digits_can_be_asked_for():
    assert whole_number("65535", 5) == 65535
    assert whole_number("100000", 5) is None
