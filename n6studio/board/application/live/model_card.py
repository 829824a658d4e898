"""Which model an application tells in its live stream: found in a built program, and written again.

Source: `n6_model_card` in resources/firmware/stm32n6/n6_model.h.
"""

from n6studio.board.application.live.stream import quotable

_MARK = b"N6-STUDIO-MODEL\0"
_ID_BYTES, _NAME_BYTES = 8, 88


class NoModelCard(ValueError):
    """A program that does not say which model it runs where that can be written again."""


def with_model(program: bytes, sha256: str, name: str) -> bytes:
    """Return a program as it would have been built for another model of the same shape.

    Args:
        program: as it was linked, without a header.
        sha256: of the model's .tflite.
        name: of the model, for people.

    Raises:
        NoModelCard: it was built without, by an earlier release or without the stream.
    """
    at = program.find(_MARK)
    if at < 0 or program.find(_MARK, at + 1) >= 0 or len(program) < at + len(_MARK) + _ID_BYTES + _NAME_BYTES:
        raise NoModelCard(f"{program.count(_MARK)} model cards")
    at += len(_MARK)
    card = bytes.fromhex(sha256)[:_ID_BYTES] + quotable(name).encode("ascii").ljust(_NAME_BYTES, b"\0")
    return program[:at] + card + program[at + len(card) :]
