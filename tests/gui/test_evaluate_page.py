import csv
import dataclasses
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from carried import IMAGES, PEOPLE
from event_loop import pause, settle

from n6studio.domain.messages import Progressed, StepBegan
from n6studio.domain.results import StageResult
from n6studio.domain.settings import settings_of
from n6studio.engine.chain.again import Again

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from n6studio.domain.charts.evaluation.breakdown import (
    ap_by_crowd,
    ap_by_size,
    error_types,
    oks_by_occlusion,
    oks_of_labelled,
    reliability,
)
from n6studio.domain.charts.evaluation.overview import agreement as agreement_chart
from n6studio.domain.charts.evaluation.overview import (
    ap_by_oks,
    f1_by_confidence,
    image_times,
    oks_lost,
    oks_of_people,
    precision_recall,
)
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.project import Project
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import make_request, run_stage
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.ui.context import Context
from n6studio.ui.pages.evaluate.data import ResultsUnusable, load_evaluation
from n6studio.ui.pages.evaluate.overview import figures_at
from n6studio.ui.pages.evaluate.page import EvaluatePage

JUDGED = "n6demo_192_per_tensor.tflite"
REFERENCE = "n6demo_256_per_channel.tflite"


def evaluate(carried, folder, data, *models, **settings):
    hashes = HashCache()
    inputs = {
        "models": tuple(input_of(carried.fine.parent / name, hashes) for name in models),
        "data": (input_of(data, hashes, images_only=data.is_dir()),),
    }
    request = make_request(EVALUATE, EvaluateSettings(resize="letterbox", **settings), inputs)
    return run_stage(EVALUATE, request, folder, lambda message: None, threading.Event(), hashes)


@pytest.fixture(scope="session")
def labelled(carried, tmp_path_factory):
    """A real evaluation of two models on labelled images."""
    data = carried.labels
    return evaluate(carried, tmp_path_factory.mktemp("labelled"), data, JUDGED, REFERENCE)


@pytest.fixture(scope="session")
def unlabelled(carried, tmp_path_factory):
    data = carried.images
    return evaluate(carried, tmp_path_factory.mktemp("unlabelled"), data, JUDGED, REFERENCE, max_images=20)


@pytest.fixture
def context(tmp_path):
    made = Context()
    made.set_project(Project(tmp_path / "a.n6", tmp_path / "a.pt", data=tmp_path / "labels.json"))
    return made


@pytest.fixture
def page(application, context):
    made = EvaluatePage(context)
    made.resize(1100, 660)
    made.show()
    pause(20)
    yield made
    made.close()
    made.deleteLater()


def give(page, result):
    page.context.results["evaluate"] = result
    page.context.result_changed.emit("evaluate")


@pytest.fixture
def full(page, labelled, wait):
    give(page, labelled)
    wait(lambda: page.evaluation is not None, "the results")
    return page


def results_of(result):
    return json.loads(result.outputs["results"].read_text(encoding="utf-8"))


def copy_of(result, folder):
    """Return the same result with files of its own, to damage."""
    folder.mkdir()
    outputs = {role: Path(shutil.copy2(path, folder)) for role, path in result.outputs.items()}
    return dataclasses.replace(result, folder=folder, outputs=outputs)


def chart(tab, describe):
    return tab.views[describe].chart


def texts(widget):
    settle()  # labels put into a layout are shown by an event
    return [made.text() for made in widget.findChildren(QLabel) if made.isVisible()]


# --- figures and charts ----------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_results(full, labelled):
    results = results_of(labelled)
    first, second = results["models"]
    shown = texts(full.kpis)
    assert f"{100 * first['coco']['ap']:.1f} %" in shown
    assert f"{100 * first['zoo']['map50']:.1f} %" in shown
    comparison = results["comparison"][0]
    ap = next(text for text in shown if "95 %" in text and "vs float" in text)
    for value in (comparison["ap_difference"], *comparison["ap_interval"]):
        assert f"{100 * value:+.1f}".replace("-", "−") in ap
    limits = " to ".join(f"{100 * value:+.1f}" for value in comparison["ap50_interval"]).replace("-", "−")
    assert any(text.endswith(limits) for text in shown)
    difference = first["coco"]["ar"] - second["coco"]["ar"]
    assert f"{100 * difference:+.1f} vs float".replace("-", "−") in shown
    assert full.state() == ("done", "AP 25.7 %: no loss to float beyond the noise, on 40 images")
    assert not full.setup.isVisible()
    assert f"{PEOPLE} labelled people" in full.summary.text()


def test_the_threshold_moves_every_number(full, labelled, wait):
    curves = results_of(labelled)["models"][0]["f1"]["pose"]
    card, tab = full.overview.threshold, full.overview
    assert card.spin.value() == 0.25
    card.spin.setFocus()
    card.spin.selectAll()
    QTest.keyClicks(card.spin, "0.60")
    QTest.keyClick(card.spin, Qt.Key.Key_Return)
    assert card.numbers.item(0, 1).text() == f"{curves['precision'][60]:.3f}"
    assert card.numbers.item(1, 1).text() == f"{curves['recall'][60]:.3f}"
    assert card.numbers.item(2, 1).text() == f"{curves['f1'][60]:.3f}"
    right, missed = int(card.numbers.item(4, 1).text()), int(card.numbers.item(5, 1).text())
    assert right + missed == PEOPLE
    f1 = tab.views[f1_by_confidence]
    assert f1.chart.thresholds[0].value == 0.6
    mark = chart(tab, precision_recall).marks[0]
    assert (mark.x, mark.y) == (curves["recall"][60], curves["precision"][60])
    wait(lambda: f1._drawn, "the drawing")
    line = f1._items.thresholds[0]
    assert line.value() == 0.6
    line.setValue(0.334)  # as dragging does
    assert f1._items.thresholds[0] is line, "moved, not drawn again"
    assert card.spin.value() == 0.33
    QTest.mouseClick(card.best, Qt.MouseButton.LeftButton)
    assert card.spin.value() == round(curves["best"]["confidence"], 2)


def test_t_goes_to_the_threshold(full):
    full.tabs.setCurrentWidget(full.images)
    full.images.view.setFocus()
    QTest.keyClick(full.images.view, Qt.Key.Key_T)
    assert full.tabs.currentWidget() is full.overview_area
    assert full.overview.threshold.spin.hasFocus()


def test_counts_follow_from_the_curves(labelled):
    results, evaluation = results_of(labelled), load_evaluation(labelled.outputs)
    people = results["models"][0]["people"]
    _, _, _, found, right, missed, false = figures_at(evaluation.models[0].f1, evaluation.results.data.people, 0.25)
    # COCO's matching leaves people in crowds and without labelled keypoints out.
    assert 0.8 * people["found"] <= found <= people["found"]
    assert right == pytest.approx(people["right"], abs=2)
    assert right + missed == PEOPLE
    assert found - right == false
    nobody = figures_at(evaluation.models[0].f1, evaluation.results.data.people, 1.0)
    assert nobody[3:] == (0, 0, PEOPLE, 0)


def test_a_click_on_a_person_opens_the_image(full):
    point = max(chart(full.overview, oks_of_people).points, key=lambda one: one.x - one.y)
    full.overview.views[oks_of_people].opened.emit(point.key)
    assert full.tabs.currentWidget() is full.images
    assert full.images.detail.name.text() == point.name


def test_charts_tell_the_same_as_the_results(full, labelled):
    results = results_of(labelled)
    by_threshold = chart(full.overview, ap_by_oks).table()
    assert [row[1] for row in by_threshold.rows] == results["models"][0]["coco"]["by_threshold"]
    assert len(chart(full.overview, oks_of_people).table().rows) == PEOPLE
    assert sum(row[2] for row in chart(full.overview, oks_lost).table().rows) == PEOPLE
    for view, measure in zip(full.keypoints.shown, ("error", "pck", "recall", "swap_rate"), strict=True):
        assert [row[1] for row in view.chart.table().rows] == [
            one[measure] for one in results["models"][0]["keypoints"]
        ]
    assert chart(full.overview, image_times).table().rows[0][3] == results["models"][0]["ms"]["inference"]["median"]


def test_all_charts_can_be_saved_at_once(full, tmp_path, wait):
    told = []
    full.context.notice.connect(told.append)
    full.ways.export_charts(tmp_path / "charts")
    wait(lambda: told)
    names = {path.stem for path in (tmp_path / "charts").iterdir()}
    assert {"precision-and-recall-at-oks-0-50", "oks-lost-per-person", "keypoint-error"} <= names
    assert len(list((tmp_path / "charts").iterdir())) == 3 * len(names) == 3 * 16


def test_the_report_opens(full, labelled, monkeypatch, wait):
    opened = []
    monkeypatch.setattr("n6studio.ui.opening.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    QTest.mouseClick(full.report_button, Qt.MouseButton.LeftButton)
    wait(lambda: opened, "the browser")
    assert [Path(name) for name in opened] == [labelled.outputs["report"]]


# --- images --------------------------------------------------------------------------------------------------------


@pytest.fixture
def images(full, wait):
    full.tabs.setCurrentWidget(full.images)
    wait(lambda: full.images.gallery.loaded > 0, "thumbnails")
    return full.images


def test_the_worst_image_comes_first(images, full, labelled):
    lost = [full.evaluation.images[images.gallery.entry(row).key].lost for row in range(images.gallery.rowCount())]
    assert lost == sorted(lost, reverse=True)
    with labelled.outputs["images"].open(encoding="utf-8") as file:
        worst = max(float(row["oks_lost_worst"]) for row in csv.DictReader(file) if row["oks_lost_worst"])
    assert lost[0] == pytest.approx(worst, abs=1e-4)
    assert images.detail.person.currentText().startswith("Person")
    images.order.setCurrentIndex(2)
    images.order.activated.emit(2)
    captions = [images.gallery.entry(row).caption for row in range(images.gallery.rowCount())]
    missed = [int(caption.split()[0]) for caption in captions]
    assert missed == sorted(missed, reverse=True)
    assert sum(missed) == full.evaluation.results.models[0].people.missed


def test_only_thumbnails_in_sight_are_read(images):
    pause(300)
    assert 0 < images.gallery.loaded < 15 < images.gallery.rowCount()


def test_keys_step_blink_switch_and_flag(images):
    view, detail = images.view, images.detail
    view.setFocus()
    first = detail.name.text()
    QTest.keyClick(view, Qt.Key.Key_J)
    assert view.currentIndex().row() == 1
    assert detail.name.text() != first
    QTest.keyClick(view, Qt.Key.Key_K)
    QTest.keyClick(view, Qt.Key.Key_K)
    assert detail.name.text() == first
    for key, pane in ((Qt.Key.Key_G, detail.truth), (Qt.Key.Key_F, detail.float), (Qt.Key.Key_H, detail.int8)):
        QTest.keyClick(view, key)
        assert not pane.isVisible()
        QTest.keyClick(view, key)
        assert pane.isVisible()
    QTest.keyClick(view, Qt.Key.Key_B)
    assert [pane.isVisible() for pane in detail._panes] == [False, False, True]
    names = set()
    for _ in range(2):
        detail._blinked()
        names.add(detail.int8.name.text().split(":")[0])
    assert names == {"int8", "float"}
    QTest.keyClick(view, Qt.Key.Key_B)
    assert not detail._blink.isActive()
    QTest.keyClick(view, Qt.Key.Key_X)
    assert images.gallery.entry(0).caption.startswith("⚑")
    QTest.mouseClick(images.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(images.gallery.entry(0).path)


def test_the_views_zoom_and_pan_together(images, wait):
    detail = images.detail
    wait(lambda: not detail.int8.viewer._pixmap.pixmap().isNull(), "the image")
    link, viewers = detail.link, [pane.viewer for pane in detail._panes]
    before = link.scale
    viewer = viewers[1]
    from PySide6.QtGui import QWheelEvent

    at = QPointF(viewer.viewport().rect().center()) + QPointF(20, 10)
    spot = viewer.mapToScene(at.toPoint())
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewer.viewport(), event)
    assert link.scale == pytest.approx(before * 1.25**2)
    assert (viewer.mapToScene(at.toPoint()) - spot).manhattanLength() < 3
    QTest.mousePress(viewer.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    QTest.mouseMove(viewer.viewport(), QPoint(90, 80))
    QTest.mouseRelease(viewer.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(90, 80))
    centres = [one.mapToScene(one.viewport().rect().center()) for one in viewers]
    for centre in centres:
        assert (centre - centres[0]).manhattanLength() < 3
    assert {one.transform().m11() for one in viewers} == {link.scale}
    QTest.keyClick(images.view, Qt.Key.Key_0)
    assert link.fitted


def test_the_table_tells_the_pixels(images, full):
    detail = images.detail
    subject = detail._subjects[0]
    truth, found = subject.basis, subject.found[0]
    for row in range(detail.table.rowCount()):
        text = detail.table.item(row, 2).text()
        if truth[row, 2] > 0 and found is not None:
            assert float(text) == pytest.approx(np.hypot(*(found[row, :2] - truth[row, :2])), abs=0.06)
        else:
            assert text == "–"
    assert detail.table.item(0, 0).text() == full.evaluation.skeleton.names[0]


def test_a_image_that_is_gone_is_said_and_its_people_drawn(page, labelled, tmp_path, wait):
    copied = copy_of(labelled, tmp_path / "copy")
    people = copied.outputs["people"]
    people.write_text(people.read_text(encoding="utf-8").replace("/images/", "/gone/"), encoding="utf-8")
    give(page, copied)
    wait(lambda: page.evaluation is not None)
    page.tabs.setCurrentWidget(page.images)
    wait(page.images.detail.problem.isVisible)
    assert "Cannot show" in page.images.detail.problem.text()
    assert page.images.detail.table.rowCount() == 17


# --- without labels, with one network, with nothing -------------------------------------------------------------------


def test_without_labels_agreement_is_shown(page, unlabelled, wait):
    give(page, unlabelled)
    wait(lambda: page.evaluation is not None)
    agreement = results_of(unlabelled)["comparison"][0]["agreement"]
    shown = texts(page.kpis)
    assert f"{agreement['kept']}" in shown
    assert f"of {agreement['people']} found by float" in shown
    assert "agreement only" in page.summary.text()
    assert [view.chart.title for view in page.overview.shown] == [
        "OKS between the models", "Time per image on this computer"
    ]  # fmt: skip
    assert not page.overview.threshold.isVisible()
    assert sum(row[2] for row in chart(page.overview, agreement_chart).table().rows) == agreement["people"]
    page.tabs.setCurrentWidget(page.images)
    assert not page.images.detail.truth.isVisible()
    assert page.images.detail.table.horizontalHeaderItem(1).text() == "to float, px"


def test_one_model_alone(page, carried, tmp_path, wait):
    data = carried.labels
    give(page, evaluate(carried, tmp_path / "one", data, JUDGED, max_images=20))
    wait(lambda: page.evaluation is not None)
    assert oks_of_people not in page.overview.views
    assert page.overview.views[precision_recall].isVisible()
    assert page.images.order.itemText(0) == "Lowest OKS"
    page.tabs.setCurrentWidget(page.images)
    assert not page.images.detail.blink.isVisible()


def test_without_a_project_the_way_to_one_is_shown(application):
    page = EvaluatePage(Context())
    page.show()
    wanted = []
    page.context.page_requested.connect(wanted.append)
    assert page.no_project.isVisible()
    assert not page.setup.isVisible()
    assert not page.run_button.isVisible()
    QTest.mouseClick(page.no_project.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert wanted == ["import"]
    page.main_action()
    page.close()
    page.deleteLater()


def test_without_a_result_the_next_step_is_shown(page):
    submitted = []
    page.context.submitted.connect(lambda stage, extra: submitted.append(stage))
    assert page.ready.isVisible()
    assert page.state() == ("blocked", "choose calibration images first"), "the chain before it needs them"
    page.context.change_project(calibration=Path("images"))
    assert page.state() == ("ready", "")
    QTest.mouseClick(page.ready.findChild(QPushButton), Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.run_button, Qt.MouseButton.LeftButton)
    assert submitted == ["evaluate", "evaluate"]
    page.context.change_project(data=None)
    assert page.empty.isVisible()


# --- the form --------------------------------------------------------------------------------------------------------


def drop(widget, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, none)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, none))
    return enter.isAccepted()


def test_data_can_be_dropped_and_checkpoints_are_left_to_the_window(page, tmp_path):
    for name in ("person_keypoints.json", "data.yaml", "a folder"):
        assert drop(page, tmp_path / name)
        assert page.context.project.data == tmp_path / name
    assert not drop(page, tmp_path / "model.pt")
    drop(page.setup.images, tmp_path / "labels.json")
    assert page.context.project.images is None
    assert drop(page.setup.images, tmp_path / "pictures")
    assert page.context.project.images == tmp_path / "pictures"


def test_typed_paths_and_options_go_to_the_project(page, tmp_path):
    field = page.setup.data
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, f'"{tmp_path}/other.yaml"')
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert page.context.project.data == tmp_path / "other.yaml"
    QTest.mouseClick(page.setup.more, Qt.MouseButton.LeftButton)
    assert page.setup.options.isVisible()
    page.setup.editor("iou").setValue(0.1)
    page.setup.editor("max_images").setValue(50)
    page.setup.editor("skip_missing").click()
    page.setup.editor("average").click()
    page.setup.editor("resize").setCurrentText("crop")
    wanted = EvaluateSettings(iou=0.1, max_images=50, skip_missing=True, resize="crop", average=True)
    assert page.context.project.settings_of(EVALUATE) == wanted
    for setting in settings_of(EvaluateSettings):
        made = page.setup.editor(setting.name)
        assert setting.help[1:] in made.toolTip()
        assert made.accessibleName() == setting.label


# --- jobs ------------------------------------------------------------------------------------------------------------


def test_a_job_from_start_to_end(page, labelled, wait):
    context = page.context
    context.job_started.emit("evaluate")
    assert page.state()[0] == "running"
    assert page.bar.isVisible()
    assert page.cancel_button.isVisible()
    assert not page.run_button.isEnabled()
    context.job_message.emit("evaluate", StepBegan("run the models", 3, 5))
    context.job_message.emit("evaluate", Progressed(20, 80, "images"))
    assert (page.bar.value(), page.bar.maximum()) == (20, 80)
    assert "step 3 of 5: run the models" in page.message.text()
    cancelled = []
    context.cancel_requested.connect(lambda: cancelled.append(True))
    QTest.mouseClick(page.cancel_button, Qt.MouseButton.LeftButton)
    assert cancelled
    context.results["evaluate"] = labelled
    context.job_finished.emit("evaluate", labelled)
    wait(lambda: page.evaluation is not None)
    assert not page.bar.isVisible()
    assert page.run_button.isEnabled()


def test_jobs_of_other_pages_are_not_ours(page):
    page.context.job_started.emit("export")
    assert not page.bar.isVisible()
    assert not page.run_button.isEnabled()
    page.context.job_failed.emit("export", FileMissing(path="/a.pt"))
    assert not page.error.isVisible()
    page.main_action()  # now export runs because the evaluation needs it
    page.context.job_started.emit("export")
    assert page.bar.isVisible()
    assert page.message.text().startswith("Export")
    page.context.job_failed.emit("export", FileMissing(path="/a.pt"))
    assert page.error.isVisible()


def test_the_smallest_window_holds_the_page(full):
    full.tabs.setCurrentWidget(full.images)
    full.resize(740, 500)
    pause(50)
    assert full.width() <= 760
    assert not full.images.detail.table.isVisible()


def test_a_failed_job_is_a_card_with_a_way_on(page):
    submitted = []
    page.context.submitted.connect(lambda stage, extra: submitted.append(stage))
    page.context.job_started.emit("evaluate")
    page.context.job_failed.emit("evaluate", FileMissing(path="/labels.json"))
    assert page.error.isVisible()
    assert page.state()[0] == "failed"
    page.error._again.click()
    assert submitted == ["evaluate"]


def test_a_fresh_result_can_be_made_again(full):
    submitted = []
    full.context.submitted.connect(lambda *wanted: submitted.append(wanted))
    assert full.run_button.text() == "Evaluate again"
    QTest.mouseClick(full.run_button, Qt.MouseButton.LeftButton)
    full.context.stale["evaluate"] = ("the settings have changed",)
    QTest.mouseClick(full.run_button, Qt.MouseButton.LeftButton)
    assert submitted == [("evaluate", Again.LAST), ("evaluate", None)]


def test_what_is_out_of_date_says_why(full):
    full.context.stale["evaluate"] = ("the settings have changed",)
    full.context.result_changed.emit("evaluate")
    assert full.state() == ("stale", "the settings have changed")
    assert "the settings have changed" in full.message.text()
    assert full.results.isVisible()


# --- damaged files ---------------------------------------------------------------------------------------------------


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "no longer exists"),
        (cut, "damaged or truncated"),
        (lambda path: path.write_text("[]"), "is not a result of an evaluation"),
        (lambda path: path.write_text('{"schema": 1}'), "is not a result of an evaluation"),
        (lambda path: path.write_text('{"schema": 1, "data": [], "models": 3}'), "is not a result"),
        (lambda path: path.write_text('{"schema": 9}'), "has schema 9; this release reads schema 1"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "damaged or truncated"),
    ],
)
def test_damaged_results_are_a_sentence(page, labelled, tmp_path, wait, damage, words):
    copied = copy_of(labelled, tmp_path / "copy")
    damage(copied.outputs["results"])
    with pytest.raises(ResultsUnusable, match=words):
        load_evaluation(copied.outputs)
    give(page, copied)
    wait(lambda: page.message.isVisible() and words in page.message.text(), words)
    assert not page.results.isVisible()
    assert page.run_button.isEnabled()
    give(page, labelled)
    wait(lambda: page.evaluation is not None)
    assert not page.message.isVisible()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (cut, "damaged or truncated"),
        (lambda path: path.write_text(""), "damaged or truncated"),
        (lambda path: path.write_text('{"schema": 1}\n'), "damaged or truncated"),
    ],
)
def test_figures_remain_where_the_images_are_damaged(page, labelled, tmp_path, wait, damage, words):
    copied = copy_of(labelled, tmp_path / "copy")
    damage(copied.outputs["people"])
    give(page, copied)
    wait(lambda: page.evaluation is not None)
    assert page.overview.views[precision_recall].isVisible()
    page.tabs.setCurrentWidget(page.images)
    assert words in page.images.nothing.text()
    assert page.images.nothing.isVisible()
    assert words in page.overview.views[oks_of_people]._nothing.text()


def test_a_result_of_an_earlier_release_has_no_people(page, labelled, wait):
    outputs = {role: path for role, path in labelled.outputs.items() if role != "people"}
    give(page, dataclasses.replace(labelled, outputs=outputs))
    wait(lambda: page.evaluation is not None)
    assert "earlier release" in page.evaluation.images_missing


def test_the_last_result_wins(page, labelled, unlabelled, wait):
    give(page, unlabelled)
    give(page, labelled)
    wait(lambda: page.evaluation is not None)
    pause(200)
    assert page.evaluation.labelled
    page.context.results.clear()
    page.context.result_changed.emit("evaluate")
    assert page.evaluation is None
    assert not page.results.isVisible()


def test_a_page_closed_while_it_loads_is_no_error(application, context, labelled):
    page = EvaluatePage(context)
    give(page, labelled)
    page.deleteLater()
    pause(300)


def test_results_are_read_once(full, labelled):
    before = full.evaluation
    full.context.result_changed.emit("evaluate")
    pause(100)
    assert full.evaluation is before
    assert isinstance(labelled, StageResult)


# --- parts, runs, and the way back to calibration --------------------------------------------------------------------


def test_breakdown_tells_the_same_as_the_results(full, labelled):
    results = results_of(labelled)
    tab = full.breakdown
    for describe, group, figure in (
        (ap_by_size, "size", "ap"),
        (ap_by_crowd, "crowd", "ap"),
        (oks_by_occlusion, "hidden", "oks"),
    ):
        rows = chart(tab, describe).table().rows
        for place, model in enumerate(results["models"]):
            assert [row[1 + place] for row in rows] == [one[figure] for one in model["groups"][group]]
    assert "medium, < 96²" in chart(tab, ap_by_size).table().rows[1][0]
    errors = results["models"][0]["errors"]
    shares = {row[0]: row[1] for row in chart(tab, error_types).table().rows}
    assert shares["jitter (keypoints)"] == pytest.approx(errors["jitter"] / errors["labelled"])
    assert shares["FN (labelled people)"] == pytest.approx(results["models"][0]["people"]["missed"] / PEOPLE)
    rows = chart(tab, oks_of_labelled).table().rows
    assert sum(row[2] for row in rows) == sum(row[3] for row in rows) == PEOPLE
    assert chart(tab, oks_of_labelled).table().headers[2:] == ("int8", "float")
    known = [row["right"] for row in results["models"][0]["calibration"] if row["people"] >= 5]
    assert [row[1] for row in chart(tab, reliability).table().rows if row[1] is not None] == known


def test_bars_and_points_of_the_breakdown_lead_to_their_images(full, labelled):
    lines = labelled.outputs["people"].read_text(encoding="utf-8").splitlines()[1:]
    images = [json.loads(line) for line in lines]
    tab, shown = full.breakdown, full.images
    small = [one for one in images if any(32**2 <= area <= 96**2 for area in one["truth"].get("areas", ()))]
    jitter = [one for one in images if one["models"][0]["errors"][1]]
    bins = next(row for row in results_of(labelled)["models"][0]["calibration"] if row["low"] == 0.8)
    sure = [one for one in images if any(0.8 <= score < 0.9 for score in one["models"][0]["scores"])]
    assert bins["people"] >= 5
    for describe, at, wanted in ((ap_by_size, (0.1, 1), small), (error_types, (0.0, 0), jitter),
                                 (reliability, (0.85, 0.5), sure)):  # fmt: skip
        assert 0 < len(wanted) < len(images)
        tab.views[describe].filter_wanted.emit(chart(tab, describe).picked(*at))
        assert full.tabs.currentWidget() is shown
        assert {shown.gallery.entry(row).path for row in range(shown.gallery.rowCount())} == {
            Path(one["image"]) for one in wanted
        }
    assert chart(tab, reliability).picked(0.15, 0.5) == "", "nobody below the operating confidence is kept"


def test_a_cell_of_a_table_leads_to_its_images(full):
    view, wanted = full.breakdown.views[ap_by_size], []
    view.filter_wanted.connect(wanted.append)
    view.show_table(True)
    view._table.cellClicked.emit(1, 1)
    assert wanted == ["size:medium"]


def test_results_of_an_earlier_release_are_not_clickable_where_they_kept_nothing(page, labelled, tmp_path, wait):
    old = copy_of(labelled, tmp_path / "old")
    heading, *lines = old.outputs["people"].read_text(encoding="utf-8").splitlines()
    images = [json.loads(line) for line in lines]
    for one in images:
        one["truth"].pop("areas", None)
        for model in one["models"]:
            model.pop("errors", None)
    old.outputs["people"].write_text("\n".join([heading, *map(json.dumps, images)]) + "\n", encoding="utf-8")
    give(page, old)
    wait(lambda: page.evaluation is not None)
    assert chart(page.breakdown, error_types).picked(0.0, 0) == ""
    assert chart(page.breakdown, error_types).picked(0.0, 4) == "fn>0"
    truth = images[0]["truth"]["boxes"]
    assert page.evaluation.images[0].areas.tolist() == pytest.approx(
        [0.53 * (right - left) * (low - top) for left, top, right, low in truth], rel=1e-5
    )


def test_an_evaluation_without_the_breakdown_says_how_to_get_it(page, labelled, tmp_path, wait):
    old = copy_of(labelled, tmp_path / "old")
    results = results_of(old)
    for model in results["models"]:
        for name in ("groups", "errors", "calibration"):
            del model[name]
    old.outputs["results"].write_text(json.dumps(results), encoding="utf-8")
    give(page, old)
    wait(lambda: page.evaluation is not None)
    assert "Evaluate again" in page.breakdown.views[ap_by_size]._nothing.text()
    assert [view.chart.title for view in page.breakdown.shown if view.chart.has_data] == ["OKS of labelled people"]
    assert chart(page.overview, precision_recall).has_data


def test_runs_of_the_project_are_drawn_as_lines_and_listed(page, labelled, unlabelled, wait):
    runs = page.context.project.folder / "runs" / "evaluate"
    for name, result in (("a", labelled), ("b", labelled), ("c", unlabelled), ("e", labelled)):
        shutil.copytree(result.folder, runs / name)
    (runs / "b" / "evaluate.result.json").write_text(
        (runs / "b" / "evaluate.result.json").read_text().replace('"finished": "20', '"finished": "19')
    )
    averaged = json.loads((runs / "e" / "evaluate.result.json").read_text())
    averaged["request"]["settings"]["average"] = True
    (runs / "e" / "evaluate.result.json").write_text(json.dumps(averaged))
    (runs / "d").mkdir()
    (runs / "d" / "evaluate.result.json").write_text("{")
    give(page, dataclasses.replace(labelled, folder=runs / "a"))
    tab = page.runs
    wait(lambda: tab.table.rowCount() == 4, "the runs")
    ap = results_of(labelled)["models"][0]["coco"]["ap"]
    lines = {row[0]: row[1] for row in tab.chart.chart.table().rows}
    assert list(lines.values()) == [ap, ap], "the averaged one is not joined with those that are not"
    assert "2 of 4 runs used other images, had no labels, or differ in 'Average keypoints'" in tab.note.text()
    cells = [[tab.table.item(row, column).text() for column in range(11)] for row in range(4)]
    assert [row[0] for row in cells] == ["4", "3", "2", "1"]
    assert sorted(row[5] for row in cells) == ["off", "off", "off", "on"]
    shown = next(row for row in cells if "(shown)" in row[1])
    assert shown[7] == f"{ap:.3f}"
    assert shown[2:5] == ["person_keypoints.json", str(IMAGES), "letterbox"]
    assert next(row for row in cells if row[2] == "images")[7] == "–"


def test_flagged_images_go_to_the_calibration_set_once(full, carried, tmp_path, wait):
    calibration = tmp_path / "calibration"
    calibration.mkdir()
    full.context.change_project(calibration=calibration)
    told = []
    full.context.notice.connect(told.append)
    full.tabs.setCurrentWidget(full.images)
    images = full.images
    images.view.setFocus()
    QTest.keyClick(images.view, Qt.Key.Key_X)
    first = images.flagged_or_current()
    QTest.keyClick(images.view, Qt.Key.Key_J)
    QTest.keyClick(images.view, Qt.Key.Key_X)
    assert len(images.flagged_or_current()) == 2
    QTest.keyClick(images.view, Qt.Key.Key_C)
    wait(lambda: told)
    assert "2 images copied" in told[0]
    assert "no longer independent" in told[0]
    copied = calibration / "added" / first[0].name
    assert copied.read_bytes() == first[0].read_bytes()
    QTest.mouseClick(images.calibrate, Qt.MouseButton.LeftButton)
    wait(lambda: len(told) == 2)
    assert "0 images copied to the calibration set, 2 already in it" in told[1]
    assert len(list(calibration.rglob("*.jpg"))) == 2


def test_nothing_is_added_to_a_locked_set(full, tmp_path):
    told = []
    full.context.notice.connect(told.append)
    full.context.change_project(calibration=tmp_path, calibration_lock="0" * 64)
    full.ways.add_to_calibration((tmp_path / "a.jpg",))
    assert "locked" in told[0]
    assert list(tmp_path.rglob("*.jpg")) == []


def test_images_that_cannot_be_added_are_said(full, tmp_path, wait):
    full.ways.add_to_calibration((tmp_path / "gone.jpg",))
    wait(full.error.isVisible)
    assert full.error._code.text() == "N6S-I01"
    folder = tmp_path / "a file"
    folder.write_text("")
    full.context.change_project(calibration=folder)
    full.ways.add_to_calibration((tmp_path / "gone.jpg",))
    wait(lambda: full.error._code.text() == "N6S-S05")


def test_data_that_the_model_is_calibrated_on_is_red(page, tmp_path):
    assert not page.leak.isVisible()
    page.context.change_project(data=tmp_path, calibration=tmp_path)
    assert page.leak.isVisible()
