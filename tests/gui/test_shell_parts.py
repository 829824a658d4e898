"""Help, details, diagnostics, status bar, self-test, drops, small windows, and a window with seven pages."""

import importlib.machinery
import json
import sys
import time
import types
import zipfile
from pathlib import Path

import pytest
from builders import image_folder
from event_loop import pause
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QTextEdit, QVBoxLayout, QWidget

from n6studio.domain.errors.datasets import NoImages
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.stages import PackageMissing
from n6studio.domain.project import Project
from n6studio.domain.states import FindingState
from n6studio.engine.doctor import self_test
from n6studio.engine.doctor.finding import Finding
from n6studio.ui import theme
from n6studio.ui.context import Context
from n6studio.ui.frame import main_window, self_test_panel
from n6studio.ui.frame.details_dock import DetailsDock
from n6studio.ui.frame.diagnostics_dialog import DiagnosticsDialog
from n6studio.ui.frame.job_drawer import cause_line
from n6studio.ui.frame.page_help import HelpDialog
from n6studio.ui.frame.self_test_panel import SelfTestPanel
from n6studio.ui.pages.listing import page_help, pages
from n6studio.ui.pages.page import Page
from n6studio.ui.system.motion import Stillness
from n6studio.ui.widgets.fixes import FIXES
from n6studio.ui.widgets.parts import label, scrolled
from n6studio.ui.widgets.side_by_side import SideBySide

NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


# --- help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(pages()))
def test_every_page_has_help_that_is_whole(key):
    told = page_help(key)
    assert told is not None
    assert len(told.steps) >= 3
    assert told.terms
    for text in (told.purpose, *told.steps):
        assert text.endswith(".")


def make_all_pages(window):
    for key in window.row.buttons:
        window.stack.page(key)
    pause(20)


def test_f1_opens_help_that_follows_the_pages_and_knows_the_real_keys(window):
    window.keymap.set("palette", QKeySequence("Ctrl+J"))
    QTest.keyClick(window, Qt.Key.Key_F1)
    (found,) = window.findChildren(HelpDialog)
    assert found.windowTitle() == "Help: Import"
    assert "Ctrl+J" in found.text.toPlainText()
    window.stack.show_page("quantize")
    assert found.windowTitle() == "Help: Quantize"
    assert "user_config.yaml" in found.text.toPlainText()
    found.close()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    QTest.keyClick(window, Qt.Key.Key_F1)
    (found,) = [item for item in window.findChildren(HelpDialog) if item.isVisible()]
    assert found.windowTitle() == "Help: Quantize"
    found.close()


# --- details and status ----------------------------------------------------------------------------------------------


def open_project(window, tmp_path):
    model = tmp_path / "jogger.pt"
    model.write_bytes(b"weights")
    window.context.set_project(
        Project(tmp_path / "jogger.n6", model, calibration=image_folder(tmp_path / "pictures", 3))
    )


def test_details_show_every_setting_of_the_page_and_can_be_copied(window, tmp_path, wait):
    open_project(window, tmp_path)
    window.stack.show_page("quantize")
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    dock: DetailsDock = window.details
    wait(lambda: dock.isVisible() and "granularity" in dock.text.toPlainText(), "the details")
    dock.copy.click()
    copied = json.loads(QGuiApplication.clipboard().text())
    assert copied["settings"]["granularity"] == "per_channel"
    window.stack.show_page("calibration")
    wait(lambda: "choice" in dock.text.toPlainText(), "the calibration page's details")
    assert json.loads(dock.text.toPlainText())["choice"]["max_images"] == 0
    assert window.preferences.now.details_open
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert not dock.isVisible()


def test_the_status_bar_shows_what_was_set_and_nothing_else(window, tmp_path, wait):
    items = window.status.items
    assert [key for key, item in items.items() if not item.isHidden()] == ["project"]
    window.context.set_status("board", "STM32N6570-DK", "ok")
    window.context.set_status("stream", "28 fps")
    window.context.set_status("nonsense", "of a later release")
    assert items["board"].icon.isVisible()
    assert items["board"].accessibleName() == "Board: STM32N6570-DK"
    assert items["stream"].isVisible()
    assert not items["stream"].icon.isVisible()
    window.context.set_status("board", "")
    assert not items["board"].isVisible()
    open_project(window, tmp_path)
    wait(lambda: "GiB free" in items["disk"].label.text(), "the disk")


# --- diagnostics and logs --------------------------------------------------------------------------------------------


def test_diagnostics_hold_versions_settings_and_logs_but_no_home(window, tmp_path, wait, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    open_project(window, tmp_path)
    log = tmp_path / "jogger.n6" / "runs" / "export" / "abc" / "export.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"reading {tmp_path}/secret name.pt\n")
    window.context.errors["export"] = FileMissing(path=tmp_path / "gone.pt")
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_D, modifiers)
    wait(lambda: window.findChildren(DiagnosticsDialog), "the diagnostics", 60)
    (dialog,) = window.findChildren(DiagnosticsDialog)
    with zipfile.ZipFile(dialog.path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    dialog.whole.setChecked(True)
    wait(lambda: dialog.whole.isEnabled(), "the archive with full paths", 60)
    with zipfile.ZipFile(dialog.path) as archive:
        assert archive.read("export.log").decode() == f"reading {tmp_path}/secret name.pt"
    dialog.close()
    assert {"system.json", "window.json", "export.log", "error.txt"} <= set(texts)
    assert json.loads(texts["system.json"])["findings"]
    assert texts["export.log"] == "reading ~/secret name.pt"
    assert "N6S-I01" in texts["error.txt"]
    assert not [name for name, text in texts.items() if str(tmp_path) in text]
    assert not list(dialog.path.parent.glob(".*.part"))


def test_diagnostics_that_cannot_be_written_show_a_card(window, tmp_path, wait):
    (tmp_path / "documents").write_text("in the way")  # of the folder that the window has for them
    window.named_actions["diagnostics"].trigger()
    wait(window.card.isVisible, "the card", 60)
    assert "N6S-S05" in window.card._code.text()


@pytest.mark.parametrize(
    ("log", "line"),
    [("", 0), ("one\ntwo", 1), ("a\nValueError: no\nb", 1), ("error 1\nx\nRuntimeError: 2\n  at y\n", 2)],
)
def test_the_line_that_tells_the_cause(log, line):
    assert cause_line(log) == line


def test_a_card_leads_to_what_puts_the_error_right(window):
    window.card.show_error(PackageMissing(package="cv2", reason="no"))
    assert window.card._fix.text() == "Check this computer"
    window.card.show_error(NoImages(path="/x", seen=0))
    assert window.card._fix.text() == "Choose another folder"
    QTest.mouseClick(window.card._fix, Qt.MouseButton.LeftButton)
    assert "calibration" in window.stack.pages, "it asks there; without a project a checkpoint comes first"
    assert window.stack.current_page().key == "import"


# --- first start -----------------------------------------------------------------------------------------------------


def test_first_start_shows_five_lines_until_they_are_put_away(application, tmp_path, answers, wait, monkeypatch):
    found = [
        Finding("Engine", FindingState.OK, "works", ""),
        Finding("TFLite runtime", FindingState.MISSING, "no module", "", "Repair it."),
        Finding("sandbox", FindingState.MISSING, "limits memory", "", "Open your own files.", "files from others"),
        Finding("ST's tools", FindingState.MISSING, "not found", "", "Install them.", "deployment"),
        Finding("USB access", FindingState.UNKNOWN, "", "", "Connect a board.", "deployment"),
    ]
    monkeypatch.setattr(self_test_panel, "SelfTestPanel", lambda: SelfTestPanel([lambda f=f: f for f in found]))
    made = main_window.MainWindow(tmp_path / "window.json", tmp_path)
    made.show()
    wait(lambda: made.self_test.panel is not None, "the panel, after the first paint")
    panel = made.self_test.panel
    wait(lambda: len(panel.findings) == 5, "the findings")
    assert panel.isVisible()
    assert [text.text() for text in panel.texts][:2] == ["OK: works", "Not ready: no module. Repair it."]
    assert [icon._mark for icon, _ in panel._rows] == ["ok", "fail", "warn", "warn", "later"]
    panel._rows[1][1].click()
    assert QGuiApplication.clipboard().text() == "Repair it."
    made.stack.show_page("export")
    assert not panel.isVisible()
    made.stack.show_page("import")
    panel.put_away.emit()
    assert made.self_test.panel is None
    made.close()
    made.deleteLater()
    again = main_window.MainWindow(tmp_path / "window.json", tmp_path)
    again.show()
    pause(200)
    assert again.self_test.panel is None
    again.close()
    again.deleteLater()


def test_the_engine_is_tried_by_starting_a_stage():
    assert self_test.look_at_engine().state == "ok"


def test_an_engine_that_does_not_start_is_told(monkeypatch):
    from n6studio.engine.jobs import child

    monkeypatch.setattr(child, "worker_command", lambda: [sys.executable, "-c", "raise SystemExit(3)"])
    assert self_test.look_at_engine().state == "missing"


def test_tools_are_those_that_the_doctor_finds():
    def finding(name, state):
        return Finding(name, state, "", "", "", "deployment")

    rest = [finding("GNU make", "ok"), finding("application", "missing"), finding("GNU Arm GCC", "too old")]
    told = self_test.look_at_tools(lambda: [finding("ST Edge AI Core", "missing"), *rest])
    assert (told.state, told.found) == ("missing", "missing: ST Edge AI Core, application; too old: GNU Arm GCC")
    assert told.needed_for == "deployment"
    told = self_test.look_at_tools(lambda: [finding("ST Edge AI Core", "ok"), rest[0]])
    assert (told.state, told.found, told.what_to_do) == ("ok", "ST Edge AI Core, GNU make", "")


# --- small windows, still windows ------------------------------------------------------------------------------------


def test_on_a_small_screen_pages_scroll_and_nothing_is_out_of_reach(window, tmp_path, wait):
    open_project(window, tmp_path)
    make_all_pages(window)
    window.resize(640, 360)
    pause(50)
    assert (window.width(), window.height()) == (640, 360)
    window.drawer.set_open(True)
    for key, page in window.stack.pages.items():
        window.stack.show_page(key)
        pause(30)
        area = window.stack._areas[key]
        needed, room = page.minimumSizeHint(), area.viewport().size()
        assert room.height() >= 40
        assert needed.width() <= room.width() or area.horizontalScrollBar().maximum() > 0, key
        assert needed.height() <= room.height() or area.verticalScrollBar().maximum() > 0, key
        assert window.row.buttons[key].visibleRegion().boundingRect().height() > 20, (
            "the current page is seen in the row"
        )
    assert (window.width(), window.height()) == (640, 360)


def test_whoever_wants_no_movement_sees_none(application):
    holder = QWidget()
    bar, stillness = QProgressBar(holder), Stillness(holder)
    bar.setRange(0, 0)
    stillness.on = True
    stillness.watch(holder)
    event = QEvent(QEvent.Type.StyleAnimationUpdate)
    QApplication.sendEvent(bar, event)
    assert not event.isAccepted()
    stillness.on = False
    event = QEvent(QEvent.Type.StyleAnimationUpdate)
    QApplication.sendEvent(bar, event)
    assert event.isAccepted()
    holder.deleteLater()


# --- drops -----------------------------------------------------------------------------------------------------------


def drag(widget, *paths):
    """Drag over a widget and drop what it takes; return whether it did."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    enter = QDragEnterEvent(QPointF(widget.rect().center()), Qt.DropAction.CopyAction, data, *NONE)
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        at = QPointF(widget.rect().center())
        QApplication.sendEvent(widget, QDropEvent(at, Qt.DropAction.CopyAction, data, *NONE))
    return enter.isAccepted()


def test_each_page_takes_what_is_meant_for_it(window, tmp_path, wait):
    open_project(window, tmp_path)
    make_all_pages(window)
    other = image_folder(tmp_path / "other images", 2)
    assert drag(window.stack.page("calibration"), other)
    wait(lambda: window.context.project.calibration == other, "the calibration folder")
    labels = tmp_path / "labels.json"
    labels.write_text("{}")
    assert drag(window.stack.page("evaluate"), labels)
    wait(lambda: window.context.project.data == labels, "the labels")
    before = window.context.project
    assert not drag(window, tmp_path / "a.pt", tmp_path / "b.pt"), "only one thing can be opened"
    assert window.context.project is before
    assert drag(window, tmp_path / "gone.pt")
    wait(window.card.isVisible, "the card")
    assert "N6S-I01" in window.card._code.text()
    assert window.context.project is before, "what cannot be opened takes nothing away"


# --- seven pages -----------------------------------------------------------------------------------------------------


class DeployPage(Page):
    key, title = "deploy", "Deploy"

    def state(self):
        return "ready", "board seen"

    def main_action(self):
        self.context.begin_work("flash", "Flashing the board", lambda: self.context.end_work("flash"))

    def details(self):
        return {"board": "virtual"}


class LivePage(Page):
    key, title = "live", "Live"
    closed = 0

    def close_down(self):
        LivePage.closed += 1


@pytest.fixture
def seven(application, monkeypatch, tmp_path, answers, wait):
    """A window in which the two pages that come last are there, too."""
    for page in (DeployPage, LivePage):
        name = f"{pages()[page.key].package}.page"
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        setattr(module, page.__name__, page)
        monkeypatch.setitem(sys.modules, name, module)
    (tmp_path / "window.json").write_text('{"welcomed": true}')
    made = main_window.MainWindow(tmp_path / "window.json", tmp_path)
    made.show()
    make_all_pages(made)
    yield made
    made.close()
    made.deleteLater()


def test_seven_pages_have_keys_states_details_and_an_order(seven, wait):
    assert list(seven.row.buttons) == list(pages())
    for number, key in zip("1234567890", seven.row.buttons, strict=True):
        QTest.keyClick(seven, number, Qt.KeyboardModifier.ControlModifier)
        assert seven.stack.current_page().key == key
    QTest.keyClick(seven, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert seven.stack.current_page().key == "import", "the first follows the last"
    QTest.keyClick(seven, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert seven.stack.current_page().key == list(pages())[-1]
    assert seven.row.buttons["deploy"].accessibleName() == "Deploy, Ready to run: board seen"
    assert "Go to Live" in [action.text() for action in seven.actions()]
    seven.stack.show_page("deploy")
    seven.toggle_details()
    wait(seven.details.text.toPlainText, "the details")
    assert json.loads(seven.details.text.toPlainText()) == {"board": "virtual"}
    seven.toggle_details()


def test_arrows_go_through_the_row_of_pages_and_tab_leaves_it(seven):
    seven.stack.show_page("import")
    seven.row.buttons["import"].setFocus(Qt.FocusReason.TabFocusReason)
    for key in list(seven.row.buttons)[1:]:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
        assert QApplication.focusWidget() is seven.row.buttons[key]
        assert seven.stack.current_page().key == key
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget().text() == "Commands"


def test_work_of_a_page_is_asked_for_when_closing_and_pages_are_closed_down(seven, answers):
    seven.stack.show_page("deploy")
    QTest.keyClick(seven, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    answers.append(False)
    assert not seven.close()
    assert "Flashing the board is still running" in answers.texts[-1]
    answers.append(True)
    before = LivePage.closed
    assert seven.close()
    assert seven.context.work == {}
    assert LivePage.closed == before + 1


def test_what_has_no_room_beside_goes_below_and_comes_back(application):
    side, main = QWidget(), QWidget()
    side.setMinimumHeight(300)
    main.setMinimumHeight(300)
    both = SideBySide(side, main, 380)
    both.resize(1000, 400)
    both.show()
    QApplication.processEvents()
    origin = QPoint(0, 0)
    assert side.mapTo(both, origin).y() == main.mapTo(both, origin).y()
    assert both.minimumSizeHint().width() <= 540, "what a window 640 wide leaves"
    both.resize(540, 400)
    QApplication.processEvents()
    assert main.mapTo(both, origin).y() > side.mapTo(both, origin).y() + 299
    assert side.mapTo(both, origin).x() == main.mapTo(both, origin).x()
    both.resize(1000, 400)
    QApplication.processEvents()
    assert side.isVisible()
    assert side.mapTo(both, origin).y() == main.mapTo(both, origin).y()
    assert side.width() <= 380
    both.resize(1800, 400)
    QApplication.processEvents()
    assert 540 < side.width() <= 600, "a third of a wide window"
    both.close()
    both.deleteLater()


def test_a_page_is_as_high_as_the_window_although_it_would_like_to_be_higher(application):
    page = Page(Context())
    layout = QVBoxLayout(page)
    layout.addWidget(label("words that go on for more than one line " * 9))
    wide = QTextEdit()
    wide.sizeHint = lambda: QSize(400, 900)
    layout.addWidget(wide)
    area = scrolled(page)
    area.resize(600, 400)
    area.show()
    QApplication.processEvents()
    assert wide.sizeHint().height() == 900
    assert page.height() == area.viewport().height()
    area.close()
    area.deleteLater()


def test_another_theme_is_there_at_once_and_hidden_pages_follow(application, window, wait):
    make_all_pages(window)
    window.stack.show_page("import")
    window.preferences.change(theme="light")
    page = window.stack.page("quantize")
    began = time.process_time()
    window.preferences.change(theme="dark")
    assert time.process_time() - began < 0.3
    dark = theme.colours(True)
    assert window.grab().toImage().pixelColor(4, 400).name() == dark.window
    wait(lambda: not theme.Restyling.of(application)._waiting, "the hidden pages")
    window.stack.show_page("quantize")
    pause(20)
    heading = next(one for one in page.findChildren(QLabel) if one.property("role") == "muted" and one.isVisible())
    assert heading.palette().color(heading.foregroundRole()).name() == dark.muted
    window.preferences.change(theme="light")
    wait(lambda: not theme.Restyling.of(application)._waiting, "the hidden pages")


def test_a_button_that_was_hidden_by_itself_follows_at_once(window, wait):
    window.stack.show_page("export")
    window.preferences.change(theme="light")
    made = window.head.other_button
    assert made.isHidden()
    made.setText("Take it to the board")
    window.preferences.change(theme="dark")
    made.show()
    assert made.grab().toImage().pixelColor(made.width() // 2, 4).name() == theme.colours(True).surface
    window.preferences.change(theme="light")
    wait(lambda: not theme.Restyling.of(QApplication.instance())._waiting, "the hidden pages")


def test_every_fix_leads_to_an_action(window):
    missing = [error.__name__ for error, (_, name) in FIXES.items() if window.action_named(name) is None]
    assert missing == []
