"""What a file is called that is not what it should be."""

import struct

import pytest

from n6studio.gates.contents import describe_content, what_instead


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><p>404", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        ("a: 1\n".encode("utf-16"), "text in UTF-16; save it as UTF-8"),
        (struct.pack("<Q", 20) + b'{"a": {"dtype": 1}}', "a safetensors file"),
        (b"\x93NUMPY\x01\x00", "an array of NumPy"),
        (b"\x1f\x8b\x08", "a gzip archive; unpack it first"),
        (bytes(5000), "a file of zeros"),
    ],
)
def test_what_it_is(tmp_path, content, said):
    (tmp_path / "a").write_bytes(content)
    assert describe_content(tmp_path / "a").startswith(f"it is {said}")
    assert what_instead(tmp_path / "a").startswith(f"it is {said}")


@pytest.mark.parametrize("content", [b"just words", bytes(range(256)) * 20])
def test_text_and_what_nobody_knows_are_nothing_else(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    assert what_instead(tmp_path / "a") == ""
