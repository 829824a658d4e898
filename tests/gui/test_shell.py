import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from event_loop import pause, settle
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel

from n6studio.domain.errors.programmer import EraseFailed
from n6studio.domain.project import Project
from n6studio.domain.states import FindingState
from n6studio.engine.doctor.finding import Finding
from n6studio.engine.project.project import save_project
from n6studio.layers.layer import CONVERSION
from n6studio.ui import theme
from n6studio.ui.ask import ask
from n6studio.ui.frame import job_drawer
from n6studio.ui.frame.palette import CommandPalette, ShortcutSheet
from n6studio.ui.frame.preferences import Preferences, load_preferences, save_preferences
from n6studio.ui.frame.settings_dialog import SettingsDialog

ROOT = Path(__file__).resolve().parents[2]


def make_all_pages(window):
    for key in window.row.buttons:
        window.stack.page(key)
    pause(20)


def press(window, keys, modifiers=Qt.KeyboardModifier.ControlModifier):
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    QTest.keyClick(window, keys, modifiers)
    pause(20)


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, *none))


# --- start -----------------------------------------------------------------------------------------------------------


def test_window_starts_without_the_heavy_packages():
    code = (
        "import sys, tempfile, pathlib\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from PySide6.QtTest import QTest\n"
        "import n6studio.app\n"
        "from n6studio.ui.frame.main_window import MainWindow\n"
        "assert 'cv2' not in sys.modules, 'before the application'\n"
        "application = QApplication([])\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "window = MainWindow(folder / 'p.json', folder)\n"
        "window.show()\n"
        "QTest.qWait(300)\n"
        "window.close()\n"
        "heavy = {'torch', 'tensorflow', 'ultralytics', 'onnx', 'onnxruntime', 'tf_keras', 'torchvision'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_welcome_and_every_page_without_a_project(window, wait):
    make_all_pages(window)
    assert window.stack.pages["import"].welcome.zone.isVisible()
    for key, shown in window.row.buttons.items():
        QTest.mouseClick(shown, Qt.MouseButton.LeftButton)
        assert window.stack.current_page() is window.stack.pages[key]
        assert shown.isChecked()
        assert "Nothing yet" in shown.accessibleName()


@pytest.mark.parametrize("size", [(960, 600), (1280, 720), (1920, 1080)])
def test_window_fits(window, size, wait):
    make_all_pages(window)
    window.resize(*size)
    pause(20)
    assert (window.width(), window.height()) == size


# --- getting around --------------------------------------------------------------------------------------------------


def test_shortcuts_lead_to_pages_and_fold_the_log(window):
    press(window, Qt.Key.Key_2)
    assert window.stack.current_page().key == "export"
    press(window, Qt.Key.Key_1)
    assert window.stack.current_page().key == "import"
    press(window, Qt.Key.Key_L)
    assert window.drawer.is_open()
    press(window, Qt.Key.Key_L)
    assert not window.drawer.is_open()


def test_palette_finds_and_runs_a_command(window):
    press(window, Qt.Key.Key_K)
    (found,) = window.findChildren(CommandPalette)
    QTest.keyClicks(found.line, "go expor")
    assert found.list.topLevelItemCount() == 1
    QTest.keyClick(found.line, Qt.Key.Key_Return)
    assert window.stack.current_page().key == "export"


def test_sheet_lists_shortcuts(window):
    press(window, Qt.Key.Key_Slash)
    (sheet,) = window.findChildren(ShortcutSheet)
    assert sheet.isVisible()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)


def test_theme_changes_at_once_and_is_remembered(window, application, wait):
    press(window, Qt.Key.Key_Comma)
    (dialog,) = window.findChildren(SettingsDialog)
    QTest.keyClick(dialog.themes["dark"], Qt.Key.Key_Space)
    assert theme.colours_of(window) == theme.colours(dark=True)
    wait(lambda: load_preferences(window.preferences.file).theme == "dark", "the preferences' file")
    QTest.keyClick(dialog.themes["light"], Qt.Key.Key_Space)
    assert theme.colours_of(window) == theme.colours(dark=False)
    dialog.close()


def test_damaged_preferences_are_defaults(tmp_path):
    file = tmp_path / "window.json"
    for text in ("", "[]", '{"recent": 3}', '{"look": "pink"}', "\0"):
        file.write_text(text)
        assert load_preferences(file) == Preferences()
    wanted = Preferences("dark", ("/a", "/b"), True)
    save_preferences(wanted, file)
    assert load_preferences(file) == wanted


# --- opening what cannot be opened -----------------------------------------------------------------------------------


def test_dropped_folder_without_project_shows_a_card(window, tmp_path, wait):
    drop(window, tmp_path)
    wait(window.card.isVisible, "the card")
    assert "N6S-P01" in window.card._code.text()
    assert window.context.project is None


def test_dropped_image_shows_a_card(window, tmp_path, wait):
    image = tmp_path / "dog.jpg"
    image.write_bytes(b"\xff\xd8")
    drop(window, image)
    wait(window.card.isVisible, "the card")
    assert "N6S-I03" in window.card._code.text()


def test_missing_recent_project_shows_a_card(window, tmp_path, wait):
    window.opening.open_path(tmp_path / "gone.n6")
    wait(window.card.isVisible, "the card")
    assert "does not exist" in window.card._title.text()
    window.card.copy_report()
    wait(lambda: "gone.n6" in QGuiApplication.clipboard().text(), "the report")


# --- the unexpected --------------------------------------------------------------------------------------------------


@pytest.fixture
def hook(application, caplog):
    from n6studio.ui.frame.error_dialog import UnexpectedHook

    logging.getLogger("n6studio").propagate = True
    made = UnexpectedHook()
    made.install()
    yield made
    made.remove()
    if made.dialog is not None:
        made.dialog.close()
    logging.getLogger("n6studio").propagate = False


def test_exception_in_a_slot_is_shown_and_the_window_goes_on(window, hook, wait, caplog):
    def fail(_):
        raise RuntimeError("a wheel came off")

    make_all_pages(window)
    window.context.notice.connect(fail)
    QTimer.singleShot(0, lambda: window.context.notice.emit("a message"))
    wait(lambda: hook.dialog is not None, "the dialog")
    assert "a wheel came off" in hook.dialog.details.toPlainText()
    assert "a wheel came off" in caplog.text
    QTest.mouseClick(hook.dialog.copy, Qt.MouseButton.LeftButton)
    wait(lambda: "a wheel came off" in QGuiApplication.clipboard().text(), "the report")
    assert str(Path.home()) not in QGuiApplication.clipboard().text() or str(Path.home()) == "/"
    hook.dialog.close()
    wait(lambda: hook.dialog is None, "the dialog to go")
    press(window, Qt.Key.Key_2)
    assert window.stack.current_page().key == "export"


def test_exception_in_a_thread_is_shown(window, hook, wait):
    def fail():
        raise ValueError("in a thread")

    threading.Thread(target=fail).start()
    wait(lambda: hook.dialog is not None, "the dialog")
    assert "in a thread" in hook.dialog.details.toPlainText()


def test_recent_projects_are_offered(application, tmp_path, answers):
    from n6studio.ui.frame.main_window import MainWindow

    file = tmp_path / "window.json"
    file.write_text(json.dumps({"recent": [str(tmp_path / "jogger.n6")]}))
    made = MainWindow(file, tmp_path)
    made.show()
    texts = [item.text() for item in made.findChildren(QAbstractButton)]
    assert any(text.startswith("jogger") for text in texts)
    made.close()
    made.deleteLater()
    assert QApplication.instance() is application


# --- what must not happen on the GUI thread --------------------------------------------------------------------------


def test_files_are_hashed_read_and_written_elsewhere(window, tmp_path, wait, monkeypatch):
    from n6studio.engine.chain import states
    from n6studio.engine.jobs.hashing import HashCache
    from n6studio.engine.project import opening, project

    seen = []

    def noting(function):
        def noted(*arguments, **more):
            seen.append(threading.current_thread() is threading.main_thread())
            return function(*arguments, **more)

        return noted

    monkeypatch.setattr(HashCache, "file", noting(HashCache.file))
    monkeypatch.setattr(project, "save_project", noting(project.save_project))
    monkeypatch.setattr(opening, "project_at", noting(opening.project_at))
    monkeypatch.setattr(states, "latest", noting(states.latest))
    monkeypatch.setattr(states, "why_stale", noting(states.why_stale))
    file = tmp_path / "notes.pt"
    file.write_bytes(b"PK no checkpoint")
    window.opening.open_path(file)
    wait(lambda: "inspect" in window.context.errors and not window.engine.job, "the inspection", 60)
    window.context.change_project(calibration=tmp_path)
    wait(lambda: project.load_project(window.context.project.folder).calibration, "the project's file")
    assert len(seen) > 4
    assert not any(seen)


def test_closing_a_project_leads_back_to_the_welcome(window, tmp_path, wait):
    file = tmp_path / "notes.pt"
    file.write_bytes(b"PK no checkpoint")
    window.opening.open_path(file)
    wait(lambda: "inspect" in window.context.errors and not window.engine.job, "the inspection", 60)
    press(window, Qt.Key.Key_W)
    assert window.stack.page("import").welcome.zone.isVisible()
    assert window.windowTitle() == "N6 Studio"
    assert not window.context.recent, "what could not be read is not remembered"


def test_check_of_this_computer(window, wait):
    from n6studio.ui.frame.doctor_dialog import DoctorDialog

    window.named_actions["doctor"].trigger()
    (dialog,) = window.findChildren(DoctorDialog)
    wait(lambda: dialog.verdict.text() != "Checking...", "the findings", 60)
    dialog.close()


FOUND = (
    Finding("Python", FindingState.OK, "3.12", "3.11 to 3.13"),
    Finding("numpy", FindingState.WRONG_VERSION, "1.0", "2.0", "Run: python3 bootstrap.py --repair"),
    Finding(
        "ST Edge AI Core", FindingState.MISSING, "", "2.0 or later",
        "Install it. If it is installed elsewhere, run: n6studio tools set stedgeai FOLDER.", "deployment",
    ),
    Finding(CONVERSION.title, FindingState.MISSING, "", "export", "Run: n6studio layers get conversion", "conversion"),
    Finding("memory", FindingState.TOO_LITTLE, "1.0 GB", "4 GB", "Close other programs before a conversion."),
)  # fmt: skip


def test_what_the_doctor_finds_has_buttons_that_mend_it(window, wait):
    from n6studio.ui.frame.doctor_dialog import DoctorDialog

    dialog = DoctorDialog(window, lambda: FOUND)
    dialog.open()
    wait(lambda: dialog.fixes, "the findings")
    assert {name: made.text() for name, made in dialog.fixes.items()} == {
        "numpy": "Copy command", "ST Edge AI Core": "Show what to get", CONVERSION.title: "Get the layer",
    }  # fmt: skip
    shown = " ".join(one.text() for one in dialog.findChildren(QLabel))
    assert "n6studio " not in shown, "no command where a button does it"
    assert "choose its folder on the Deploy page" in shown
    dialog.fixes["numpy"].click()
    assert QGuiApplication.clipboard().text() == "python3 bootstrap.py --repair"
    dialog.fixes["ST Edge AI Core"].click()
    assert window.stack.current_page().key == "deploy"
    assert "Import a checkpoint first" in window.toast.text(), "nothing happens silently"


def test_the_log_of_a_failed_job_is_the_one_that_its_error_names(window, tmp_path, wait):
    log = tmp_path / "programmer.log"
    log.write_text("connecting\nError: failed to erase memory\n")
    context, drawer = window.context, window.drawer
    context.job_started.emit("deploy")
    context.job_failed.emit("deploy", EraseFailed(board="DK", switches="Left", line="Error", log=str(log)))
    drawer.fold.click()
    wait(lambda: "failed to erase memory" in drawer.log.toPlainText(), "the log")
    context.job_started.emit("deploy")
    assert drawer.log.toPlainText() == ""


def test_a_log_that_is_asked_for_while_another_is_read_is_the_one_that_is_shown_and_marked(
    window, tmp_path, wait, monkeypatch
):
    older, newer, asked = threading.Event(), threading.Event(), []

    def read(project, stage, wanted):
        asked.append(wanted)
        (newer if wanted else older).wait(30)
        return None, "RuntimeError: the cause\nthe end" if wanted else "only the beginning"

    monkeypatch.setattr(job_drawer, "_newest", read)
    context, drawer = window.context, window.drawer
    error = EraseFailed(board="DK", switches="Left", line="Error", log=str(tmp_path / "deploy.log"))
    save_project(Project(tmp_path / "jogger.n6", tmp_path / "jogger.pt"))
    window.opening.open_path(tmp_path / "jogger.n6")
    wait(lambda: context.project is not None, "the project")
    context.job_started.emit("deploy")
    drawer.fold.click()
    wait(lambda: None in asked, "the first look at the log")
    drawer.show_error(error)
    newer.set()
    wait(lambda: drawer.log.textCursor().selectedText() == "RuntimeError: the cause", "the line that tells of it")
    older.set()
    settle()
    pause(50)
    assert drawer.log.toPlainText() == "RuntimeError: the cause\nthe end"


def test_a_log_behind_a_link_is_replaced_by_the_reason(tmp_path):
    project, outside = Project(tmp_path / "jogger.n6", tmp_path / "jogger.pt"), tmp_path / "outside"
    (outside / "1").mkdir(parents=True)
    (outside / "1" / "export.log").write_text("secret")
    (tmp_path / "jogger.n6" / "runs").mkdir(parents=True)
    (tmp_path / "jogger.n6" / "runs" / "export").symlink_to(outside)
    path, text = job_drawer._newest(project, "export", None)
    assert path is None
    assert "which is refused" in text
    assert "secret" not in text


def test_sample_project_is_drawn_once(tmp_path, monkeypatch):
    pytest.importorskip("cv2")
    from n6studio.engine.project import sample
    from n6studio.engine.project.project import load_project

    model = tmp_path / "n6demo-pose.pt"
    model.write_bytes(b"weights")
    monkeypatch.setattr(sample, "resource", lambda name: model)
    monkeypatch.setattr(sample, "CALIBRATION", {"images": 2, "seed": 1})
    monkeypatch.setattr(sample, "EVALUATION", {"images": 2, "seed": 2})
    drawn = []
    folder = sample.make_sample(tmp_path / "sample.n6", lambda *numbers: drawn.append(numbers))
    assert drawn[-1] == (4, 4)
    project = load_project(folder)
    assert project.data.is_file()
    assert len(list(project.calibration.glob("*.jpg"))) == 2
    sample.make_sample(folder, lambda *numbers: pytest.fail("drawn again"))


@pytest.mark.parametrize("name", ["Stop it", "Keep it"])
def test_questions_have_named_answers(window, name):
    def press_it():
        box = QApplication.activeModalWidget()
        (found,) = [item for item in box.buttons() if item.text() == name]
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    QTimer.singleShot(50, press_it)
    assert ask(window, "A job is running", "Stop?", "Stop it", "Keep it") == (name == "Stop it")


def test_second_job_waits_for_the_first_and_cancel_forgets_both(window, tmp_path, wait):
    file = tmp_path / "notes.pt"
    file.write_bytes(b"PK no checkpoint")
    failed = []
    window.context.job_failed.connect(lambda stage, error: failed.append((stage, error.code)))
    told = []

    def submit_another():
        if window.engine.job == "inspect" and not told:
            told.append("")
            window.context.submit("export")
            told[0] = window.toast.text()

    window.engine.busy_changed.connect(submit_another)
    window.opening.open_path(file)
    wait(lambda: len(failed) == 2, "both jobs to fail", 60)
    assert "when the running job ends" in told[0]
    assert [stage for stage, _ in failed] == ["inspect", "inspect"]  # an export inspects first
    wait(lambda: not window.engine.job, "the end")
    window.context.submit("inspect")
    window.context.submit("export")
    window.context.cancel()
    wait(lambda: not window.engine.job, "the end", 30)
    assert failed[-1][1] == "N6S-X01"
    assert len(failed) == 3
