"""Files in zip archives that say less, or more, than is true."""

import io
import struct
import zipfile

import pytest

from n6studio.gates.archives import unpacked


def packed(content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytearray:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        archive.writestr("a", content)
    return bytearray(target.getvalue())


def read(data: bytearray, largest: int = 1 << 20) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return unpacked(archive, "a", largest)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_whole_is_returned(compression):
    assert read(packed(b"word" * 50, compression)) == b"word" * 50
    assert read(packed(b"", compression)) == b""


def test_what_is_larger_than_asked_for_is_refused():
    assert len(read(packed(bytes(100)), 100)) == 100
    with pytest.raises(zipfile.BadZipFile, match="100 bytes"):
        read(packed(bytes(100)), 99)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_contents_are_refused(compression):
    whole = packed(bytes(range(256)) * 4, compression)
    start = 30 + 1 + 12  # head, name, and what LZMA says of itself
    for place in range(start, start + 40):
        data = bytearray(whole)
        data[place] ^= 0xFF
        with pytest.raises(zipfile.BadZipFile):
            read(data)


def test_a_size_that_is_not_there_takes_no_memory():
    data = packed(b"x" * 40, zipfile.ZIP_STORED)
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 20, 0xFFFFFFF0)  # packed into 4 GiB
    struct.pack_into("<I", data, at + 24, 100_000)  # and holds 100 kB
    with pytest.raises(zipfile.BadZipFile):
        read(data)
