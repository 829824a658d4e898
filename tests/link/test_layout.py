"""Places and sizes in a frame, against one put together byte by byte from docs/wire-format.md."""

import binascii

import pytest

from n6studio.link import layout

LENGTH = 52
HEAD = bytes.fromhex(
    "FFD8 FFE9 002E 4E364C495645 00000000"  # SOI, APP9, 46 bytes from here on, N6LIVE, checksum
    "34000000 01 00 01 30"  # length, version 1.0, one segment, fields from 48 on
    "04030201 00000000 0807060504030201 AABBCCDDEEFF0011"  # sequence, 0, device time, model
)
UNCHECKED = HEAD + b"\x12\x34" + b"\xff\xd9"
CHECKSUM = binascii.crc32(UNCHECKED[:12] + UNCHECKED[16:])
FRAME = UNCHECKED[:12] + CHECKSUM.to_bytes(4, "little") + UNCHECKED[16:]


def test_the_head_is_read_where_the_format_has_it():
    assert (len(HEAD), len(FRAME)) == (48, LENGTH)
    assert layout.HEAD.unpack_from(FRAME, layout.AFTER_CHECKSUM) == (LENGTH, 1, 0, 1, 48)
    model = bytes.fromhex("AABBCCDDEEFF0011")
    assert layout.BODY.unpack_from(FRAME, 24) == (0x01020304, 0, 0x0102030405060708, model)
    assert FRAME[layout.LENGTH_AT] == LENGTH
    assert (FRAME[layout.VERSION_AT], FRAME[layout.VERSION_AT + 1]) == (1, 0)
    assert FRAME[layout.FIELDS_AT] == layout.HEAD_SIZE == 48
    assert FRAME[layout.MAGIC_AT : layout.CHECKSUM_AT] == layout.MAGIC == b"N6LIVE"
    assert layout.HEAD.size == 8


def test_marks_and_limits_of_the_format():
    assert (layout.SOI, layout.APP9, layout.EOI) == (b"\xff\xd8", b"\xff\xe9", b"\xff\xd9")
    assert (layout.MORE, layout.PARITY_MAGIC) == (b"N6MORE", b"N6RSCP")
    assert (layout.SEGMENT_HEAD, layout.LONGEST_SEGMENT) == (2 + 2 + 6 + 1 + 1, 65_535)


@pytest.mark.parametrize("place", range(LENGTH))
def test_results_are_known_by_start_and_magic(place):
    changed = bytearray(FRAME)
    changed[place] ^= 1
    assert layout.has_results(changed) is (place not in (0, 1, 2, 3, 6, 7, 8, 9, 10, 11))
    assert layout.has_results(FRAME)


@pytest.mark.parametrize("place", range(LENGTH))
def test_the_checksum_covers_all_but_itself(place):
    changed = bytearray(FRAME)
    changed[place] ^= 1
    assert layout.checksum_agrees(FRAME)
    assert not layout.checksum_agrees(bytes(changed))
    assert (layout.checksum(bytes(changed)) == CHECKSUM) is (12 <= place < 16)
    if 12 <= place < 16:
        assert layout.with_checksum(changed) == FRAME
