"""Parity for links that flip bytes: a protected frame is repaired before its checksum is judged.

docs/wire-format.md is the specification ("Protection"). The head is a codeword of its own and says how long the frame
is and where its parity stands, so nothing that has to be found first can be damaged beyond repair. Bytes that were lost
shift all others: that is not repaired.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from n6studio.link import layout
from n6studio.link.protection import reed_solomon as code
from n6studio.link.protection.reed_solomon import MESSAGE, PARITY, Bytes

HEAD_SIZE = 76
KIND = 1  # Reed-Solomon (255, 239) as described
MINOR = 1  # version of the format that has it
MOST_CODEWORDS = (layout.LONGEST_SEGMENT - layout.SEGMENT_HEAD + 2) // PARITY  # their parity is in one segment
_BLOCK = struct.Struct("<IIB3x")  # checksum of what follows the head, where the parity stands, kind
_BLOCK_AT = layout.HEAD_SIZE
_PARITY_AT = _BLOCK_AT + _BLOCK.size  # of the head's codeword


@dataclass(frozen=True)
class Head:
    """The head of a protected frame, repaired.

    Attributes:
        data: its bytes; the checksum of the whole frame, which no parity covers, as it arrived.
        length: of the frame.
    """

    data: bytes
    length: int


def room(length: int) -> bytes:
    """Return room for the parity of a frame with `length` bytes behind its head; b'' where that is too long.

    Args:
        length: without the segment of the parity.
    """
    count = -(-(length + layout.SEGMENT_HEAD) // MESSAGE)
    return bytes(PARITY * count) if count <= MOST_CODEWORDS else b""


def claims(frame: bytes | bytearray, at: int = 0) -> bool:
    """Return whether the head at `at` has the size of a protected one. Its 24th byte must be there."""
    return frame[at + layout.FIELDS_AT] == HEAD_SIZE


def with_parity(frame: bytes | bytearray, parity_at: int = 0) -> bytes:
    """Return a frame that has room for them with its parity and its inner checksum; the outer one is not touched.

    Args:
        frame: with the length right.
        parity_at: where the parity stands; 0 for where the frame says.
    """
    made = bytearray(frame)
    parity_at = parity_at or _BLOCK.unpack_from(made, _BLOCK_AT)[1]
    count = _codewords_in(len(made))
    codewords = _spread(made, parity_at, count)
    made[parity_at : parity_at + PARITY * count] = code.parity(codewords[:-PARITY]).tobytes()
    _BLOCK.pack_into(made, _BLOCK_AT, _inner_checksum(made), parity_at, KIND)
    made[_PARITY_AT:HEAD_SIZE] = code.parity(_head_codeword(made)[:-PARITY]).tobytes()
    return bytes(made)


def read_head(data: bytes | bytearray, at: int = 0) -> Head | None:
    """Return the head at `at`, repaired; None where there is none, or none that can be repaired. Raises nothing."""
    head = bytearray(data[at : at + HEAD_SIZE])
    if len(head) < HEAD_SIZE:
        return None
    word = _head_codeword(head)
    if not code.correct(word):
        return None
    good = word.tobytes()
    head[: layout.CHECKSUM_AT], head[layout.AFTER_CHECKSUM :] = good[: layout.CHECKSUM_AT], good[layout.CHECKSUM_AT :]
    (length, *_) = layout.HEAD.unpack_from(head, layout.AFTER_CHECKSUM)
    _, parity_at, kind = _BLOCK.unpack_from(head, _BLOCK_AT)
    count = _codewords_in(length)
    possible = HEAD_SIZE + layout.SEGMENT_HEAD <= parity_at <= length - PARITY * count and 0 < count <= MOST_CODEWORDS
    if not possible or kind != KIND or not claims(head) or not layout.has_results(head):
        return None
    return Head(bytes(head), length)


def repaired(frame: bytes, head: Head | None = None) -> bytes | None:
    """Return a frame as it was sent, None where that cannot be found out. Raises nothing.

    What is returned agrees with the inner checksum, which covers all that follows the head and is itself part of the
    head's codeword. So the outer one is a matter of computing: where its own four bytes were hit, they are put right.

    Args:
        frame: from where it begins to where it ends.
        head: what `read_head` returned; None to look here.
    """
    head = head or read_head(frame)
    if head is None or len(frame) != head.length:
        return None
    made = bytearray(head.data + frame[HEAD_SIZE:])
    inner, parity_at, _ = _BLOCK.unpack_from(made, _BLOCK_AT)
    if _inner_checksum(made) != inner:
        codewords = _spread(made, parity_at, _codewords_in(len(made)))
        if not code.correct(codewords):
            return None
        _gather(codewords, made, parity_at)
        if _inner_checksum(made) != inner:
            return None
    return layout.with_checksum(made)


def _codewords_in(length: int) -> int:
    """Return how many codewords a frame of `length` bytes has, parity and all."""
    return -(-(length - HEAD_SIZE) // (MESSAGE + PARITY))


def _inner_checksum(frame: bytearray) -> int:
    return zlib.crc32(memoryview(frame)[HEAD_SIZE:])


def _head_codeword(head: bytes | bytearray) -> Bytes:
    covered = bytearray(head[: layout.CHECKSUM_AT] + head[layout.AFTER_CHECKSUM : HEAD_SIZE])
    return np.frombuffer(covered, np.uint8).reshape(-1, 1)


def _spread(frame: bytearray, parity_at: int, count: int) -> Bytes:
    """Return the codewords as columns: neighbouring bytes are in different ones, and zeros stand before the first."""
    message = np.frombuffer(frame[HEAD_SIZE:parity_at] + frame[parity_at + PARITY * count :], np.uint8)
    rows = -(-len(message) // count)
    codewords = np.zeros((rows + PARITY) * count, np.uint8)
    codewords[rows * count - len(message) : rows * count] = message
    codewords[rows * count :] = np.frombuffer(frame[parity_at : parity_at + PARITY * count], np.uint8)
    return codewords.reshape(-1, count)


def _gather(codewords: Bytes, frame: bytearray, parity_at: int) -> None:
    """Put codewords back to where `_spread` took them from."""
    count = codewords.shape[1]
    flat = codewords.tobytes()
    length = len(frame) - HEAD_SIZE - PARITY * count
    end = len(flat) - PARITY * count
    message = flat[end - length : end]
    split = parity_at - HEAD_SIZE
    frame[HEAD_SIZE:parity_at] = message[:split]
    frame[parity_at : parity_at + PARITY * count] = flat[end:]
    frame[parity_at + PARITY * count :] = message[split:]
