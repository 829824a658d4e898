"""Reading what others wrote: only files, only so much, only so deep, and to be stopped."""

import os
import socket
import time
from pathlib import Path

import pytest
import yaml

from n6studio.domain.errors.files import FileMissing, FileTooLarge, FileUnreadable, NotAFile
from n6studio.domain.errors.foreign import Unparsable, reading
from n6studio.gates import texts
from n6studio.gates.files import opened, read_bytes, read_text, require_file, sha256_of
from n6studio.gates.json_texts import parsed_json
from n6studio.gates.stopping import stopped_by
from n6studio.gates.texts import parsed_yaml, yaml_file
from n6studio.gates.xml_texts import parsed_xml

posix = pytest.mark.skipif(os.name == "nt", reason="no such files on Windows")
SECONDS = 10
READERS = (opened, require_file, read_bytes, read_text, sha256_of, yaml_file)


@pytest.fixture(autouse=True)
def quickly():
    """Whatever is refused is refused within what the fuzz job calls no answer, on a slow processor, too."""
    begin = time.process_time()  # other work on the machine does not count
    yield
    assert time.process_time() - begin < SECONDS


@posix
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("kind", ["a named pipe", "a device", "a socket", "a folder"])
@pytest.mark.parametrize("read", READERS)
def test_only_files_are_read(tmp_path, read, kind, linked):
    place = tmp_path / "x"
    if kind == "a named pipe":
        os.mkfifo(place)
    elif kind == "a device":
        place = Path("/dev/zero")
    elif kind == "a socket":
        os.chdir(tmp_path)  # a socket's path may not be long
        socket.socket(socket.AF_UNIX).bind("x")
    else:
        place.mkdir()
    if linked:
        (tmp_path / "link").symlink_to(place)
        place = tmp_path / "link"
    with pytest.raises(NotAFile) as caught, reading(place):
        read(place)
    assert caught.value.kind == kind


@posix
def test_what_is_swapped_between_the_look_and_the_opening_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"x")
    look = Path.stat

    def swapped(path, **options):
        found = look(path, **options)
        file.unlink()
        os.mkfifo(file)
        return found

    monkeypatch.setattr(Path, "stat", swapped)
    with pytest.raises(NotAFile), reading(file):
        opened(file)


def test_files_are_read_up_to_a_size(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"a\r\nb\rc")
    assert read_bytes(file, 6) == b"a\r\nb\rc"
    assert read_text(file) == "a\nb\nc"
    with pytest.raises(FileTooLarge, match="5 B"), reading(file):
        read_bytes(file, 5)
    with pytest.raises(FileMissing), reading(file):
        read_bytes(tmp_path / "none")
    file.chmod(0)
    if os.name != "nt" and os.getuid():
        with pytest.raises(FileUnreadable), reading(file):
            read_bytes(file)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="there is no /proc")
def test_files_that_do_not_tell_their_size_are_bounded_too():
    with pytest.raises(FileTooLarge), reading("/proc/self/maps"):
        read_bytes(Path("/proc/self/maps"), 100)


@posix
def test_a_file_full_of_holes_is_not_hashed(tmp_path):
    file = tmp_path / "model.pt"
    with file.open("wb") as stream:
        stream.truncate(1 << 42)
    with pytest.raises(FileTooLarge), reading(file):
        sha256_of(file)


@posix
@pytest.mark.parametrize("read", [read_bytes, sha256_of])
def test_reading_and_hashing_stop_when_told(tmp_path, read):
    file = tmp_path / "large"
    with file.open("wb") as stream:
        stream.truncate(900 << 20)
    asked = []

    def ask():
        asked.append(1)
        if len(asked) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), stopped_by(ask):
        read(file)
    assert len(asked) == 5, "while it is read, not before"


def laughs(first, again, levels):
    lines = [f"m0: &m0 {first}"]
    lines += [f"m{n}: &m{n} {again.format(f'*m{n - 1}')}" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: c: d\n", 2, "mapping values are not allowed here"),
        ("a: 1\nb: \x00", 2, "the character U+0000 is not allowed"),
        (b"a: 1\nb: \xff", 2, "it is not UTF-8 text"),
        ("model: 2020-13-45", 1, "'2020-13-45' is no date"),
        ("a: 2020-01-01 00:00:00 +99:99", 1, "is no date"),
        ("a: 1\nb: !!int abc", 2, "'abc' is no whole number"),
        ("!!float x", 1, "'x' is no number"),
        ("!!bool perhaps", 1, "'perhaps' is no true or false"),
        ("!!timestamp soon", 1, "'soon' is no date"),
        ("!!int []", 1, "expected a scalar"),
        ("!!python/object/apply:os.system [x]", 1, "could not determine a constructor"),
        ("? {a: 1}\n: 2", 1, "found unhashable key"),
        ("<<: 5", 1, "expected a mapping"),
        ("schema: " + "9" * 5000, 1, "a number of more than 40 digits"),
        ("schema: 0x" + "f" * 5000, 1, "a number of more than 40 digits"),
        ("schema: 1" + ":10" * 3000, 1, "a number of more than 40 digits"),
        ("a: 1" + ":10" * 3000 + ".5", 1, "a number of more than 40 digits"),
        ("a: 1\nb: &b [*b]", 2, "an alias stands for the value that it is in"),
        ("&b {<<: *b}", 1, "an alias stands for the value that it is in"),
        ("a: 1\nb: " + "[" * 5000 + "]" * 5000, 2, "nested more than 64 levels"),
        ("a:\n" + "- " * 3000 + "x", 2, "nested more than 64 levels"),
        (laughs("{a: 1}", "{{<<: [{0}, {0}, {0}]}}", 40), 10, "aliases that stand for as many"),
        (laughs("[x, x, x, x]", "[{0}, {0}, {0}, {0}]", 30), 8, "aliases that stand for as many"),
        (laughs("{a: 1}", "{{a: {0}, b: {0}}}", 40), 15, "aliases that stand for as many"),
        ("a: [" + "x," * 100_001 + "]", 1, "more than 100000 values"),
        ("# " + "x" * texts.LARGEST_YAML, 0, "longer than 1.00 MiB"),
        ("a: 'b\n", 2, "found unexpected end of stream"),
        ("a: *b", 1, "found undefined alias"),
    ],
)
def test_what_is_wrong_with_a_yaml_has_a_line_and_a_reason(text, line, problem):
    with pytest.raises(Unparsable) as caught:
        parsed_yaml(text)
    assert caught.value.line == line
    assert problem in caught.value.problem
    assert len(caught.value.reason) < 200


def test_yaml_that_people_write_is_read_as_pyyaml_reads_it():
    text = """# a data set
path: ../x
names: {0: person}
kpt_shape: [17, 3]
when: 2020-01-31
base: &base {lr: 1e-3, steps: 0x10, long: 1:30}
run:
  <<: *base
  on: yes
  nothing:
  number: -1.5
"""
    assert parsed_yaml(text) == yaml.safe_load(text)
    assert parsed_yaml("\ufeffa: 1".encode()) == {"a": 1}
    assert parsed_yaml("") is None


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (b'{"a": 1,\n "b": }', 2, "column 7: Expecting value"),
        (b'{"a": 1,\n "b": "\xff"}', 2, "not UTF-8"),
        (b"[" * 200_000, 0, "nested too deeply"),
        (b'{"a": ' * 200_000, 0, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", 0, "a number with thousands of digits"),
        (b"", 0, "it is empty"),
        (b" \n", 0, "it is empty"),
        (b'{"a": 1,\n "b', 2, "ends in the middle"),
        (b'{"a": [1,\n 2', 2, "ends in the middle"),
    ],
)
def test_what_is_wrong_with_a_json_has_a_line_and_a_reason(text, line, problem):
    with pytest.raises(Unparsable) as caught:
        parsed_json(text)
    assert caught.value.line == line
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [("a: 1\nb: 2\na: 3", 3, "a"), ("x:\n  a: [1]\n  a: [2]", 3, "a"), ("a: {0: x, 1: y, 0: z}", 1, "0")],
)
def test_a_yaml_that_gives_a_name_two_values_is_refused(text, line, name):
    with pytest.raises(Unparsable, match=f"'{name}' has another value than in line") as caught:
        parsed_yaml(text)
    assert caught.value.line == line


def test_a_yaml_may_repeat_a_value_and_change_one_that_it_merges():
    assert parsed_yaml("a: 1\na: 1") == {"a": 1}
    text = "base: &base {a: 1, b: 2}\none: &one {<<: *base, a: 3}\ntwo: {<<: [*one, *base], b: 4}"
    assert parsed_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-16-be"])
def test_xml_with_entities_is_refused_in_every_coding(coding):
    text = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(Unparsable, match="DOCTYPE"):
        parsed_xml(text.encode(coding))
