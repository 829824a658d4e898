"""The UART link on registers whose time passes, and the screen that stands in for the Nucleo's."""

import random
import struct
import subprocess

import numpy as np
import pytest
from firmware_builders import host_compiler
from firmware_images import by_opencv
from firmware_stlike import PORT, STLIKE, build, config, portable_objects

pytestmark = [pytest.mark.slow, pytest.mark.skipif(host_compiler() is None, reason="no C compiler here")]


@pytest.fixture(scope="module")
def uart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uart")
    return build(folder / "uart", config(), [PORT / "n6_uart.c", STLIKE / "uart.c"], portable_objects(folder))


def test_every_byte_goes_over_the_wire_in_order_while_commands_come_in(uart, tmp_path):
    rng = random.Random(5)
    pieces = [rng.randbytes(rng.choice([1, 2, 15, 16, 17, 300, 4000])) for _ in range(200)]
    says = rng.randbytes(2000)
    (tmp_path / "pieces.bin").write_bytes(b"".join(struct.pack("<I", len(one)) + one for one in pieces))
    (tmp_path / "says.bin").write_bytes(says)
    done = subprocess.run([uart, "200000000"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    (divider, pins, clocks), (refused, *told) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (divider, pins, clocks) == (217, 0b1100000, 0b111), "921 600 baud within 0.1 %, PE5 and PE6"
    assert refused > 0, "the queue was full once"
    assert told == [1, 0]
    assert (tmp_path / "wire.bin").read_bytes() == b"".join(pieces)
    assert (tmp_path / "heard.bin").read_bytes() == says


def test_a_clock_that_is_too_slow_for_the_baud_rate_is_told(uart, tmp_path):
    for name in ("pieces.bin", "says.bin"):
        (tmp_path / name).write_bytes(b"")
    done = subprocess.run([uart, "14000000"], cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 4


def test_the_screen_that_stands_in_tells_sizes_and_draws_nothing(tmp_path):
    program = build(tmp_path / "screen", config(), [PORT / "n6_screen.c", STLIKE / "screen.c"], [])
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == ["240 200 2", "320 240 4", "240 200 2"]


def test_the_self_test_knows_a_whole_jpeg_of_the_right_size_from_any_other(tmp_path):
    sources = [PORT / "n6_self_test.c", STLIKE / "judge.c"]
    program = build(tmp_path / "judge", config(), sources, portable_objects(tmp_path))
    whole = by_opencv(np.full((48, 64, 3), 90, np.uint8), 60)

    def judged(data, width=64, height=48):
        (tmp_path / "image.jpg").write_bytes(data)
        command = [program, tmp_path / "image.jpg", str(width), str(height)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert judged(whole) == "right"
    assert [judged(whole, 48, 64), judged(whole, 64, 40)] == ["wrong", "wrong"]
    damaged = [whole[:-1], whole[1:], whole[:20], b"", b"\xff\xd8\xff\xd9", whole[:2] + b"\xff\xe0\xff\xff" + whole[2:]]
    assert {judged(data) for data in damaged} == {"wrong"}
