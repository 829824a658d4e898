"""The test vectors are what the code writes, and the C for firmware agrees with them."""

import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
from firmware_builders import FIRMWARE
from link_builders import VECTORS, WIRE

from n6studio.domain.live import FrameResults
from n6studio.link.session.commands import CommandError, CommandName, parse_command
from n6studio.link.wire.frame import as_sent, check

EXPECTED = json.loads((WIRE / VECTORS.EXPECTATIONS).read_text(encoding="utf-8"))


def test_the_script_writes_what_is_there():
    made = VECTORS.all_files()
    for name, content in made.items():
        if name != VECTORS.PACKED:  # compressors may differ
            assert (WIRE / name).read_bytes() == content, f"{name}: run make_vectors.py if the format has changed"
    assert set(EXPECTED["frames"]) | set(EXPECTED["streams"]) == set(made) - {VECTORS.EXPECTATIONS} | {"plain.jpg"}


@pytest.mark.parametrize("name", EXPECTED["frames"])
def test_frames_are_read_as_expected(name):
    assert json.loads(json.dumps(VECTORS.expectation((WIRE / name).read_bytes()))) == EXPECTED["frames"][name]


@pytest.mark.parametrize("name", EXPECTED["streams"])
def test_streams_are_cut_as_expected(name):
    assert VECTORS.stream_expectation((WIRE / name).read_bytes()) == EXPECTED["streams"][name]


# --- C ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler here")
    program = tmp_path_factory.mktemp("c") / "check"
    strict = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror"]
    sources = [str(WIRE / "check.c"), *(str(FIRMWARE / name) for name in ("n6_wire.c", "n6_parity.c", "n6_command.c"))]
    for extra in (["-fsanitize=address,undefined", "-fno-sanitize-recover"], []):  # not every compiler has these
        done = subprocess.run(
            [compiler, *strict, *extra, f"-I{FIRMWARE}", "-o", str(program), *sources], capture_output=True, text=True
        )
        if done.returncode == 0:
            return program
    raise AssertionError(done.stderr)


def run(program, *words):
    done = subprocess.run([str(program), *map(str, words)], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("name", EXPECTED["frames"])
def test_c_reads_the_same(checker, name):
    told = json.loads(run(checker, "read", WIRE / name), parse_constant=float)
    expected = EXPECTED["frames"][name]
    if "refused" in expected:
        refused = told["result"] if told["result"] != "ok" else "ok" if told["whole"] else "content"
        assert refused == expected["refused"]
        return
    found = check(as_sent((WIRE / name).read_bytes()))
    assert told["result"] == "ok"
    assert told["whole"] is True
    assert (tuple(told["version"]), told["sequence"], told["device_time"]) == (
        found.version, found.sequence, found.device_time
    )  # fmt: skip
    assert told["model"] == (found.model or "0" * 16)
    assert_same_fields(told["fields"], found)


def assert_same_fields(fields, found: FrameResults):
    by_kind = {}
    for field in fields:
        (kind, value) = next(iter(field.items()))
        by_kind.setdefault(kind, []).append(field if kind == "people" else value)
    times = [0xFFFFFFFF if value is None else value for value in vars(found.timings).values()]
    assert by_kind["timings"] == [times]
    assert by_kind.get("log", []) == list(found.log)
    assert by_kind.get("status", []) == [f"{key}={value}" for key, value in found.status]
    assert by_kind.get("top_score", [None])[-1] == found.top_score
    if found.view is not None:
        assert by_kind["view"][0][1:] == [*found.view.size, *found.view.part]
    people = [
        np.array(field["people"], np.float32).reshape(field["count"], 5 + 3 * field["keypoints"])
        for field in by_kind["people"]
        if field["count"]
    ] or [np.zeros((0, 5), np.float32)]
    if len(found.people) == sum(map(len, people)) and np.isfinite(np.concatenate(people, axis=None)).all():
        assert np.array_equal(np.concatenate(people)[:, :4], found.people.boxes)
        assert np.array_equal(np.concatenate(people)[:, 5:].ravel(), found.people.keypoints.ravel())
    if found.answer is not None:
        assert by_kind["answer"] == [[found.answer.number, found.answer.checksum]]
        count = len(found.answer.outputs)
        pieces = [(0, 1, *piece) for piece in by_kind.get("raw", [])] + by_kind.get("part", [])
        assert {piece[:2] for piece in map(tuple, pieces)} == {(number, count) for number in range(count)}
        for number, _, kind, order, scale, zero, channels, candidates, total, start, crc in pieces:
            raw = found.answer.outputs[number]
            data = raw.stored.tobytes()
            assert (order, scale, zero) == (int(raw.candidates_first), raw.scale, raw.zero)
            assert kind == [np.float32, np.int8, np.uint8].index(raw.stored.dtype)
            assert (channels, candidates) == (raw.stored.shape[::-1] if order else raw.stored.shape)
            following = [piece[-2] for piece in pieces if piece[0] == number and piece[-2] > start]
            assert total == len(data)
            assert crc == zlib.crc32(data[start : min(following, default=total)])
    if found.exact_input is not None and by_kind["exact"][0][3] == 0:
        data = found.exact_input.tobytes()
        for *_, total, start, crc in by_kind["exact"]:
            following = [piece[-2] for piece in by_kind["exact"] if piece[-2] > start]
            assert total == len(data)
            assert crc == zlib.crc32(data[start : min(following, default=total)])


def test_c_writes_the_same(checker, tmp_path):
    assert run(checker, "write", WIRE / "plain.jpg") == (WIRE / "two_people.jpg").read_bytes()
    (tmp_path / "pixels").write_bytes(VECTORS.pixels(160, 160).tobytes())
    assert run(checker, "write", WIRE / "plain.jpg", tmp_path / "pixels") == (WIRE / "exact_raw.jpg").read_bytes()


def test_c_answers_the_same(checker, tmp_path):
    (output,) = (one.stored for one in VECTORS.answer().outputs)
    (tmp_path / "output").write_bytes(output.tobytes())
    assert run(checker, "answer", WIRE / "plain.jpg", tmp_path / "output") == (WIRE / "answer.jpg").read_bytes()
    (tmp_path / "parts").write_bytes(b"".join(one.stored.tobytes() for one in VECTORS.answer_of_parts().outputs))
    assert run(checker, "parts", WIRE / "plain.jpg", tmp_path / "parts") == (WIRE / "answer_parts.jpg").read_bytes()


def test_c_protects_the_same(checker, tmp_path):
    assert run(checker, "protect", WIRE / "plain.jpg") == (WIRE / "protected.jpg").read_bytes()
    (tmp_path / "pixels").write_bytes(VECTORS.pixels(160, 160).tobytes())
    assert run(checker, "protect", WIRE / "plain.jpg", tmp_path / "pixels") == (WIRE / "protected_raw.jpg").read_bytes()


def test_c_writes_the_same_without_copying_the_exact_input(checker, tmp_path):
    (tmp_path / "pixels").write_bytes(VECTORS.pixels(160, 160).tobytes())
    for how, name in (("refer", "exact_raw.jpg"), ("refer-protect", "protected_raw.jpg")):
        assert run(checker, how, WIRE / "plain.jpg", tmp_path / "pixels") == (WIRE / name).read_bytes()


@pytest.mark.parametrize("share", [0.001, 0.005, 0.02, 0.1])
def test_c_repairs_the_same(checker, tmp_path, share):
    """Where nine bytes of one codeword are wrong both give up; the last shares are such."""
    sent = np.frombuffer((WIRE / "protected_raw.jpg").read_bytes(), np.uint8)
    repaired = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        came = sent ^ (rng.integers(1, 256, len(sent), dtype=np.uint8) * (rng.random(len(sent)) < share))
        (tmp_path / "came.jpg").write_bytes(came.tobytes())
        good = as_sent(came.tobytes())
        repaired.append(good == sent.tobytes())
        assert run(checker, "repair", tmp_path / "came.jpg") == (good if repaired[-1] else b"")
    assert all(repaired) if share < 0.01 else not all(repaired)


def test_c_repairs_what_it_can(checker):
    assert run(checker, "repair", WIRE / "repairable.jpg") == (WIRE / "protected.jpg").read_bytes()
    assert run(checker, "repair", WIRE / "unrepairable.jpg") == b""


LINES = [
    "1 hello", "65535 confidence 0.5", "65536 hello", "7 confidence .25", "7 confidence 1", "7 confidence 1.01",
    "7 confidence -1", "7 confidence 1e-3", "7 confidence nan", "7 confidence", "7 confidence 0.5 0.6", "hello", "",
    "x hello", "7 unknown", "7", "123456 hello", "2 stream on", "2 stream off", "2 stream maybe", "3 quality 80",
    "3 quality 0", "3 quality 101", "4 exact_input", "4 exact_input 1", "4 hello 1", "5 iou 0.7", "5 iou 2",
    "8 protect on", "8 protect off", "8 protect", "8 protect 1", "9 average on", "9 average off", "9 average",
    "  5   iou\t0.7  ", "6 quality " + "1" * 17, "6 hello" + " " * 80,
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_c_understands_the_same_commands(checker, line):
    told = json.loads(run(checker, "command", line))
    try:
        command = parse_command(line)
    except CommandError:
        assert told["error"]
        return
    assert told["error"] == ""
    assert told["number"] == command.number
    assert told["name"] == list(CommandName).index(command.name)
    assert told["value"] == pytest.approx(float(command.value or 0), abs=1e-6)
