"""Files in zip archives that say less, or more, than is true."""

import io
import struct
import zipfile

import pytest

from n6studio.domain.errors.deploy import ReleaseUnreadable
from n6studio.domain.errors.files import UnknownFormat
from n6studio.domain.errors.models import CheckpointDamaged
from n6studio.engine.deploy.release import open_release
from n6studio.gates.archives import LARGEST_DIRECTORY, MOST_FILES, Archive, ArchiveTooLarge
from n6studio.gates.contents import describe_content
from n6studio.stages.checkpoint.scan import scan
from n6studio.stages.model.file_format import detect_format
from n6studio.stages.model.runner import read_metadata


def packed(content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytearray:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        archive.writestr("a", content)
    return bytearray(target.getvalue())


def read(data: bytearray, largest: int = 1 << 20) -> bytes:
    with Archive(io.BytesIO(data)) as archive:
        return archive.unpacked("a", largest)


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


def archive_of(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def claiming(sizes: list[int]) -> bytes:
    """Return an archive whose directory claims these sizes of its files."""
    data = bytearray(archive_of({str(number): b"x" for number in range(len(sizes))}))
    at = data.index(b"PK\x01\x02")
    for size in sizes:
        struct.pack_into("<I", data, at + 24, size)
        at = data.find(b"PK\x01\x02", at + 1)
    return bytes(data)


def test_so_many_files_and_no_more(monkeypatch):
    monkeypatch.setattr("n6studio.gates.archives.MOST_FILES", 3)
    with Archive(io.BytesIO(archive_of(dict.fromkeys("abc", b"")))) as archive:
        assert [entry.filename for entry in archive.entries] == ["a", "b", "c"]
    with pytest.raises(ArchiveTooLarge, match="it has 4 files"):
        Archive(io.BytesIO(archive_of(dict.fromkeys("abcd", b""))))


def test_so_many_bytes_together_and_no_more():
    with Archive(io.BytesIO(claiming([600, 400])), 1000) as archive:
        assert len(archive.entries) == 2
    with pytest.raises(ArchiveTooLarge, match="its files have 1001 B together"):
        Archive(io.BytesIO(claiming([600, 401])), 1000)


def test_what_is_unpacked_counts_each_time():
    with Archive(io.BytesIO(archive_of({"a": bytes(500), "b": bytes(100)})), 1100) as archive:
        assert len(archive.unpacked("a", 500)) == 500
        assert len(archive.unpacked("a", 500)) == 500
        assert len(archive.unpacked("b", 500)) == 100
        with pytest.raises(ArchiveTooLarge):
            archive.unpacked("b", 500)


def long_directory() -> bytes:
    """Return an archive with one file, and a directory that is longer than any, of entries for it."""
    data = archive_of({"archive/data.pkl": b"x"})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]
    times = LARGEST_DIRECTORY // len(entry) + 1
    finish = bytearray(data[end:])
    struct.pack_into("<HHI", finish, 8, 0xFFFF, 0xFFFF, times * len(entry))
    return data[:start] + entry * times + bytes(finish)


def test_a_directory_is_not_read_however_long_it_is(monkeypatch):
    def parsed(self):
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile.ZipInfo, "_decodeExtra", parsed)
    with pytest.raises(ArchiveTooLarge, match=r"its directory has 4\.00 MiB"):
        Archive(io.BytesIO(long_directory()))


HUGE = {
    "directory": long_directory(),
    "files": archive_of({f"archive/{number}.pkl": b"" for number in range(MOST_FILES + 1)}),
    "bytes": claiming([0xFFFFFFF0, 0xFFFFFFF0, 0xFFFFFFF0]),
}


@pytest.mark.parametrize("kind", HUGE)
def test_every_reader_of_archives_has_these_limits(tmp_path, kind):
    path = tmp_path / "a.pt"
    path.write_bytes(HUGE[kind])
    with pytest.raises(CheckpointDamaged) as damaged:
        scan(path)
    assert damaged.value.reason.startswith("it")
    assert "damaged" not in damaged.value.reason
    assert "it is a zip archive, and it" in describe_content(path)
    with pytest.raises(UnknownFormat):
        detect_format(path.rename(tmp_path / "a.zip"))
    with pytest.raises(ReleaseUnreadable):
        open_release(tmp_path / "a.zip", tmp_path)
    (tmp_path / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(64) + HUGE[kind])
    assert read_metadata(tmp_path / "m.tflite") == {}


def test_an_archive_in_an_archive_is_a_file_like_any_other(tmp_path):
    inner = archive_of({"archive/data.pkl": bytes(1 << 20), "metadata.json": b'{"inner": 1}'})
    path = tmp_path / "m.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(64) + archive_of({"inner.zip": inner}))
    assert read_metadata(path) == {}
    path = tmp_path / "a.pt"
    path.write_bytes(archive_of({"inner.pt": inner}))
    with pytest.raises(CheckpointDamaged, match="with a model in it; unpack it first"):
        scan(path)
