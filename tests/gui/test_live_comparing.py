"""The panel that compares: side by side with a reference, and thresholds tuned on a recording."""

import json
import time

import numpy as np
import pytest
from event_loop import settle
from live_frames import jpeg, people, results

from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.live import Frame
from n6studio.domain.metrics.tuning import OperatingPoint
from n6studio.link.recording.recorder import write_recording
from n6studio.link.wire import frame as wire
from n6studio.ui.context import Context
from n6studio.ui.pages.live.compare_panel import LABELS, ComparePanel
from n6studio.ui.pages.live.comparison import ANALYSIS
from n6studio.ui.pages.live.page import LivePage
from n6studio.ui.states import PageState


@pytest.fixture
def panel(application):
    made = ComparePanel()
    yield made
    made.deleteLater()


def rows(facts):
    grid = facts._grid
    return {
        grid.itemAtPosition(row, 0).widget().text(): grid.itemAtPosition(row, 1).widget().text()
        for row in range(grid.rowCount())
        if grid.itemAtPosition(row, 0)
    }


def test_what_thresholds_bring_is_told(panel):
    panel.show_best(OperatingPoint(0.37, 0.55, 9, 1, 3, 0.8))
    assert panel.thresholds == (pytest.approx(0.37), pytest.approx(0.55))
    assert panel.best.text() == "Best: confidence 0.37, NMS IoU 0.55 (F1 0.818)"
    panel.show_point(OperatingPoint(0.37, 0.55, 9, 1, 3, 0.8), [("nose", 1.25, 3.0)])
    assert rows(panel.facts)["Precision"] == "0.900"
    assert rows(panel.facts)["Recall"] == "0.750"
    assert rows(panel.facts)["TP, FP, FN"] == "9, 1, 3"
    assert rows(panel.keypoints) == {"nose": "1.2 px, p95 3.0 px"}
    panel.clear()
    assert panel.best.isHidden()


def test_the_reference_stays_chosen(panel, tmp_path):
    panel.show_references([("a.tflite", "float model")], None)
    assert panel.chosen == ""
    panel.reference.setCurrentIndex(1)
    panel.show_references([("b.tflite", "another"), ("a.tflite", "float model")], tmp_path / "labels.json")
    assert panel.chosen == "a.tflite"
    panel.show_references([], tmp_path / "labels.json")
    assert panel.chosen == ""
    assert panel.reference.itemData(1) == f"{LABELS}{tmp_path / 'labels.json'}"


# --- on the page -----------------------------------------------------------------------------------------------------


def take(path, frames=6):
    """A recording of two people of whom the second is found with a confidence of 0.6, and a third who is not there."""
    made = []
    for number in range(frames):
        found = people(3)
        found.confidences[:] = (0.9, 0.6, 0.3)
        said = results(number, found)
        made.append(Frame(wire.encode_frame(jpeg(number), said), said, number / 10, number, (160, 96), number / 10))
    write_recording(path, made, "test:")
    return path


def labels(path, frames=6, moved=0.0):
    """Labels of the first two of them, their first keypoint `moved` pixels to the right."""
    first = people(3)
    rows = []
    for number in range(frames):
        for person in range(2):
            box = first.boxes[person] * np.tile((160, 96), 2)
            points = first.keypoints[person] * (160, 96, 0) + (0, 0, 2)
            points[0, 0] += moved
            rows.append(
                {
                    "image_id": number,
                    "bbox": [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])],
                    "keypoints": [round(float(value), 3) for value in points.ravel()],
                }
            )
    names = [{"id": number, "file_name": f"take-{number:06}.jpg"} for number in range(frames)]
    path.write_text(json.dumps({"images": names, "annotations": rows}))
    return path


@pytest.fixture
def page(application, tmp_path, wait):
    made = LivePage(Context())
    made.resize(1048, 640)
    made.show()
    made.sources.open(f"recording:{take(tmp_path / 'take.mjpeg')}")
    wait(lambda: made.image.frame is not None, "an image")
    yield made
    made.close_down()
    made.close()
    made.deleteLater()
    settle()


@pytest.mark.slow
def test_thresholds_are_tuned_by_labels(page, tmp_path, wait):
    panel = page.body.compare
    panel.analyze.click()  # the results are judged, and are the reference, too
    assert page.comparison.analysis is None
    page.comparison.use_labels(labels(tmp_path / "labels.json", moved=2.0))
    assert panel.chosen.startswith(LABELS)
    panel.analyze.click()
    wait(lambda: page.comparison.analysis is not None, "the analysis")
    best = page.comparison.analysis.best
    assert (best.right, best.wrong, best.missed) == (12, 0, 0)
    assert 0.3 <= best.confidence < 0.6
    wait(lambda: rows(panel.keypoints), "the keypoints")
    (first, *others) = rows(panel.keypoints).values()
    assert first == "2.0 px, p95 2.0 px"
    assert set(others) == {"0.0 px, p95 0.0 px"}
    panel.sliders["confidence"].slider.setValue(70)
    assert rows(panel.facts)["TP, FP, FN"] == "6, 0, 6"
    panel.sliders["confidence"].slider.setValue(20)
    assert rows(panel.facts)["TP, FP, FN"] == "12, 6, 0"
    page.disconnect_source()
    assert panel.best.isHidden()


def test_a_short_recording_goes_on_where_the_window_was_busy_meanwhile(application, tmp_path, wait):
    made = LivePage(Context())
    made.show()
    made.sources.open(f"recording:{take(tmp_path / 'take.mjpeg', frames=2)}")
    time.sleep(0.6)  # the window hears of nothing, and both frames are over
    wait(lambda: made.controller.session is not None, "the session")
    seen = made.controller.session.counts().frames
    wait(lambda: made.controller.session.counts().frames > seen + 2, "frames of the next round")
    made.close_down()
    made.close()
    made.deleteLater()
    settle()


@pytest.mark.slow
def test_labels_beside_the_image(page, tmp_path, wait):
    panel = page.body.compare
    page.comparison.use_labels(labels(tmp_path / "labels.json", moved=2.0))
    panel.side.click()
    assert page.body.other.isVisible()
    wait(lambda: "Pause" in panel.here.text(), "the wish to pause")
    page.view_bar.action("pause").trigger()
    page.view_bar.action("forward").trigger()
    wait(lambda: page.body.other.frame is not None, "the other image")
    assert len(page.body.other.frame.results.people) == 2
    assert panel.here.text().startswith("Largest difference 2.0 px (nose)")
    assert panel.here.text().endswith("People: 2 in both, 3 shown, 2 in the reference")
    panel.side.click()
    assert not page.body.other.isVisible()


@pytest.mark.slow
def test_labels_that_cannot_be_read_are_forgotten_with_their_choice(page, tmp_path, wait):
    panel = page.body.compare
    (tmp_path / "labels.json").write_text("[")
    panel.side.click()
    page.comparison.use_labels(tmp_path / "labels.json")
    wait(page.error_card.isVisible, "what is wrong with them")
    assert page.state()[0] is PageState.FAILED
    panel.reference.setCurrentIndex(0)
    assert not page.error_card.isVisible()
    assert page.state()[0] is not PageState.FAILED


@pytest.mark.slow
def test_an_older_analysis_that_ends_leaves_the_newer_ones_progress(page, tmp_path, wait):
    panel = page.body.compare
    page.comparison.use_labels(labels(tmp_path / "labels.json"))
    panel.analyze.click()
    older = page.comparison._stopped
    panel.analyze.click()
    assert older.is_set()
    page.comparison._not_analyzed(older, Cancelled(stage="analysis"))
    assert not panel.progress.isHidden()
    assert ANALYSIS in page.context.work
    wait(lambda: page.comparison.analysis is not None, "the newer one")
    assert panel.progress.isHidden()
    assert page.context.work == {}


@pytest.mark.slow
def test_another_model_beside_the_image(page, carried, wait):
    panel = page.body.compare
    wait(lambda: panel.reference.count() > 1, "the carried model")
    panel.reference.setCurrentIndex(1)
    panel.side.click()
    wait(lambda: page.body.other.frame is not None and page.body.other.frame.results is not None, "its results", 30)
    assert page.body.other.frame.results.by_host
    panel.analyze.click()
    page.comparison.close_down()
    wait(lambda: not panel.analyze.isHidden(), "the end of the analysis", 30)
