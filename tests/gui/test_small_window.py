"""What a screen of 1280 x 720 at 200 % leaves: 640 x 360, in which no line of text may be cut."""

import shutil
from pathlib import Path

import pytest
from event_loop import pause
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QScrollArea, QSizePolicy, QWidget

from n6studio.domain.errors.models import LayoutUnknown
from n6studio.domain.errors.programmer import ProbeBusy
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.turning_row import TurningRow
from n6studio.ui.widgets.turning_splitter import TurningSplitter

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
MODEL = "/home/somebody/projects/of/this/year/yolov8n_pose_256_quant_pc_uf_pose_coco.tflite"
READINGS = ("1x17x3 with normalized coordinates", "1x17x3 in pixels", "1x13x4 with normalized coordinates")
LONG = [
    LayoutUnknown(path=MODEL, readings=READINGS, code_to_type="1x17x3"),
    ProbeBusy(serial="003200193233510F39383538", line="Error: ST-LINK error (DEV_CONNECT_ERR)", log="/tmp/deploy.log"),
]


def cut(widget):
    """Return the texts below a widget that need more height than they have."""
    shown = [one for one in widget.findChildren(QLabel) if one.isVisible() and one.wordWrap() and one.text()]
    return [one.text() for one in shown if one.heightForWidth(one.width()) > one.height()]


def inside(part, whole):
    place = part.mapTo(whole, QPoint(0, 0))
    return whole.rect().contains(place) and whole.rect().contains(place + QPoint(part.width() - 1, part.height() - 1))


def overlapping(window):
    """Return what lies over something else in the column beside the row of pages."""
    parts = [one for one in (window.card, window.head, window.truth, window.stack, window.drawer) if one.isVisible()]
    return [(a, b) for a in parts for b in parts if a is not b and a.geometry().intersects(b.geometry())]


@pytest.mark.parametrize("error", LONG, ids=lambda one: one.code)
@pytest.mark.parametrize("warned", [False, True], ids=["", "warned"])
def test_no_line_of_an_error_is_cut_in_a_small_window(window, wait, error, warned):
    window.resize(640, 360)
    if warned:
        window.head.show()
        window.truth.text.setText("The board runs crop, the evaluation was made with stretch: its figures do not hold.")
        window.truth.button.setText("Deploy again with stretch")
        window.truth.show()
    window.context.open_failed.emit(error)
    wait(lambda: cut(window.card) == [], "the layout", 3)
    assert (window.width(), window.height()) == (640, 360)
    assert window.truth.isHidden(), "it waits until the error is closed"
    assert overlapping(window) == []
    for button in window.card.findChildren(QPushButton):
        assert button.isHidden() or inside(button, window.card), button.text()
    steps = max(window.card.findChildren(QLabel), key=lambda one: len(one.text()))
    window.card.area.verticalScrollBar().setValue(window.card.area.verticalScrollBar().maximum())
    end = steps.mapTo(window.card.area.viewport(), QPoint(0, steps.height())).y()
    assert end <= window.card.area.viewport().height(), "the last line can be scrolled to"
    assert steps.width() <= window.card.area.viewport().width(), "nothing is hidden behind the scroll bar"


def test_an_error_is_shown_whole_where_there_is_room(window):
    window.context.open_failed.emit(LONG[1])
    pause(50)
    assert not window.card.area.verticalScrollBar().isVisible()
    assert cut(window.card) == []
    window.resize(640, 360)
    pause(50)
    assert window.card.area.verticalScrollBar().isVisible()
    window.resize(1280, 720)
    pause(50)
    assert not window.card.area.verticalScrollBar().isVisible()


def test_buttons_go_on_in_a_further_row(application):
    box, flow = QWidget(), Flow(spacing=6)
    box.setLayout(flow)
    buttons = [QPushButton(text) for text in ("Choose another file", "Try again", "Copy report", "Show in log")]
    for made in buttons:
        flow.addWidget(made)
    box.resize(flow.sizeHint().width(), 40)
    box.show()
    pause(20)
    assert len({made.y() for made in buttons}) == 1
    narrow = buttons[0].sizeHint().width() + buttons[1].sizeHint().width() + 6
    box.resize(narrow, flow.heightForWidth(narrow))
    pause(20)
    assert [made.y() > 0 for made in buttons] == [False, False, True, True]
    assert all(inside(made, box) for made in buttons)
    assert flow.minimumSize().width() == max(made.minimumSizeHint().width() for made in buttons)
    buttons[0].hide()
    pause(20)
    assert buttons[1].x() == 0, "what is hidden takes no room"
    box.close()
    box.deleteLater()


def test_what_grows_shares_what_a_row_has_left(application):
    box, flow = QWidget(), Flow(spacing=10)
    box.setLayout(flow)
    parts = [QWidget(), QWidget(), QWidget()]
    for made, policy in zip(parts, ("Fixed", "Expanding", "Expanding"), strict=True):
        made.setMinimumSize(100, 20)
        made.setSizePolicy(QSizePolicy.Policy[policy], QSizePolicy.Policy.Fixed)
        flow.addWidget(made)
    parts[0].setFixedSize(100, 40)
    box.resize(500, flow.heightForWidth(500))
    box.show()
    pause(20)
    assert [made.width() for made in parts] == [100, 190, 190]
    assert [made.geometry().center().y() for made in parts[1:]] == [parts[0].geometry().center().y()] * 2
    box.resize(320, flow.heightForWidth(320))
    pause(20)
    assert [made.width() for made in parts] == [100, 100, 100]
    box.resize(250, flow.heightForWidth(250))
    pause(20)
    assert [(made.x(), made.width()) for made in parts] == [(0, 100), (110, 140), (0, 250)]
    assert flow.heightForWidth(250) == 40 + 6 + 20
    box.close()
    box.deleteLater()


def test_the_live_page_wraps_instead_of_scrolling_sideways(window):
    window.resize(640, 360)
    window.stack.show_page("live")
    page, area = window.stack.page("live"), window.stack.currentWidget()
    page.demo.show_demo(True)
    page.body.replay_bar.show_length(100_000)
    page.views.setCurrentWidget(page.body)
    pause(50)
    assert area.horizontalScrollBar().maximum() == 0
    bars = (page.source_bar, page.demo, page.body.view_bar, page.body.replay_bar)
    for bar in bars:
        for one in (*bar.findChildren(QAbstractButton), *bar.findChildren(QComboBox)):
            if one.isVisible():
                assert inside(one, bar), one.accessibleName()
                assert one.width() >= one.minimumSizeHint().width(), one.accessibleName()
    strips = page.body.strips
    assert all(inside(one, strips) and one.width() >= 140 for one in strips.strips.values())
    before = [one.geometry() for one in page.body.view_bar.findChildren(QAbstractButton)]
    page.body.view_bar.action("record").setText("Recording 120 s")
    page.source_bar.show_connected(True)
    pause(50)
    assert [one.geometry() for one in page.body.view_bar.findChildren(QAbstractButton)] == before
    window.resize(1280, 720)
    page.views.setCurrentWidget(page.body)
    pause(50)
    assert len({one.y() for one in strips.strips.values()}) == 1
    assert page.body.tabs.mapTo(page, QPoint(0, 0)).x() > page.image.width(), "the panels stand beside the image"


def sideways(window):
    """Return the pages that are wider than a small window, with by how much."""
    found = {}
    for key in window.row.buttons:
        window.stack.show_page(key)
        pause(120)
        within = window.stack.currentWidget()
        areas = [within, *(one for one in within.findChildren(QScrollArea) if one.isVisible())]
        wide = max(one.horizontalScrollBar().maximum() for one in areas)
        if wide:
            found[key] = wide
    return found


@pytest.mark.slow
def test_no_page_is_wider_than_a_small_window(window, wait, tmp_path):
    window.resize(640, 360)
    assert sideways(window) == {}
    project = shutil.copytree(FIXTURES / "project-2026-11", tmp_path / "mine.n6")
    window.opening.open_path(project)
    wait(lambda: "evaluate" in window.context.results and not window.engine.job, "the results", 60)
    window.stack.show_page("evaluate")
    wait(window.truth.isVisible, "the warning: it was evaluated with another resize mode")
    window.context.open_failed.emit(LONG[0])
    wait(lambda: cut(window.card) == [] and overlapping(window) == [], "the layout", 5)
    assert window.truth.isHidden()
    window.card._close.click()
    assert window.truth.isVisible(), "no warning is lost"
    for key in ("evaluate", "deploy"):
        window.context.job_started.emit(key)
        window.context.job_failed.emit(key, LONG[1])
    window.stack.page("evaluate").change_button.setChecked(True)
    window.stack.page("evaluate").setup.more.setChecked(True)
    pause(300)
    assert sideways(window) == {}


def test_a_row_turns_into_a_column_where_it_is_too_narrow(application):
    parts, box = [QWidget(), QWidget()], QWidget()  # a window's layout would hold it wide
    for made in parts:
        made.setMinimumSize(200, 50)
    row = TurningRow(*parts, spacing=10)
    row.setParent(box)
    assert row.minimumSizeHint().width() == 200, "or it could never become narrow enough to turn"
    row.resize(410, 200)
    box.show()
    pause(20)
    assert [(made.x(), made.width()) for made in parts] == [(0, 200), (210, 200)]
    row.resize(409, 200)
    pause(20)
    assert [(made.x(), made.width()) for made in parts] == [(0, 409), (0, 409)]
    assert parts[1].y() > parts[0].geometry().bottom()
    box.close()
    box.deleteLater()


@pytest.mark.parametrize(("width", "orientation"), [(900, Qt.Orientation.Horizontal), (500, Qt.Orientation.Vertical)])
def test_parts_turn_where_they_have_no_room_beside_each_other(application, width, orientation):
    parts = TurningSplitter(700)
    for _ in range(2):
        made = QWidget()
        made.setMinimumSize(400, 50)
        parts.addWidget(made)
    assert parts.minimumSizeHint().width() == 400, "or it could never become narrow enough to turn"
    parts.resize(width, 300)
    parts.show()
    pause(20)
    assert parts.orientation() == orientation
    parts.close()
    parts.deleteLater()
