"""Recordings in formats of others: MCAP, and tables with tracks and angles."""

import base64
import csv
import io
import json
import math
import os
import struct
import sys
import zlib
from collections import Counter

import numpy as np
import pytest
from link_builders import VECTORS, frame, jpeg, results

from n6studio.domain.errors.link import RecordingNotExported, RerunMissing
from n6studio.domain.live import Frame
from n6studio.domain.pose.people import People
from n6studio.domain.pose.skeleton import COCO
from n6studio.domain.pose.tracks import MEMORY, Tracker
from n6studio.link.processes import child
from n6studio.link.recording.mcap import export_mcap
from n6studio.link.recording.recorder import write_recording
from n6studio.link.recording.recording import read_recording
from n6studio.link.recording.rerun import export_rerun
from n6studio.link.recording.values import angle, corners_of, export_values
from n6studio.link.wire.frame import encode_frame, without_results
from n6studio.link.wire.parser import StreamParser

QUIET = lambda done, total: None  # noqa: E731


def recorded(path, made: list[bytes]):
    parser = StreamParser()
    write_recording(path, [one for at, data in enumerate(made) for one in parser.feed(data, 100 + at / 10)], "test:")
    return read_recording(path)


# --- MCAP ------------------------------------------------------------------------------------------------------------


def records(data: bytes):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<BQ", data, at)
        yield at, kind, data[at + 9 : at + 9 + length]
        at += 9 + length


def messages(chunk: bytes):
    """(channel, number, nanoseconds, message) of each message in a chunk's records."""
    for _, kind, content in records(chunk):
        assert kind == 5
        channel, number, time, published = struct.unpack_from("<HIQQ", content)
        assert time == published
        yield channel, number, time, json.loads(content[22:])


def chunks_of(data: bytes) -> list[bytes]:
    """The records of every chunk, by the specification; all that points somewhere is followed."""
    magic = b"\x89MCAP0\r\n"
    assert data[:8] == data[-8:] == magic
    body = data[8:-8]
    found, places = [], {}
    for at, kind, content in records(body):
        places[at + 8] = kind
        if kind == 6:
            first, last, size, checksum = struct.unpack_from("<QQQI", content)
            assert struct.unpack_from("<I", content, 28) == (0,), "not compressed"
            assert struct.unpack_from("<Q", content, 32) == (size,)
            inner = content[40:]
            assert (len(inner), zlib.crc32(inner)) == (size, checksum)
            times = [time for _, _, time, _ in messages(inner)]
            assert (times[0], times[-1]) == (first, last)
            found.append(inner)
        elif kind == 8:
            (at_chunk,) = struct.unpack_from("<Q", content, 16)
            assert places[at_chunk] == 6
            (length,) = struct.unpack_from("<I", content, 32)
            for place in range(36, 36 + length, 10):
                _, offset = struct.unpack_from("<HQ", content, place)
                assert places[offset] == 7
        elif kind == 2:
            begins, _, _ = struct.unpack("<QQI", content)
            assert places[begins] == 3, "the summary begins with schemas"
    return found


def test_mcap_by_its_specification(tmp_path, monkeypatch):
    monkeypatch.setattr("n6studio.link.recording.mcap._CHUNK_BYTES", 20_000)
    recording = recorded(tmp_path / "take.mjpeg", [*(frame(number) for number in range(8)), jpeg(3)])
    assert export_mcap(recording, tmp_path / "take.mcap", QUIET) == 9
    chunks = chunks_of((tmp_path / "take.mcap").read_bytes())
    assert len(chunks) > 1
    every = [one for chunk in chunks for one in messages(chunk)]
    assert [channel for channel, *_ in every] == [0, 1, 2] * 9
    image, drawing, result = (message for _, _, _, message in every[9:12])
    assert base64.b64decode(image["data"]) == without_results(frame(3))
    assert image["timestamp"] == {"sec": 0, "nsec": 300_000_000}
    assert result["results"]["sequence"] == 3
    assert len(drawing["texts"]) == 2
    box = drawing["points"][0]
    assert (box["type"], box["points"][0]) == (2, {"x": 0.125 * 96, "y": 0.25 * 64})
    assert every[25][3] == {"circles": [], "points": [], "texts": []}


def test_mcap_is_read_by_its_own_reader(tmp_path):
    reader = pytest.importorskip("mcap.reader", reason="needs the package mcap")
    export_mcap(recorded(tmp_path / "take.mjpeg", [frame(n) for n in range(40)]), tmp_path / "take.mcap", QUIET)
    with (tmp_path / "take.mcap").open("rb") as file:
        made = reader.make_reader(file, validate_crcs=True)
        channels = {one.topic: one for one in made.get_summary().channels.values()}
        schemas = {topic: made.get_summary().schemas[one.schema_id].name for topic, one in channels.items()}
        assert schemas["/image"] == "foxglove.CompressedImage"
        assert schemas["/image/annotations"] == "foxglove.ImageAnnotations"
        told = [(channel.topic, json.loads(message.data)) for _, channel, message in made.iter_messages()]
    assert sum(topic == "/image" for topic, _ in told) == 40
    assert sum(topic == "/image/annotations" for topic, _ in told) == 40


# --- Rerun -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_log(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "log"))


@pytest.mark.slow  # loads Rerun's SDK twice
def test_rrd_is_read_by_its_own_reader(tmp_path, own_log):
    chunks = pytest.importorskip("rerun.chunk", reason="needs the package rerun-sdk")
    recording = recorded(tmp_path / "take.mjpeg", [*(frame(number) for number in range(8)), jpeg(3)])
    assert export_rerun(recording, tmp_path / "take.rrd", QUIET) == 9
    rows, images, texts = Counter(), [], []
    for chunk in chunks.RrdReader(tmp_path / "take.rrd").store().stream():
        rows[chunk.entity_path] += chunk.num_rows
        table = chunk.to_record_batch()
        for name in table.schema.names:
            if name.endswith(":blob"):
                images += [bytes(row[0]) for row in table.column(name).to_pylist()]
            elif name.endswith(":text"):
                texts += [json.loads(row[0]) for row in table.column(name).to_pylist()]
    assert images == [without_results(frame(number)) for number in range(8)] + [without_results(jpeg(3))]
    assert [text["results"] and text["results"]["sequence"] for text in texts] == [*range(8), None]
    assert rows["/figures/npu_ms"] == 8
    assert rows["/camera/people/boxes"] == 9
    assert rows["/camera/people/1"] == rows["/camera/people/2"] == 9  # and then cleared


def test_without_reruns_sdk_it_is_said_and_nothing_is_left(tmp_path, own_log, monkeypatch):
    (tmp_path / "rerun.py").write_text("raise ImportError('No module named rerun')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))))
    with pytest.raises(RerunMissing):
        export_rerun(recorded(tmp_path / "take.mjpeg", [frame(0)]), tmp_path / "take.rrd", QUIET)
    assert not list(tmp_path.glob("*.rrd"))


@pytest.mark.parametrize(
    "said", ["raise SystemExit(3)", """print('{"type": "hello"}')""", """print('{"type": "written"}')"""]
)
def test_a_process_that_says_what_it_should_not_has_exported_nothing(tmp_path, own_log, monkeypatch, said):
    monkeypatch.setattr(child, "virtual_command", lambda: [sys.executable, "-I", "-S", "-c", said])
    (tmp_path / "take.rrd").write_bytes(b"before")
    with pytest.raises(RecordingNotExported):
        export_rerun(recorded(tmp_path / "take.mjpeg", [frame(0)]), tmp_path / "take.rrd", QUIET)
    assert (tmp_path / "take.rrd").read_bytes() == b"before"


# --- tables ----------------------------------------------------------------------------------------------------------


def test_a_row_per_person_and_frame(tmp_path):
    made = [frame(0), encode_frame(jpeg(0), results(1, people=VECTORS.EMPTY.people)), jpeg(2), frame(3)]
    recording = recorded(tmp_path / "take.mjpeg", made)
    assert export_values(recording, tmp_path / "take.csv", QUIET) == 4
    rows = list(csv.DictReader(io.StringIO((tmp_path / "take.csv").read_text())))
    assert [row["frame"] for row in rows] == ["0", "0", "1", "2", "3", "3"]
    first = rows[0]
    assert (float(first["left_px"]), float(first["bottom_px"])) == (0.125 * 96, 0.875 * 64)
    assert float(first["npu_ms"]) > 0
    assert rows[2]["people"] == "0"
    assert (rows[3]["sequence"], rows[3]["people"]) in (("", ""), (None, None))
    assert [row["person"] for row in rows[4:]] == [row["person"] for row in rows[:2]] == ["1", "2"]
    names = [name for name in first if name.endswith("_x_px")]
    assert len(names) == 17
    point = next(one for one in recording.frame(0).results.people.keypoints[0])
    assert float(first[names[0]]) == pytest.approx(float(point[0]) * 96, abs=0.01)
    assert any(name.startswith("angle_") for name in first)


def test_angles_at_corners():
    corners = corners_of(COCO)
    names = [name.replace(" ", "_") for name in COCO.names]
    place = names.index
    elbow = tuple(place(name) for name in ("left_shoulder", "left_elbow", "left_wrist"))
    assert elbow in corners or elbow[::-1] in corners
    points = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 2.0], [3.0, 0.0]])
    assert angle(points, (0, 1, 2)) == pytest.approx(90)
    assert math.isnan(angle(points, (0, 1, 3)))


# --- tracks ----------------------------------------------------------------------------------------------------------


def at(*lefts: float) -> People:
    boxes = np.array([[left, 0.2, left + 0.1, 0.6] for left in lefts], np.float32).reshape(-1, 4)
    return People(boxes, np.full(len(lefts), 0.9, np.float32), np.zeros((len(lefts), 1, 3), np.float32))


def test_people_keep_their_numbers():
    tracker = Tracker()
    assert tracker.update(at(0.1, 0.6), 0.0) == (1, 2)
    assert tracker.update(at(0.62, 0.12), 0.1) == (2, 1)
    assert tracker.update(at(0.64), 0.2) == (2,)
    assert tracker.update(at(0.13, 0.66), 0.3) == (1, 2), "who is not found for a moment is remembered"
    assert tracker.update(at(0.3), 0.4) == (3,)
    assert tracker.update(at(), 0.5) == ()
    assert tracker.update(at(0.66), 0.3 + MEMORY + 0.1) == (4,), "and forgotten"


def test_nobody_gets_the_number_of_another():
    tracker = Tracker()
    tracker.update(at(0.1), 0.0)
    assert tracker.update(at(0.11, 0.1), 0.1) == (2, 1), "the better overlap"


def test_frames_that_carry_nothing(tmp_path):
    write_recording(tmp_path / "take.mjpeg", [Frame(jpeg(number), None, number / 30, number) for number in range(3)])
    assert export_values(read_recording(tmp_path / "take.mjpeg"), tmp_path / "take.csv", QUIET) == 3
    assert len((tmp_path / "take.csv").read_text().splitlines()) == 4
