"""JPEGs are decoded by a process of their own: what they do to it harms nobody else."""

import re
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from link_builders import until
from own_time import OwnTime

import n6studio
from n6studio.domain.errors.link import DecoderDied
from n6studio.link.processes import child, jpegs
from n6studio.link.processes.jpegs import JpegDecoder
from n6studio.link.wire.jpeg import decode_jpeg, encode_jpeg


@pytest.fixture(autouse=True)
def own_log(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "log"))


@pytest.fixture
def decoder():
    made = JpegDecoder()
    yield made
    made.close()


IMAGE = np.random.default_rng(0).integers(0, 255, (48, 80, 3), np.uint8)
JPEG = encode_jpeg(IMAGE)


def test_nothing_but_the_process_for_it_decodes_jpegs_of_others():
    package = Path(n6studio.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"\bdecode_jpeg\(", path.read_text(encoding="utf-8"))
    }
    assert found == {"link/wire/jpeg.py", "virtual/decode.py"}


def test_the_images_are_those_of_the_decoder_itself_and_a_damaged_one_harms_no_other(decoder, tmp_path):
    cut = JPEG[: len(JPEG) // 2]
    found = [decoder.decode(data) for data in (JPEG, b"", cut, b"\xff\xd8\xff\xd9", JPEG + bytes(9))]
    assert np.array_equal(found[0], decode_jpeg(JPEG))
    assert found[1:4] == [None, None, None]
    assert np.array_equal(found[4], found[0])
    assert "held back" in (tmp_path / "log" / "decoder.log").read_text()


def test_a_process_that_dies_of_a_jpeg_costs_that_one_only(decoder):
    assert decoder.decode(JPEG) is not None
    psutil.Process(decoder._child.process.pid).kill()
    assert decoder.decode(JPEG) is None
    assert decoder.decode(JPEG).shape == IMAGE.shape


HELLO = """print('{"type": "hello"}', flush=True); """
HOSTILE = {
    "nothing": "",
    "no JSON": "print('}')",
    "dies of it": HELLO + "input(); raise SystemExit(3)",
    "other type": HELLO + """print('{"type": "frame", "length": 8}'); print('x' * 8)""",
    "cut off": HELLO + """print('{"type": "image", "length": 11520}'); print('x' * 10)""",
    "endless": HELLO + """print('{"type": "image", "length": 99999999999}'); print('x' * 100)""",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_process_that_was_taken_over_is_ended_and_told(decoder, monkeypatch, name):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", HOSTILE[name]])
    assert decoder.decode(JPEG) is None
    assert decoder.decode(JPEG) is None
    with pytest.raises(DecoderDied):
        decoder.decode(JPEG)


def test_pixels_of_another_size_than_the_header_says_are_no_image(decoder, monkeypatch):
    lie = HELLO + """input(); print('{"type": "image", "length": 30}'); print('x' * 30, flush=True); input()"""
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", lie])
    assert decoder.decode(JPEG) is None


SHRINKS = """
import os, sys
try:
    os.ftruncate(int(sys.argv[-1].partition("=")[2]), 0)
except PermissionError:
    print('{"type": "hello"}', flush=True)
    input()
    print('{"type": "image", "size": 11520}', flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is shared on Linux only")
def test_memory_that_is_shared_cannot_be_taken_away(decoder, monkeypatch):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", SHRINKS])
    assert not decoder.decode(JPEG).any()  # what it has not written to, instead of the end of this process


def test_pixels_come_through_the_pipe_where_no_memory_is_shared(decoder, monkeypatch):
    monkeypatch.setattr(jpegs, "_shared_memory", lambda: ())
    assert np.array_equal(decoder.decode(JPEG), decode_jpeg(JPEG))


def test_a_jpeg_that_holds_the_process_up_is_given_up(monkeypatch):
    silent = HELLO + "import time; time.sleep(60)"
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", silent])
    decoder = JpegDecoder(seconds=0.2)
    own = OwnTime()
    assert decoder.decode(JPEG) is None
    assert own.seconds < 10
    decoder.close()


def test_who_waits_for_an_image_can_be_let_go_and_the_process_ends(decoder, monkeypatch):
    silent = HELLO + "import time; time.sleep(60)"
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", silent])
    waits = threading.Thread(target=decoder.decode, args=(JPEG,))
    waits.start()
    assert until(lambda: decoder._greeted)
    process = decoder._child.process
    decoder.give_up()
    waits.join(5)
    assert not waits.is_alive()
    decoder.close()
    assert process.poll() is not None
    assert decoder.decode(JPEG) is None
