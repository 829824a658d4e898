"""Thresholds judged on a recording, by hand: who is found, who is not, and how far keypoints are apart."""

import json
import math

import numpy as np
import pytest
from link_builders import VECTORS, jpeg, results

from n6studio.domain.errors.datasets import KeypointCountMismatch, LabelsUnreadable
from n6studio.domain.live import Frame
from n6studio.domain.metrics.tuning import CONFIDENCES, IOUS, TwoViews, best, curve, curves, distances
from n6studio.domain.pose.people import People, nobody
from n6studio.link.recording import comparing
from n6studio.link.recording.comparing import read_labels, recorded, seen_twice
from n6studio.link.recording.recorder import write_recording
from n6studio.link.recording.recording import read_recording
from n6studio.link.wire.frame import encode_frame
from n6studio.link.wire.parser import StreamParser

SIGMAS = (0.1, 0.1)
QUIET = lambda done, total: None  # noqa: E731


def people(*rows: tuple[float, float, float], visible: float = 1.0) -> People:
    """People of 100 x 100 pixels with two keypoints: (left, top, confidence) of each."""
    boxes = np.array([(left, top, left + 100, top + 100) for left, top, _ in rows], np.float32).reshape(-1, 4)
    points = np.array(
        [[(left + 20, top + 20, visible), (left + 80, top + 80, visible)] for left, top, _ in rows], np.float32
    )
    return People(boxes, np.array([row[2] for row in rows], np.float32), points.reshape(-1, 2, 3))


THERE = people((0, 0, 1), (300, 0, 1))
# The first twice, the second time 40 pixels beside it (IoU 60 / 140 = 0.43); the second; and somebody who is not there.
FOUND = people((0, 0, 0.9), (300, 0, 0.7), (40, 0, 0.6), (600, 0, 0.3))
FRAMES = [TwoViews(0, THERE, FOUND), TwoViews(1, nobody(2), people((0, 0, 0.2)))]


def test_what_thresholds_bring():
    at = curve(FRAMES, 0.4, SIGMAS, 10).at  # the one beside the first is suppressed
    assert (at(0.1).right, at(0.1).wrong, at(0.1).missed) == (2, 2, 0)
    assert (at(0.2).wrong, at(0.25).wrong, at(0.5).wrong) == (1, 1, 0), "at or below the threshold is dropped"
    assert (at(0.8).right, at(0.8).wrong, at(0.8).missed) == (1, 0, 1)
    assert (at(0.5).precision, at(0.5).recall, at(0.5).f1, at(0.5).oks) == (1, 1, 1, 1)
    assert (at(0.95).precision, at(0.95).recall, at(0.95).f1, at(0.95).oks) == (None, 0, 0, None)
    loose = curve(FRAMES, 0.5, SIGMAS, 10).at(0.5)
    assert (loose.right, loose.wrong, loose.missed) == (2, 1, 0)
    assert (loose.precision, loose.recall, loose.f1) == (2 / 3, 1, 0.8)
    assert curve(FRAMES, 0.4, SIGMAS, 1).at(0.5).right == 1, "max detections"


def test_the_best_lies_in_the_middle_of_equally_good_ones():
    heard = []
    made = curves(FRAMES, SIGMAS, 10, lambda done, total: heard.append((done, total)))
    assert [one.iou for one in made] == list(IOUS)
    assert heard[-1] == (len(IOUS), len(IOUS))
    found = best(made)
    assert found.f1 == 1
    assert found.iou == 0.35, "0.3, 0.35 and 0.4 suppress the second look at the first person"
    good = [confidence for confidence in CONFIDENCES if 0.3 <= confidence < 0.7]
    assert found.confidence == good[len(good) // 2]


def test_oks_is_that_of_the_keypoints_and_each_person_is_taken_once():
    moved = people((0, 0, 0.9), (0, 0, 0.8))
    moved.keypoints[0, 0, 0] += 10
    found = curve([TwoViews(0, THERE, moved)], 1.0, SIGMAS, 10).at(0.1)
    # exp(-d^2 / (2 area (2 sigma)^2)) with 0.53 of the box for the area, and 1 for the other keypoint
    assert found.oks == pytest.approx((math.exp(-100 / (2 * 5300 * 0.04)) + 1) / 2, abs=1e-6)
    assert (found.right, found.wrong, found.missed) == (1, 1, 1)


def test_distances_by_keypoint():
    moved = people((0, 0, 0.9), (300, 0, 0.4))
    moved.keypoints[0, 0, :2] += (3, 4)
    there = people((0, 0, 1), (300, 0, 1))
    there.keypoints[0, 1, 2] = 0
    apart = distances([TwoViews(0, there, moved)], 0.5, 0.3, SIGMAS, 10)
    assert apart[:, 0].tolist() == [5, 0]
    assert math.isnan(apart[0, 1])
    assert apart[1, 1] == 0
    assert len(distances([TwoViews(0, there, moved)], 0.5, 0.5, SIGMAS, 10)) == 1
    assert distances([], 0.5, 0.5, SIGMAS, 10).shape == (0, 2)


def test_keypoints_are_averaged_as_on_the_board_where_that_is_asked_for():
    found = people((0, 0, 0.8), (300, 0, 0.7), (10, 0, 0.4), (30, 0, 0.3), (5, 0, 0.2))
    # Of the first person: IoU 90 / 110 with half of its confidence; too little overlap; too little confidence.
    first = (20 * 0.8 + 30 * 0.4) / 1.2
    for average, x in ((False, 20), (True, first)):
        apart = distances([TwoViews(0, THERE, found, average)], 0.5, 0.3, SIGMAS, 10)
        assert apart[:, 0] == pytest.approx([x - 20, 0], abs=1e-5)
    assert distances([TwoViews(0, THERE, people(), True)], 0.5, 0.3, SIGMAS, 10).shape == (0, 2)
    assert found.keypoints[0, 0, 0] == 20, "candidates stay as they are for other thresholds"


# --- recordings ------------------------------------------------------------------------------------------------------


@pytest.fixture
def recording(tmp_path):
    parser = StreamParser()
    made = [encode_frame(jpeg(n), results(n, people=VECTORS.people(n % 2, 5))) for n in range(4)] + [jpeg(4)]
    write_recording(
        tmp_path / "take.mjpeg", [one for n, data in enumerate(made) for one in parser.feed(data, n / 10)], "test:"
    )
    return read_recording(tmp_path / "take.mjpeg")


def test_frames_that_both_look_at(recording):
    heard = []
    found = seen_twice(recording, recorded, recorded, lambda done, total: heard.append((done, total)))
    assert [one.frame for one in found] == [0, 1, 2, 3], "the last has no results"
    assert heard == [(done, 5) for done in range(1, 6)]
    wanted = VECTORS.people(1, 5)
    assert np.allclose(found[1].reference.boxes, wanted.boxes * np.tile((96, 64), 2), atol=0.1)
    assert found[0].reference.keypoints.shape[1] == found[0].candidates.keypoints.shape[1]
    with pytest.raises(KeypointCountMismatch):
        seen_twice(recording, lambda frame: people((0, 0, 1)), recorded, QUIET)


def test_of_a_long_recording_some_frames_are_kept(recording, monkeypatch):
    monkeypatch.setattr(comparing, "MOST_FRAMES", 3)
    heard = []
    found = seen_twice(recording, recorded, recorded, lambda done, total: heard.append((done, total)))
    assert [one.frame for one in found] == [0, 2], "every second, and the last has no results"
    assert heard == [(2, 5), (4, 5), (5, 5)]


def labels(*rows: dict, name: str = "take-000002.jpg") -> str:
    return json.dumps({"images": [{"id": "x", "file_name": name}], "annotations": list(rows)})


ROW = {"image_id": "x", "bbox": [10, 20, 30, 40], "keypoints": [11, 22, 2, 0, 0, 0]}


def test_labels_of_exported_frames(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(labels(ROW, {**ROW, "iscrowd": 1}, {**ROW, "keypoints": [0] * 6}, {**ROW, "image_id": "y"}))
    look = read_labels(path)
    found = look(Frame(b"", None, 0.0, 2, (96, 64), 0.0))
    assert found.boxes.tolist() == [[10, 20, 40, 60]]
    assert found.keypoints.tolist() == [[[11, 22, 2], [0, 0, 0]]]
    assert look(Frame(b"", None, 0.0, 3, (96, 64), 0.0)) is None
    path.write_text(labels())
    assert len(read_labels(path)(Frame(b"", None, 0.0, 2, (96, 64), 0.0))) == 0, "nobody is there"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", labels(name="other.jpg"), labels({**ROW, "bbox": [1, 2]}), labels({**ROW, "keypoints": [1, 2]}),
     labels({**ROW, "bbox": ["a"] * 4}), labels({**ROW, "bbox": [math.nan] * 4}), '{"images": [7], "annotations": []}'],
)  # fmt: skip
def test_labels_that_are_none(tmp_path, text):
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(LabelsUnreadable):
        read_labels(path)
