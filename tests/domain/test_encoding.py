"""JSON of our classes: what is not UTF-8 in a file's name, numbers of numpy, JSON within JSON."""

import json

import msgspec
import numpy as np
import pytest

from n6studio.domain.encoding import decoded, encoded

NAME = "caf\udce9.jpg"  # what os.fsdecode makes of b"caf\xe9.jpg"


class Inner(msgspec.Struct):
    by_size: dict[int, str]
    ratio: float


class Outer(msgspec.Struct, tag="outer", tag_field="type"):
    path: str
    figures: msgspec.Raw


class Other(msgspec.Struct, tag="other", tag_field="type"):
    count: int


@pytest.mark.parametrize("indent", [0, 1])
@pytest.mark.parametrize("name", ["plain.jpg", NAME])
def test_names_of_files_come_back_as_they_were(name, indent):
    figures = encoded(Inner({320: name}, np.float64(0.5)))
    line = encoded(Outer(name, msgspec.Raw(figures)), indent)
    assert json.loads(line) == {"type": "outer", "path": name, "figures": {"by_size": {"320": name}, "ratio": 0.5}}
    read = decoded(line, Outer | Other)
    assert read.path == name
    assert decoded(read.figures, Inner) == Inner({320: name}, 0.5)


@pytest.mark.parametrize(
    "data", [b'{"type": "outer", "path": "\\udce9"', b'{"path": 3, "x": "\\udce9"}', b"\xff\xfe", b"{", b'"\\udce9']
)
def test_damaged_json_is_refused(data):
    with pytest.raises(msgspec.MsgspecError):
        decoded(data, Outer)


def test_what_is_not_finite_is_null():
    assert encoded([float("nan"), float("inf")]) == b"[null,null]"
    assert json.loads(encoded([float("nan"), NAME])) == [None, NAME]


def test_json_not_yet_read_may_hold_what_no_utf8_has():
    raw = msgspec.Raw(encoded({"date": "\ud800"}))
    for indent in (0, 1):
        assert json.loads(encoded({"figures": raw}, indent)) == {"figures": {"date": "\ud800"}}
