"""Recordings hold what came, survive what happens to them, and become videos and data."""

import itertools
import json
import sys
import threading
import time

import cv2
import numpy as np
import pytest
from link_builders import VECTORS, frame, jpeg, results, until
from power_cut import lay_out, listening, states

from n6studio.domain.errors.files import AlreadyThere, DiskFull
from n6studio.domain.errors.link import RecordingDiskFull, RecordingUnreadable
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.live import Frame
from n6studio.link.received import Received
from n6studio.link.recording import recorder as recorder_module
from n6studio.link.recording.export import export_images, export_json_lines, export_video
from n6studio.link.recording.recorder import RecentFrames, Recorder, RecordingFile, memory_of, write_recording
from n6studio.link.recording.recording import index_path, read_recording
from n6studio.link.sources.finder import open_source
from n6studio.link.sources.stored import RecordingSource
from n6studio.link.wire.frame import encode_frame, read_results, without_results
from n6studio.link.wire.jpeg import decode_jpeg
from n6studio.link.wire.parser import StreamParser

QUIET = lambda done, total: None  # noqa: E731


def frames(count: int, step: float = 0.05, build=frame) -> list[Frame]:
    parser = StreamParser()
    return [one for number in range(count) for one in parser.feed(build(number), 100 + number * step)]


def recorded(path, count=10, step=0.05, build=frame):
    write_recording(path, frames(count, step, build), "test:")
    return read_recording(path)


def test_what_is_written_is_read(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg")
    assert (tmp_path / "take.mjpeg").read_bytes() == b"".join(frame(number) for number in range(10))
    assert recording.source == "test:"
    assert recording.started.endswith("+00:00")
    assert recording.rebuilt == 0
    assert [entry.time for entry in recording.entries] == pytest.approx([0.05 * number for number in range(10)])
    third = recording.frame(3)
    assert (third.results.sequence, third.number, third.size) == (3, 3, (96, 64))


def test_the_recorder_writes_while_frames_come(tmp_path):
    recorder = Recorder(tmp_path / "new folder" / "take.mjpeg", "test:")
    for one in frames(50):
        recorder.see(one)
    until(lambda: recorder.recorded().frames == 50)
    assert len(read_recording(recorder.path).entries) == 50  # while it is still open
    done = recorder.stop()
    assert (done.frames, done.missed, done.error) == (50, 0, None)
    assert done.seconds == pytest.approx(49 * 0.05)


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "take.mjpeg").write_text("earlier")
    told = []
    recorder = Recorder(tmp_path / "take.mjpeg", on_error=told.append)
    until(lambda: told)
    recorder.see(frames(1)[0])
    done = recorder.stop()
    assert isinstance(done.error, AlreadyThere)
    assert done.missed >= 1
    assert (tmp_path / "take.mjpeg").read_text() == "earlier"
    with pytest.raises(AlreadyThere):
        write_recording(tmp_path / "take.mjpeg", frames(1))


def test_a_slow_disk_never_holds_up_the_stream(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 5 * len(frame(0)))
    gate, written = threading.Event(), []
    write = recorder_module._write
    monkeypatch.setattr(
        recorder_module, "_write", lambda *arguments: (gate.wait(60), written.append(1), write(*arguments))
    )
    recorder = Recorder(tmp_path / "take.mjpeg")
    for one in frames(100):
        recorder.see(one)
    assert not written, "all went on before the disk took anything"
    gate.set()
    done = recorder.stop()
    assert done.frames + done.missed == 100
    assert 1 <= done.frames <= 7
    assert len(read_recording(recorder.path).entries) == done.frames


def test_a_full_disk_leaves_a_whole_recording(small_disk):
    big = [encode_frame(jpeg(number, 800, 480, 98), VECTORS.EMPTY) for number in range(2)]
    parser = StreamParser()
    told = []
    recorder = Recorder(small_disk / "take.mjpeg", on_error=told.append)
    number = 0
    while not told and number < 2000:
        (one,) = parser.feed(big[number % 2], number / 30)
        recorder.see(one)
        number += 1
        time.sleep(0.001)
    until(lambda: told)
    done = recorder.stop()
    assert isinstance(done.error, RecordingDiskFull)
    assert told == [done.error]
    assert (done.error.path, done.error.frames) == (small_disk / "take.mjpeg", done.frames)
    recording = read_recording(small_disk / "take.mjpeg")
    assert len(recording.entries) == done.frames > 5
    assert (small_disk / "take.mjpeg").stat().st_size == done.size
    assert recording.frame(done.frames - 1).results is not None


# --- bytes as they came ----------------------------------------------------------------------------------------------


def received(data: bytes, chunk: int = 700) -> list[Received]:
    parser, made = StreamParser(), []
    for at in range(0, len(data), chunk):
        found = parser.feed(data[at : at + chunk], 100 + at / 1e5)
        pairs = tuple(zip(parser.starts, found, strict=True))
        made.append(Received(data[at : at + chunk], at, 100 + at / 1e5, pairs))
    return made


def hit(number: int) -> bytes:
    made = bytearray(frame(number))
    made[-20] ^= 1
    return bytes(made)


STREAM = b"noise" + frame(0) + hit(1) + frame(2) + jpeg(5)[:400] + frame(3) + bytes(300)


def test_bytes_are_recorded_as_they_came(tmp_path):
    recorder = Recorder(tmp_path / "take.mjpeg", "test:")
    for one in received(STREAM):
        recorder.take(one)
    done = recorder.stop()
    assert (done.frames, done.size, done.missed) == (3, len(STREAM), 0)
    assert (tmp_path / "take.mjpeg").read_bytes() == STREAM
    kept = read_recording(tmp_path / "take.mjpeg")
    assert kept.rebuilt == 0
    assert [kept.frame(number).jpeg for number in range(3)] == [frame(0), frame(2), frame(3)]
    index_path(tmp_path / "take.mjpeg").unlink()
    assert len(read_recording(tmp_path / "take.mjpeg").entries) == 3


def test_a_recording_that_begins_amid_a_frame_begins_with_the_next(tmp_path):
    recorder = Recorder(tmp_path / "take.mjpeg")
    for one in received(STREAM)[1:]:
        recorder.take(one)
    done = recorder.stop()
    assert (done.frames, done.missed) == (2, 0)
    kept = read_recording(tmp_path / "take.mjpeg")
    assert [kept.frame(number).jpeg for number in range(2)] == [frame(2), frame(3)]


def test_frames_of_which_bytes_are_missing_are_counted(tmp_path):
    came = received(STREAM)
    (ends,) = [place for place, one in enumerate(came) if any(frame.number == 1 for _, frame in one.frames)]
    recorder = Recorder(tmp_path / "take.mjpeg")
    for one in came[: ends - 1] + came[ends:]:
        recorder.take(one)
    done = recorder.stop()
    assert (done.frames, done.missed) == (2, 1)
    kept = read_recording(tmp_path / "take.mjpeg")
    assert [kept.frame(number).jpeg for number in range(2)] == [frame(0), frame(3)]


def test_garbage_is_kept_although_no_frame_is_in_it(tmp_path):
    recorder = Recorder(tmp_path / "take.mjpeg")
    for one in received(bytes(5000)):
        recorder.take(one)
    done = recorder.stop()
    assert (done.frames, done.size) == (0, 5000)
    assert (tmp_path / "take.mjpeg").read_bytes() == bytes(5000)


def test_recordings_of_other_suffixes_have_indexes_of_their_own(tmp_path):
    recorded(tmp_path / "take.mjpeg", 3)
    recorded(tmp_path / "take.mjpg", 5, step=0.2)
    assert len(read_recording(tmp_path / "take.mjpeg").entries) == 3
    kept = read_recording(tmp_path / "take.mjpg")
    assert [entry.time for entry in kept.entries] == pytest.approx([0.2 * number for number in range(5)])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "take.index.jsonl", "take.mjpeg", "take.mjpg", "take.mjpg.index.jsonl"
    ]  # fmt: skip


def test_the_index_that_an_earlier_release_gave_another_suffix_is_read(tmp_path):
    recorded(tmp_path / "take.mjpg", 5, step=0.2)
    index_path(tmp_path / "take.mjpg").rename(tmp_path / "take.index.jsonl")
    assert read_recording(tmp_path / "take.mjpg").rebuilt == 0
    source = open_source(str(tmp_path / "take.mjpg"))
    assert isinstance(source, RecordingSource)


# --- what happens to recordings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [1, 700, 2500, 10_000])
def test_cut_off_in_the_middle(tmp_path, lost):
    path = tmp_path / "take.mjpeg"
    recorded(path)
    data = path.read_bytes()
    path.write_bytes(data[:-lost])
    recording = read_recording(path)
    whole = sum(1 for number in range(10) if sum(len(frame(n)) for n in range(number + 1)) <= len(data) - lost)
    assert len(recording.entries) == whole
    assert recording.frame(whole - 1).results.sequence == whole - 1


@pytest.mark.parametrize("keep", [0, 1, 4, 60, 300])
def test_an_index_that_is_cut_off(tmp_path, keep):
    path = tmp_path / "take.mjpeg"
    recorded(path)
    index = index_path(path)
    index.write_bytes(index.read_bytes()[:-keep] if keep != 300 else index.read_bytes()[:30])
    recording = read_recording(path)
    assert [recording.frame(number).results.sequence for number in range(len(recording.entries))] == list(range(10))
    assert recording.rebuilt == {0: 10, 1: 0, 4: 1, 60: 2, 300: 10}[keep]


def test_without_an_index_the_senders_clock_counts(tmp_path):
    path = tmp_path / "take.mjpeg"
    recorded(path, step=0.5)
    index_path(path).unlink()
    recording = read_recording(path)
    assert [entry.time for entry in recording.entries] == pytest.approx([number / 30 for number in range(10)], abs=1e-3)


def test_without_index_and_clock_thirty_a_second_are_assumed(tmp_path):
    (tmp_path / "some.mjpeg").write_bytes(b"garbage".join([jpeg(number) for number in range(5)]))
    recording = read_recording(tmp_path / "some.mjpeg")
    assert [entry.time for entry in recording.entries] == pytest.approx([number / 30 for number in range(5)])


@pytest.mark.parametrize(
    "line",
    ["[]", "{", '{"at": -5, "length": 10, "time": 0}', '{"at": 0, "length": 99999999, "time": 0}', "[" * 5000,
     '{"at": 0, "length": 10, "time": 1e300}', '{"at": "0", "length": 10, "time": 0}',
     '{"at": 7, "length": 1, "time": 0}'],
)  # fmt: skip
def test_an_index_that_lies_is_not_believed(tmp_path, line):
    path = tmp_path / "take.mjpeg"
    recorded(path)
    lines = index_path(path).read_text().splitlines()
    index_path(path).write_text("\n".join([lines[0], line, *lines[2:]]))
    recording = read_recording(path)
    assert len(recording.entries) == 10
    assert recording.rebuilt == 10


def test_a_recording_that_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "take.mjpeg"
    recording = recorded(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RecordingUnreadable):
        recording.frame(9)


# --- the last seconds ------------------------------------------------------------------------------------------------


def test_the_last_seconds_are_kept(tmp_path):
    recent = RecentFrames(seconds=1.0)
    for one in frames(100):
        recent.see(one)
    kept = recent.frames()
    assert [one.number for one in kept] == list(range(79, 100))
    write_recording(tmp_path / "just now.mjpeg", kept)
    assert len(read_recording(tmp_path / "just now.mjpeg").entries) == 21


def test_the_last_seconds_count_what_results_take_and_are_of_one_source():
    crowd = results(people=VECTORS.people(400, 17))
    recent = RecentFrames(most_bytes=400_000)
    for one in frames(50, build=lambda number: encode_frame(jpeg(0), crowd)):
        recent.see(one)
    assert 1 <= len(recent.frames()) <= 400_000 // (400 * 56 * 4)
    exact = results(exact_input=np.zeros((512, 512, 3), np.uint8))
    recent.see(frames(1, build=lambda number: encode_frame(jpeg(0), exact))[0])
    kept = recent.frames()[-1]
    assert kept.results.exact_input is None
    assert read_results(kept.jpeg).exact_input.shape == (512, 512, 3)
    recent.clear()
    assert recent.frames() == ()


def test_the_last_seconds_never_fill_the_memory():
    size = memory_of(frames(1)[0])
    assert size > len(frame(0))
    recent = RecentFrames(most_bytes=5 * size + 100)
    for one in frames(50, step=0.001):
        recent.see(one)
    assert sum(memory_of(one) for one in recent.frames()) <= 5 * size + 100
    assert len(recent.frames()) >= 4
    tiny = RecentFrames(most_bytes=10)
    tiny.see(frames(1)[0])
    assert tiny.frames() == ()


# --- films and data --------------------------------------------------------------------------------------------------


def video(path):
    capture = cv2.VideoCapture(str(path))
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return images, rate


def test_a_video_is_as_long_as_the_recording_and_shows_people(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg", 20, build=lambda n: encode_frame(jpeg(0, 320, 240), results(n)))
    seen = []
    written = export_video(recording, tmp_path / "take.mp4", lambda done, total: seen.append((done, total)))
    images, rate = video(tmp_path / "take.mp4")
    assert rate == 20
    assert len(images) == written == 20
    assert seen[-1] == (20, 20)
    plain = decode_jpeg(recording.frame(0).jpeg)[..., ::-1]
    assert np.abs(images[5].astype(int) - plain).max() > 150  # bones and boxes
    export_video(recording, tmp_path / "bare.mp4", QUIET, drawings=False)
    assert np.abs(video(tmp_path / "bare.mp4")[0][5].astype(int) - plain).mean() < 6
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bare.mp4", "take.index.jsonl", "take.mjpeg", "take.mp4"
    ]  # fmt: skip


def shown_at(path) -> list[float]:
    """When each frame of a video is shown, in seconds, as OpenCV's FFmpeg reads it."""
    capture, times = cv2.VideoCapture(str(path)), []
    while capture.read()[0]:
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
    capture.release()
    return times


@pytest.mark.parametrize(
    "times",
    [
        [0, 0.1, 0.2, 0.3, 1.3, 1.4],
        [0, 60, 120, 180, 240],
        [0, 0.033, 0.034, 0.035, 0.2, 50_000.0],
        [number / 300 + 0.4 * (number // 7) for number in range(40)],
    ],
    ids=["pause", "sparse", "long", "fast"],
)
def test_a_video_has_every_frame_at_its_time(tmp_path, times):
    parser = StreamParser()
    came = [parser.feed(frame(number), at)[0] for number, at in enumerate(times)]
    write_recording(tmp_path / "take.mjpeg", came)
    recording = read_recording(tmp_path / "take.mjpeg")
    assert export_video(recording, tmp_path / "take.mp4", QUIET) == len(times)
    assert shown_at(tmp_path / "take.mp4") == pytest.approx(times, abs=0.0012)


def test_frames_of_the_same_time_and_those_that_cannot_be_decoded_are_in_the_video(tmp_path):
    broken = encode_frame(jpeg()[:200] + jpeg()[-40:], VECTORS.EMPTY)
    parser = StreamParser()
    came = [parser.feed(data, 1.0)[0] for data in (frame(0), frame(1), frame(2))]
    came.insert(1, Frame(broken, None, 1.0, 3, (96, 64)))
    write_recording(tmp_path / "take.mjpeg", came)
    recording = read_recording(tmp_path / "take.mjpeg")
    assert len(recording.entries) == 4
    assert export_video(recording, tmp_path / "take.mp4", QUIET, drawings=False) == 4
    images, _ = video(tmp_path / "take.mp4")
    assert len(images) == 4
    assert images[1][:10].mean() < 60 < images[0].mean()


def test_a_video_of_images_of_several_sizes(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg", 4, build=lambda n: jpeg(n, 97 + 40 * n, 65))
    assert export_video(recording, tmp_path / "take.mp4", QUIET) == 4
    assert video(tmp_path / "take.mp4")[0][0].shape == (64, 96, 3)


def test_a_video_that_is_stopped_or_fails_leaves_nothing(tmp_path, tiny_disk):
    recording = recorded(tmp_path / "take.mjpeg", 8)

    def stop(done, total):
        if done == 3:
            raise Cancelled(stage="export")

    (tmp_path / "take.mp4").write_text("earlier")
    with pytest.raises(Cancelled):
        export_video(recording, tmp_path / "take.mp4", stop)
    assert (tmp_path / "take.mp4").read_text() == "earlier"
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    from n6studio.link.wire.jpeg import encode_jpeg

    loud = recorded(tmp_path / "loud.mjpeg", 12, build=lambda n: encode_jpeg(np.roll(noise, 50 * n, 0)))
    with pytest.raises(DiskFull):
        export_video(loud, tiny_disk / "film.mp4", QUIET)
    assert list(tiny_disk.iterdir()) == []
    assert not list(tmp_path.glob(".*"))


def test_a_line_of_json_per_frame(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg", 3)
    assert export_json_lines(recording, tmp_path / "take.jsonl", QUIET) == 3
    lines = [json.loads(line) for line in (tmp_path / "take.jsonl").read_text().splitlines()]
    assert [line["results"]["sequence"] for line in lines] == [0, 1, 2]
    assert lines[1]["time"] == pytest.approx(0.05)
    assert lines[0]["results"]["people"][0]["box"] == [0.125, 0.25, 0.3125, 0.875]
    assert len(lines[0]["results"]["people"][1]["keypoints"]) == 17


def test_plain_images_for_evaluation(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg", 7)
    assert export_images(recording, tmp_path / "pictures", QUIET, every=3) == 3
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == ["take-000000.jpg", "take-000003.jpg", "take-000006.jpg"]
    assert (tmp_path / "pictures" / names[1]).read_bytes() == without_results(frame(3)) == jpeg(0)


# --- power cuts ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="names of open files are read from /proc")
def test_after_a_power_cut_a_recording_is_not_there_or_whole_to_the_last_second(tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    given = frames(12, 0.4)
    with listening(folder) as journal:
        write_recording(folder / "take.mjpeg", given)
    counts = []
    for when, tree in states({}, journal.ops):
        after = lay_out(tree, tmp_path / "after") / "take.mjpeg"
        if not after.exists():
            counts.append(0)
            continue
        kept = read_recording(after)
        assert [kept.frame(number).jpeg for number in range(len(kept.entries))] == [
            one.jpeg for one in given[: len(kept.entries)]
        ], when
        counts.append(len(kept.entries))
    assert counts[0] == 0
    assert counts[-1] == 12
    steps = sorted(set(counts))
    assert all(later - earlier <= 3 for earlier, later in itertools.pairwise(steps)), "flushed every second"


def test_a_recording_without_a_frame_has_no_name_yet(tmp_path):
    file = RecordingFile(tmp_path / "take.mjpeg", "")
    assert not (tmp_path / "take.mjpeg").exists()
    assert (tmp_path / "take.mjpeg.part").exists()
    file.write(frames(1)[0])
    assert len(read_recording(tmp_path / "take.mjpeg").entries) == 1
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take.index.jsonl", "take.mjpeg"]
    empty = RecordingFile(tmp_path / "other.mjpeg", "")
    empty.close()
    assert not list(tmp_path.glob("other*"))


def test_what_a_cut_leaves_of_the_first_frame_opens_by_name_and_gives_way_to_the_next_recording(tmp_path):
    with listening(tmp_path) as journal:
        write_recording(tmp_path / "take.mjpeg", frames(3), "test:")
    left = [tree for _, tree in states({}, journal.ops) if tree.get("take.mjpeg.part") and "take.mjpeg" not in tree]
    assert left
    place = lay_out(left[-1], tmp_path / "after")
    source = open_source(str(place / "take.mjpeg.part"))
    assert isinstance(source, RecordingSource)
    kept = read_recording(place / "take.mjpeg.part")
    assert [kept.frame(0).jpeg] == [frame(0)]
    assert kept.source in ("", "test:")
    assert len(recorded(place / "take.mjpeg", 4).entries) == 4
    assert sorted(path.name for path in place.iterdir()) == ["take.index.jsonl", "take.mjpeg"]


@pytest.mark.parametrize("lost", [1, 3, 10])
def test_frames_that_got_their_length_but_not_their_contents_are_left_out(tmp_path, lost):
    """Some file systems put zeros where contents did not reach the disk."""
    path = tmp_path / "take.mjpeg"
    recording = recorded(path, 10)
    blank = sum(entry.length for entry in recording.entries[10 - lost :])
    path.write_bytes(path.read_bytes()[:-blank] + bytes(blank))
    if lost == 10:
        with pytest.raises(RecordingUnreadable):
            read_recording(path)
        return
    kept = read_recording(path)
    assert [kept.frame(number).jpeg for number in range(len(kept.entries))] == [frame(n) for n in range(10 - lost)]
