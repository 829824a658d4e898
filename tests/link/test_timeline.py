"""What happened in a recording, marks in it, parts of it, and the shelf."""

import threading

import pytest
from link_builders import VECTORS, frame, jpeg, results

from n6studio.domain.errors.files import AlreadyThere
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.live import Frame
from n6studio.link.recording.clip import clip
from n6studio.link.recording.marks import Mark, marks_path, read_marks, toggle_mark
from n6studio.link.recording.recorder import RecordingFile, write_recording
from n6studio.link.recording.recording import read_recording
from n6studio.link.recording.shelf import recordings_in
from n6studio.link.recording.timeline import Happening, Kind, examine
from n6studio.link.sources.playback import Playback
from n6studio.link.wire.frame import encode_frame
from n6studio.link.wire.parser import StreamParser

QUIET = lambda done, total: None  # noqa: E731


def recorded(path, made: list[tuple[float, bytes]]):
    parser = StreamParser()
    write_recording(path, [one for at, data in made for one in parser.feed(data, 100 + at)], "test:")
    return read_recording(path)


def with_people(number: int, count: int, **changes) -> bytes:
    people = VECTORS.people(count, 5) if count else VECTORS.EMPTY.people
    return encode_frame(jpeg(0), results(number, people=people, **changes))


def test_what_happened(tmp_path):
    crowd = [2] * 4 + [1] + [2] * 2 + [0] * 4
    made = [(number / 30, with_people(number, count)) for number, count in enumerate(crowd)]
    made += [(11 / 30, with_people(15, 0)), (5.0, with_people(16, 0)), (5.1, with_people(0, 0, device_time=0))]
    recording = recorded(tmp_path / "take.mjpeg", made)
    timeline = examine(recording, QUIET)
    assert timeline.people == (*crowd, 0, 0, 0)
    assert timeline.happenings == (
        Happening(7, Kind.PEOPLE, "0 people"),
        Happening(11, Kind.LOST, "4 frames lost"),
        Happening(12, Kind.PAUSE, "no frame for 4.6 s"),
        Happening(13, Kind.RESTART, "board restarted"),
    )
    assert [timeline.next_happening(at, True) for at in (0, 7, 12, 13)] == [7, 11, 13, None]
    assert [timeline.next_happening(at, False) for at in (7, 8, 13)] == [None, 7, 12]
    assert timeline.people_at(0.99) == tuple(0 if count >= 0 else -1 for count in timeline.people)
    assert timeline.people_at(0.0) == timeline.people


def test_bytes_between_frames_and_a_dead_output(tmp_path):
    file = RecordingFile(tmp_path / "take.mjpeg", "")
    parser = StreamParser()
    dead = [encode_frame(jpeg(0), results(number, people=VECTORS.EMPTY.people, top_score=0.0)) for number in range(5)]
    for number, data in enumerate(dead):
        (one,) = parser.feed(data, 100.0 + number)
        noise = b"noise" if number == 3 else b""
        file.add(noise + data, [(file.size + len(noise), one)])
    file.close()
    timeline = examine(read_recording(tmp_path / "take.mjpeg"), QUIET)
    assert timeline.happenings == (
        Happening(2, Kind.ALARM, "all confidences are zero"),
        Happening(3, Kind.DAMAGED, "5 bytes that are no frame"),
    )


def test_examining_may_be_stopped(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg", [(number / 30, frame(number)) for number in range(5)])

    def stop(done, total):
        raise Cancelled(stage="export")

    with pytest.raises(Cancelled):
        examine(recording, stop)


def test_marks_come_and_go(tmp_path):
    path = tmp_path / "take.mjpeg"
    assert read_marks(path) == ()
    toggle_mark(path, 7, "here")
    assert toggle_mark(path, 2) == (Mark(2), Mark(7, "here"))
    assert read_marks(path) == (Mark(2), Mark(7, "here"))
    assert toggle_mark(path, 7) == (Mark(2),)
    for other in ("", "[]", "{", '{"format": "n6-marks", "version": 9, "marks": []}', "[" * 9999):
        marks_path(path).write_text(other)
        assert read_marks(path) == ()


def test_a_part_is_a_recording_of_its_own(tmp_path):
    made = [(number * 0.1, frame(number)) for number in range(10)]
    recording = recorded(tmp_path / "take.mjpeg", made)
    toggle_mark(recording.path, 1)
    toggle_mark(recording.path, 4, "fall")
    assert clip(recording, 3, 6, tmp_path / "part.mjpeg", QUIET) == 4
    part = read_recording(tmp_path / "part.mjpeg")
    assert (tmp_path / "part.mjpeg").read_bytes() == b"".join(frame(number) for number in range(3, 7))
    assert [entry.time for entry in part.entries] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert (part.rebuilt, part.source) == (0, "test:")
    assert read_marks(part.path) == (Mark(1, "fall"),)
    with pytest.raises(AlreadyThere):
        clip(recording, 0, 1, tmp_path / "part.mjpeg", QUIET)


def test_a_part_that_is_stopped_leaves_nothing(tmp_path):
    recording = recorded(tmp_path / "take.mjpeg", [(number * 0.1, frame(number)) for number in range(10)])

    def stop(done, total):
        if done == 2:
            raise Cancelled(stage="export")

    with pytest.raises(Cancelled):
        clip(recording, 0, 6, tmp_path / "part.mjpeg", stop)
    assert not list(tmp_path.glob("part*"))


def test_the_shelf(tmp_path):
    recorded(tmp_path / "take.mjpeg", [(number * 0.1, frame(number)) for number in range(10)])
    (tmp_path / "old.mjpg").write_bytes(frame(0))
    (tmp_path / "other.txt").write_text("no")
    found = {one.path.name: (one.size, one.seconds) for one in recordings_in(tmp_path)}
    assert found["take.mjpeg"] == (sum(len(frame(number)) for number in range(10)), pytest.approx(0.9))
    assert found["old.mjpg"] == (len(frame(0)), None)
    assert len(found) == 2
    assert recordings_in(tmp_path / "none") == ()


def test_a_range_is_played_again_and_again():
    playback = Playback()
    playback.set_speed(0)
    playback.load([number * 0.1 for number in range(10)])
    playback.set_range(2, 4)
    playback.wind(3)
    assert [playback.wait(0.1) for _ in range(6)] == [3, 4, 2, 3, 4, 2]
    playback.set_range(0, -1)
    assert [playback.wait(0.1) for _ in range(3)] == [3, 4, 5]


def test_the_place_of_a_part_that_is_played_again_lies_in_it():
    playback, seen = Playback(), set()

    class Watched(threading.Condition):
        def wait(self, timeout=None):
            seen.add(playback.position[0] - 1)  # as others see it from here on
            return super().wait(timeout)

    playback._changed = Watched()
    playback.load([number * 0.001 for number in range(10)])
    playback.set_range(5, 7)
    playback.wind(5)
    assert [playback.wait(1) for _ in range(30)] == [5, 6, 7] * 10
    assert seen <= {5, 6, 7}


def test_steps_that_nobody_has_seen_yet_count_and_so_does_the_place_that_is_wound_to():
    playback = Playback()
    playback.load([number * 0.1 for number in range(10)])
    playback.pause(True)
    playback.wind(3)
    assert playback.position == (4, 10)
    playback.step(1)
    playback.step(1)
    assert playback.position == (6, 10)
    assert playback.wait(0.1) == 5
    assert playback.position == (6, 10)
    playback.step(-1)
    assert playback.wait(0.1) == 4


def test_frames_without_results_have_no_people(tmp_path):
    write_recording(tmp_path / "take.mjpeg", [Frame(jpeg(number), None, number / 30, number) for number in range(3)])
    assert examine(read_recording(tmp_path / "take.mjpeg"), QUIET).people == (-1, -1, -1)
