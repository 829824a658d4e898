"""Frames of the firmware as a board with another model, or of another version of the format, would send them.

An emulated board runs what was built; what these two faults change is written into its frames on their way.
"""

from n6studio.link import layout
from n6studio.link.wire import frame as wire
from n6studio.virtual.faults import Wrong
from n6studio.virtual.sender import another, as_version

_MOST = 16 << 20  # bytes of a frame
_MODEL_AT = 40


class Rewriting:
    """One direction of a cable. What belongs to no frame passes as it is."""

    def __init__(self) -> None:
        self._waiting = b""

    def passed(self, data: bytes, wrong: Wrong) -> bytes:
        """Return what goes on: everything at once while nothing is to be changed, else frames as they become whole."""
        self._waiting += data
        if not (wrong.wrong_model or wrong.version):
            data, self._waiting = self._waiting, b""
            return data
        made = b""
        while self._waiting:
            part, whole = self._next()
            if not part:
                break
            self._waiting = self._waiting[len(part) :]
            made += _changed(part, wrong) if whole else part
        return made

    def _next(self) -> tuple[bytes, bool]:
        """Return what comes next and whether it is a frame; b"" where more must come before that is known."""
        waiting = self._waiting
        start = waiting.find(layout.START)
        if start < 0:
            end = len(waiting) - len(layout.START) + 1  # the beginning of one may lie at the end
            return waiting[: max(0, end)], False
        if start > 0:
            return waiting[:start], False
        if len(waiting) < layout.HEAD_SIZE:
            return b"", False
        length = int.from_bytes(waiting[layout.LENGTH_AT : layout.LENGTH_AT + 4], "little")
        if not layout.has_results(waiting) or not layout.HEAD_SIZE <= length <= _MOST:
            return waiting[: len(layout.START)], False
        return (waiting[:length], True) if len(waiting) >= length else (b"", False)


def _changed(frame: bytes, wrong: Wrong) -> bytes:
    if wrong.wrong_model:
        model = bytes.fromhex(another(frame[_MODEL_AT : layout.HEAD_SIZE].hex()))
        frame = wire.sealed(bytearray(frame[:_MODEL_AT] + model + frame[layout.HEAD_SIZE :]))
    return frame if wrong.version is None else as_version(frame, wrong.version)
