import shutil
import threading

import onnx
import pytest
from builders_onnx import write_pose_onnx
from event_loop import pause
from figures import inspected
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit

from n6studio.domain.model.checks import Check
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.pose.skeleton import COCO, generic
from n6studio.domain.project import Project
from n6studio.domain.states import Fitness
from n6studio.engine.chain.requests import request_for
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.jobs.run import run_stage
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.runs import run_folder, skeleton_of
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.ui.context import Context
from n6studio.ui.pages.import_.skeleton import SkeletonCard
from n6studio.ui.pages.import_.texts import fact_rows, operations, outcome, sigma_note
from n6studio.ui.widgets.keypoint_table import COLOUR, EDGES, NAME, PARTNER, SIGMA
from n6studio.ui.widgets.size_choice import SizeChoice, nearest


def texts(widget):
    pause(50)  # labels put into a layout are shown by an event
    return "\n".join(item.text() for item in widget.findChildren(QLabel) if item.isVisibleTo(widget))


def test_a_checkpoint_of_quantization_aware_training_says_so():
    trained = TrainedRanges(read=3, left_out={"not readable": 3})
    rows = [dict(fact_rows(inspected(trained=one), InputSize(256, 256))) for one in (trained, None)]
    name = "Quantization-aware training"
    assert [row[name] for row in rows] == ["0 of 3 int8 ranges used. Left out: 3 not readable.", ""]


def test_damaged_checkpoint_shows_what_is_wrong(window, tmp_path, wait):
    file = tmp_path / "notes.pt"
    file.write_bytes(b"PK shopping list")
    window.opening.open_path(file)
    page = window.stack.page("import")
    wait(lambda: page.view is not None and page.view.card.isVisible(), "the card", 60)
    assert page.view.card._code.text().startswith("N6S-")
    assert page.state()[0] == "failed"
    assert "Failed" in window.row.buttons["import"].accessibleName()
    assert window.row.buttons["export"].accessibleName() == "Export, Not ready: inspection failed"
    assert window.preferences.now.recent == ()


def test_text_file_named_pt_leaves_the_good_project_open(window, tmp_path, wait):
    project = Project(tmp_path / "good.n6", tmp_path / "good.pt")
    window.context.set_project(project)
    file = tmp_path / "notes.pt"
    file.write_text("shopping list")
    window.opening.open_path(file)
    wait(window.card.isVisible, "the card")
    assert window.context.project is project
    assert not (tmp_path / "notes.n6").exists()
    assert window.preferences.now.recent == ()


@pytest.mark.slow
def test_checkpoint_is_inspected_by_itself(window, checkpoint, wait):
    window.opening.open_path(checkpoint)
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 60)
    page = window.stack.page("import")
    shown = texts(page)
    assert "jogger.pt" in shown
    assert "Not yet ready for STM32N6" in shown
    table = page.view.keypoints.table
    assert table.rows.rowCount() == 17
    assert (table.text(5, NAME), table.text(5, PARTNER)) == ("left shoulder", "right shoulder")
    QTest.mouseClick(page.view.sizes.buttons[320, 320], Qt.MouseButton.LeftButton)
    folder = window.context.project.folder
    wait(lambda: load_project(folder).settings_of(EXPORT).imgsz == InputSize.square(320), "the project's file")
    QTest.mouseClick(window.head.other_button, Qt.MouseButton.LeftButton)
    assert window.stack.current_page().key == "export"


@pytest.mark.slow
def test_published_model_is_shown_with_its_figures(window, shared, tmp_path, wait):
    window.opening.open_path(shutil.copy2(shared / "models" / "yolov8n-pose.pt", tmp_path / "jogger.pt"))
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 60)
    shown = texts(window.stack.page("import"))
    assert "yolov8n-pose" in shown
    assert "ST's figures for YOLOv8n-pose" in shown


def test_sizes_are_multiples_of_32(application):
    choice = SizeChoice()
    chosen = []
    choice.chosen.connect(chosen.append)
    choice.show_size(InputSize(256, 256), None)
    assert choice.buttons[256, 256].isChecked()
    QTest.mouseClick(choice.buttons[192, 192], Qt.MouseButton.LeftButton)
    choice.show_size(InputSize(288, 288), None)
    assert choice.custom.isChecked()
    assert choice.edit.text() == "288"
    for typed in ("300", "320x192", "330 X 200"):
        choice.edit.selectAll()
        QTest.keyClicks(choice.edit, typed)
        QTest.keyClick(choice.edit, Qt.Key.Key_Return)
        choice.show_size(chosen[-1], None)
    assert chosen == [(192, 192), (320, 192)], "300 stands for the 288 that is there, 330 x 200 for 320 x 192"
    assert choice.edit.text() == "320x192"
    assert "320 x 192" in texts(choice)
    choice.edit.selectAll()
    QTest.keyClicks(choice.edit, "320x")
    QTest.keyClick(choice.edit, Qt.Key.Key_Return)
    assert chosen == [(192, 192), (320, 192)], "that is unfinished"
    assert [nearest(InputSize.square(side)) for side in (1, 300, 5000)] == [(32, 32), (288, 288), (2048, 2048)]
    choice.deleteLater()


def test_notes_say_what_the_sigmas_mean():
    assert "comparable with published figures" in sigma_note(COCO)
    assert "your own models only" in sigma_note(generic(5))
    assert "5 of 5 sigmas" in sigma_note(generic(5))
    assert "your own sigmas" in sigma_note(generic(2, sigmas=(0.1, 0.2)))


def test_what_later_pages_put_right_is_no_fault_of_a_checkpoint():
    check = Check("quantization", Fitness.FAIL, "", "Quantize it.")
    assert outcome(check, "pt") == "later"
    assert outcome(check, "tflite") == "fail"


# --- keypoints -------------------------------------------------------------------------------------------------------

BIRD = inspected(keypoints=5, keypoint_names=("beak", "left wing", "right wing", "tail", "crest"))


@pytest.fixture
def card(application, tmp_path):
    """The card with the keypoints of a bird, in a project that exists in memory."""
    context = Context()
    made = SkeletonCard(context)
    context.project_changed.connect(lambda: made.show_facts(BIRD))
    context.set_project(Project(tmp_path / "bird.n6", tmp_path / "bird.pt"))
    made.resize(640, 420)
    made.show()
    pause(20)
    yield made
    made.close()
    made.deleteLater()


def put(table, row, column, text):
    """Edit a cell as a person does: choose it, type, Enter."""
    index = table.rows.index(row, column)
    table.setCurrentIndex(index)
    table.edit(index)
    editor = table.viewport().findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    pause(10)


def test_everything_of_a_keypoint_can_be_edited_and_taken_back(card):
    table = card.table
    assert [table.text(1, column) for column in range(6)] == ["1", "left wing", "right wing", "0.2 ?", "", "#ff8000"]
    assert card.note.property("role") == "warn"
    assert "0.97" in card.note.text()
    put(table, 0, NAME, "bill")
    put(table, 0, SIGMA, "0,05")
    put(table, 0, EDGES, "left wing, 4")
    put(table, 0, COLOUR, "#0102ff")
    skeleton = card.context.project.skeleton
    assert skeleton.names[0] == "bill"
    assert skeleton.sigmas == (0.05, 0.2, 0.2, 0.2, 0.2)
    assert set(skeleton.edges) == {(0, 1), (0, 4)}
    assert skeleton.colours[0] == (1, 2, 255)
    assert table.text(1, EDGES) == "0"
    for _ in range(4):
        QTest.mouseClick(card.undo_button, Qt.MouseButton.LeftButton)
    assert card.context.project.skeleton is None
    assert table.text(0, NAME) == "beak"
    assert not card.undo_button.isEnabled()
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert table.text(0, NAME) == "bill"


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        (NAME, "tail", "keypoint 3 has this one"),
        (SIGMA, "much", "a number above 0"),
        (SIGMA, "-1", "a number above 0"),
        (EDGES, "wing", "names or numbers (0 to 4)"),
        (COLOUR, "red", "six digits like #ff8000"),
    ],
)
def test_what_is_impossible_is_said_and_changes_nothing(card, column, text, words):
    before = card.table.text(0, column)
    put(card.table, 0, column, text)
    assert words in card.problem.text()
    assert card.problem.isVisible()
    assert card.table.text(0, column) == before
    assert card.context.project.skeleton is None
    put(card.table, 0, NAME, "bill")
    assert not card.problem.isVisible()


def test_a_partner_is_chosen_from_a_list(card):
    table = card.table
    index = table.rows.index(3, PARTNER)
    table.setCurrentIndex(index)
    table.edit(index)
    box = table.viewport().findChild(QComboBox)
    assert [box.itemText(row) for row in range(5)] == ["beak", "left wing", "right wing", "itself", "crest"]
    box.setCurrentIndex(4)
    box.activated.emit(4)
    pause(10)
    assert card.context.project.skeleton.mirror == (0, 2, 1, 4, 3)
    assert table.text(4, PARTNER) == "tail"


def test_two_clicks_on_the_figure_make_a_edge_and_two_more_take_it_away(card):
    def click(index):
        QTest.mouseClick(card.figure, Qt.MouseButton.LeftButton, pos=card.figure.place_of(index).toPoint())

    click(0)
    assert card.figure.chosen == 0
    click(2)
    assert card.context.project.skeleton.edges == ((0, 2),)
    click(2)
    click(0)
    assert card.context.project.skeleton is None  # as before, so that results are fresh again
    click(1)
    QTest.mouseClick(card.figure, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert card.figure.chosen is None


def test_sigmas_known_and_not(card):
    QTest.mouseClick(card.known, Qt.MouseButton.LeftButton, pos=QPoint(8, card.known.height() // 2))
    assert card.context.project.skeleton.sigmas_known
    assert card.note.property("role") == "muted"
    assert card.table.text(0, SIGMA) == "0.2"
    QTest.mouseClick(card.stand_in, Qt.MouseButton.LeftButton)
    assert card.context.project.skeleton is None
    assert card.note.property("role") == "warn"
    assert not card.stand_in.isEnabled()


def test_keypoints_of_a_yaml_by_dropping_it(card, tmp_path, wait):
    file = tmp_path / "birds.yaml"
    file.write_text("kpt_shape: [5, 3]\nflip_idx: [0, 2, 1, 3, 4]\nkpt_names: {0: [a, left_b, right_b, d, e]}\n")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    card.dropEvent(event)
    wait(lambda: card.table.text(1, NAME) == "left b", "the names")
    saved = tmp_path / "saved.yaml"
    card.save_yaml(saved)
    wait(saved.is_file, "the file")
    file.write_text("kpt_shape: [17, 3]\n")
    card.take_yaml(file)
    wait(card.card.isVisible, "the card")
    assert card.card._code.text() == "N6S-D05"
    assert "17 keypoints, and the model has 5" in card.card._why.text()
    card.undo()
    assert not card.card.isVisible()
    card.take_yaml(saved)
    wait(lambda: card.table.text(1, NAME) == "left b", "the names again")


def test_a_skeleton_of_another_model_is_not_used_and_said(card):
    card.context.change_project(skeleton=COCO)
    assert card.table.rows.rowCount() == 5
    assert card.note.property("role") == "bad"
    assert "17 keypoints, the model has 5" in card.note.text()
    card.choices["reset"].trigger()
    assert card.context.project.skeleton is None
    assert card.note.property("role") == "warn"


def test_an_edited_sigma_reaches_the_project_and_everybody_who_asks(window, carried, tmp_path, wait):
    model = carried.fine
    hashes = HashCache()
    project = Project(tmp_path / "a.n6", model, data=carried.images, skeleton=COCO)
    save_project(project)
    request = request_for(project, INSPECT, {}, hashes)
    run_stage(
        INSPECT,
        request,
        run_folder(project, "inspect", request.fingerprint()),
        lambda m: None,
        threading.Event(),
        hashes,
    )
    window.opening.open_path(project.folder)
    wait(lambda: "inspect" in window.context.results, "the inspection", 30)
    page = window.stack.page("import")
    wait(lambda: page.view.keypoints.isVisible(), "the keypoints")
    assert page.view.keypoints.table.text(5, NAME) == "left shoulder"
    put(page.view.keypoints.table, 9, SIGMA, "0.08")
    wait(lambda: load_project(project.folder).skeleton.sigmas[9] == 0.08, "the project's file")
    assert window.context.skeleton().sigmas[9] == 0.08
    assert skeleton_of(load_project(project.folder)).sigmas[9] == 0.08
    assert "your own sigmas" in page.view.keypoints.note.text()


def test_operations_are_told_for_the_size_that_is_chosen():
    facts = inspected(format="pt", macs=3_600_000_000, input_size=(640, 640))
    assert operations(facts, InputSize(640, 640)) == "3.60 GMAC per image"
    assert operations(facts, InputSize(320, 192)) == "about 0.54 GMAC per image at 320 x 192, 3.60 at its training size"
    assert (
        operations(inspected(format="onnx", macs=10**9, input_size=(64, 64)), InputSize(320, 192))
        == "1.00 GMAC per image"
    )


@pytest.mark.slow
def test_an_unknown_layout_is_asked_once_and_the_answer_is_kept(window, tmp_path, wait):
    write_pose_onnx(tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "net.onnx")
    window.opening.open_path(tmp_path / "net.onnx")
    wait(lambda: "inspect" in window.context.results and not window.engine.job, "the inspection", 60)
    view = window.stack.page("import").view
    assert window.context.results["inspect"].figures.verdict.state == "unknown"
    assert view._layout_card.isVisibleTo(window.stack.page("import"))
    place = view.layouts.findData("1x17x3")
    view.layouts.setCurrentIndex(place)
    view.layouts.activated.emit(place)
    wait(lambda: window.context.output("inspect", "model") is not None and not window.engine.job, "the copy", 60)
    figures = window.context.results["inspect"].figures
    assert (figures.keypoints, figures.layout_from) == (17, "told")
    assert not view._layout_card.isVisibleTo(window.stack.page("import"))
    folder = window.context.project.folder
    wait(lambda: load_project(folder).settings_of(INSPECT).layout == "1x17x3", "the project's file")
    assert load_project(folder).settings_of(QUANTIZE).layout == "1x17x3"
    opened = []
    window.context.project_opened.connect(lambda: opened.append(True))
    window.opening.open_path(folder)
    wait(lambda: opened and "inspect" in window.context.results and not window.engine.job, "the project again", 60)
    assert not window.context.results["inspect"].figures.ambiguous
