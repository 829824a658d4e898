"""Whole numbers out of foreign texts: plain digits, and not so many that Python refuses to read them."""

MOST_DIGITS = 18  # fits into 64 bits


def whole_number(text: str, most: int = MOST_DIGITS) -> int | None:
    """Return what a text of digits 0 to 9 says, at most `most` of them; None for every other text.

    `str.isdigit` and `str.isdecimal` also take digits of other scripts and raised ones, some of which `int` refuses.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most else None
