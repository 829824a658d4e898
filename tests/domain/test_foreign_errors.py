"""What the operating system and YAML say, as errors of ours."""

import errno
import os
import shutil

import pytest

from n6studio.domain.errors.files import (
    DiskFull,
    FileMissing,
    FileUnreadable,
    NameTaken,
    NameTooLong,
    NoPlaceForFiles,
    NotWritable,
    TooLittleRoom,
)
from n6studio.domain.errors.foreign import disk_full, reading, reason_of, require_room, writing


@pytest.mark.parametrize(
    ("code", "cls"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EROFS, NoPlaceForFiles),
        (errno.ENOENT, NoPlaceForFiles),
        (errno.ENAMETOOLONG, NameTooLong),
        (errno.EACCES, NotWritable),
        (errno.EEXIST, NameTaken),
        (errno.ENOTDIR, NameTaken),
    ],
)
def test_writing(tmp_path, code, cls):
    with pytest.raises(cls) as caught, writing(tmp_path):
        raise OSError(code, os.strerror(code))
    assert type(caught.value) is cls
    assert caught.value.path == tmp_path
    assert isinstance(caught.value.__cause__, OSError)


def test_reading(tmp_path):
    with pytest.raises(FileMissing), reading(tmp_path / "gone"):
        (tmp_path / "gone").read_bytes()
    with pytest.raises(FileUnreadable) as caught, reading(tmp_path):
        tmp_path.read_bytes()
    assert caught.value.reason
    with reading(tmp_path / "there"):
        (tmp_path / "there").write_bytes(b"")


def test_what_is_no_error_of_the_system_passes(tmp_path):
    with pytest.raises(ValueError, match="other"), reading(tmp_path):
        raise ValueError("other")


def test_reasons():
    assert reason_of(PermissionError(errno.EACCES, "Permission denied", "a.pt")) == "Permission denied"
    assert reason_of(OSError("timed out")) == "timed out"
    assert reason_of(OSError()) == "OSError"
    told = reason_of(NotWritable(path="/a", reason="Read-only file system"))
    assert told == "Cannot write to /a. Operating system error: Read-only file system"


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("cp: error writing 'a': No space left on device", True),
        ("There is not enough space on the disk.", True),
        ("write error: disk quota exceeded", True),
        ("segmentation fault", False),
    ],
)
def test_full_disks_in_what_tools_print(tmp_path, text, full):
    found = disk_full(text, tmp_path)
    assert (found is not None) == full
    assert found is None or found.path == tmp_path


def test_a_step_is_not_begun_without_room_for_what_it_may_write(tmp_path, monkeypatch):
    require_room(tmp_path / "not there")
    free = shutil._ntuple_diskusage(10**12, 10**12, int(299e6))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(TooLittleRoom) as refused:
        require_room(tmp_path)
    assert (refused.value.free_megabytes, refused.value.needed_megabytes) == (299, 300)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free._replace(free=int(301e6)))
    require_room(tmp_path)
