"""Values over time, by hand."""

import math

import numpy as np
import pytest
from live_frames import jpeg, people, results

from n6studio.domain.live import Frame
from n6studio.domain.pose.skeleton import COCO, Skeleton, for_keypoints
from n6studio.domain.pose.tracks import Tracker
from n6studio.link.recording import quantities as module
from n6studio.link.recording.quantities import MOST_PEOPLE, quantities, sample, samples_of, series, thinned
from n6studio.link.recording.recorder import write_recording
from n6studio.link.recording.recording import read_recording
from n6studio.link.wire import frame as wire


def by_title(skeleton: Skeleton = COCO):
    return {(one.group, one.name): one for one in quantities(skeleton)}


def three_frames():
    """Two people, of whom the first is less sure in the second frame and gone in the third."""
    tracker, made = Tracker(), []
    for number, confidences in enumerate(((0.9, 0.6), (0.5, 0.6), (0.6,))):
        found = people(2)
        order = [1, 0] if number == 1 else [1] if number == 2 else [0, 1]
        found = found[order]
        found.confidences[:] = sorted(confidences, reverse=True)
        made.append(sample(results(number, found, top_score=0.95), number / 10, (160, 96), tracker))
    return made


def test_everything_has_a_value():
    known = by_title()
    assert len([one for one in known if one[0] == "left wrist"]) == 3
    assert [one[1] for one in known if one[0] == "Frame"] == [
        "People", "Top confidence", "Exposure to NPU time", "NPU time", "Post-processing time", "JPEG encoding time",
    ]  # fmt: skip
    assert ("Angles", "left shoulder–left elbow–left wrist") in known
    for one in known.values():
        times, values = series(three_frames(), one)
        assert times.tolist() == [0, 0.1, 0.2]
        assert np.isfinite(values).all(), one.title


def test_values_of_frames_and_people():
    frames, known = three_frames(), by_title()
    values = {title: series(frames, one)[1].tolist() for title, one in known.items()}
    assert values["Frame", "People"] == [2, 2, 1]
    assert values["Frame", "NPU time"] == [24, 24, 24]
    assert values["Frame", "Top confidence"] == pytest.approx([0.95] * 3)
    assert values["Person", "Confidence"] == pytest.approx([0.9, 0.6, 0.6]), "the most confident"
    first, second = people(2).keypoints[:, 0]
    assert values["nose", "x"] == pytest.approx([first[0] * 160, second[0] * 160, second[0] * 160])
    assert values["nose", "y"] == pytest.approx([first[1] * 96] * 3)
    assert values["nose", "confidence"] == pytest.approx([0.9] * 3)
    assert values["Person", "Width"] == pytest.approx([0.35 * 160] * 3, abs=1e-3)
    assert values["Person", "Height"] == pytest.approx([0.8 * 96] * 3, abs=1e-3)


def test_a_person_keeps_its_number():
    frames, known = three_frames(), by_title()
    _, first = series(frames, known["Person", "Confidence"], 1)
    _, second = series(frames, known["Person", "Confidence"], 2)
    assert first[:2] == pytest.approx([0.9, 0.5])
    assert math.isnan(first[2])
    assert second == pytest.approx([0.6, 0.6, 0.6])
    assert np.isnan(series(frames, known["Person", "Confidence"], 3)[1]).all()


def test_angles_are_those_in_pixels():
    found = people(1, 3)
    found.keypoints[0, :, :2] = ((0.5, 0.0), (0.5, 0.5), (0.75, 0.5))
    line = Skeleton(**{**vars(for_keypoints(3)), "edges": ((0, 1), (1, 2))})
    one = sample(results(0, found), 0.0, (160, 96), Tracker())
    (corner,) = [each for each in quantities(line) if each.group == "Angles"]
    assert series([one], corner)[1].tolist() == [90]
    assert np.isnan(series([one], by_title()["left wrist", "x"])[1]).all(), "of another skeleton"


def test_nobody_has_no_values_and_many_are_not_kept():
    none = sample(results(0, people(0)), 0.0, (160, 96), Tracker())
    known = by_title()
    assert math.isnan(series([none], known["nose", "x"])[1][0])
    assert series([none], known["Frame", "People"])[1].tolist() == [0]
    many = sample(results(0, people(90)), 0.0, (160, 96), Tracker())
    assert (len(many.people), len(many.numbers), many.found) == (MOST_PEOPLE, MOST_PEOPLE, 90)


def test_thinning_keeps_what_stands_out():
    times = np.arange(10_000) / 100
    values = np.zeros(10_000)
    values[5_432], values[1_111], values[2_000:3_000] = 7, -3, np.nan
    few_times, few = thinned(times, values, 400)
    assert len(few) <= 400
    assert (np.nanmax(few), np.nanmin(few)) == (7, -3)
    assert few_times[np.nanargmax(few)] == 54.32
    assert np.isnan(few).any(), "the gap stays"
    assert (np.diff(few_times) > 0).all()
    assert thinned(times, values, 10_000)[1] is values


def test_a_recording(tmp_path, monkeypatch):
    made = []
    for number in range(9):
        said = results(number) if number != 4 else None
        data = wire.encode_frame(jpeg(number), said) if said else jpeg(number)
        made.append(Frame(data, said, 5 + number / 10, number, (160, 96), 0.0))
    write_recording(tmp_path / "take.mjpeg", made, "test:")
    recording, heard = read_recording(tmp_path / "take.mjpeg"), []
    found = samples_of(recording, lambda done, total: heard.append((done, total)))
    assert [round(one.time, 3) for one in found] == [0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8]
    assert heard[-1] == (9, 9)
    monkeypatch.setattr(module, "MOST_SAMPLES", 3)
    assert [round(one.time, 3) for one in samples_of(recording, lambda done, total: None)] == [0, 0.3, 0.6]
